"""Whose turn it is: the queue, taking, giving, putting back."""

from __future__ import annotations

from spocd.desk.access import Actor
from spocd.desk.answer import workable
from spocd.desk.documents import TicketDocument, TicketList, document_of, find_ticket, save
from spocd.desk.journal import record
from spocd.desk.operation import Desk, operation
from spocd.domain import ticket as case
from spocd.domain.ticket import Ticket
from spocd.errors import Exit, Refused


@operation("ticket.next", writes=True)
async def next_ticket(desk: Desk, actor: Actor, *, claim: bool = False) -> TicketList:
    """Show the case that is next in the fair order; with claim, take it in the same step."""
    row = await desk.tx.one("next_in_queue", agent=actor.agent)
    if row is None:
        return {"tickets": [], "cursor": None}
    if claim:
        ticket = await find_ticket(desk, row["number"])
        await give(desk, actor, ticket, actor.as_agent(), "taken", to=actor.login, why="next in the queue")
    return {"tickets": [await document_of(desk, row["number"])], "cursor": None}


@operation("ticket.take", writes=True)
async def take(
    desk: Desk, actor: Actor, *, ticket: int, reason: str | None = None, if_rev: int | None = None
) -> TicketDocument:
    """Take a ticket; one that somebody has needs a reason."""
    before = await workable(desk, ticket, if_rev)
    agent = actor.as_agent()
    await _check_reason(desk, actor, before, agent, reason)
    await give(desk, actor, before, agent, "taken", to=actor.login, why=reason)
    return await document_of(desk, ticket)


@operation("ticket.release", writes=True)
async def release(
    desk: Desk, actor: Actor, *, ticket: int, reason: str | None = None, if_rev: int | None = None
) -> TicketDocument:
    """Put a ticket back into the queue, at the place that its waiting time gives it."""
    before = await workable(desk, ticket, if_rev)
    if before.assignee is None:
        raise Refused("nobody", f"Nobody has #{ticket}: it is in the queue already.")
    await give(desk, actor, before, None, "released", why=reason)
    return await document_of(desk, ticket)


@operation("ticket.assign", writes=True)
async def assign(
    desk: Desk, actor: Actor, *, ticket: int, to: str, reason: str | None = None, if_rev: int | None = None
) -> TicketDocument:
    """Give a ticket to an agent; one that somebody has needs a reason."""
    before = await workable(desk, ticket, if_rev)
    agent = await desk.tx.one("agent_of_login", login=to)
    if agent is None:
        raise Refused("no-such-agent", f"There is no agent “{to}”. See: spocd agent list", Exit.NOT_FOUND)
    await _check_reason(desk, actor, before, agent["id"], reason)
    await give(desk, actor, before, agent["id"], "assigned", to=to, why=reason)
    return await document_of(desk, ticket)


async def _check_reason(desk: Desk, actor: Actor, ticket: Ticket, agent: int, reason: str | None) -> None:
    if ticket.assignee is None or reason:
        return
    holder = "you" if ticket.assignee == actor.agent else (await document_of(desk, ticket.number))["assignee"]
    if ticket.assignee == agent:
        raise Refused("there", f"#{ticket.number} is with {holder} already.")
    raise Refused("taken", f"#{ticket.number} is with {holder}. Say why it moves: --reason TEXT", Exit.CONFLICT)


async def give(desk: Desk, actor: Actor, ticket: Ticket, agent: int | None, event: str, **detail: str | None) -> None:
    await save(desk, ticket, case.given(ticket, agent, desk.now))
    await record(desk, ticket.number, actor, event, **detail)
