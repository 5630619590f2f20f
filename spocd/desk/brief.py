"""The brief of a case, from its rows: what its people and the desk wrote, what was done, what is open."""

from __future__ import annotations

from typing import Any

from spocd.desk.access import SPOCD
from spocd.desk.documents import document_of, read_json, seconds_of
from spocd.desk.operation import Desk
from spocd.domain.catalogue import text_for
from spocd.domain.handover import Asked, File, Happened, Names, Promised, Said, Standing, brief
from spocd.domain.person import LANGUAGES
from spocd.domain.thread import EXPERT, THIRD_PARTY
from spocd.domain.ticket import Ticket
from spocd.store import Row

BRIEF = "hand-over"  # what a brief says of itself as a message, so that the next one does not repeat it


async def brief_of(desk: Desk, ticket: Ticket) -> dict[str, Any]:
    """What a brief of the ticket as it stands tells."""
    document = await document_of(desk, ticket.number)
    people = await desk.tx.all("participants", ticket=ticket.number)
    messages = await desk.tx.all("messages", ticket=ticket.number)
    files = await desk.tx.all("ticket_attachments", ticket=ticket.number)
    journal = await desk.tx.all("ticket_journal", ticket=ticket.number)
    promises = await desk.tx.all("open_promises_of", ticket=ticket.number)
    consults = await desk.tx.all("open_consults_of", ticket=ticket.number)
    requester = document["requester"]
    standing = Standing(
        state=ticket.state,
        kind=ticket.kind,
        priority=ticket.priority,
        service=ticket.service,
        requester=requester["name"] or requester["address"],
        also=[each["name"] or each["address"] for each in people if each["person"] != ticket.requester],
        waiting_since=_clock_or_none(desk, ticket.waiting_since),
        pend_until=_clock_or_none(desk, ticket.pend_until),
        due_at=_clock_or_none(desk, ticket.due_at),
        tags=document["tags"],
        said=[_said(desk, row) for row in messages if _is_said(row)],
        happened=[_happened(desk, row) for row in journal],
        promised=[Promised(desk.clock(row["due_at"]), bool(row["broken_at"])) for row in promises],
        asked=[Asked(row["name"] or row["address"], desk.clock(row["asked_at"])) for row in consults],
        files=[File(row["filename"], row["size"], f"{row['origin']}.{row['position']}") for row in files],
    )
    return brief(standing, await _names(desk))


async def _names(desk: Desk) -> Names:
    services = {row["key"]: read_json(row["name"]) for row in await desk.tx.all("services")}
    return Names(
        agents={row["login"]: row["name"] for row in await desk.tx.all("names_of_agents") if row["name"]},
        teams={row["key"]: row["name"] for row in await desk.tx.all("teams")},
        services={
            key: {language: text_for(texts, language) or key for language in LANGUAGES}
            for key, texts in services.items()
        },
    )


def _is_said(row: Row) -> bool:
    """Whether somebody said it: no machine that answered for them, and neither spocd nor an earlier brief."""
    own = row["author_name"] == SPOCD.name and not row["author_address"]
    return row["kind"] != "automatic" and not own and read_json(row["evidence"]).get("by") != BRIEF


def _said(desk: Desk, row: Row) -> Said:
    who = row["author_name"] or row["author_address"]
    role = read_json(row["evidence"]).get("role")
    to = ""
    if row["kind"] == "note" and role is None:  # written here: to an expert where it is to anybody
        to = ", ".join(each["name"] or each["address"] for each in read_json(row["recipients"]))
    how = "asked" if to else _how(row["kind"], row["direction"], role)
    return Said(f"{row['origin']}.{row['position']}", desk.clock(row["created_at"]), who, how, row["visible_text"], to)


def _how(kind: str, direction: str, role: str | None) -> str:
    if kind == "note":
        return "advised" if role == EXPERT else "noted"
    if direction == "out":
        return "answered"
    return "outside" if role == THIRD_PARTY else "wrote"


def _happened(desk: Desk, row: Row) -> Happened:
    detail: dict[str, Any] = read_json(row["detail"]) or {}
    if until := detail.get("until"):
        detail["until"] = desk.clock(seconds_of(until))
    return Happened(desk.clock(row["at"]), row["event"], "" if row["actor"] == SPOCD.login else row["actor"], detail)


def _clock_or_none(desk: Desk, seconds: int | None) -> str | None:
    return None if seconds is None else desk.clock(seconds)
