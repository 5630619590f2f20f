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
_BACK = ("released", "returned")
_PASSED_ON = ("escalated", "given to a team")
_DONE = ("resolved", "closed")


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
    before: _Standing | None = None  # what undoing the merge that it is in brings back, until something else happens

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
    legs = _joined(each for each in legs if each.seconds)
    return Journey(walked[0].at, end, standing.over, (*legs, *(each for each in beside if each.seconds)))


def _joined(legs: Iterable[Leg]) -> list[Leg]:
    """The legs, one where two that follow each other are alike: what was between them took no time."""
    joined: list[Leg] = []
    for leg in legs:
        if joined and (joined[-1].waits, joined[-1].awaited) == (leg.waits, leg.awaited):
            leg = replace(leg, start=joined.pop().start)
        joined.append(leg)
    return joined


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
    now = replace(standing, before=None)
    match step.event:
        case "received" | "woken" | "reopened" | "promised":
            return replace(now, waits=REQUESTER, pends=False, over=False)
        case "answered":
            return replace(now, waits=DESK, pends=False, over=False)
        case "pending":
            return replace(now, pends=True, over=False)
        case event if event in _GIVEN:
            return replace(now, holder=named or standing.holder)
        case event if event in _BACK:
            return replace(now, holder=named or QUEUE)
        case event if event in _PASSED_ON:
            return replace(now, waits=REQUESTER, holder=named or QUEUE, pends=False)
        case event if event in _DONE:
            return replace(now, over=True, pends=False)
        case "spam":  # nobody has it any more, and who reopens it finds it in the queue
            return _Standing(waits=standing.waits, over=True)
    return _merging(standing, step)


def _merging(standing: _Standing, step: Step) -> _Standing:
    """How it stands after a merge, on either side of it, and after its undoing."""
    match step.event:
        case "merged":
            return replace(standing, over=True, pends=False, before=replace(standing, before=None))
        case "merged here" if step.detail.get("waits"):
            return replace(standing, waits=REQUESTER, pends=False, before=replace(standing, before=None))
        case "unmerged":
            return standing.before or standing
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
