"""Organisations of people: the one that somebody was given, else that of the domain they write from."""

from __future__ import annotations

from spocd.desk.documents import OrganisationBrief
from spocd.desk.operation import Desk
from spocd.errors import Exit, Refused
from spocd.store import Row


async def organisation_of(desk: Desk, person: int) -> OrganisationBrief | None:
    """The organisation that a person belongs to, with what an agent should know of it. In SQL: the view `belonging`."""
    row = await desk.tx.one("organisation_of_person", person=person)
    if row is None:
        return None
    return {"key": row["key"], "name": row["name"], "briefing": row["briefing"], "manager": row["manager"]}


async def organisation_named(desk: Desk, named: str) -> str:
    """The key of the organisation of this key, or of this name; Refused where there is none."""
    return key_of(await desk.tx.all("organisation_names"), named)


def key_of(known: list[Row], named: str) -> str:
    """As `organisation_named`, among organisations that were read before."""
    wanted = " ".join(named.split()).casefold()
    for row in known:
        if wanted in (row["key"].casefold(), row["name"].casefold()):
            return str(row["key"])
    keys = ", ".join(row["key"] for row in known[:10])
    there = f"There are: {keys}." if known else "There are none yet: they are made in desk.toml."
    raise Refused("no-such-organisation", f"There is no organisation “{named}”. {there}", Exit.NOT_FOUND)
