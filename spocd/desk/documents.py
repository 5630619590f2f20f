"""The documents that operations answer with: what `--json` prints, and what the control socket's interface declares."""

from __future__ import annotations

import json
import time
from datetime import datetime
from typing import Any, NotRequired, TypedDict

from spocd.desk.access import no_ticket
from spocd.desk.operation import Desk
from spocd.domain.ticket import State, Ticket
from spocd.errors import Exit, Refused
from spocd.store import Row

MOST_ROWS = 1000  # of one page of a list


class Mailbox(TypedDict):
    name: str
    address: str


class TicketDocument(TypedDict):
    number: int
    subject: str
    state: str
    kind: str
    priority: str
    requester: Mailbox
    assignee: str | None
    team: str | None
    service: str | None
    channel: str
    direction: str
    reporter: str | None  # the agent who wrote it down for somebody
    tier: int
    tags: list[str]
    resolution: str | None
    opened_at: str
    updated_at: str
    due_at: str | None
    waiting_since: str | None
    pend_until: str | None
    rev: int
    rank: NotRequired[float]  # how well it fits the words, in a list by rank alone


class TicketList(TypedDict):
    tickets: list[TicketDocument]
    cursor: str | None
    # By rank: these are the best of so many, the newest. It is there where older ones were found, too.
    best_of: NotRequired[int]
    # Words of a search that begin too many others: it was for them and for the commonest of these.
    too_short: NotRequired[list[str]]


class Participant(TypedDict):
    name: str
    address: str
    role: str
    since: str


class Attachment(TypedDict):
    filename: str
    content_type: str
    size: int
    sha256: str


MessageDocument = TypedDict(
    "MessageDocument",
    {
        "id": str,
        "kind": str,
        "direction": str,
        "from": Mailbox,
        "to": list[Mailbox],
        "subject": str,
        "text": str,
        "visible_text": str,
        "created_at": str,
        "attachments": list[Attachment],
        "evidence": dict[str, Any],
    },
)


class TicketLink(TypedDict):
    relation: str  # as it reads on this ticket: blocked by
    ticket: int
    state: str
    subject: str


class OutsideLink(TypedDict):
    relation: str
    target: str


class ConsultDocument(TypedDict):
    """A question to an expert, and how it stands: waiting, answered, or ended without an answer."""

    expert: Mailbox
    asked_by: str | None
    asked_at: str
    message: str
    state: str
    answered_at: str | None
    ended_at: str | None
    reminders: int
    remind_at: str | None
    waited: int | None  # seconds; null while it is still waited for


class OrganisationBrief(TypedDict):
    key: str
    name: str
    briefing: str
    manager: str | None


class TicketView(TicketDocument):
    organisation: OrganisationBrief | None
    participants: list[Participant]
    proposed: list[Mailbox]
    messages: list[MessageDocument]
    journal: list[dict[str, Any]]
    links: list[TicketLink]
    consults: list[ConsultDocument]
    outside: list[OutsideLink]
    merged_into: int | None
    merged: list[int]  # the tickets that live on in this one


def page_size(limit: int) -> int:
    """How many rows one answer has, whatever was asked for."""
    return max(1, min(limit, MOST_ROWS))


def moment(seconds: int) -> str:
    """UTC seconds as RFC 3339."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def seconds_of(written: str) -> int:
    """What `moment` wrote, as UTC seconds again."""
    return int(datetime.fromisoformat(written).timestamp())


def moment_or_none(seconds: int | None) -> str | None:
    return None if seconds is None else moment(seconds)


def ticket_document(row: Row) -> TicketDocument:
    """A row of `ticket_document` or of the listing `ticket`."""
    return {
        "number": row["number"],
        "subject": row["subject"],
        "state": row["state"],
        "kind": row["kind"],
        "priority": row["priority"],
        "requester": {"name": row["requester_name"], "address": row["requester_address"]},
        "assignee": row["assignee_login"],
        "team": row["team"],
        "service": row["service"],
        "channel": row["channel"],
        "direction": row["direction"],
        "reporter": row["reporter_login"],
        "tier": row["tier"],
        "tags": row["tags"].split() if row["tags"] else [],
        "resolution": row["resolution"],
        "opened_at": moment(row["opened_at"]),
        "updated_at": moment(row["updated_at"]),
        "due_at": moment_or_none(row["due_at"]),
        "waiting_since": moment_or_none(row["waiting_since"]),
        "pend_until": moment_or_none(row["pend_until"]),
        "rev": row["rev"],
    }


async def document_of(desk: Desk, number: int) -> TicketDocument:
    """The document of a ticket as it is now."""
    row = await desk.tx.one("ticket_document", number=number)
    if row is None:
        raise no_ticket(number)
    return ticket_document(row)


async def find_ticket(desk: Desk, number: int) -> Ticket:
    """The ticket of this number; Refused where there is none."""
    row = await desk.tx.one("ticket", number=number)
    if row is None:
        raise no_ticket(number)
    return Ticket(**row)


async def save(desk: Desk, before: Ticket, after: Ticket) -> None:
    """Write a decision on a ticket that was read in this transaction."""
    changed = await desk.tx.run(
        "change_ticket",
        number=before.number,
        rev=before.rev,
        state=after.state,
        assignee=after.assignee,
        subject=after.subject,
        updated_at=after.updated_at,
        waiting_since=after.waiting_since,
        pend_until=after.pend_until,
        resolved_at=after.resolved_at,
        closed_at=after.closed_at,
        kind=after.kind,
        priority=after.priority,
        team=after.team,
        service=after.service,
        due_at=after.due_at,
        tier=after.tier,
        untouched_since=after.untouched_since,
        first_answered_at=after.first_answered_at,
        resolution=after.resolution,
        merged_into=after.merged_into,
        requester=after.requester,
    )
    if changed != 1:
        raise Refused("changed", f"#{before.number} has just been changed by somebody else. Look again.", Exit.CONFLICT)
    if before.is_open and not after.is_open and after.merged_into is None:
        await _end_waiting(desk, after)


async def _end_waiting(desk: Desk, ended: Ticket) -> None:
    """Whatever ends a case: nobody reminds an expert of it, and what was promised is kept, or was no promise."""
    await desk.tx.run("end_consults", ticket=ended.number, now=desk.now)
    if ended.state == State.SPAM:
        await desk.tx.run("withdraw_promises", ticket=ended.number, now=desk.now)
    else:
        await desk.tx.run("keep_promises", ticket=ended.number, now=desk.now)


def split_message_id(text: str) -> tuple[int, int]:
    """(ticket, position) of a message's name such as 1234.5."""
    ticket, dot, position = text.removeprefix("#").partition(".")
    if not (dot and ticket.isdecimal() and position.isdecimal() and max(len(ticket), len(position)) <= 18):
        raise Refused(
            "bad-message",
            f"“{text}” is no message. A message is named like 1234.5; see: spocd ticket view",
            Exit.USAGE,
        )
    return int(ticket), int(position)


def read_json(text: str | None) -> Any:
    return None if text is None else json.loads(text)


# Made once: `json.dumps` would make one for each of the many texts of a mail.
write_json = json.JSONEncoder(ensure_ascii=False).encode
