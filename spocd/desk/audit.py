"""The journal as evidence: sealed behind whatever writes it, listed, given out, and verified."""

from __future__ import annotations

import json
import secrets
from dataclasses import asdict, dataclass
from typing import Any, TypedDict

from spocd.desk.access import Actor, Role
from spocd.desk.documents import moment, page_size
from spocd.desk.known import no_such
from spocd.desk.operation import Desk, operation
from spocd.domain.audit import FIRST, Broken, Line, Seal, Walk, sealed, walk
from spocd.store import Row
from spocd.store.listings import cursor as page_cursor

PAGE = 50
LINES = 200  # sealed in one batch: some milliseconds of the desk
MOST_UNSEALED = 100_000  # that are counted
WALKED = 1000  # verified in one read


class AuditLine(TypedDict):
    id: int
    at: str
    ticket: int | None
    actor: str
    event: str
    detail: dict[str, Any]


class AuditList(TypedDict):
    lines: list[AuditLine]
    cursor: str | None


class SealedLine(AuditLine):
    salt: str | None
    digest: str
    seal: str


class SealedLines(TypedDict):
    lines: list[SealedLine]
    last: int | None


class Verified(TypedDict):
    lines: int
    erased: int
    unsealed: int  # lines after the last that is sealed: nothing shows yet whether one of them was changed or taken out
    last: int
    seal: str
    more: bool
    has_head: bool
    broken: int | None
    what: str


@dataclass(frozen=True, slots=True)
class Batch:
    """The lines that come next to be sealed, after the last that is. `mails_wait`: whether others have enough to do."""

    after: int
    previous: str
    lines: tuple[Line, ...]
    mails_wait: bool


async def unsealed(desk: Desk) -> Batch:
    """The next lines that are not sealed. They hardly ever change, so that they are sealed outside of a transaction."""
    last = await desk.tx.one("last_seal")
    after, previous = (last["journal"], last["seal"]) if last else (0, FIRST)
    rows = await desk.tx.all("journal_lines", after=after, most=LINES)
    mail = await desk.tx.one("next_mail_at")
    wait = mail is not None and mail["at"] is not None and mail["at"] <= desk.now
    return Batch(after, previous, tuple(_line(row) for row in rows), wait)


def seals_of(batch: Batch) -> list[Row]:
    """What is to be kept of a batch: a row for each line."""
    salts = [secrets.token_hex(16) for _ in batch.lines]
    return [
        {"journal": each.line, "salt": each.salt, "digest": each.digest, "seal": each.seal}
        for each in sealed(batch.lines, salts, batch.previous)
    ]


async def keep_seals(desk: Desk, batch: Batch, rows: list[Row]) -> bool:
    """Keep the seals of a batch, unless another node has sealed meanwhile, or words were taken out of a line."""
    last = await desk.tx.one("last_seal")
    if (last["journal"] if last else 0) != batch.after:
        return False
    there = await desk.tx.all("journal_lines", after=batch.after, most=len(batch.lines))
    if tuple(map(_line, there)) != batch.lines:
        return False
    await desk.tx.batch("add_seal", rows)
    return True


def _line(row: Row) -> Line:
    return Line(row["id"], row["at"], row["ticket"], row["actor"], row["event"], row["detail"])


@operation("audit.list", role=Role.LEAD)
async def list_lines(
    desk: Desk,
    actor: Actor,
    *,
    ticket: int | None = None,
    who: str | None = None,
    since: int | None = None,
    until: int | None = None,
    limit: int = PAGE,
    cursor: str | None = None,
) -> AuditList:
    """List what was done at the desk and by whom, the newest first."""
    plain = {"ticket": ticket, "actor": who, "since": since, "until": until}
    filters = {name: value for name, value in plain.items() if value is not None}
    most = page_size(limit)
    rows = await desk.tx.listing("journal", filters, sort="newest", limit=most + 1, after=cursor)
    if who is not None and not rows:
        await _check_did_something(desk, who)
    last = rows[:most][-1:]
    more = page_cursor(last[0]["sort_key"], last[0]["id"]) if len(rows) > most else None
    return {"lines": [_document(row) for row in rows[:most]], "cursor": more}


async def _check_did_something(desk: Desk, who: str) -> None:
    """Refuse a name that stands in no line, and is no agent's: it is misspelt."""
    if await desk.tx.one("agent_of_login", login=who) is not None:
        return
    if not await desk.tx.listing("journal", {"actor": who}, sort="newest", limit=1, after=None):
        raise no_such("agent", who, [row["login"] for row in await desk.tx.all("logins_here")])


@operation("audit.export", role=Role.ADMIN)
async def export(desk: Desk, actor: Actor, *, after: int = 0, limit: int = PAGE) -> SealedLines:
    """Give out the lines that are sealed, the oldest first, each with its digest and its seal; `last` goes on there."""
    most = page_size(limit)
    rows = await desk.tx.all("sealed_lines", after=after, most=most + 1)
    page = [row for row in rows[:most] if row["id"] is not None]
    return {
        "lines": [
            {**_document(row), "salt": row["salt"], "digest": row["digest"], "seal": row["seal"]} for row in page
        ],
        "last": rows[most - 1]["journal"] if len(rows) > most else None,
    }


def _document(row: Row) -> AuditLine:
    return {
        "id": row["id"],
        "at": moment(row["at"]),
        "ticket": row["ticket"],
        "actor": row["actor"],
        "event": row["event"],
        "detail": json.loads(row["detail"]),
    }


@operation("audit.verify", role=Role.ADMIN)
async def verify(
    desk: Desk,
    actor: Actor,
    *,
    after: int = 0,
    seal: str = FIRST,
    head: str | None = None,
) -> Verified:
    """Verify the lines after one whose seal is given, up to a thousand; says the first that is not as it was sealed."""
    rows = await desk.tx.all("sealed_lines", after=after, most=WALKED + 1)
    page, more = rows[:WALKED], len(rows) > WALKED
    last = page[-1]["journal"] if page else after
    found = walk(((None if row["id"] is None else _line(row), _seal(row)) for row in page), Walk(seal))
    if not isinstance(found, Broken):
        slipped = await desk.tx.one("line_without_seal", after=after, upto=last)
        if slipped is not None and slipped["id"] is not None:
            found = Broken(slipped["id"], "it has no seal, and lines after it have one")
    has_head = head is not None and any(row["seal"] == head for row in page)
    if isinstance(found, Broken):
        return _verified(Walk(seal), after, 0, more=False, has_head=has_head, broken=found)
    rest = None if more else await desk.tx.one("lines_after", after=last, most=MOST_UNSEALED)
    return _verified(found, last, rest["n"] if rest else 0, more=more, has_head=has_head, broken=None)


def _seal(row: Row) -> Seal:
    return Seal(row["journal"], row["salt"], row["digest"], row["seal"])


def _verified(walked: Walk, last: int, unsealed: int, *, more: bool, has_head: bool, broken: Broken | None) -> Verified:
    return {
        **asdict(walked),  # type: ignore[typeddict-item]
        "unsealed": unsealed,
        "last": last,
        "more": more,
        "has_head": has_head,
        "broken": broken.line if broken else None,
        "what": broken.what if broken else "",
    }
