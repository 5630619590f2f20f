"""A ticket and what may happen to it. Each function takes a ticket and returns the ticket as it is afterwards.

    new ──▶ open ◀──▶ pending      somebody works on it; pending waits for a date or for the requester
             │  ▲
             ▼  │ a reply
          resolved ──▶ closed      closed after some days without an answer, or at once when the requester says so
    spam                           filed away, never in the queue

`waiting_since` is since when the requester waits for us, or None while we wait for them: the fair order's measure.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from spocd.errors import Exit, Refused

DAY = 86400
NO_SUBJECT = "(no subject)"
DELETED = "(deleted)"  # the subject of what was spam


class State(StrEnum):
    NEW = "new"
    OPEN = "open"
    PENDING = "pending"
    RESOLVED = "resolved"
    CLOSED = "closed"
    SPAM = "spam"


OPEN_STATES = (State.NEW, State.OPEN, State.PENDING)
KINDS = ("incident", "request", "question")
PRIORITIES = ("low", "normal", "high", "urgent")


@dataclass(frozen=True, slots=True)
class Ticket:
    """A row of `ticket`. Times are UTC seconds; `requester` and `assignee` are ids."""

    number: int
    subject: str
    state: str
    kind: str
    priority: str
    requester: int
    assignee: int | None
    team: str | None
    service: str | None
    channel: str
    address: str  # the base address that it was written to, and is answered from
    opened_at: int
    updated_at: int
    due_at: int | None
    waiting_since: int | None
    pend_until: int | None
    resolved_at: int | None
    closed_at: int | None
    merged_into: int | None
    tier: int  # 1 solves what it can; escalation goes to the next
    untouched_since: int | None  # since when somebody has it and has done nothing yet
    first_answered_at: int | None
    resolution: str | None
    reporter: int | None  # the agent who wrote it down for somebody
    direction: str  # in: they turned to us; out: we to them
    rev: int

    @property
    def is_open(self) -> bool:
        return self.state in OPEN_STATES


def check_rev(ticket: Ticket, if_rev: int | None) -> None:
    """Refuse where the caller decided on an older state of the ticket than the one that is there."""
    if if_rev is not None and if_rev != ticket.rev:
        raise Refused(
            "changed",
            f"#{ticket.number} has changed since you read it (revision {ticket.rev}, you had {if_rev}). Look again.",
            Exit.CONFLICT,
        )


def may_continue(ticket: Ticket, now: int, *, reopen_within: int) -> bool:
    """Whether a new mail of its people still goes to this ticket; `reopen_within` in days after closing."""
    return ticket.state != State.CLOSED or now - (ticket.closed_at or 0) <= reopen_within * DAY


def written_to(ticket: Ticket, now: int, *, since: int) -> Ticket:
    """Its people wrote again: whatever rested is open, and they wait for us since then, or longer if they did already.

    `since` is when their mail was accepted, now or earlier.
    """
    if ticket.state == State.SPAM:
        return replace(ticket, updated_at=now)
    state = ticket.state if ticket.state in (State.NEW, State.OPEN) else State.OPEN
    waiting_since = since if ticket.waiting_since is None else min(ticket.waiting_since, since)
    return replace(
        ticket,
        state=state,
        updated_at=now,
        waiting_since=waiting_since,
        untouched_since=_untouched(ticket, now),
        pend_until=None,
        resolved_at=None,
        closed_at=None,
        resolution=None,
    )


def _untouched(ticket: Ticket, now: int) -> int | None:
    """Since when its agent has done nothing about what there is to do: from now, unless from before."""
    if ticket.assignee is None:
        return None
    return now if ticket.untouched_since is None else ticket.untouched_since


def filed(ticket: Ticket, now: int) -> Ticket:
    """Something was added that changes nothing: a note, an automatic mail, a word of thanks, a third party's mail."""
    return replace(ticket, updated_at=now)


def given(ticket: Ticket, agent: int | None, now: int) -> Ticket:
    """`agent` has it from now on; None puts it back into the queue."""
    check_workable(ticket)
    state = State.OPEN if ticket.state == State.NEW and agent is not None else ticket.state
    return replace(ticket, assignee=agent, state=state, untouched_since=None if agent is None else now, updated_at=now)


def asked_about(ticket: Ticket, now: int) -> Ticket:
    """An expert was asked: whoever has it did something about it."""
    check_workable(ticket)
    return replace(ticket, untouched_since=None, updated_at=now)


def escalated(ticket: Ticket, now: int) -> Ticket:
    """The next tier is to solve it: nobody has it, and it waits in the queue."""
    return replace(_in_the_queue(ticket, now), tier=ticket.tier + 1)


def sent_to(ticket: Ticket, team: str, now: int) -> Ticket:
    """A team is to look at it: nobody has it, and it waits in the queue."""
    return replace(_in_the_queue(ticket, now), team=team)


def _in_the_queue(ticket: Ticket, now: int) -> Ticket:
    """Given to nobody, and sure to be found by whoever is next: it does not rest, and somebody waits."""
    check_workable(ticket)
    waiting_since = now if ticket.waiting_since is None else ticket.waiting_since
    return replace(
        ticket,
        state=State.OPEN if ticket.state == State.PENDING else ticket.state,
        assignee=None,
        untouched_since=None,
        waiting_since=waiting_since,
        pend_until=None,
        updated_at=now,
    )


def answered(ticket: Ticket, now: int) -> Ticket:
    """The desk has answered: now the desk waits for the requester."""
    check_workable(ticket)
    return replace(
        ticket,
        state=State.OPEN,
        updated_at=now,
        waiting_since=None,
        due_at=None,  # what was promised is kept by this
        resolved_at=None,
        resolution=None,
        pend_until=None,
        untouched_since=None,
        first_answered_at=now if ticket.first_answered_at is None else ticket.first_answered_at,
    )


def promised(ticket: Ticket, due_at: int, now: int) -> Ticket:
    """Answered, but not for good: its people wait for what they were promised."""
    return replace(ticket, due_at=due_at, waiting_since=now)


def pended(ticket: Ticket, until: int, now: int) -> Ticket:
    """It rests until a moment, or until somebody writes."""
    check_workable(ticket)
    if until <= now:
        raise Refused("past", "That moment has passed. Give one to come, such as +2h or “fri 15:00”.")
    return replace(
        ticket,
        state=State.PENDING,
        pend_until=until,
        resolved_at=None,
        resolution=None,
        untouched_since=None,
        updated_at=now,
    )


def woken(ticket: Ticket, now: int) -> Ticket:
    """The moment that it rested for has come: it asks for somebody's attention again."""
    waiting = ticket.waiting_since if ticket.waiting_since is not None else now
    return replace(
        ticket,
        state=State.OPEN,
        pend_until=None,
        waiting_since=waiting,
        untouched_since=_untouched(ticket, now),
        updated_at=now,
    )


def resolved(ticket: Ticket, now: int, *, resolution: str | None = None) -> Ticket:
    """Staff hold it to be done, by what came of it; the requester may still say otherwise."""
    check_undone(ticket)
    return replace(
        ticket,
        state=State.RESOLVED,
        resolved_at=now,
        waiting_since=None,
        due_at=None,
        pend_until=None,
        closed_at=None,
        untouched_since=None,
        resolution=resolution,
        updated_at=now,
    )


def closed(ticket: Ticket, now: int) -> Ticket:
    """Nobody has answered for long enough."""
    return replace(ticket, state=State.CLOSED, closed_at=now, updated_at=now)


def reopened(ticket: Ticket, now: int) -> Ticket:
    """Staff open it again, spam included; the requester waits from now."""
    if ticket.is_open:
        raise Refused("open", f"#{ticket.number} is {ticket.state}: there is nothing to reopen.")
    if ticket.subject == DELETED and ticket.resolution == "deleted":
        raise Refused("deleted", f"#{ticket.number} was spam, and what it held has been deleted.")
    return replace(
        ticket,
        state=State.OPEN,
        resolved_at=None,
        closed_at=None,
        resolution=None,
        waiting_since=now,
        untouched_since=_untouched(ticket, now),
        updated_at=now,
    )


def check_undone(ticket: Ticket) -> None:
    """Refuse where it is done already, or was nothing to be done."""
    if ticket.state == State.SPAM:
        raise Refused(
            "spam", f"#{ticket.number} is filed as spam. Reopen it first: spocd ticket reopen {ticket.number}"
        )
    if not ticket.is_open:
        raise Refused("closed", f"#{ticket.number} is {ticket.state} already.")


def check_workable(ticket: Ticket) -> None:
    """Refuse where nobody works on it any more."""
    if not ticket.is_open and ticket.state != State.RESOLVED:
        raise Refused(
            "closed", f"#{ticket.number} is {ticket.state}. Reopen it first: spocd ticket reopen {ticket.number}"
        )


def filed_as_spam(ticket: Ticket, now: int) -> Ticket:
    """Somebody holds it to be spam; `closed_at` is since when."""
    if ticket.state == State.SPAM:
        raise Refused("spam", f"#{ticket.number} is filed as spam already.")
    return replace(
        ticket,
        state=State.SPAM,
        assignee=None,
        waiting_since=None,
        due_at=None,
        pend_until=None,
        resolved_at=None,
        closed_at=now,
        untouched_since=None,
        resolution=None,
        updated_at=now,
    )
