"""A mail that cannot be read is still somebody's: what stands for it, made from its first lines alone."""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace

from spocd.domain import address
from spocd.domain.reading import Mailbox, Part, Reading

_MOST_LINES = 16 * 1024  # octets from the top
_MOST_SUBJECT = 200  # characters
_SUBJECT = re.compile(rb"^subject:[ \t]*([^\r\n]*)", re.I | re.M)
_FROM = re.compile(rb"^from:(?:[^\r\n<]*<|[ \t]*)([^\s<>]{1,254})>?[ \t]*\r?$", re.I | re.M)
_MESSAGE_ID = re.compile(rb"^message-id:\s{0,9}<([^<>\s]{1,900})>", re.I | re.M)
_PRINTABLE = re.compile("[^\x20-\x7e\u00a0-\u1fff\u2030-\u205e]")


def unreadable(raw: bytes, reason: str) -> Reading:
    """The reading of a mail that was not read: what its first lines plainly say, and the mail itself attached.

    `reason` goes on from “spocd could not read this mail: ”. Nobody is taken for its author, no machine answers it.
    """
    top = raw[:_MOST_LINES]
    subject = _line(_SUBJECT, top)[:_MOST_SUBJECT]
    author = address.find(_line(_FROM, top))
    text = (
        f"spocd could not read this mail: {reason}.\n\n"
        "The mail is attached as it came, as message.eml; a mail program can open it.\n"
    )
    return Reading(
        kind="message",
        subject=f"[could not be read] {subject}".rstrip(),
        sender=Mailbox("", str(author) if author else ""),
        identity=None,
        to=(),
        cc=(),
        reply_to=(),
        message_id=_line(_MESSAGE_ID, top) or None,
        in_reply_to=(),
        references=(),
        date=None,
        language=None,
        text=text,
        visible_text=text,
        attachments=(whole(raw),),
        bounces=(),
        automatic=False,
        answerable=False,
        unanswerable_because="It could not be read.",
        list_id=None,
        commands=(),
        warnings=(f"The mail could not be read: {reason}.",),
        forward=False,
        headers={},
    )


def partly_read(reading: Reading, raw: bytes, limits: list[str]) -> Reading:
    """`reading` of a mail that was too much to read in full: its subject and text say so, the whole is attached."""
    reason = " and ".join(limits)
    notice = f"[spocd read only a part of this mail, since {reason}. The whole is attached as message.eml.]\n\n"
    return replace(
        reading,
        subject=f"[only partly read] {reading.subject}".rstrip(),
        text=notice + reading.text,
        visible_text=notice + reading.visible_text,
        attachments=(*reading.attachments, whole(raw)),
        answerable=False,
        unanswerable_because=reading.unanswerable_because or "It could only be read in part.",
        commands=(),
        warnings=(*reading.warnings, f"Only a part of the mail was read, since {reason}."),
    )


def whole(raw: bytes) -> Part:
    """The mail as it came, as an attachment."""
    return Part("message.eml", "message/rfc822", len(raw), hashlib.sha256(raw).hexdigest(), raw)


def _line(pattern: re.Pattern[bytes], top: bytes) -> str:
    match = pattern.search(top)
    return _PRINTABLE.sub("", match[1].decode("utf-8", "replace")).strip() if match else ""
