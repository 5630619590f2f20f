"""People: whoever writes to the desk or stands on a ticket. One may have several addresses, and several rows.

Who was merged into another keeps the row, and is that other from then on, wherever somebody is looked for. Nothing else
is written anew, so that a merge can be undone.
"""

from __future__ import annotations

from typing import TypedDict

from spocd.desk.access import SPOCD, Actor, Role, seen_by
from spocd.desk.acquaintance import acquaintance
from spocd.desk.documents import Mailbox, OrganisationBrief, moment, page_size
from spocd.desk.journal import line, record_about
from spocd.desk.operation import Desk, operation
from spocd.desk.organisation import organisation_named, organisation_of
from spocd.desk.search import people_with
from spocd.domain.address import Address, parse
from spocd.domain.language import Tongue, heard
from spocd.domain.person import check_group, check_language, check_name
from spocd.domain.reading import Reading
from spocd.errors import Exit, Refused
from spocd.store import Row
from spocd.store.listings import cursor as page_cursor

PAGE = 50


class PersonSummary(TypedDict):
    name: str
    address: str
    language: str | None
    organisation: str | None
    tickets: int


class PersonList(TypedDict):
    people: list[PersonSummary]
    cursor: str | None


class PersonDocument(TypedDict):
    name: str
    address: str
    addresses: list[str]
    language: str | None
    organisation: OrganisationBrief | None
    groups: list[str]
    merged: list[Mailbox]
    known: bool
    since: str


class Group(TypedDict):
    group: str
    changed: int
    members: list[Mailbox]


async def find_person(desk: Desk, address: str) -> Row | None:
    """The person behind an address in any spelling, or None. Of somebody who was merged: the one into whom."""
    return await desk.tx.one("person_of_address", address=address.lower())


async def known_person(desk: Desk, actor: Actor, address: str) -> Row | None:
    """As `find_person`, but None where the actor knows nobody with this address."""
    found = await find_person(desk, address)
    if found is None or found["owner"] in (await acquaintance(desk, actor, found["id"])).without:
        return None
    return found


async def the_person(desk: Desk, actor: Actor, address: str) -> Row:
    """As `known_person`; Refused where there is nobody."""
    found = await known_person(desk, actor, str(parse(address)))
    if found is None:
        raise Refused("no-such-person", f"Nobody with the address {address} is known to the desk.", Exit.NOT_FOUND)
    return found


async def identity(desk: Desk, person: int) -> int:
    """Who a person is now: the one into whom they were merged, if they were."""
    row = await desk.tx.one("person", id=person)
    assert row is not None
    return int(row["id"])


async def ensure_person(desk: Desk, address: Address | None, name: str, *, by: Actor = SPOCD) -> Row:
    """The person behind an address, made when new. Without an address it is somebody nobody can write to.

    Where an agent names somebody whom they do not know (`desk/acquaintance`), they find the same as where it is new.
    """
    found = None if address is None else await find_person(desk, address.key)
    if found is not None and not (await acquaintance(desk, by, found["id"])).is_none:
        found = await as_known(desk, by, found)
        if name and not found["name"]:
            await desk.tx.run("person_name", id=found["id"], name=name)
            found["name"] = name
        return found
    row = await desk.tx.one("add_person", name=name, language=None, now=desk.now)
    assert row is not None
    if found is not None and address is not None:
        # Whoever is known in secret is this new person from now on, and keeps name, language and groups to themself.
        await desk.tx.run("give_person_address", address=address.key, person=row["id"], shown=str(address))
        await _record_merge(desk, by, found["id"], "person merged", address=str(address), into=str(address))
        await desk.tx.run("merge_person", person=found["id"], survivor=row["id"])
        await desk.tx.run("keep_apart", person=found["id"])
    elif address is not None:
        await _add_address(desk, row["id"], address, at=desk.now)
    return row


async def as_known(desk: Desk, actor: Actor, found: Row) -> Row:
    """A person as the actor knows them: by the row that was kept apart, where its tickets are seen."""
    return {**found, **await _face(desk, actor, found["id"])} if found["apart"] else found


async def _face(desk: Desk, actor: Actor, person: int) -> Row:
    """The row of a person by which the actor knows them."""
    rows = await desk.tx.all("faces", person=person)
    without = (await acquaintance(desk, actor, person)).without
    return next((each for each in rows if each["id"] not in without), rows[0])


async def _add_address(desk: Desk, person: int, address: Address, *, at: int) -> None:
    await desk.tx.run(
        "add_person_address", address=address.key, person=person, shown=str(address), domain=address.domain,
        now=at,
    )  # fmt: skip


async def hear(desk: Desk, person: Row, reading: Reading) -> None:
    """Remember the language that somebody wrote in; the row says it too, for what is answered now."""
    known = Tongue(person["language"], person["other_language"])
    now = heard(known, reading.language, len(reading.visible_text.split()))
    if now != known:
        await desk.tx.run("person_speaks", id=person["id"], language=now.language, other=now.other)
        person["language"], person["other_language"] = now.language, now.other


async def document_of_person(desk: Desk, actor: Actor, person: int) -> PersonDocument:
    """What the actor knows of a person, as it is now."""
    person = await identity(desk, person)
    row, known = await _face(desk, actor, person), await acquaintance(desk, actor, person)
    addresses = [
        each for each in await desk.tx.all("person_addresses", person=person) if each["owner"] not in known.without
    ]
    merged = [
        each for each in await desk.tx.all("merged_people", person=person)
        if each["id"] not in known.without and (row["apart"] or each["id"] != row["id"])
    ]  # fmt: skip
    groups = await desk.tx.all("person_groups", person=person)
    return {
        "name": row["name"],
        "address": addresses[0]["address"] if addresses else "",
        "addresses": [each["address"] for each in addresses],
        "language": row["language"],
        "organisation": await organisation_of(desk, person),
        "groups": sorted({each["name"] for each in groups if each["owner"] not in known.without}),
        "merged": [{"name": each["name"], "address": each["address"]} for each in merged],
        "known": row["known_at"] is not None,
        "since": moment(max(row["created_at"], known.since or 0)),
    }


@operation("person.list", role=Role.ROBOT)
async def list_people(
    desk: Desk,
    actor: Actor,
    *,
    search: str | None = None,
    group: str | None = None,
    organisation: str | None = None,
    limit: int = PAGE,
    cursor: str | None = None,
) -> PersonList:
    """List people, the newest first; who was merged into another is not one of them."""
    filters: dict[str, object] = {"living": 1, **seen_by(actor)}
    if search is not None:
        filters["search"] = people_with(search)
    if group is not None:
        filters["group"] = check_group(group)
    if organisation is not None:
        filters["organisation"] = await organisation_named(desk, organisation)
    most = page_size(limit)
    rows = await desk.tx.listing("person", filters, sort="newest", limit=most + 1, after=cursor)
    page = rows[:most]
    for row in page if actor.hidden else ():
        seen = await desk.tx.one("tickets_seen_of", person=row["id"], viewer=actor.agent)
        row["tickets"] = seen["n"] if seen else 0
    return {
        "people": [_summary(row) for row in page],
        "cursor": page_cursor(page[-1]["sort_key"], page[-1]["id"]) if len(rows) > most else None,
    }


def _summary(row: Row) -> PersonSummary:
    return {
        "name": row["name"],
        "address": row["address"],
        "language": row["language"],
        "organisation": row["organisation"],
        "tickets": row["tickets"],
    }


@operation("person.edit", writes=True)
async def edit(
    desk: Desk,
    actor: Actor,
    *,
    address: str,
    name: str | None = None,
    language: str | None = None,
    organisation: str | None = None,
) -> PersonDocument:
    """Change what is known of a person; "" as language or organisation takes away what somebody said before."""
    person = await as_known(desk, actor, await the_person(desk, actor, address))
    changed: dict[str, str | None] = {}
    if name is not None:
        changed["name"] = check_name(name)
    if language is not None:
        changed["language"] = check_language(language) if language else None
    if organisation is not None:
        changed["organisation"] = await organisation_named(desk, organisation) if organisation else None
    if not changed:
        raise Refused("no-change", "Say what is to change: --name, --language or --organisation.", Exit.USAGE)
    was = {key: person[key] for key in changed if person[key] != changed[key]}
    if was:
        other = None if "language" in changed else person["other_language"]
        now = {key: person[key] for key in ("name", "language", "organisation")} | changed
        await desk.tx.run("change_person", id=person["id"], other=other, **now)
        told = {key: changed[key] or "" for key in was}
        await record_about(desk, person["id"], actor, "person changed", address=address, was=was, now=told)
    return await document_of_person(desk, actor, person["id"])


@operation("person.alias", writes=True)
async def alias(
    desk: Desk, actor: Actor, *, address: str, alias: str, main: bool = False, remove: bool = False
) -> PersonDocument:
    """Note a further address of a person; with main, they are written to there; with remove, take it from them."""
    _check_sees_all(actor)
    person = await the_person(desk, actor, address)
    further = parse(alias)
    if desk.settings.own.own(str(further)):
        raise Refused("own-address", f"{further} is an address of this desk, and no person's.", Exit.USAGE)
    if main and remove:
        raise Refused("both", "An address is either made the main one or taken away. Take one.", Exit.USAGE)
    theirs = await find_person(desk, further.key)
    if theirs is not None and theirs["id"] != person["id"] and not remove:
        raise Refused(
            "somebody-elses",
            f"{further} is somebody else's. If they are one person: spocd person merge {further} {address}",
            Exit.CONFLICT,
        )
    if remove:
        await _drop_address(desk, person, theirs, further)
        await record_about(desk, person["id"], actor, "address removed", address=str(further))
    elif theirs is None:
        # The address that somebody came with stays their first: two within a second must not tie.
        before = await desk.tx.all("person_addresses", person=person["id"])
        at = max([desk.now, *(each["created_at"] + 1 for each in before)])
        await _add_address(desk, person["id"], further, at=at)
        await record_about(desk, person["id"], actor, "address added", address=str(further))
    elif not main:
        raise Refused("there", f"{further} is an address of {address}'s already.", Exit.CONFLICT)
    if main:
        await _make_main(desk, actor, person, further)
    return await document_of_person(desk, actor, person["id"])


async def _make_main(desk: Desk, actor: Actor, person: Row, address: Address) -> None:
    """Have the desk write to a person at this address of theirs, but where they wrote last from another."""
    addresses = await desk.tx.all("person_addresses", person=person["id"])
    first = addresses[0]
    if parse(first["address"]).key == address.key:
        raise Refused("there", f"{address} is their main address already.", Exit.CONFLICT)
    if not any(each["owner"] == person["id"] and parse(each["address"]).key == address.key for each in addresses):
        raise Refused(
            "of-a-merge",
            f"{address} came with somebody who was merged into them, and is that one's again when the merge is undone:"
            f" spocd person unmerge {address}",
        )
    await desk.tx.run("main_person_address", address=address.key, person=person["id"])
    said = {"address": str(address), "was": first["address"]}
    await record_about(desk, person["id"], actor, "main address changed", **said)


async def _drop_address(desk: Desk, person: Row, theirs: Row | None, address: Address) -> None:
    if theirs is None or theirs["id"] != person["id"]:
        raise Refused("not-theirs", f"{address} is no address of theirs.", Exit.NOT_FOUND)
    addresses = await desk.tx.all("person_addresses", person=person["id"])
    if sum(each["owner"] == theirs["owner"] for each in addresses) < 2:
        said = "the only one that they have" if theirs["owner"] == person["id"] else "all that is left of a merge"
        raise Refused("last-address", f"{address} stays: it is {said}. See: spocd person unmerge {address}")
    first, *others = (each["address"] for each in addresses if each["owner"] == person["id"])
    if parse(first).key == address.key:
        raise Refused(
            "main-address",
            f"{address} is their main address: they are written to there. Make another the main one first:"
            f" spocd person alias {address} {others[0]} --main",
            Exit.CONFLICT,
        )
    await desk.tx.run("drop_person_address", address=address.key)


def _check_sees_all(actor: Actor) -> None:
    """Refuse whoever does not see every ticket: with an address of their own on somebody, they would get their mail."""
    if actor.hidden:
        raise Refused(
            "not-permitted",
            "Tickets of some services are hidden from you, and this could show you their mail. Ask a lead to do it.",
            Exit.NOT_PERMITTED,
        )


@operation("person.merge", writes=True)
async def merge(desk: Desk, actor: Actor, *, address: str, to: str) -> PersonDocument:
    """Make two people one: all that the first has is the second's from now on. It can be undone."""
    _check_sees_all(actor)
    person, survivor = await the_person(desk, actor, address), await the_person(desk, actor, to)
    if person["id"] == survivor["id"]:
        raise Refused("there", f"{address} and {to} are one person already.", Exit.CONFLICT)
    await _check_gives_away(desk, person, survivor, address, to)
    # Before they are one, since the tickets that it is told on are those of the first alone.
    await _record_merge(desk, actor, person["id"], "person merged", address=address, into=to)
    await record_about(desk, survivor["id"], actor, "person merged", address=address, into=to)
    await desk.tx.run("merge_person", person=person["id"], survivor=survivor["id"])
    return await document_of_person(desk, actor, survivor["id"])


@operation("person.unmerge", writes=True)
async def unmerge(desk: Desk, actor: Actor, *, address: str) -> PersonDocument:
    """Undo the merge of the person to whom this address belonged; what was written meanwhile stays the other's."""
    _check_sees_all(actor)
    found = await the_person(desk, actor, address)
    if found["apart"]:
        return await _as_they_are(desk, actor, found["id"], address)
    if found["merged_into"] is None:
        raise Refused("not-merged", f"{address} was not merged into anybody. See: spocd person view {address}")
    await desk.tx.run("unmerge_person", person=found["owner"])
    await _record_merge(desk, actor, found["owner"], "person unmerged", address=address)
    await record_about(desk, found["id"], actor, "person unmerged", address=address)
    return await document_of_person(desk, actor, found["owner"])


async def _check_gives_away(desk: Desk, person: Row, survivor: Row, address: str, to: str) -> None:
    """Refuse to show somebody whom all know under the name of one who is known from hidden tickets alone."""
    if await desk.tx.one("is_open_to_all", person=survivor["id"]) is None and await desk.tx.one(
        "is_open_to_all", person=person["id"]
    ):
        raise Refused(
            "restricted",
            f"{to} is known from tickets of a restricted service alone, and would be shown to all who know {address}."
            f" Do it the other way round: spocd person merge {to} {address}",
            Exit.CONFLICT,
        )


async def _as_they_are(desk: Desk, actor: Actor, person: int, address: str) -> PersonDocument:
    """Undo what an outsider made by naming somebody known in secret: who sees their tickets knows them as they are."""
    was = (await desk.tx.all("faces", person=person))[0]["id"]
    await desk.tx.run("give_addresses", person=person, to=was)
    await desk.tx.run("unmerge_person", person=was)
    await _record_merge(desk, actor, was, "person unmerged", address=address)
    await _record_merge(desk, actor, person, "person merged", address=address, into=address)
    await desk.tx.run("merge_person", person=person, survivor=was)
    await desk.tx.run("join_tickets", person=was, beside=person, now=desk.now)
    return await document_of_person(desk, actor, was)


async def _record_merge(desk: Desk, actor: Actor, person: int, event: str, **detail: str) -> None:
    """A line about the person, and one on each of their tickets."""
    await record_about(desk, person, actor, event, **detail)
    login, text = line(actor, dict(detail))
    await desk.tx.run("write_on_their_tickets", person=person, now=desk.now, actor=login, event=event, detail=text)


@operation("person.group_add", writes=True)
async def group_add(desk: Desk, actor: Actor, *, group: str, addresses: list[str]) -> Group:
    """Put people into a group, which is there as long as somebody is in it."""
    return await _regroup(desk, actor, group, addresses, "add_to_group", "put into group")


@operation("person.group_remove", writes=True)
async def group_remove(desk: Desk, actor: Actor, *, group: str, addresses: list[str]) -> Group:
    """Take people out of a group."""
    return await _regroup(desk, actor, group, addresses, "remove_from_group", "taken out of group")


MOST_AT_ONCE = 1000  # people that one call puts into a group


async def _regroup(desk: Desk, actor: Actor, group: str, addresses: list[str], statement: str, event: str) -> Group:
    name = check_group(group)
    if len(addresses) > MOST_AT_ONCE:
        raise Refused("too-many", f"At most {MOST_AT_ONCE} people at once.", Exit.USAGE)
    changed = 0
    for address in dict.fromkeys(addresses):
        person = await the_person(desk, actor, address)
        if await desk.tx.run(statement, person=person["id"], name=name):
            changed += 1
            await record_about(desk, person["id"], actor, event, address=address, group=name)
    filters = {"living": 1, "group": name, **seen_by(actor)}
    rows = await desk.tx.listing("person", filters, sort="newest", limit=MOST_AT_ONCE, after=None)
    members: list[Mailbox] = [{"name": row["name"], "address": row["address"]} for row in rows]
    return {"group": name, "changed": changed, "members": members}
