"""The seals of the journal: each line's is made of the one before, so that no line can be changed or taken out unseen.

Who did it, where that is a mail address, and the detail may be somebody's personal data, which may have to go one day.
So they are not in the seal itself but in a digest with a salt of the line's own. Erased, with the salt, they cannot be
guessed from the digest any more, and the chain still holds.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass

FIRST = ""  # what stands for the seal before the first
ERASED_ACTOR = "erased"
ERASED_DETAIL = "{}"


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the journal as it is stored: `at` in UTC seconds, `detail` the text of a JSON object."""

    id: int
    at: int
    ticket: int | None
    actor: str
    event: str
    detail: str


@dataclass(frozen=True, slots=True)
class Seal:
    """What was kept of a line when it was sealed. `salt` is None where its personal data were erased."""

    line: int
    salt: str | None
    digest: str
    seal: str


@dataclass(frozen=True, slots=True)
class Broken:
    """The first line that is not as it was sealed, and what of it is not."""

    line: int
    what: str


@dataclass(frozen=True, slots=True)
class Walk:
    """How far the chain was walked: the last seal, and how many lines it held, of which how many are erased."""

    seal: str = FIRST
    lines: int = 0
    erased: int = 0


def digest(line: Line, salt: str) -> str:
    """The salted digest of who did it and of the detail: SHA-256 of a JSON array, in hex."""
    return _sha256([salt, line.actor, line.detail])


def seal(line: Line, digest: str, previous: str) -> str:
    """The seal of a line after the seal before it: SHA-256 of a JSON array, in hex."""
    return _sha256([previous, line.id, line.at, line.ticket, _staff(line.actor), line.event, digest])


def sealed(lines: Iterable[Line], salts: Iterable[str], previous: str) -> list[Seal]:
    """The seals of lines that follow each other; `previous` is the one before the first."""
    seals = []
    for line, salt in zip(lines, salts, strict=True):
        told = digest(line, salt)
        previous = seal(line, told, previous)
        seals.append(Seal(line.id, salt, told, previous))
    return seals


def walk(rows: Iterable[tuple[Line | None, Seal]], begun: Walk) -> Walk | Broken:
    """Go on along the chain; each seal stands with its line, None where that is not there any more."""
    last, lines, erased = begun.seal, begun.lines, begun.erased
    for line, kept in rows:
        if line is None:
            return Broken(kept.line, "the line itself is gone")
        if what := _differs(line, kept, last):
            return Broken(kept.line, what)
        last, lines, erased = kept.seal, lines + 1, erased + (kept.salt is None)
    return Walk(last, lines, erased)


def _differs(line: Line, kept: Seal, previous: str) -> str:
    """What of a line is not as it was sealed, or "" where all of it is."""
    if kept.salt is None:
        if line.detail != ERASED_DETAIL or (not _staff(line.actor) and line.actor != ERASED_ACTOR):
            return "it counts as erased, and something stands in it"
    elif digest(line, kept.salt) != kept.digest:
        return "who did it, or its detail, is not what was sealed"
    if seal(line, kept.digest, previous) != kept.seal:
        return "it is not the line that was sealed here, or a line before it is missing"
    return ""


def erased_actor(actor: str) -> str:
    """Who did it, as a line that is erased has it."""
    return _staff(actor) or ERASED_ACTOR


def _staff(actor: str) -> str:
    """Who did it where that is nobody's mail address: a login stays when personal data are erased."""
    return "" if "@" in actor or actor == ERASED_ACTOR else actor


def _sha256(parts: list[str | int | None]) -> str:
    return hashlib.sha256(json.dumps(parts, separators=(",", ":")).encode("ascii")).hexdigest()
