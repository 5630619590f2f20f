"""Who had a ticket, one after the other, as its journal tells."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class HandOver:
    """A ticket that one agent had and another has after that."""

    ticket: int
    at: int
    was: str
    to: str
    why: str


def hand_overs(lines: Iterable[tuple[int, int, dict[str, Any]]]) -> list[HandOver]:
    """Each change of hands in these lines (ticket, time, detail), which are in the order of each ticket's journal.

    A line without `to` puts the ticket back; whoever takes it from the queue then has it from the one before.
    """
    holders: dict[int, str] = {}
    found = []
    for ticket, at, detail in lines:
        to = detail.get("to")
        if not isinstance(to, str) or not to:
            continue
        was = holders.get(ticket)
        if was is not None and was != to:
            found.append(HandOver(ticket, at, was, to, str(detail.get("why") or "")))
        holders[ticket] = to
    return found
