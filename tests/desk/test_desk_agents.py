"""Agents and teams: cards, who is here, and what a team's members see."""

from __future__ import annotations

import pytest

from spocd.control.wire import InvalidParameter
from spocd.desk import clock
from spocd.desk.documents import moment
from spocd.errors import Exit, Refused
from tests.desk.by_hand import by_hand
from tests.desk.running_desk import ADMIN, AGENT, DAY, LEAD, OTHER, START, RunningDesk

SECRET = """
[teams.security]
name = "Security"

[services.security]
name = "Security"
team = "security"
restricted = true
"""


async def absent(desk: RunningDesk, login: str, *, until: int | None, begun: int | None, ended: int | None) -> None:
    told = ", ".join("null" if each is None else str(each) for each in (until, begun, ended))
    await by_hand(
        desk,
        "insert into absence (agent, from_at, reason, created_at, until_at, begun_at, ended_at)"
        f" select id, {START}, 'ill', {START}, {told} from agent where login = '{login}'",
    )


async def test_a_card_is_made_and_changed_and_what_is_not_named_stays(desk: RunningDesk) -> None:
    made = await desk.ask(
        "agent.new",
        by=ADMIN,
        login="ida",
        name="Ida",
        uid=77,
        card={"tier": 2, "skills": ["vpn", "dns"], "title": "IT"},
    )
    assert (made["tier"], made["skills"], made["title"], made["presence"]) == (2, ["dns", "vpn"], "IT", "here")
    assert made.pop("left_before") is None
    changed = await desk.ask("agent.edit", by=ADMIN, login="ida", card={"role": "lead", "skills": []})
    assert changed == made | {"role": "lead", "skills": []}
    assert await desk.ask("agent.view", login="ida") == changed


async def test_agents_change_how_they_look_and_when_they_are_told_and_no_more(desk: RunningDesk) -> None:
    card = await desk.ask("agent.edit_own", by=OTHER, card={"signature": "Yours, Other", "quiet": "18:00-07:00"})
    assert (card["login"], card["signature"], card["quiet"]) == ("other", "Yours, Other", "18:00-07:00")
    with pytest.raises(InvalidParameter):
        await desk.ask("agent.edit_own", by=OTHER, card={"role": "admin"})


@pytest.mark.parametrize(
    ("until", "begun", "ended", "presence", "told"),
    [
        pytest.param(START + DAY, START, None, "away", moment(START + DAY), id="away for a day"),
        pytest.param(None, START, None, "away", None, id="nobody knows until when"),
        pytest.param(START + DAY, None, None, "here", None, id="not yet"),
        pytest.param(START + DAY, START, START, "here", None, id="back"),
    ],
)
async def test_who_is_away_is_shown_away(
    desk: RunningDesk, until: int | None, begun: int | None, ended: int | None, presence: str, told: str | None
) -> None:
    await absent(desk, "agent", until=until, begun=begun, ended=ended)
    listed = {each["login"]: each for each in (await desk.ask("agent.list"))["agents"]}
    assert (listed["agent"]["presence"], listed["agent"]["away_until"]) == (presence, told)
    assert listed["other"]["presence"] == "here"


async def test_who_is_going_to_be_away_is_shown_everywhere_with_the_deputy(desk: RunningDesk) -> None:
    begin, end = START + 2 * DAY, START + 9 * DAY
    await desk.ask("agent.away", agent="agent", since=begin, until=end, deputy="other")
    planned = {"since": moment(begin), "until": moment(end), "deputy": "other", "begun": False}
    for operation in ("agent.list", "agent.load"):
        found = {each["login"]: each for each in (await desk.ask(operation))["agents"]}
        assert (found["agent"]["absences"], found["other"]["absences"]) == ([planned], []), operation
        assert found["agent"].get("presence", "here") == "here"
    desk.now = begin
    await desk.write(clock.look)
    card = await desk.ask("agent.view", login="agent")
    assert (card["presence"], card["absences"]) == ("away", [planned | {"begun": True}])
    desk.now = end
    await desk.write(clock.look)
    assert (await desk.ask("agent.view", login="agent"))["absences"] == []


async def test_who_has_left_is_listed_by_themselves(desk: RunningDesk) -> None:
    await desk.write(lambda d: d.tx.run("agent_leaves", login="other", now=d.now))
    assert "other" not in [each["login"] for each in (await desk.ask("agent.list"))["agents"]]
    assert [each["login"] for each in (await desk.ask("agent.list", left=True))["agents"]] == ["other"]
    with pytest.raises(Refused, match="no agent “other”"):
        await desk.ask("agent.edit", by=ADMIN, login="other", card={"tier": 2})
    back = await desk.ask("agent.new", by=ADMIN, login="other", uid=OTHER)
    assert back["presence"] == "here"


async def test_a_member_of_its_team_sees_a_restricted_service_and_no_more_once_they_are_out(desk: RunningDesk) -> None:
    await desk.ask("desk.apply", by=ADMIN, text=SECRET)
    await desk.ask("ticket.new", by=LEAD, requester="ann@client.example", subject="Secret", service="security")
    with pytest.raises(Refused) as refused:
        await desk.ask("ticket.view", by=AGENT, ticket=1)
    assert refused.value.exit == Exit.NOT_FOUND
    await desk.ask("team.member_add", by=LEAD, team="security", login="agent")
    assert (await desk.ask("ticket.view", by=AGENT, ticket=1))["subject"] == "Secret"
    await desk.ask("team.member_remove", by=LEAD, team="security", login="agent")
    with pytest.raises(Refused):
        await desk.ask("ticket.view", by=AGENT, ticket=1)


async def test_the_offer_of_a_restricted_service_is_no_secret(desk: RunningDesk) -> None:
    await desk.ask("desk.apply", by=ADMIN, text=SECRET)
    [service] = (await desk.ask("service.list", by=AGENT))["services"]
    assert (service["key"], service["restricted"]) == ("security", True)


async def test_an_answer_is_changed_in_one_language_and_the_others_stay(desk: RunningDesk) -> None:
    new = {"answer": "paper", "title": "Paper", "body": "Fill tray 2."}
    await desk.ask("canned.edit", by=ADMIN, **new)
    changed = await desk.ask("canned.edit", by=ADMIN, answer="paper", body="Fyld skuffe 2.", language="da")
    assert changed["bodies"] == {"da": "Fyld skuffe 2.", "en": "Fill tray 2."}
    assert changed["body"] == "Fyld skuffe 2."
    assert (await desk.ask("canned.view", answer="paper", language="fi"))["body"] == "Fill tray 2."


async def test_a_ticket_of_a_service_is_offered_its_answers_and_those_for_all(desk: RunningDesk) -> None:
    text = "".join(
        f'[canned.{name}]\ntitle = "T"\nbody = "B"\nservice = "{service}"\n'
        for name, service in (("vpn", "vpn"), ("mail", "mail"), ("all", ""))
    )
    await desk.ask("desk.apply", by=ADMIN, text=f'{text}[services.vpn]\nname = "V"\n[services.mail]\nname = "M"\n')
    offered = await desk.ask("canned.list", service="vpn")
    assert [each["key"] for each in offered["canned"]] == ["all", "vpn"]


async def test_an_address_of_the_desk_is_nobodys(desk: RunningDesk) -> None:
    for operation, asked in (
        ("agent.new", {"login": "eve", "address": "desk@example.org"}),
        ("agent.edit", {"login": "agent", "card": {"address": "IT@example.org"}}),
        ("desk.apply", {"text": '[teams.floor]\nname = "Floor"\naddress = "desk+x@example.org"\n'}),
    ):
        with pytest.raises(Refused, match="an address of this desk") as refused:
            await desk.ask(operation, by=ADMIN, **asked)
        in_file = operation == "desk.apply"
        assert refused.value.code == ("bad-desk-file" if in_file else "own-address")
        assert refused.value.exit is (Exit.CONFIGURATION if in_file else Exit.USAGE)


async def test_nobody_acts_in_the_name_of_who_has_left(desk: RunningDesk) -> None:
    await desk.mail("It burns.")
    await by_hand(desk, "update agent set left_at = 1 where login = 'agent'")
    with pytest.raises(Refused, match="agent has left the desk") as refused:
        await desk.ask("ticket.reply", by=ADMIN, acting_as="agent", ticket=1, body="From a ghost")
    assert (refused.value.code, refused.value.exit) == ("left", Exit.NOT_PERMITTED)


async def test_that_somebody_had_left_before_is_said_where_they_are_made_an_agent_again(desk: RunningDesk) -> None:
    made = await desk.ask("agent.new", by=ADMIN, login="ida", name="Ida", uid=77)
    assert made["left_before"] is None
    await desk.ask("team.new", by=ADMIN, team="floor", name="Floor")
    await desk.ask("agent.leave", by=ADMIN, agent="ida", to="floor")
    again = await desk.ask("agent.new", by=ADMIN, login="ida", uid=77)
    assert (again["left_before"], again["presence"]) == (moment(desk.now), "here")
