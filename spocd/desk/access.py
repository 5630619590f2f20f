"""Who asks, and what they may. The role stands on each operation; it is checked here and nowhere else."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from spocd.errors import Exit, Refused
from spocd.store import Row, Transaction


class Role(IntEnum):
    """Each may all that those before it may."""

    ANYONE = 0
    AGENT = 1
    LEAD = 2
    ADMIN = 3


ROLES = {"agent": Role.AGENT, "lead": Role.LEAD, "admin": Role.ADMIN}


@dataclass(frozen=True, slots=True)
class Actor:
    """Who asks, as the kernel says. `agent` is None for root and for people without a role; `uid` is always real."""

    uid: int
    login: str
    name: str
    agent: int | None
    role: Role

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
        actor = _actor(row, uid)
    if acting_as is None or acting_as == actor.login:
        return actor
    if actor.role < Role.ADMIN:
        raise Refused("not-permitted", "Only administrators may use --as.", Exit.NOT_PERMITTED)
    other = await tx.one("agent_of_login", login=acting_as)
    if other is None:
        raise Refused("no-such-agent", f"There is no agent “{acting_as}”. See: spocd agent list", Exit.NOT_FOUND)
    return _actor(other, uid)


def _actor(row: Row, uid: int) -> Actor:
    return Actor(uid, row["login"], row["name"], row["id"], ROLES[row["role"]])


def check(actor: Actor, role: Role, name: str) -> None:
    """Refuse who may not; the sentence says what would be needed."""
    if actor.role >= role:
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
        f"{name} needs the role {role.name.lower()}; yours is {actor.role.name.lower()}.",
        Exit.NOT_PERMITTED,
    )
