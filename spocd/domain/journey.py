"""The journey of a ticket: who waited for whom and how long, from nothing but the lines of its journal.

It has one main lane without a gap, from the opening to the end: the requester waits for the desk, the desk for the
requester, or nobody waits. Beside it each expert who was asked has a lane, since the desk waits for an expert while the
requester waits for the desk. A line whose event is not known here changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

REQUESTER, DESK, NOBODY = "requester", "desk", "nobody"  # who waits
QUEUE, A_DATE = "the queue", "a date"  # what is waited for, where it is no person
MAIN = "case"

_GIVEN = ("taken", "assigned", "handed over")
_BACK = ("released", "returned", "escalated")
_DONE = ("resolved", "closed", "merged", "spam")


@dataclass(frozen=True, slots=True)
class Step:
    """A line of the journal: `at` in UTC seconds."""

    at: int
    event: str
    detail: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Leg:
    """A piece of the way: who waited, for whom or for what, from when to when in UTC seconds."""

    lane: str  # MAIN, or the address of an expert
    waits: str
    awaited: str
    start: int
    end: int

    @property
    def seconds(self) -> int:
        return self.end - self.start


@dataclass(frozen=True, slots=True)
class Journey:
    """The whole way. The main lane comes first, and its legs cover all of it."""

    start: int
    end: int
    is_over: bool
    legs: tuple[Leg, ...]


@dataclass(frozen=True, slots=True)
class _Standing:
    """How it stands between two lines."""

    waits: str = REQUESTER
    holder: str = QUEUE
    pends: bool = False
    over: bool = False

    @property
    def leg(self) -> tuple[str, str]:
        if self.over:
            return NOBODY, ""
        if self.pends:
            return self.waits, A_DATE
        return (DESK, REQUESTER) if self.waits == DESK else (REQUESTER, self.holder)


def journey(steps: Iterable[Step], now: int) -> Journey:
    """The way of a ticket up to its end, or up to now where it has not ended. Its first line is where it begins."""
    walked = _in_order(steps)
    if not walked:
        return Journey(now, now, False, ())
    legs: list[Leg] = []
    experts: dict[str, int] = {}
    beside: list[Leg] = []
    standing, since, ended = _Standing(), walked[0].at, walked[0].at
    for step in walked:
        after = _after(standing, step)
        if after.leg != standing.leg:
            legs.append(Leg(MAIN, *standing.leg, since, step.at))
            since = step.at
        if after.over and not standing.over:
            ended = step.at
        standing = after
        beside += _asked(experts, step)
    end = ended if standing.over else max(now, walked[-1].at)
    if not standing.over:
        legs.append(Leg(MAIN, *standing.leg, since, end))
    beside += [Leg(expert, DESK, expert, asked, end) for expert, asked in experts.items()]
    # An expert may answer after the end, or be asked then: the way does not get longer by that.
    beside = sorted((replace(leg, start=min(leg.start, end), end=min(leg.end, end)) for leg in beside), key=_start)
    return Journey(walked[0].at, end, standing.over, tuple(each for each in (*legs, *beside) if each.seconds))


def _start(leg: Leg) -> int:
    return leg.start


def _in_order(steps: Iterable[Step]) -> list[Step]:
    """The lines as they were written; where the clock was put back, time stands still until it has caught up."""
    walked: list[Step] = []
    for step in steps:
        walked.append(replace(step, at=max(step.at, walked[-1].at)) if walked else step)
    return walked


def _after(standing: _Standing, step: Step) -> _Standing:
    """How it stands after a line."""
    to = step.detail.get("to")
    named = to if isinstance(to, str) and to else ""
    match step.event:
        case "received" | "woken" | "reopened":
            return replace(standing, waits=REQUESTER, pends=False, over=False)
        case "answered":
            return replace(standing, waits=DESK, pends=False, over=False)
        case "pending":
            return replace(standing, pends=True, over=False)
        case event if event in _GIVEN:
            return replace(standing, holder=named or standing.holder)
        case event if event in _BACK:
            return replace(standing, holder=named or QUEUE)
        case event if event in _DONE:
            return replace(standing, over=True, pends=False)
    return standing


def _asked(experts: dict[str, int], step: Step) -> list[Leg]:
    """The leg of an expert that this line ends; notes in `experts` since when each is waited for."""
    address = step.detail.get("person")
    if not isinstance(address, str):
        return []
    if step.event == "consulted":
        experts.setdefault(address, step.at)
    elif step.event in ("consult answered", "consult ended") and address in experts:
        return [Leg(address, DESK, address, experts.pop(address), step.at)]
    return []


def totals(way: Journey) -> dict[str, int]:
    """The seconds of each kind of waiting. The first four make up the whole way; that for experts lies beside it."""
    kinds = (
        "requester_for_desk",
        "desk_for_requester",
        "for_a_date",
        "nobody",
        "requester_in_queue",
        "desk_for_experts",
    )
    found = dict.fromkeys(kinds, 0)
    for leg in way.legs:
        match leg:
            case Leg(lane=lane) if lane != MAIN:
                found["desk_for_experts"] += leg.seconds
            case Leg(waits="nobody"):
                found["nobody"] += leg.seconds
            case Leg(awaited=awaited) if awaited == A_DATE:
                found["for_a_date"] += leg.seconds
            case Leg(waits="desk"):
                found["desk_for_requester"] += leg.seconds
            case Leg(awaited=awaited):
                found["requester_for_desk"] += leg.seconds
                found["requester_in_queue"] += leg.seconds if awaited == QUEUE else 0
    return found
