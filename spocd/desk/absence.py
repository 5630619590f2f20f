"""Who is away, who is back, who has left; and that none of their cases stands still for it."""

from __future__ import annotations

from dataclasses import replace
from typing import TypedDict

from spocd.desk.access import SPOCD, Actor, Role, seen_by
from spocd.desk.documents import find_ticket, moment, moment_or_none
from spocd.desk.duty import Absence, Unattended, absences, colleague, receivers, unattended, wants_of
from spocd.desk.handover import Reason, has_acted, move
from spocd.desk.journal import record
from spocd.desk.operation import Desk, operation
from spocd.domain.duty import distribute, makes_a_circle
from spocd.domain.fairness import NEVER, Wants
from spocd.domain.handover import has_left, is_away
from spocd.errors import Exit, Refused
from spocd.store import Row

MOST_AT_ONCE = 100  # cases that one look of the clock moves
MOST_COUNTED = 10_000  # cases that wait for a team of which nobody is there
MOST_IN_ONE = 300  # that an operation moves itself, since everybody else waits meanwhile; the clock moves the others


class Moved(TypedDict):
    ticket: int
    to: str | None
    not_to: str  # the deputy who does not get it and why, as `LOGIN: …`; "" where there is none, or they do


class AbsenceDocument(TypedDict):
    agent: str
    since: str
    until: str | None
    deputy: str | None
    reason: str | None
    begun: bool
    moved: list[Moved]
    to_move: int  # open cases that the clock moves in the minutes to come
    unattended: list[Unattended]  # teams of theirs of which nobody is there any more


class BackDocument(TypedDict):
    agent: str
    ended: int


class KnownAlone(TypedDict):
    skills: list[str]
    teams: list[str]
    services: list[str]
    cases: list[int]


class LeaveDocument(TypedDict):
    agent: str
    left_at: str
    team: str
    moved: list[Moved]
    to_move: int
    unattended: list[Unattended]
    alone: KnownAlone


class LoadRow(TypedDict):
    login: str
    name: str
    tier: int
    open: int
    waiting: int
    oldest: str | None
    away: bool
    away_until: str | None
    deputy: str | None
    absences: list[Absence]  # also those that are planned


class LoadList(TypedDict):
    agents: list[LoadRow]


@operation("agent.away", writes=True)
async def away(
    desk: Desk,
    actor: Actor,
    *,
    agent: str,
    since: int | None = None,
    until: int | None = None,
    deputy: str | None = None,
    reason: str | None = None,
    notify: bool = True,
) -> AbsenceDocument:
    """Say that an agent is away, from now or from later: their open cases move, and nothing new comes to them."""
    row = await _own_or_led(desk, actor, agent)
    begin = desk.now if since is None else max(since, desk.now)
    if until is not None and until <= begin:
        raise Refused("past", "That absence is over before it begins. Give an --until that lies later.", Exit.USAGE)
    await _check_free(desk, row, begin, until)
    other = await _deputy(desk, row, deputy, begin, until) if deputy is not None else None
    begun = begin <= desk.now
    await desk.tx.run(
        "add_absence", agent=row["id"], from_at=begin, until_at=until, deputy=other["id"] if other else None,
        reason=reason, begun_at=desk.now if begun else None, now=desk.now,
    )  # fmt: skip
    span = {"since": moment(begin), "until": moment_or_none(until)}
    await record(desk, None, actor, "away", agent=agent, **span, deputy=deputy, why=reason)
    why = _away(row, reason)
    moved = await _move_cases(desk, actor, row, why, most=MOST_IN_ONE, tell=notify) if begun else []
    return {
        "agent": agent,
        "since": moment(begin),
        "until": moment_or_none(until),
        "deputy": deputy,
        "reason": reason,
        "begun": begun,
        "moved": moved,
        "to_move": await _still_to_move(desk, row) if begun else 0,
        "unattended": await _unattended(desk, actor, row) if begun else [],
    }


async def _unattended(desk: Desk, actor: Actor, gone: Row) -> list[Unattended]:
    """What the answer says of the teams of somebody who has gone, where nobody is there for them now."""
    return await unattended(desk, of=gone["id"], viewer=seen_by(actor).get("viewer"), most=MOST_COUNTED)


async def _own_or_led(desk: Desk, actor: Actor, login: str) -> Row:
    """An agent of whom the actor may say whether they are there: themself, or anybody for leads."""
    row = await colleague(desk, login)
    if row["id"] != actor.agent and not actor.may(Role.LEAD):
        raise Refused(
            "not-permitted", f"Only {login} and leads may say that of {login}; ask one of them.", Exit.NOT_PERMITTED
        )
    if row["left_at"] is not None:
        raise Refused("left", f"{login} has left the desk.", Exit.CONFLICT)
    return row


async def _check_free(desk: Desk, row: Row, begin: int, until: int | None) -> None:
    """Refuse two absences at one time: nobody could say which of them ends when the agent is back."""
    for each in await desk.tx.all("absences_of", agent=row["id"]):
        ends = NEVER if each["until_at"] is None else each["until_at"]
        if each["from_at"] < (NEVER if until is None else until) and begin < ends:
            till = f" until {moment(ends)}" if each["until_at"] is not None else ""
            raise Refused(
                "away",
                f"{row['login']} is away from {moment(each['from_at'])}{till} already."
                f" End that one first: spocd agent back {row['login']}",
                Exit.CONFLICT,
            )


async def _deputy(desk: Desk, row: Row, login: str, begin: int, until: int | None) -> Row:
    other = await colleague(desk, login)
    if other["left_at"] is not None or other["role"] == Role.ROBOT:
        raise Refused("no-deputy", f"{login} takes no cases, so cannot stand in for {row['login']}. Name another.")
    span = {"from_at": begin, "until_at": NEVER if until is None else until}
    standing = {each["agent"]: each["deputy"] for each in await desk.tx.all("deputies_between", **span)}
    if makes_a_circle(row["id"], other["id"], standing):
        raise Refused(
            "circle",
            f"{login} is away then too, and their deputies lead back to {row['login']}. Name somebody who is there.",
            Exit.CONFLICT,
        )
    return other


@operation("agent.back", writes=True)
async def back(desk: Desk, actor: Actor, *, agent: str) -> BackDocument:
    """Say that an agent is back, or will not be away after all. Their former cases stay where they are."""
    row = await _own_or_led(desk, actor, agent)
    absences = await desk.tx.all("absences_of", agent=row["id"])
    # Who comes back from one absence keeps the next: without one that has begun, the first that is planned is meant.
    over = [each for each in absences if each["begun_at"] is not None] or absences[:1]
    if not over:
        raise Refused("here", f"{agent} is not away.")
    for each in over:
        await desk.tx.run("end_absence", id=each["id"], now=desk.now)
    await record(desk, None, actor, "back", agent=agent)
    return {"agent": agent, "ended": len(over)}


@operation("agent.leave", role=Role.LEAD, writes=True)
async def leave(desk: Desk, actor: Actor, *, agent: str, to: str, notify: bool = True) -> LeaveDocument:
    """Part with an agent: their open cases go to a team, and what they alone knew is listed."""
    row = await colleague(desk, agent)
    team = await desk.tx.one("team_named", key=to)
    if team is None:
        raise Refused("no-such-team", f"There is no team “{to}”. See: spocd team list", Exit.NOT_FOUND)
    await _check_may_leave(desk, actor, row)
    alone = await _known_alone(desk, row["id"])
    await desk.tx.run("agent_has_left", agent=row["id"], team=to, now=desk.now)
    for each in await desk.tx.all("absences_of", agent=row["id"]):
        await desk.tx.run("end_absence", id=each["id"], now=desk.now)
    await record(desk, None, actor, "left", agent=agent, to=to)
    moved = await _move_cases(desk, actor, row, _left(row), most=MOST_IN_ONE, tell=notify, team=to)
    nobody = await _unattended(desk, actor, row)
    await desk.tx.run("leave_teams", agent=row["id"])
    still = await _still_to_move(desk, row)
    return {
        "agent": agent,
        "left_at": moment(desk.now),
        "team": to,
        "moved": moved,
        "to_move": still,
        "unattended": nobody,
        "alone": alone,
    }


async def _check_may_leave(desk: Desk, actor: Actor, row: Row) -> None:
    login = row["login"]
    if row["left_at"] is not None:
        raise Refused("left", f"{login} has left already.", Exit.CONFLICT)
    if row["role"] != Role.ADMIN:
        return
    if not actor.may(Role.ADMIN):
        raise Refused(
            "not-permitted", f"{login} is an administrator; only another may part with one.", Exit.NOT_PERMITTED
        )
    left = await desk.tx.one("admins_left", agent=row["id"])
    if left is None or not left["n"]:
        raise Refused(
            "last-admin",
            f"{login} is the only administrator. Make another first: spocd agent edit LOGIN --role admin",
        )


async def _known_alone(desk: Desk, agent: int) -> KnownAlone:
    """What goes with an agent, since nobody else has it."""
    return {
        "skills": [row["skill"] for row in await desk.tx.all("skills_of_one", agent=agent)],
        "teams": [row["team"] for row in await desk.tx.all("teams_of_one", agent=agent)],
        "services": [row["key"] for row in await desk.tx.all("services_of_one", agent=agent)],
        "cases": [row["number"] for row in await desk.tx.all("cases_of_one", agent=agent)],
    }


@operation("agent.load")
async def load(desk: Desk, actor: Actor) -> LoadList:
    """Show what each agent has: open cases, those whose requester waits, since when the oldest does; who is away."""
    absent = {row["agent"]: row for row in await desk.tx.all("absences_at", now=desk.now)}
    rows = await desk.tx.all("agents_at_work")
    logins = {row["id"]: row["login"] for row in rows}
    spans = await absences(desk)
    return {"agents": [_load(row, absent.get(row["id"]), logins, spans.get(row["login"], [])) for row in rows]}


def _load(row: Row, absence: Row | None, logins: dict[int, str], spans: list[Absence]) -> LoadRow:
    return {
        "login": row["login"],
        "name": row["name"],
        "tier": row["tier"],
        "open": row["load"],
        "waiting": row["waiting"],
        "oldest": moment_or_none(row["oldest"]),
        "away": absence is not None,
        "away_until": moment_or_none(absence["until_at"]) if absence else None,
        "deputy": logins.get(absence["deputy"]) if absence and absence["deputy"] is not None else None,
        "absences": spans,
    }


async def _move_cases(
    desk: Desk, actor: Actor, leaver: Row, reason: Reason, *, most: int, tell: bool = True, team: str | None = None
) -> list[Moved]:
    """Move open cases of somebody who is away, or has left (to `team`); where each went."""
    rows = await desk.tx.all("open_cases_of", agent=leaver["id"], most=most)
    cases = [(row["number"], await wants_of(desk, await find_ticket(desk, row["number"]))) for row in rows]
    everybody = await receivers(desk)
    if team is None:
        moves = distribute(leaver["id"], cases, everybody)
    else:
        # What is confidential stays with the team that alone may see it.
        theirs = [(number, _for_team(wants, team)) for number, wants in cases if wants.only in (None, team)]
        kept = [(number, wants) for number, wants in cases if wants.only not in (None, team)]
        moves = [*distribute(leaver["id"], theirs, everybody, within=team), *distribute(leaver["id"], kept, everybody)]
    wanted = dict(cases)
    moved: list[Moved] = []
    for each in moves:
        to = await desk.tx.one("card", agent=each.to) if each.to is not None else None
        ticket = await find_ticket(desk, each.ticket)
        after = replace(ticket, team=team) if team is not None and wanted[each.ticket].only in (None, team) else None
        await move(desk, actor, ticket, to, reason, event="returned", tell=tell, after=after)
        moved.append({"ticket": each.ticket, "to": to["login"] if to else None, "not_to": each.passed_over})
    return moved


def _for_team(wants: Wants, team: str) -> Wants:
    return replace(wants, team=team)


async def _still_to_move(desk: Desk, leaver: Row) -> int:
    row = await desk.tx.one("how_many_open_cases_of", agent=leaver["id"])
    return row["n"] if row else 0


def _away(agent: Row, typed: str | None) -> Reason:
    """Why a case moves: as it was typed, after the name; else each language has its words for it."""
    if typed is None:
        return Reason(is_away(agent["login"]), cause="away", of=agent["name"])
    return Reason(f"{agent['login']}: {typed}", f"{agent['name']}: {typed}")


def _left(agent: Row) -> Reason:
    return Reason(has_left(agent["login"]), cause="left", of=agent["name"])


async def presence(desk: Desk) -> int:
    """What the clock does: end and begin absences, and move what those who are away or have left still hold."""
    done = await desk.tx.run("end_absences", now=desk.now)
    for row in await desk.tx.all("begin_absences", now=desk.now):
        agent = await desk.tx.one("card", agent=row["agent"])
        await record(desk, None, SPOCD, "absence began", agent=agent["login"] if agent else None, why=row["reason"])
        done += 1
    room = MOST_AT_ONCE
    for row in [*await desk.tx.all("away_with_cases"), *await desk.tx.all("left_with_cases")]:
        leaver = await desk.tx.one("card", agent=row["agent"])
        assert leaver is not None
        gone = leaver["left_at"] is not None
        reason = _left(leaver) if gone else _away(leaver, row["reason"])
        moved = await _move_cases(desk, SPOCD, leaver, reason, most=room, team=row["left_to"] if gone else None)
        done += len(moved)
        room -= len(moved)
        if room <= 0:
            break
    return done


async def return_untouched(desk: Desk) -> int:
    """Put back into the queue what somebody has had for too long without doing anything; how many."""
    if not desk.settings.untouched:
        return 0
    rows = await desk.tx.all("untouched_tickets", before=desk.now - desk.settings.untouched * 3600, most=MOST_AT_ONCE)
    for row in rows:
        if await has_acted(desk, row["number"], row["login"], since=row["untouched_since"]):
            await desk.tx.run("ticket_touched", number=row["number"])
            continue
        ticket = await find_ticket(desk, row["number"])
        why = f"nothing was done about it for {desk.settings.untouched} hours"
        await move(desk, SPOCD, ticket, None, Reason(why, cause="untouched"), event="returned")
    return len(rows)
