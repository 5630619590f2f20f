"""A PostgreSQL server that says nothing: all of it, or the one that another has taken the place of."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

import asyncpg
import pytest

from spocd.errors import TryLater
from spocd.store import Transaction
from spocd.store.bell import Bell
from spocd.store.connections import LEFT_ALONE
from spocd.store.postgres import BESIDE, READERS, PostgresStore
from spocd.store.server import ANSWER_SECONDS, unhurried
from tests import postgres
from tests.postgres import Server
from tests.running import eventually
from tests.store.persons import adding, there

ANSWER = 4.0  # seconds: long for a machine that has much else to do
ONE_AFTER_THE_OTHER = 4 * ANSWER  # what somebody would wait who waits for others to wait in vain
NO_ANSWER = "cannot be reached: no answer"


@pytest.fixture(scope="module")
def own() -> Iterator[Server]:
    with postgres.own_server() as server:
        yield server


@pytest.fixture
def url(own: Server) -> str:
    return own.fresh_database()


@pytest.fixture
async def store(url: str) -> AsyncIterator[PostgresStore]:
    """One that has all the connections that it may have."""
    opened = await PostgresStore.open(url, create=True, longest_read=ANSWER, answer=ANSWER)
    await asyncio.gather(*many(opened, 1))
    yield opened
    await opened.close()


def many(store: PostgresStore, times: int) -> list[asyncio.Task[object]]:
    """As much at once as a store does, so many times."""
    asked: list[asyncio.Task[object]] = []
    for _ in range(times):
        asked.append(asyncio.create_task(store.write(adding("p"))))
        asked += [asyncio.create_task(store.write_beside(adding("p"))) for _ in range(BESIDE)]
        asked += [asyncio.create_task(store.read(sleeping(0.5))) for _ in range(READERS)]
    return asked


def sleeping(seconds: float) -> Callable[[Transaction], Awaitable[None]]:
    """The operation that has the server do nothing for so long."""

    async def sleep(tx: Transaction) -> None:
        await tx._connection.execute(f"select pg_sleep({seconds})")  # type: ignore[attr-defined]

    return sleep


async def test_f8_whoever_asks_a_silent_server_is_told_so_and_nobody_waits_for_others_to_wait(
    own: Server, store: PostgresStore
) -> None:
    with own.silent():
        begun = time.monotonic()
        results = await asyncio.gather(*many(store, 8), return_exceptions=True)
        assert time.monotonic() - begun < ONE_AFTER_THE_OTHER
        assert {type(each) for each in results} == {TryLater}
        assert all(NO_ANSWER in str(each) for each in results), results
    await asyncio.wait_for(until_done(store), LEFT_ALONE + ONE_AFTER_THE_OTHER)


async def until_done(store: PostgresStore) -> list[float]:
    """Write until it is done; the seconds that each write took which was put off."""
    put_off = []
    while True:
        begun = time.monotonic()
        try:
            await store.write_beside(adding("after"))
        except TryLater:
            put_off.append(time.monotonic() - begun)
            await asyncio.sleep(0.1)
        else:
            return put_off


async def test_f8_one_answer_that_never_came_is_enough_to_take_every_old_connection_for_dead(
    own: Server, url: str, store: PostgresStore
) -> None:
    with own.silent(url):
        put_off = await asyncio.wait_for(until_done(store), 2 * ONE_AFTER_THE_OTHER)
        assert len([seconds for seconds in put_off if seconds > ANSWER / 2]) == 1
        await asyncio.gather(*many(store, 1))


async def test_a_read_that_is_too_long_for_a_server_that_lives_costs_nobody_else_anything(
    store: PostgresStore,
) -> None:
    with pytest.raises(TryLater, match=rf"longer than {ANSWER:g} s and was stopped\. Ask for less"):
        await store.read(sleeping(600))
    assert "after" not in await there(store)


async def test_a_statement_that_is_too_long_for_a_write_is_stopped_and_the_next_is_done(store: PostgresStore) -> None:
    with pytest.raises(TryLater):
        await store.write(sleeping(600))
    await store.write(adding("after"))


async def test_waiting_for_other_reads_is_not_reading_long(store: PostgresStore) -> None:
    await asyncio.gather(*(store.read(sleeping(ANSWER * 0.6)) for _ in range(2 * READERS)))


async def test_who_has_no_time_to_close_a_store_leaves_no_connection_behind(own: Server, url: str) -> None:
    store = await PostgresStore.open(url, create=True, answer=600)
    with own.silent():
        asked = asyncio.create_task(store.write_beside(adding("p")))
        await asyncio.sleep(0)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await store.close()
        with pytest.raises(TryLater):
            await asyncio.wait_for(asked, ONE_AFTER_THE_OTHER)


async def test_a_store_is_closed_without_waiting_for_the_server_to_hang_up(own: Server, url: str) -> None:
    store = await PostgresStore.open(url, create=True, answer=600)
    with own.silent():
        await asyncio.wait_for(store.close(), ONE_AFTER_THE_OTHER)


async def test_a_bell_that_only_listens_notices_a_line_that_is_dead(own: Server, url: str) -> None:
    heard: list[str] = []

    async def connect() -> object:
        return await asyncpg.connect(url, command_timeout=ANSWER)

    bell = Bell(connect, heard.append, quiet=0.5)
    await asyncio.to_thread(eventually, lambda: "" in heard, "it to listen")
    heard.clear()
    with own.silent(url):
        await asyncio.to_thread(
            eventually, lambda: "" in heard, "it to say that words may have been missed", within=ONE_AFTER_THE_OTHER
        )
    await bell.close()


def listening(own: Server) -> int:
    return int(own.sql("select count(*) from pg_stat_activity where query ilike 'listen%' or query = 'select 1'"))


async def test_a_migration_may_take_longer_than_any_answer(own: Server, url: str) -> None:
    own_limit = "alter database {} set statement_timeout = '5s'".format(url.partition("?")[0].rpartition("/")[2])
    slowly = f"""
        create function slowly() returns event_trigger language plpgsql as $$ begin
            if not exists (select from slept) then insert into slept values (1); perform pg_sleep({ANSWER_SECONDS + 1});
            end if;
        end $$"""
    trigger = "create event trigger slowly on ddl_command_start execute function slowly()"
    postgres.sql(url, own_limit, "create table slept (x int)", slowly, trigger)
    store = await PostgresStore.open(url, create=True)
    await store.close()
    assert postgres.sql(url, "select count(*) from slept") == "1\n"


async def test_a_migration_waits_no_longer_for_a_lock_than_others(url: str) -> None:
    async with unhurried(url, None) as connection:
        assert await connection.fetchval("show lock_timeout") == "10s"
