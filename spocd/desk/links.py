"""Tickets that belong together, and what they have to do with things outside of this desk."""

from __future__ import annotations

from typing import Literal

from spocd.desk.access import Actor
from spocd.desk.answer import workable
from spocd.desk.documents import TicketDocument, document_of, find_ticket, save
from spocd.desk.journal import record
from spocd.desk.operation import Desk, operation
from spocd.domain.links import BOTH_SIDES, PARENT, check_link, target_of
from spocd.domain.ticket import Ticket, filed
from spocd.errors import Exit, Refused

Relation = Literal["parent", "blocks", "duplicate", "caused-by"]
Outside = Literal["change", "ticket", "url"]


@operation("ticket.link", writes=True)
async def link(
    desk: Desk,
    actor: Actor,
    *,
    ticket: int,
    relation: Relation,
    other: int,
    remove: bool = False,
    if_rev: int | None = None,
) -> TicketDocument:
    """Say what a ticket is to another: a part, what blocks it, a duplicate, or what came of it."""
    before = await workable(desk, ticket, if_rev)
    there = await find_ticket(desk, other)
    if remove:
        await _unlink(desk, before, relation, there)
    else:
        await _link(desk, before, relation, there)
    event = "unlinked" if remove else "linked"
    for one, another, reads in zip((before, there), (there, before), BOTH_SIDES[relation], strict=True):
        await save(desk, one, filed(one, desk.now))
        await record(desk, one.number, actor, event, relation=reads, other=another.number)
    return await document_of(desk, ticket)


async def _link(desk: Desk, ticket: Ticket, relation: str, other: Ticket) -> None:
    number, to = ticket.number, other.number
    back = await desk.tx.one("link_leads_to", start=to, relation=relation, goal=number)
    parent = await desk.tx.one("link_of", ticket=number, relation=PARENT)
    check_link(number, relation, to, leads_back=back is not None, parent=parent["other"] if parent else None)
    if not await desk.tx.run("link_tickets", ticket=number, relation=relation, other=to, now=desk.now):
        raise Refused("there", f"#{number} and #{to} are linked so already.", Exit.CONFLICT)


async def _unlink(desk: Desk, ticket: Ticket, relation: str, other: Ticket) -> None:
    if not await desk.tx.run("unlink_tickets", ticket=ticket.number, relation=relation, other=other.number):
        raise Refused("not-there", f"#{ticket.number} and #{other.number} are not linked so.", Exit.NOT_FOUND)


@operation("ticket.link_outside", writes=True)
async def link_outside(
    desk: Desk,
    actor: Actor,
    *,
    ticket: int,
    relation: Outside,
    target: str,
    remove: bool = False,
    if_rev: int | None = None,
) -> TicketDocument:
    """Note what outside of this desk a ticket has to do with: a change, a ticket of another system, a page."""
    before = await workable(desk, ticket, if_rev)
    row = {"ticket": ticket, "relation": relation, "target": target_of(target)}
    if remove and not await desk.tx.run("unlink_outside", **row):
        raise Refused("not-there", f"#{ticket} is not linked to “{row['target']}”.", Exit.NOT_FOUND)
    if not remove and not await desk.tx.run("link_outside", **row, now=desk.now):
        raise Refused("there", f"#{ticket} is linked to “{row['target']}” already.", Exit.CONFLICT)
    await save(desk, before, filed(before, desk.now))
    await record(desk, ticket, actor, "unlinked" if remove else "linked", relation=relation, target=row["target"])
    return await document_of(desk, ticket)
