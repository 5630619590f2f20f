"""What one value of desk.toml may be: checks as in `values`, worded to stand behind a key."""

from __future__ import annotations

import re
from collections.abc import Callable

from spocd.config import values
from spocd.config.values import Check, shown
from spocd.domain import address, canned, catalogue
from spocd.domain.line import check_lines, one_line

KEY = re.compile(r"[a-z0-9][a-z0-9_.-]{0,39}")
LOGIN = re.compile(r"[a-z_][a-z0-9_.-]{0,31}")
# Words that stand for whom lists are asked for, and for what spocd does by itself: nobody has one for a name.
RESERVED_LOGINS = frozenset({"all", "everybody", "me", "nobody", "none", "spocd"})
MOST_UID = 2**32 - 2  # the kernel's; the one above stands for nobody
_MOST_PROSE = 20_000
_LINK = re.compile(r"https://[^\s/]+(?:/\S*)?")


def or_none(check: Callable[[str], None]) -> Check:
    """A check for what may also be empty."""

    def checked(value: str) -> None:
        if value:
            check(value)

    return checked


def line(value: str) -> None:
    """A text that is in one line, or that `one_line` puts into one."""
    values.line(one_line(value))


def one_of(*words: str) -> Check:
    def check(value: str) -> None:
        if value not in words:
            raise ValueError(f"is {shown(value)}; write one of {', '.join(words)}")

    return check


def login(value: str) -> None:
    """What an agent is named by."""
    if not LOGIN.fullmatch(value):
        raise ValueError("is no login; write small letters, digits, - _ . and at most 32 of them")
    if value in RESERVED_LOGINS:
        raise ValueError(f"is a word of spocd's own and no login, as are {', '.join(sorted(RESERVED_LOGINS))}")


def word(value: str) -> None:
    """A skill: it is compared, so that it has one spelling."""
    if not KEY.fullmatch(value):
        raise ValueError(f"holds {shown(value)}; write short words in lower case, such as vpn or active-directory")


def prose(value: str) -> None:
    """A text of several lines, without what a terminal obeys."""
    if len(value) > _MOST_PROSE:
        raise ValueError(f"has {len(value)} characters; write at most {_MOST_PROSE}")
    check_lines(value)


def full_prose(value: str) -> None:
    if not value.strip():
        raise ValueError("is empty; write some text")
    prose(value)


def canned_text(value: str) -> None:
    """A text that is sent: what stands in braces in it is filled in."""
    full_prose(value)
    canned.check_placeholders(value)


def texts(check: Callable[[str], None]) -> Callable[[str | tuple[str, str]], None]:
    """A check for a text, or for a text and its language."""

    def checked(value: str | tuple[str, str]) -> None:
        if isinstance(value, str):
            return check(value)
        language, text = value
        if language not in values.LANGUAGES:
            raise ValueError(f"is in no language that the desk speaks; write one of {', '.join(values.LANGUAGES)}")
        return check(text)

    return checked


def mail_address(value: str) -> None:
    if address.find(value) is None:
        raise ValueError(f"is {shown(value)}, which is not one plain mail address such as ann@example.org")


def link(value: str) -> None:
    if not _LINK.fullmatch(value) or not value.isprintable():
        raise ValueError(f"is {shown(value)}; write a link such as https://example.org/ann.jpg")


def hour(value: str) -> None:
    try:
        late = catalogue.minutes(value) == 24 * 60
    except ValueError:
        late = True
    if late:
        raise ValueError(f"is {shown(value)}; write an hour of the day such as 08:00")


def quiet(value: str) -> None:
    try:
        begin, end = catalogue.span(value)
    except ValueError:
        begin = end = ""
    if begin == end:
        raise ValueError(f"is {shown(value)}; write a span of time such as 18:00-07:00")


def opening(entry: tuple[str, str]) -> None:
    """A day, or several as in mon-fri, and the hours of it."""
    days, hours = entry
    for each in entry:
        if not each.isprintable():
            raise ValueError(f"holds {shown(each)}; write it on one line, without control characters")
    catalogue.week({days: hours})


def holiday(entry: tuple[str, str]) -> None:
    """A date and the name of the day."""
    import datetime

    day, name = entry
    try:
        if datetime.date.fromisoformat(day).isoformat() != day:
            raise ValueError
    except ValueError:
        raise ValueError(f"is no day of the calendar; write it as 2026-12-25 = {shown(name)}") from None
    line(name)


def domain(value: str) -> None:
    values.domain_name(value)
