"""Mails that say what became of another mail: delivery reports (RFC 3464), and the letters of servers without them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from spocd.domain import address
from spocd.domain.reading import Bounce
from spocd.gateway.reading import body, cover, delivery_status, mailbox, original, refusal, undelivered, words
from spocd.gateway.reading.delivery_status import REPLY_CODE, Status, Told
from spocd.gateway.reading.notes import Notes
from spocd.gateway.reading.original import Original
from spocd.gateway.reading.structure import Node

DELIVERED = frozenset(["delivered", "relayed", "expanded"])
_STATUS_PARTS = frozenset(["message/delivery-status", "message/global-delivery-status"])
_MOST_STATUS = 256 * 1024  # octets of a part, and characters of text, that are looked at
_HEAD = 12  # lines in which a letter says what it is about
_PASSED_ON = re.compile(
    r"\s*(?:re|sv|aw|vs|antw|rép|odp|ynt|fwd?|wg|vb|vl|tr|rv|i|enc|doorst|пересл|ha)\s?(?:\[\d+\])?:", re.I
)
_SERVER = re.compile(
    r"(?:mailer|mail|delivery|e-?mail)[-_. ]?(?:daemon|system|subsystem|delivery|agent)|"
    r"mail[-_. ]delivery[-_. ](?:sub)?system|"
    r"post[-_.]?master|microsoftexchange[0-9a-f]{32}|mdaemon|maildaemon",
    re.I,
)
_SERVERS_NAME = re.compile(
    r"\b(?:mail delivery (?:sub)?system|mailer[- ]daemon|delivery subsystem|mail system)\b|^\W*microsoft outlook\W*<",
    re.I,
)
_QUOTING = re.compile(r"[\"'\\]")
# Programs that send reports beside much else.
_PROGRAM = re.compile(
    r"(?:no|do[-_.]?not)[-_.]?reply.*|imss|system|(?:system[-_. ]?)?administrator|mail-?admin|exchange|smtp|mx|"
    r"bounces?|mailserver",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Letter:
    """What a mail shows of itself to somebody who asks whether it is a report of non-delivery."""

    raw: bytes
    root: Node
    text: str
    subject: str
    sender: str
    ours: frozenset[str]


def status_parts(root: Node) -> list[Node]:
    """The machine-readable parts of a delivery report; none where the mail is none."""
    return [each for each in original.leaves(root) if each.content_type in _STATUS_PARTS]


def find(mail: Letter, notes: Notes) -> tuple[Bounce, ...] | None:
    """What a report says, a recipient at a time; at least one entry, perhaps without a recipient. None: it is none."""
    parts = status_parts(mail.root)
    if not mail.text.strip():
        # Boundaries that do not fit, or a filter that wrapped the report: what is there is read as it stands.
        mail = replace(mail, text=words.raw_text(mail.raw[mail.root.start : mail.root.end][:_MOST_STATUS]))
    if not (_is_report(mail) if not parts else _is_own(mail)):
        return None
    octets = [body.content(mail.raw, each, notes)[:_MOST_STATUS] for each in parts]
    status = delivery_status.read("\n\n".join(words.raw_text(each) for each in octets).split("\n"))
    text = mail.text[:_MOST_STATUS]
    if not status.told:
        # A part that only says that it is the machine's may hold the letter for people.
        text = "\n".join([text, *(words.raw_text(each) for each in octets)])
    lines = text.replace("\r", "").split("\n")
    status = status if status.told else delivery_status.read(lines)
    return _entries(mail, status, lines, notes)


def _is_own(mail: Letter) -> bool:
    """Whether the machine-readable part is of this mail, and not one that somebody passes on among other parts."""
    return mail.root.content_type == "multipart/report" or not _PASSED_ON.match(mail.subject) or _by_server(mail)


def _by_server(mail: Letter) -> bool:
    """Whether it was sent in the name of a mail server."""
    name = words.text(mail.root.headers.first("from"))
    return _SERVER.fullmatch(_local(mail)) is not None or _SERVERS_NAME.search(name) is not None


def _local(mail: Letter) -> str:
    return _QUOTING.sub("", mail.sender.partition("@")[0])


def _is_report(mail: Letter) -> bool:
    """Whether a mail without a machine-readable part is a report all the same.

    Who sent it and what it says must agree: people write about undelivered mails, and answer and forward reports.
    """
    headers = mail.root.headers
    if "x-failed-recipients" in headers or "x-ms-exchange-message-is-ndr" in headers:
        return True
    if mail.root.parameters.get("report-type", "").lower() == "delivery-status":
        return True
    by_server = _by_server(mail)
    null_sender = headers.first("return-path") == b"<>"
    replied = headers.word("auto-submitted") == "auto-replied"
    if not (by_server or (null_sender and not replied) or _PROGRAM.fullmatch(_local(mail))):
        return False
    passed_on = _PASSED_ON.match(mail.subject) is not None
    if (by_server or null_sender) and not passed_on and undelivered.is_subject(mail.subject):
        return True
    return _says_so(mail, passed_on=passed_on)


def _says_so(mail: Letter, *, passed_on: bool) -> bool:
    """Whether the letter names somebody who was not reached, and gives a server's words for it or the mail itself."""
    letter, start = cover.lines(mail.text[:_MOST_STATUS])
    head = [each for each in letter if each.strip()][:_HEAD]
    if not undelivered.is_letter("\n".join(head)):
        return False
    if passed_on:
        return any(REPLY_CODE.match(each) for each in head)
    copied = start <= mail.text.count("\n") or original.embedded(mail.raw, mail.root, Notes()) is not None
    spoken = copied or refusal.is_spoken("\n".join(letter))
    return spoken and (copied or bool(cover.recipients(letter, mail.ours)))


def _entries(mail: Letter, status: Status, lines: list[str], notes: Notes) -> tuple[Bounce, ...]:
    """What the fields tell, else the letter; with what is known of the mail that came back."""
    letter, start = cover.lines("\n".join(lines))
    copy = original.embedded(mail.raw, mail.root, notes)
    came_back = original.in_part(copy) if copy else Original()
    if came_back.message_id is None:
        written = original.in_text(lines, start)
        came_back = Original(written.message_id or status.message_id, came_back.to or written.to)
    named = cover.recipients(letter, mail.ours)
    if copy and not named and not status.told:
        # A filter on the way has wrapped the report into a mail of its own.
        status = delivery_status.read(words.raw_text(copy).split("\n"))
    if any(each.complete for each in status.told) or (status.told and not named):
        return _as_told(status.told, named, came_back)
    return _as_written(mail, "\n".join(letter), named, came_back)


def _as_told(told: Sequence[Told], named: Sequence[cover.Named], came_back: Original) -> tuple[Bounce, ...]:
    """The entries of a report's fields; where these name nobody, the letter around them does."""
    known = {each.lower() for one in told for each in (one.recipient, one.original) if each}
    others = [each.recipient for each in named if each.recipient.lower() not in known]
    found: list[Bounce] = []
    for each in told:
        recipient = _address(each)
        if recipient is None and others:
            recipient = others.pop(0)
        recipient = recipient or each.recipient or each.original or came_back.only_to
        status = each.status
        if status is None or (status[0] == "2" and each.action == "failed"):
            status = refusal.said(each.diagnostic)[0] or status
        permanent = _permanent(each.action, status, each.diagnostic)
        to = each.original or came_back.first_to
        found.append(_entry(recipient, status, each.action, permanent, came_back.message_id, to))
    return tuple(found)


def _address(told: Told) -> str | None:
    """Whom a report's fields name, by an address of the Internet: a bare host is known to the server alone."""
    named = [each for each in (told.recipient, told.original, told.foreign) if each and address.find(each)]
    return next((each for each in named if "." in each.rpartition("@")[2]), next(iter(named), None))


def _permanent(action: str | None, status: str | None, diagnostic: str) -> bool | None:
    """Whether trying again is of no use. A late mail is still tried by its server."""
    if action == "delayed":
        return False
    if action in DELIVERED:
        return None
    if status and status[0] != "2":
        return status[0] == "5"
    final = refusal.said(diagnostic)[1]
    return True if final is None and action == "failed" else final


def _as_written(mail: Letter, letter: str, named: Sequence[cover.Named], came_back: Original) -> tuple[Bounce, ...]:
    """The entries of a letter for people. A server that does not say that it will try again has given up."""
    done = refusal.is_done(f"{mail.subject}\n{letter}")
    late = refusal.is_late(f"{mail.subject}\n{letter}")
    action = "delivered" if done else "delayed" if late else "failed"
    otherwise = refusal.said(letter)
    reasons = {each.recipient.lower(): each.reason for each in named}
    listed = mailbox.named(mail.root.headers, "x-failed-recipients", None, Notes())
    recipients: list[str | None] = [each.address for each in listed if "@" in each.address]
    recipients = recipients or [each.recipient for each in named]
    found: list[Bounce] = []
    for recipient in recipients or [came_back.only_to]:
        reason = reasons.get((recipient or "").lower(), "")
        status, final = refusal.said(reason)
        if final is None and (len(recipients) < 2 or "\n" not in reason.strip()):
            status, final = otherwise
        permanent = None if done else not late and final is not False
        found.append(_entry(recipient, status, action, permanent, came_back.message_id, came_back.first_to))
    return tuple(found[: delivery_status.MOST_RECIPIENTS])


def _entry(
    recipient: str | None,
    status: str | None,
    action: str | None,
    permanent: bool | None,
    message_id: str | None,
    to: str | None,
) -> Bounce:
    """An entry whose texts are each one line: all of them are whatever somebody wrote."""
    recipient, message_id, to = (words.flat(each) if each else None for each in (recipient, message_id, to))
    return Bounce(recipient or None, status, action, permanent, message_id or None, to or None)
