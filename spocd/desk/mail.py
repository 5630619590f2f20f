"""The two boxes: what came in and what goes out, and what to do when either stands still."""

from __future__ import annotations

import json
from typing import Any, TypedDict

from spocd.desk.access import Actor, Role, is_in_hidden, no_message, seen_by, tickets_of
from spocd.desk.documents import find_ticket, moment, moment_or_none, page_size
from spocd.desk.journal import record
from spocd.desk.message import find_message
from spocd.desk.operation import Desk, operation
from spocd.desk.withheld import without_hidden
from spocd.domain.token import extended, read
from spocd.errors import Exit, Refused
from spocd.store import Row
from spocd.store.listings import cursor as page_cursor

PAGE = 50

InboxDocument = TypedDict(
    "InboxDocument",
    {
        "id": int,
        "received_at": str,
        "from": str,
        "to": list[str],
        "size": int,
        "state": str,
        "fate": str | None,
        "ticket": int | None,
        "message": str | None,
        "tries": int,
        "error": str | None,
        "channel": str,
        "peer": str,
    },
)


class InboxList(TypedDict):
    mails: list[InboxDocument]
    cursor: str | None


class LetterDocument(TypedDict):
    id: int
    ticket: int | None
    kind: str
    to: str
    state: str
    tries: int
    next_try_at: str | None
    created_at: str
    sent_at: str | None
    reply: str | None


class LetterList(TypedDict):
    letters: list[LetterDocument]
    cursor: str | None


class Counted(TypedDict):
    letters: int


class MailExplanation(TypedDict):
    mail: int | None
    message: str | None
    ticket: int | None
    fate: str
    evidence: dict[str, Any]


class FailedMail(TypedDict):
    mail: InboxDocument
    sha256: str


def _mail(desk: Desk, row: Row) -> InboxDocument:
    return {
        "id": row["id"],
        "received_at": moment(row["received_at"]),
        "from": row["sender"],
        "to": [_cut(desk, each) for each in json.loads(row["recipients"])],
        "size": row["size"],
        "state": row["state"],
        "fate": row["fate"],
        "ticket": row["ticket"],
        "message": f"{row['origin']}.{row['position']}" if row["origin"] is not None else None,
        "tries": row["tries"],
        "error": row["error"],
        "channel": row["channel"],
        "peer": row["peer"],
    }


def _cut(desk: Desk, recipient: str) -> str:
    """A recipient without what would let its reader write to the ticket."""
    split = desk.settings.own.split(recipient)
    if split is None or len(split[1]) <= 4:
        return recipient
    return extended(split[0], desk.settings.delimiter, f"{split[1][:4]}…")


@operation("mail.inbox")
async def inbox(
    desk: Desk, actor: Actor, *, state: str | None = None, limit: int = PAGE, cursor: str | None = None
) -> InboxList:
    """List the mails that came in, the newest first, each with its fate."""
    return await _inbox_page(desk, actor, {"states": [state]} if state else {}, limit, cursor)


@operation("mail.failed_list")
async def failed_list(desk: Desk, actor: Actor, *, limit: int = PAGE, cursor: str | None = None) -> InboxList:
    """List the mails that could not be made into tickets; none should ever be here."""
    return await _inbox_page(desk, actor, {"states": ["failed"]}, limit, cursor)


async def _inbox_page(desk: Desk, actor: Actor, filters: dict[str, Any], limit: int, cursor: str | None) -> InboxList:
    rows, more = await _page(desk, "inbox", filters | seen_by(actor), limit, cursor)
    return {"mails": [_mail(desk, row) for row in await mails_seen(desk, actor, rows)], "cursor": more}


async def mails_seen(desk: Desk, actor: Actor, rows: list[Row]) -> list[Row]:
    """The mails that somebody may know of: a ticket of its own may be hidden, or without one, where it was sent to."""
    if not actor.hidden:
        return rows
    tickets = [_tickets_of(desk, row) for row in rows]
    hidden = await tickets_of(desk.tx, actor.hidden, set().union(*tickets))
    return [
        row
        for row, its in zip(rows, tickets, strict=True)
        if hidden.isdisjoint(its) and (row["ticket"] is not None or actor.hidden.isdisjoint(_services_of(desk, row)))
    ]


def _tickets_of(desk: Desk, row: Row) -> set[int]:
    """The tickets that a mail went to, and is on now; without one those whose tokens it was sent to."""
    if row["ticket"] is not None:
        return {row["ticket"], row["message_ticket"] or row["ticket"]}
    tokens = [read(extension) for _, extension in _addresses_of(desk, row)]
    return {token.first for token in tokens if token}


def _services_of(desk: Desk, row: Row) -> set[str | None]:
    return {desk.settings.addresses.get(base) for base, _ in _addresses_of(desk, row)}


def _addresses_of(desk: Desk, row: Row) -> list[tuple[str, str]]:
    """Where a mail was sent to at this desk: each address, and its extension."""
    return [desk.settings.own.split(each) or ("", "") for each in json.loads(row["recipients"])]


@operation("mail.failed_view")
async def failed_view(desk: Desk, actor: Actor, *, id: int) -> FailedMail:  # noqa: A002 (the wire's name)
    """Show one failed mail: why, and under which SHA-256 blob.Get gives its bytes."""
    row = await _inbox_mail(desk, id)
    if not await mails_seen(desk, actor, [row]):
        raise _no_mail(id)
    return {"mail": _mail(desk, row), "sha256": row["raw"]}


@operation("mail.failed_replay", role=Role.LEAD, writes=True)
async def failed_replay(desk: Desk, actor: Actor, *, id: int) -> InboxDocument:  # noqa: A002 (the wire's name)
    """Let a failed mail go through intake once more."""
    if not await desk.tx.run("replay_mail", id=id, now=desk.now):
        row = await _inbox_mail(desk, id)
        raise Refused("not-failed", f"Mail {id} has not failed: it is {row['state']}.")
    await record(desk, None, actor, "mail replayed", mail=id)
    return _mail(desk, await _inbox_mail(desk, id))


async def _inbox_mail(desk: Desk, number: int) -> Row:
    row = await desk.tx.one("inbox_mail", id=number)
    if row is None:
        raise _no_mail(number)
    return row


def _no_mail(number: int) -> Refused:
    return Refused("no-such-mail", f"There is no mail {number} in the inbox. See: spocd mail inbox", Exit.NOT_FOUND)


@operation("mail.outbox")
async def outbox(
    desk: Desk,
    actor: Actor,
    *,
    state: str | None = None,
    ticket: int | None = None,
    limit: int = PAGE,
    cursor: str | None = None,
) -> LetterList:
    """List the letters that went or are to go out, the newest first."""
    filters: dict[str, Any] = {"states": [state]} if state else {}
    if ticket is not None:
        filters["ticket"] = (await find_ticket(desk, ticket)).number
    rows, more = await _page(desk, "outbox", filters | seen_by(actor), limit, cursor)
    return {"letters": [_letter(row) for row in rows], "cursor": more}


def _letter(row: Row) -> LetterDocument:
    return {
        "id": row["id"],
        "ticket": row["ticket"],
        "kind": row["kind"],
        "to": row["recipient"],
        "state": row["state"],
        "tries": row["tries"],
        "next_try_at": moment(row["not_before"]) if row["state"] == "waiting" else None,
        "created_at": moment(row["created_at"]),
        "sent_at": moment_or_none(row["sent_at"]),
        "reply": row["reply"],
    }


async def _page(
    desk: Desk, name: str, filters: dict[str, Any], limit: int, cursor: str | None
) -> tuple[list[Row], str | None]:
    """The rows of one page of a listing, the newest first, and the cursor of the next page, if there is one."""
    most = page_size(limit)
    rows = await desk.tx.listing(name, filters, sort="newest", limit=most + 1, after=cursor)
    last = rows[:most][-1:]
    return rows[:most], page_cursor(last[0]["sort_key"], last[0]["id"]) if len(rows) > most else None


@operation("mail.explain")
async def explain(desk: Desk, actor: Actor, *, id: str) -> MailExplanation:  # noqa: A002 (the wire's name)
    """Explain where a mail went and why: a number of `mail inbox`, or a message such as 1234.5."""
    if "." in id:
        if await is_in_hidden(desk.tx, actor, id):
            raise no_message(id)
        row = await find_message(desk, id)
        mail = await desk.tx.one("inbox_mail_of_message", message=row["id"])
        if mail is None:
            raise Refused("no-mail", f"{id} did not come by mail: it was written here.", Exit.NOT_FOUND)
        return {
            "mail": None,
            "message": id.removeprefix("#"),
            "ticket": row["ticket"],
            "fate": mail["fate"],
            "evidence": await without_hidden(desk.tx, actor, json.loads(row["evidence"])),
        }
    if not id.isdecimal() or len(id) > 18:
        raise Refused("bad-mail", f"“{id}” is neither a number of the inbox nor a message such as 1234.5.", Exit.USAGE)
    row = await _inbox_mail(desk, int(id))
    if not await mails_seen(desk, actor, [row]):
        raise _no_mail(int(id))
    document = _mail(desk, row)
    return {
        "mail": row["id"],
        "message": document["message"],
        "ticket": row["ticket"],
        "fate": row["fate"] or row["state"],
        "evidence": await without_hidden(desk.tx, actor, json.loads(row["evidence"] or "{}")),
    }


def _check_any(letters: int, what: str) -> None:
    if not letters:
        raise Refused("no-such-letter", f"None of these letters {what}. See: spocd mail outbox", Exit.NOT_FOUND)


@operation("mail.hold", role=Role.LEAD, writes=True)
async def hold(desk: Desk, actor: Actor, *, letters: list[int] | None = None) -> Counted:
    """Hold letters back, or with none named the whole outbox, until `mail flush`."""
    if letters is not None:
        held = sum([await desk.tx.run("hold_letter", id=each) for each in letters])
        _check_any(held, "waits")
    else:
        await desk.tx.run("set_hold", since=desk.now)
        row = await desk.tx.one("count_waiting_letters")
        held = row["n"] if row else 0
    await record(desk, None, actor, "mail held", letters=letters)
    return {"letters": held}


@operation("mail.flush", role=Role.LEAD, writes=True)
async def flush(desk: Desk, actor: Actor, *, letters: list[int] | None = None) -> Counted:
    """Let letters go and try them now: those named, held or given up ones too; or everything that waits."""
    if letters is not None:
        moved = sum([await desk.tx.run("flush_letter", id=each, now=desk.now) for each in letters])
        _check_any(moved, "is held, waits or was given up")
    else:
        await desk.tx.run("set_hold", since=None)
        moved = await desk.tx.run("flush_letters", now=desk.now)
    await record(desk, None, actor, "mail flushed", letters=letters)
    return {"letters": moved}
