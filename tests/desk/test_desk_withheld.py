"""What tickets, reports, refusals and mails say of other tickets names none that their reader does not see."""

from __future__ import annotations

from typing import Any

import pytest

from spocd.desk import clock, notice
from spocd.errors import Refused
from tests.desk.by_hand import a_team_with_two_services, by_hand
from tests.desk.running_desk import AGENT, HOUR, LEAD, OTHER, START, RunningDesk, text_of
from tests.desk.staff import told, with_addresses

HIDDEN = 77_701
WHY = f"it goes with #{HIDDEN}"


@pytest.fixture
async def desk(desk: RunningDesk) -> RunningDesk:
    """#1 and #2 are for all to see; #77701 is of the restricted “payroll”, whose team “agent” is."""
    await a_team_with_two_services(desk)
    await with_addresses(desk)
    for subject in ("Printer", "Door"):
        await desk.ask("ticket.new", requester="ann@client.example", subject=subject, notify=False)
    await by_hand(
        desk,
        "insert into ticket (number, subject, state, kind, priority, requester, channel, address, opened_at,"
        " updated_at, rev, service, team, waiting_since) select 77701, 'Wages', 'new', kind, priority, requester,"
        f" channel, address, opened_at, updated_at, 1, 'payroll', 'floor', {START - HOUR} from ticket where number = 1",
        f"insert into participant (ticket, person, role, since) select {HIDDEN}, requester, 'requester', {START}"
        " from ticket where number = 1",
    )
    return desk


async def says(desk: RunningDesk, name: str, *, by: int, **asked: Any) -> str:
    """All that an operation answers, a refusal included."""
    try:
        return str(await desk.ask(name, by=by, **asked))
    except Refused as refused:
        return refused.sentence


async def seen(desk: RunningDesk, name: str, **asked: Any) -> tuple[bool, bool, bool]:
    """Whether an operation names the hidden ticket to who is not in its team, to who is, and to a lead."""
    others = [str(HIDDEN) in await says(desk, name, by=by, **asked) for by in (OTHER, AGENT, LEAD)]
    return others[0], others[1], others[2]


TO_ITS_TEAM = (False, True, True)


@pytest.mark.parametrize("relation", ["parent", "blocks", "duplicate", "caused-by"])
async def test_sec_a_link_to_it_is_told_to_nobody_who_does_not_see_it(desk: RunningDesk, relation: str) -> None:
    before = await desk.ask("ticket.watch", by=OTHER)
    was = [await desk.ask(name, by=OTHER, ticket=1) for name in ("ticket.view", "ticket.status")]
    await desk.ask("ticket.link", ticket=1, relation=relation, other=HIDDEN)
    await desk.ask("ticket.link", ticket=1, relation=relation, other=HIDDEN, remove=True)
    await desk.ask("ticket.link", ticket=1, relation=relation, other=HIDDEN)
    assert await seen(desk, "ticket.view", ticket=1) == TO_ITS_TEAM
    view, status = [await desk.ask(name, by=OTHER, ticket=1) for name in ("ticket.view", "ticket.status")]
    assert ({**view, "rev": 0, "updated_at": ""}, status) == ({**was[0], "rev": 0, "updated_at": ""}, was[1])
    assert (await desk.ask("ticket.status", ticket=1))["last_action"] == "linked by agent"
    assert (await desk.ask("ticket.watch", by=OTHER, after=before["last"]))["events"] == []
    told = (await desk.ask("ticket.watch", after=before["last"]))["events"]
    assert [(each["ticket"], each["event"]) for each in told][:2] == [(1, "linked"), (HIDDEN, "linked")]
    for name in ("ticket.status", "report.journey"):
        assert await seen(desk, name, ticket=1) == (False, False, False)


async def test_sec_what_was_merged_into_another_and_then_hidden_leaves_no_line_there(desk: RunningDesk) -> None:
    await desk.mail("It burns still.", Subject="Again")
    again = HIDDEN + 1
    await desk.ask("ticket.merge", ticket=again, into=1, notify=False)
    await desk.ask("ticket.unmerge", ticket=again)
    service = (await desk.view(HIDDEN))["service"]
    await desk.ask("ticket.edit", by=LEAD, ticket=again, service=service)
    events = {
        by: [each["event"] for each in (await desk.ask("ticket.view", by=by, ticket=1))["journal"]]
        for by in (OTHER, AGENT)
    }
    assert [each for each in events[AGENT] if "merged" in each] == ["merged here", "unmerged"]
    assert [each for each in events[OTHER] if "merged" in each] == []


async def test_links_between_tickets_that_they_see_are_told_to_who_does_not_see_all(desk: RunningDesk) -> None:
    before = await desk.ask("ticket.watch", by=OTHER)
    await desk.ask("ticket.link", ticket=1, relation="blocks", other=2)
    told = (await desk.ask("ticket.watch", by=OTHER, after=before["last"]))["events"]
    assert [(each["ticket"], each["detail"]["other"]) for each in told] == [(1, 2), (2, 1)]


async def test_sec_what_was_merged_into_it_does_not_say_into_what(desk: RunningDesk) -> None:
    await desk.ask("ticket.merge", ticket=1, into=HIDDEN, notify=False)
    for name in ("ticket.view", "ticket.explain"):
        assert await seen(desk, name, ticket=1) == TO_ITS_TEAM, name
    for name, asked in (
        ("ticket.note", {"body": "x"}),
        ("ticket.edit", {"priority": "high"}),
        ("ticket.take", {}),
        ("ticket.close", {}),
    ):
        assert await seen(desk, name, ticket=1, **asked) == TO_ITS_TEAM, name
    assert (await says(desk, "ticket.take", by=OTHER, ticket=1)) == "#1 was merged into #…."
    await desk.ask("ticket.unmerge", ticket=1)
    assert await seen(desk, "ticket.view", ticket=1) == TO_ITS_TEAM


async def test_sec_a_merge_into_it_is_undone_by_nobody_who_does_not_see_it(desk: RunningDesk) -> None:
    await desk.ask("ticket.merge", ticket=1, into=HIDDEN, notify=False)
    before = await desk.ask("ticket.view", ticket=HIDDEN)
    assert await says(desk, "ticket.unmerge", by=OTHER, ticket=1) == "#1 was not merged into another."
    assert await says(desk, "ticket.unmerge", by=OTHER, ticket=2) == "#2 was not merged into another."
    assert await desk.ask("ticket.view", ticket=HIDDEN) == before


async def test_sec_what_was_moved_or_split_does_not_say_from_where(desk: RunningDesk) -> None:
    await desk.mail("Two matters.", Subject="Wages and doors")
    await desk.ask("message.move", message=f"{HIDDEN + 1}.1", to=str(HIDDEN))
    assert await seen(desk, "ticket.view", ticket=HIDDEN + 1) == TO_ITS_TEAM


async def test_sec_why_a_case_changed_hands_is_told_without_it(desk: RunningDesk) -> None:
    await desk.ask("ticket.take", by=AGENT, ticket=1, reason="mine")
    await desk.ask("ticket.note", by=AGENT, ticket=1, body="Looked at it.")
    desk.now += HOUR
    await desk.ask("ticket.assign", by=AGENT, ticket=1, to="other", reason=WHY)
    assert await seen(desk, "report.handovers") == TO_ITS_TEAM
    assert await seen(desk, "ticket.view", ticket=1) == TO_ITS_TEAM, "the brief is a note on it, and the log has a line"


async def test_sec_a_jump_is_told_without_whom_it_passed(desk: RunningDesk) -> None:
    await desk.ask("ticket.take", by=AGENT, ticket=1, reason=WHY)
    report = (await desk.ask("report.fairness", by=AGENT))["jumps"][0]
    assert (report["next"], report["reason"]) == (HIDDEN, WHY)
    report = (await desk.ask("report.fairness", by=OTHER))["jumps"][0]
    assert (report["ticket"], report["next"], report["reason"]) == (1, None, "it goes with #…")
    assert await seen(desk, "report.fairness") == TO_ITS_TEAM
    assert await seen(desk, "ticket.view", ticket=1) == TO_ITS_TEAM


async def test_sec_the_notice_of_a_hand_over_and_its_brief_name_it_to_nobody_else(desk: RunningDesk) -> None:
    await desk.ask("ticket.take", by=AGENT, ticket=1, reason="mine")
    await desk.ask("ticket.note", by=AGENT, ticket=1, body="Looked at it.")
    desk.now += HOUR
    for to, names in (("other", False), ("lead", True)):
        await desk.ask("ticket.assign", by=AGENT, ticket=1, to=to, reason=WHY)
        letter = (await told(desk, f"{to}@example.org"))[-1]
        assert (str(HIDDEN) in text_of(letter)) is names
        assert "it goes with" in text_of(letter)


async def test_sec_a_digest_names_it_to_nobody_else(desk: RunningDesk) -> None:
    await by_hand(desk, "update agent set digest = '08:00' where login in ('other', 'lead')")
    await desk.ask("ticket.take", by=AGENT, ticket=1, reason="mine")
    await desk.ask("ticket.take", by=AGENT, ticket=2, reason="mine")
    desk.now += HOUR
    for to, names in (("other", False), ("lead", True)):
        for ticket in (1, 2):
            await desk.ask("ticket.assign", by=AGENT, ticket=ticket, to=to, reason=WHY)
        desk.now += 24 * HOUR
        await desk.write(notice.send_held)
        [letter] = [each for each in await told(desk, f"{to}@example.org") if each.kind == "digest"]
        assert (str(HIDDEN) in text_of(letter)) is names


async def test_sec_what_is_passed_on_names_it_to_its_team_and_to_no_other(desk: RunningDesk) -> None:
    await by_hand(
        desk,
        "update team set address = 'floor@example.org' where key = 'floor'",
        f"insert into team (key, name, address, created_at) values ('doors', 'Doors', 'doors@example.org', {START})",
    )
    await desk.ask("ticket.take", by=AGENT, ticket=1, reason="mine")
    for team, names in (("doors", False), ("floor", True)):
        await desk.ask("ticket.assign", by=AGENT, ticket=1, to=team, reason=WHY)
        letter = (await told(desk, f"{team}@example.org"))[-1]
        assert (str(HIDDEN) in text_of(letter)) is names


async def test_what_people_wrote_themselves_stays_as_it_is(desk: RunningDesk) -> None:
    await desk.ask("ticket.note", by=AGENT, ticket=1, body=WHY)
    assert await seen(desk, "ticket.view", ticket=1) == (True, True, True)


@pytest.mark.parametrize("how", ["moved", "split off, then hidden"])
async def test_sec_what_leaves_for_it_is_in_no_notice_that_is_held_and_in_no_brief(desk: RunningDesk, how: str) -> None:
    await desk.mail("Two matters: a door, and a quokka that bites me.", Subject="Doors")
    await desk.ask("ticket.take", by=AGENT, ticket=HIDDEN + 1, reason="mine")
    await by_hand(desk, f"update agent set quiet = '00:00-23:59' where uid = {OTHER}")
    await desk.ask("ticket.note", by=AGENT, ticket=HIDDEN + 1, body="@other walrus and wombat live there")
    await desk.ask("ticket.assign", by=AGENT, ticket=HIDDEN + 1, to="other", reason="over to you")
    for position in (1, 2):
        message = f"{HIDDEN + 1}.{position}"
        if how == "moved":
            await desk.ask("message.move", by=LEAD, message=message, to=str(HIDDEN))
        else:
            new = await desk.ask("ticket.split", by=LEAD, messages=[message])
            await desk.ask("ticket.edit", by=LEAD, ticket=new["number"], service="payroll")
    view = await says(desk, "ticket.view", by=OTHER, ticket=HIDDEN + 1)
    assert view.count("[moved to another ticket]") == 4, "in the brief, in both of its texts"
    await by_hand(desk, f"update agent set quiet = '' where uid = {OTHER}")
    desk.now += 24 * HOUR
    await desk.write(clock.look)
    letters = "".join([text_of(each) for each in await told(desk, "other@example.org")])
    assert "This case is yours now" in letters
    for word in ("quokka", "walrus"):
        assert word not in letters
        assert word not in view


async def test_what_a_notice_that_waits_says_of_a_message_that_is_moved_goes_with_it(desk: RunningDesk) -> None:
    await desk.mail("A door.", Subject="Doors")
    await desk.ask("ticket.take", by=OTHER, ticket=HIDDEN + 1, reason="mine")
    await desk.mail("A quokka bites me.", In_Reply_To=f"<{desk.mails}@client.example>")
    await desk.ask("message.move", by=LEAD, message=f"{HIDDEN + 1}.2", to=str(HIDDEN))
    [letter] = await told(desk, "other@example.org")
    assert "> [moved to another ticket]" in text_of(letter)
    assert "quokka" not in text_of(letter)
