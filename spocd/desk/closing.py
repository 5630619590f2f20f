"""Tickets are closed with what came of them, what they consist of with them if it is asked for, and opened again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from spocd.desk.access import Actor
from spocd.desk.answer import Resolution, Words, resolve, say, tell, workable
from spocd.desk.documents import TicketDocument, document_of, find_ticket, save
from spocd.desk.handover import doing_takes
from spocd.desk.journal import record
from spocd.desk.notice import tell_holder
from spocd.desk.operation import Desk, operation
from spocd.desk.parts import open_parts
from spocd.domain import ticket as case
from spocd.domain.reasons import CLOSED_IT
from spocd.domain.ticket import Ticket
from spocd.errors import Exit, Refused

Children = Literal["refuse", "leave", "close"]
MOST_AT_ONCE = 200  # tickets that are closed with one


class ClosedTicket(TicketDocument):
    parts: list[int]  # that were closed with it


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
) -> ClosedTicket:
    """Resolve a ticket and tell its people, with a last word if there is one; an answer opens it again."""
    before = await workable(desk, ticket, if_rev)
    parts = await _all_parts(desk, actor, ticket) if children == "close" else []
    how = _Closing(resolution, notify, children != "refuse", though_blocked)
    for each in reversed(parts):
        # The last word is for the people of the ticket that was named: those of its parts may not know of each other.
        await _close(desk, actor, each, "", how, reason or f"closed with #{ticket}")
    await _close(desk, actor, before, body or "", how, reason)
    return {**(await document_of(desk, ticket)), "parts": [each.number for each in parts]}


@dataclass(frozen=True, slots=True)
class _Closing:
    """How a ticket, and what it consists of, is to be closed."""

    resolution: Resolution | None
    notify: bool
    though_parts: bool
    though_blocked: bool


async def _close(desk: Desk, actor: Actor, ticket: Ticket, body: str, how: _Closing, why: str | None) -> None:
    case.check_undone(ticket)
    after, has_words = ticket, bool(body.strip())
    if has_words:
        after = await say(desk, actor, ticket, Words(body, why, closing=True, notify=how.notify))
    elif await doing_takes(desk, actor, ticket, why, done=CLOSED_IT):
        await record(desk, ticket.number, actor, "taken", to=actor.login, why=CLOSED_IT)
        after = case.given(ticket, actor.agent, desk.now)
    after = await resolve(
        desk, actor, after, resolution=how.resolution, why=why, said=body, though_parts=how.though_parts,
        though_blocked=how.though_blocked,
    )  # fmt: skip
    await save(desk, ticket, after)
    if how.notify and not has_words:
        await tell(desk, actor, ticket, kind="closed", message=None, variables={})


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
    await tell_holder(desk, actor, before, "reopened", why=reason)
    return await document_of(desk, ticket)
