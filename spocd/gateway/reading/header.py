"""The header block of a mail or of a part: its fields, in order, as octets."""

from __future__ import annotations

import re

from spocd.gateway.reading.notes import MOST_HEADER, MOST_HEADER_BLOCK, Notes

# RFC 5322 section 2.2: printable US-ASCII without the colon; section 4.5 lets white space stand before the colon.
_NAME = re.compile(rb"([\x21-\x39\x3b-\x7e]+)[ \t]*:")
_BLANK = (b"\n", b"\r\n", b"\r\r\n")
_EMPTY_LINES = re.compile(rb"(?:[ \t]{0,1000}\r?\n){0,20}")  # before the first field of some archived mails
# What a mail store or a mail reader writes above a mail, or the rest of a line that was cut.
_MOST_JUNK = 10  # lines above the first field
_KNOWN = (
    rb"(?:received|return-path|delivered-to|from|to|subject|date|message-id|mime-version|content-type|x-[\w-]{2,40})"
)
_TWO_FIELDS = re.compile(_KNOWN + rb":[^\n]*\n(?:[ \t][^\n]*\n){0,20}" + _KNOWN + rb":", re.I)
_BLANK_LINE = re.compile(rb"\n\r?\n")

# Fields that a decision or a display is made from: only their being cut short is worth saying.
_USED = frozenset(
    [
        *(
            "authentication-results",
            "auto-submitted",
            "content-disposition",
            "content-transfer-encoding",
            "content-type",
        ),
        *("date", "from", "list-id", "message-id", "precedence", "return-path", "sender", "subject"),
    ]
)
# Lists that are long by nature, as in a mail to everybody; cutting them loses nothing that somebody wrote.
_SHORTENED = frozenset(["to", "cc", "reply-to", "references", "in-reply-to"])


class Headers:
    """The fields of one header block: names in lower case, values unfolded and stripped."""

    __slots__ = ("_fields",)

    def __init__(self) -> None:
        self._fields: dict[str, list[bytes]] = {}

    def add(self, name: str, value: bytes) -> None:
        """Put a field below the ones that are there."""
        self._fields.setdefault(name, []).append(value)

    def first(self, name: str) -> bytes:
        """The topmost field of this name; empty where there is none."""
        found = self._fields.get(name)
        return found[0] if found else b""

    def all(self, name: str) -> list[bytes]:
        """Every field of this name, topmost first."""
        return self._fields.get(name, [])

    def word(self, name: str) -> str:
        """The topmost field of this name as programs mean it: lower case, without parameters and comments."""
        value = self.first(name).decode("ascii", "replace").lower()
        return re.split(r"[;(]", value, maxsplit=1)[0].strip()

    def __contains__(self, name: str) -> bool:
        return name in self._fields

    def __len__(self) -> int:
        return len(self._fields)


def parse(raw: bytes, start: int, end: int, notes: Notes) -> tuple[Headers, int]:
    """The header block that begins at `start`, and where the body after it begins.

    A line that cannot be in a header ends the block without a blank line, as most programs have it.
    """
    headers = Headers()
    name, lines = "", list[bytes]()
    empty = _EMPTY_LINES.match(raw) if start == 0 else None
    start = empty.end() if empty else start
    start = _past_junk(raw, start) if empty else start
    stop = min(end, start + MOST_HEADER_BLOCK)
    at = start
    while at < stop:
        newline = raw.find(b"\n", at, stop)
        after = newline + 1 if newline >= 0 else stop
        line = raw[at:after]
        if line in _BLANK:
            at = after
            break
        if line[:1] in (b" ", b"\t") and name:
            lines.append(line)
        elif match := _NAME.match(line):
            _add(headers, name, lines, notes)
            name, lines = match[1].decode("ascii").lower(), [line[match.end() :]]
        elif not (not name and line.startswith((b"From ", b">From "))):
            break  # the separator is missing: the body begins here
        at = after
    else:
        at = _past_the_limit(raw, at, end, notes)
    _add(headers, name, lines, notes)
    return headers, at


def _past_junk(raw: bytes, start: int) -> int:
    """Where the header begins below lines that are none of it; `start` where none does within the next few lines."""
    at = start
    for _ in range(_MOST_JUNK):
        line = raw[at : raw.find(b"\n", at, at + MOST_HEADER) + 1]
        if not line.isascii() or not line or line in _BLANK or _NAME.match(line):
            break
        at += len(line)
    return at if at > start and _TWO_FIELDS.match(raw, at) else start


def _past_the_limit(raw: bytes, at: int, end: int, notes: Notes) -> int:
    """Where the body begins after a header block of which the rest is not read."""
    if at >= end:
        return end
    notes.limit("its header is larger than 256 KiB")
    blank = _BLANK_LINE.search(raw, at - 1, end)
    return blank.end() if blank else end


def _add(headers: Headers, name: str, lines: list[bytes], notes: Notes) -> None:
    if not name:
        return
    value = b"".join([line.rstrip(b"\r\n") for line in lines]).strip()
    if len(value) > MOST_HEADER:
        value = value[:MOST_HEADER].rpartition(b" ")[0]
        if name in _SHORTENED:
            notes.warn(f"{name.title()} is larger than 16 KiB; only its beginning was read.")
        elif name in _USED:
            notes.limit(f"its header field {name.title()} is larger than 16 KiB")
    headers.add(name, value)
