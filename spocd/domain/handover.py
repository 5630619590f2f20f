"""The brief that goes with a case: what whoever gets it must know, so that its requester explains nothing again.

Here is chosen what it says; each language has its words for it (templates/*/words.txt), so that it reads as the letter
does that it comes in.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

MOST_LINES = 25  # of what was said and of what was done; what lies before or between is counted
MOST_SAID = 300  # characters of a message that stand in the brief

# What of the journal a brief tells. What was said stands in it as it is, and how mail came and went is nobody's work.
TOLD = (
    *("taken", "assigned", "handed over", "released", "returned", "escalated", "given to a team"),
    *("pending", "woken", "resolved", "closed", "reopened", "changed", "merged here", "unmerged"),
    *("consulted", "consult unanswered", "consult ended", "promised", "promise kept", "promise broken"),
    *("cc added", "cc removed", "letter not delivered", "bounced"),
)
# Of these the reason is somebody's own, and says more than the event.
_WITH_REASON = frozenset({"handed over", "released", "escalated", "given to a team", "pending"})


def is_away(login: str) -> str:
    """Why a case moves, as the journal has it where spocd says it."""
    return f"{login} is away"


def has_left(login: str) -> str:
    return f"{login} no longer works here"


@dataclass(frozen=True, slots=True)
class Said:
    """A message of the ticket. `how` is wrote, answered or noted; asked, of an expert (`to`), and advised, by one.

    Or it is outside: from somebody who is not on the ticket.
    """

    id: str
    at: str
    who: str
    how: str
    text: str
    to: str = ""


@dataclass(frozen=True, slots=True)
class Happened:
    """A line of the journal. `by` is whoever did it, "" where that is the desk itself."""

    at: str
    what: str
    by: str
    detail: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Promised:
    at: str
    broken: bool


@dataclass(frozen=True, slots=True)
class Asked:
    """An expert who has not answered."""

    who: str
    at: str


@dataclass(frozen=True, slots=True)
class File:
    name: str
    size: int
    message: str


@dataclass(frozen=True, slots=True)
class Standing:
    """A ticket as it stands when it is handed over. Times are written out already; a service is its key."""

    state: str
    kind: str
    priority: str
    service: str | None
    requester: str
    also: Sequence[str]
    waiting_since: str | None
    pend_until: str | None
    due_at: str | None
    tags: Sequence[str]
    said: Sequence[Said]
    happened: Sequence[Happened]
    promised: Sequence[Promised]
    asked: Sequence[Asked]
    files: Sequence[File]


@dataclass(frozen=True, slots=True)
class Names:
    """What people call what a ticket names by a key: agents by login, teams, and services in every language."""

    agents: Mapping[str, str]
    teams: Mapping[str, str]
    services: Mapping[str, Mapping[str, str]]


def brief(standing: Standing, names: Names) -> dict[str, Any]:
    """What a brief tells, for the words of any language: all of it text, numbers, lists and tables.

    A service is a table of its names by language, or where nothing of that key is known, the key.
    """
    said, between = _first_and_last(standing.said)
    done = [each for each in standing.happened if each.what in TOLD]
    return {
        "state": standing.state,
        "kind": standing.kind,
        "priority": standing.priority,
        "service": names.services.get(standing.service or "", standing.service or ""),
        "requester": standing.requester,
        "also": list(standing.also),
        "next": upcoming(standing),
        "since": standing.waiting_since or "",
        "until": standing.pend_until or "",
        "due": standing.due_at or "",
        "promised": [asdict(each) for each in standing.promised],
        "asked": [asdict(each) for each in standing.asked],
        "said": [asdict(each) | {"text": _shortened(each.text)} for each in said],
        "said_between": between,
        "done": [_line(each, names) for each in done[-MOST_LINES:]],
        "done_before": max(len(done) - MOST_LINES, 0),
        "files": [asdict(each) for each in standing.files],
        "tags": list(standing.tags),
    }


def upcoming(standing: Standing) -> str:
    """What whoever has the ticket now does next: answer, look again, pass on what experts say, or wait."""
    if standing.waiting_since is not None:
        return "answer"
    if standing.pend_until is not None:
        return "rest"
    return "experts" if standing.asked else "wait"


def _first_and_last(said: Sequence[Said]) -> tuple[Sequence[Said], int]:
    """The first message, which says what it is about, and the last ones; and how many lie between them."""
    between = len(said) - MOST_LINES
    return (said, 0) if between <= 0 else ([said[0], *said[between + 1 :]], between)


def _shortened(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= MOST_SAID else line[: MOST_SAID - 1].rstrip() + "…"


def _line(step: Happened, names: Names) -> dict[str, Any]:
    """A line of what was done, with everything that the words for any event may ask for."""
    detail = step.detail
    of, to = (str(detail.get(each) or "") for each in ("from", "to"))
    agents = names.agents
    why, cause = _why(step, of, agents)
    return {
        "at": step.at,
        "what": "promise kept late" if step.what == "promise kept" and detail.get("late") else step.what,
        # Whoever gave away what they had is named as the one that it came from.
        "by": "" if step.what == "handed over" and step.by == of else agents.get(step.by, step.by),
        "of": agents.get(of, of),
        "to": agents.get(to, to),
        "who": str(detail.get("person") or detail.get("address") or ""),
        "until": str(detail.get("until") or ""),
        "tier": detail.get("tier") or 0,
        "changes": _changes(detail, names) if step.what == "changed" else [],
        "why": why,
        "cause": cause,
    }


def _why(step: Happened, of: str, names: Mapping[str, str]) -> tuple[str, str]:
    """The reason as somebody gave it, or the cause that each language has words for."""
    why = str(step.detail.get("why") or "")
    if of and why.startswith(f"{of}: "):  # of an absence: whose it is stands before it
        return f"{names.get(of, of)}: {why.removeprefix(f'{of}: ')}", ""
    if of and why in (is_away(of), has_left(of)):
        return "", "away" if why == is_away(of) else "left"
    return (why, "") if step.what in _WITH_REASON else ("", "")


def _changes(detail: Mapping[str, Any], names: Names) -> list[dict[str, Any]]:
    called: dict[str, Mapping[str, Any]] = {"service": names.services, "team": names.teams}
    found = []
    for name, each in detail.items():
        if isinstance(each, Mapping):
            was, now = _value(each.get("was")), _value(each.get("now"))
            own = called.get(name, {})
            found.append({"field": name, "was": own.get(was, was), "now": own.get(now, now)})
    return found


def _value(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else "" if value is None else str(value)
