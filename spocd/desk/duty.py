"""Who may be given what, as the rows say: the cards of agents, what a ticket asks for, who is there."""

from __future__ import annotations

from typing import TypedDict

from spocd.desk.access import Actor, Role
from spocd.desk.documents import moment, moment_or_none
from spocd.desk.operation import Desk
from spocd.domain.duty import Receiver
from spocd.domain.fairness import Card, Wants
from spocd.domain.ticket import Ticket
from spocd.errors import Exit, Refused
from spocd.store import Row


async def wants_of(desk: Desk, ticket: Ticket) -> Wants:
    """What a ticket asks of whoever takes it."""
    row = await desk.tx.one("wants", number=ticket.number)
    assert row is not None
    skills = await desk.tx.all("skills_wanted", service=ticket.service) if ticket.service else []
    only = (row["service_team"] or "") if row["restricted"] else None
    return Wants(ticket.tier, ticket.team, frozenset(each["skill"] for each in skills), only)


async def card_of(desk: Desk, row: Row) -> Card:
    """The card of an agent whose row was read with `card`."""
    teams = await desk.tx.all("teams_of_agent", agent=row["id"])
    skills = await desk.tx.all("skills_of_agent", agent=row["id"])
    held = frozenset(each["skill"] for each in skills)
    return Card(row["login"], row["tier"], frozenset(each["team"] for each in teams), held)


async def colleague(desk: Desk, login: str) -> Row:
    """The row of an agent, by login; Refused where there is none."""
    row = await desk.tx.one("card_of_login", login=login)
    if row is None:
        raise Refused("no-such-agent", f"There is no agent “{login}”. See: spocd agent list", Exit.NOT_FOUND)
    return row


async def check_there(desk: Desk, actor: Actor, row: Row) -> None:
    """Refuse to give something to somebody who is away, has left, or is no person."""
    login, is_own = row["login"], row["id"] == actor.agent
    if row["left_at"] is not None:
        raise Refused("left", f"{login} has left the desk and is given nothing.", Exit.CONFLICT)
    if row["role"] == Role.ROBOT:
        raise Refused("robot", f"{login} is a script: it opens, notes and reads, and is given nothing.")
    absence = await desk.tx.one("absence_now", agent=row["id"], now=desk.now)
    if absence is None:
        return
    until = "" if absence["until_at"] is None else f" until {moment(absence['until_at'])}"
    who, remedy = (
        ("You are", f"Back already? Say so: spocd agent back {login}") if is_own else (f"{login} is", "Take another.")
    )
    raise Refused("away", f"{who} away{until}, so that nothing new comes. {remedy}", Exit.CONFLICT)


class Absence(TypedDict):
    """When an agent is away, or is going to be, and who stands in for them."""

    since: str
    until: str | None
    deputy: str | None
    begun: bool


async def absences(desk: Desk) -> dict[str, list[Absence]]:
    """By login, the absences that are not over, the first to begin first."""
    found: dict[str, list[Absence]] = {}
    for row in await desk.tx.all("absences_not_over"):
        span: Absence = {
            "since": moment(row["from_at"]), "until": moment_or_none(row["until_at"]), "deputy": row["deputy"],
            "begun": row["begun_at"] is not None,
        }  # fmt: skip
        found.setdefault(row["login"], []).append(span)
    return found


class Unattended(TypedDict):
    """A team of which nobody is there, "" where nobody is there at all; and how many cases in the queue wait for it."""

    team: str
    waiting: int


async def unattended(
    desk: Desk, *, of: int | None = None, viewer: int | None = None, most: int = 1
) -> list[Unattended]:
    """The teams of an agent, or all, of which nobody is there; up to `most` cases of each are counted."""
    rows = await desk.tx.all("teams_with_nobody", agent=of, viewer=viewer, now=desk.now, most=most)
    return [{"team": row["team"], "waiting": row["waiting"]} for row in rows]


async def receivers(desk: Desk) -> list[Receiver]:
    """Everybody who works here, with what they have and whether they are there."""
    teams = _by_agent(await desk.tx.all("teams_of_agents"), "team")
    skills = _by_agent(await desk.tx.all("skills_of_agents"), "skill")
    away = {row["agent"]: row for row in await desk.tx.all("absences_at", now=desk.now)}
    return [
        Receiver(
            row["id"],
            Card(row["login"], row["tier"], teams.get(row["id"], frozenset()), skills.get(row["id"], frozenset())),
            load=row["load"],
            given_at=row["given_at"],
            away=row["id"] in away,
            deputy=away[row["id"]]["deputy"] if row["id"] in away else None,
        )
        for row in await desk.tx.all("agents_at_work")
    ]


def _by_agent(rows: list[Row], column: str) -> dict[int, frozenset[str]]:
    found: dict[int, set[str]] = {}
    for row in rows:
        found.setdefault(row["agent"], set()).add(row[column])
    return {agent: frozenset(values) for agent, values in found.items()}
