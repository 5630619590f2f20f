"""Notices to agents: of what, in which words, and when. Times of day are minutes since midnight by the desk's clock."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from spocd.errors import Exit, Refused

DAY_MINUTES = 24 * 60
THE_TEAM = 0  # stands for an agent where a notice went to the address of a team
AT_ONCE = 60  # seconds: what happens to one ticket within them is told in one letter
MOST_EVENTS = 20  # in one letter; what comes after them is the next one's
MOST_MENTIONS = 20  # agents whom one note tells
MOST_TEXT = 8000  # characters of what is told of one event; an agent sees the rest with `ticket view`


class What(StrEnum):
    """What an agent is told of."""

    NEW = "new"
    ANSWERED = "answered"
    GIVEN = "given"
    MOVED_ON = "moved on"
    RETURNED = "returned"
    SENT_ON = "sent on"
    PASSED_ON = "passed on"
    ACTED = "acted"
    WOKEN = "woken"
    MENTIONED = "mentioned"
    THIRD_PARTY = "third party"
    CONSULT_ANSWERED = "consult answered"
    CONSULT_SILENT = "consult silent"
    CONSULT_LOST = "consult lost"
    PROMISE_NEAR = "promise near"
    PROMISE_BROKEN = "promise broken"


# What whoever had a case is told where they do not have it any more.
LOST = frozenset({What.MOVED_ON, What.RETURNED, What.SENT_ON})


def cut(text: str) -> str:
    """As much of a text as a notice quotes."""
    text = text.strip()
    return text if len(text) <= MOST_TEXT else f"{text[:MOST_TEXT].rstrip()} […]"


# A mail address holds an @ too: only one at the beginning of a word counts.
_MENTION = re.compile(r"(?<![^\s(\[{<\"'“„‘,;:/])@([a-z_][a-z0-9_.-]{0,31})(?![a-z0-9@])", re.IGNORECASE)


def mentions(text: str) -> list[str]:
    """What may be logins that a text names as @login, in their order, with and without a full stop at the end."""
    found = [match[1].lower() for match in _MENTION.finditer(text)]
    words = dict.fromkeys(each for word in found for each in (word, bare(word)) if each)
    return list(words)[: 2 * MOST_MENTIONS]


def bare(word: str) -> str:
    """A word that may be a login, without the full stop of its sentence."""
    return word.rstrip("._-")


@dataclass(frozen=True, slots=True)
class Hours:
    """When an agent wants to be told: at one time a day where there is a `digest`, and never within `quiet`."""

    digest: int | None
    quiet: tuple[int, int] | None  # from, until; it may go over midnight


@dataclass(frozen=True, slots=True)
class Later:
    """A time of day to come: `days` from today, at `minute`."""

    days: int
    minute: int


def hours(digest: str, quiet: str) -> Hours:
    """What stands on an agent's card (08:00; 18:00-07:00); Refused where it is neither that nor empty."""
    first, dash, last = quiet.partition("-")
    if quiet and not dash:
        raise _not_hours(quiet)
    span = (_minute(first), _minute(last)) if quiet else None
    return Hours(_minute(digest) if digest else None, None if span is None or span[0] == span[1] else span)


def _minute(text: str) -> int:
    found = re.fullmatch(r"([01]?[0-9]|2[0-3]):([0-5][0-9])", text.strip())
    if found is None:
        raise _not_hours(text)
    return int(found[1]) * 60 + int(found[2])


def _not_hours(text: str) -> Refused:
    return Refused(
        "bad-hours",
        f"“{text}” is no time of day. A digest is like 08:00, quiet hours are like 18:00-07:00.",
        Exit.USAGE,
    )


def held_until(now: int, wanted: Hours) -> Later | None:
    """When an agent is told of what happens at the minute `now`; None where that is at once."""
    if wanted.digest is not None:
        at = Later(0 if now < wanted.digest else 1, wanted.digest)
        return _after_quiet(at, wanted.quiet)
    if wanted.quiet is None or not _is_within(now, wanted.quiet):
        return None
    return _after_quiet(Later(0, now), wanted.quiet)


def _after_quiet(at: Later, quiet: tuple[int, int] | None) -> Later:
    """That time, or where it is a quiet one, the end of the quiet hours."""
    if quiet is None or not _is_within(at.minute, quiet):
        return at
    return Later(at.days + (quiet[1] <= at.minute), quiet[1])


def _is_within(minute: int, quiet: tuple[int, int]) -> bool:
    first, last = quiet
    return first <= minute < last if first < last else minute >= first or minute < last
