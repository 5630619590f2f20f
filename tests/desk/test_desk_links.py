"""Tickets that belong together, and how they are closed: with what came of them, and with what they consist of."""

from __future__ import annotations

import pytest

from spocd.desk import clock
from spocd.errors import Exit, Refused
from tests.desk.by_hand import a_team_with_two_services
from tests.desk.running_desk import DAY, OTHER, RunningDesk, journal, links_of, text_of


@pytest.fixture
async def four(desk: RunningDesk) -> RunningDesk:
    """Four tickets, each of another person."""
    for name in ("ann", "bo", "cid", "dan"):
        await desk.mail(From=f"{name}@client.example", Subject=f"Of {name}")
    return desk


async def refusal(desk: RunningDesk, operation: str, **parameters: object) -> Refused:
    with pytest.raises(Refused) as refused:
        await desk.ask(operation, **parameters)
    return refused.value


@pytest.mark.parametrize(
    ("relation", "here", "there"),
    [
        ("parent", "part of", "consists of"),
        ("blocks", "blocks", "blocked by"),
        ("duplicate", "duplicate of", "duplicated by"),
        ("caused-by", "caused by", "cause of"),
    ],
)
async def test_a_link_is_seen_from_both_sides_until_it_is_taken_away(
    four: RunningDesk, relation: str, here: str, there: str
) -> None:
    await four.ask("ticket.link", ticket=1, relation=relation, other=2)
    assert links_of(await four.view(1)) == [(here, 2)]
    assert links_of(await four.view(2)) == [(there, 1)]
    assert (await four.view(2))["links"][0]["subject"] == "Of ann"
    line = (await four.view(2))["journal"][-1]
    assert (line["event"], line["relation"], line["other"]) == ("linked", there, 1)
    assert (await refusal(four, "ticket.link", ticket=1, relation=relation, other=2)).exit is Exit.CONFLICT
    await four.ask("ticket.link", ticket=1, relation=relation, other=2, remove=True)
    assert links_of(await four.view(1)) == links_of(await four.view(2)) == []
    assert (await refusal(four, "ticket.link", ticket=1, relation=relation, other=2, remove=True)).code == "not-there"


async def test_a_circle_is_refused(four: RunningDesk) -> None:
    for one, another in ((1, 2), (2, 3)):
        await four.ask("ticket.link", ticket=one, relation="blocks", other=another)
    for one, another, code in ((3, 1, "circle"), (2, 1, "circle"), (1, 1, "itself")):
        assert (await refusal(four, "ticket.link", ticket=one, relation="blocks", other=another)).code == code
    sentence = "#1 blocks #3 already, by itself or through others."
    assert str(await refusal(four, "ticket.link", ticket=3, relation="blocks", other=1)) == sentence
    await four.ask("ticket.link", ticket=3, relation="duplicate", other=1)  # another relation is another matter
    await four.ask("ticket.link", ticket=1, relation="parent", other=2)
    assert (await refusal(four, "ticket.link", ticket=1, relation="parent", other=3)).code == "has-parent"
    circle = await refusal(four, "ticket.link", ticket=2, relation="parent", other=1)
    assert str(circle) == "#1 is part of #2 already, by itself or through others."


async def test_what_is_outside_is_noted_and_taken_away(four: RunningDesk) -> None:
    await four.ask("ticket.link_outside", ticket=1, relation="change", target=" CHG-77 ")
    await four.ask("ticket.link_outside", ticket=1, relation="url", target="https://example.org/a b")
    told = [{"relation": "change", "target": "CHG-77"}, {"relation": "url", "target": "https://example.org/a b"}]
    assert (await four.view(1))["outside"] == told
    again = {"ticket": 1, "relation": "change", "target": "CHG-77"}
    assert (await refusal(four, "ticket.link_outside", **again)).exit is Exit.CONFLICT
    await four.ask("ticket.link_outside", **again, remove=True)
    assert (await four.view(1))["outside"] == told[1:]
    assert (await refusal(four, "ticket.link_outside", **again, remove=True)).exit is Exit.NOT_FOUND
    assert (await refusal(four, "ticket.link_outside", **again | {"target": " "})).code == "bad-target"


async def test_sec_a_link_to_a_ticket_that_is_hidden_is_not_shown_and_cannot_be_made(four: RunningDesk) -> None:
    await a_team_with_two_services(four)
    await four.ask("ticket.link", ticket=1, relation="blocks", other=2)
    await four.ask("ticket.edit", ticket=1, service="payroll")
    assert links_of(await four.ask("ticket.view", by=OTHER, ticket=2)) == []
    assert links_of(await four.view(2)) == [("blocked by", 1)]
    for ticket, other in ((1, 3), (3, 1)):
        refused = await refusal(four, "ticket.link", by=OTHER, ticket=ticket, relation="blocks", other=other)
        assert (refused.code, str(refused)) == ("no-such-ticket", "There is no ticket #1.")
    await four.ask("ticket.close", by=OTHER, ticket=2)  # what one cannot see cannot hold one up


async def test_what_came_of_it_is_kept_until_it_is_opened_again(four: RunningDesk) -> None:
    closed = await four.ask("ticket.close", ticket=1, resolution="fixed")
    assert (closed["state"], closed["resolution"]) == ("resolved", "fixed")
    assert (await four.view(1))["journal"][-1]["resolution"] == "fixed"
    four.now += 4 * DAY
    await four.write(clock.look)
    assert (await four.view(1))["resolution"] == "fixed", "closed by time"
    assert (await four.ask("ticket.reopen", ticket=1))["resolution"] is None
    answered = await four.ask("ticket.reply", ticket=2, body="Done.", close=True, resolution="answered")
    assert answered["resolution"] == "answered"
    await four.mail("Not yet", From="bo@client.example", Subject="Re: [desk#2]")
    assert (await four.view(2))["resolution"] is None
    assert (await refusal(four, "ticket.reply", ticket=2, body="x", resolution="fixed")).exit is Exit.USAGE


async def test_a_ticket_with_open_parts_is_closed_only_when_it_is_said_what_becomes_of_them(four: RunningDesk) -> None:
    await four.ask("ticket.link", ticket=2, relation="parent", other=1)
    await four.ask("ticket.link", ticket=3, relation="parent", other=2)
    refused = await refusal(four, "ticket.close", ticket=1)
    assert refused.code == "open-parts"
    assert "#2 (new)" in str(refused)
    assert (await refusal(four, "ticket.reply", ticket=1, body="Done.", close=True)).code == "open-parts"
    before = len(await four.letters())
    await four.ask("ticket.close", ticket=1, body="The VPN is back.", children="close", resolution="fixed")
    letters = (await four.letters())[before:]
    assert [each.to_address.partition("@")[0] for each in letters] == ["cid", "bo", "ann"]
    # Who is on one part need not know of the others: the last word is for the ticket that was named.
    assert ["The VPN is back." in text_of(each) for each in letters] == [False, False, True]
    for number in (1, 2, 3):
        assert (await four.view(number))["resolution"] == "fixed"
    assert (await four.view(3))["journal"][-1]["why"] == "closed with #1"
    assert (await four.view(4))["state"] == "new"


async def test_parts_may_be_left_open(four: RunningDesk) -> None:
    await four.ask("ticket.link", ticket=2, relation="parent", other=1)
    assert (await four.ask("ticket.close", ticket=1, children="leave"))["state"] == "resolved"
    assert (await four.view(2))["state"] == "new"
    await four.ask("ticket.close", ticket=2)
    await four.ask("ticket.reopen", ticket=1)
    assert (await four.ask("ticket.close", ticket=1))["state"] == "resolved", "a part that is done holds up nothing"


async def test_what_is_blocked_by_an_open_ticket_is_not_closed_unless_somebody_says_so(four: RunningDesk) -> None:
    await four.ask("ticket.link", ticket=2, relation="blocks", other=1)
    refused = await refusal(four, "ticket.close", ticket=1)
    assert refused.code == "blocked"
    assert "spocd ticket link 2 blocks 1 --remove" in str(refused)
    assert (await refusal(four, "ticket.close", ticket=1, children="close")).code == "blocked"
    assert "resolved" not in await journal(four, 1)
    assert (await four.ask("ticket.close", ticket=1, though_blocked=True))["state"] == "resolved"
    await four.ask("ticket.reopen", ticket=1)
    await four.ask("ticket.close", ticket=2)
    await four.ask("ticket.close", ticket=1)
