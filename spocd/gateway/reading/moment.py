"""The Date of a mail, in the forms that programs and their localised versions really write."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, datetime, timedelta

_ISO = re.compile(r"\s*(\d{4})-(\d\d)-(\d\d)[t\s]+(\d\d):(\d\d)(?::(\d\d))?(?:[.,]\d{1,9})?")
_TIME = re.compile(
    r"(?<![\d+:-])(\d{1,2})(?::(\d{1,2})(?::(\d{1,2}))?|\.(\d\d)(?:\.(\d\d))?)(?:[.,]\d{1,9})?(?!\d)"
    r"(?:\s?([ap])\.?m\b)?"
)
_YEAR = re.compile(r"(?<!\d)(\d{4})(?!\d)")
_NUMBER = re.compile(r"\d+")
_WORD = re.compile(r"[^\W\d_]+")
_OFFSET = re.compile(r"(?:gmt|utc|ut)?\s?([+-])(\d{1,2}):?(\d\d)?\b")
_COMMENT = re.compile(r"\([^()]*\)?")

# Beginnings of the months' names, accents taken off, in languages whose programs put them here. The longest counts.
_MONTHS = (
    "jan ene gen янв tam sty ian",
    "feb fev fév фев hel lut",
    "mar мар mrt maa",
    "apr avr abr апр huh kwi",
    "may mai maj mei mag maggio май мая tou",
    "jun juin giu июн kes cze",
    "jul juil lug июл hei lip",
    "aug ago aou авг elo sie",
    "sep set сен syy wrz",
    "oct okt ott out окт lok paz",
    "nov ноя marr lis",
    "dec dez des dic дек jou gru",
)
_BEGINNINGS = {beginning: number for number, names in enumerate(_MONTHS, 1) for beginning in names.split()}
_LONGEST = max(map(len, _BEGINNINGS))

# Minutes east of Greenwich. The letters of RFC 822 were given the wrong sign there, so that they say nothing.
_ZONES = {
    **dict.fromkeys(["z", "ut", "utc", "gmt", "wet"], 0),
    **dict.fromkeys(["bst", "west", "cet", "met", "mez"], 60),
    **dict.fromkeys(["cest", "mest", "mesz", "eet"], 120),
    **dict.fromkeys(["eest", "msk"], 180),
    **dict.fromkeys(["edt", "ast"], -240),
    **dict.fromkeys(["est", "cdt"], -300),
    **dict.fromkeys(["cst", "mdt"], -360),
    **dict.fromkeys(["mst", "pdt"], -420),
    "pst": -480,
    "adt": -180,
    "hkt": 480,
    "sgt": 480,
    "jst": 540,
    "kst": 540,
}


def moment(text: str) -> datetime | None:
    """The moment in UTC that the text names, or None where it names none, or could be two."""
    line = _COMMENT.sub(" ", _plain(text))
    iso = _ISO.match(line)
    if iso:
        year, month, day, hour, minute = (int(each) for each in iso.groups()[:5])
        return _utc((year, month, day), (hour, minute, int(iso[6] or 0)), _zone(line[iso.end() :]))
    time = _TIME.search(line)
    if time is None:
        return None
    day_of = _day(line[: time.start()] + " / " + line[time.end() :])
    hour = int(time[1]) % 12 + (12 if time[6] == "p" else 0) if time[6] else int(time[1])
    if day_of is None:
        return None
    return _utc(day_of, (hour, int(time[2] or time[4]), int(time[3] or time[5] or 0)), _zone(line[time.end() :]))


def _plain(text: str) -> str:
    """Small letters without accents; what is Cyrillic keeps its short i, which is a letter of its own."""
    if text.isascii():
        return text.lower()
    return "".join(
        each if "\u0400" <= each <= "\u04ff" else unicodedata.normalize("NFKD", each)[0] for each in text.lower()
    )


def _day(line: str) -> tuple[int, int, int] | None:
    """Year, month and day, around the month's name. French “mar.” in front of the day is no March."""
    words = [word for word in _WORD.finditer(line) if _month(word[0])]
    if not words:
        return None
    word = next((each for each in words if _NUMBER.search(line[: each.start()])), words[-1])
    rest = line[word.end() :].partition("+")[0].partition(" -")[0]
    before, after = _NUMBER.findall(line[: word.start()]), _NUMBER.findall(rest)
    day = before.pop() if before else after.pop(0) if after else None
    year = _YEAR.search(rest)
    if day is None or not (year or after):
        return None
    return _full_year(year[1] if year else after[0]), _month(word[0]), int(day)


def _month(word: str) -> int:
    """The month that a word means, or 0. Two letters mean a day of the week."""
    for length in range(min(len(word), _LONGEST), 2, -1):
        if number := _BEGINNINGS.get(word[:length]):
            return number
    return 0


def _full_year(year: str) -> int:
    """RFC 5322 section 4.3: two digits from 50 on are of the last century, three count from 1900."""
    value = int(year)
    if len(year) >= 4:
        return value
    return value + (2000 if len(year) <= 2 and value < 50 else 1900)


def _zone(rest: str) -> int:
    """Minutes east of Greenwich; a zone that is not known is taken for Greenwich (RFC 5322 section 4.3)."""
    offset = _OFFSET.search(rest)
    if offset:
        hours, minutes = int(offset[2]), int(offset[3] or 0)
        return (hours * 60 + minutes) * (-1 if offset[1] == "-" else 1)
    return next((_ZONES[word[0]] for word in _WORD.finditer(rest) if word[0] in _ZONES), 0)


def _utc(day: tuple[int, int, int], time: tuple[int, int, int], zone: int) -> datetime | None:
    hour, minute, second = time
    try:
        return datetime(*day, hour, minute, min(second, 59), tzinfo=UTC) - timedelta(minutes=zone)
    except (ValueError, OverflowError):
        return None
