"""Reads a time as people write one, in the zone of the desk, and says how it was read.

2026-08-03T14:00:00Z      RFC 3339, with any offset
2026-08-03 14:00          in the desk's zone; a day alone is its first minute
+2h  +1d12h               from now; m h d w, a day being 24 hours
fri 15:00                 the next Friday 15:00; the last one where a list looks back
30d                       ago, where a list looks back

A day alone as the end of a time is that whole day: --until 2026-08-03 of a list, a report or an absence is up to the
first minute of the 4th. Where something comes back to be done it is the first minute of the day, so that it is there in
the morning: pend --until 2026-08-03 is that.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, time, timedelta, tzinfo

import click

from spocd.cli.asked import tell

_SECONDS = {"m": 60, "h": 3600, "d": 86400, "w": 604800}
# Not compiled here: most commands read no time.
_SPAN = r"(\+?)((?:[0-9]{1,6}[mhdw])+)"
_DAY = r"([0-9]{4}-[0-9]{2}-[0-9]{2})"
_DAY_AND_TIME = rf"{_DAY}(?:[Tt ]([0-9]{{2}}:[0-9]{{2}}(?::[0-9]{{2}})?))?"
_RFC_3339 = r"([0-9]{4}-[0-9]{2}-[0-9]{2})[Tt ]([0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.[0-9]+)?([Zz]|[+-][0-9]{2}:[0-9]{2})"
_WEEKDAY = (
    r"(mon|tue|wed|thu|fri|sat|sun)(?:(?<=mon)day|(?<=tue)sday|(?<=wed)nesday|(?<=thu)rsday|(?<=fri)day|(?<=sat)urday"
    r"|(?<=sun)day)? ([0-9]{1,2}:[0-9]{2})"
)
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_FORMS = "2026-08-03T14:00:00Z, “2026-08-03 14:00”, +2h, “fri 15:00”"


def moment(text: str, *, zone: tzinfo, now: datetime, looking_back: bool = False, whole_day: bool = False) -> datetime:
    """The time that `text` means at `now`; ValueError with a sentence where it means none.

    A day alone is its first moment or, as a `whole_day`, the first one after it.
    """
    text = " ".join(text.split())
    try:
        read = _read(text, zone, now, looking_back)
        return _day_after(read, zone) if whole_day and re.fullmatch(_DAY, text) else read
    except OverflowError:
        raise ValueError(f"“{text}” is further away than the calendar goes.") from None


def _read(text: str, zone: tzinfo, now: datetime, looking_back: bool) -> datetime:
    if found := re.fullmatch(_RFC_3339, text):
        offset = "+00:00" if found[3] in "Zz" else found[3]
        return _iso(f"{found[1]}T{found[2]}{offset}", text).astimezone(zone)
    if found := re.fullmatch(_DAY_AND_TIME, text):
        return _in_zone(_iso(f"{found[1]}T{found[2] or '00:00'}", text), zone)
    if found := re.fullmatch(_WEEKDAY, text.lower()):
        return _weekday(found[1], found[2], zone, now, looking_back)
    found = re.fullmatch(_SPAN, text)
    if found is None or (not found[1] and not looking_back):
        ago = ", 30d (ago)" if looking_back else ""
        raise ValueError(f"“{text}” is not a time. Write one of these: {_FORMS}{ago}.")
    span = timedelta(seconds=sum(int(n) * _SECONDS[unit] for n, unit in re.findall(r"([0-9]+)([mhdw])", found[2])))
    return (now + span if found[1] else now - span).astimezone(zone)


def _iso(written: str, text: str) -> datetime:
    try:
        return datetime.fromisoformat(written)
    except ValueError:
        raise ValueError(f"“{text}” is a day or a time of day that does not exist.") from None


def _in_zone(local: datetime, zone: tzinfo) -> datetime:
    """A wall clock's time as a moment: the first of two in autumn, none for the hour that spring leaves out."""
    read = local.replace(tzinfo=zone)
    if read.astimezone(UTC).astimezone(zone).replace(tzinfo=None) != local:
        raise ValueError(f"The clocks of {zone} are put forward over {local:%Y-%m-%d %H:%M}: it does not exist.")
    return read


def _day_after(first: datetime, zone: tzinfo) -> datetime:
    """The first moment of the next day on the clock of the zone, which may have been moved meanwhile."""
    return datetime.combine(first.date() + timedelta(days=1), time(0), zone).astimezone(UTC).astimezone(zone)


def _weekday(name: str, clock: str, zone: tzinfo, now: datetime, looking_back: bool) -> datetime:
    hours, minutes = (int(part) for part in clock.split(":"))
    if hours > 23 or minutes > 59:
        raise ValueError(f"“{clock}” is not a time of day.")
    here = now.astimezone(zone)
    away = (_WEEKDAYS.index(name) - here.weekday()) % 7
    day = (here + timedelta(days=away)).date()
    read = _in_zone(datetime.combine(day, time(hours, minutes)), zone)
    if looking_back and read > now:
        return _in_zone(datetime.combine(day - timedelta(days=7), time(hours, minutes)), zone)
    if not looking_back and read <= now:
        return _in_zone(datetime.combine(day + timedelta(days=7), time(hours, minutes)), zone)
    return read


def desk_zone() -> tzinfo:
    """The desk's time zone, as spocd.toml says."""
    from zoneinfo import ZoneInfo

    from spocd.cli import node

    name = node.zone()
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise click.UsageError(
            f"spocd.toml names the zone “{name}”, which this machine does not know. Write the time with its offset."
        ) from None


def span(written: str) -> int:
    """A length of time on the line, such as 2d or 1d12h, as seconds; 0 for never."""
    text = written.strip().removeprefix("+")
    if text == "never":
        return 0
    if not re.fullmatch(r"(?:[0-9]{1,6}[mhdw])+", text):
        raise click.BadParameter(f"“{written}” is not a length of time. Write one like 2d, 12h or 1d12h, or never.")
    return sum(int(n) * _SECONDS[unit] for n, unit in re.findall(r"([0-9]+)([mhdw])", text))


def ahead(written: str) -> int:
    """A time on the line that lies ahead, as integer UTC seconds; how it was read is told on standard error."""
    return _told(written, looking_back=False)


def back(written: str) -> int:
    """A time on the line of a list, which looks back: `30d` is 30 days ago there."""
    return _told(written, looking_back=True)


def until_then(written: str) -> int:
    """As `back`, for the end of a time: a day alone is all of that day."""
    return _told(written, looking_back=True, whole_day=True)


def through(written: str) -> int:
    """As `ahead`, for the end of a time: a day alone is all of that day."""
    return _told(written, looking_back=False, whole_day=True)


def within(written: str) -> int:
    """As `ahead`; a span alone counts from now: `4h` is `+4h`."""
    return ahead(f"+{written}" if re.fullmatch(r"(?:[0-9]{1,6}[mhdw])+", written) else written)


def _told(written: str, *, looking_back: bool, whole_day: bool = False) -> int:
    try:
        now = datetime.now(UTC)
        read = moment(written, zone=desk_zone(), now=now, looking_back=looking_back, whole_day=whole_day)
    except ValueError as error:
        raise click.BadParameter(str(error)) from None
    in_utc = read.astimezone(UTC)
    tell(f"“{written}” is {read:%a %Y-%m-%d %H:%M %Z} ({in_utc:%Y-%m-%dT%H:%M:%SZ})")
    return int(in_utc.timestamp())
