"""The mail that came back: its Message-ID and its recipients, from the copy that a report holds."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from spocd.gateway.reading import body, header, mailbox, trace
from spocd.gateway.reading.header import Headers
from spocd.gateway.reading.notes import Notes
from spocd.gateway.reading.structure import Node

_MOST_COPY = 256 * 1024  # octets of a copy that are looked at
_MOST_FIELDS = 500  # lines of a copy in a text
_COPIES = frozenset(["message/rfc822", "message/global", "text/rfc822-headers", "message/global-headers"])
_FIELD = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,40}:")
_ID = re.compile(r"^[> \t]{0,8}message-id:\s{0,9}<([^<>\s]{1,998})>", re.I | re.M)


@dataclass(frozen=True, slots=True)
class Original:
    """What is known of the mail that a report is about."""

    message_id: str | None = None
    to: tuple[str, ...] = ()

    @property
    def first_to(self) -> str | None:
        """The first of its recipients."""
        return self.to[0] if self.to else None

    @property
    def only_to(self) -> str | None:
        """Its recipient, where it had one: of several, any may be who was not reached."""
        return self.to[0] if len(self.to) == 1 else None


def leaves(node: Node) -> Iterator[Node]:
    """The parts of a mail that hold no parts, in order."""
    if not node.children:
        yield node
    for child in node.children:
        yield from leaves(child)


def embedded(raw: bytes, root: Node, notes: Notes) -> bytes | None:
    """The octets of the first copy of a mail, or of its header, that is a part of its own."""
    copy = next((each for each in leaves(root) if each.content_type in _COPIES and each is not root), None)
    return None if copy is None else body.content(raw, copy, notes)[:_MOST_COPY].lstrip()


def in_part(octets: bytes) -> Original:
    """The mail whose copy `octets` are."""
    fields, _ = header.parse(octets, 0, len(octets), Notes())
    return Original(trace.message_id(fields), _to(fields))


def in_text(lines: list[str], start: int) -> Original:
    """The mail whose copy begins at the line `start` of a report's text or below, else what the letter says of it."""
    first = next((number for number in range(start, len(lines)) if _FIELD.match(lines[number])), len(lines))
    found = in_part("\n".join(lines[first : first + _MOST_FIELDS]).encode("utf-8", "replace"))
    if found.message_id is None and (told := _ID.search("\n".join(lines))):
        return Original(told[1], found.to)
    return found


def _to(fields: Headers) -> tuple[str, ...]:
    return tuple(each.address for each in mailbox.named(fields, "to", None, Notes()) if "@" in each.address)
