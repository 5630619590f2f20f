"""The fair order at the desk: a ticket's place in it, whom it is offered to, and what it takes to go before others."""

from __future__ import annotations

from typing import NamedTuple, TypedDict

from spocd.desk.access import Actor, Role
from spocd.desk.documents import document_of, find_ticket, moment
from spocd.desk.duty import card_of, receivers, wants_of
from spocd.desk.journal import record
from spocd.desk.operation import Desk, operation
from spocd.desk.withheld import without_hidden
from spocd.domain.fairness import ORDER, Wants, at_once, hindrances, is_queued, rank
from spocd.domain.ticket import Ticket
from spocd.errors import Exit, Refused
from spocd.store import Row

MOST_COUNTED = 1000  # tickets of the queue before another one, so that a long queue costs no more to tell of


class Offer(TypedDict):
    login: str
    offered: bool
    why: str


class Explanation(TypedDict):
    number: int
    position: int | None
    more_before: bool  # whether more than `position` says stand before it: they are counted no further
    order: list[str]
    why: list[str]
    offered: list[Offer]


class Place(NamedTuple):
    """Which in the queue a ticket is, from 1; or that there are more before it than were counted."""

    position: int
    more_before: bool


async def place(desk: Desk, ticket: Ticket) -> Place | None:
    """Where in the queue it is; None where it does not wait there."""
    if not is_queued(ticket):
        return None
    due_at, waiting_since, number = rank(ticket)
    row = await desk.tx.one(
        "queue_place", due_at=due_at, waiting_since=waiting_since, number=number, most=MOST_COUNTED + 1
    )
    assert row is not None
    return Place(min(row["before"], MOST_COUNTED) + 1, row["before"] > MOST_COUNTED)


async def check_turn(
    desk: Desk, actor: Actor, ticket: Ticket, agent: Row, reason: str | None, *, otherwise: str | None = None
) -> None:
    """Refuse a jump without a reason; write the journal's line of one that has it.

    `agent` (a row of `card`) is whoever is to have the ticket. What nobody waits for, or somebody has, is no jump.
    `otherwise` is the reason where none is given and none is needed.
    """
    if not is_queued(ticket):
        return
    head = await desk.tx.one("next_in_queue", agent=agent["id"])
    if head is not None and head["number"] == ticket.number:
        await _note_promise(desk, actor, ticket, agent)
        return
    reason = reason or at_once(ticket, agent["id"], desk.now) or otherwise
    wants = await wants_of(desk, ticket)
    if not reason:
        raise Refused("out-of-turn", await _sentence(desk, actor, ticket, wants, agent, head), Exit.CONFLICT)
    due_at, waiting_since, number = rank(ticket)
    passed = await desk.tx.one(
        "passed_over", due_at=due_at, waiting_since=waiting_since, number=number, agent=agent["id"], most=MOST_COUNTED
    )
    there = await place(desk, ticket)
    assert passed is not None
    assert there is not None
    await record(
        desk, ticket.number, actor, "out of turn", to=agent["login"], why=reason, place=there.position,
        more_before=there.more_before or None, passed=passed["n"], next=head["number"] if head else None,
        not_offered=hindrances(wants, await card_of(desk, agent)) or None,
    )  # fmt: skip


async def _note_promise(desk: Desk, actor: Actor, ticket: Ticket, agent: Row) -> None:
    """What is in turn because of a promise goes before those who wait longer: the fairness report names it."""
    if ticket.due_at is None:
        return
    row = await desk.tx.one(
        "waited_longer", due_at=ticket.due_at, waiting_since=ticket.waiting_since, most=MOST_COUNTED
    )
    if row is not None and row["n"]:
        await record(
            desk, ticket.number, actor, "before its time", to=agent["login"], why="promised",
            passed=min(row["n"], MOST_COUNTED), due=moment(ticket.due_at),
        )  # fmt: skip


async def _sentence(desk: Desk, actor: Actor, ticket: Ticket, wants: Wants, agent: Row, head: Row | None) -> str:
    whom = "you" if agent["id"] == actor.agent else agent["login"]
    clauses = hindrances(wants, await card_of(desk, agent))
    if clauses:
        first = f"#{ticket.number} is not offered to {whom}: it {' and '.join(clauses)}."
        return f"{first} Say why it goes there all the same: --reason TEXT"
    assert head is not None, "what is offered to somebody is in their queue"
    following = await find_ticket(desk, head["number"])
    since = f"promised for {moment(following.due_at)}" if following.due_at is not None else (
        f"waiting since {moment(following.waiting_since or 0)}"
    )  # fmt: skip
    return (
        f"#{ticket.number} is not next for {whom}: that is #{following.number}, {since}."
        f" Take that one, or say why #{ticket.number} goes first: --reason TEXT"
    )


@operation("ticket.explain", role=Role.ROBOT)
async def explain(desk: Desk, actor: Actor, *, ticket: int) -> Explanation:
    """Explain a ticket's place in the fair order, and whom it is offered to."""
    found = await find_ticket(desk, ticket)
    there = await place(desk, found)
    why = _why_there(found, there) if there else [await _why_not(desk, found)]
    return {
        "number": ticket,
        "position": there.position if there else None,
        "more_before": there is not None and there.more_before,
        "order": list(ORDER),
        "why": await without_hidden(desk.tx, actor, why),
        "offered": await _offers(desk, found) if there else [],
    }


def _why_there(ticket: Ticket, there: Place) -> list[str]:
    more = f"#{ticket.number} is in the queue, with more than {MOST_COUNTED:,} before it."
    why = [more if there.more_before else f"#{ticket.number} is number {there.position} in the queue."]
    if ticket.due_at is not None:
        why.append(f"Its requester is promised an answer by {moment(ticket.due_at)}: what is promised comes first.")
    if ticket.waiting_since is not None:
        why.append(f"Its requester has waited since {moment(ticket.waiting_since)}.")
    return why


async def _why_not(desk: Desk, ticket: Ticket) -> str:
    if ticket.merged_into is not None:
        return f"It is not in the queue: it was merged into #{ticket.merged_into}."
    if ticket.assignee is not None:
        return f"It is not in the queue: {(await document_of(desk, ticket.number))['assignee']} has it."
    if ticket.waiting_since is None and ticket.is_open:
        return "It is not in the queue: the desk has answered and waits for the requester."
    until = f" until {moment(ticket.pend_until)}" if ticket.pend_until is not None else ""
    return f"It is not in the queue: it is {ticket.state}{until}."


async def _offers(desk: Desk, ticket: Ticket) -> list[Offer]:
    """Whom it is offered to when its turn comes, and why not the others."""
    wants = await wants_of(desk, ticket)
    offers: list[Offer] = []
    for each in await receivers(desk):
        clauses = [f"it {clause}" for clause in hindrances(wants, each.card)]
        clauses += [f"{each.card.login} is away"] if each.away else []
        offers.append({"login": each.card.login, "offered": not clauses, "why": ", and ".join(clauses)})
    return offers
