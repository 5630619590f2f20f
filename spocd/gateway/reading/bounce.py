"""Mails that say what became of another mail: delivery reports (RFC 3464), and the free text of older servers."""

from __future__ import annotations

import re
from collections.abc import Iterator

from spocd.domain import address
from spocd.domain.reading import Bounce
from spocd.gateway.reading import body, header, mailbox, trace, words
from spocd.gateway.reading.header import Headers
from spocd.gateway.reading.notes import Notes
from spocd.gateway.reading.structure import Node

DELIVERED = frozenset(["delivered", "relayed", "expanded"])
_STATUS_PARTS = frozenset(["message/delivery-status", "message/global-delivery-status"])
_COPIES = frozenset(["message/rfc822", "message/global", "text/rfc822-headers", "message/global-headers"])
_MOST_RECIPIENTS = 500
_MOST_STATUS = 256 * 1024  # octets of a delivery-status part, and characters of free text, that are looked at
_BLANK_LINES = re.compile(rb"\n(?:[ \t]*\r?\n)+")
_STATUS = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.])")
_REPLY_CODE = re.compile(r"(?<![\d.])([45])\d\d(?![\d.])(?=[ -])")
_LATE = re.compile(
    r"\b(?:delayed|still trying|(?:will|is going to) (?:continue|keep|be retried|retry|try)|not yet been|temporar|"
    r"verzögert|försenad|forsinket|viivästy|задерж)",
    re.I,
)
_ADDRESS_LINE = re.compile(
    r"\s*(?:to:\s*)?<?([^\s<>:;,()\"']{1,64}@[^\s<>:;,()\"']{1,255}?)>?[.:]?(?:\s+\(.*|\s*)", re.I
)
_ANYWHERE = re.compile(r"(?<![^\s<>:;,()\"'=|])([^\s<>:;,()\"'=|@]{1,64}@[^\s<>:;,()\"'=|@]{1,255})")
_IN_ANGLES = re.compile(r"<([^\s<>]{1,64}@[^\s<>]{1,255})>")
_COPIED_HEADER = re.compile(r"(?:received|return-path|message-id|dkim-signature|mime-version|from):\s?\S", re.I)
_COPIED_ID = re.compile(r"^[> \t]{0,8}message-id:[ \t]{0,8}<([^<>\s]{1,998})>", re.I | re.M)


def status_part(root: Node) -> Node | None:
    """The machine-readable part of a delivery report, or None where the mail is none."""
    return next((each for each in _leaves(root) if each.content_type in _STATUS_PARTS), None)


def from_report(raw: bytes, root: Node, status: Node, notes: Notes) -> tuple[Bounce, ...]:
    """What a delivery report says, a recipient at a time."""
    original_id, original_to = _original(raw, root, notes)
    octets = body.content(raw, status, notes)[:_MOST_STATUS].lstrip()
    found: list[Bounce] = []
    for group in _BLANK_LINES.split(octets):
        fields, _ = header.parse(group, 0, len(group), notes)
        recipient = _typed(fields, "final-recipient") or _typed(fields, "original-recipient")
        if recipient is None and "action" not in fields and "status" not in fields:
            continue
        action = fields.word("action") or None
        match = _STATUS.search(words.text(fields.first("status")))
        code = match[1] if match else None
        told = _typed(fields, "original-recipient") or original_to
        found.append(Bounce(recipient, code, action, _permanent(action, code), original_id, told))
        if len(found) == _MOST_RECIPIENTS:
            break
    return tuple(found)


def from_text(raw: bytes, root: Node, text: str, ours: frozenset[str], notes: Notes) -> tuple[Bounce, ...]:
    """What an undelivered mail's cover letter says; at least one entry, perhaps without a recipient.

    `ours` are the addresses that the report itself came from and went to: they are not who was not reached.
    """
    lines = _cover(text[:_MOST_STATUS])
    letter = "\n".join(lines)
    recipients = _failed_recipients(root.headers, notes) or _mentioned(lines, ours)
    status = _STATUS.search(letter)
    said = status or _REPLY_CODE.search(letter)
    # A server that gives no number, and does not say that it will try again, has given up.
    permanent = said[1][0] == "5" if said else not _LATE.search(letter)
    code = status[1] if status else None
    action = "failed" if permanent else "delayed"
    original_id, original_to = _original(raw, root, notes)
    if original_id is None and (copied := _COPIED_ID.search(text[:_MOST_STATUS])):
        original_id = copied[1]
    if not recipients:
        return (Bounce(None, code, action, permanent, original_id, original_to),)
    return tuple(Bounce(each, code, action, permanent, original_id, original_to) for each in recipients)


def _leaves(node: Node) -> Iterator[Node]:
    if not node.children:
        yield node
    for child in node.children:
        yield from _leaves(child)


def _typed(fields: Headers, name: str) -> str | None:
    """The address of a field such as `Final-Recipient: rfc822; ann@example.org`."""
    value = words.text(fields.first(name))
    kind, semicolon, rest = value.partition(";")
    return (rest if semicolon else kind).strip().strip("<>") or None


def _permanent(action: str | None, status: str | None) -> bool | None:
    """Whether trying again is of no use. A late mail is still tried by its server."""
    if action == "delayed":
        return False
    if action in DELIVERED:
        return None
    if status:
        return status[0] == "5"
    return True if action == "failed" else None


def _original(raw: bytes, root: Node, notes: Notes) -> tuple[str | None, str | None]:
    """Message-ID and first To of the mail that came back, where the report holds a copy of it or of its header."""
    copy = next((each for each in _leaves(root) if each.content_type in _COPIES), None)
    if copy is None:
        return None, None
    octets = body.content(raw, copy, notes)[:_MOST_STATUS].lstrip()
    fields, _ = header.parse(octets, 0, len(octets), Notes())
    to = mailbox.named(fields, "to", None, Notes())
    return trace.message_id(fields), next((each.address for each in to if each.address), None)


def _failed_recipients(headers: Headers, notes: Notes) -> list[str]:
    return [each.address for each in mailbox.named(headers, "x-failed-recipients", None, notes) if each.address]


def _cover(text: str) -> list[str]:
    """The lines above the copy of the mail that came back."""
    lines = text.split("\n")
    copied = (number for number, line in enumerate(lines) if number and _COPIED_HEADER.match(line))
    return lines[: next(copied, len(lines))]


def _mentioned(lines: list[str], ours: frozenset[str]) -> list[str]:
    """Addresses that stand alone on a line, or else the first that stands in angles, or anywhere."""
    alone = [match[1] for line in lines if len(line) < 400 and (match := _ADDRESS_LINE.fullmatch(line))]
    plain = [each for each in alone if _may_be_recipient(each, ours)]
    if plain:
        return list(dict.fromkeys(plain))[:_MOST_RECIPIENTS]
    letter = "\n".join(lines)
    others = (match[1].rstrip(".") for pattern in (_IN_ANGLES, _ANYWHERE) for match in pattern.finditer(letter))
    first = next((each for each in others if _may_be_recipient(each, ours)), None)
    return [first] if first else []


def _may_be_recipient(text: str, ours: frozenset[str]) -> bool:
    """Whether an address in a cover letter may be who was not reached: neither ours nor a postmaster's."""
    found = address.find(text)
    return found is not None and found.key not in ours and found.local.lower() not in ("postmaster", "mailer-daemon")
