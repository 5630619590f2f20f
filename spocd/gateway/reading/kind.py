"""What sort of mail it is, and whether a machine may answer it (RFC 3834), judged from the mail alone.

The envelope, the desk's own addresses and the limits on automatic mail are judged where they are known.
"""

from __future__ import annotations

from dataclasses import dataclass

from spocd.domain.address import is_unread
from spocd.domain.reading import Bounce, Kind
from spocd.gateway.reading import automatic, bounce, report, ses_notice, words
from spocd.gateway.reading.header import Headers
from spocd.gateway.reading.notes import Notes
from spocd.gateway.reading.structure import Node

_SUPPRESSED = frozenset(["all", "autoreply", "oof"])
# RFC 2369 and RFC 2919; and what list servers wrote before these, or write still.
_LISTS = (
    *("list-id", "list-unsubscribe", "list-post", "list-help", "list-subscribe", "list-archive", "list-owner"),
    *("mailing-list", "x-mailing-list", "x-google-group-id"),
)
_NOT_DELIVERED = "It says that a mail was not delivered."


@dataclass(frozen=True, slots=True)
class Verdict:
    """What sort of mail it is; `because` says why no machine may answer it, None where one may."""

    kind: Kind
    automatic: bool
    because: str | None
    bounces: tuple[Bounce, ...] = ()


def judge(raw: bytes, root: Node, text: str, subject: str, sender: str, own: frozenset[str], notes: Notes) -> Verdict:
    """The verdict on a mail. `sender` is the address shown as its author, `own` those that it came from and went to."""
    headers = root.headers
    if "x-spocd-instance" in headers:
        return Verdict("loop", True, "A spocd desk sent it.")
    told = report.why(raw, root, text, subject, notes)
    if told:
        return Verdict("report", True, told)
    sent_back = report.rejected(raw, root, text, notes)
    if sent_back:
        return Verdict("bounce", True, _NOT_DELIVERED, (Bounce(sent_back, None, "failed", True, None, None),))
    notice = ses_notice.find(text)
    if notice:
        kind: Kind = "bounce" if notice.undelivered else "report"
        return Verdict(kind, True, _NOT_DELIVERED if notice.undelivered else "It is a report.", notice.entries)
    if bounce.status_parts(root) or not automatic.absence(subject):
        found = bounce.find(bounce.Letter(raw, root, text, subject, sender, own), notes)
        if found is not None:
            return _undelivered(found)
    return _not_a_report(headers, text, sender, subject)


def _undelivered(found: tuple[Bounce, ...]) -> Verdict:
    if found and all(each.action in bounce.DELIVERED for each in found):
        return Verdict("report", True, "It reports that a mail was delivered.", found)
    return Verdict("bounce", True, _NOT_DELIVERED, found)


def _not_a_report(headers: Headers, text: str, sender: str, subject: str) -> Verdict:
    submitted = headers.word("auto-submitted")
    machine = submitted not in ("", "no")
    null_sender = headers.first("return-path") == b"<>"
    suppressed = _suppressed(headers)
    precedence = headers.word("precedence")
    absent = automatic.absence(subject)
    unattended = machine or suppressed or null_sender or precedence in ("bulk", "junk")
    if automatic.is_marked(headers) or (absent and (unattended or automatic.says_away(text))):
        return Verdict("auto-reply", True, "A machine answered in its author's place.")
    if (machine or null_sender) and automatic.says_away(text):
        return Verdict("auto-reply", True, "A machine answered in its author's place.")
    if (machine or null_sender) and automatic.is_receipt(subject, text):
        return Verdict("auto-reply", True, "It only says that a mail has arrived.")
    if machine:
        return Verdict("message", True, f"A machine sent it (Auto-Submitted: {submitted[:40]}).")
    if null_sender:
        return Verdict("message", True, "Its Return-Path is empty.")
    return Verdict("message", False, _silence(headers, sender, precedence, suppressed=suppressed, absent=absent))


def _silence(headers: Headers, sender: str, precedence: str, *, suppressed: bool, absent: bool) -> str | None:
    """Why a mail that a person may have written is not answered by a machine; None where it may be."""
    if any(name in headers for name in _LISTS):
        return "It came through a mailing list."
    if precedence in ("bulk", "list", "junk"):
        return f"It is bulk mail (Precedence: {precedence})."
    if suppressed:
        return "Its sender asks for no automatic answers (X-Auto-Response-Suppress)."
    if automatic.is_of_desk(headers):
        return "Another help desk sent it, which would answer in turn."
    if is_unread(sender):
        return "Nobody reads what is sent to its author's address."
    if absent:
        return "Its subject reads like a notice of absence."
    return None


def _suppressed(headers: Headers) -> bool:
    value = words.text(headers.first("x-auto-response-suppress")).lower()
    return any(each.strip() in _SUPPRESSED for each in value.split(","))
