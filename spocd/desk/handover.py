"""A ticket changes hands: the journal, the brief for whoever gets it, one short mail to the requester."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Literal

from spocd.desk.access import SPOCD, Actor
from spocd.desk.brief import BRIEF, brief_of
from spocd.desk.documents import save, write_json
from spocd.desk.duty import check_there
from spocd.desk.fairness import check_turn
from spocd.desk.journal import record
from spocd.desk.letter import last_chain, post, readers
from spocd.desk.message import add_own
from spocd.desk.notice import notify, notify_team
from spocd.desk.operation import Desk
from spocd.domain import ticket as case
from spocd.domain.handover import has_left, is_away
from spocd.domain.notice import What
from spocd.domain.ticket import Ticket
from spocd.store import Row

EVERYBODY = "the queue"


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a ticket moves: as colleagues read it, and as its requester does ("" where that is not for them).

    `team` is the name of the team that is to look at it. What spocd itself says to requesters is a `cause` that is
    `of` somebody; each language has its words for it.
    """

    why: str | None = None
    told: str = ""
    team: str = ""
    cause: Literal["", "away", "left", "theirs", "untouched"] = ""
    of: str = ""


async def move(
    desk: Desk, actor: Actor, ticket: Ticket, to: Row | None, reason: Reason, *, event: str, tell: bool = True,
    after: Ticket | None = None,
) -> Ticket:  # fmt: skip
    """Give a ticket to an agent (a row of `card`), or put it into the queue; what it is afterwards.

    `event` is the journal's word where nobody had it, or nobody has it now. `after` is the ticket with what else
    changes in the same step. `tell` is whether the requester hears of it.
    """
    agent = to["id"] if to else None
    had = await _holder(desk, ticket)
    moved = case.given(after or ticket, agent, desk.now)
    if had is None:
        whom = to["login"] if to else reason.team or None
        await record(desk, ticket.number, actor, event, to=whom, why=reason.why, **_changed(ticket, moved))
    elif to is None:
        line: dict[str, Any] = {"from": had["login"], "to": reason.team or None, **_changed(ticket, moved)}
        await record(desk, ticket.number, actor, event, **line, why=reason.why)
    else:
        line = {"from": had["login"], "to": to["login"], **_changed(ticket, moved)}
        await record(desk, ticket.number, actor, "handed over", **line, why=reason.why)
    brief = await _brief(desk, actor, ticket, moved, had, to, reason)
    await save(desk, ticket, moved)
    why = "" if reason.cause else reason.told or reason.why or ""
    is_sent_on = to is None and bool(reason.team or moved.tier != ticket.tier)
    if to is not None:
        await desk.tx.run("agent_was_given", agent=to["id"], now=desk.now)
        had_it = had["name"] if had else ""
        await notify(desk, actor, moved, to["id"], What.GIVEN, why=why, brief=brief, who=had_it, cause=reason.cause)
    if had is not None:
        what = What.MOVED_ON if to else What.SENT_ON if is_sent_on else What.RETURNED
        await notify(
            desk, actor, moved, had["id"], what, why=why, by="" if actor == SPOCD else actor.name or actor.login,
            who=to["name"] if to else "", team=reason.team, tier=moved.tier,
            hours=desk.settings.untouched if reason.cause == "untouched" else 0,
        )  # fmt: skip
    if is_sent_on:
        await notify_team(desk, actor, moved, What.PASSED_ON, why=why, brief=brief)
    if tell:
        await tell_requester(desk, moved, had, to, reason, passed_on=moved.tier > ticket.tier or bool(reason.team))
    else:
        # What waits says that somebody else has it.
        await desk.tx.run("drop_handovers", ticket=ticket.number)
    return moved


def _changed(before: Ticket, after: Ticket) -> dict[str, Any]:
    """What else is another by the move, so that the journal tells all that a ticket is."""
    return {name: getattr(after, name) for name in ("tier", "team") if getattr(after, name) != getattr(before, name)}


async def _holder(desk: Desk, ticket: Ticket) -> Row | None:
    return None if ticket.assignee is None else await desk.tx.one("card", agent=ticket.assignee)


async def _brief(
    desk: Desk, actor: Actor, ticket: Ticket, moved: Ticket, had: Row | None, to: Row | None, reason: Reason
) -> dict[str, Any] | None:
    """What the brief tells, which is filed as a note in the shell's English, and told in each reader's language.

    None where nobody had the ticket, or whoever had it did nothing and puts it back.
    """
    if had is None:
        return None
    if to is None and moved.tier == ticket.tier and not await has_acted(desk, ticket.number, had["login"]):
        return None
    brief = await brief_of(desk, moved)
    own = {"away": is_away(reason.of), "left": has_left(reason.of)}
    why = own.get(reason.cause, reason.told or reason.why)
    whom = to["name"] if to else reason.team or EVERYBODY
    heading = f"Hand-over of #{ticket.number} from {had['name']} to {whom}" + (f": {why}" if why else "")
    text = f"{heading}\n\n{desk.settings.brief(brief)}"
    position, _ = await add_own(desk, actor, ticket, kind="note", body=text, recipients=[], by=BRIEF)
    # It is no act of whoever moves the case, and does not stand for one.
    await record(desk, ticket.number, SPOCD, "note", message=position)
    return brief


async def has_acted(desk: Desk, ticket: int, login: str, *, since: int = -1) -> bool:
    """Whether somebody did anything about a ticket after a moment (UTC seconds) but have it, label it, pass it on."""
    return await desk.tx.one("acted", ticket=ticket, login=login, since=since) is not None


async def tell_requester(
    desk: Desk, ticket: Ticket, had: Row | None, to: Row | None, reason: Reason, *, passed_on: bool = False
) -> None:
    """One short mail to the requester: who has it now, and why. Several moves within some minutes are one.

    Where in the end whoever had it before has it again, there is nothing to tell.
    """
    if not ticket.is_open:
        return
    reader = next((each for each in await readers(desk, ticket, answer=False) if each.person == ticket.requester), None)
    if reader is None:
        return
    waiting = await desk.tx.one("waiting_handover", ticket=ticket.number, person=reader.person)
    earlier: dict[str, Any] = json.loads(waiting["variables"]) if waiting else {}
    was = earlier["was"] if waiting else (had["id"] if had else None)
    now = to["id"] if to else None
    if waiting is not None and now == was and not passed_on:
        await desk.tx.run("drop_handover", id=waiting["id"])
        return
    if now is None and was is None and not passed_on:
        return  # they were not told that anybody has it
    heard = was is not None or passed_on
    variables = {
        "requester_name": reader.name, "known": reader.known, "agent_name": to["name"] if to else "",
        "agent_title": to["title"] if to else "", "reason": reason.told if heard else "",
        "cause": reason.cause if heard else "", "of": reason.of, "team": reason.team, "passed_on": passed_on,
        "was": was,
    }  # fmt: skip
    if waiting is not None:
        version = desk.settings.template_version("handover", reader.language or desk.settings.language)
        text = write_json(earlier | variables)
        if await desk.tx.run("retell_handover", id=waiting["id"], variables=text, template_version=version):
            return
    ring = await desk.ring()
    await post(
        desk, ring, ticket, reader, kind="handover", cause="staff", message=None,
        chain=await last_chain(desk, ticket, ring, reader.person), variables=variables,
        after=desk.settings.moves_within,
    )  # fmt: skip


async def keep_true(desk: Desk, before: Ticket, after: Ticket) -> None:
    """Put right what a letter that waits says, after an edit: whose case it is, or which team is to look at it."""
    waiting = await desk.tx.one("waiting_handover", ticket=before.number, person=before.requester)
    if waiting is None:
        return
    if after.requester != before.requester:
        await desk.tx.run("drop_handover", id=waiting["id"])
    elif after.assignee is not None or after.team == before.team:
        return
    to = await _holder(desk, after)
    team = None if to or not after.team else await desk.tx.one("team_named", key=after.team)
    reason = Reason(team=team["name"], cause="theirs") if team else Reason()
    await tell_requester(desk, after, None, to, reason, passed_on=team is not None)


async def doing_takes(desk: Desk, actor: Actor, ticket: Ticket, reason: str | None, *, done: str) -> bool:
    """Whether what was `done`, an answer or the end of it, takes the ticket, since nobody has it.

    Refused where the agent is away. Whoever is answered before others was taken before others: the journal and the
    report on fairness say so. Nobody is kept from it by that, since what is known is better said at once.
    """
    if ticket.assignee is not None or actor.agent is None:
        return False
    mine = await desk.tx.one("card", agent=actor.agent)
    assert mine is not None
    await check_there(desk, actor, mine)
    await check_turn(desk, actor, ticket, mine, reason, otherwise=done)
    return True
