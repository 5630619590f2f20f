"""What may happen to a ticket, state by state."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from spocd.domain.ticket import (
    DAY,
    State,
    Ticket,
    answered,
    check_rev,
    closed,
    filed,
    given,
    may_continue,
    pended,
    reopened,
    resolved,
    woken,
    written_to,
)
from spocd.errors import Exit, Refused

NOW = 1_770_000_000
BEFORE = NOW - 5000
AGENT = 7
Step = Callable[[Ticket], Ticket]


def a_ticket(state: str) -> Ticket:
    """A ticket as it stands when it has come to a state in the ordinary way."""
    waits = state in ("new", "open", "spam")
    return Ticket(
        number=1,
        subject="Printer",
        state=state,
        kind="request",
        priority="normal",
        requester=3,
        assignee=None,
        team=None,
        service=None,
        channel="mail",
        address="desk@example.org",
        opened_at=BEFORE,
        updated_at=BEFORE,
        due_at=None,
        waiting_since=BEFORE if waits else None,
        pend_until=NOW + 100 if state == "pending" else None,
        resolved_at=BEFORE if state in ("resolved", "closed") else None,
        closed_at=BEFORE if state == "closed" else None,
        merged_into=None,
        tier=1,
        untouched_since=None,
        first_answered_at=None,
        resolution=None,
        reporter=None,
        direction="in",
        rev=4,
    )


STEPS: dict[str, Step] = {
    "written to": lambda t: written_to(t, NOW, since=NOW),
    "filed": lambda t: filed(t, NOW),
    "given": lambda t: given(t, AGENT, NOW),
    "released": lambda t: given(t, None, NOW),
    "answered": lambda t: answered(t, NOW),
    "pended": lambda t: pended(t, NOW + 60, NOW),
    "woken": lambda t: woken(t, NOW),
    "resolved": lambda t: resolved(t, NOW),
    "closed": lambda t: closed(t, NOW),
    "reopened": lambda t: reopened(t, NOW),
}
# The state afterwards, and since when the requester waits; a word in place of both is the code of a refusal.
TABLE: dict[str, dict[str, tuple[str, int | None] | str]] = {
    "new": {
        "written to": ("new", BEFORE),
        "filed": ("new", BEFORE),
        "given": ("open", BEFORE),
        "released": ("new", BEFORE),
        "answered": ("open", None),
        "pended": ("pending", BEFORE),
        "resolved": ("resolved", None),
        "reopened": "open",
    },
    "open": {
        "written to": ("open", BEFORE),
        "filed": ("open", BEFORE),
        "given": ("open", BEFORE),
        "released": ("open", BEFORE),
        "answered": ("open", None),
        "pended": ("pending", BEFORE),
        "resolved": ("resolved", None),
        "reopened": "open",
    },
    "pending": {
        "written to": ("open", NOW),
        "filed": ("pending", None),
        "given": ("pending", None),
        "released": ("pending", None),
        "answered": ("open", None),
        "pended": ("pending", None),
        "woken": ("open", NOW),
        "resolved": ("resolved", None),
        "reopened": "open",
    },
    "resolved": {
        "written to": ("open", NOW),
        "filed": ("resolved", None),
        "given": ("resolved", None),
        "released": ("resolved", None),
        "answered": ("open", None),
        "pended": ("pending", None),
        "resolved": "closed",
        "closed": ("closed", None),
        "reopened": ("open", NOW),
    },
    "closed": {
        "written to": ("open", NOW),
        "filed": ("closed", None),
        "given": "closed",
        "released": "closed",
        "answered": "closed",
        "pended": "closed",
        "resolved": "closed",
        "reopened": ("open", NOW),
    },
    "spam": {
        "written to": ("spam", BEFORE),
        "filed": ("spam", BEFORE),
        "given": "closed",
        "released": "closed",
        "answered": "closed",
        "pended": "closed",
        "reopened": ("open", NOW),
    },
}
ROWS = [(state, step, after) for state, steps in TABLE.items() for step, after in steps.items()]
ALLOWED = [(state, step, after) for state, step, after in ROWS if isinstance(after, tuple)]
REFUSED = [(state, step, after) for state, step, after in ROWS if isinstance(after, str)]


@pytest.mark.parametrize(("state", "step", "after"), ALLOWED, ids=[f"{s} {t}" for s, t, _ in ALLOWED])
def test_a_step_leads_to_the_next_state(state: str, step: str, after: tuple[str, int | None]) -> None:
    ticket = STEPS[step](a_ticket(state))
    assert (ticket.state, ticket.waiting_since) == after
    assert ticket.updated_at == NOW
    assert ticket.rev == 4, "the store counts revisions"
    # No moment outlives the state that it belongs to.
    assert (ticket.pend_until is not None) == (ticket.state == State.PENDING)
    assert (ticket.resolved_at is not None) == (ticket.state in (State.RESOLVED, State.CLOSED))
    assert (ticket.closed_at is not None) == (ticket.state == State.CLOSED)


@pytest.mark.parametrize(("state", "step", "code"), REFUSED, ids=[f"{s} {t}" for s, t, _ in REFUSED])
def test_a_step_that_makes_no_sense_is_refused_with_what_to_do(state: str, step: str, code: str) -> None:
    with pytest.raises(Refused) as refused:
        STEPS[step](a_ticket(state))
    assert refused.value.code == code
    assert refused.value.sentence.startswith("#1 is ")


def test_a_ticket_that_is_given_keeps_its_place_and_one_that_is_released_goes_back_to_it() -> None:
    held = given(a_ticket("new"), AGENT, NOW)
    assert held.assignee == AGENT
    back = given(held, None, NOW)
    assert (back.assignee, back.waiting_since) == (None, BEFORE)


@pytest.mark.parametrize("until", [NOW, NOW - 1, 0, -5])
def test_a_ticket_cannot_rest_until_a_moment_that_has_passed(until: int) -> None:
    with pytest.raises(Refused) as refused:
        pended(a_ticket("open"), until, NOW)
    assert refused.value.code == "past"


def test_one_who_waited_while_the_ticket_rested_has_waited_since_then() -> None:
    rests = pended(a_ticket("open"), NOW + 60, NOW)
    assert woken(rests, NOW + 61).waiting_since == BEFORE
    assert written_to(rests, NOW + 30, since=NOW + 30).waiting_since == BEFORE


@pytest.mark.parametrize(
    ("state", "closed_at", "continues"),
    [
        pytest.param("new", None, True, id="new"),
        pytest.param("pending", None, True, id="pending"),
        pytest.param("resolved", None, True, id="resolved however long ago"),
        pytest.param("spam", None, True, id="spam stays spam"),
        pytest.param("closed", NOW, True, id="closed just now"),
        pytest.param("closed", NOW - 30 * DAY, True, id="closed thirty days ago to the second"),
        pytest.param("closed", NOW - 30 * DAY - 1, False, id="a second longer"),
        pytest.param("closed", NOW + 999, True, id="a clock that was set back"),
    ],
)
def test_a_reply_continues_what_was_closed_at_most_thirty_days_ago(
    state: str, closed_at: int | None, continues: bool
) -> None:
    ticket = replace(a_ticket(state), closed_at=closed_at)
    assert may_continue(ticket, NOW, reopen_within=30) is continues


def test_a_decision_on_an_older_revision_is_a_conflict() -> None:
    check_rev(a_ticket("open"), None)
    check_rev(a_ticket("open"), 4)
    with pytest.raises(Refused, match="has changed since you read it") as refused:
        check_rev(a_ticket("open"), 3)
    assert refused.value.exit is Exit.CONFLICT
