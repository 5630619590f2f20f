"""Agents: the people who work at the desk, each with a card."""

from __future__ import annotations

from typing import Literal, TypedDict

from spocd.config import desk_values as of
from spocd.desk.access import Actor, Role
from spocd.desk.desk_file import put
from spocd.desk.documents import moment
from spocd.desk.duty import Absence, absences
from spocd.desk.operation import Desk, operation
from spocd.domain.address import parse
from spocd.errors import Exit, Refused
from spocd.store import Row

RoleName = Literal["agent", "lead", "editor", "announcer", "admin", "robot"]
Presence = Literal["here", "away", "left"]


class OwnCard(TypedDict, total=False):
    """What of their card agents may change themselves; in desk.toml it has the same words."""

    title: str
    hours: str
    picture: str
    signature: str
    language: str
    digest: str
    quiet: str


class Card(OwnCard, total=False):
    """All that an agent's card may say."""

    name: str
    address: str
    role: RoleName
    uid: int
    tier: int
    skills: list[str]


class AgentDocument(TypedDict):
    login: str
    name: str
    address: str
    role: str
    uid: int | None
    since: str
    title: str
    hours: str
    picture: str
    signature: str
    language: str | None
    tier: int
    skills: list[str]
    teams: list[str]
    digest: str
    quiet: str
    presence: Presence
    away_until: str | None
    absences: list[Absence]  # also those that are planned


class AgentList(TypedDict):
    agents: list[AgentDocument]


async def _documents(desk: Desk) -> dict[str, AgentDocument]:
    """Every agent by login, those who have left too."""
    skills: dict[str, list[str]] = {}
    for row in await desk.tx.all("agent_skills"):
        skills.setdefault(row["login"], []).append(row["skill"])
    teams: dict[str, list[str]] = {}
    for row in await desk.tx.all("team_members"):
        teams.setdefault(row["login"], []).append(row["team"])
    away = await absences(desk)
    return {
        row["login"]: _document(
            row, skills.get(row["login"], []), teams.get(row["login"], []), away.get(row["login"], [])
        )
        for row in await desk.tx.all("agent_cards")
    }


def _document(row: Row, skills: list[str], teams: list[str], away: list[Absence]) -> AgentDocument:
    begun = [each for each in away if each["begun"]]
    presence: Presence = "left" if row["left_at"] is not None else "away" if begun else "here"
    return {
        "login": row["login"],
        "name": row["name"],
        "address": row["address"],
        "role": row["role"],
        "uid": row["uid"],
        "since": moment(row["created_at"]),
        "title": row["title"],
        "hours": row["hours"],
        "picture": row["picture"],
        "signature": row["signature"],
        "language": row["language"],
        "tier": row["tier"],
        "skills": sorted(skills),
        "teams": sorted(teams),
        "digest": row["digest"],
        "quiet": row["quiet"],
        "presence": presence,
        "away_until": begun[-1]["until"] if presence == "away" else None,
        "absences": away,
    }


@operation("agent.list", role=Role.ROBOT)
async def list_agents(desk: Desk, actor: Actor, *, left: bool = False) -> AgentList:
    """List the agents, or those who have left."""
    found = await _documents(desk)
    return {"agents": [each for each in found.values() if (each["presence"] == "left") == left]}


@operation("agent.view", role=Role.ROBOT)
async def view(desk: Desk, actor: Actor, *, login: str) -> AgentDocument:
    """Show the card of an agent, also of one who has left."""
    found = (await _documents(desk)).get(login)
    if found is None:
        raise no_agent(login)
    return found


class NewAgent(AgentDocument):
    left_before: str | None  # when they had left the desk, where they were one before


@operation("agent.new", role=Role.ADMIN, writes=True)
async def new(
    desk: Desk,
    actor: Actor,
    *,
    login: str,
    name: str = "",
    address: str = "",
    role: RoleName = "agent",
    uid: int | None = None,
    card: Card | None = None,
) -> NewAgent:
    """Give somebody a role at the desk; the kernel tells by their uid who they are."""
    check_login(login)
    there = await desk.tx.one("agent_of_login", login=login)
    if there is not None and there["left_at"] is None:
        raise Refused("there", f"There is an agent “{login}” already.", Exit.CONFLICT)
    given: Card = {"name": name or login, "address": address, "role": role, **(card or {})}
    if uid is not None:
        given["uid"] = uid
    await _put(desk, actor, login, given)
    left_before = None if there is None else moment(there["left_at"])
    return {**(await view(desk, actor, login=login)), "left_before": left_before}


@operation("agent.edit", role=Role.ADMIN, writes=True)
async def edit(desk: Desk, actor: Actor, *, login: str, card: Card) -> AgentDocument:
    """Change the card of an agent; what is not named stays."""
    there = await desk.tx.one("agent_of_login", login=login)
    if there is None or there["left_at"] is not None:
        raise no_agent(login)
    if not card:
        raise Refused("nothing", "Say what shall change, such as --role lead.", Exit.USAGE)
    await _put(desk, actor, login, card)
    return await view(desk, actor, login=login)


@operation("agent.edit_own", writes=True)
async def edit_own(desk: Desk, actor: Actor, *, card: OwnCard) -> AgentDocument:
    """Change one's own card: how requesters see one, and when notices come."""
    actor.as_agent()
    if not card:
        raise Refused("nothing", "Say what shall change, such as --digest 08:00.", Exit.USAGE)
    await put(desk, actor, "agents", actor.login, card)
    return await view(desk, actor, login=actor.login)


async def _put(desk: Desk, actor: Actor, login: str, card: Card) -> None:
    """Write the card, with the refusals that scripts know by their codes."""
    if card.get("address"):
        parse(card["address"])
    uid = card.get("uid")
    other = None if uid is None else await desk.tx.one("agent_of_uid", uid=uid)
    if other is not None and other["login"] != login:
        raise Refused("uid-taken", f"uid {uid} is the agent “{other['login']}” already.", Exit.CONFLICT)
    await put(desk, actor, "agents", login, card)


def no_agent(login: str) -> Refused:
    return Refused("no-such-agent", f"There is no agent “{login}”. See: spocd agent list", Exit.NOT_FOUND)


def check_login(login: str) -> None:
    try:
        of.login(login)
    except ValueError as error:
        raise Refused("bad-login", f"“{login}” {error}.", Exit.USAGE) from None
