"""People taken in from a directory: many at once, each row by itself, and the same again changes nothing."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NotRequired, TypedDict

from spocd.desk.access import Actor, Role
from spocd.desk.documents import write_json
from spocd.desk.journal import line
from spocd.desk.operation import Desk, operation
from spocd.desk.organisation import key_of
from spocd.domain.address import Address, parse
from spocd.domain.person import check_group, check_name, spoken
from spocd.errors import Exit, Refused
from spocd.store import Row

MOST_ROWS = 1000  # of one call
MOST_ALIASES, MOST_GROUPS = 20, 100


class PersonRow(TypedDict):
    """A person as a file has them; `line` is where in the file, for what is said about the row."""

    line: int
    address: str
    aliases: NotRequired[list[str]]
    name: NotRequired[str]
    language: NotRequired[str]
    organisation: NotRequired[str]
    groups: NotRequired[list[str]]


class BadRow(TypedDict):
    line: int
    address: str
    why: str


class Imported(TypedDict):
    added: int
    changed: int
    unchanged: int
    refused: list[BadRow]
    unspoken: list[str]  # languages that the desk does not write in, as they stand there; those people are taken in


@dataclass(frozen=True, slots=True)
class Wanted:
    """A row that was read and found good. What is None is not said."""

    line: int
    addresses: tuple[Address, ...]
    name: str | None
    language: str | None
    organisation: str | None
    groups: tuple[str, ...]


@dataclass(slots=True)
class _Work:
    """What is to be written, a list a kind of row."""

    people: list[Row] = field(default_factory=list)
    changes: list[Row] = field(default_factory=list)
    addresses: list[Row] = field(default_factory=list)
    groups: list[Row] = field(default_factory=list)
    journal: list[Row] = field(default_factory=list)


@operation("person.import", role=Role.LEAD, writes=True)
async def import_people(desk: Desk, actor: Actor, *, people: list[PersonRow]) -> Imported:
    """Take people in from a directory; they are known from then on. A row that is not good is told, the rest is done.

    A name and an organisation that the file has take the place of ours, a language only where there is none: people say
    that themselves. Groups and further addresses are added, none is taken away.
    """
    if len(people) > MOST_ROWS:
        raise Refused("too-many", f"At most {MOST_ROWS} rows at once; give the rest in a further call.", Exit.USAGE)
    organisations = await desk.tx.all("organisation_names")
    refused: list[BadRow] = []
    good: list[Wanted] = []
    met: dict[str, int] = {}
    for row in people:
        try:
            good.append(_read(desk, row, organisations, met))
        except Refused as error:
            refused.append({"line": row["line"], "address": row["address"][:320], "why": str(error)})
    there = await _there(desk, good)
    new: list[Wanted] = []
    work, changed, unchanged = _Work(), 0, 0
    lines: dict[int, int] = {}
    for wanted in good:
        theirs = {owner["id"]: owner for each in wanted.addresses if (owner := there.get(each.key))}
        if len(theirs) > 1:
            refused.append(_two_people(wanted, there))
        elif not theirs:
            new.append(wanted)
        elif (first := lines.setdefault(next(iter(theirs)), wanted.line)) != wanted.line:
            why = f"That is the person of line {first}, who has this address as well."
            refused.append({"line": wanted.line, "address": str(wanted.addresses[0]), "why": why})
        elif _change(desk, actor, work, wanted, next(iter(theirs.values())), there):
            changed += 1
        else:
            unchanged += 1
    await _add(desk, actor, work, new)
    await _write(desk, work)
    refused.sort(key=lambda each: each["line"])
    said = {each for row in people if (each := row.get("language", "").strip()) and spoken(each) is None}
    return {
        "added": len(new),
        "changed": changed,
        "unchanged": unchanged,
        "refused": refused,
        "unspoken": sorted(said),
    }


def _read(desk: Desk, row: PersonRow, organisations: list[Row], met: dict[str, int]) -> Wanted:
    """A row, read strictly; `met` are the addresses of the rows before it, each with its line."""
    written = [row["address"], *row.get("aliases", [])]
    if len(written) > MOST_ALIASES + 1 or len(row.get("groups", [])) > MOST_GROUPS:
        raise Refused("too-many", f"At most {MOST_ALIASES} further addresses and {MOST_GROUPS} groups a person.")
    addresses = tuple({each.key: each for each in map(parse, written)}.values())
    for each in addresses:
        if desk.settings.own.own(str(each)):
            raise Refused("own-address", f"{each} is an address of this desk, and no person's.")
        if each.key in met:
            raise Refused("twice", f"{each} stands in line {met[each.key]} already.")
    organisation = row.get("organisation", "").strip()
    wanted = Wanted(
        row["line"],
        addresses,
        check_name(row.get("name", "")) or None,
        spoken(row.get("language", "")),
        key_of(organisations, organisation) if organisation else None,
        tuple(dict.fromkeys(check_group(each) for each in row.get("groups", []))),
    )
    met.update((each.key, row["line"]) for each in addresses)
    return wanted


async def _there(desk: Desk, good: list[Wanted]) -> dict[str, Row]:
    """Who has these addresses already, in one look, and which groups they are in."""
    keys = [each.key for wanted in good for each in wanted.addresses]
    rows = await desk.tx.all("people_of_addresses", addresses=write_json(keys))
    for row in rows:
        row["groups"] = set(row["groups"].split()) if row["groups"] else set()
    return {row["key"]: row for row in rows}


def _two_people(wanted: Wanted, there: dict[str, Row]) -> BadRow:
    known = [each for each in wanted.addresses if each.key in there]
    first = known[0]
    other = next(each for each in known if there[each.key]["id"] != there[first.key]["id"])
    why = f"{first} and {other} are two people here. If they are one: spocd person merge {other} {first}"
    return {"line": wanted.line, "address": str(wanted.addresses[0]), "why": why}


def _change(desk: Desk, actor: Actor, work: _Work, wanted: Wanted, was: Row, there: dict[str, Row]) -> bool:
    """What is different for somebody who is there already; whether anything is."""
    now = {
        "name": wanted.name or was["name"],
        "language": was["language"] or wanted.language,
        "organisation": wanted.organisation or was["organisation"],
        "known_at": desk.now if was["known_at"] is None else was["known_at"],
        "entered_at": desk.now if was["entered_at"] is None else was["entered_at"],
    }
    told: dict[str, Any] = {key: now[key] for key in ("name", "language", "organisation") if now[key] != was[key]}
    if any(now[key] != was[key] for key in now):
        work.changes.append({"id": was["id"], **now})
    addresses = [each for each in wanted.addresses if each.key not in there]
    groups = [each for each in wanted.groups if each not in was["groups"]]
    _of_one(desk, work, was["id"], addresses, groups, first=was["newest"] + 1)
    if not (addresses or groups or any(now[key] != was[key] for key in now)):
        return False
    told |= {"addresses": [str(each) for each in addresses]} if addresses else {}
    told |= {"groups": groups} if groups else {}
    _tell(desk, actor, work, was["id"], str(wanted.addresses[0]), now=told)
    return True


async def _add(desk: Desk, actor: Actor, work: _Work, new: list[Wanted]) -> None:
    ids = sorted(row["id"] for row in await desk.tx.all("next_person_ids", n=len(new))) if new else []
    for person, wanted in zip(ids, new, strict=True):
        own = {"name": wanted.name or "", "language": wanted.language, "organisation": wanted.organisation}
        work.people.append({"id": person, **own, "now": desk.now})
        _of_one(desk, work, person, list(wanted.addresses), list(wanted.groups), first=desk.now)
        _tell(desk, actor, work, person, str(wanted.addresses[0]))


def _of_one(desk: Desk, work: _Work, person: int, addresses: list[Address], groups: list[str], *, first: int) -> None:
    # A second apart, since the address that came first is the one that is written to.
    for at, each in enumerate(addresses, max(first, desk.now)):
        row = {"address": each.key, "person": person, "shown": str(each), "domain": each.domain, "now": at}
        work.addresses.append(row)
    work.groups += [{"person": person, "name": each} for each in groups]


def _tell(desk: Desk, actor: Actor, work: _Work, person: int, address: str, **said: Any) -> None:
    login, detail = line(actor, {"address": address, **said})
    row = {"at": desk.now, "actor": login, "event": "person imported", "detail": detail, "person": person}
    work.journal.append(row)


async def _write(desk: Desk, work: _Work) -> None:
    await desk.tx.batch("add_imported_person", work.people)
    await desk.tx.batch("change_imported_person", work.changes)
    await desk.tx.batch("add_person_address", work.addresses)
    await desk.tx.batch("add_to_group", work.groups)
    await desk.tx.batch("write_journal_about", work.journal)
