"""What the reports say of how people were treated, and of how cases changed hands."""

from __future__ import annotations

from typing import Any

import pytest

from spocd.errors import Refused
from tests.desk.by_hand import a_team_with_two_services, by_hand
from tests.desk.running_desk import AGENT, DAY, HOUR, LEAD, OTHER, START, RunningDesk

MINUTE = 60
COUNTS = ("taken", "in_turn", "out_of_turn", "before_their_time")


async def a_week(desk: RunningDesk) -> None:
    """Ten tickets: #1 to #8 by mail of Ann, taken and answered after 10, 20 … 80 minutes; two of Bo's by phone wait."""
    for number in range(1, 9):
        await desk.mail(Subject=f"{number}")
        desk.now = START + number * HOUR
    for subject in ("One", "Two"):
        await desk.ask("ticket.new", by=LEAD, requester="bo@client.example", subject=subject, channel="phone")
    begin = desk.now
    await by_hand(desk, f"update ticket set opened_at = {begin}, waiting_since = {begin} + number")
    for number in range(1, 9):
        desk.now = begin + number * 10 * MINUTE
        await desk.ask("ticket.next", claim=True)
        desk.now += MINUTE
        await desk.ask("ticket.reply", ticket=number, body="Hello")


def named(report: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {each["of"]: each for each in report["groups"]}


async def test_waiting_is_shown_as_median_and_as_what_nine_of_ten_stayed_within(desk: RunningDesk) -> None:
    await a_week(desk)
    report = await desk.ask("report.fairness")
    mail, phone = named(report)["mail"], named(report)["phone"]
    assert (mail["tickets"], mail["taken"], mail["answered"], mail["untaken"]) == (8, 8, 8, 0)
    assert (mail["taken_median"], mail["taken_p90"]) == (45 * MINUTE, 80 * MINUTE)
    assert (mail["answered_median"], mail["answered_p90"]) == (46 * MINUTE, 81 * MINUTE)
    assert (phone["tickets"], phone["untaken"], phone["taken"], phone["taken_median"]) == (2, 2, 0, None)
    assert phone["oldest_untaken"] == "2026-02-02T10:40:00Z"
    assert (report["overall"]["tickets"], report["overall"]["taken"]) == (10, 8)
    assert [report[name] for name in COUNTS] == [8, 8, 0, 0]


@pytest.mark.parametrize(
    ("waits", "median", "nine_of_ten"),
    [
        ([7], 7, 7),
        ([1, 4], 3, 4),
        ([1, 2, 9], 2, 9),
        ([1, 2, 5, 9], 4, 9),
        ([3, 3, 3, 3, 8], 3, 8),
        ([*range(1, 11)], 6, 9),
        ([*range(1, 12)], 6, 10),
    ],
)
async def test_the_median_is_the_middle_and_nine_of_ten_stayed_within_what_is_said(
    desk: RunningDesk, waits: list[int], median: int, nine_of_ten: int
) -> None:
    for each in range(len(waits)):
        await desk.mail(Subject=f"{each}")
    for number, seconds in enumerate(reversed(waits), 1):
        await by_hand(desk, f"update ticket set first_answered_at = opened_at + {seconds} where number = {number}")
    [group] = (await desk.ask("report.fairness"))["groups"]
    assert (group["answered"], group["answered_median"], group["answered_p90"]) == (len(waits), median, nine_of_ten)


@pytest.mark.parametrize(
    ("per", "groups"),
    [
        ("person", {"ann@client.example": 8, "bo@client.example": 2}),
        ("organisation", {"client": 8, "": 2}),
        ("group", {"pilot": 8, "board": 8, "": 2}),
        ("team", {"floor": 1, "": 9}),
        ("all", {"all": 10}),
    ],
)
async def test_it_is_shown_by_what_they_have_in_common(desk: RunningDesk, per: str, groups: dict[str, int]) -> None:
    await a_team_with_two_services(desk)
    await a_week(desk)
    await by_hand(
        desk,
        f"insert into organisation (key, name, briefing, created_at) values ('client', 'Client', '', {START})",
        "update person set organisation = 'client' where id = 1",
        "insert into person_group (person, name) values (1, 'pilot')",
        "insert into person_group (person, name) values (1, 'board')",
        "update ticket set team = 'floor' where number = 2",
    )
    report = await desk.ask("report.fairness", per=per)
    assert {each["of"]: each["tickets"] for each in report["groups"]} == groups


async def test_whoever_belongs_to_an_organisation_by_domain_and_whoever_was_merged_counts_once(
    desk: RunningDesk,
) -> None:
    await desk.mail()
    await desk.mail(From="Ann <ann@home.example>")
    await by_hand(
        desk,
        f"insert into organisation (key, name, briefing, created_at) values ('client', 'Client', '', {START})",
        "insert into organisation_domain (domain, organisation) values ('client.example', 'client')",
        "insert into person_group (person, name)"
        " select person, 'pilot' from person_address where domain = 'home.example'",
    )
    await desk.ask("person.merge", by=LEAD, address="ann@home.example", to="ann@client.example")
    for per, of in (("organisation", "client"), ("person", "ann@client.example"), ("group", "pilot")):
        report = await desk.ask("report.fairness", per=per)
        assert {each["of"]: each["tickets"] for each in report["groups"]} == {of: 2}, per


async def test_each_jump_is_there_with_who_when_which_why_and_over_how_many(desk: RunningDesk) -> None:
    for number in range(1, 5):
        await desk.mail(Subject=f"{number}")
        desk.now += 10
    await by_hand(desk, f"update ticket set due_at = {START + DAY} where number = 3")
    await desk.ask("ticket.next", claim=True)
    await desk.ask("ticket.assign", by=LEAD, ticket=4, to="other", reason="he fell")
    await desk.ask("ticket.next", claim=True)
    report = await desk.ask("report.fairness")
    assert [report[name] for name in COUNTS] == [3, 2, 1, 1]
    jump, promised = report["jumps"]
    assert jump == {
        "ticket": 4, "at": "2026-02-02T02:40:40Z", "by": "lead", "to": "other", "kind": "out of turn",
        "reason": "he fell", "place": 3, "passed": 2, "next": 1,
    }  # fmt: skip
    assert (promised["ticket"], promised["kind"], promised["passed"]) == (3, "before its time", 2)


async def test_what_is_outside_the_span_is_not_in_it(desk: RunningDesk) -> None:
    await a_week(desk)
    report = await desk.ask("report.fairness", since=START - DAY, until=START)
    assert (report["groups"], report["overall"]["tickets"], report["jumps"]) == ([], 0, [])
    desk.now += 40 * DAY
    assert (await desk.ask("report.fairness"))["groups"] == []
    with pytest.raises(Refused, match="ends before it begins"):
        await desk.ask("report.fairness", since=START, until=START - 1)


async def test_what_is_confidential_is_in_no_report_of_others(desk: RunningDesk) -> None:
    await a_team_with_two_services(desk)
    await desk.mail()
    await desk.mail("Pay", From="Bo <bo@client.example>")
    await by_hand(desk, "update ticket set service = 'payroll', team = 'floor' where number = 2")
    await desk.ask("ticket.take", ticket=2, reason="the month ends")
    await desk.ask("ticket.release", ticket=2)
    for uid, counted in ((AGENT, 2), (LEAD, 2), (OTHER, 1)):
        report = await desk.ask("report.fairness", by=uid)
        assert report["overall"]["tickets"] == counted
        assert len(report["jumps"]) == report["out_of_turn"] == counted - 1
        assert len((await desk.ask("report.handovers", by=uid))["handovers"]) == counted - 1


async def test_hand_overs_are_listed_with_how_long_nobody_went_on(desk: RunningDesk) -> None:
    await desk.mail()
    await desk.ask("ticket.take", ticket=1)
    desk.now += 10
    await desk.ask("ticket.assign", ticket=1, to="other", reason="hers")
    desk.now += 30
    await desk.ask("ticket.note", by=LEAD, ticket=1, body="A third one looks in.")
    desk.now += 30
    await desk.ask("ticket.note", by=OTHER, ticket=1, body="On it.")
    await desk.ask("ticket.release", by=OTHER, ticket=1, reason="not mine after all")
    desk.now += 5
    await desk.ask("ticket.take", ticket=1)
    await desk.ask("ticket.release", ticket=1)
    report = await desk.ask("report.handovers")
    assert report["counts"] == {
        "handed over": 1, "released": 2, "returned": 0, "escalated": 0, "given to a team": 0,
    }  # fmt: skip
    last, second, first = report["handovers"]
    assert (first["from"], first["to"], first["why"], first["untouched_for"]) == ("agent", "other", "hers", 60)
    assert (second["from"], second["to"], second["untouched_for"]) == ("other", None, 5)
    assert (last["touched_at"], last["untouched_for"]) == (None, None)
