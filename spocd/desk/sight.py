"""A case that whoever has it does not see, or no longer sees, goes to the team that does."""

from __future__ import annotations

from dataclasses import replace

from spocd.desk.access import SPOCD, Actor
from spocd.desk.documents import find_ticket
from spocd.desk.handover import Reason, move
from spocd.desk.notice import is_hidden_from
from spocd.desk.operation import Desk
from spocd.domain.ticket import Ticket

MOST_AT_ONCE = 100  # cases that one look of the clock moves


async def is_out_of_sight(desk: Desk, ticket: Ticket) -> bool:
    """Whether somebody has a ticket, and does not see it."""
    holder = None if ticket.assignee is None else await desk.tx.one("card", agent=ticket.assignee)
    return holder is not None and await is_hidden_from(desk, holder, ticket)


async def to_who_sees_it(desk: Desk, actor: Actor, ticket: Ticket, *, after: Ticket) -> Ticket:
    """Put a ticket into the queue of its service's team. Its requester hears who has it now, and not why."""
    service = await desk.tx.one("service", key=after.service)
    team = await desk.tx.one("team_named", key=service["team"]) if service and service["team"] else None
    reason = Reason(
        f"only the team of {after.service} sees it", team=team["name"] if team else "", cause="theirs" if team else ""
    )
    after = replace(after, team=team["key"] if team else None)
    return await move(desk, actor, ticket, None, reason, event="returned", after=after)


async def return_unseen(desk: Desk) -> int:
    """What the clock does for those who left a team, or whose service became restricted; how many cases moved."""
    rows = await desk.tx.all("cases_out_of_sight", most=MOST_AT_ONCE)
    for row in rows:
        ticket = await find_ticket(desk, row["number"])
        await to_who_sees_it(desk, SPOCD, ticket, after=ticket)
    return len(rows)
