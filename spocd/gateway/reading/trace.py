"""What ties a mail to others and to a moment: Message-IDs and the date."""

from __future__ import annotations

import re

from spocd.gateway.reading import words
from spocd.gateway.reading.header import Headers
from spocd.gateway.reading.moment import moment
from spocd.gateway.reading.notes import Notes
from spocd.gateway.reading.words import flat

_ID = re.compile(r"<([^<>\s]{1,998})>")
_LIST_ID = re.compile(r"<([^<>]*)>")


def message_ids(headers: Headers, name: str) -> tuple[str, ...]:
    """The Message-IDs of a field, in order, without angles; bare words with an @ where a client forgot the angles."""
    found: list[str] = []
    for value in headers.all(name):
        line = flat(value.decode("utf-8", "replace"))
        found += _ID.findall(line) or [each.strip("<>,") for each in line.split() if "@" in each.strip("<>,")]
    return tuple(found)


def message_id(headers: Headers) -> str | None:
    """The mail's own Message-ID, without angles, or None."""
    found = message_ids(headers, "message-id")
    if found:
        return found[0]
    return flat(headers.first("message-id").decode("utf-8", "replace")).strip("<> ")[:998] or None


def list_id(headers: Headers) -> str | None:
    """The mailing list that the mail came through (RFC 2919), or None."""
    line = flat(headers.first("list-id").decode("utf-8", "replace"))
    match = _LIST_ID.search(line)
    return (match[1] if match else line).strip() or None


def date(headers: Headers, notes: Notes) -> str | None:
    """When the mail says that it was written, ISO 8601 in UTC; None, with a warning, where that is unreadable."""
    value = headers.first("date")[:200]
    if not value:
        return None
    found = moment(words.raw_text(value))
    if found is None:
        notes.warn("The date of the mail cannot be read.")
        return None
    return found.isoformat().replace("+00:00", "Z")
