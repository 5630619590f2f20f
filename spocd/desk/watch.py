"""Watching: what happens to tickets, out of the journal, by the number of its last line that was told.

`watch` is a page of that, and decides who may see what. The daemon tells the pages as they come (daemon/watching.py).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any, TypedDict

from spocd.desk.access import Actor, services_of
from spocd.desk.documents import find_ticket, moment
from spocd.desk.operation import Desk, operation
from spocd.desk.withheld import is_about, named_tickets, pruned
from spocd.store import Row, Transaction

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
    rows = await lines_after(desk.tx, max(after, 0), ticket=ticket)
    return {"events": seen(rows, actor, ticket), "last": rows[-1]["id"] if len(rows) == MOST else newest}


async def lines_after(tx: Transaction, after: int, *, ticket: int | None = None) -> list[Row]:
    """The next lines of the journal, of one ticket or all; each with the tickets that it names, by their services."""
    if ticket is None:
        rows = await tx.all("events_after", after=after, most=MOST)
    else:
        rows = await tx.all("events_of_ticket_after", ticket=ticket, after=after, most=MOST)
    details: list[dict[str, Any]] = [json.loads(row["detail"]) for row in rows]
    named = await services_of(tx, named_tickets(details))
    return [{**row, "detail": detail, "named": named} for row, detail in zip(rows, details, strict=True)]


def seen(rows: Iterable[Row], actor: Actor, ticket: int | None) -> list[Event]:
    """The events that these lines (of `lines_after`) are to somebody who watches a ticket, or all that they see."""
    return [_event(row, actor) for row in rows if _concerns(row, actor, ticket)]


def _concerns(row: Row, actor: Actor, ticket: int | None) -> bool:
    if row["ticket"] is None or row["service"] in actor.hidden or is_about(row["detail"], _hides(row, actor)):
        return False
    return ticket is None or bool(row["ticket"] == ticket)


def _hides(row: Row, actor: Actor) -> Callable[[int], bool]:
    return lambda number: row["named"].get(number) in actor.hidden


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
        "detail": pruned(row["detail"], _hides(row, actor)),
    }
