"""An invitation (text/calendar, RFC 5545) as a few lines, for a mail that says nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterator

_FOLD = re.compile(r"\n[ \t]")
_MOST_LINES = 2000  # of a calendar that are looked at
_LINE = re.compile(r'([A-Za-z-]{1,40})((?:;(?:[^":;]|"[^"]*")*)*):(.*)')
_ESCAPED = re.compile(r"\\([\\;,nN])")
_TIME = re.compile(r"(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)\d\dZ?)?")
_ZONE = re.compile(r';TZID="?([^":;]{1,60})', re.I)
_NAME = re.compile(r';CN=(?:"([^"]{1,200})"|([^":;]{1,200}))', re.I)
_MEANT = {
    "REQUEST": "Invitation",
    "PUBLISH": "Event",
    "CANCEL": "Cancelled",
    "COUNTER": "Another time is proposed",
}
_ANSWERS = {"ACCEPTED": "Accepted", "DECLINED": "Declined", "TENTATIVE": "Perhaps"}


def text_of(calendar: str) -> str:
    """What the first event of a calendar is, when, where and by whom; empty where it holds none."""
    method, event = "", dict[str, tuple[str, str]]()
    inside = 0
    for name, parameters, value in _lines(calendar):
        if name == "METHOD":
            method = value.upper()
        elif name == "BEGIN":
            inside += value.upper() in ("VEVENT", "VTODO") or inside > 0
        elif name == "END":
            inside -= inside > 0
            if not inside and event:
                break
        elif inside == 1:  # and not in the alarm that is part of it
            event.setdefault(name, (parameters, value))
    return "\n".join(_told(method, event)) + "\n" if event else ""


def _lines(calendar: str) -> Iterator[tuple[str, str, str]]:
    unfolded = _FOLD.sub("", calendar.replace("\r\n", "\n"))
    for line in unfolded.split("\n", _MOST_LINES)[:_MOST_LINES]:
        match = _LINE.fullmatch(line)
        if match:
            yield match[1].upper(), match[2], match[3].strip()


def _told(method: str, event: dict[str, tuple[str, str]]) -> Iterator[str]:
    what = _plain(event.get("SUMMARY", ("", ""))[1])
    yield f"{_meant(method, event)}: {what}".removesuffix(": ")
    if "DTSTART" in event:
        yield "When: " + " to ".join(_time(*event[name]) for name in ("DTSTART", "DTEND") if name in event)
    if where := _plain(event.get("LOCATION", ("", ""))[1]):
        yield f"Where: {where}"
    if "ORGANIZER" in event:
        parameters, value = event["ORGANIZER"]
        name = _NAME.search(parameters)
        address = value[7:] if value.lower().startswith("mailto:") else value
        yield f"By: {name[1] or name[2]} <{address}>" if name else f"By: {address}"
    if more := _plain(event.get("DESCRIPTION", ("", ""))[1]):
        yield f"\n{more}"


def _meant(method: str, event: dict[str, tuple[str, str]]) -> str:
    if method != "REPLY":
        return _MEANT.get(method, "Event")
    answer = re.search(r"PARTSTAT=([A-Z-]+)", event.get("ATTENDEE", ("", ""))[0].upper())
    return _ANSWERS.get(answer[1], "Answer") if answer else "Answer"


def _time(parameters: str, value: str) -> str:
    match = _TIME.match(value)
    if not match:
        return value
    day = f"{match[1]}-{match[2]}-{match[3]}"
    if match[4] is None:
        return day
    zone = _ZONE.search(parameters)
    named = " UTC" if value.endswith("Z") else f" ({zone[1]})" if zone else ""
    return f"{day} {match[4]}:{match[5]}{named}"


def _plain(value: str) -> str:
    return _ESCAPED.sub(lambda match: "\n" if match[1] in "nN" else match[1], value).strip()
