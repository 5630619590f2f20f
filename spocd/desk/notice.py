"""Notices to agents, by mail: what is new for them, what was given to them, who named them.

A notice goes at once, or is held (a row of `notice`) until the agent wants to be told. What happens to one ticket
within a minute is one letter: what waits to be sent is amended; what comes after that is held until the minute is over.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from spocd.desk.access import Actor, Role, hidden_from
from spocd.desk.brief import brief_of
from spocd.desk.documents import find_ticket, read_json, write_json
from spocd.desk.letter import Chain, Colleague, Crew, own_chain, post
from spocd.desk.operation import Desk
from spocd.desk.withheld import names_tickets, without_tickets_of
from spocd.domain.notice import (
    AT_ONCE,
    LOST,
    MOST_EVENTS,
    THE_TEAM,
    Hours,
    What,
    cut,
    held_until,
    hours,
)
from spocd.domain.ticket import Ticket
from spocd.domain.token import Purpose
from spocd.errors import Refused
from spocd.store import Row

MOST_AGENTS = 50  # whose held notices one look of the clock sends
MOST_HELD = 200  # in one digest; what is held beyond them comes with the next look

Event = dict[str, Any]
Held = tuple[Row, Event]
About = str | int | dict[str, Any] | None  # a table is what `domain.handover.brief` tells


async def notify(
    desk: Desk, actor: Actor | str, ticket: Ticket, agent: int, what: str, *, why: str = "", body: str = "",
    **about: About,
) -> bool:  # fmt: skip
    """Tell an agent what happened on a ticket; nobody is told what they did themselves, or what they may not see.

    Whether they hear of it while they are there, at once or when they want to: not who is away or has no address.
    The words of `what` and of what it is `about`, a brief too, are each language's own (templates/*/words.txt); `why`
    and `body` are as somebody wrote them.
    """
    row = await desk.tx.one("agent_to_tell", id=agent)
    if row is None or not row["address"] or _is_own(actor, row) or await is_hidden_from(desk, row, ticket):
        return False
    event = _event(what, why, body, **about)
    if names_tickets(_own_words(event)):
        event = await _without(desk, await hidden_from(desk.tx, agent, Role(row["role"])), event)
    if row["away"]:
        # Their cases are with others, who are told. Only what is meant for them by name is held until they are back.
        if what == What.MENTIONED:
            await _hold(desk, agent, ticket, what, event, desk.now)
        return False
    await _send_or_hold(desk, ticket, row, what, event)
    return True


async def _send_or_hold(desk: Desk, ticket: Ticket, row: Row, what: str, event: Event) -> None:
    agent = row["id"]
    until = _held_until(desk, row)
    if until is not None:
        return await _hold(desk, agent, ticket, what, event, until)
    last = await desk.tx.one("last_notice", ticket=ticket.number, agent=agent, since=desk.now - AT_ONCE)
    if last is None:
        return await _send(desk, ticket, row, [event])
    if not await _amended(desk, last, event):
        await _hold(desk, agent, ticket, what, event, last["created_at"] + AT_ONCE)
    return None


async def notify_assignee(
    desk: Desk,
    actor: Actor | str,
    ticket: Ticket,
    what: str,
    *,
    why: str = "",
    body: str = "",
    instead: int | None = None,
    **about: About,
) -> None:
    """Tell whoever has the ticket, or where nobody has it, the agent `instead`."""
    agent = ticket.assignee if ticket.assignee is not None else instead
    if agent is not None:
        await notify(desk, actor, ticket, agent, what, why=why, body=body, **about)


async def tell_holder(
    desk: Desk, actor: Actor, ticket: Ticket, act: str, *, why: str | None = None, body: str = "", **about: str
) -> None:
    """Tell whoever has the ticket what a colleague does about it.

    `act` is answered, resolved, pending (until when), spam, reopened, merged or unmerged (with which other).
    """
    if ticket.assignee is not None:
        whose = {"act": act, "by": actor.name or actor.login}
        await notify(desk, actor, ticket, ticket.assignee, What.ACTED, why=why or "", body=body, **whose, **about)


async def notify_team(
    desk: Desk, actor: Actor | str, ticket: Ticket, what: str, *, why: str = "", body: str = "", **about: About
) -> None:
    """Tell the team of a ticket that nobody has: at its address, else each of its tier who is there.

    Whoever has the ticket is told in the team's place; without a team, nobody is.
    """
    if ticket.assignee is None:
        await _notify_crew(desk, actor, ticket, what, why=why, body=body, **about)
    else:
        await notify(desk, actor, ticket, ticket.assignee, what, why=why, body=body, **about)


async def notify_somebody(
    desk: Desk, actor: Actor | str, ticket: Ticket, what: str, *, first: Sequence[int | None], due: str
) -> None:
    """Tell the first of these agents who hears of it; else the ticket's team, and where nobody of it does, the leads.

    It is for what must not pass unseen because everybody whom it concerns is away or gone.
    """
    for agent in first:
        if agent is not None and await notify(desk, actor, ticket, agent, what, due=due):
            return
    if await _notify_crew(desk, actor, ticket, what, why="", body="", due=due):
        return
    for row in await desk.tx.all("leads_to_tell"):
        await notify(desk, actor, ticket, row["id"], what, due=due)


async def _notify_crew(
    desk: Desk, actor: Actor | str, ticket: Ticket, what: str, *, why: str, body: str, **about: About
) -> bool:
    """Tell the team of a ticket, whoever has it; whether anybody hears of it."""
    team = await desk.tx.one("team_of_ticket", ticket=ticket.number) if ticket.team else None
    if team is None:
        return False
    if team["address"]:
        event = _event(what, why, body, **about)
        if names_tickets(_own_words(event)):
            others = await desk.tx.all("services_hidden_from_team", team=team["key"])
            event = await _without(desk, frozenset(each["key"] for each in others), event)
        await _post(desk, ticket, Crew(team["name"], team["address"]), THE_TEAM, [event])
        return True
    crew = await desk.tx.all("team_to_tell", team=team["key"], tier=ticket.tier)
    return any([await notify(desk, actor, ticket, row["agent"], what, why=why, body=body, **about) for row in crew])


def _event(what: str, why: str, body: str, **about: About) -> Event:
    """What a template says of it; what it may ask for and does not apply is empty."""
    said = {"what": what, "why": why, "body": cut(body)}
    words = ("who", "by", "other", "fault", "due", "cause", "team", "act", "until")
    empty = dict.fromkeys(words, "") | dict.fromkeys(("times", "hours", "tier"), 0) | {"brief": None}
    return empty | about | said


def _own_words(event: Event) -> Event:
    """What is told but for what somebody wrote on the ticket itself, which everybody who sees it reads there."""
    return {key: said for key, said in event.items() if key != "body"}


async def _without(desk: Desk, services: frozenset[str], event: Event) -> Event:
    """The event without the numbers of tickets that its reader does not see."""
    return event | dict(await without_tickets_of(desk.tx, services, _own_words(event)))


def _is_own(actor: Actor | str, row: Row) -> bool:
    if isinstance(actor, Actor):
        return bool(actor.agent == row["id"])
    return actor.lower() == str(row["address"]).lower()


async def is_hidden_from(desk: Desk, row: Row, ticket: Ticket) -> bool:
    """Whether an agent may not see a ticket: it is of a restricted service, and they are not of its team."""
    return ticket.service is not None and ticket.service in await hidden_from(desk.tx, row["id"], Role(row["role"]))


def _held_until(desk: Desk, row: Row) -> int | None:
    """When this agent is told (UTC seconds), or None where that is now."""
    if not row["digest"] and not row["quiet"]:
        return None
    try:
        wanted = hours(row["digest"], row["quiet"])
    except Refused:
        return None  # better told at a bad time than never
    return release(desk.now, ZoneInfo(desk.settings.zone), wanted)


def release(now: int, zone: ZoneInfo, wanted: Hours) -> int | None:
    """When somebody with these hours is told of what happens now, by the clocks of a zone; None where that is at once.

    A time that the clocks leave out in spring is as long after midnight as it would be; of one that is there twice in
    autumn, the first to come counts.
    """
    here = datetime.fromtimestamp(now, zone)
    later = held_until(here.hour * 60 + here.minute, wanted)
    if later is None:
        return None
    day = here.date() + timedelta(days=later.days)
    at = datetime.combine(day, time(later.minute // 60, later.minute % 60), zone)
    moments = [int(at.replace(fold=fold).timestamp()) for fold in (0, 1)]
    return next((each for each in moments if each > now), now)


async def _hold(desk: Desk, agent: int, ticket: Ticket, what: str, event: Event, until: int) -> None:
    await desk.tx.run(
        "hold_notice", agent=agent, ticket=ticket.number, what=what, text=write_json(event), now=desk.now,
        not_before=until,
    )  # fmt: skip


async def _amended(desk: Desk, letter: Row, event: Event) -> bool:
    """Whether the letter says this as well now: one that has not been tried, and is not full."""
    variables = read_json(letter["variables"])
    events = [*variables["events"], event]
    if letter["state"] != "waiting" or letter["tries"] or len(events) > MOST_EVENTS:
        return False
    text = write_json(variables | {"events": events})
    return bool(await desk.tx.run("amend_letter", id=letter["id"], variables=text))


async def _send(desk: Desk, ticket: Ticket, row: Row, events: Sequence[Event]) -> None:
    await _post(desk, ticket, _colleague(row), row["id"], events)


async def _post(desk: Desk, ticket: Ticket, reader: Colleague | Crew, agent: int, events: Sequence[Event]) -> None:
    ring = await desk.ring()
    chain = await own_chain(desk, ticket, ring, Purpose.AGENT, agent)
    await post(
        desk,
        ring,
        ticket,
        reader,
        kind="notice",
        cause="staff",
        message=None,
        chain=chain,
        variables={"events": list(events)},
    )


def _colleague(row: Row) -> Colleague:
    return Colleague(row["id"], row["name"], row["address"], row["language"])


async def send_held(desk: Desk) -> int:
    """Send what was held and is due, one letter to each agent; how many. It is dropped in the same transaction."""
    due = await desk.tx.all("agents_with_notices", now=desk.now, most=MOST_AGENTS)
    return sum([await _send_to(desk, row["agent"]) for row in due])


async def _send_to(desk: Desk, agent: int) -> int:
    rows = await desk.tx.all("notices_of", agent=agent, now=desk.now, most=MOST_HELD)
    reader = await desk.tx.one("agent_to_tell", id=agent)
    if reader is not None:
        rows = await _due_now(desk, reader, rows)
    await desk.tx.batch("drop_notice", [{"id": row["id"]} for row in rows])
    if reader is None or not reader["address"]:
        return 0  # gone since: what they had is with others
    tickets = {row["ticket"]: await find_ticket(desk, row["ticket"]) for row in rows if row["ticket"] is not None}
    shown = await _as_it_stands(desk, reader, rows, tickets)
    if not shown:
        return 0
    [*about] = {row["ticket"] for row, _ in shown}
    if len(about) == 1 and about[0] is not None and len(shown) <= MOST_EVENTS:
        # It can be answered, which a letter about several cannot.
        await _send(desk, tickets[about[0]], reader, [event for _, event in shown])
        return 1
    await post(
        desk, await desk.ring(), None, _colleague(reader), kind="digest", cause="staff", message=None,
        chain=Chain(None, ()), variables={"notices": [_told(desk, row, event) for row, event in shown]},
    )  # fmt: skip
    return 1


async def _due_now(desk: Desk, reader: Row, rows: list[Row]) -> list[Row]:
    """Those to be sent now: what fell due while they were away waits, where they are back at an hour that is quiet."""
    until = _held_until(desk, reader)
    missed = [row for row in rows if row["not_before"] <= (reader["back_at"] or 0)]
    if until is None or not missed:
        return rows
    await desk.tx.batch("put_off_notice", [{"id": row["id"], "until": until} for row in missed])
    return [row for row in rows if row not in missed]


def _had_unheard(rows: list[Row]) -> set[int]:
    """The tickets that somebody was given, and was not told so before what is held."""
    first: dict[int, str] = {}
    for row in rows:
        if row["what"] == What.GIVEN or row["what"] in LOST:
            first.setdefault(row["ticket"], row["what"])
    return {ticket for ticket, what in first.items() if what == What.GIVEN}


async def _as_it_stands(desk: Desk, reader: Row, rows: list[Row], tickets: Mapping[int, Ticket]) -> list[Held]:
    """What is held, as far as it is so still.

    They may see the ticket no longer. Who lost one hears once who has it by now, and nothing where they had not heard
    that they had it. A brief tells how the case stands now.
    """
    unheard = _had_unheard(rows)
    last_lost = {row["ticket"]: row["id"] for row in rows if row["what"] in LOST}
    undone: set[tuple[int, str]] = set()  # merges that they had not heard of
    found: list[Held] = []
    for row in rows:
        ticket = tickets.get(row["ticket"])
        if ticket is None:
            found.append((row, read_json(row["text"])))
            continue
        if row["what"] in LOST and (ticket.number in unheard or row["id"] != last_lost[ticket.number]):
            continue
        event = await _so_still(desk, reader, row["what"], ticket, read_json(row["text"]), undone)
        if event is None or await is_hidden_from(desk, reader, ticket):
            continue
        if event["brief"]:
            event = await _without(
                desk, await hidden_from(desk.tx, reader["id"], Role(reader["role"])),
                event | {"brief": await brief_of(desk, ticket)},
            )  # fmt: skip
        found.append((row, event))
    return found


async def _so_still(
    desk: Desk, reader: Row, what: str, ticket: Ticket, event: Event, undone: set[tuple[int, str]]
) -> Event | None:
    """The event as it is by now; None where there is nothing to tell any more."""
    is_theirs = ticket.assignee == reader["id"]
    match what:
        case What.GIVEN:
            return event if is_theirs else None
        case What.MOVED_ON | What.RETURNED | What.SENT_ON:
            return None if is_theirs else await _lost_to(desk, ticket, what, event)
        case What.WOKEN:
            return event if ticket.is_open and ticket.pend_until is None else None
        case What.PROMISE_NEAR:
            is_due = ticket.due_at is not None and desk.now < ticket.due_at
            return event if is_due and event["due"] == desk.clock(ticket.due_at or 0) else None
        case What.ACTED if event["act"] in ("merged", "unmerged"):
            return await _merged_still(desk, ticket, event, undone)
    return event


async def _merged_still(desk: Desk, ticket: Ticket, event: Event, undone: set[tuple[int, str]]) -> Event | None:
    """A merge that was undone is not told; nor is its undoing to who had not heard of it."""
    which = (ticket.number, event["other"])
    if event["act"] == "unmerged":
        return None if which in undone else event
    number = event["other"].removeprefix("#")
    other = await find_ticket(desk, int(number)) if number.isdecimal() else None
    if other is None or ticket.number == other.merged_into or ticket.merged_into == other.number:
        return event
    undone.add(which)
    return None


async def _lost_to(desk: Desk, ticket: Ticket, what: str, event: Event) -> Event | None:
    """What somebody who lost a ticket is told of it now, when others may have had it since."""
    holder = None if ticket.assignee is None else await desk.tx.one("card", agent=ticket.assignee)
    if holder is None:
        if not ticket.is_open or ticket.merged_into is not None:
            return None
        return event | {"what": What.RETURNED, "who": "", "by": ""} if what == What.MOVED_ON else event
    if what == What.MOVED_ON and event["who"] == holder["name"]:
        return event
    return event | {"what": What.MOVED_ON, "who": holder["name"], "by": "", "hours": 0}


def _told(desk: Desk, row: Row, event: Event) -> dict[str, Any]:
    """A held notice as a digest shows it, at the time of the desk's clock."""
    own = {"number": row["ticket"] or 0, "subject": row["subject"] or "", "at": desk.clock(row["at"])}
    return own | event
