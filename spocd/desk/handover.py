"""A ticket changes hands: the journal, the brief for whoever gets it, one short mail to the requester."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

from spocd.desk.access import Actor
from spocd.desk.documents import document_of, read_json, save, write_json
from spocd.desk.duty import check_there
from spocd.desk.fairness import check_turn
from spocd.desk.journal import record
from spocd.desk.letter import last_chain, post, readers
from spocd.desk.message import add_own
from spocd.desk.notice import notify, notify_team
from spocd.desk.operation import Desk
from spocd.domain import ticket as case
from spocd.domain.handover import Happened, Said, Standing, brief
from spocd.domain.notice import What
from spocd.domain.ticket import Ticket
from spocd.store import Row

EVERYBODY = "the queue"
BRIEF = "hand-over"  # what a brief says of itself as a message, so that the next one does not repeat it
# What the time line of a brief leaves out: the messages stand in it as they are.
_SAID_ELSEWHERE = frozenset({"note", "answered", "opened"})


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
        await record(desk, ticket.number, actor, event, to=whom, why=reason.why, **_tier(ticket, moved))
    elif to is None:
        line: dict[str, Any] = {"from": had["login"], "to": reason.team or None, **_tier(ticket, moved)}
        await record(desk, ticket.number, actor, event, **line, why=reason.why)
    else:
        line = {"from": had["login"], "to": to["login"]}
        await record(desk, ticket.number, actor, "handed over", **line, why=reason.why)
    text = await _brief(desk, actor, ticket, moved, had, to, reason)
    await save(desk, ticket, moved)
    why = "" if reason.cause else reason.why or ""
    if to is not None:
        await desk.tx.run("agent_was_given", agent=to["id"], now=desk.now)
        had_it = had["name"] if had else ""
        await notify(desk, actor, moved, to["id"], What.GIVEN, why=why, body=text, who=had_it, cause=reason.cause)
    elif had is not None:
        hours = desk.settings.untouched if reason.cause == "untouched" else 0
        await notify(desk, actor, moved, had["id"], What.RETURNED, why=why, hours=hours)
    if to is None and (reason.team or moved.tier != ticket.tier):
        await notify_team(desk, actor, moved, What.PASSED_ON, why=why, body=text)
    if tell:
        await tell_requester(desk, moved, had, to, reason, passed_on=moved.tier > ticket.tier or bool(reason.team))
    else:
        # What waits says that somebody else has it.
        await desk.tx.run("drop_handovers", ticket=ticket.number)
    return moved


def _tier(before: Ticket, after: Ticket) -> dict[str, Any]:
    return {"tier": after.tier} if after.tier != before.tier else {}


async def _holder(desk: Desk, ticket: Ticket) -> Row | None:
    return None if ticket.assignee is None else await desk.tx.one("card", agent=ticket.assignee)


async def _brief(
    desk: Desk, actor: Actor, ticket: Ticket, moved: Ticket, had: Row | None, to: Row | None, reason: Reason
) -> str:
    """The brief, filed as a note; "" where nobody had the ticket, or whoever had it did nothing and puts it back."""
    if had is None:
        return ""
    if to is None and moved.tier == ticket.tier and not await has_acted(desk, ticket.number, had["login"]):
        return ""
    standing = await _standing(desk, moved)
    text = brief(standing, had=had["name"], to=to["name"] if to else reason.team or EVERYBODY, why=reason.why or "")
    position, _ = await add_own(desk, actor, ticket, kind="note", body=text, recipients=[], by=BRIEF)
    await record(desk, ticket.number, actor, "note", message=position)
    return text


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


async def answering_takes(desk: Desk, actor: Actor, ticket: Ticket, reason: str | None) -> bool:
    """Whether an answer takes the ticket, since nobody has it; Refused where the agent is away.

    Whoever is answered before others was taken before others: the journal and the report on fairness say so. Nobody is
    kept from answering by it, since what is known is better said at once.
    """
    if ticket.assignee is not None or actor.agent is None:
        return False
    mine = await desk.tx.one("card", agent=actor.agent)
    assert mine is not None
    await check_there(desk, actor, mine)
    await check_turn(desk, actor, ticket, mine, reason, otherwise="answered it")
    return True


async def _standing(desk: Desk, ticket: Ticket) -> Standing:
    """A ticket as it stands, for its brief."""
    document = await document_of(desk, ticket.number)
    people = await desk.tx.all("participants", ticket=ticket.number)
    messages = await desk.tx.all("messages", ticket=ticket.number)
    files = await desk.tx.all("ticket_attachments", ticket=ticket.number)
    journal = await desk.tx.all("ticket_journal", ticket=ticket.number)
    promises = await desk.tx.all("open_promises_of", ticket=ticket.number)
    consults = await desk.tx.all("open_consults_of", ticket=ticket.number)
    requester = document["requester"]
    return Standing(
        number=ticket.number,
        subject=ticket.subject,
        state=ticket.state,
        kind=ticket.kind,
        priority=ticket.priority,
        service=ticket.service,
        requester=requester["name"] or requester["address"],
        also=[each["name"] or each["address"] for each in people if each["person"] != ticket.requester],
        waiting_since=_clock_or_none(desk, ticket.waiting_since),
        pend_until=_clock_or_none(desk, ticket.pend_until),
        due_at=_clock_or_none(desk, ticket.due_at),
        tags=document["tags"],
        said=[_said(desk, row) for row in messages if read_json(row["evidence"]).get("by") != BRIEF],
        happened=[_happened(desk, row) for row in journal if row["event"] not in _SAID_ELSEWHERE],
        promises=[f"by {_clock(desk, row['due_at'])}" + (" (broken)" if row["broken_at"] else "") for row in promises],
        consults=[f"{row['name'] or row['address']}, on {_clock(desk, row['asked_at'])}" for row in consults],
        attachments=[f"{row['filename']} ({row['size']} octets, {row['origin']}.{row['position']})" for row in files],
    )


def _said(desk: Desk, row: Row) -> Said:
    return Said(
        f"{row['origin']}.{row['position']}",
        _clock(desk, row["created_at"]),
        row["author_name"] or row["author_address"],
        row["kind"],
        row["direction"] == "out" or row["kind"] == "note",
        row["visible_text"],
    )


def _happened(desk: Desk, row: Row) -> Happened:
    detail: dict[str, Any] = read_json(row["detail"]) or {}
    parts = [f"{name} {detail[name]}" for name in ("from", "to", "until") if detail.get(name)]
    why = f": {detail['why']}" if detail.get("why") else ""
    return Happened(_clock(desk, row["at"]), f"{' '.join([row['event'], *parts])}, by {row['actor']}{why}")


def _clock(desk: Desk, seconds: int) -> str:
    return datetime.fromtimestamp(seconds, ZoneInfo(desk.settings.zone)).strftime("%Y-%m-%d %H:%M")


def _clock_or_none(desk: Desk, seconds: int | None) -> str | None:
    return None if seconds is None else _clock(desk, seconds)
