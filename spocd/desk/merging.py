"""Two tickets about one matter become one, and two again.

The messages of the merged one move to the survivor with their names, and a row keeps what undoes it. Whoever answers a
letter of the merged one lands on the survivor (`evidence.survivor`). Whose ticket is merged has to be on the survivor:
an answer there goes to everybody on it, with what it quotes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from spocd.desk import search, traces
from spocd.desk.access import Actor, is_hidden
from spocd.desk.answer import workable
from spocd.desk.casework import check_sight
from spocd.desk.documents import TicketDocument, document_of, find_ticket, read_json, save, write_json
from spocd.desk.journal import record
from spocd.desk.letter import last_chain, post, readers
from spocd.desk.notice import tell_holder
from spocd.desk.operation import Desk, operation
from spocd.desk.person import identity
from spocd.domain.merging import check_merge, merged, remembered, unmerged
from spocd.domain.ticket import NO_SUBJECT, Ticket, check_rev
from spocd.domain.token import Purpose
from spocd.errors import Exit, Refused
from spocd.store import Row


@dataclass(frozen=True, slots=True)
class _ByMerge:
    """Who is on a ticket by what was merged into it alone: people, each since when, and the addresses in its copies."""

    people: frozenset[tuple[int, int]] = frozenset()
    addresses: frozenset[str] = frozenset()


class MergedTicket(TicketDocument):
    joined: list[str]  # the addresses of who is on the survivor by this, and gets its answers from now on


@operation("ticket.merge", writes=True)
async def merge(
    desk: Desk, actor: Actor, *, ticket: int, into: int, notify: bool = True, if_rev: int | None = None
) -> MergedTicket:
    """Put a ticket together with another that is about the same, and in which it lives on."""
    before = await workable(desk, ticket, if_rev)
    survivor = await find_ticket(desk, into)
    check_merge(before, survivor)
    await check_sight(desk, before, survivor)
    people = await desk.tx.all("participants", ticket=ticket)
    here = await desk.tx.all("participants", ticket=into)
    there = {row["identity"] for row in here}
    await _check_requester(desk, before, survivor, there)
    joined = [row for row in people if row["identity"] not in there]
    gone, lives = merged(before, survivor, desk.now)
    own = {row["identity"] for row in people}
    await _carry_over(
        desk, before, survivor, joined, [row for row in here if row["identity"] in own],
        remembered(before, survivor, lives),
    )  # fmt: skip
    await save(desk, before, gone)
    await save(desk, survivor, lives)
    addresses = [row["address"] for row in joined]
    await desk.tx.run("drop_handovers", ticket=ticket)
    await record(desk, ticket, actor, "merged", into=into)
    waits = before.waiting_since is not None or None
    await record(desk, into, actor, "merged here", other=ticket, joined=addresses or None, waits=waits)
    await tell_holder(desk, actor, before, "merged", other=f"#{into}")
    if survivor.assignee != before.assignee:
        await tell_holder(desk, actor, survivor, "merged", other=f"#{ticket}")
    if notify:
        await _tell(desk, actor, before, lives)
    return {**(await document_of(desk, ticket)), "joined": addresses}


async def _check_requester(desk: Desk, ticket: Ticket, into: Ticket, there: set[int]) -> None:
    if await identity(desk, ticket.requester) in there:
        return
    address = (await document_of(desk, ticket.number))["requester"]["address"]
    raise Refused(
        "somebody-else",
        f"#{ticket.number} is of {address or 'somebody'}, who is not on #{into.number}: answers there, and what they"
        f" quote, would go to people who do not know of each other. Link them, and each is told apart:"
        f" spocd ticket link {ticket.number} duplicate {into.number}."
        f" If all may read all, add them first: spocd ticket cc add {into.number} {address}",
        Exit.CONFLICT,
    )


async def _carry_over(
    desk: Desk, ticket: Ticket, into: Ticket, joined: list[Row], there: list[Row], was: dict[str, Any]
) -> None:
    """Move what stands on a ticket to its survivor, and remember what undoes it.

    Its people join the survivor, but for those who are `there`. Who is there by another merge alone is there by this
    one too from now on: they leave with the last.
    """
    number, to = ticket.number, into.number
    earlier = await _by_merges(desk, to)
    people = [(row["person"], desk.now) for row in joined]
    people += [both for row in there if (both := (row["person"], row["since"])) in earlier.people]
    known = {row["address"] for row in await desk.tx.all("correspondents", ticket=to)}
    own = await desk.tx.all("correspondents", ticket=number)
    others = [row for row in own if row["address"] not in known]
    addresses = [row["address"] for row in own if row["address"] not in known - earlier.addresses]
    promises = [row["id"] for row in await desk.tx.all("open_promises", ticket=number)]
    consults = [row["id"] for row in await desk.tx.all("open_consults", ticket=number)]
    await desk.tx.run(
        "remember_merge",
        ticket=number,
        survivor=to,
        was=write_json(was),
        messages=write_json([row["id"] for row in await desk.tx.all("message_ids", ticket=number)]),
        joined=write_json({"people": people, "addresses": addresses}),
        awaited=write_json({"promises": promises, "consults": consults}),
        now=desk.now,
    )
    await desk.tx.run("move_messages", ticket=number, into=to)
    await desk.tx.batch("add_correspondents", [{"ticket": to, **row} for row in others])
    await desk.tx.batch("move_promise", [{"id": each, "ticket": to} for each in promises])
    await desk.tx.batch("move_consult", [{"id": each, "ticket": to} for each in consults])
    for row in joined:
        await desk.tx.run("add_participant", ticket=to, person=row["person"], role="cc", now=desk.now)
    for each in (number, to):
        await search.forget(desk, each)


async def _tell(desk: Desk, actor: Actor, ticket: Ticket, into: Ticket) -> None:
    """One letter to whose ticket it was, from the one that it lives on in; none who never heard of that ticket."""
    if await desk.tx.one("last_letter_to", ticket=ticket.number, purpose=Purpose.REPLY, reader=ticket.requester):
        about = "" if ticket.subject == NO_SUBJECT else ticket.subject
        await _tell_requester(
            desk, actor, into, ticket.requester, kind="merged", merged_number=ticket.number, merged_subject=about
        )


async def _tell_requester(
    desk: Desk, actor: Actor, ticket: Ticket, person: int, *, kind: str, **about: int | str
) -> None:
    """A letter to a person, or whoever they are now, who is on the ticket."""
    ring = await desk.ring()
    requester = await identity(desk, person)
    rows = await desk.tx.all("participants", ticket=ticket.number)
    there = {row["person"] for row in rows if row["identity"] == requester}
    reader = next((each for each in await readers(desk, ticket, answer=False) if each.person in there), None)
    if reader is not None:
        await post(
            desk, ring, ticket, reader, kind=kind, cause="staff", message=None,
            chain=await last_chain(desk, ticket, ring, reader.person),
            variables={"requester_name": reader.name, "agent_name": actor.name, **about},
        )  # fmt: skip


@operation("ticket.unmerge", writes=True)
async def unmerge(
    desk: Desk, actor: Actor, *, ticket: int, notify: bool = True, if_rev: int | None = None
) -> TicketDocument:
    """Undo a merge: each ticket has its own messages, people and state again; what came since stays on the other.

    Its requester is told where they were told of the merge.
    """
    before = await find_ticket(desk, ticket)
    check_rev(before, if_rev)
    kept = await desk.tx.one("merge_of", ticket=ticket)
    # What it was merged into is written too; whoever does not see that is told what they would be of no merge at all.
    if kept is None or await is_hidden(desk.tx, actor, kept["survivor"]):
        raise Refused("not-merged", f"#{ticket} was not merged into another.")
    survivor = await find_ticket(desk, kept["survivor"])
    if survivor.merged_into is not None:
        raise Refused(
            "merged",
            f"#{survivor.number} was merged into #{survivor.merged_into} afterwards. Undo that first:"
            f" spocd ticket unmerge {survivor.number}",
            Exit.CONFLICT,
        )
    await _carry_back(desk, ticket, survivor, kept)
    due = (await _due(desk, ticket), await _due(desk, survivor.number))
    back, parted = unmerged(before, survivor, read_json(kept["was"]), due, desk.now)
    await save(desk, before, back)
    await save(desk, survivor, parted)
    await record(desk, ticket, actor, "unmerged", other=survivor.number)
    await record(desk, survivor.number, actor, "unmerged", other=ticket)
    await tell_holder(desk, actor, back, "unmerged", other=f"#{survivor.number}")
    if back.assignee != parted.assignee:
        await tell_holder(desk, actor, parted, "unmerged", other=f"#{ticket}")
    if notify and await desk.tx.one("merge_was_told", survivor=survivor.number, at=kept["created_at"]):
        await _tell_requester(desk, actor, back, back.requester, kind="unmerged", survivor_number=survivor.number)
    return await document_of(desk, ticket)


async def _carry_back(desk: Desk, number: int, into: Ticket, kept: Row) -> None:
    awaited, survivor, own = read_json(kept["awaited"]), into.number, set(read_json(kept["messages"]))
    texts = await desk.tx.all("texts_of_ticket", ticket=survivor)
    await traces.follow(desk, into, [row for row in texts if row["id"] in own])
    here = {"ticket": number, "survivor": survivor}
    await desk.tx.batch("move_message_back", [here | {"id": each} for each in read_json(kept["messages"])])
    await desk.tx.batch("move_promise", [{"id": each, "ticket": number} for each in awaited["promises"]])
    await desk.tx.batch("move_consult", [{"id": each, "ticket": number} for each in awaited["consults"]])
    await desk.tx.run("forget_merge", ticket=number)
    joined, others = _joined(kept), await _by_merges(desk, survivor)
    for person, since in joined.people - others.people:
        await desk.tx.run("part_participant", ticket=survivor, person=person, since=since, now=desk.now)
    addresses = [{"ticket": survivor, "address": each} for each in joined.addresses - others.addresses]
    await desk.tx.batch("drop_correspondent", addresses)
    for each in (number, survivor):
        await search.forget(desk, each)


async def _by_merges(desk: Desk, ticket: int) -> _ByMerge:
    """Who is on a ticket by the merges into it that nobody has undone."""
    merges = [_joined(row) for row in await desk.tx.all("merges_into", ticket=ticket)]
    return _ByMerge(
        frozenset().union(*(each.people for each in merges)), frozenset().union(*(each.addresses for each in merges))
    )


def _joined(kept: Row) -> _ByMerge:
    joined = read_json(kept["joined"])
    return _ByMerge(frozenset((person, since) for person, since in joined["people"]), frozenset(joined["addresses"]))


async def _due(desk: Desk, ticket: int) -> int | None:
    """By when its people hear again: what was promised, and kept or withdrawn meanwhile, does not come back."""
    return next((row["due_at"] for row in await desk.tx.all("promises_to_keep", ticket=ticket)), None)
