"""What an agent says: answers, last words and notes; and what rests until a moment, or is closed by time alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, NotRequired, TypedDict

from spocd.desk.access import SPOCD, Actor, Role
from spocd.desk.documents import TicketDocument, document_of, find_ticket, moment, save
from spocd.desk.handover import doing_takes
from spocd.desk.journal import record
from spocd.desk.letter import Chain, Reader, last_chain, post, readers
from spocd.desk.mention import NotTold, check_mentioned, not_told, tell_mentioned
from spocd.desk.message import add_own
from spocd.desk.notice import notify_assignee, tell_holder
from spocd.desk.operation import Desk, operation
from spocd.desk.parts import blockers_of, open_parts
from spocd.desk.possession import may_have
from spocd.desk.promise import check_promise, keep, make
from spocd.desk.public import Public, mail_of_people, written_to_people
from spocd.domain import ticket as case
from spocd.domain.links import check_closable
from spocd.domain.notice import What
from spocd.domain.reasons import ANSWERED_IT
from spocd.domain.ticket import Ticket, check_rev
from spocd.domain.token import Ring
from spocd.errors import Exit, Refused
from spocd.store import Row

Resolution = Literal["fixed", "answered", "duplicate", "not-ours", "no-answer", "withdrawn"]


class Enclosed(TypedDict):
    """A file that was put into the store with blob.Put."""

    filename: str
    content_type: NotRequired[str]
    sha256: str


class NotedTicket(TicketDocument):
    not_told: list[NotTold]  # those whom the note names, and whom no mail about it reaches now


async def workable(desk: Desk, number: int, if_rev: int | None) -> Ticket:
    """The ticket, to be changed; Refused where it was merged away, or is not at the revision `if_rev`."""
    ticket = await find_ticket(desk, number)
    if ticket.merged_into is not None:
        raise Refused("merged", f"#{number} was merged into #{ticket.merged_into}.", Exit.CONFLICT)
    check_rev(ticket, if_rev)
    return ticket


@operation("ticket.reply", writes=True)
async def reply(
    desk: Desk,
    actor: Actor,
    *,
    ticket: int,
    body: str,
    close: bool = False,
    resolution: Resolution | None = None,
    pend_until: int | None = None,
    promise: int | None = None,
    attachments: list[Enclosed] | None = None,
    reason: str | None = None,
    if_rev: int | None = None,
) -> TicketDocument:
    """Answer by mail, under the desk's address and your name; everybody on the ticket gets it.

    `promise` is a moment (UTC seconds) by which they are told that they hear again; until then they wait.
    """
    before = await workable(desk, ticket, if_rev)
    if not body.strip():
        raise Refused("empty", "The answer is empty. Give it with -b TEXT, -F FILE or -e.", Exit.USAGE)
    if resolution and not close:
        raise Refused("not-closed", "What came of it is said where it is closed: --close --resolution …", Exit.USAGE)
    if close and pend_until is not None:
        raise Refused("both", "An answer either closes the ticket or lets it rest. Take one.", Exit.USAGE)
    if promise is not None:
        check_promise(promise, close=close, pend_until=pend_until, now=desk.now)
    said = Words(
        body, reason, attachments=attachments, closing=close, promised="" if promise is None else desk.clock(promise)
    )
    if before.state == case.State.RESOLVED and not close:
        await record(desk, ticket, actor, "reopened", was=before.state, why=ANSWERED_IT)
    after = await say(desk, actor, before, said)
    if close:
        after = await resolve(desk, actor, after, resolution=resolution, said=body)
    if promise is not None:
        await make(desk, actor, before, promise)
        after = case.promised(after, promise, desk.now)
    if pend_until is not None:
        after = case.pended(after, pend_until, desk.now)
        await record(desk, ticket, actor, "pending", until=moment(pend_until))
    await save(desk, before, after)
    return await document_of(desk, ticket)


@dataclass(frozen=True, slots=True)
class Words:
    """What an agent says to everybody on a ticket; with it the ticket is `closing`, or a promise is made.

    Where they are not to `notify` anybody, since they have heard it, it stands on the ticket all the same.
    """

    body: str
    reason: str | None  # why out of turn, where nobody had it
    closing: bool = False
    promised: str = ""
    attachments: list[Enclosed] | None = None
    notify: bool = True


async def say(desk: Desk, actor: Actor, before: Ticket, said: Words) -> Ticket:
    """Answer: it is a message of the ticket, keeps what was promised, and takes what nobody had. The ticket by then."""
    takes = await doing_takes(desk, actor, before, said.reason, done=ANSWERED_IT)
    to = await readers(desk, before, answer=True) if said.notify else []
    recipients = [{"name": each.name, "address": each.address} for each in to]
    position, message = await add_own(desk, actor, before, kind="mail", body=said.body, recipients=recipients)
    await enclose(desk, actor, message, said.attachments)
    letters = await _send(desk, actor, before, said, message) if said.notify else None
    await record(desk, before.number, actor, "answered", message=position, letters=letters)
    await keep(desk, actor, before)
    if not said.closing:
        await tell_holder(desk, actor, before, "answered", body=said.body)
    after = case.answered(before, desk.now)
    if not takes:
        return after
    await record(desk, before.number, actor, "taken", to=actor.login, why=ANSWERED_IT)
    return case.answered(case.given(after, actor.agent, desk.now), desk.now)


async def _send(desk: Desk, actor: Actor, ticket: Ticket, said: Words, message: int) -> list[int]:
    variables = {"body": written_to_people(said.body), "promised": said.promised, "closing": said.closing}
    variables |= quote_of(desk, await desk.tx.one("last_message_of_people", ticket=ticket.number))
    letters = await tell(desk, actor, ticket, kind="answer", message=message, variables=variables)
    if not letters:
        raise Refused(
            "nobody",
            f"Nobody on #{ticket.number} has an address to answer to."
            f" Add one: spocd ticket cc add {ticket.number} ADDR",
        )
    return letters


async def resolve(
    desk: Desk,
    actor: Actor,
    ticket: Ticket,
    *,
    resolution: Resolution | None,
    why: str | None = None,
    said: str = "",
    though_parts: bool = False,
    though_blocked: bool = False,
) -> Ticket:
    """Hold a ticket to be done, with what was `said`; Refused where something that is open keeps it.

    The ticket by then.
    """
    after = case.resolved(ticket, desk.now, resolution=resolution)
    check_closable(
        ticket.number,
        children=[] if though_parts else await open_parts(desk, actor, ticket.number),
        blockers=[] if though_blocked else await blockers_of(desk, actor, ticket.number),
    )
    await desk.tx.run("drop_handovers", ticket=ticket.number)
    await record(desk, ticket.number, actor, "resolved", why=why, resolution=resolution)
    await tell_holder(desk, actor, ticket, "resolved", why=why, body=said)
    return after


def quote_of(desk: Desk, last: Row | None) -> dict[str, str | Public]:
    """What a letter quotes of a mail of the ticket's people, with its time as the desk's clock shows it."""
    if last is None:
        return {}
    return {
        "quote": mail_of_people(last),
        "quote_author": last["author_name"] or last["author_address"],
        "quote_date": desk.clock(last["created_at"]),
    }


async def tell(
    desk: Desk, actor: Actor, ticket: Ticket, *, kind: str, message: int | None, variables: dict[str, Any]
) -> list[int]:
    """A letter each to everybody on the ticket; their ids. `message` is an agent's; without it the desk writes."""
    ring: Ring = await desk.ring()
    to: list[Reader] = await readers(desk, ticket, answer=message is not None)
    told = []
    for reader in to:
        chain: Chain = await last_chain(desk, ticket, ring, reader.person)
        others = [each.name or each.address for each in to if each.person != reader.person]
        letter = await post(
            desk, ring, ticket, reader, kind=kind, cause="staff", message=message, chain=chain,
            variables={
                "requester_name": reader.name, "agent_name": actor.name, "also_told": ", ".join(others), **variables,
            },
        )  # fmt: skip
        told += [letter] if letter is not None else []
    return told


async def enclose(desk: Desk, actor: Actor, message: int, attachments: list[Enclosed] | None) -> None:
    for position, each in enumerate(attachments or [], 1):
        blob = await desk.tx.one("blob_size", sha256=each["sha256"])
        if blob is None or not await may_have(desk, actor, each["sha256"]):
            raise Refused("no-such-file", f"The file {each['filename']} was not sent first (blob.Put).", Exit.NOT_FOUND)
        await desk.tx.run(
            "add_attachments", message=message, position=position, filename=each["filename"],
            content_type=each.get("content_type") or "application/octet-stream", size=blob["size"],
            sha256=each["sha256"],
        )  # fmt: skip


@operation("ticket.note", role=Role.ROBOT, writes=True)
async def note(
    desk: Desk,
    actor: Actor,
    *,
    ticket: int,
    body: str,
    attachments: list[Enclosed] | None = None,
    if_rev: int | None = None,
) -> NotedTicket:
    """Write an internal note, which only staff ever see; whoever it names as @login is told."""
    before = await workable(desk, ticket, if_rev)
    if not body.strip() and not attachments:
        raise Refused("empty", "The note is empty. Give it with -b TEXT, -F FILE or -e.", Exit.USAGE)
    await check_mentioned(desk, before, body)
    position, message = await add_own(desk, actor, before, kind="note", body=body, recipients=[])
    await enclose(desk, actor, message, attachments)
    await save(desk, before, case.filed(before, desk.now))
    await record(desk, ticket, actor, "note", message=position)
    await tell_mentioned(desk, actor, before, body)
    return {**(await document_of(desk, ticket)), "not_told": await not_told(desk, actor, body)}


@operation("ticket.pend", writes=True)
async def pend(
    desk: Desk, actor: Actor, *, ticket: int, until: int, reason: str | None = None, if_rev: int | None = None
) -> TicketDocument:
    """Let a ticket rest until a moment (UTC seconds); a mail from its people wakes it before."""
    before = await workable(desk, ticket, if_rev)
    await save(desk, before, case.pended(before, until, desk.now))
    await record(desk, ticket, actor, "pending", until=moment(until), why=reason)
    await tell_holder(desk, actor, before, "pending", why=reason, until=desk.clock(until))
    return await document_of(desk, ticket)


MOST_AT_ONCE = 200


async def wake_and_close(desk: Desk) -> int:
    """What time alone does: wake what rested long enough, close what was resolved long enough. How many it touched."""
    rows = await desk.tx.all("tickets_to_wake", now=desk.now, most=MOST_AT_ONCE)
    for row in rows:
        before = await find_ticket(desk, row["number"])
        after = case.woken(before, desk.now)
        await save(desk, before, after)
        await record(desk, before.number, SPOCD, "woken")
        await notify_assignee(desk, SPOCD, after, What.WOKEN)
    before_moment = desk.now - desk.settings.close_after * case.DAY
    done = await desk.tx.all("tickets_to_close", before=before_moment, most=MOST_AT_ONCE)
    for row in done:
        before = await find_ticket(desk, row["number"])
        await save(desk, before, case.closed(before, desk.now))
        await record(desk, before.number, SPOCD, "closed", why=f"no answer for {desk.settings.close_after} days")
    return len(rows) + len(done)
