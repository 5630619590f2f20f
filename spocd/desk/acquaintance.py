"""Whom somebody knows. People of hidden tickets alone are not there for an agent, unless a directory has them.

What is one person may be several rows, and each is known by its own tickets: of somebody whom an agent knows they learn
no address, name or group of a row that they would not know by itself (docs/decisions/012-people-of-hidden-tickets.md).
"""

from __future__ import annotations

from dataclasses import dataclass

from spocd.desk.access import Actor
from spocd.desk.operation import Desk


@dataclass(frozen=True, slots=True)
class Acquaintance:
    """What of a person somebody knows: all but the rows `without`, and since when, where that is not from the first."""

    without: frozenset[int] = frozenset()
    since: int | None = None
    is_none: bool = False


async def acquaintance(desk: Desk, actor: Actor, person: int) -> Acquaintance:
    """What of a person the actor knows; `person` is who they are now. It costs nothing where nothing is hidden."""
    if not actor.hidden:
        return Acquaintance()
    rows = await desk.tx.all("rows_of_person", person=person, viewer=actor.agent)
    times = [row["known_since"] for row in rows if row["known_since"] is not None]
    unknown = frozenset(row["id"] for row in rows if row["known_since"] is None)
    if not times:
        return Acquaintance(unknown, is_none=True)
    return Acquaintance(unknown, since=min(times))
