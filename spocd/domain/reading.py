"""What a mail says: the reader's answer, and all that the desk ever decides from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Kind = Literal["message", "bounce", "auto-reply", "report", "loop"]

# Headers that a decision may need as they stood, each with all its values, topmost first, in lower-case names.
KEPT_HEADERS = (
    "authentication-results",
    "auto-submitted",
    "x-spocd-instance",
    "x-spam-flag",
    "x-spam",
    "x-spam-status",
    "x-rspamd-action",
)


@dataclass(frozen=True, slots=True)
class Mailbox:
    """A person as a header names them; `address` is "" where there is none."""

    name: str
    address: str


@dataclass(frozen=True, slots=True)
class Part:
    """A leaf of the mail that is not its text. `size` and `sha256` are over the transfer-decoded `content`."""

    filename: str | None
    content_type: str
    size: int
    sha256: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Bounce:
    """One recipient that a delivery report speaks of (RFC 3464)."""

    recipient: str | None
    status: str | None
    action: str | None
    permanent: bool | None
    original_message_id: str | None
    original_to: str | None


@dataclass(frozen=True, slots=True)
class Forwarded:
    """The mail that this one passes on. Its header is a copy that anybody may have edited; `date` stands as written."""

    sender: Mailbox
    subject: str
    date: str | None
    text: str


@dataclass(frozen=True, slots=True)
class Reading:
    """One mail, read. docs/mail.md explains each field; `document` is what `spocd message inspect --json` prints.

    `identity` is the one address of the one From header, strictly parsed, in lower case, or None: nobody else is who
    wrote this. Message-IDs stand without angle brackets. `date` is ISO 8601 in UTC.
    """

    kind: Kind
    subject: str
    sender: Mailbox
    identity: str | None
    to: tuple[Mailbox, ...]
    cc: tuple[Mailbox, ...]
    reply_to: tuple[Mailbox, ...]
    message_id: str | None
    in_reply_to: tuple[str, ...]
    references: tuple[str, ...]
    date: str | None
    language: str | None
    text: str
    visible_text: str
    attachments: tuple[Part, ...]
    bounces: tuple[Bounce, ...]
    automatic: bool
    answerable: bool
    unanswerable_because: str | None
    list_id: str | None
    commands: tuple[str, ...]
    warnings: tuple[str, ...]
    forward: bool  # the subject's prefixes say that the mail was passed on, and not answered
    headers: Mapping[str, tuple[str, ...]]  # KEPT_HEADERS that the mail has
    forwarded: Forwarded | None = None

    def document(self) -> dict[str, Any]:
        """The contract of `spocd message inspect --json`."""
        return {
            "kind": self.kind,
            "subject": self.subject,
            "from": _mailbox(self.sender),
            "to": [_mailbox(each) for each in self.to],
            "cc": [_mailbox(each) for each in self.cc],
            "reply_to": [_mailbox(each) for each in self.reply_to],
            "message_id": self.message_id,
            "in_reply_to": list(self.in_reply_to),
            "references": list(self.references),
            "date": self.date,
            "language": self.language,
            "text": self.text,
            "visible_text": self.visible_text,
            "attachments": [
                {"filename": p.filename, "content_type": p.content_type, "size": p.size, "sha256": p.sha256}
                for p in self.attachments
            ],
            "bounces": [
                {
                    "recipient": b.recipient,
                    "status": b.status,
                    "action": b.action,
                    "permanent": b.permanent,
                    "original_message_id": b.original_message_id,
                    "original_to": b.original_to,
                }
                for b in self.bounces
            ],
            "automatic": self.automatic,
            "answerable": self.answerable,
            "unanswerable_because": self.unanswerable_because,
            "list_id": self.list_id,
            "commands": list(self.commands),
            "warnings": list(self.warnings),
            **({"forwarded": _forwarded(self.forwarded)} if self.forwarded else {}),
        }


def _mailbox(each: Mailbox) -> dict[str, str]:
    return {"name": each.name, "address": each.address}


def _forwarded(each: Forwarded) -> dict[str, Any]:
    return {"from": _mailbox(each.sender), "subject": each.subject, "date": each.date, "text": each.text}
