"""How the daemon and a reading child talk: lengths, then octets, over a pair of pipes.

To the child: the length of a mail (8 octets, big-endian) and the mail. From it: one octet `R` when it is ready to read,
then for each mail two lengths, a JSON head of the first, and the contents of all attachments, one after the other, of
the second.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from dataclasses import fields
from typing import Any

from spocd.domain.reading import Bounce, Mailbox, Part, Reading

READY = b"R"
MAIL = struct.Struct(">Q")
REPLY = struct.Struct(">QQ")

_MAILBOX_LISTS = ("to", "cc", "reply_to")
_TEXT_LISTS = ("in_reply_to", "references", "commands", "warnings")
_PLAIN = frozenset(each.name for each in fields(Reading)) - {
    *_MAILBOX_LISTS,
    *_TEXT_LISTS,
    *("sender", "attachments", "bounces", "headers"),
}


def pack(reading: Reading) -> list[bytes]:
    """A reply's octets, in pieces, so that large attachments are not copied."""
    head = {name: getattr(reading, name) for name in (*_PLAIN, *_TEXT_LISTS)}
    head["sender"] = _row(reading.sender)
    for name in _MAILBOX_LISTS:
        head[name] = [_row(each) for each in getattr(reading, name)]
    head["attachments"] = [(p.filename, p.content_type, p.size, p.sha256) for p in reading.attachments]
    head["bounces"] = [[getattr(b, each.name) for each in fields(Bounce)] for b in reading.bounces]
    head["headers"] = dict(reading.headers)
    encoded = json.dumps(head, ensure_ascii=False).encode()
    contents = [part.content for part in reading.attachments]
    return [REPLY.pack(len(encoded), sum(map(len, contents))), encoded, *contents]


def unpack(head: bytes, contents: bytes) -> Reading:
    """The reading that a reply holds; ValueError, KeyError or TypeError where it holds none."""
    values: dict[str, Any] = json.loads(head)
    known: dict[str, Any] = {name: values[name] for name in _PLAIN}
    for name in _TEXT_LISTS:
        known[name] = tuple(values[name])
    for name in _MAILBOX_LISTS:
        known[name] = tuple(Mailbox(*each) for each in values[name])
    known["sender"] = Mailbox(*values["sender"])
    known["attachments"] = tuple(_parts(values["attachments"], contents))
    known["bounces"] = tuple(Bounce(*each) for each in values["bounces"])
    known["headers"] = {name: tuple(lines) for name, lines in values["headers"].items()}
    return Reading(**known)


def _row(mailbox: Mailbox) -> tuple[str, str]:
    return mailbox.name, mailbox.address


def _parts(rows: list[tuple[str | None, str, int, str]], contents: bytes) -> Iterator[Part]:
    at = 0
    for filename, content_type, size, digest in rows:
        content = contents[at : at + size]
        if len(content) != size:
            raise ValueError("a reply's attachments are shorter than its head says")
        yield Part(filename, content_type, size, digest, content)
        at += size
