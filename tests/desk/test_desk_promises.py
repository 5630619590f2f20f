"""What is promised to people for a time: told, watched, kept, broken, counted."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from spocd.desk import clock, promise
from spocd.domain.promise import warn_at
from spocd.errors import Refused
from tests.desk.by_hand import by_hand
from tests.desk.running_desk import AGENT, DAY, HOUR, LEAD, OTHER, START, RunningDesk, journal, text_of
from tests.desk.staff import away, told, with_addresses, with_team

DUE = START + 4 * HOUR


async def promised(desk: RunningDesk, due: int = DUE, **more: Any) -> dict[str, Any]:
    await with_addresses(desk)
    await desk.mail()
    return await desk.ask("ticket.reply", ticket=1, body="We look into it.", promise=due, **more)


async def counted(desk: RunningDesk, *, by: int = AGENT, **when: int) -> dict[str, dict[str, int]]:
    rows = (await desk.ask("report.promises", by=by, **when))["promises"]
    return {row["agent"]: {name: n for name, n in row.items() if isinstance(n, int) and n} for row in rows}


async def test_what_is_promised_stands_in_the_answer_and_people_still_wait(desk: RunningDesk) -> None:
    ticket = await promised(desk)
    assert (ticket["due_at"], ticket["waiting_since"]) == ("2026-02-02T06:40:00Z", "2026-02-02T02:40:00Z")
    [answer] = [each for each in await desk.letters() if each.kind == "answer"]
    assert "We will write to you again by 2026-02-02 06:40 UTC." in text_of(answer)
    assert (await journal(desk, 1))[-1] == "promised"


async def test_without_a_promise_nothing_is_said_of_one(desk: RunningDesk) -> None:
    await desk.mail()
    await desk.ask("ticket.reply", ticket=1, body="Hello")
    assert "write to you again" not in text_of((await desk.letters())[-1])


@pytest.mark.parametrize("how", ["reply", "close"])
async def test_the_next_answer_or_closing_keeps_it(desk: RunningDesk, how: str) -> None:
    await promised(desk)
    desk.now = DUE
    await desk.write(clock.look)
    ticket = await desk.ask(f"ticket.{how}", ticket=1, **({"body": "Done."} if how == "reply" else {}))
    assert (ticket["due_at"], ticket["waiting_since"]) == (None, None)
    desk.now += DAY
    await desk.write(clock.look)
    assert "promise broken" not in await journal(desk, 1)
    assert await counted(desk) == {"agent": {"made": 1, "kept": 1}}


async def test_a_further_promise_takes_the_place_of_the_first(desk: RunningDesk) -> None:
    await promised(desk)
    ticket = await desk.ask("ticket.reply", ticket=1, body="Later.", promise=DUE + DAY)
    assert ticket["due_at"] == "2026-02-03T06:40:00Z"
    assert await counted(desk) == {"agent": {"made": 2, "kept": 1, "open": 1}}


async def test_a_broken_one_is_told_once_and_may_be_kept_late(desk: RunningDesk) -> None:
    await promised(desk)
    desk.now = DUE + 1
    for _ in range(3):
        await desk.write(clock.look)
        desk.now += HOUR
    [notice] = await told(desk)
    assert notice.to_address == "agent@example.org"
    text = text_of(notice)
    assert "A promise was not kept" in text
    assert "Promised for 2026-02-02 06:40 UTC." in text
    assert (await journal(desk, 1)).count("promise broken") == 1
    assert await counted(desk) == {"agent": {"made": 1, "broken": 1}}
    assert (await desk.view(1))["due_at"] == "2026-02-02T06:40:00Z", "it is still first in the order"
    await desk.ask("ticket.reply", ticket=1, body="Sorry.")
    assert await counted(desk) == {"agent": {"made": 1, "kept_late": 1}}
    assert (await desk.view(1))["journal"][-1]["late"] == 3 * HOUR + 1


async def test_its_agent_is_warned_once_before(desk: RunningDesk) -> None:
    await promised(desk)
    desk.now = DUE - HOUR - 1
    await desk.write(clock.look)
    assert await told(desk) == []
    desk.now += 1
    for _ in range(3):
        await desk.write(clock.look)
        desk.now += 600
    [notice] = await told(desk)
    assert "A promise is soon due" in text_of(notice)


@pytest.mark.parametrize(
    ("made", "due", "expected"),
    [
        pytest.param(0, 8 * HOUR, 7 * HOUR, id="an hour before, where that is later"),
        pytest.param(0, 4 * HOUR, 3 * HOUR, id="both"),
        pytest.param(0, HOUR, 2700, id="after three quarters, where that is later"),
        pytest.param(100, 104, 103, id="seconds"),
    ],
)
def test_when_an_agent_is_warned(made: int, due: int, expected: int) -> None:
    assert warn_at(made, due) == expected


async def test_where_nobody_has_the_ticket_whoever_promised_is_told(desk: RunningDesk) -> None:
    await promised(desk)
    await desk.ask("ticket.release", ticket=1)
    desk.now = DUE + 1
    await desk.write(clock.look)
    assert [each.to_address for each in await told(desk)] == ["agent@example.org"]


@pytest.mark.parametrize("gone", ["away", "left", "no address"])
@pytest.mark.parametrize("who", ["team", "address of the team", "tier of the team", "leads"])
async def test_where_whoever_promised_is_gone_the_team_is_told_or_else_the_leads(
    desk: RunningDesk, who: str, gone: str
) -> None:
    await promised(desk, by=OTHER)
    await desk.ask("ticket.release", by=OTHER, ticket=1)
    if who != "leads":
        await with_team(desk, "agent", "other", address="floor@example.org" if who == "address of the team" else "")
        await by_hand(desk, "update ticket set team = 'floor'")
    if who == "tier of the team":
        await by_hand(desk, "update ticket set tier = 3")
    await by_hand(desk, "delete from outbox where kind = 'notice'")
    if gone == "away":
        await away(desk, "other")
    else:
        column = "left_at = 1" if gone == "left" else "address = ''"
        await by_hand(desk, f"update agent set {column} where login = 'other'")
    expected = {"team": ["agent@example.org"], "address of the team": ["floor@example.org"]}
    leads = ["admin@example.org", "lead@example.org"]
    for moment in (warn_at(START, DUE) + 1, DUE + 61):
        desk.now = moment
        await desk.write(clock.look)
        [*notices] = await told(desk)
        assert sorted(each.to_address for each in notices) == expected.get(who, leads)
        await by_hand(desk, "delete from outbox where kind = 'notice'")


async def test_who_is_away_and_has_the_case_leaves_its_promise_to_who_made_it(desk: RunningDesk) -> None:
    await promised(desk)
    await desk.ask("ticket.assign", ticket=1, to="other", reason="he knows printers")
    await by_hand(desk, "delete from outbox where kind = 'notice'")
    await away(desk, "other")
    desk.now = DUE + 1
    await desk.write(promise.watch)
    assert [each.to_address for each in await told(desk)] == ["agent@example.org"]


async def test_what_is_promised_comes_first_in_the_queue(desk: RunningDesk) -> None:
    await desk.mail(Subject="One")
    desk.now += 10
    await promised(desk)
    await desk.mail(Subject="Two", From="bo@client.example")
    await desk.ask("ticket.reply", ticket=2, body="Soon", promise=DUE, reason="first")
    await desk.ask("ticket.release", ticket=2)
    await desk.ask("ticket.release", ticket=1)
    assert [(await desk.ask("ticket.next", by=LEAD))["tickets"][0]["number"]] == [1]
    await desk.ask("ticket.reply", ticket=1, body="Done", reason="first")
    assert (await desk.ask("ticket.next", by=LEAD))["tickets"][0]["number"] == 2


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"promise": START}, "past"),
        ({"promise": DUE, "close": True}, "both"),
        ({"promise": DUE, "pend_until": DUE + 1}, "too-late"),
    ],
)
async def test_what_cannot_be_promised_is_refused_and_nothing_is_sent(
    desk: RunningDesk, more: dict[str, Any], code: str
) -> None:
    await desk.mail()
    before = await desk.view(1)
    with pytest.raises(Refused) as refused:
        await desk.ask("ticket.reply", ticket=1, body="x", **more)
    assert refused.value.code == code
    assert await desk.view(1) == before
    assert [each.kind for each in await desk.letters()] == ["acknowledgement"]


async def test_a_promise_and_a_rest_until_then_go_together(desk: RunningDesk) -> None:
    ticket = await promised(desk, pend_until=DUE - HOUR)
    assert (ticket["state"], ticket["due_at"]) == ("pending", "2026-02-02T06:40:00Z")


async def test_the_report_counts_by_agent_and_time(desk: RunningDesk) -> None:
    await promised(desk)
    desk.now += DAY
    await desk.mail(Subject="Two", From="bo@client.example")
    await desk.ask("ticket.reply", by=OTHER, ticket=2, body="x", promise=desk.now + HOUR, reason="first")
    assert await counted(desk) == {"agent": {"made": 1, "broken": 1}, "other": {"made": 1, "open": 1}}
    assert await counted(desk, since=desk.now) == {"other": {"made": 1, "open": 1}}
    assert await counted(desk, until=desk.now) == {"agent": {"made": 1, "broken": 1}}


async def test_sec_promises_of_hidden_tickets_are_not_counted_for_others(desk: RunningDesk) -> None:
    await with_team(desk, "agent", restricted=True)
    await desk.mail(to="it@example.org")
    await desk.ask("ticket.reply", ticket=1, body="x", promise=DUE)
    assert await counted(desk, by=AGENT) == {"agent": {"made": 1, "open": 1}}
    assert await counted(desk, by=OTHER) == {}


async def test_what_is_no_case_any_more_has_no_promise_to_break(desk: RunningDesk) -> None:
    await promised(desk)
    await by_hand(desk, "update ticket set state = 'open'")
    await desk.ask("ticket.close", ticket=1, notify=False)
    desk.now = DUE + DAY
    await desk.write(clock.look)
    assert await told(desk) == []


async def test_a_brief_says_of_a_promise_that_was_kept_late_that_it_was_and_names_the_zone(desk: RunningDesk) -> None:
    desk.settings = replace(desk.settings, zone="Europe/Copenhagen")
    await desk.mail()
    await desk.ask("ticket.reply", ticket=1, body="I look into it.", promise=desk.now + HOUR)
    desk.now += 2 * HOUR
    await desk.ask("ticket.reply", ticket=1, body="It is the motor.")
    await desk.ask("ticket.assign", by=LEAD, ticket=1, to="other", reason="hers")
    filed = (await desk.ask("ticket.view", by=LEAD, ticket=1))["messages"][-1]["text"]
    brief = " ".join(filed.split())
    assert "2026-02-02 05:40 CET Agent: the promise was kept, but late" in brief
    assert "an answer promised by 2026-02-02 04:40 CET" in brief
    assert "Z" not in brief
