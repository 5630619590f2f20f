"""What agents promise people for a time: told, watched, kept or broken, and counted."""

from __future__ import annotations

from typing import TypedDict

from spocd.desk.access import SPOCD, Actor, seen_by
from spocd.desk.documents import find_ticket, moment
from spocd.desk.evidence import survivor
from spocd.desk.journal import record
from spocd.desk.notice import notify_somebody
from spocd.desk.operation import Desk, operation
from spocd.domain.notice import What
from spocd.domain.promise import HOUR, warn_at
from spocd.domain.ticket import Ticket
from spocd.errors import Exit, Refused
from spocd.store import Row

MOST_AT_ONCE = 100  # promises of one look of the clock
EVER = 2**62


class PromiseCount(TypedDict):
    """What became of what one agent promised. `broken` are past and not kept; what was kept late is none of them."""

    agent: str
    name: str
    made: int
    kept: int
    kept_late: int
    broken: int
    open: int
    withdrawn: int


class PromiseReport(TypedDict):
    promises: list[PromiseCount]


def check_promise(due_at: int, *, close: bool, pend_until: int | None, now: int) -> None:
    """Refuse a promise that cannot be one."""
    if close:
        raise Refused("both", "What is closed has nothing left to promise. Take --close or --promise.", Exit.USAGE)
    if due_at <= now:
        raise Refused("past", "That moment has passed. Promise one to come, such as --promise +4h or 'fri 15:00'.")
    if pend_until is not None and pend_until > due_at:
        raise Refused("too-late", "It would rest beyond what is promised. Let it rest until then at most.", Exit.USAGE)


async def keep(desk: Desk, actor: Actor, ticket: Ticket) -> None:
    """The desk answers: what was promised is kept, or kept late."""
    for row in await desk.tx.all("promises_to_keep", ticket=ticket.number):
        late = max(0, desk.now - row["due_at"])
        await record(desk, ticket.number, actor, "promise kept", until=moment(row["due_at"]), late=late or None)
    await desk.tx.run("keep_promises", ticket=ticket.number, now=desk.now)


async def make(desk: Desk, actor: Actor, ticket: Ticket, due_at: int) -> None:
    """Promise its people that they hear again by then."""
    await desk.tx.run("add_promise", ticket=ticket.number, agent=actor.agent, due_at=due_at, now=desk.now)
    await record(desk, ticket.number, actor, "promised", until=moment(due_at))


async def watch(desk: Desk) -> int:
    """Warn of what is soon due, and say of what is past that it was broken, each once; how many."""
    rows = await desk.tx.all("promises_due", now=desk.now, soon=desk.now + HOUR, most=MOST_AT_ONCE)
    return sum([await _look_at(desk, row) for row in rows])


async def _look_at(desk: Desk, row: Row) -> int:
    ticket = await find_ticket(desk, await survivor(desk, row["ticket"]))
    due, whose = desk.clock(row["due_at"]), (ticket.assignee, row["agent"])
    if row["due_at"] < desk.now:
        await desk.tx.run("promise_broken", id=row["id"], now=desk.now)
        await record(desk, ticket.number, SPOCD, "promise broken", until=moment(row["due_at"]))
        await notify_somebody(desk, SPOCD, ticket, What.PROMISE_BROKEN, first=whose, due=due)
        return 1
    if row["warned_at"] is not None or desk.now < warn_at(row["made_at"], row["due_at"]):
        return 0
    await desk.tx.run("promise_warned", id=row["id"], now=desk.now)
    await notify_somebody(desk, SPOCD, ticket, What.PROMISE_NEAR, first=whose, due=due)
    return 1


@operation("report.promises")
async def report(desk: Desk, actor: Actor, *, since: int | None = None, until: int | None = None) -> PromiseReport:
    """Count what became of what was promised in a time, for each agent."""
    rows = await desk.tx.all(
        "promises_by_agent",
        since=0 if since is None else since,
        until=EVER if until is None else until,
        now=desk.now,
        viewer=seen_by(actor).get("viewer"),
    )
    return {"promises": [_count(row) for row in rows]}


def _count(row: Row) -> PromiseCount:
    return {
        "agent": row["agent"],
        "name": row["name"],
        "made": row["made"],
        "kept": row["kept"],
        "kept_late": row["kept_late"],
        "broken": row["broken"],
        "open": row["open"],
        "withdrawn": row["withdrawn"],
    }
