"""Letters: put into the outbox with what they tell, then leased, composed and settled by the sending loop."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from spocd.desk.blob import fetch
from spocd.desk.documents import read_json, write_json
from spocd.desk.operation import Desk
from spocd.desk.public import plain
from spocd.domain.address import find
from spocd.domain.letter import Enclosure, Letter
from spocd.domain.notice import THE_TEAM
from spocd.domain.ticket import NO_SUBJECT, Ticket
from spocd.domain.token import Purpose, Ring, extended, message_id
from spocd.errors import Refused, TryLater
from spocd.store import Row

MOST_REFERENCES = 20
WRITTEN = ("answer", "consult")  # the kinds that a person writes: under their name, with their files
BOUNCES = "bounces"  # the local part of our return paths


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody outside whom a letter goes to, and the address that it goes to this time.

    `purpose` is that of the token that the letter is answered to, `generation` the token's.
    """

    person: int
    name: str
    address: str
    language: str | None
    known: bool
    generation: int
    purpose: Purpose = Purpose.REPLY


@dataclass(frozen=True, slots=True)
class Colleague:
    """An agent whom a letter goes to."""

    agent: int
    name: str
    address: str
    language: str | None


@dataclass(frozen=True, slots=True)
class Crew:
    """The address of a team, where one letter reaches all of them."""

    name: str
    address: str
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Leased:
    """A letter that this run has in hand, by a lease that is good for nothing once there is a later one."""

    id: int
    lease: int


@dataclass(frozen=True, slots=True)
class Chain:
    """What a letter answers: In-Reply-To and References (RFC 5322 section 3.6.4), without angle brackets."""

    in_reply_to: str | None
    references: tuple[str, ...]


def chain_after(in_reply_to: str | None, references: Sequence[str]) -> Chain:
    """The chain of an answer to the mail with this Message-ID: the first of its ancestors and the newest ones."""
    ids = list(dict.fromkeys([*references, *([in_reply_to] if in_reply_to else [])]))
    if len(ids) > MOST_REFERENCES:
        ids = [ids[0], *ids[-(MOST_REFERENCES - 1) :]]
    return Chain(in_reply_to, tuple(ids))


async def post(
    desk: Desk, ring: Ring, ticket: Ticket | None, reader: Reader | Colleague | Crew, *, kind: str, cause: str,
    message: int | None, chain: Chain, variables: Mapping[str, Any], after: int = 0,
) -> int | None:  # fmt: skip
    """Put a letter into the outbox; its id, or None where the reader cannot be written to.

    It waits there for `after` seconds at least. What it says of what people wrote (public.FREE) is Public where it goes
    outside. Never to an address of the desk's own: two letters later that would be
    a loop.
    """
    address = find(reader.address)
    if address is None or desk.settings.own.own(reader.address):
        return None
    if kind in ("answer", "closed") and ticket is not None and isinstance(reader, Reader):
        # It names who has the ticket: what was to say that in some minutes is said.
        await desk.tx.run("drop_handovers_to", ticket=ticket.number, person=reader.person)
    language = reader.language or desk.settings.language
    row = await desk.tx.one(
        "add_letter",
        ticket=ticket.number if ticket else None,
        message=message,
        kind=kind,
        cause=cause,
        recipient=str(address),
        recipient_key=address.key,
        language=language,
        template_version=desk.settings.template_version(kind, language),
        variables=write_json(_common(desk, ticket) | plain(dict(variables), outside=_is_outside(reader))),
        key_id=ring.newest,
        in_reply_to=chain.in_reply_to,
        reference_ids=write_json(chain.references),
        not_before=desk.now + after,
        now=desk.now,
        **_columns(reader),
    )
    assert row is not None
    return int(row["id"])


def _is_outside(reader: Reader | Colleague | Crew) -> bool:
    """Whether it goes to somebody to whom the desk's own talk must never go: all but staff and the experts they ask."""
    return isinstance(reader, Reader) and reader.purpose is not Purpose.EXPERT


def _columns(reader: Reader | Colleague | Crew) -> dict[str, Any]:
    """Whose the letter is, and what it is answered to."""
    match reader:
        case Reader():
            own = {"person": reader.person, "agent": None, "purpose": reader.purpose}
            return {**own, "known": int(reader.known), "generation": reader.generation}
        case Colleague():
            return {"person": None, "agent": reader.agent, "purpose": Purpose.AGENT, "known": 1, "generation": 0}
        case Crew():
            return {"person": None, "agent": None, "purpose": Purpose.AGENT, "known": 1, "generation": 0}


def _common(desk: Desk, ticket: Ticket | None) -> dict[str, Any]:
    """What every template may say."""
    return {
        "number": ticket.number if ticket else 0,
        "subject": "" if ticket is None or ticket.subject == NO_SUBJECT else ticket.subject,
        "channel": ticket.channel if ticket else "",
        "direction": ticket.direction if ticket else "in",
        "reporter": "",
        "tag": desk.settings.tag(ticket.number) if ticket else "",
        "desk_name": desk.settings.name,
        "desk_address": ticket.address if ticket else desk.settings.address,
        "requester_name": "",
        "agent_name": "",
        "body": "",
        "quote": "",
        "quote_author": "",
        "quote_date": "",
        "also_told": "",
        "promised": "",
        "reopen_days": desk.settings.reopen_within,
        "known": True,
    }


async def lease(desk: Desk, most: int) -> list[Leased]:
    """Take up to `most` letters whose time has come, in the order in which they were written."""
    rows = await desk.tx.all("lease_letters", run=desk.settings.run, now=desk.now, most=most)
    return sorted((Leased(row["id"], row["lease"]) for row in rows), key=lambda letter: letter.id)


async def dot_goes(desk: Desk, letter: Leased) -> None:
    """Note that the final dot is about to go; TryLater where the lease is no longer ours, and it must not."""
    if await desk.tx.run("dot_goes", id=letter.id, run=desk.settings.run, lease=letter.lease) != 1:
        raise TryLater(f"Letter {letter.id} is not ours to send any more.")


async def give_back(desk: Desk, letter: Leased) -> None:
    """Put a leased letter back whose dot has not gone, through no fault of its own: that was no try."""
    await desk.tx.run("release_letter", id=letter.id, run=desk.settings.run, lease=letter.lease)


async def give_back_others(desk: Desk, held: Collection[Leased]) -> int:
    """Give back the letters that are leased to this run but not in its hand, as it never heard of the lease; how many.

    On PostgreSQL the beat waits for the end of such a lease, if the server is still at it: it keeps our run as it is.
    """
    await desk.tx.run("node_beats", run=desk.settings.run, now=desk.now)
    rows = await desk.tx.all("letters_of_run", run=desk.settings.run)
    others = {Leased(row["id"], row["lease"]) for row in rows}.difference(held)
    for letter in others:
        await give_back(desk, letter)
    return len(others)


async def compose(desk: Desk, letter: int) -> Letter:
    """A letter with its addresses signed and its files. The same at each try."""
    row = await desk.tx.one("leased_letter", id=letter)
    if row is None:
        raise Refused("no-such-letter", f"There is no letter {letter}.")
    ring = await desk.ring()
    enclosures = await _enclosures(desk, row["message"]) if row["kind"] in WRITTEN else []
    return _signed(desk, ring, row, enclosures)


def _signed(desk: Desk, ring: Ring, row: Row, enclosures: list[Enclosure]) -> Letter:
    settings = desk.settings
    delimiter, domain, key_id = settings.delimiter, settings.domain, row["key_id"]
    address = row["address"] or settings.address
    # What is about no ticket has nothing to be answered to but the desk.
    reader = row["person"] or row["agent"] or THE_TEAM
    reply = "" if row["ticket"] is None else ring.sign(
        Purpose(row["purpose"]), row["ticket"], reader, generation=row["generation"], key_id=key_id
    )  # fmt: skip
    bounce = ring.sign(Purpose.BOUNCE, row["id"], key_id=key_id)
    variables = json.loads(row["variables"])
    return Letter(
        id=row["id"],
        kind=row["kind"],
        language=row["language"],
        ticket=row["ticket"],
        from_name=variables["agent_name"] if row["kind"] in WRITTEN else settings.name,
        from_address=address,
        # A name that an unknown sender chose must not go out by a machine's hand: it could be anybody's words.
        to_name=(row["reader_name"] or "") if row["known"] or row["kind"] in WRITTEN else "",
        to_address=row["recipient"],
        reply_to=extended(address, delimiter, reply) if reply else "",
        return_path=extended(f"{BOUNCES}@{domain}", delimiter, bounce),
        message_id=message_id(ring.sign(Purpose.MESSAGE_ID, row["id"], key_id=key_id), domain),
        in_reply_to=row["in_reply_to"],
        references=tuple(json.loads(row["reference_ids"])),
        date=row["created_at"],
        instance=settings.rules.instance,
        variables=variables,
        enclosures=tuple(enclosures),
    )


async def _enclosures(desk: Desk, message: int) -> list[Enclosure]:
    rows = await desk.tx.all("message_attachments", message=message)
    return [Enclosure(row["filename"], row["content_type"], await fetch(desk, row["sha256"])) for row in rows]


async def readers(desk: Desk, ticket: Ticket, *, answer: bool) -> list[Reader]:
    """Everybody who hears from the desk about a ticket, the requester first.

    An answer that a person writes goes where its reader asked to be answered; what the desk writes by itself only to an
    address that is theirs: Reply-To may be anybody's.
    """
    rows = await desk.tx.all("participants", ticket=ticket.number)
    rows.sort(key=lambda row: row["person"] != ticket.requester)
    return [await _reader(desk, ticket, row, answer=answer) for row in rows]


async def _reader(desk: Desk, ticket: Ticket, row: Row, *, answer: bool) -> Reader:
    last = await desk.tx.one("last_reply_to", ticket=ticket.number, person=row["identity"])
    address = row["address"]
    if last is not None and await _is_of(desk, last["author_address"], row["identity"]):
        address = (answer and last["reply_to"]) or last["author_address"]
    return Reader(row["person"], row["name"], address, row["language"], row["known_at"] is not None, row["generation"])


async def _is_of(desk: Desk, address: str, person: int) -> bool:
    """Whether an address is this person's now: it may have been another's while the two were merged."""
    owner = await desk.tx.one("person_of_address", address=address.lower())
    return owner is not None and owner["id"] == person


async def last_chain(desk: Desk, ticket: Ticket, ring: Ring, person: int) -> Chain:
    """What a letter to this person continues: the newest mail of the ticket's people, else our last letter to them."""
    last = await desk.tx.one("last_message_of_people", ticket=ticket.number)
    if last is not None and last["message_id"]:
        return chain_after(last["message_id"], read_json(last["reference_ids"]))
    return await own_chain(desk, ticket, ring, Purpose.REPLY, person)


async def own_chain(desk: Desk, ticket: Ticket, ring: Ring, purpose: Purpose, reader: int) -> Chain:
    """The chain of our own letters of one purpose to a person or an agent on a ticket, whoever else wrote meanwhile."""
    letter = await desk.tx.one("last_letter_to", ticket=ticket.number, purpose=purpose, reader=reader)
    if letter is None:
        return Chain(None, ())
    own = message_id(ring.sign(Purpose.MESSAGE_ID, letter["id"], key_id=letter["key_id"]), desk.settings.domain)
    return chain_after(own, read_json(letter["reference_ids"]))
