"""A mail that has come in finds its fate: the ticket that it opens or continues, or why it does neither."""

from __future__ import annotations

import json
import sys
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from spocd.desk import consult
from spocd.desk.access import SPOCD
from spocd.desk.acknowledge import acknowledge
from spocd.desk.blob import add
from spocd.desk.documents import find_ticket, save, write_json
from spocd.desk.evidence import claims_of, standings_of, survivor
from spocd.desk.inside import file_inside
from spocd.desk.journal import accepted_before, record
from spocd.desk.message import add_incoming
from spocd.desk.notice import notify_team
from spocd.desk.opening import open_ticket
from spocd.desk.operation import Desk
from spocd.desk.person import as_known, ensure_person, find_person, hear
from spocd.domain.address import Address, find
from spocd.domain.intake import Envelope, Judgement, content_key, judge, transport_key
from spocd.domain.notice import What
from spocd.domain.reading import Reading
from spocd.domain.reasons import A_REPLY_CAME
from spocd.domain.subject import without_tags
from spocd.domain.thanks import is_thanks
from spocd.domain.thread import (
    PARTICIPANT,
    THIRD_PARTY,
    Author,
    Claim,
    NewTicket,
    Place,
    Rung,
    ToTicket,
    evidence,
    explain,
    place,
)
from spocd.domain.ticket import NO_SUBJECT, Ticket, filed, may_continue, written_to
from spocd.domain.token import Purpose, Ring, read, read_message_id
from spocd.errors import TryLater
from spocd.store import Row, Transaction

SAME_WORDS_FOR = 7 * 86400  # seconds in which the same content is the same mail
MOST_CORRESPONDENTS = 100  # addresses in To and Cc of one mail that are remembered


@dataclass(frozen=True, slots=True)
class Accepted:
    """A mail as it is to be stored: made outside of the transaction, since hashing a large one takes time."""

    envelope: Envelope
    content_key: str
    transport_key: str
    blob: Row


@dataclass(frozen=True, slots=True)
class Leased:
    """A row of the inbox that this node reads now."""

    id: int
    raw: str
    size: int
    envelope: Envelope
    content_key: str
    tries: int
    leases: int  # how often it was taken and neither settled nor given back, this time included
    lease: int  # the number of this lease: it is good for nothing once there is a later one
    received_at: int  # when it was accepted, in UTC seconds: its writer waits since then, however late it is read

    def waits_since(self, now: int) -> int:
        """When it was accepted; now, where the clock was put back since then."""
        return min(self.received_at, now)


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of a mail: one word for the row, the ticket and message if there are, and why."""

    name: str
    ticket: int | None
    message: int | None
    evidence: dict[str, Any]


def accepted(envelope: Envelope, raw: Iterable[bytes], row: Row) -> Accepted:
    """A mail, given in pieces as `content_key` wants them, with its row of `blob`."""
    content = content_key(raw)
    return Accepted(envelope, content, transport_key(envelope, content), row)


async def accept(tx: Transaction, mail: Accepted, now: int) -> None:
    """Make a mail durable: raw bytes, envelope, duplicate key. The same delivery again changes nothing."""
    await tx.run("hold_delivery", transport_key=mail.transport_key)
    if await tx.run("delivered_again", transport_key=mail.transport_key, since=now - SAME_WORDS_FOR):
        return
    await add(tx, mail.blob)
    await tx.run(
        "accept_mail",
        transport_key=mail.transport_key,
        content_key=mail.content_key,
        channel=mail.envelope.channel,
        peer=mail.envelope.peer,
        sender=mail.envelope.sender,
        recipients=write_json(mail.envelope.recipients),
        raw=mail.blob["sha256"],
        size=mail.blob["size"],
        now=now,
    )
    sys.audit("spocd.after_insert")


async def lease(desk: Desk, most: int) -> list[Leased]:
    """Take up to `most` mails whose time has come, the longest waiting first."""
    rows = await desk.tx.all("lease_mails", run=desk.settings.run, now=desk.now, most=most)
    return sorted((_leased(row) for row in rows), key=lambda mail: mail.id)


def _leased(row: Row) -> Leased:
    envelope = Envelope(row["sender"], tuple(json.loads(row["recipients"])), row["channel"], row["peer"])
    return Leased(
        row["id"], row["raw"], row["size"], envelope, row["content_key"], row["tries"], row["leases"], row["lease"],
        row["received_at"],
    )  # fmt: skip


async def give_back_others(desk: Desk, held: Collection[Leased]) -> int:
    """Give back the mails that are leased to this run but not in its hand; how many. As with letters."""
    await desk.tx.run("node_beats", run=desk.settings.run, now=desk.now)
    rows = await desk.tx.all("mails_of_run", run=desk.settings.run)
    others = {(row["id"], row["lease"]) for row in rows}.difference((mail.id, mail.lease) for mail in held)
    for mail, lease in others:
        await desk.tx.run("release_mail", id=mail, run=desk.settings.run, lease=lease, not_before=desk.now)
    return len(others)


async def decide(desk: Desk, mail: Leased, reading: Reading) -> Fate:
    """Give a mail its fate, all in one transaction: ticket, message, journal, acknowledgement, and the row itself."""
    fate = await _fate(desk, mail, reading)
    await settle(desk, mail, fate)
    return fate


async def settle(desk: Desk, mail: Leased, fate: Fate) -> None:
    """Write the fate into the mail's row; TryLater where the lease is no longer ours, which undoes the decision too."""
    changed = await desk.tx.run(
        "settle_mail",
        id=mail.id,
        run=desk.settings.run,
        lease=mail.lease,
        fate=fate.name,
        ticket=fate.ticket,
        message=fate.message,
        evidence=write_json(fate.evidence),
    )
    if changed != 1:
        raise TryLater(f"Mail {mail.id} is not ours to decide any more.")


async def _fate(desk: Desk, mail: Leased, reading: Reading) -> Fate:
    judgement = judge(reading, mail.envelope, desk.settings.rules)
    if judgement.fate == "loop":
        return await _own_mail_came_back(desk, reading)
    twin = await desk.tx.one("placed_content", content_key=mail.content_key, since=desk.now - SAME_WORDS_FOR)
    if twin is not None:
        return await _further_recipient(desk, mail, twin)
    ring = await desk.ring()
    found = evidence(reading, mail.envelope, desk.settings.own, desk.settings.tag_word)
    claims = await claims_of(desk, ring, found)
    if judgement.fate == "bounce" and (letter := await _bounced_letter(desk, ring, mail.envelope)):
        return await _bounce(desk, mail, reading, letter)
    return await _contact(desk, ring, mail, reading, judgement, claims)


async def _contact(
    desk: Desk, ring: Ring, mail: Leased, reading: Reading, judgement: Judgement, claims: list[Claim]
) -> Fate:
    person = await find_person(desk, reading.identity) if reading.identity else None
    author = Author(reading.identity or "", person["id"] if person else None)
    where = place(author, claims, await standings_of(desk, claims), forward=reading.forward)
    await _tell_of_refused_tokens(desk, mail, where)
    if isinstance(where, ToTicket):
        ticket = await find_ticket(desk, where.ticket)
        if where.inside is not None:
            return await _append_inside(desk, mail, reading, judgement, where, where.inside, ticket, author)
        written_at = mail.waits_since(desk.now)
        if judgement.fate != "contact" or may_continue(ticket, written_at, reopen_within=desk.settings.reopen_within):
            if person is not None and judgement.fate == "contact" and where.role == PARTICIPANT:
                await hear(desk, await as_known(desk, SPOCD, person), reading)
            return await _append(desk, mail, reading, judgement, where, ticket, author)
        where = NewTicket(f"#{ticket.number} was closed too long ago", (ticket.number,), where.refused)
    # RFC 5321 section 4.5.5: reports of non-delivery have no sender. What has one may be a person's words after all.
    if judgement.fate == "bounce" and mail.envelope.sender == "":
        return _unrelated_bounce(reading)
    return await _open(desk, ring, mail, reading, judgement, where)


async def _append(
    desk: Desk, mail: Leased, reading: Reading, judgement: Judgement, where: ToTicket, ticket: Ticket, author: Author
) -> Fate:
    automatic = judgement.fate != "contact"
    why = explain(where)
    position, message = await add_incoming(
        desk, ticket, mail.raw, mail.content_key, reading, kind="automatic" if automatic else "mail",
        person=author.person, evidence=why, sender=mail.envelope.sender, at=mail.waits_since(desk.now),
    )  # fmt: skip
    await _remember_people(desk, ticket.number, reading)
    thanks = not automatic and is_thanks(reading.visible_text) and not reading.attachments
    rests = automatic or thanks or where.role == THIRD_PARTY
    since = mail.waits_since(desk.now)
    await save(desk, ticket, filed(ticket, desk.now) if rests else written_to(ticket, desk.now, since=since))
    if where.by_own_token and author.person is not None and not automatic:
        await desk.tx.run("person_is_known", id=author.person, now=desk.now)
    event = "filed" if rests else "received"
    because = "automatic" if automatic else "a word of thanks" if thanks else where.role if rests else None
    await record(
        desk, ticket.number, author.address or "unknown sender", event, message=position, why=because, by=why["by"],
        accepted=accepted_before(desk, since),
    )  # fmt: skip
    if not rests and ticket.state not in ("new", "open", "spam"):
        await record(desk, ticket.number, SPOCD, "reopened", was=ticket.state, why=A_REPLY_CAME)
    if not automatic and not thanks:
        what = What.THIRD_PARTY if where.role == THIRD_PARTY else What.ANSWERED
        writer = author.address or "unknown sender"
        await notify_team(desk, writer, ticket, what, body=reading.visible_text, who=author.address or "")
    return Fate("automatic filed" if automatic else "appended", ticket.number, message, why)


async def _append_inside(
    desk: Desk, mail: Leased, reading: Reading, judgement: Judgement, where: ToTicket, claim: Claim, ticket: Ticket,
    author: Author,
) -> Fate:  # fmt: skip
    automatic = judgement.fate != "contact"
    message = await file_inside(
        desk, ticket, where, claim, reading, author, automatic=automatic, raw=mail.raw, content_key=mail.content_key,
        sender=mail.envelope.sender, at=mail.waits_since(desk.now),
    )  # fmt: skip
    return Fate("automatic filed" if automatic else "appended", ticket.number, message, explain(where))


async def _open(desk: Desk, ring: Ring, mail: Leased, reading: Reading, judgement: Judgement, where: NewTicket) -> Fate:
    requester = _requester(desk, reading, mail.envelope)
    person = await ensure_person(desk, requester, _display_name(reading, requester))
    if judgement.fate == "contact":
        await hear(desk, person, reading)
    state = "spam" if judgement.spam else "new"
    ticket = await _new_ticket(desk, mail, reading, requester, person["id"], state=state, why=where.why)
    number = ticket.number
    why = explain(where)
    kind = "mail" if judgement.fate == "contact" else "automatic"
    _, message = await add_incoming(
        desk, ticket, mail.raw, mail.content_key, reading, kind=kind, person=person["id"], evidence=why,
        sender=mail.envelope.sender, at=mail.waits_since(desk.now),
    )  # fmt: skip
    await _remember_people(desk, number, reading)
    for other in where.links:
        await desk.tx.run("link_tickets", ticket=number, relation="continues", other=other, now=desk.now)
        await record(desk, other, SPOCD, "linked", other=number, why=where.why)
    if kind == "mail" and not judgement.spam:
        body = reading.visible_text
        await notify_team(desk, str(requester or "unknown sender"), ticket, What.NEW, body=body)
    guessing = any(claim.rung is Rung.TOKEN for claim in where.refused)
    await acknowledge(desk, ring, ticket, person, reading, judgement, mail.envelope, guessing=guessing)
    return Fate("spam" if judgement.spam else "opened", number, message, why)


def _requester(desk: Desk, reading: Reading, envelope: Envelope) -> Address | None:
    """Whoever From says, else the envelope; nobody where that is an address of the desk's own."""
    written = (each for each in (reading.identity or "", envelope.sender) if not desk.settings.own.own(each))
    return next((address for each in written if (address := find(each))), None)


async def _new_ticket(
    desk: Desk, mail: Leased, reading: Reading, requester: Address | None, person: int, *, state: str, why: str
) -> Ticket:
    base = _base(desk, mail.envelope)
    return await open_ticket(
        desk,
        str(requester or "unknown sender"),
        requester=person,
        subject=without_tags(reading.subject, desk.settings.tag_word) or NO_SUBJECT,
        channel="mail",
        address=base if base in desk.settings.addresses else desk.settings.address,
        service=desk.settings.addresses.get(base) or None,
        state=state,
        why=why,
        accepted_at=mail.waits_since(desk.now),
    )


def _base(desk: Desk, envelope: Envelope) -> str:
    """The first of the desk's addresses that the mail was sent to; a pipe's unknown recipient means the desk itself."""
    splits = (desk.settings.own.split(each) for each in envelope.recipients)
    return next((split[0] for split in splits if split), desk.settings.address)


def _display_name(reading: Reading, requester: Address | None) -> str:
    return reading.sender.name if requester is not None and reading.identity == requester.key else ""


async def _remember_people(desk: Desk, ticket: int, reading: Reading) -> None:
    """Who stood in To and Cc: they may answer the original, and an agent may add them."""
    people = [
        each for each in (*reading.to, *reading.cc) if find(each.address) and not desk.settings.own.own(each.address)
    ]
    rows = {each.address.lower(): each.name for each in people[:MOST_CORRESPONDENTS]}
    await desk.tx.batch(
        "add_correspondents", [{"ticket": ticket, "address": address, "name": name} for address, name in rows.items()]
    )


async def _tell_of_refused_tokens(desk: Desk, mail: Leased, where: Place) -> None:
    for claim in where.refused:
        if claim.rung is Rung.TOKEN:
            await record(desk, None, mail.envelope.sender or "<>", "token refused", why=claim.refused, mail=mail.id)


async def _further_recipient(desk: Desk, mail: Leased, twin: Row) -> Fate:
    ticket = await survivor(desk, twin["ticket"])
    why = {"by": "the same mail again", "message": f"{twin['origin']}.{twin['position']}"}
    await record(
        desk,
        ticket,
        SPOCD,
        "came again",
        recipients=list(mail.envelope.recipients),
        message=why["message"],
        mail=mail.id,
    )
    return Fate("further recipient", ticket, twin["id"], why)


async def _own_mail_came_back(desk: Desk, reading: Reading) -> Fate:
    await record(desk, None, SPOCD, "loop", message_id=reading.message_id)
    why = {"by": "our own mark", "why": "a mail of this desk came back to it"}
    token = read_message_id(reading.message_id or "")
    of_ours = token is not None and (await desk.ring()).verifies(token)
    return Fate("loop", None, None, why | ({"letter": token.first} if token and of_ours else {}))


def _unrelated_bounce(reading: Reading) -> Fate:
    """A report about nothing that we sent is kept, and opens nothing: somebody used our address as a sender."""
    recipients = [each.recipient for each in reading.bounces]
    return Fate(
        "bounce recorded",
        None,
        None,
        {"by": "bounce", "why": "it is about no letter of ours", "recipients": recipients},
    )


async def _bounce(desk: Desk, mail: Leased, reading: Reading, letter: Row) -> Fate:
    """A delivery report about a letter of ours goes to that letter's ticket, if it is about one."""
    # A server that gave up after days of "later" says failed with 4.x: this letter is lost, though the next may not be.
    final = any(b.permanent or b.action == "failed" for b in reading.bounces) or not reading.bounces
    why: dict[str, Any] = {"by": "bounce", "rung": 1, "role": PARTICIPANT, "letter": letter["id"], "final": final}
    status = next((b.status for b in reading.bounces if b.status), None)
    if final:
        await desk.tx.run("letter_bounced", id=letter["id"], reply=f"bounced: {status or 'no status'}")
    event = {"letter": letter["id"], "to": letter["recipient"], "status": status}
    if letter["ticket"] is None:
        await record(desk, None, SPOCD, "bounced" if final else "delayed", **event)
        return Fate("bounce recorded", None, None, why)
    ticket = await find_ticket(desk, await survivor(desk, letter["ticket"]))
    position, message = await add_incoming(
        desk,
        ticket,
        mail.raw,
        mail.content_key,
        reading,
        kind="automatic",
        person=None,
        evidence=why,
        sender=mail.envelope.sender,
        at=mail.waits_since(desk.now),
    )
    await save(desk, ticket, filed(ticket, desk.now))
    await record(desk, ticket.number, SPOCD, "bounced" if final else "delayed", message=position, **event)
    if final and letter["purpose"] == Purpose.EXPERT:
        await consult.lost(desk, letter, f"the mail came back ({status or 'no status'})")
    return Fate("bounce recorded", ticket.number, message, why)


async def _bounced_letter(desk: Desk, ring: Ring, envelope: Envelope) -> Row | None:
    """The letter that a report is about, by our signed return path and by nothing else: anybody can quote the rest."""
    for each in envelope.recipients:
        split = desk.settings.own.split(each)
        token = read(split[1]) if split else None
        if token and token.purpose is Purpose.BOUNCE and token.second is None and ring.verifies(token):
            return await desk.tx.one("letter", id=token.first)
    return None


async def quarantine(desk: Desk, mail: Leased, reading: Reading, why: str) -> Fate:
    """Open a ticket for a mail that cannot be read or decided, with its bytes as a file: the least that can fail."""
    address = None if desk.settings.own.own(mail.envelope.sender) else find(mail.envelope.sender)
    person = int((await ensure_person(desk, address, ""))["id"])
    ticket = await _new_ticket(desk, mail, reading, address, person, state="new", why="quarantined")
    evidence: dict[str, Any] = {"by": "quarantine", "why": why, "role": PARTICIPANT, "refused": []}
    _, message = await add_incoming(
        desk, ticket, mail.raw, mail.content_key, reading, kind="mail", person=person, evidence=evidence,
        sender=mail.envelope.sender, at=mail.waits_since(desk.now),
    )  # fmt: skip
    fate = Fate("quarantined", ticket.number, message, evidence)
    await settle(desk, mail, fate)
    return fate
