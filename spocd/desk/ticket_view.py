"""Looking at one ticket: all of it, how it stands, its files."""

from __future__ import annotations

import json
from typing import Any, TypedDict

from spocd.desk.access import Actor, Role, seen_by, tickets_of
from spocd.desk.brief import BRIEF
from spocd.desk.consult import consults_of
from spocd.desk.documents import (
    Attachment,
    Mailbox,
    MessageDocument,
    OutsideLink,
    Participant,
    TicketLink,
    TicketView,
    document_of,
    find_ticket,
    moment,
)
from spocd.desk.fairness import place
from spocd.desk.operation import Desk, operation
from spocd.desk.organisation import organisation_of
from spocd.desk.withheld import is_about, named_tickets, without_hidden
from spocd.domain.links import BOTH_SIDES
from spocd.store import Row

MOST_UNSEEN = 20  # lines of a journal that are looked through for the last one that somebody sees


class StatusDocument(TypedDict):
    number: int
    subject: str
    state: str
    assignee: str | None
    last_action: str
    last_action_at: str
    waiting_since: str | None
    due_at: str | None
    place_in_queue: int | None
    more_before: bool  # whether more than that says stand before it


class AttachmentRow(TypedDict):
    message: str
    filename: str
    content_type: str
    size: int
    sha256: str


class AttachmentList(TypedDict):
    attachments: list[AttachmentRow]


@operation("ticket.view", role=Role.ROBOT)
async def view(desk: Desk, actor: Actor, *, ticket: int) -> TicketView:
    """Show one ticket whole: its people, messages with their files, journal and links."""
    document = await document_of(desk, ticket)
    people = await desk.tx.all("participants", ticket=ticket)
    there = {row["address"] for row in await desk.tx.all("participant_addresses", ticket=ticket)}
    others = await desk.tx.all("correspondents", ticket=ticket)
    files: dict[int, list[Attachment]] = {}
    for row in await desk.tx.all("ticket_attachments", ticket=ticket):
        files.setdefault(row["message"], []).append(_attachment(row))
    messages = await desk.tx.all("messages", ticket=ticket)
    links = await desk.tx.all("ticket_links", ticket=ticket, viewer=seen_by(actor).get("viewer"))
    found = await find_ticket(desk, ticket)
    details = [_journal(row) for row in await desk.tx.all("ticket_journal", ticket=ticket)]
    hidden = await tickets_of(desk.tx, actor.hidden, named_tickets(details))
    journal = [each for each in details if not is_about(each, hidden.__contains__)]
    merged = [row["number"] for row in await desk.tx.all("merged_here", ticket=ticket)]
    outside = await desk.tx.all("outside_links", ticket=ticket)
    naming = {
        "merged_into": found.merged_into,
        "merged": merged,
        "journal": journal,
        "ours": [_ours(row) for row in messages],
    }
    seen = await without_hidden(desk.tx, actor, naming)
    return {
        **document,
        "organisation": await organisation_of(desk, found.requester),
        "participants": [_participant(row) for row in people],
        "proposed": [{"name": r["name"], "address": r["address"]} for r in others if r["address"] not in there],
        "messages": [
            _message({**row, **ours}, files.get(row["id"], []))
            for row, ours in zip(messages, seen["ours"], strict=True)
        ],
        "journal": seen["journal"],
        "consults": await consults_of(desk, ticket),
        "links": [_link(row) for row in links],
        "outside": [OutsideLink(relation=row["relation"], target=row["target"]) for row in outside],
        "merged_into": seen["merged_into"],
        "merged": seen["merged"],
    }


def _ours(row: Row) -> Row:
    """What of a message the desk wrote. What people wrote themselves stays, whatever it names."""
    evidence = json.loads(row["evidence"])
    brief = ("text", "visible_text") if evidence.get("by") == BRIEF else ()
    return {"evidence": evidence} | {name: row[name] for name in brief}


def _link(row: Row) -> TicketLink:
    relation = BOTH_SIDES[row["relation"]][row["theirs"]] if row["relation"] in BOTH_SIDES else row["relation"]
    return {"relation": relation, "ticket": row["ticket"], "state": row["state"], "subject": row["subject"]}


def _participant(row: Row) -> Participant:
    return {"name": row["name"], "address": row["address"], "role": row["role"], "since": moment(row["since"])}


def _attachment(row: Row) -> Attachment:
    return {
        "filename": row["filename"],
        "content_type": row["content_type"],
        "size": row["size"],
        "sha256": row["sha256"],
    }


def _message(row: Row, files: list[Attachment]) -> MessageDocument:
    to: list[Mailbox] = json.loads(row["recipients"])
    return {
        "id": f"{row['origin']}.{row['position']}",
        "kind": row["kind"],
        "direction": row["direction"],
        "from": {"name": row["author_name"], "address": row["author_address"]},
        "to": to,
        "subject": row["subject"],
        "text": row["text"],
        "visible_text": row["visible_text"],
        "created_at": moment(row["created_at"]),
        "attachments": files,
        "evidence": row["evidence"],
    }


def _journal(row: Row) -> dict[str, Any]:
    detail = json.loads(row["detail"])
    return {**detail, "at": moment(row["at"]), "actor": row["actor"], "event": row["event"]}


@operation("ticket.status", role=Role.ROBOT)
async def status(desk: Desk, actor: Actor, *, ticket: int) -> StatusDocument:
    """Say in short how a ticket stands: state, who has it, the last action, its place in the queue."""
    document = await document_of(desk, ticket)
    last = await _last_action(desk, actor, ticket)
    there = await place(desk, await find_ticket(desk, ticket))
    return {
        "number": ticket,
        "subject": document["subject"],
        "state": document["state"],
        "assignee": document["assignee"],
        "last_action": f"{last['event']} by {last['actor']}" if last else "",
        "last_action_at": moment(last["at"]) if last else document["opened_at"],
        "waiting_since": document["waiting_since"],
        "due_at": document["due_at"],
        "place_in_queue": there.position if there else None,
        "more_before": there is not None and there.more_before,
    }


async def _last_action(desk: Desk, actor: Actor, ticket: int) -> Row | None:
    """The newest line of its journal that the actor sees; of what is hidden there are hardly ever several in a row."""
    rows = await desk.tx.all("last_actions", ticket=ticket, most=MOST_UNSEEN if actor.hidden else 1)
    details = [json.loads(row["detail"]) for row in rows]
    hidden = await tickets_of(desk.tx, actor.hidden, named_tickets(details))
    both = zip(rows, details, strict=True)
    return next((row for row, detail in both if not is_about(detail, hidden.__contains__)), None)


@operation("ticket.attachment_list", role=Role.ROBOT)
async def attachment_list(desk: Desk, actor: Actor, *, ticket: int) -> AttachmentList:
    """List the files of a ticket, each with the message that brought it."""
    await find_ticket(desk, ticket)
    rows = await desk.tx.all("ticket_attachments", ticket=ticket)
    return {
        "attachments": [
            {
                "message": f"{row['origin']}.{row['position']}",
                "filename": row["filename"],
                "content_type": row["content_type"],
                "size": row["size"],
                "sha256": row["sha256"],
            }
            for row in rows
        ]
    }
