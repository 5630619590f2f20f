"""Those who watch at one node: told once each, in order, what they may see, however late they come or slow they are."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from spocd.daemon.watching import KEPT, Watching
from spocd.desk.journal import record
from spocd.errors import Exit, Refused
from spocd.store import Transaction
from tests.desk.by_hand import a_team_with_two_services, by_hand
from tests.desk.running_desk import AGENT, LEAD, NOBODY, OPERATIONS, OTHER, RunningDesk, founded, new_url, opened

WATCH = OPERATIONS["ticket.watch"]


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[RunningDesk]:
    url = new_url(tmp_path)
    await founded(url)
    store = await opened(url)
    yield RunningDesk(store)
    await store.close()


@pytest.fixture
def watching(desk: RunningDesk) -> Watching:
    return Watching(desk.store, lambda: desk.settings, lambda: float(desk.now), asyncio.Semaphore(2))


class Pages:
    """What one who watches is told."""

    def __init__(self, watching: Watching, by: int, **parameters: Any) -> None:
        self._pages = watching.tell(WATCH, parameters, by)

    async def next(self) -> list[tuple[int, str]]:
        async with asyncio.timeout(10):
            page = await anext(self._pages)
        told = [(event["ticket"], event["event"]) for event in page["events"]]
        # Whether a requester is written to is another matter; it comes with the opening, or just after.
        kept = [each for each in told if each[1] != "acknowledged"]
        return kept if kept or not told else await self.next()

    async def until(self, count: int) -> list[tuple[int, str]]:
        told: list[tuple[int, str]] = []
        while len(told) < count:
            told += await self.next()
        return told

    async def close(self) -> None:
        await self._pages.aclose()


async def noted(desk: RunningDesk, ticket: int, watching: Watching, times: int = 1) -> None:
    for _ in range(times):
        await desk.ask("ticket.note", ticket=ticket, body="x", by=LEAD)
    watching.wake()


async def test_everybody_is_told_everything_once_and_in_its_order(desk: RunningDesk, watching: Watching) -> None:
    crowd = [Pages(watching, by) for by in (AGENT, OTHER, LEAD)]
    assert [await each.next() for each in crowd] == [[], [], []]
    await desk.ask("ticket.new", requester="ann@client.example", subject="One")
    await noted(desk, 1, watching, 3)
    for each in crowd:
        assert await each.until(4) == [(1, "opened"), (1, "note"), (1, "note"), (1, "note")]
        await each.close()


async def test_who_comes_back_is_told_what_happened_meanwhile(desk: RunningDesk, watching: Watching) -> None:
    await desk.ask("ticket.new", requester="ann@client.example", subject="One")
    await noted(desk, 1, watching, 500)
    pages = Pages(watching, AGENT, after=1)
    assert len(await pages.until(500)) == 500
    await noted(desk, 1, watching)
    assert await pages.next() == [(1, "note")]
    await pages.close()


async def test_who_is_slower_than_what_is_kept_misses_nothing(desk: RunningDesk, watching: Watching) -> None:
    await desk.ask("ticket.new", requester="ann@client.example", subject="One")
    slow, quick = Pages(watching, AGENT), Pages(watching, OTHER)
    assert [await slow.next(), await quick.next()] == [[], []]

    async def many(tx: Transaction) -> None:
        row = {"ticket": 1, "at": desk.now, "actor": "a", "event": "note", "detail": "{}"}
        await tx.batch("write_journal", [row] * (KEPT + 300))

    await desk.store.write(many)
    watching.wake()
    assert len(await quick.until(KEPT + 300)) == KEPT + 300
    assert len(await slow.until(KEPT + 300)) == KEPT + 300
    await slow.close()
    await quick.close()


async def test_one_ticket_is_told_of_alone(desk: RunningDesk, watching: Watching) -> None:
    for subject in ("One", "Two"):
        await desk.ask("ticket.new", requester="ann@client.example", subject=subject)
    pages = Pages(watching, AGENT, ticket=2)
    assert await pages.next() == []
    await noted(desk, 1, watching)
    await noted(desk, 2, watching)
    assert await pages.next() == [(2, "note")]
    await pages.close()


async def test_who_may_not_see_tickets_may_not_watch(watching: Watching) -> None:
    with pytest.raises(Refused) as refused:
        await Pages(watching, NOBODY).next()
    assert refused.value.exit is Exit.NOT_PERMITTED


async def test_a_ticket_that_is_not_there_cannot_be_watched(watching: Watching) -> None:
    with pytest.raises(Refused) as refused:
        await Pages(watching, AGENT, ticket=9).next()
    assert refused.value.exit is Exit.NOT_FOUND


async def two_services(desk: RunningDesk) -> None:
    """#1 of a service for all to see, #2 of one for the eyes of “agent” and of leads."""
    await a_team_with_two_services(desk)
    for service in ("printing", "payroll"):
        await desk.ask("ticket.new", by=LEAD, requester="ann@client.example", subject=service, service=service)


async def test_a_restricted_ticket_is_told_of_to_its_team_and_to_leads_alone(
    desk: RunningDesk, watching: Watching
) -> None:
    await two_services(desk)
    crowd = {by: Pages(watching, by) for by in (AGENT, LEAD, OTHER)}
    assert [await each.next() for each in crowd.values()] == [[], [], []]
    await noted(desk, 2, watching)
    await noted(desk, 1, watching)
    assert await crowd[AGENT].until(2) == await crowd[LEAD].until(2) == [(2, "note"), (1, "note")]
    assert await crowd[OTHER].next() == [(1, "note")]
    late = Pages(watching, OTHER, after=0)
    assert {ticket for ticket, _ in await late.next()} == {1}
    with pytest.raises(Refused) as refused:
        await Pages(watching, OTHER, ticket=2).next()
    assert (refused.value.exit, str(refused.value)) == (Exit.NOT_FOUND, "There is no ticket #2.")
    for each in (*crowd.values(), late):
        await each.close()


async def test_who_leaves_a_team_sees_its_tickets_no_more_from_that_line_on(
    desk: RunningDesk, watching: Watching
) -> None:
    await two_services(desk)
    pages = Pages(watching, AGENT)
    assert await pages.next() == []
    await noted(desk, 2, watching)
    assert await pages.next() == [(2, "note")]
    await by_hand(desk, "delete from team_member")
    await desk.write(lambda d: record(d, None, "admin", "team changed"))
    await noted(desk, 2, watching)
    await noted(desk, 1, watching)
    assert await pages.next() == [(1, "note")]
    await pages.close()


async def test_who_has_no_role_any_more_is_told_so(desk: RunningDesk, watching: Watching) -> None:
    pages = Pages(watching, AGENT)
    assert await pages.next() == []
    await by_hand(desk, f"update agent set uid = 999 where uid = {AGENT}")
    await desk.write(lambda d: record(d, None, "admin", "agent changed"))
    watching.wake()
    with pytest.raises(Refused) as refused:
        await pages.next()
    assert refused.value.exit is Exit.NOT_PERMITTED
