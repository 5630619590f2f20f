"""How the daemon and a reading child talk: lengths, then octets, over a pair of pipes.

To the child: how many mails come together (4 octets, big-endian), each one's length (8 octets), then the mails.
From it: one octet `R` when it is ready to read, then one reply for all that came together: two lengths, a JSON list of
heads of the first, and the contents of all attachments, one after the other, of the second.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator, Sequence
from dataclasses import fields
from typing import Any

from spocd.domain.reading import Bounce, Forwarded, Mailbox, Part, Reading

READY = b"R"
TOGETHER = struct.Struct(">I")
MAIL = struct.Struct(">Q")
REPLY = struct.Struct(">QQ")

_MAILBOX_LISTS = ("to", "cc", "reply_to")
_TEXT_LISTS = ("in_reply_to", "references", "commands", "warnings")
_PLAIN = frozenset(each.name for each in fields(Reading)) - {
    *_MAILBOX_LISTS,
    *_TEXT_LISTS,
    *("sender", "attachments", "bounces", "headers", "forwarded"),
}


def ask(mails: Sequence[bytes]) -> list[bytes]:
    """The octets that hand mails to the child, in pieces."""
    return [TOGETHER.pack(len(mails)) + b"".join(MAIL.pack(len(mail)) for mail in mails), *mails]


def pack(readings: Sequence[Reading]) -> list[bytes]:
    """A reply's octets, in pieces, so that large attachments are not copied."""
    encoded = json.dumps([_head(each) for each in readings], ensure_ascii=False).encode()
    contents = [part.content for reading in readings for part in reading.attachments]
    return [REPLY.pack(len(encoded), sum(map(len, contents))), encoded, *contents]


def _head(reading: Reading) -> dict[str, Any]:
    head = {name: getattr(reading, name) for name in (*_PLAIN, *_TEXT_LISTS)}
    head["sender"] = _row(reading.sender)
    for name in _MAILBOX_LISTS:
        head[name] = [_row(each) for each in getattr(reading, name)]
    head["attachments"] = [(p.filename, p.content_type, p.size, p.sha256) for p in reading.attachments]
    head["bounces"] = [[getattr(b, each.name) for each in fields(Bounce)] for b in reading.bounces]
    head["headers"] = dict(reading.headers)
    passed = reading.forwarded
    head["forwarded"] = passed and (_row(passed.sender), passed.subject, passed.date, passed.text)
    return head


def unpack(heads: bytes, contents: bytes) -> list[Reading]:
    """The readings that a reply holds; ValueError, KeyError or TypeError where it makes no sense."""
    at = 0
    readings = []
    for values in json.loads(heads):
        parts = tuple(_parts(values["attachments"], contents, at))
        at += sum(part.size for part in parts)
        readings.append(_reading(values, parts))
    return readings


def _reading(values: dict[str, Any], parts: tuple[Part, ...]) -> Reading:
    known: dict[str, Any] = {name: values[name] for name in _PLAIN}
    for name in _TEXT_LISTS:
        known[name] = tuple(values[name])
    for name in _MAILBOX_LISTS:
        known[name] = tuple(Mailbox(*each) for each in values[name])
    known["sender"] = Mailbox(*values["sender"])
    known["attachments"] = parts
    known["bounces"] = tuple(Bounce(*each) for each in values["bounces"])
    known["headers"] = {name: tuple(lines) for name, lines in values["headers"].items()}
    known["forwarded"] = values["forwarded"] and _forwarded(*values["forwarded"])
    return Reading(**known)


def _forwarded(sender: tuple[str, str], subject: str, date: str | None, text: str) -> Forwarded:
    return Forwarded(Mailbox(*sender), subject, date, text)


def _row(mailbox: Mailbox) -> tuple[str, str]:
    return mailbox.name, mailbox.address


def _parts(rows: list[tuple[str | None, str, int, str]], contents: bytes, at: int) -> Iterator[Part]:
    for filename, content_type, size, digest in rows:
        content = contents[at : at + size]
        if len(content) != size:
            raise ValueError("a reply's attachments are shorter than its head says")
        yield Part(filename, content_type, size, digest, content)
        at += size
