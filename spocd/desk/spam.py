"""Spam: filed by hand, and deleted when nobody has asked for it back."""

from __future__ import annotations

from dataclasses import replace

from spocd.desk import search
from spocd.desk.access import SPOCD, Actor
from spocd.desk.answer import workable
from spocd.desk.blob import erase
from spocd.desk.casework import put_tags
from spocd.desk.documents import TicketDocument, document_of, find_ticket, save
from spocd.desk.journal import record
from spocd.desk.notice import tell_holder
from spocd.desk.operation import Desk, operation
from spocd.domain import ticket as case

KEPT = 30  # days
MOST_AT_ONCE = 20  # tickets


@operation("ticket.spam", writes=True)
async def spam(
    desk: Desk, actor: Actor, *, ticket: int, reason: str | None = None, if_rev: int | None = None
) -> TicketDocument:
    """File a ticket as spam: nobody is told, nobody has it, and it is deleted after 30 days unless it is reopened."""
    before = await workable(desk, ticket, if_rev)
    await save(desk, before, case.filed_as_spam(before, desk.now))
    await desk.tx.run("drop_handovers", ticket=ticket)
    await record(desk, ticket, actor, "spam", was=before.state, why=reason)
    await tell_holder(desk, actor, before, "spam", why=reason)
    return await document_of(desk, ticket)


async def delete_old(desk: Desk) -> int:
    """Delete what has been spam for long enough; how many tickets that were."""
    rows = await desk.tx.all("spam_to_delete", before=desk.now - KEPT * case.DAY, most=MOST_AT_ONCE)
    for row in rows:
        await _delete(desk, row["number"])
    return len(rows)


async def _delete(desk: Desk, number: int) -> None:
    """Delete what a ticket holds. Its row stays, empty, so that its number is never given again."""
    ticket = await find_ticket(desk, number)
    files = await desk.tx.all("files_of_ticket", ticket=number)
    for row in await desk.tx.all("raw_of_ticket", ticket=number):
        if await desk.tx.one("twin_with_raw", **row) is None:
            await erase(desk, row["raw"])
    await desk.tx.run("drop_attachments_of_ticket", ticket=number)
    for row in files:
        if await desk.tx.one("attachment_with", sha256=row["sha256"]) is None:
            await erase(desk, row["sha256"])
    await desk.tx.run("empty_messages", ticket=number)
    await desk.tx.run("drop_seen_ids", ticket=number)
    await desk.tx.run("drop_correspondents", ticket=number)
    await put_tags(desk, number, [])
    await search.forget(desk, number)
    gone = replace(ticket, state=case.State.CLOSED, subject=case.DELETED, resolution="deleted", closed_at=desk.now)
    await save(desk, ticket, replace(gone, updated_at=desk.now))
    await record(desk, number, SPOCD, "deleted", why=f"spam for {KEPT} days")
