"""Experts and suppliers: asked by mail under the desk's address, answered by an internal note, reminded until they do.

The requester sees nothing of it. An expert is a person like any other, and is not on the ticket by being asked.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from spocd.desk.access import SPOCD, Actor
from spocd.desk.answer import Enclosed, enclose, quote_of, workable
from spocd.desk.documents import ConsultDocument, TicketDocument, document_of, find_ticket, moment, moment_or_none, save
from spocd.desk.evidence import survivor
from spocd.desk.journal import record
from spocd.desk.letter import Reader, own_chain, post
from spocd.desk.message import add_own
from spocd.desk.notice import notify_assignee
from spocd.desk.operation import Desk, operation
from spocd.desk.person import ensure_person, identity, known_person
from spocd.desk.public import Public
from spocd.domain import ticket as case
from spocd.domain.address import Address, parse
from spocd.domain.consult import MOST_REMINDERS, REMIND_AFTER, SHORTEST, next_look
from spocd.domain.notice import What
from spocd.domain.person import check_name
from spocd.domain.thread import Author, Claim
from spocd.domain.ticket import Ticket
from spocd.domain.token import Purpose
from spocd.errors import Exit, Refused
from spocd.store import Row

MOST_AT_ONCE = 100  # reminders of one look of the clock
NEVER = 0  # as `remind`: the expert is left alone


@operation("ticket.consult", writes=True)
async def consult(
    desk: Desk,
    actor: Actor,
    *,
    ticket: int,
    to: str,
    body: str,
    name: str = "",
    quote: bool = False,
    remind: int = REMIND_AFTER,
    attachments: list[Enclosed] | None = None,
    if_rev: int | None = None,
) -> TicketDocument:
    """Ask an expert by mail; the answer becomes an internal note. Reminders after `remind` seconds, 0 for none."""
    before = await workable(desk, ticket, if_rev)
    after = case.asked_about(before, desk.now)
    if not body.strip():
        raise Refused("empty", "The question is empty. Give it with -b TEXT, -F FILE or -e.", Exit.USAGE)
    if remind != NEVER and remind < SHORTEST:
        raise Refused("too-soon", "A reminder comes after a minute at least, such as --remind 2d.", Exit.USAGE)
    address = parse(to)
    person = await _expert(desk, actor, before, address, check_name(name))
    position, message = await add_own(
        desk, actor, before, kind="note", body=body, recipients=[{"name": person["name"], "address": str(address)}]
    )
    await enclose(desk, actor, message, attachments)
    remind_at = None if remind == NEVER else desk.now + remind
    await desk.tx.one(
        "add_consult", ticket=ticket, person=person["id"], address=str(address), agent=actor.agent, message=message,
        now=desk.now, remind_at=remind_at,
    )  # fmt: skip
    last = await desk.tx.one("last_message_of_requester", ticket=ticket) if quote else None
    said = {"body": body.rstrip(), "agent_name": actor.name, **quote_of(desk, last)}
    letter = await _post(desk, before, person, str(address), 0, kind="consult", message=message, said=said)
    await save(desk, before, after)
    await record(
        desk, ticket, actor, "consulted", person=str(address), message=position, letter=letter,
        remind_at=moment_or_none(remind_at),
    )  # fmt: skip
    return await document_of(desk, ticket)


async def _expert(desk: Desk, actor: Actor, ticket: Ticket, address: Address, name: str) -> Row:
    if desk.settings.own.own(str(address)):
        raise Refused("own-address", f"{address} is an address of this desk. Name the expert who is asked.", Exit.USAGE)
    if colleague := await desk.tx.one("agent_of_address", address=str(address).lower()):
        login = colleague["login"]
        raise Refused(
            "colleague",
            f"{address} is {login}, who works here. Name them in a note: spocd ticket note {ticket.number} -b"
            f" '@{login} …'; or give them the case: spocd ticket assign {ticket.number} {login}",
        )
    person = await ensure_person(desk, address, name, by=actor)
    if await identity(desk, person["id"]) == await identity(desk, ticket.requester):
        raise Refused(
            "requester",
            f"{address} is the requester of #{ticket.number}. Ask them with: spocd ticket reply {ticket.number}",
            Exit.USAGE,
        )
    return person


async def _post(
    desk: Desk, ticket: Ticket, person: Row, address: str, generation: int, *, kind: str, message: int | None,
    said: Mapping[str, str | Public],
) -> int | None:  # fmt: skip
    ring = await desk.ring()
    chain = await own_chain(desk, ticket, ring, Purpose.EXPERT, person["id"])
    reader = Reader(person["id"], person["name"], address, person["language"], True, generation, Purpose.EXPERT)
    service = await desk.tx.one("service", key=ticket.service) if ticket.service else None
    if service is not None and service["restricted"]:
        said = {**said, "subject": ""}  # what it is about is for its team alone
    return await post(
        desk, ring, ticket, reader, kind=kind, cause="staff", message=message, chain=chain, variables=said
    )


@operation("ticket.consult_cancel", writes=True)
async def cancel(desk: Desk, actor: Actor, *, ticket: int, to: str, if_rev: int | None = None) -> TicketDocument:
    """Wait no longer for an expert; what they still write is filed all the same."""
    before = await workable(desk, ticket, if_rev)
    person = await known_person(desk, actor, str(parse(to)))
    ended = person and await desk.tx.run("end_consult", ticket=ticket, person=person["id"], now=desk.now)
    if not ended:
        raise Refused("not-asked", f"No answer of {to} is waited for on #{ticket}.", Exit.NOT_FOUND)
    await save(desk, before, case.filed(before, desk.now))
    await record(desk, ticket, actor, "consult ended", person=to)
    return await document_of(desk, ticket)


async def answered(desk: Desk, ticket: Ticket, claim: Claim, author: Author, message: str, text: str) -> None:
    """An expert's answer is on the ticket, as a note: whoever has the case is told."""
    expert = claim.person or 0
    one = await identity(desk, expert)
    asker = await _asker(desk, ticket, one)
    await desk.tx.run("consult_answered", ticket=ticket.number, person=one, now=desk.now)
    if author.person is not None and author.person == one:
        await desk.tx.run("person_is_known", id=expert, now=desk.now)
    writer = author.address or "unknown sender"
    other = None if author.address == claim.address else writer
    await record(desk, ticket.number, writer, "consult answered", person=claim.address, other=other, message=message)
    instead_of = claim.address if other else ""
    await notify_assignee(
        desk, writer, ticket, What.CONSULT_ANSWERED, body=text, instead=asker,
        who=author.address or "", other=instead_of,
    )  # fmt: skip


async def _asker(desk: Desk, ticket: Ticket, expert: int) -> int | None:
    row = await desk.tx.one("asker_of_expert", ticket=ticket.number, person=expert)
    return row["agent"] if row else None


async def lost(desk: Desk, letter: Row, why: str) -> None:
    """A question cannot be delivered: nobody is reminded of it, and whoever has the case is told."""
    ticket = await find_ticket(desk, await survivor(desk, letter["ticket"]))
    one = await identity(desk, letter["person"])
    asker = await _asker(desk, ticket, one)
    await desk.tx.run("end_consult", ticket=ticket.number, person=one, now=desk.now)
    await record(desk, ticket.number, SPOCD, "consult ended", person=letter["recipient"], why=why)
    await notify_assignee(desk, SPOCD, ticket, What.CONSULT_LOST, instead=asker, who=letter["recipient"], fault=why)


async def remind(desk: Desk) -> int:
    """Remind those whose time has come; after the last time whoever has the case is told. How many were looked at."""
    rows = await desk.tx.all("consults_to_remind", now=desk.now, most=MOST_AT_ONCE)
    for row in rows:
        ticket = await find_ticket(desk, row["ticket"])
        if not ticket.is_open:
            await desk.tx.run("end_consult", ticket=row["ticket"], person=row["person"], now=desk.now)
        elif row["reminders"] >= MOST_REMINDERS:
            await _give_up(desk, ticket, row)
        else:
            await _remind(desk, ticket, row)
    return len(rows)


async def _remind(desk: Desk, ticket: Ticket, row: Row) -> None:
    reminders = row["reminders"] + 1
    at = next_look(row["asked_at"], row["remind_at"], reminders, desk.now)
    await desk.tx.run("consult_reminded", id=row["id"], remind_at=at, reminders=reminders)
    asked = datetime.fromtimestamp(row["asked_at"], ZoneInfo(desk.settings.zone))
    said = {"body": row["text"], "reader_name": row["name"], "asked_on": asked.strftime("%Y-%m-%d")}
    person = {"id": row["person"], "name": row["name"], "language": row["language"]}
    # The number that they were given stays theirs: the case may be merged into another now, and parted from it again.
    asked_on = await find_ticket(desk, row["origin"])
    letter = await _post(
        desk, asked_on, person, row["address"], row["generation"], kind="reminder", message=None, said=said
    )
    await record(desk, ticket.number, SPOCD, "consult reminded", person=row["address"], letter=letter, n=reminders)


async def _give_up(desk: Desk, ticket: Ticket, row: Row) -> None:
    await desk.tx.run("consult_reminded", id=row["id"], remind_at=None, reminders=row["reminders"])
    await record(desk, ticket.number, SPOCD, "consult unanswered", person=row["address"])
    await notify_assignee(
        desk, SPOCD, ticket, What.CONSULT_SILENT, instead=row["agent"], who=row["address"], times=MOST_REMINDERS
    )


async def consults_of(desk: Desk, ticket: int) -> list[ConsultDocument]:
    """Who was asked about a ticket, and how long each let us wait."""
    return [_document(row) for row in await desk.tx.all("consults", ticket=ticket)]


def _document(row: Row) -> ConsultDocument:
    answered_at, ended_at = row["answered_at"], row["ended_at"]
    until = answered_at if answered_at is not None else ended_at
    return {
        "expert": {"name": row["name"], "address": row["address"]},
        "asked_by": row["login"],
        "asked_at": moment(row["asked_at"]),
        "message": f"{row['origin']}.{row['position']}",
        "state": "answered" if answered_at is not None else "ended" if ended_at is not None else "waiting",
        "answered_at": moment_or_none(answered_at),
        "ended_at": moment_or_none(ended_at),
        "reminders": row["reminders"],
        "remind_at": moment_or_none(row["remind_at"]),
        "waited": None if until is None else max(0, until - row["asked_at"]),
    }
