"""The fields of a delivery report (RFC 3464), in a part of their own or in text that lost its label."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from spocd.domain import address

MOST_RECIPIENTS = 500
_MOST_LINE = 1000  # characters of a line that are looked at
_FIELD = re.compile(
    r"[> \t]{0,8}(final-recipient|original-recipient|action|status|diagnostic-code|"
    r"x-original-message-id|original-message-id)[ \t]{0,8}:[ \t]{0,8}(.*)",
    re.I,
)
# RFC 3463 section 3: subjects 0 to 7. Greater numbers are those of program versions and network addresses.
STATUS = re.compile(r"(?<![\w.])([245]\.[0-7]\.\d{1,3})(?![\d.])")
REPLY_CODE = re.compile(r"(?<![\w.-])(4[235]\d|5[0-57]\d)(?=[ -](?!\d\d))")
ADDRESS = re.compile(r"[^\s<>()\[\]:;,\"'=|@/\\（）「」【】]{1,64}@[^\s<>()\[\]:;,\"'=|@/\\（）「」【】。、]{1,255}")
_X400 = re.compile(r"rfc-?822=([^/;\s]{1,64})\(a\)([^/;\s]{1,255})", re.I)
# RFC 3464 section 2.3.3; what stands behind it is a comment.
_ACTION = re.compile(r"failed|delayed|delivered|relayed|expanded|[a-z]{1,20}")


@dataclass(slots=True)
class Told:
    """What a report says about one recipient; each is None where it does not say."""

    recipient: str | None = None
    original: str | None = None
    foreign: str | None = None  # a recipient in the terms of another network, as X.400 has it
    action: str | None = None
    status: str | None = None
    diagnostic: str = ""

    @property
    def said(self) -> bool:
        """Whether anything was told."""
        return bool(self.recipient or self.original or self.foreign or self.action or self.status)

    @property
    def complete(self) -> bool:
        """Whether somebody is named and something told of them."""
        return bool((self.recipient or self.original or self.foreign) and (self.action or self.status))


@dataclass(frozen=True, slots=True)
class Status:
    """The recipients of a report, and the Message-ID that it gives for the mail that it is about."""

    told: tuple[Told, ...]
    message_id: str | None


def read(lines: Iterable[str]) -> Status:
    """The fields among `lines`, a recipient at a time.

    A recipient's fields end at a blank line, and also where one that they have comes again: some servers forget the
    blank line, and some programs on the way put one after every line.
    """
    found: list[Told] = []
    now = Told()
    message_id: str | None = None
    blank = False
    for name, value in _fields(lines):
        if not name:
            blank = True
            continue
        if name.endswith("message-id"):
            message_id = message_id or value.strip("<> ")[:998] or None
            continue
        if (blank and now.complete) or _has(now, name):
            found.append(now)
            now = Told()
        blank = False
        _set(now, name, value)
        if len(found) == MOST_RECIPIENTS:
            break
    found.append(now)
    return Status(tuple(each for each in found if each.said)[:MOST_RECIPIENTS], message_id)


def _fields(lines: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Names in lower case and unfolded values of the known fields, in order; two empty ones for a blank line."""
    name, value = "", ""
    for line in lines:
        line = line[:_MOST_LINE]
        if name and line[:1] in (" ", "\t") and not line.isspace() and not _FIELD.match(line):
            value = f"{value} {line.strip()}"[:_MOST_LINE]
            continue
        if name:
            yield name, value
        match = _FIELD.match(line)
        name, value = (match[1].lower(), match[2].strip()) if match else ("", "")
        if not line.strip("> \t\r"):
            yield "", ""
    if name:
        yield name, value


def _has(told: Told, name: str) -> bool:
    match name:
        case "final-recipient":
            return told.recipient is not None or told.foreign is not None
        case "original-recipient":
            return told.original is not None
        case "action":
            return told.action is not None
        case "status":
            return told.status is not None
        case _:
            return False


def _set(told: Told, name: str, value: str) -> None:
    match name:
        case "final-recipient":
            if value.lower().startswith("x"):
                told.foreign = recipient(value)
            else:
                told.recipient = recipient(value)
        case "original-recipient":
            told.original = recipient(value)
        case "action":
            action = _ACTION.match(value.lower())
            told.action = action[0] if action else None
        case "status":
            status = STATUS.search(value)
            told.status = status[1] if status else None
        case _:
            told.diagnostic = told.diagnostic or value


def recipient(value: str) -> str | None:
    """The address of a field such as `rfc822; ann@example.org`, else what stands there; None where nothing does."""
    kind, semicolon, rest = value.partition(";")
    plain = (rest if semicolon else kind).strip().strip("<>\"' ")
    if plain.startswith("@") and ":" in plain:
        plain = plain.rpartition(":")[2]  # an obsolete route
    if address.find(plain):
        return plain
    gateway = _X400.search(plain)
    if gateway:
        return f"{gateway[1]}@{gateway[2]}"
    inside = ADDRESS.search(plain)
    return inside[0] if inside else plain or None
