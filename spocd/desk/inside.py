"""Mails from the desk's own side: what agents answer to notices, and experts to questions.

They are filed for staff, and never seen outside. Nothing of them is remembered that would let their writer, or who
stood in their copy, in among the ticket's people.
"""

from __future__ import annotations

from spocd.desk import consult
from spocd.desk.documents import save
from spocd.desk.journal import record
from spocd.desk.mention import tell_mentioned
from spocd.desk.message import add_incoming
from spocd.desk.operation import Desk
from spocd.domain.reading import Reading
from spocd.domain.thread import AGENT, Author, Claim, ToTicket, explain
from spocd.domain.ticket import Ticket, filed
from spocd.store import Row


async def file_inside(
    desk: Desk, ticket: Ticket, where: ToTicket, claim: Claim, reading: Reading, author: Author, *, automatic: bool,
    raw: str, content_key: str, sender: str, at: int,
) -> int:  # fmt: skip
    """File a mail as an internal note; the id of the message. What a machine answered tells nobody anything.

    It changes nothing about the ticket or about whoever works on it: a From line is no proof of who wrote.
    """
    writer = await desk.tx.one("agent_of_address", address=author.address) if author.address else None
    of_agent = claim.inside == AGENT
    is_own = _is_own(claim, author, writer)
    why = explain(where) | ({} if is_own else {"warnings": [_not_own(claim, author)]})
    position, message = await add_incoming(
        desk, ticket, raw, content_key, reading, kind="automatic" if automatic else "note", person=author.person,
        agent=writer["id"] if writer and of_agent and is_own else None, evidence=why, sender=sender, at=at,
        inside=True,
    )  # fmt: skip
    await save(desk, ticket, filed(ticket, desk.now))
    who = writer["login"] if writer and of_agent and is_own else author.address or "unknown sender"
    if automatic:
        await record(desk, ticket.number, who, "filed", message=position, why="automatic", by=why["by"])
    elif of_agent:
        await record(desk, ticket.number, who, "note", message=position, by=why["by"])
        if writer and is_own:
            await tell_mentioned(desk, writer["login"], ticket, reading.visible_text, but=writer["id"])
    else:
        await consult.answered(desk, ticket, claim, author, position, reading.visible_text)
    return message


def _is_own(claim: Claim, author: Author, writer: Row | None) -> bool:
    """Whether From is the one whom the letter went to; of a team's address, anybody who works here."""
    return (bool(author.address) and author.address == claim.address) or (not claim.person and writer is not None)


def _not_own(claim: Claim, author: Author) -> str:
    wrote = author.address or "Somebody without an address"
    if claim.inside == AGENT:
        return f"{wrote} wrote this, which is not the agent's address: the notice went to {claim.address}."
    return f"{wrote} answered this, and not {claim.address}, who was asked."
