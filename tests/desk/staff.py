"""Agents with addresses, and a team with a service that mails come to, for the tests of what staff are told."""

from __future__ import annotations

from spocd.domain.letter import Letter
from tests.desk.by_hand import by_hand
from tests.desk.running_desk import AGENT, START, RunningDesk

STAFF = ("admin", "lead", "agent", "other")


async def with_addresses(desk: RunningDesk, *logins: str) -> None:
    """Give these agents (all, where none is named) the addresses LOGIN@example.org."""
    for login in logins or STAFF:
        await by_hand(desk, f"update agent set address = '{login}@example.org' where login = '{login}'")


async def with_team(desk: RunningDesk, *logins: str, address: str = "", restricted: bool = False) -> None:
    """The team “floor” of these agents, and its service “it”, which it@example.org stands for."""
    await by_hand(
        desk,
        f"insert into team (key, name, address, created_at) values ('floor', 'Floor', '{address}', {START})",
        *(
            f"insert into team_member (team, agent) select 'floor', id from agent where login = '{login}'"
            for login in logins
        ),
        "insert into service (key, name, description, team, kind, priority, restricted, facts, created_at)"
        f" values ('it', '{{}}', '{{}}', 'floor', 'request', 'normal', {int(restricted)}, '[]', {START})",
    )


async def away(desk: RunningDesk, login: str) -> None:
    await by_hand(
        desk,
        "insert into absence (agent, from_at, reason, begun_at, created_at)"
        f" select id, {START}, 'ill', {START}, {START} from agent where login = '{login}'",
    )


async def told(desk: RunningDesk, to: str | None = None) -> list[Letter]:
    """The notices and digests that wait to be sent."""
    letters = [each for each in await desk.letters() if each.kind in ("notice", "digest")]
    return [each for each in letters if to is None or each.to_address == to]


async def taken(desk: RunningDesk) -> Letter:
    """#1 of Ann's, taken by “agent”, and the notice that says so: given by “lead”."""
    await desk.mail("It burns.")
    await desk.ask("ticket.take", ticket=1, by=AGENT)
    await desk.mail("It burns still.", Subject="Re: Printer [desk#1]")
    [notice] = await told(desk)
    return notice
