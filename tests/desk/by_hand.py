"""Rows that a test puts into the database itself, on either kind."""

from __future__ import annotations

from typing import Any

from tests.desk.running_desk import AGENT, START, RunningDesk


async def by_hand(desk: RunningDesk, *statements: str) -> None:
    """Run these, in one transaction."""

    async def work(at: Any) -> None:
        for each in statements:
            done = at.tx._connection.execute(each)
            if hasattr(done, "__await__"):
                await done

    await desk.write(work)


async def rows(desk: RunningDesk, statement: str) -> list[tuple[Any, ...]]:
    """What a query finds, on either kind."""

    async def work(at: Any) -> list[tuple[Any, ...]]:
        connection = at.tx._connection
        found = await connection.fetch(statement) if hasattr(connection, "fetch") else connection.execute(statement)
        return [tuple(each.values()) for each in found]

    return list(await desk.read(work))


async def a_team_with_two_services(desk: RunningDesk) -> None:
    """The team “floor”, “agent” alone in it, with “printing” for all to see and “payroll” for the team's eyes."""
    service = "insert into service (key, name, description, team, kind, priority, restricted, facts, created_at) values"
    await by_hand(
        desk,
        f"insert into team (key, name, address, created_at) values ('floor', 'Floor', '', {START})",
        f"insert into team_member (team, agent) select 'floor', id from agent where uid = {AGENT}",
        f"{service} ('printing', '{{}}', '{{}}', 'floor', 'incident', 'normal', 0, '[]', {START})",
        f"{service} ('payroll', '{{}}', '{{}}', 'floor', 'request', 'normal', 1, '[]', {START})",
    )
