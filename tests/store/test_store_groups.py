"""Group commit: many operations, one commit, and none pays for another."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from pathlib import Path
from typing import Any

import pytest

from spocd.errors import Refused, TryLater
from spocd.store import Rollback, Transaction
from spocd.store.sqlite import READERS, SqliteStore, drive
from tests.store.persons import adding, in_the_file, there


@pytest.fixture
def store(sqlite: SqliteStore) -> SqliteStore:
    """What is tried here is the matter of a file."""
    return sqlite


async def commits(store: SqliteStore) -> list[str]:
    """A list that grows by one with each commit of the writer."""
    seen: list[str] = []

    def look(statement: str) -> None:
        if statement == "commit":
            seen.append(statement)

    await store._writer.set_trace_callback(look)
    return seen


async def test_two_hundred_writes_at_once_share_commits(store: SqliteStore) -> None:
    counted = await commits(store)
    ids = await asyncio.gather(*(store.write(adding(f"p{number:03}")) for number in range(200)))
    assert len(set(ids)) == 200
    assert len(counted) <= 2
    assert await there(store) == [f"p{number:03}" for number in range(200)]


async def test_more_than_a_group_takes_more_commits_and_loses_nothing(store: SqliteStore) -> None:
    counted = await commits(store)
    await asyncio.gather(*(store.write(adding("p")) for _ in range(1000)))
    assert 5 <= len(counted) <= 7
    assert len(await there(store)) == 1000


async def test_an_answer_comes_after_the_commit(store: SqliteStore, file: Path) -> None:
    for number in range(5):
        await store.write(adding(f"p{number}"))
        assert len(in_the_file(file)) == number + 1


async def test_an_operation_that_fails_leaves_its_neighbours_alone(store: SqliteStore) -> None:
    async def refuse(tx: Transaction) -> None:
        await adding("half")(tx)
        raise Refused("no", "No.")

    async def break_a_rule(tx: Transaction) -> None:
        await adding("half")(tx)
        await tx.run("add_person_address", address="a@x", person=1, shown="a@x", domain="x", now=1)
        await tx.run("add_person_address", address="a@x", person=1, shown="a@x", domain="x", now=1)

    async def misspell(tx: Transaction) -> None:
        await adding("half")(tx)
        await tx.run("no_such_statement")

    operations: list[Any] = [adding("a"), refuse, adding("b"), break_a_rule, adding("c"), misspell, adding("d")]
    counted = await commits(store)
    results = await asyncio.gather(*(store.write(each) for each in operations), return_exceptions=True)
    assert [type(each) for each in results] == [int, Refused, int, sqlite3.IntegrityError, int, KeyError, int]
    assert await there(store) == ["a", "b", "c", "d"]
    assert len(counted) == 1


async def test_a_dry_run_gives_its_result_and_leaves_nothing(store: SqliteStore) -> None:
    async def try_out(tx: Transaction) -> int:
        raise Rollback(await adding("tried")(tx))

    tried, kept = await asyncio.gather(store.write(try_out), store.write(adding("kept")))
    assert isinstance(tried, int)
    assert isinstance(kept, int)
    assert await there(store) == ["kept"]


async def test_an_operation_that_waits_for_something_else_is_refused_and_undone(store: SqliteStore) -> None:
    elsewhere: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def wait_for_the_world(tx: Transaction) -> None:
        await adding("waited")(tx)
        await elsewhere

    async def pause(tx: Transaction) -> None:
        await adding("paused")(tx)
        await asyncio.sleep(0)

    for operation in (wait_for_the_world, pause):
        with pytest.raises(RuntimeError, match="waited for something that is not a statement"):
            await store.write(operation)
    with pytest.raises(RuntimeError, match="waited for something that is not a statement"):
        await store.read(lambda tx: asyncio.sleep(0))
    await store.write(adding("after"))
    assert await there(store) == ["after"]


def test_driving_a_coroutine_gives_its_result_or_its_error() -> None:
    async def answer() -> int:
        return 42

    async def fail() -> int:
        raise ValueError("no")

    assert drive(answer()) == 42
    with pytest.raises(ValueError, match="no"):
        drive(fail())


async def test_who_asked_may_go_and_the_work_is_done_all_the_same(store: SqliteStore) -> None:
    asked = asyncio.create_task(store.write(adding("orphan")))
    await asyncio.sleep(0)
    asked.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asked
    await store.write(adding("next"))
    assert await there(store) == ["next", "orphan"]


async def test_reads_see_what_is_committed_and_nothing_else(store: SqliteStore) -> None:
    seen: list[list[str]] = []
    loop = asyncio.get_running_loop()
    reading: list[Any] = []

    async def write_while_somebody_reads(tx: Transaction) -> None:
        await adding("unfinished")(tx)
        # The reader has its own connection and thread, so that it answers while this one is in the middle.
        found = asyncio.run_coroutine_threadsafe(there(store), loop).result(timeout=5)
        seen.append(found)

    await store.write(adding("first"))
    reading.append(await asyncio.wait_for(store.write(write_while_somebody_reads), 10))
    assert seen == [["first"]]
    assert await there(store) == ["first", "unfinished"]


async def test_a_read_that_writes_changes_nothing(store: SqliteStore) -> None:
    with pytest.raises(TryLater):
        await store.read(adding("sneaked"))
    assert await there(store) == []


async def test_closing_finishes_what_was_asked_for(file: Path) -> None:
    store = await SqliteStore.open(file, create=True)
    asked = [asyncio.create_task(store.write(adding("p"))) for _ in range(500)]
    await asyncio.sleep(0)
    await store.close()
    assert len(await asyncio.gather(*asked)) == 500
    assert len(in_the_file(file)) == 500
    assert not (file.parent / "desk.db-wal").exists(), "a clean end leaves one file"


async def test_the_file_is_readable_to_its_owner_alone(store: SqliteStore, file: Path) -> None:
    await store.write(adding("p"))
    files = sorted(file.parent.glob("desk.db*"))
    assert [each.name for each in files] == ["desk.db", "desk.db-lock", "desk.db-shm", "desk.db-wal"]
    assert {each.stat().st_mode & 0o777 for each in files} == {0o600}


@pytest.mark.parametrize(
    ("pragma", "value"),
    [("journal_mode", "wal"), ("synchronous", 2), ("foreign_keys", 1), ("secure_delete", 1)],
)
async def test_both_connections_are_durable_and_tidy(store: SqliteStore, pragma: str, value: object) -> None:
    for connection in (store._writer, *store._readers):
        async with connection.execute(f"pragma {pragma}") as found:
            assert await found.fetchone() == {pragma: value}


async def for_ever(tx: Transaction) -> int:
    """A read that nobody would wait for."""
    connection: sqlite3.Connection = tx._connection  # type: ignore[attr-defined]
    endless = "with recursive c (x) as (select 1 union all select x + 1 from c) select count(*) as n from c"
    return int(connection.execute(endless).fetchone()["n"])


async def test_a_read_that_takes_too_long_is_stopped_and_said_to_be_temporary(file: Path) -> None:
    store = await SqliteStore.open(file, create=True, longest_read=0.2)
    slow = [asyncio.create_task(store.read(for_ever)) for _ in range(READERS)]
    await asyncio.sleep(0)
    await store.write(adding("meanwhile"))
    for each in slow:
        with pytest.raises(TryLater, match=r"was stopped\. Ask for less"):
            await each
    assert await there(store) == ["meanwhile"]
    await store.close()


async def test_a_read_that_nobody_waits_for_any_more_is_stopped(store: SqliteStore) -> None:
    slow = [asyncio.create_task(store.read(for_ever)) for _ in range(READERS)]
    await asyncio.sleep(0.1)
    for each in slow:
        each.cancel()
    await asyncio.gather(*slow, return_exceptions=True)
    assert await asyncio.wait_for(there(store), 2) == []


async def test_one_long_read_holds_up_no_other(file: Path) -> None:
    store = await SqliteStore.open(file, create=True, longest_read=1.0)
    slow = asyncio.create_task(store.read(for_ever))
    await asyncio.sleep(0.05)
    started = time.monotonic()
    assert await there(store) == []
    assert time.monotonic() - started < 0.5
    with pytest.raises(TryLater):
        await slow
    await store.close()
