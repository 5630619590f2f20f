"""What the desk offers, as its tables hold it: texts in several languages, and the opening hours of a calendar.

A text is a mapping from language to words, `{"en": "Printers", "da": "Printere"}`. Hours are a mapping from day to the
spans in which somebody is there, `{"mon": [["08:00", "12:00"], ["13:00", "16:00"]]}`; a day that is missing is closed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
COMMON_LANGUAGE = "en"

Texts = Mapping[str, str]
Week = Mapping[str, Sequence[Sequence[str]]]

_TIME = re.compile(r"(?:[01]\d|2[0-3]):[0-5]\d|24:00")
_EXAMPLE = '"08:00-16:00", or "08:00-12:00, 13:00-16:00"'


def text_for(texts: Texts, language: str | None) -> str:
    """The words for somebody who reads this language; else the English ones, else whichever there are, else none."""
    for each in (language, COMMON_LANGUAGE, *texts):
        if each is not None and texts.get(each):
            return texts[each]
    return ""


def minutes(time: str) -> int:
    """A time of the day, as 08:00, in minutes since midnight; ValueError where it is none. 24:00 ends a day."""
    if not _TIME.fullmatch(time):
        raise ValueError(f"“{time}” is no time of the day such as 08:00")
    return int(time[:2]) * 60 + int(time[3:])


def span(text: str) -> tuple[str, str]:
    """The two times of a span such as 18:00-07:00, whichever comes first."""
    begin, dash, end = (part.strip() for part in text.partition("-"))
    if not dash:
        raise ValueError(f"“{text}” is no span of time such as 08:00-16:00")
    minutes(begin), minutes(end)
    return begin, end


def week(written: Mapping[str, str]) -> dict[str, list[list[str]]]:
    """The hours of each day, from how people write them: `{"mon-fri": "08:00-16:00", "sat": "10:00-14:00"}`.

    ValueError, worded to stand behind `key "hours" `, where a day or a span is none, or where two of them meet.
    """
    found: dict[str, list[list[str]]] = {}
    for days, hours in written.items():
        spans = _spans(days, hours)
        for day in _days(days):
            if day in found:
                raise ValueError(f"names {day} twice; write each day once")
            found[day] = spans
    return {day: found[day] for day in DAYS if day in found}


def written_week(hours: Week) -> dict[str, str]:
    """The reverse of `week`: days that follow each other and have the same hours stand together."""
    groups: list[tuple[list[str], str]] = []
    for day in (each for each in DAYS if hours.get(each)):
        text = ", ".join(f"{begin}-{end}" for begin, end in hours[day])
        last = groups[-1] if groups else None
        if last and last[1] == text and DAYS.index(last[0][-1]) + 1 == DAYS.index(day):
            last[0].append(day)
        else:
            groups.append(([day], text))
    return {days[0] if len(days) == 1 else f"{days[0]}-{days[-1]}": text for days, text in groups}


def _days(text: str) -> Iterator[str]:
    first, dash, last = text.partition("-")
    for each in (first, last) if dash else (first,):
        if each not in DAYS:
            raise ValueError(f'names the day "{each}"; the days are {", ".join(DAYS)}, or several as in mon-fri')
    begin, end = DAYS.index(first), DAYS.index(last if dash else first)
    if begin > end:
        raise ValueError(f"has {text}, from a later day to an earlier one; the week begins with mon")
    yield from DAYS[begin : end + 1]


def _spans(days: str, text: str) -> list[list[str]]:
    """The spans of a day, each after the one before it."""
    found: list[list[str]] = []
    for each in text.split(","):
        try:
            begin, end = span(each.strip())
        except ValueError:
            raise ValueError(f'has "{text}" on {days}; write {_EXAMPLE}') from None
        if minutes(begin) >= minutes(end):
            raise ValueError(
                f"has {begin}-{end} on {days}, which ends before it begins; hours over midnight are two days"
            )
        if found and minutes(begin) < minutes(found[-1][1]):
            raise ValueError(
                f"has {found[-1][0]}-{found[-1][1]} and {begin}-{end} on {days}, which overlap or are out of order"
            )
        found.append([begin, end])
    return found
