"""Two tickets that are one matter: which may be put together, and what each is afterwards, and when it is undone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from spocd.domain.ticket import State, Ticket
from spocd.errors import Exit, Refused

# What a merge changes, and what undoing it puts back.
_OF_MERGED = (
    *("state", "resolution", "waiting_since", "pend_until", "resolved_at", "closed_at", "untouched_since"),
    "merged_into",
)
_OF_SURVIVOR = ("state", "waiting_since", "pend_until")
Was = Mapping[str, Any]


def check_merge(ticket: Ticket, into: Ticket) -> None:
    """Refuse what cannot be put together: itself, spam, and what lives on elsewhere or is over."""
    if ticket.number == into.number:
        raise Refused("itself", f"#{ticket.number} cannot be merged into itself.", Exit.USAGE)
    if into.merged_into is not None:
        raise Refused(
            "merged", f"#{into.number} was merged into #{into.merged_into}. Name that one.", Exit.CONFLICT
        )  # fmt: skip
    if not into.is_open:
        raise Refused(
            "closed",
            f"#{into.number} is {into.state}. Reopen it first: spocd ticket reopen {into.number}",
            Exit.CONFLICT,
        )
    if ticket.state == State.SPAM:
        raise Refused(
            "spam", f"#{ticket.number} is filed as spam. Reopen it first: spocd ticket reopen {ticket.number}",
            Exit.CONFLICT,
        )  # fmt: skip


def merged(ticket: Ticket, into: Ticket, now: int) -> tuple[Ticket, Ticket]:
    """Both, once the first lives on in the second, with the longer of their waits and the earlier of their promises."""
    gone = replace(
        ticket,
        state=State.CLOSED,
        merged_into=into.number,
        resolution="duplicate",
        waiting_since=None,
        pend_until=None,
        due_at=None,
        closed_at=now,
        untouched_since=None,
        updated_at=now,
    )
    lives = replace(into, due_at=_earlier(ticket.due_at, into.due_at), updated_at=now)
    if ticket.waiting_since is None:
        return gone, lives
    waiting = _earlier(ticket.waiting_since, into.waiting_since)
    # Somebody waits for an answer: that is no ticket which may rest.
    state = State.OPEN if into.state == State.PENDING else into.state
    return gone, replace(lives, waiting_since=waiting, state=state, pend_until=None)


def _earlier(one: int | None, another: int | None) -> int | None:
    times = [each for each in (one, another) if each is not None]
    return min(times) if times else None


def remembered(ticket: Ticket, into: Ticket, lives: Ticket) -> dict[str, Was]:
    """What is kept to undo a merge, as JSON takes it: what both were, and what was made of the survivor."""
    return {
        "merged": {name: getattr(ticket, name) for name in _OF_MERGED},
        "survivor": {name: getattr(into, name) for name in _OF_SURVIVOR},
        "became": {name: getattr(lives, name) for name in _OF_SURVIVOR},
    }


def unmerged(
    ticket: Ticket, survivor: Ticket, was: Mapping[str, Was], due: tuple[int | None, int | None], now: int
) -> tuple[Ticket, Ticket]:
    """Both as they were; of the survivor what has changed since by other hands stays as it is.

    `due` is by when each is promised something that is still open.
    """
    back = replace(ticket, **was["merged"], due_at=due[0], updated_at=now)
    untouched = all(getattr(survivor, name) == value for name, value in was["became"].items())
    parted = replace(survivor, **was["survivor"]) if untouched else survivor
    return back, replace(parted, due_at=due[1], updated_at=now)
