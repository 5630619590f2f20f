"""Who asks, what they may, and what they see. All three are checked here and nowhere else.

The role stands on each operation. What is hidden is the same for all of them: the tickets of a restricted service are
seen by its team and by leads, and for everybody else they are not there.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from spocd.errors import Exit, Refused
from spocd.store import Row, Transaction


class Role(StrEnum):
    """What somebody is at the desk. An operation names the least that it needs."""

    ANYONE = "anyone"  # on this machine, without a role
    ROBOT = "robot"  # a script: opens, notes and reads, is given nothing
    AGENT = "agent"
    EDITOR = "editor"  # of guides and canned answers
    ANNOUNCER = "announcer"  # of broadcasts
    LEAD = "lead"
    ADMIN = "admin"


_WORKS = frozenset({Role.ANYONE, Role.ROBOT, Role.AGENT})
# What each may do: all that an operation of one of these roles does.
GRANTS: Mapping[Role, frozenset[Role]] = MappingProxyType(
    {
        Role.ANYONE: frozenset({Role.ANYONE}),
        Role.ROBOT: frozenset({Role.ANYONE, Role.ROBOT}),
        Role.AGENT: _WORKS,
        Role.EDITOR: _WORKS | {Role.EDITOR},
        Role.ANNOUNCER: _WORKS | {Role.ANNOUNCER},
        Role.LEAD: frozenset(Role) - {Role.ADMIN},
        Role.ADMIN: frozenset(Role),
    }
)


@dataclass(frozen=True, slots=True)
class Actor:
    """Who asks, as the kernel says. `agent` is None for root and for people without a role; `uid` is always real."""

    uid: int
    login: str
    name: str
    agent: int | None
    role: Role
    hidden: frozenset[str] = frozenset()  # the services whose tickets this one never sees

    def may(self, role: Role) -> bool:
        return role in GRANTS[self.role]

    def as_agent(self) -> int:
        """The agent's id, for what only somebody with a card can do."""
        if self.agent is None:
            raise Refused(
                "no-agent",
                f"“{self.login}” is no agent of this desk. Use --as LOGIN, or make one: spocd agent new {self.login}",
                Exit.NOT_PERMITTED,
            )
        return self.agent


SPOCD = Actor(uid=-1, login="spocd", name="spocd", agent=None, role=Role.ADMIN)


async def identify(tx: Transaction, uid: int, acting_as: str | None) -> Actor:
    """The actor behind a uid; an administrator may act as another, and the journal keeps the real uid."""
    row = await tx.one("agent_of_uid", uid=uid)
    if uid == 0:
        actor = Actor(
            0, row["login"] if row else "root", row["name"] if row else "root", row["id"] if row else None, Role.ADMIN
        )
    elif row is None:
        actor = Actor(uid, f"uid {uid}", "", None, Role.ANYONE)
    else:
        actor = await _actor(tx, row, uid)
    if acting_as is None or acting_as == actor.login:
        return actor
    if not actor.may(Role.ADMIN):
        raise Refused("not-permitted", "Only administrators may use --as.", Exit.NOT_PERMITTED)
    other = await tx.one("agent_of_login", login=acting_as)
    if other is None:
        raise Refused("no-such-agent", f"There is no agent “{acting_as}”. See: spocd agent list", Exit.NOT_FOUND)
    if other["left_at"] is not None:
        raise Refused(
            "left", f"{acting_as} has left the desk, and nobody writes in their name any more.", Exit.NOT_PERMITTED
        )
    return await _actor(tx, other, uid)


async def _actor(tx: Transaction, row: Row, uid: int) -> Actor:
    role = Role(row["role"])
    return Actor(uid, row["login"], row["name"], row["id"], role, await hidden_from(tx, row["id"], role))


async def hidden_from(tx: Transaction, agent: int, role: Role) -> frozenset[str]:
    """The services whose tickets an agent never sees."""
    rows = [] if Role.LEAD in GRANTS[role] else await tx.all("services_hidden_from", agent=agent)
    return frozenset(each["key"] for each in rows)


def check(actor: Actor, role: Role, name: str) -> None:
    """Refuse who may not; the sentence says what would be needed."""
    if actor.may(role):
        return
    if actor.role is Role.ANYONE:
        raise Refused(
            "not-permitted",
            f"uid {actor.uid} has no role at this desk. An administrator can give it one:"
            f" spocd agent new LOGIN --uid {actor.uid}",
            Exit.NOT_PERMITTED,
        )
    raise Refused(
        "not-permitted",
        f"{name} needs the role {role}; yours is {actor.role}.",
        Exit.NOT_PERMITTED,
    )


# The parameters that name a ticket, and those that name a message (1234.5), in every operation that has them.
TICKETS = ("ticket", "into", "other", "parent")
MESSAGES = ("message", "messages")
_NO_NUMBER = 2**63  # nor is anything above: no database holds it


def seen_by(actor: Actor) -> dict[str, Any]:
    """The filter that a listing of tickets has for an actor, so that it holds only what they see."""
    return {"viewer": actor.agent} if actor.hidden else {}


async def check_sees(tx: Transaction, actor: Actor, parameters: Mapping[str, Any]) -> None:
    """Refuse what names a ticket that is hidden from the actor, in the words for a ticket that is not there."""
    if not actor.hidden:
        return
    for name in TICKETS:
        number = parameters.get(name)
        if isinstance(number, int) and await is_hidden(tx, actor, number):
            raise no_ticket(number)
    for name in MESSAGES:
        named = parameters.get(name) or []
        for each in [named] if isinstance(named, str) else named:
            if await is_in_hidden(tx, actor, each):
                raise no_message(each)


async def is_hidden(tx: Transaction, actor: Actor, number: int) -> bool:
    """Whether there is such a ticket, and the actor does not see it."""
    return bool(await tickets_of(tx, actor.hidden, [number]))


async def tickets_of(tx: Transaction, services: frozenset[str], numbers: Iterable[int]) -> frozenset[int]:
    """Which of these tickets are of one of these services; in one statement, however many they are."""
    found = await services_of(tx, numbers) if services else {}
    return frozenset(number for number, service in found.items() if service in services)


async def services_of(tx: Transaction, numbers: Iterable[int]) -> dict[int, str | None]:
    """The service of each of these tickets that there is."""
    asked = {each for each in numbers if 0 < each < _NO_NUMBER}
    rows = await tx.all("services_of_tickets", numbers=json.dumps(sorted(asked))) if asked else []
    return {row["number"]: row["service"] for row in rows}


async def is_in_hidden(tx: Transaction, actor: Actor, name: str) -> bool:
    """Whether there is such a message, and the actor does not see its ticket."""
    origin, _, position = name.removeprefix("#").partition(".")
    if not (origin.isdecimal() and position.isdecimal() and max(len(origin), len(position)) <= 18):
        return False  # it is none, as whoever reads it will say
    row = await tx.one("service_of_message", origin=int(origin), position=int(position))
    return row is not None and row["service"] in actor.hidden


# The codes of what names no ticket or message but the one that was asked for.
NOT_THERE = frozenset({"no-such-ticket", "no-such-message"})


def no_ticket(number: int) -> Refused:
    return Refused("no-such-ticket", f"There is no ticket #{number}.", Exit.NOT_FOUND)


def no_message(name: str) -> Refused:
    return Refused("no-such-message", f"There is no message {name}.", Exit.NOT_FOUND)
