"""Whose turn it is: the queue, taking, giving, putting back, passing on."""

from __future__ import annotations

from spocd.desk.access import Actor
from spocd.desk.answer import workable
from spocd.desk.documents import TicketDocument, TicketList, document_of, find_ticket, moment
from spocd.desk.duty import card_of, check_there, wants_of
from spocd.desk.fairness import check_turn
from spocd.desk.handover import Reason, move
from spocd.desk.operation import Desk, operation
from spocd.domain import ticket as case
from spocd.domain.fairness import may_see
from spocd.domain.reasons import NEXT_IN_QUEUE, given_by
from spocd.domain.ticket import Ticket
from spocd.errors import Exit, Refused
from spocd.store import Row


@operation("ticket.next", writes=True)
async def next_ticket(desk: Desk, actor: Actor, *, claim: bool = False, notify: bool = True) -> TicketList:
    """Show the case that is next in the fair order; with claim, take it in the same step."""
    mine = await _own_card(desk, actor) if claim or actor.agent is not None else None
    if mine is not None:
        await check_there(desk, actor, mine)
    row = await desk.tx.one("next_in_queue", agent=actor.agent)
    if row is None:
        return {"tickets": [], "cursor": None}
    if mine is not None and claim:
        ticket = await find_ticket(desk, row["number"])
        await check_turn(desk, actor, ticket, mine, None)
        await move(desk, actor, ticket, mine, Reason(NEXT_IN_QUEUE), event="taken", tell=notify)
    return {"tickets": [await document_of(desk, row["number"])], "cursor": None}


@operation("ticket.take", writes=True)
async def take(
    desk: Desk,
    actor: Actor,
    *,
    ticket: int,
    holder: str | None = None,
    reason: str | None = None,
    notify: bool = True,
    if_rev: int | None = None,
) -> TicketDocument:
    """Take a ticket; one that is not your next needs a reason, and one that somebody has needs their login too."""
    before = await workable(desk, ticket, if_rev)
    mine = await _own_card(desk, actor)
    await _hand_over(desk, actor, before, mine, reason, event="taken", tell=notify, holder=holder)
    return await document_of(desk, ticket)


@operation("ticket.release", writes=True)
async def release(
    desk: Desk,
    actor: Actor,
    *,
    ticket: int,
    reason: str | None = None,
    notify: bool = True,
    if_rev: int | None = None,
) -> TicketDocument:
    """Put a ticket back into the queue, at the place that its waiting time gives it; a colleague's needs a reason."""
    before = await workable(desk, ticket, if_rev)
    if before.assignee is None:
        raise Refused("nobody", f"Nobody has #{ticket}: it is in the queue already.")
    if before.assignee != actor.agent and not reason:
        raise await _taken(desk, actor, before)
    await move(desk, actor, before, None, Reason(reason, reason or ""), event="released", tell=notify)
    return await document_of(desk, ticket)


@operation("ticket.assign", writes=True)
async def assign(
    desk: Desk,
    actor: Actor,
    *,
    ticket: int,
    to: str,
    reason: str | None = None,
    notify: bool = True,
    if_rev: int | None = None,
) -> TicketDocument:
    """Give a ticket to an agent or a team; one that somebody has needs a reason."""
    before = await workable(desk, ticket, if_rev)
    agent = await desk.tx.one("card_of_login", login=to)
    if agent is not None:
        await _hand_over(desk, actor, before, agent, reason, event="assigned", tell=notify)
        return await document_of(desk, ticket)
    team = await desk.tx.one("team_named", key=to)
    if team is None:
        raise Refused("no-such-agent", f"There is no agent or team “{to}”. See: spocd agent list", Exit.NOT_FOUND)
    await _send_to(desk, actor, before, team, reason, tell=notify)
    return await document_of(desk, ticket)


@operation("ticket.escalate", writes=True)
async def escalate(
    desk: Desk,
    actor: Actor,
    *,
    ticket: int,
    reason: str,
    notify: bool = True,
    if_rev: int | None = None,
) -> TicketDocument:
    """Pass a ticket on to the next tier: it waits in the queue for those who solve what the first could not."""
    before = await workable(desk, ticket, if_rev)
    if not reason.strip():
        raise Refused("no-reason", "Say why it is passed on: --reason TEXT. The requester is told.", Exit.USAGE)
    after = case.escalated(before, desk.now)
    if not await desk.tx.one("somebody_for", number=ticket, tier=after.tier, team=after.team):
        raise Refused(
            "no-such-tier",
            f"Nobody of tier {after.tier} may have #{ticket}. Give it to somebody by name, with a reason:"
            f" spocd ticket assign {ticket} LOGIN --reason TEXT",
        )
    why = Reason(reason, reason)
    await move(desk, actor, before, None, why, event="escalated", tell=notify, after=after)
    return await document_of(desk, ticket)


async def _own_card(desk: Desk, actor: Actor) -> Row:
    row = await desk.tx.one("card", agent=actor.as_agent())
    assert row is not None
    return row


async def _hand_over(
    desk: Desk, actor: Actor, ticket: Ticket, agent: Row, reason: str | None, *, event: str, tell: bool,
    holder: str | None = None,
) -> None:  # fmt: skip
    """Give a ticket to an agent who is there and may have it.

    Who takes one out of turn says why; where somebody gives it to a colleague, the journal says who did.
    """
    if ticket.assignee == agent["id"]:
        whom = "you" if agent["id"] == actor.agent else agent["login"]
        raise Refused("there", f"#{ticket.number} is with {whom} already.")
    if agent["id"] == actor.agent:
        await _check_holder(desk, ticket, holder)
    if ticket.assignee is not None and not reason:
        raise await _taken(desk, actor, ticket)
    await check_there(desk, actor, agent)
    if agent["id"] != actor.agent:
        await _check_may_see(desk, ticket, agent)
    given = None if agent["id"] == actor.agent else given_by(actor.login)
    await check_turn(desk, actor, ticket, agent, reason, otherwise=given)
    told = reason or "" if ticket.assignee is not None else ""
    await move(desk, actor, ticket, agent, Reason(reason, told), event=event, tell=tell)


async def _send_to(desk: Desk, actor: Actor, ticket: Ticket, team: Row, reason: str | None, *, tell: bool) -> None:
    wants = await wants_of(desk, ticket)
    if wants.only is not None and wants.only != team["key"]:
        raise Refused(
            "confidential", f"#{ticket.number} is confidential: only the team {wants.only or 'of its service'} has it."
        )
    if ticket.assignee is None and ticket.team == team["key"]:
        raise Refused("there", f"#{ticket.number} waits for the team {team['key']} already.")
    if ticket.assignee is not None and not reason:
        raise await _taken(desk, actor, ticket)
    after = case.sent_to(ticket, team["key"], desk.now)
    here = await desk.tx.all("team_to_tell", team=team["key"], tier=0)
    if here and not await desk.tx.one("somebody_for", number=ticket.number, tier=after.tier, team=team["key"]):
        raise Refused(
            "nobody-there",
            f"Nobody of the team {team['key']} may have #{ticket.number}, by tier or skills: spocd ticket explain"
            f" {ticket.number}. Give it to somebody by name, or first a service of theirs: spocd ticket edit"
            f" {ticket.number} --service KEY",
        )
    why = Reason(reason, reason or "", team=team["name"])
    await move(desk, actor, ticket, None, why, event="given to a team", tell=tell, after=after)


async def _check_may_see(desk: Desk, ticket: Ticket, agent: Row) -> None:
    wants = await wants_of(desk, ticket)
    if wants.only is not None and not may_see(wants, await card_of(desk, agent)):
        raise Refused(
            "confidential",
            f"#{ticket.number} is confidential, and {agent['login']} is not in the team"
            f" {wants.only or 'of its service'}. Give it to somebody who is.",
        )


async def _check_holder(desk: Desk, ticket: Ticket, named: str | None) -> None:
    """Refuse to take from a colleague who was not named: a reason to go before others is none to take from one."""
    number = ticket.number
    if ticket.assignee is None:
        if named is not None:
            raise Refused(
                "not-theirs",
                f"#{number} is not with “{named}”: nobody has it. Take it without --from: spocd ticket take {number}",
                Exit.CONFLICT,
            )
        return
    holder = (await document_of(desk, number))["assignee"]
    if named == holder:
        return
    row = await desk.tx.one("held_since", ticket=number)
    since = f" since {moment(row['at'])}" if row and row["at"] is not None else ""
    raise Refused(
        "taken",
        f"#{number} is with {holder}{since}{f', not with {named}' if named else ''}."
        f" To take it over, say from whom and why: spocd ticket take {number} --from {holder} --reason TEXT",
        Exit.CONFLICT,
    )


async def _taken(desk: Desk, actor: Actor, ticket: Ticket) -> Refused:
    holder = "you" if ticket.assignee == actor.agent else (await document_of(desk, ticket.number))["assignee"]
    return Refused("taken", f"#{ticket.number} is with {holder}. Say why it moves: --reason TEXT", Exit.CONFLICT)
