"""What helps whoever writes a contact down: what to ask, what was said before, who it is. Read while they type."""

from __future__ import annotations

from dataclasses import replace
from typing import TypedDict

from spocd.desk.access import Actor, Role, seen_by
from spocd.desk.documents import OrganisationBrief, TicketDocument, moment, read_json, ticket_document
from spocd.desk.known import check_service
from spocd.desk.operation import Desk, operation
from spocd.desk.organisation import organisation_of
from spocd.desk.person import known_person
from spocd.desk.search import COMMON
from spocd.domain.address import parse
from spocd.domain.search import Stems, Wanted, wanted
from spocd.domain.ticket import OPEN_STATES, State
from spocd.store import Row

MOST_SIMILAR = 5
MOST_TOGETHER = 3  # words that a similar case has all of, if there is one
MOST_OPEN = 10
MOST_ANSWER = 200  # characters of an earlier answer


class SimilarCase(TypedDict):
    number: int
    subject: str
    state: str
    resolution: str | None
    opened_at: str
    answer: str


class CannedTitle(TypedDict):
    key: str
    title: str


class Hints(TypedDict):
    facts: list[str]
    canned: list[CannedTitle]
    similar: list[SimilarCase]
    open: list[TicketDocument]
    organisation: OrganisationBrief | None


@operation("ticket.hints", role=Role.ROBOT)
async def hints(
    desk: Desk, actor: Actor, *, service: str | None = None, requester: str | None = None, subject: str = ""
) -> Hints:
    """Say what to ask about a service, what its answers are, what was alike before, and what else the person has."""
    await check_service(desk, service)
    row = await desk.tx.one("service", key=service) if service else None
    person = await known_person(desk, actor, str(parse(requester))) if requester else None
    return {
        "facts": read_json(row["facts"]) if row else [],
        "canned": await _canned(desk, service),
        "similar": await _similar(desk, actor, subject),
        "open": await _open(desk, actor, person["id"]) if person else [],
        "organisation": await organisation_of(desk, person["id"]) if person else None,
    }


async def _canned(desk: Desk, service: str | None) -> list[CannedTitle]:
    """The answers of the service and those of every service."""
    rows = await desk.tx.all("canned_of_service", service=service)
    return [{"key": row["key"], "title": row["title"]} for row in rows]


async def _open(desk: Desk, actor: Actor, person: int) -> list[TicketDocument]:
    filters = {"person": person, "states": list(OPEN_STATES)} | seen_by(actor)
    rows = await desk.tx.listing("ticket", filters, sort="newest", limit=MOST_OPEN, after=None)
    return [ticket_document(row) for row in rows]


async def _similar(desk: Desk, actor: Actor, subject: str) -> list[SimilarCase]:
    """Earlier cases with the rarest words of the subject, those with the most of them first, then the newest."""
    words = await _rarest(desk, subject)
    filters = {"states": [each for each in State if each is not State.SPAM]} | seen_by(actor)
    found: dict[int, Row] = {}
    together = [words[:some] for some in range(len(words), 1, -1)]
    for sought in [*together, *([each] for each in words)]:
        if len(found) < MOST_SIMILAR:
            asked = filters | {"search": sought}
            rows = await desk.tx.listing("ticket", asked, sort="newest", limit=MOST_SIMILAR, after=None)
            found |= {row["number"]: row for row in rows if row["number"] not in found}
    return [await _case(desk, row) for row in list(found.values())[:MOST_SIMILAR]]


async def _rarest(desk: Desk, subject: str) -> list[Wanted]:
    """The words of a subject that some tickets have, but not most, the rarest first."""
    counted = []
    for word in wanted(subject, Stems()):
        row = await desk.tx.one("hits", forms=" ".join(word.forms), most=COMMON)
        if row is not None and 0 < row["n"] < COMMON:
            # As a whole word alone: what begins like it says less of what this is about.
            counted.append((row["n"], replace(word, beginning=None)))
    counted.sort(key=lambda each: each[0])
    return [word for _, word in counted[:MOST_TOGETHER]]


async def _case(desk: Desk, row: Row) -> SimilarCase:
    last = await desk.tx.one("last_answer", ticket=row["number"])
    return {
        "number": row["number"],
        "subject": row["subject"],
        "state": row["state"],
        "resolution": row["resolution"],
        "opened_at": moment(row["opened_at"]),
        "answer": " ".join(last["visible_text"].split())[:MOST_ANSWER] if last else "",
    }
