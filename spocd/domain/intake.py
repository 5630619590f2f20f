"""What a mail that has come in is: the same one again, a loop, a bounce, an answer to make or not to make."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

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


@dataclass(frozen=True, slots=True)
class Envelope:
    """What the sending program said beside the mail: RFC 5321's reverse path ("" for <>) and the recipients.

    `channel` is smtp, lmtp or pipe; `peer` says for people where the mail came from.
    """

    sender: str
    recipients: tuple[str, ...]
    channel: str
    peer: str


def content_key(raw: bytes) -> str:
    """One text for all copies of a mail, whatever way they took: SHA-256 without the lines that the way added."""
    digest = hashlib.sha256()
    end = _header_end(raw)
    skipped = False
    for line in raw[:end].splitlines():
        if line[:1] not in (b" ", b"\t"):
            skipped = line[:23].lower().startswith(_ON_THE_WAY)
        if not skipped:
            digest.update(line + b"\n")
    digest.update(memoryview(raw)[end:])
    return digest.hexdigest()


def transport_key(envelope: Envelope, content: str) -> str:
    """One text for a mail however often its sender delivers it: the content's key with the envelope."""
    lines = [content, envelope.sender, *sorted({each.lower() for each in envelope.recipients})]
    return hashlib.sha256("\n".join(lines).encode("utf-8", "surrogateescape")).hexdigest()


def _header_end(raw: bytes) -> int:
    ends = [at for at in (raw.find(b"\r\n\r\n"), raw.find(b"\n\n")) if at >= 0]
    return min(ends, default=len(raw))
