"""The brief that goes with a case: what whoever gets it must know, so that its requester explains nothing again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

MOST_LINES = 25  # of the time line; what is older is counted
MOST_SAID = 300  # characters of a message that stand in the brief
WIDTH = 76


@dataclass(frozen=True, slots=True)
class Said:
    """A message of the ticket. `by_desk` is true of answers and notes."""

    id: str
    at: str
    who: str
    kind: str
    by_desk: bool
    text: str


@dataclass(frozen=True, slots=True)
class Happened:
    """A line of the journal, in words."""

    at: str
    what: str


@dataclass(frozen=True, slots=True)
class Standing:
    """A ticket as it stands when it is handed over. Times are written out already."""

    number: int
    subject: str
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
    promises: Sequence[str]
    consults: Sequence[str]
    attachments: Sequence[str]


def brief(standing: Standing, *, had: str, to: str, why: str) -> str:
    """The text of a hand-over: how it stands, what is next, what was said and done, what is open, what is attached."""
    lines = [f"Hand-over of #{standing.number} from {had} to {to}" + (f": {why}" if why else ""), ""]
    lines += [f"How it stands: {_stands(standing)}", f"What is next: {upcoming(standing)}"]
    lines += _section("Promised", standing.promises)
    lines += _section("Asked and not answered", standing.consults)
    lines += _section("What was said", list(_said(standing)))
    lines += _section("What was done", list(_done(standing)))
    lines += _section("Attached", standing.attachments)
    if standing.tags:
        lines += ["", f"Tags: {', '.join(standing.tags)}"]
    return "\n".join(lines)


def _stands(standing: Standing) -> str:
    of = f" about {standing.service}" if standing.service else ""
    people = standing.requester + (f"; also on it: {', '.join(standing.also)}" if standing.also else "")
    return f"{standing.state}, a {standing.kind}{of}, priority {standing.priority}, of {people}."


def upcoming(standing: Standing) -> str:
    """What whoever has the ticket now does next."""
    if standing.waiting_since is not None:
        promised = f" by {standing.due_at}, as was promised" if standing.due_at is not None else ""
        return f"answer {standing.requester}{promised}; they wait since {standing.waiting_since}."
    if standing.pend_until is not None:
        return f"it rests until {standing.pend_until}; then look again."
    if standing.consults:
        return "wait for whoever was asked, and pass the answer on."
    return f"nothing before {standing.requester} answers: the desk wrote last."


def _section(heading: str, lines: Sequence[str]) -> list[str]:
    return ["", heading, *(f"  {line}" for line in lines)] if lines else []


def _said(standing: Standing) -> Iterator[str]:
    left_out = len(standing.said) - MOST_LINES
    # The first says what it is about, the last ones how far it is.
    shown = standing.said if left_out <= 0 else [standing.said[0], *standing.said[left_out + 1 :]]
    for at, each in enumerate(shown):
        if at == 1 and left_out > 0:
            yield f"… {left_out} more …"
        what = "noted" if each.kind == "note" else "answered" if each.by_desk else "wrote"
        yield f"{each.at}  {each.who} {what} ({each.id}): {_shortened(each.text)}"


def _shortened(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= MOST_SAID else line[: MOST_SAID - 1].rstrip() + "…"


def _done(standing: Standing) -> Iterator[str]:
    left_out = len(standing.happened) - MOST_LINES
    if left_out > 0:
        yield f"… {left_out} earlier …"
    for each in standing.happened[max(left_out, 0) :]:
        yield f"{each.at}  {each.what}"
