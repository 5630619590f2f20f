"""People: whoever writes to the desk or stands on a ticket."""

from __future__ import annotations

from typing import TypedDict

from spocd.desk.access import Actor, seen_by
from spocd.desk.documents import TicketDocument, moment, page_size, ticket_document
from spocd.desk.operation import Desk, operation
from spocd.desk.search import people_with
from spocd.domain.address import Address, parse
from spocd.domain.language import Tongue, heard
from spocd.domain.reading import Reading
from spocd.errors import Exit, Refused
from spocd.store import Row
from spocd.store.listings import cursor as page_cursor

PAGE = 50


class PersonSummary(TypedDict):
    name: str
    address: str
    language: str | None
    tickets: int


class PersonList(TypedDict):
    people: list[PersonSummary]
    cursor: str | None


class PersonView(TypedDict):
    name: str
    address: str
    addresses: list[str]
    language: str | None
    known: bool
    since: str
    tickets: list[TicketDocument]


async def find_person(desk: Desk, address: str) -> Row | None:
    """The person behind an address in any spelling, or None."""
    return await desk.tx.one("person_of_address", address=address.lower())


async def ensure_person(desk: Desk, address: Address | None, name: str) -> Row:
    """The person behind an address, made when new. Without an address it is somebody nobody can write to."""
    if address is not None:
        found = await find_person(desk, address.key)
        if found is not None:
            if name and not found["name"]:
                await desk.tx.run("person_name", id=found["id"], name=name)
                found["name"] = name
            return found
    row = await desk.tx.one("add_person", name=name, language=None, now=desk.now)
    assert row is not None
    if address is not None:
        await desk.tx.run("add_person_address", address=address.key, person=row["id"], shown=str(address), now=desk.now)
    return row


async def hear(desk: Desk, person: Row, reading: Reading) -> None:
    """Remember the language that somebody wrote in; the row says it too, for what is answered now."""
    known = Tongue(person["language"], person["other_language"])
    now = heard(known, reading.language, len(reading.visible_text.split()))
    if now != known:
        await desk.tx.run("person_speaks", id=person["id"], language=now.language, other=now.other)
        person["language"], person["other_language"] = now.language, now.other


@operation("person.list")
async def list_people(
    desk: Desk, actor: Actor, *, search: str | None = None, limit: int = PAGE, cursor: str | None = None
) -> PersonList:
    """List people, the newest first."""
    filters = {"search": people_with(search)} if search else {}
    most = page_size(limit)
    rows = await desk.tx.listing("person", filters, sort="newest", limit=most + 1, after=cursor)
    page = rows[:most]
    for row in page if actor.hidden else ():
        seen = await desk.tx.one("tickets_seen_of", person=row["id"], viewer=actor.agent)
        row["tickets"] = seen["n"] if seen else 0
    return {
        "people": [
            {"name": r["name"], "address": r["address"], "language": r["language"], "tickets": r["tickets"]}
            for r in page
        ],
        "cursor": page_cursor(page[-1]["sort_key"], page[-1]["id"]) if len(rows) > most else None,
    }


@operation("person.view")
async def view(desk: Desk, actor: Actor, *, address: str) -> PersonView:
    """Show a person with all their tickets, those that they follow included."""
    person = await find_person(desk, str(parse(address)))
    if person is None:
        raise Refused("no-such-person", f"Nobody with the address {address} has written to the desk.", Exit.NOT_FOUND)
    addresses = await desk.tx.all("person_addresses", person=person["id"])
    filters = {"person": person["id"]} | seen_by(actor)
    tickets = await desk.tx.listing("ticket", filters, sort="newest", limit=500, after=None)
    return {
        "name": person["name"],
        "address": addresses[0]["address"],
        "addresses": [row["address"] for row in addresses],
        "language": person["language"],
        "known": person["known_at"] is not None,
        "since": moment(person["created_at"]),
        "tickets": [ticket_document(row) for row in tickets],
    }
