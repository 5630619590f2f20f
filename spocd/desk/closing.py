"""Tickets are closed with what came of them, what they consist of with them if it is asked for, and opened again."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from spocd.desk.access import Actor
from spocd.desk.answer import Resolution, tell, workable
from spocd.desk.documents import TicketDocument, document_of, find_ticket, save
from spocd.desk.handover import answering_takes
from spocd.desk.journal import record
from spocd.desk.operation import Desk, operation
from spocd.desk.parts import blockers_of, open_parts
from spocd.desk.public import written_to_people
from spocd.domain import ticket as case
from spocd.domain.links import check_closable
from spocd.domain.ticket import Ticket
from spocd.errors import Exit, Refused

Children = Literal["refuse", "leave", "close"]
MOST_AT_ONCE = 200  # tickets that are closed with one


@dataclass(frozen=True, slots=True)
class _Closing:
    """How a ticket, and what it consists of, is to be closed."""

    body: str
    takes: bool  # a last word is an answer: whoever gives it takes what nobody had
    resolution: str | None
    notify: bool
    children: str
    though_blocked: bool


@operation("ticket.close", writes=True)
async def close(
    desk: Desk,
    actor: Actor,
    *,
    ticket: int,
    body: str | None = None,
    reason: str | None = None,
    resolution: Resolution | None = None,
    children: Children = "refuse",
    though_blocked: bool = False,
    notify: bool = True,
    if_rev: int | None = None,
) -> TicketDocument:
    """Resolve a ticket and tell its people, with a last word if there is one; an answer opens it again."""
    before = await workable(desk, ticket, if_rev)
    takes = bool((body or "").strip()) and await answering_takes(desk, actor, before, reason)
    how = _Closing((body or "").rstrip(), takes, resolution, notify, children, though_blocked)
    closing = [(before, reason)]
    if children == "close":
        closing += [(each, reason or f"closed with #{ticket}") for each in await _all_parts(desk, actor, ticket)]
    for each, why in reversed(closing):
        # The last word is for the people of the ticket that was named: those of its parts may not know of each other.
        await _close(desk, actor, each, how if each.number == ticket else replace(how, body="", takes=False), why)
    return await document_of(desk, ticket)


async def _close(desk: Desk, actor: Actor, ticket: Ticket, how: _Closing, why: str | None) -> None:
    number = ticket.number
    if ticket.state == case.State.SPAM:
        raise Refused("spam", f"#{number} is filed as spam. Reopen it first: spocd ticket reopen {number}")
    answered = case.answered(ticket, desk.now) if how.body and ticket.is_open else ticket
    if how.takes:
        answered = case.answered(case.given(answered, actor.agent, desk.now), desk.now)
        await record(desk, number, actor, "taken", to=actor.login, why="answered it")
    after = case.resolved(answered, desk.now, resolution=how.resolution)
    check_closable(
        number,
        children=await open_parts(desk, actor, number) if how.children == "refuse" else [],
        blockers=[] if how.though_blocked else await blockers_of(desk, actor, number),
    )
    await save(desk, ticket, after)
    await desk.tx.run("drop_handovers", ticket=number)
    await record(desk, number, actor, "resolved", why=why, resolution=how.resolution)
    if how.notify:
        await tell(desk, actor, ticket, kind="closed", message=None, variables={"body": written_to_people(how.body)})


async def _all_parts(desk: Desk, actor: Actor, ticket: int) -> list[Ticket]:
    """The open tickets that this one consists of, and those that they consist of: each after the one it is part of."""
    found: dict[int, Ticket] = {}
    look = [ticket]
    while look:
        parts = await open_parts(desk, actor, look.pop(0))
        new = [each.number for each in parts if each.number not in found]
        found |= {number: await find_ticket(desk, number) for number in new}
        look += new
        if len(found) > MOST_AT_ONCE:
            raise Refused(
                "too-many", f"#{ticket} consists of more than {MOST_AT_ONCE} open tickets. Close them in steps.",
                Exit.REFUSED,
            )  # fmt: skip
    return list(found.values())


@operation("ticket.reopen", writes=True)
async def reopen(
    desk: Desk, actor: Actor, *, ticket: int, reason: str | None = None, if_rev: int | None = None
) -> TicketDocument:
    """Open a ticket again that was resolved, closed or filed as spam."""
    before = await workable(desk, ticket, if_rev)
    await save(desk, before, case.reopened(before, desk.now))
    await record(desk, ticket, actor, "reopened", was=before.state, why=reason)
    return await document_of(desk, ticket)
