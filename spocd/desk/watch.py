"""Watching: what happens to tickets, out of the journal, by the number of its last line that was told.

`watch` is a page of that, and decides who may see what. The daemon tells the pages as they come (daemon/watching.py).
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, TypedDict

from spocd.desk.access import Actor
from spocd.desk.documents import find_ticket, moment
from spocd.desk.operation import Desk, operation
from spocd.desk.withheld import pruned
from spocd.store import Row

MOST = 200  # lines of the journal in one page: their details are far below a frame of 1 MiB together


class Event(TypedDict):
    id: int
    at: str
    ticket: int
    event: str
    actor: str
    subject: str
    state: str
    assignee: str | None
    service: str | None
    detail: dict[str, Any]


class Events(TypedDict):
    events: list[Event]
    last: int


@operation("ticket.watch", streams=True)
async def watch(desk: Desk, actor: Actor, *, ticket: int | None = None, after: int | None = None) -> Events:
    """Tell what happens to a ticket, or to all, from now on; or what has happened after the event with a number."""
    if ticket is not None:
        await find_ticket(desk, ticket)
    row = await desk.tx.one("newest_line")
    newest = row["id"] if row else 0
    if after is None or after >= newest:
        return {"events": [], "last": newest}
    if ticket is None:
        rows = await desk.tx.all("events_after", after=max(after, 0), most=MOST)
    else:
        rows = await desk.tx.all("events_of_ticket_after", ticket=ticket, after=max(after, 0), most=MOST)
    return {"events": seen(rows, actor, ticket), "last": rows[-1]["id"] if len(rows) == MOST else newest}


def seen(rows: Iterable[Row], actor: Actor, ticket: int | None) -> list[Event]:
    """The events that these lines are to somebody who watches a ticket, or all that they see."""
    return [_event(row, actor) for row in rows if _concerns(row, actor, ticket)]


def _concerns(row: Row, actor: Actor, ticket: int | None) -> bool:
    if row["ticket"] is None or row["service"] in actor.hidden:
        return False
    return ticket is None or bool(row["ticket"] == ticket)


def _detail(row: Row, actor: Actor) -> dict[str, Any]:
    """What the line says. Which other tickets it names cannot be asked for each who watches: those are left out."""
    detail: dict[str, Any] = json.loads(row["detail"])
    return pruned(detail, lambda number: number != row["ticket"]) if actor.hidden else detail


def _event(row: Row, actor: Actor) -> Event:
    return {
        "id": row["id"],
        "at": moment(row["at"]),
        "ticket": row["ticket"],
        "event": row["event"],
        "actor": row["actor"],
        "subject": row["subject"],
        "state": row["state"],
        "assignee": row["assignee"],
        "service": row["service"],
        "detail": _detail(row, actor),
    }
