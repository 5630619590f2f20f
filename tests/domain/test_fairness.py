"""The fair order as it is stated, and what keeps a ticket from being offered."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest

from spocd.domain.fairness import Card, Wants, at_once, hindrances, is_queued, may_see, rank
from spocd.domain.ticket import Ticket

NOW = 1_770_000_000
PLAIN = Ticket(
    number=1, subject="Printer", state="new", kind="request", priority="normal", requester=1, assignee=None, team=None,
    service=None, channel="mail", address="desk@example.org", opened_at=NOW, updated_at=NOW, due_at=None,
    waiting_since=NOW, pend_until=None, resolved_at=None, closed_at=None, merged_into=None, tier=1,
    untouched_since=None,
    first_answered_at=None, resolution=None, reporter=None, direction="in", rev=1,
)  # fmt: skip


def test_what_is_promised_comes_first_by_its_time_and_the_rest_by_how_long_it_waits() -> None:
    late = replace(PLAIN, number=4, due_at=NOW + 50, waiting_since=NOW + 40)
    soon = replace(PLAIN, number=5, due_at=NOW + 10, waiting_since=NOW + 45)
    older = replace(PLAIN, number=3, waiting_since=NOW - 10)
    twin = replace(PLAIN, number=2, waiting_since=NOW)
    first = replace(PLAIN, number=1, waiting_since=NOW)
    for order in itertools.permutations([late, soon, older, twin, first]):
        assert [each.number for each in sorted(order, key=rank)] == [5, 4, 3, 1, 2]


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"requester": 99}, id="who they are"),
        pytest.param({"channel": "phone"}, id="how they came"),
        pytest.param({"priority": "urgent"}, id="how urgent they call it"),
        pytest.param({"kind": "incident", "service": "it", "team": "floor"}, id="what it is about"),
        pytest.param({"opened_at": 1, "tier": 2, "direction": "out"}, id="how old it is, and whose it was"),
    ],
)
def test_nothing_else_is_in_the_order(change: dict[str, object]) -> None:
    assert rank(replace(PLAIN, **change)) == rank(PLAIN)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("change", "queued"),
    [
        ({}, True),
        ({"state": "open"}, True),
        ({"state": "pending"}, False),
        ({"state": "resolved"}, False),
        ({"state": "spam"}, False),
        ({"assignee": 3}, False),
        ({"waiting_since": None}, False),
        ({"merged_into": 7}, False),
    ],
)
def test_only_what_nobody_has_and_somebody_waits_for_is_in_the_queue(change: dict[str, object], queued: bool) -> None:
    assert is_queued(replace(PLAIN, **change)) is queued  # type: ignore[arg-type]


BOB = Card("bob", 1, frozenset({"floor"}), frozenset({"sap", "vpn"}))


@pytest.mark.parametrize(
    ("wants", "said"),
    [
        (Wants(1), []),
        (Wants(1, "floor", frozenset({"sap"})), []),
        (Wants(1, "floor", only="floor"), []),
        (Wants(2), ["was escalated to tier 2"]),
        (Wants(1, "network"), ["is for the team network"]),
        (Wants(1, None, frozenset({"dns"})), ["needs the skill dns"]),
        (Wants(1, None, frozenset({"dns", "bgp", "sap"})), ["needs the skills bgp and dns"]),
        (Wants(1, "payroll", only="payroll"), ["is confidential to the team payroll"]),
        (Wants(1, None, only=""), ["is confidential"]),
        (Wants(3, "network", frozenset({"dns"})), [
            "is for the team network", "needs the skill dns", "was escalated to tier 3",
        ]),
    ],
)  # fmt: skip
def test_what_keeps_a_ticket_from_being_offered_is_said(wants: Wants, said: list[str]) -> None:
    assert hindrances(wants, BOB) == said


def test_a_confidential_ticket_is_its_teams_whatever_the_ticket_says() -> None:
    assert not may_see(Wants(1, "floor", only="payroll"), BOB)
    assert not may_see(Wants(1, None, only=""), BOB)
    assert may_see(Wants(9, "network"), BOB)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"channel": "phone", "reporter": 3}, "answered on the phone"),
        ({"channel": "walk-in", "reporter": 3}, "answered while they were here"),
        ({"channel": "phone", "reporter": 4}, None),
        ({"channel": "mail", "reporter": 3}, None),
        ({"channel": "phone", "reporter": 3, "state": "open"}, None),
        ({"channel": "phone", "reporter": 3, "opened_at": NOW - 3601}, None),
    ],
)
def test_whoever_is_still_on_the_phone_is_answered_and_that_is_the_reason(
    change: dict[str, object], reason: str | None
) -> None:
    assert at_once(replace(PLAIN, **change), 3, NOW) == reason  # type: ignore[arg-type]
