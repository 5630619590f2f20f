"""The whole history of a person in one place, as far as whoever looks may see it."""

from __future__ import annotations

import json
from typing import Any, TypedDict

from spocd.desk.access import Actor, Role, seen_by
from spocd.desk.acquaintance import acquaintance
from spocd.desk.documents import TicketDocument, moment, moment_or_none, ticket_document, write_json
from spocd.desk.operation import Desk, operation
from spocd.desk.person import PersonDocument, document_of_person, the_person
from spocd.desk.withheld import without_hidden
from spocd.domain.holders import hand_overs
from spocd.store import Row

MOST_TICKETS = 500
MOST_LINES = 5000  # of journals that are looked through for hand-overs
MOST_SHOWN = 20  # of each other kind: mails, promises, consults, lines about the person


class MailLine(TypedDict):
    id: str
    ticket: int
    direction: str
    subject: str
    at: str


class Mails(TypedDict):
    received: int
    sent: int
    first_at: str | None
    last_at: str | None
    last: list[MailLine]


class HandOverLine(TypedDict):
    ticket: int
    at: str
    was: str
    to: str
    why: str


class PromiseLine(TypedDict):
    ticket: int
    made_at: str
    due_at: str
    state: str


class ConsultLine(TypedDict):
    ticket: int
    asked_at: str
    answered_at: str | None


class PersonView(PersonDocument):
    asked: int
    follows: int
    first_contact: str | None
    last_contact: str | None
    mails: Mails
    hand_overs: list[HandOverLine]
    promises: list[PromiseLine]
    consults: list[ConsultLine]
    journal: list[dict[str, Any]]
    tickets: list[TicketDocument]


@operation("person.view", role=Role.ROBOT)
async def view(desk: Desk, actor: Actor, *, address: str) -> PersonView:
    """Show a person with their whole history: tickets, mails, who had their cases, promises, consults."""
    person = int((await the_person(desk, actor, address))["id"])
    hidden = seen_by(actor)
    theirs: dict[str, Any] = {"person": person, "viewer": hidden.get("viewer")}
    rows = await desk.tx.listing("ticket", {"person": person} | hidden, sort="newest", limit=MOST_TICKETS, after=None)
    counts = await desk.tx.one("person_counts", **theirs)
    assert counts is not None
    mails = await _mails(desk, theirs)
    opened = (moment_or_none(counts["first_at"]), moment_or_none(counts["last_at"]))
    contacts = sorted(each for each in (*opened, mails["first_at"], mails["last_at"]) if each)
    return {
        **await document_of_person(desk, actor, person),
        "asked": counts["asked"],
        "follows": counts["tickets"] - counts["asked"],
        "first_contact": contacts[0] if contacts else None,
        "last_contact": contacts[-1] if contacts else None,
        "mails": mails,
        "hand_overs": await without_hidden(desk.tx, actor, await _hand_overs(desk, theirs)),
        "promises": [_promise(row) for row in await desk.tx.all("person_promises", **theirs, most=MOST_SHOWN)],
        "consults": [_consult(row) for row in await desk.tx.all("person_consults", **theirs, most=MOST_SHOWN)],
        "journal": await _lines(desk, actor, person),
        "tickets": [ticket_document(row) for row in rows],
    }


async def _mails(desk: Desk, theirs: dict[str, Any]) -> Mails:
    row = await desk.tx.one("person_mails", **theirs)
    assert row is not None
    last = await desk.tx.all("person_last_mails", **theirs, most=MOST_SHOWN)
    return {
        "received": row["received"],
        "sent": row["sent"],
        "first_at": moment_or_none(row["first_at"]),
        "last_at": moment_or_none(row["last_at"]),
        "last": [_mail(each) for each in last],
    }


def _mail(row: Row) -> MailLine:
    name = f"{row['origin']}.{row['position']}"
    at = moment(row["created_at"])
    return {"id": name, "ticket": row["ticket"], "direction": row["direction"], "subject": row["subject"], "at": at}


async def _hand_overs(desk: Desk, theirs: dict[str, Any]) -> list[HandOverLine]:
    rows = await desk.tx.all("person_holders", **theirs, most=MOST_LINES)
    found = hand_overs((row["ticket"], row["at"], json.loads(row["detail"])) for row in rows)
    return [
        {"ticket": each.ticket, "at": moment(each.at), "was": each.was, "to": each.to, "why": each.why}
        for each in found
    ]


def _promise(row: Row) -> PromiseLine:
    ended = next((each for each in ("withdrawn", "kept", "broken") if row[f"{each}_at"] is not None), "open")
    if ended == "kept" and row["kept_at"] > row["due_at"]:
        ended = "kept late"
    return {
        "ticket": row["ticket"],
        "made_at": moment(row["made_at"]),
        "due_at": moment(row["due_at"]),
        "state": ended,
    }


def _consult(row: Row) -> ConsultLine:
    answered = moment_or_none(row["answered_at"])
    return {"ticket": row["ticket"], "asked_at": moment(row["asked_at"]), "answered_at": answered}


async def _lines(desk: Desk, actor: Actor, person: int) -> list[dict[str, Any]]:
    """What was done about a person since the actor came to know them, but for what names somebody else unknown."""
    since = (await acquaintance(desk, actor, person)).since or 0
    rows = await desk.tx.all("person_journal", person=person, most=MOST_SHOWN)
    lines = [_line(row) for row in rows if row["at"] >= since]
    strangers = await _strangers(desk, actor, lines)
    return [line for line in lines if not strangers & _named(line)]


async def _strangers(desk: Desk, actor: Actor, lines: list[dict[str, Any]]) -> frozenset[str]:
    """The addresses in these lines that are of somebody whom the actor does not know; in one statement."""
    named = frozenset[str]().union(*map(_named, lines)) if actor.hidden else frozenset[str]()
    if not named:
        return frozenset()
    rows = await desk.tx.all("addresses_of_strangers", addresses=write_json(sorted(named)), viewer=actor.agent)
    return frozenset(row["address"] for row in rows)


def _named(line: dict[str, Any]) -> frozenset[str]:
    """The addresses that a line names, as they are looked for."""
    return frozenset(str(line[each]).lower() for each in ("address", "into") if line.get(each))


def _line(row: Row) -> dict[str, Any]:
    return {**json.loads(row["detail"]), "at": moment(row["at"]), "actor": row["actor"], "event": row["event"]}
