"""What a mail that has come in is: the same one again, a loop, a bounce, an answer to make or not to make."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import chain, takewhile
from typing import Any, Literal

from spocd.domain.address import is_unread
from spocd.domain.reading import Reading
from spocd.domain.token import OwnAddresses

# What differs between two deliveries of one mail: what each MTA on the way wrote on top.
_ON_THE_WAY = (
    b"return-path:",
    b"received:",
    b"delivered-to:",
    b"x-original-to:",
    b"authentication-results:",
    b"arc-",
    b"dkim-signature:",
)


# X-Spam-Flag: YES, X-Spam: Yes, X-Spam-Status: Yes, score=9; X-Rspamd-Action: add header. "no action" is no verdict.
_SPAM_VERDICTS = ("yes", "true", "reject", "add header", "rewrite subject", "quarantine")
NO_LIMIT = 1_000_000  # automatic mails: so many never go out
MOST_HEADERS = 256 * 1024  # octets that are looked at line by line


@dataclass(frozen=True, slots=True)
class Envelope:
    """What the sending program said beside the mail: RFC 5321's reverse path ("" for <>) and the recipients.

    `channel` is smtp, lmtp or pipe; `peer` says for people where the mail came from.
    """

    sender: str
    recipients: tuple[str, ...]
    channel: str
    peer: str


def content_key(pieces: Iterable[bytes]) -> str:
    """One text for all copies of a mail, whatever way they took: SHA-256 without the lines that the way added.

    The mail may come in pieces; the first holds all of it, or more than MOST_HEADERS octets.
    """
    rest = iter(pieces)
    first = next(rest, b"")
    end = _header_end(first)
    digest = hashlib.sha256()
    skipped = False
    for line in first[:end].splitlines():
        if line[:1] not in (b" ", b"\t"):
            skipped = line[:23].lower().startswith(_ON_THE_WAY)
        if not skipped:
            digest.update(line + b"\n")
    return _with_body(digest, chain([first[end:]], rest))


def _with_body(digest: Any, pieces: Iterable[bytes]) -> str:
    """The digest with a body, but for white space at its two ends, and with LF as the end of a line.

    A pipe gives bare LF where SMTP has CRLF.
    """
    up_to_here = digest
    held, begun = b"", False
    for piece in pieces:
        text = held + piece
        held = b"\r" if text.endswith(b"\r") else b""  # perhaps half of a line's end
        text = text[: len(text) - len(held)].replace(b"\r\n", b"\n")
        text = text if begun else text.lstrip()
        words = text.rstrip()
        if words:
            begun = True
            digest.update(words)
            up_to_here = digest.copy()
        digest.update(text[len(words) :])
    return str(up_to_here.hexdigest())


def transport_key(envelope: Envelope, content: str) -> str:
    """One text for a mail however often its sender delivers it: the content's key with the envelope."""
    lines = [content, envelope.sender, *sorted({each.lower() for each in envelope.recipients})]
    return hashlib.sha256("\n".join(lines).encode("utf-8", "surrogateescape")).hexdigest()


def _header_end(raw: bytes) -> int:
    """Where the headers end, or the first MOST_HEADERS octets: a mail that is all header must not cost more."""
    ends = [at for at in (raw.find(b"\r\n\r\n"), raw.find(b"\n\n")) if at >= 0]
    return min([*ends, MOST_HEADERS, len(raw)])


@dataclass(frozen=True, slots=True)
class Rules:
    """What of the configuration decides about mail that comes in."""

    own: OwnAddresses
    instance: str
    authserv_id: str
    spam_header: str


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a mail is to the desk. `unanswerable` says why no automatic answer may follow, "" where one may."""

    fate: Literal["contact", "automatic", "bounce", "loop"]
    spam: bool
    unanswerable: str


def judge(reading: Reading, envelope: Envelope, rules: Rules) -> Judgement:
    """What this mail is, and whether it may be answered by a machine (RFC 3834; docs/mail.md has the whole list)."""
    spam = _is_spam(reading, rules.spam_header)
    return Judgement(_fate(reading, rules), spam, "marked as spam" if spam else _unanswerable(reading, envelope, rules))


def _fate(reading: Reading, rules: Rules) -> Literal["contact", "automatic", "bounce", "loop"]:
    if rules.instance in reading.headers.get("x-spocd-instance", ()):
        return "loop"
    if reading.kind == "bounce":
        return "bounce"
    if _by_staff_of_another_desk(reading):
        return "contact"
    return "automatic" if reading.automatic else "contact"


def _by_staff_of_another_desk(reading: Reading) -> bool:
    """Whether another spocd desk sent what a person wrote there: its own letters say Auto-Submitted."""
    return reading.kind == "loop" and not any(
        value.strip().lower() != "no" for value in reading.headers.get("auto-submitted", ())
    )


def _unanswerable(reading: Reading, envelope: Envelope, rules: Rules) -> str:
    if envelope.sender == "":
        return "the envelope sender is empty"
    if not reading.answerable:
        return reading.unanswerable_because or "it is not to be answered"
    if rules.own.own(reading.identity or envelope.sender) or rules.own.own(envelope.sender):
        return "it comes from an address of this desk"
    if is_unread(envelope.sender):
        return "nobody reads what is sent to its envelope sender"
    if _dmarc_failed(reading, rules.authserv_id):
        return "DMARC failed"
    return ""


def _dmarc_failed(reading: Reading, authserv_id: str) -> bool:
    """Whether our own MTA says so. It writes on top, with its own name; a name further down is anybody's text."""
    if not authserv_id:
        return False
    ours = takewhile(
        lambda value: value.split(";")[0].split()[:1] == [authserv_id],
        reading.headers.get("authentication-results", ()),
    )
    return any("dmarc=fail" in value.lower().replace(" ", "") for value in ours)


def _is_spam(reading: Reading, header: str) -> bool:
    """Whether the header that our own MTA marks spam with says so: a yes, or an action of Rspamd against it."""
    values = reading.headers.get(header.lower(), ()) if header else ()
    return any(value.strip().lower().startswith(_SPAM_VERDICTS) for value in values)


@dataclass(frozen=True, slots=True)
class Sent:
    """How many mails that nobody wrote went out: to this address, and to all unknown ones together."""

    address_hour: int
    address_day: int
    unknown_hour: int


@dataclass(frozen=True, slots=True)
class Limits:
    """The most of them; spocd.toml's [automatic] has the numbers and their reasons."""

    unknown_a_day: int
    unknown_an_hour: int
    address_an_hour: int
    address_a_day: int

    @property
    def an_address(self) -> bool:
        """Whether one address has a limit. Where none is, nothing is counted: that takes longer the more went out."""
        return min(self.unknown_a_day, self.address_an_hour, self.address_a_day) < NO_LIMIT

    @property
    def all_unknown(self) -> bool:
        """Whether there is a limit for unknown addresses together."""
        return self.unknown_an_hour < NO_LIMIT


def over_limit(sent: Sent, limits: Limits, *, known: bool) -> str:
    """Why one more automatic mail to this address would be too many, or ""."""
    if sent.address_hour >= limits.address_an_hour:
        return f"{sent.address_hour} automatic mails went to this address within the hour"
    if sent.address_day >= limits.address_a_day:
        return f"{sent.address_day} automatic mails went to this address within a day"
    if known:
        return ""
    if sent.address_day >= limits.unknown_a_day:
        return "this unknown address had its acknowledgement for today"
    if sent.unknown_hour >= limits.unknown_an_hour:
        return "too many acknowledgements went to unknown addresses within the hour"
    return ""
