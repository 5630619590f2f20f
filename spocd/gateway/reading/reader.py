"""Octets to a Reading: the steps, in order."""

from __future__ import annotations

import logging

from spocd.domain import command, subject
from spocd.domain.reading import KEPT_HEADERS, Reading
from spocd.gateway.reading import body, forward, kind, mailbox, structure, trace, visible, words
from spocd.gateway.reading.language import language
from spocd.gateway.reading.notes import Notes
from spocd.gateway.reading.unreadable import partly_read, unreadable

log = logging.getLogger(__name__)


def read(raw: bytes) -> Reading:
    """The reading of any octets; never an error but MemoryError, which says nothing about the mail."""
    try:
        return read_mail(raw)
    except MemoryError:
        raise
    except Exception:
        # A fault of ours must not keep somebody's mail from becoming a ticket.
        log.exception("a mail could not be read")
        return unreadable(raw, "spocd made a mistake while reading it")


def read_mail(raw: bytes) -> Reading:
    """The reading of a mail; what it holds that cannot be read is told in `warnings`."""
    if b"\n" not in raw and b"\r" in raw:
        raw = raw.replace(b"\r", b"\n")
    notes = Notes()
    root = structure.parse(raw, notes)
    headers = root.headers
    charset = body.text_charset(root)
    content = body.read(raw, root, notes)
    title = words.text(headers.first("subject"), charset)
    sender = mailbox.sender(headers, charset, notes)
    to = mailbox.named(headers, "to", charset, notes)
    own = frozenset(each.address.casefold() for each in (sender, *to))
    verdict = kind.judge(raw, root, content.text, title, sender.address, own, notes)
    tongue = language(content.text)
    new_text = visible.visible(content.marked)
    is_all_new = new_text == content.text.strip("\n")
    is_forward = subject.is_forward(title, language=tongue)
    reading = Reading(
        kind=verdict.kind,
        subject=title,
        sender=sender,
        identity=mailbox.identity(headers, charset, notes),
        to=to,
        cc=mailbox.named(headers, "cc", charset, notes),
        reply_to=mailbox.named(headers, "reply-to", charset, notes),
        message_id=trace.message_id(headers),
        in_reply_to=trace.message_ids(headers, "in-reply-to"),
        references=trace.message_ids(headers, "references"),
        date=trace.date(headers, notes),
        language=tongue if is_all_new else language(new_text) or tongue,
        text=content.text,
        visible_text=new_text,
        attachments=content.attachments,
        bounces=verdict.bounces,
        automatic=verdict.automatic,
        answerable=verdict.because is None,
        unanswerable_because=verdict.because,
        list_id=trace.list_id(headers),
        commands=() if verdict.automatic else command.recognise(title, new_text),
        warnings=tuple(notes.warnings),
        forward=is_forward,
        headers={name: tuple(map(words.text, headers.all(name))) for name in KEPT_HEADERS if name in headers},
        forwarded=forward.forwarded(content.text, title, content.attachments, is_forward=is_forward)
        if verdict.kind == "message"
        else None,
    )
    return partly_read(reading, raw, notes.limits) if notes.limits else reading
