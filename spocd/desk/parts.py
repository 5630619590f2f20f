"""What keeps a ticket from being closed: the open ones that it consists of, and those that it waits for."""

from __future__ import annotations

from spocd.desk.access import Actor, seen_by
from spocd.desk.operation import Desk
from spocd.domain.links import BLOCKS, PARENT, Other
from spocd.store import Row


async def open_parts(desk: Desk, actor: Actor, ticket: int) -> list[Other]:
    """The open tickets that a ticket consists of; what is hidden from the actor is not there."""
    return _others(await _open_linked(desk, actor, ticket, PARENT))


async def blockers_of(desk: Desk, actor: Actor, ticket: int) -> list[Other]:
    """The open tickets that block a ticket."""
    return _others(await _open_linked(desk, actor, ticket, BLOCKS))


async def _open_linked(desk: Desk, actor: Actor, ticket: int, relation: str) -> list[Row]:
    viewer = seen_by(actor).get("viewer")
    return await desk.tx.all("open_linked_to", ticket=ticket, relation=relation, viewer=viewer)


def _others(rows: list[Row]) -> list[Other]:
    return [Other(row["number"], row["state"]) for row in rows]
