"""Teams: agents who do the same work. A ticket of a service waits for its team."""

from __future__ import annotations

from typing import Any, TypedDict

from spocd.desk.access import Actor, Role
from spocd.desk.desk_file import put
from spocd.desk.entries import teams
from spocd.desk.known import no_such
from spocd.desk.operation import Desk, operation
from spocd.errors import Exit, Refused


class TeamDocument(TypedDict):
    key: str
    name: str
    address: str
    members: list[str]


class TeamList(TypedDict):
    teams: list[TeamDocument]


@operation("team.list", role=Role.ROBOT)
async def list_teams(desk: Desk, actor: Actor) -> TeamList:
    """List the teams with their members."""
    return {"teams": [_document(key, fields) for key, fields in (await teams(desk)).items()]}


@operation("team.new", role=Role.ADMIN, writes=True)
async def new(
    desk: Desk, actor: Actor, *, team: str, name: str, address: str = "", members: list[str] | None = None
) -> TeamDocument:
    """Make a team."""
    if team in await teams(desk):
        raise Refused("there", f"There is a team “{team}” already. Change it: spocd team edit {team}", Exit.CONFLICT)
    await put(desk, actor, "teams", team, {"name": name, "address": address, "members": members or []})
    return await _found(desk, team)


@operation("team.edit", role=Role.ADMIN, writes=True)
async def edit(
    desk: Desk, actor: Actor, *, team: str, name: str | None = None, address: str | None = None
) -> TeamDocument:
    """Change the name or the address of a team; what is not named stays."""
    await _found(desk, team)
    given = {field: value for field, value in (("name", name), ("address", address)) if value is not None}
    if not given:
        raise Refused("nothing", "Say what shall change: --name or --address.", Exit.USAGE)
    await put(desk, actor, "teams", team, given)
    return await _found(desk, team)


@operation("team.member_add", role=Role.LEAD, writes=True)
async def member_add(desk: Desk, actor: Actor, *, team: str, login: str) -> TeamDocument:
    """Take an agent into a team, whose restricted services they see from now on."""
    members = (await _found(desk, team))["members"]
    if login in members:
        raise Refused("there", f"{login} is in the team “{team}” already.", Exit.CONFLICT)
    await put(desk, actor, "teams", team, {"members": [*members, login]})
    return await _found(desk, team)


@operation("team.member_remove", role=Role.LEAD, writes=True)
async def member_remove(desk: Desk, actor: Actor, *, team: str, login: str) -> TeamDocument:
    """Take an agent out of a team."""
    members = (await _found(desk, team))["members"]
    if login not in members:
        raise Refused("not-there", f"{login} is not in the team “{team}”.", Exit.NOT_FOUND)
    await put(desk, actor, "teams", team, {"members": [each for each in members if each != login]})
    return await _found(desk, team)


async def _found(desk: Desk, team: str) -> TeamDocument:
    fields = (await teams(desk)).get(team)
    if fields is None:
        raise no_such("team", team, await teams(desk))
    return _document(team, fields)


def _document(key: str, fields: dict[str, Any]) -> TeamDocument:
    return {"key": key, "name": fields["name"], "address": fields["address"], "members": fields["members"]}
