"""Messages that belong elsewhere: to another ticket, or to one of their own. Their names never change."""

from __future__ import annotations

from spocd.desk import search, traces
from spocd.desk.access import Actor, no_ticket
from spocd.desk.answer import tell, workable
from spocd.desk.casework import check_sight
from spocd.desk.documents import TicketDocument, document_of, find_ticket, save
from spocd.desk.journal import record
from spocd.desk.message import find_message
from spocd.desk.opening import open_ticket
from spocd.desk.operation import Desk, operation
from spocd.desk.person import ensure_person
from spocd.domain.address import find
from spocd.domain.casework import subject_of
from spocd.domain.ticket import Ticket, check_rev, filed, written_to
from spocd.errors import Exit, Refused
from spocd.store import Row

MOST_MESSAGES = 200  # that one split takes


class MovedTo(TicketDocument):
    left_empty: int | None  # the ticket that the messages were on, where it has none any more


@operation("message.move", writes=True)
async def move(desk: Desk, actor: Actor, *, message: str, to: str, if_rev: int | None = None) -> MovedTo:
    """Move a message to another ticket, or to a new one; its name stays the same."""
    if to == "new":
        return await split(desk, actor, messages=[message], if_rev=if_rev)
    row = await find_message(desk, message)
    source, target = await find_ticket(desk, row["ticket"]), await _target(desk, actor, to)
    check_rev(source, if_rev)
    if target.number == source.number:
        raise Refused("there", f"{message} is on #{source.number} already.")
    await check_sight(desk, source, target)
    await _carry(desk, actor, [row], source, target)
    return await _moved(desk, source, target)


@operation("ticket.split", writes=True)
async def split(
    desk: Desk,
    actor: Actor,
    *,
    messages: list[str],
    subject: str | None = None,
    notify: bool = False,
    if_rev: int | None = None,
) -> MovedTo:
    """Make a new ticket of messages of another, for whoever wrote the first of them; their names stay the same."""
    rows = [await find_message(desk, each) for each in dict.fromkeys(messages)]
    if not 0 < len(rows) <= MOST_MESSAGES:
        raise Refused("bad-messages", f"Name 1 to {MOST_MESSAGES} messages, such as 12.3.", Exit.USAGE)
    if len({row["ticket"] for row in rows}) > 1:
        raise Refused("several-tickets", "These messages are on several tickets. Split one at a time.")
    rows.sort(key=lambda row: int(row["id"]))
    source = await find_ticket(desk, rows[0]["ticket"])
    check_rev(source, if_rev)
    target = await _new_from(desk, actor, source, rows, subject)
    await _carry(desk, actor, rows, source, target)
    if notify:
        await tell(desk, actor, target, kind="acknowledgement", message=None, variables={})
    return await _moved(desk, source, target)


async def _moved(desk: Desk, source: Ticket, target: Ticket) -> MovedTo:
    left = await desk.tx.all("message_ids", ticket=source.number)
    return {**(await document_of(desk, target.number)), "left_empty": None if left else source.number}


async def _target(desk: Desk, actor: Actor, to: str) -> Ticket:
    bare = to.removeprefix("#")
    if not bare.isdecimal() or len(bare) > 18:
        raise Refused("bad-ticket", f"“{to}” is no ticket. Give a number, or “new”.", Exit.USAGE)
    ticket = await workable(desk, int(bare), None)
    if ticket.service in actor.hidden:
        raise no_ticket(ticket.number)
    return ticket


async def _carry(desk: Desk, actor: Actor, rows: list[Row], source: Ticket, target: Ticket) -> None:
    """Put messages of a ticket on another."""
    await traces.follow(desk, source, rows)
    await desk.tx.batch("move_message", [{"id": row["id"], "ticket": target.number} for row in rows])
    for each in (source, target):
        await search.forget(desk, each.number)
    ids = [row["message_id"] for row in rows if row["message_id"]]
    # An answer to it must find one ticket: on two, it would open a third. The ids of a merged one are still its own.
    merged = [row["number"] for row in await desk.tx.all("merged_here", ticket=source.number)]
    gone = [{"message_id": each, "ticket": number} for each in ids for number in (source.number, *merged)]
    await desk.tx.batch("forget_seen_id", gone)
    await desk.tx.batch("add_seen_ids", [{"message_id": each, "ticket": target.number} for each in ids])
    # Whoever wrote one is not on that ticket by this; the agent sees them proposed.
    writers = {row["author_address"].lower(): row["author_name"] for row in rows if _has_writer(row)}
    await desk.tx.batch(
        "add_correspondents", [{"ticket": target.number, "address": a, "name": n} for a, n in writers.items()]
    )
    came_in = any(_came_in(row) for row in rows)
    await save(desk, source, filed(source, desk.now))
    await save(desk, target, written_to(target, desk.now, since=desk.now) if came_in else filed(target, desk.now))
    for row in rows:
        name = f"{row['origin']}.{row['position']}"
        await record(desk, source.number, actor, "moved", message=name, to=target.number)
        await record(desk, target.number, actor, "moved here", message=name, was=source.number)


def _has_writer(message: Row) -> bool:
    return _came_in(message) and find(message["author_address"]) is not None


def _came_in(message: Row) -> bool:
    """Whether a person wrote this to the desk, so that they wait for it."""
    return bool(message["kind"] == "mail" and message["direction"] == "in")


def _is_inside(message: Row) -> bool:
    """Whether nobody outside has seen this or may come to see it: a note, an expert's answer."""
    return bool(message["kind"] == "note")


async def _writer(desk: Desk, actor: Actor, source: Ticket, message: Row) -> int:
    """The person who wrote a mail; what the desk itself wrote, and what stays inside, belongs to the requester."""
    if _is_inside(message):
        return source.requester
    if message["person"] is not None:
        return int(message["person"])
    address = find(message["author_address"]) if _came_in(message) else None
    if address is None:
        return source.requester
    return int((await ensure_person(desk, address, message["author_name"], by=actor))["id"])


async def _new_from(desk: Desk, actor: Actor, source: Ticket, rows: list[Row], subject: str | None) -> Ticket:
    """A new ticket for messages that are a matter of their own."""
    first = next((row for row in rows if _came_in(row)), rows[0])
    own = "" if _is_inside(first) else first["subject"]
    ticket = await open_ticket(
        desk,
        actor,
        requester=await _writer(desk, actor, source, first),
        subject=subject_of(subject) if subject is not None else own or source.subject,
        # An expert's mail is one, on a ticket that came by phone too.
        channel="mail" if first["kind"] == "mail" or first["raw"] is not None else source.channel,
        address=source.address,
        service=source.service,
        kind=source.kind,
        priority=source.priority,
        waiting_since=first["created_at"],
        why=f"moved from #{source.number}",
    )
    await desk.tx.run("link_tickets", ticket=ticket.number, relation="continues", other=source.number, now=desk.now)
    return ticket
