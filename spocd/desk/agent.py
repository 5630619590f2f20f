"""Agents: the people who work at the desk."""

from __future__ import annotations

import re
from typing import Literal, TypedDict

from spocd.desk.access import Actor, Role
from spocd.desk.documents import moment
from spocd.desk.journal import record
from spocd.desk.operation import Desk, operation
from spocd.domain.address import parse
from spocd.errors import Exit, Refused
from spocd.store import Row

_LOGIN = re.compile(r"[a-z_][a-z0-9_.-]{0,31}")


class AgentDocument(TypedDict):
    login: str
    name: str
    address: str
    role: str
    uid: int | None
    since: str


class AgentList(TypedDict):
    agents: list[AgentDocument]


def _document(row: Row) -> AgentDocument:
    return {
        "login": row["login"],
        "name": row["name"],
        "address": row["address"],
        "role": row["role"],
        "uid": row["uid"],
        "since": moment(row["created_at"]),
    }


@operation("agent.list")
async def list_agents(desk: Desk, actor: Actor) -> AgentList:
    """List the agents."""
    return {"agents": [_document(row) for row in await desk.tx.all("agents")]}


@operation("agent.new", role=Role.ADMIN, writes=True)
async def new(
    desk: Desk,
    actor: Actor,
    *,
    login: str,
    name: str = "",
    address: str = "",
    role: Literal["agent", "lead", "admin"] = "agent",
    uid: int | None = None,
) -> AgentDocument:
    """Give somebody a role at the desk; the kernel tells by their uid who they are."""
    check_login(login)
    if await desk.tx.one("agent_of_login", login=login):
        raise Refused("there", f"There is an agent “{login}” already.", Exit.CONFLICT)
    if uid is not None and (other := await desk.tx.one("agent_of_uid", uid=uid)):
        raise Refused("uid-taken", f"uid {uid} is the agent “{other['login']}” already.", Exit.CONFLICT)
    await add(desk, login=login, name=name or login, address=str(parse(address)) if address else "", role=role, uid=uid)
    await record(desk, None, actor, "agent made", login=login, role=role, agent_uid=uid)
    row = await desk.tx.one("agent_of_login", login=login)
    assert row is not None
    return _document(row)


def check_login(login: str) -> None:
    if not _LOGIN.fullmatch(login):
        raise Refused(
            "bad-login", f"“{login}” is no login: small letters, digits, - _ . and at most 32 of them.", Exit.USAGE
        )


async def add(desk: Desk, *, login: str, name: str, address: str, role: str, uid: int | None) -> None:
    await desk.tx.run("add_agent", login=login, name=name, address=address, role=role, uid=uid, now=desk.now)
