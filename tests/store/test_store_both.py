"""What an operation may count on, whichever database it runs on."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest

from spocd.errors import Refused, TryLater
from spocd.store import Rollback, Store, Transaction
from tests.store.persons import adding, names, there


async def test_many_writes_at_once_are_all_there(store: Store) -> None:
    ids = await asyncio.gather(*(store.write(adding(f"p{number:03}")) for number in range(200)))
    assert len(set(ids)) == 200
    assert await there(store) == [f"p{number:03}" for number in range(200)]


async def test_writes_beside_each_other_are_all_there(store: Store) -> None:
    ids = await asyncio.gather(*(store.write_beside(adding(f"p{number:02}")) for number in range(50)))
    assert len(set(ids)) == 50
    assert await there(store) == [f"p{number:02}" for number in range(50)]


async def refuse(tx: Transaction) -> None:
    await adding("half")(tx)
    raise Refused("no", "No.")


async def break_a_rule(tx: Transaction) -> None:
    await adding("half")(tx)
    await tx.run("add_person_address", address="a@x", person=99, shown="a@x", domain="x", now=1)


async def misspell(tx: Transaction) -> None:
    await adding("half")(tx)
    await tx.run("no_such_statement")


async def forget(tx: Transaction) -> None:
    await adding("half")(tx)
    await tx.run("add_person_address", address="a@x")


async def end(tx: Transaction) -> None:
    await adding("half")(tx)
    raise SystemExit(3)


async def cancel(tx: Transaction) -> None:
    await adding("half")(tx)
    raise asyncio.CancelledError


@pytest.mark.parametrize("fault", [refuse, break_a_rule, misspell, forget, end, cancel])
@pytest.mark.parametrize("way", ["write", "write_beside"])
async def test_an_operation_that_fails_is_undone_and_leaves_its_neighbours_alone(
    store: Store, fault: Any, way: str
) -> None:
    write = getattr(store, way)
    operations: list[Any] = [adding("a"), fault, adding("b"), fault, adding("c")]
    results = await asyncio.gather(*(write(each) for each in operations), return_exceptions=True)
    assert [isinstance(each, int) for each in results] == [True, False, True, False, True]
    assert not [each for each in results if isinstance(each, TryLater)], "that was no fault of the database"
    with pytest.raises(Exception, match=r".") as alone:
        await write(fault)
    assert type(alone.value) is type(results[1])
    assert await there(store) == ["a", "b", "c"]


@pytest.mark.parametrize("way", ["write", "write_beside"])
async def test_a_dry_run_gives_its_result_and_leaves_nothing(store: Store, way: str) -> None:
    async def try_out(tx: Transaction) -> int:
        raise Rollback(await adding("tried")(tx))

    write = getattr(store, way)
    tried, kept = await asyncio.gather(write(try_out), write(adding("kept")))
    assert isinstance(tried, int)
    assert isinstance(kept, int)
    assert isinstance(await write(try_out), int)
    assert await there(store) == ["kept"]


@pytest.mark.parametrize("way", ["write", "write_beside"])
async def test_who_asked_may_go_and_the_work_is_done_all_the_same(store: Store, way: str) -> None:
    asked = asyncio.create_task(getattr(store, way)(adding("orphan")))
    await asyncio.sleep(0)
    asked.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asked
    await store.close()
    assert asked.cancelled()


@pytest.mark.parametrize("fault", [refuse, misspell, end, cancel])
async def test_a_read_that_fails_ends_nobody(store: Store, fault: Any) -> None:
    with pytest.raises(Exception, match=r"."):
        await store.read(fault)
    assert await there(store) == []


async def test_a_read_that_writes_changes_nothing(store: Store) -> None:
    with pytest.raises(TryLater):
        await store.read(adding("sneaked"))
    assert await there(store) == []


async def test_a_write_counts_the_rows_that_it_changed(store: Store) -> None:
    async def count(tx: Transaction) -> list[int]:
        person = await adding("")(tx)
        blob = {"sha256": "a", "size": 1, "encoding": "identity", "body": b"a"}
        return [
            await tx.run("person_name", id=person, name="Ann"),
            await tx.run("person_name", id=person, name="Bo"),
            await tx.run("add_blob", **blob),
            await tx.run("add_blob", **blob),
            await tx.run("drop_old_answers", before=0),
        ]

    assert await store.write(count) == [1, 0, 1, 0, 0]


async def test_a_batch_writes_every_row_and_may_be_empty(store: Store) -> None:
    async def fill(tx: Transaction) -> list[Any]:
        person = await adding("Ann")(tx)
        rows = [
            {"address": f"{n:04}@x", "person": person, "shown": f"{n}@x", "domain": "x", "now": n} for n in range(1000)
        ]
        await tx.batch("add_person_address", rows)
        await tx.batch("add_person_address", [])
        return await tx.all("person_addresses", person=person)

    found = await store.write(fill)
    assert [(row["address"], row["created_at"]) for row in found] == [(f"{n}@x", n) for n in range(1000)]


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        pytest.param("a\0b\0", "ab", id="NUL, which one of them cannot hold"),
        pytest.param("'; drop table person; --", "'; drop table person; --", id="SQL"),
        pytest.param("$1 :name ::text %s ?", "$1 :name ::text %s ?", id="what looks like parameters"),
        pytest.param("\x01\x1f\x7f\u2028\ufeff", "\x01\x1f\x7f\u2028\ufeff", id="controls"),
        pytest.param("I\u0307İıß\U0001f600 \U0010ffff", "I\u0307İıß\U0001f600 \U0010ffff", id="letters of the world"),
        pytest.param("\\ \\x00 \\000 \\'", "\\ \\x00 \\000 \\'", id="backslashes"),
        pytest.param("x" * 3_000_000, "x" * 3_000_000, id="3 MB"),
    ],
)
async def test_a_text_comes_back_as_it_was_stored(store: Store, text: str, kept: str) -> None:
    await store.write(adding(text))
    assert await there(store) == [kept]

    async def in_a_batch(tx: Transaction) -> None:
        await tx.batch("add_person_address", [{"address": "a", "person": 1, "shown": text, "domain": "x", "now": 1}])

    await store.write(in_a_batch)
    [row] = await store.read(lambda tx: tx.all("person_addresses", person=1))
    assert row["address"] == kept


async def test_octets_and_whole_numbers_come_back_as_they_were_stored(store: Store) -> None:
    body = bytes(range(256)) * 3

    async def keep(tx: Transaction) -> None:
        await tx.run("add_blob", sha256="s", size=2**63 - 1, encoding="zlib", body=body)

    await store.write(keep)
    row = await store.read(lambda tx: tx.one("blob", sha256="s"))
    assert row == {"size": 2**63 - 1, "encoding": "zlib", "body": body}
    assert type(row["body"]) is bytes
    assert await store.read(lambda tx: tx.one("blob", sha256="t")) is None


async def test_text_sorts_by_its_code_points(store: Store) -> None:
    async def fill(tx: Transaction) -> None:
        for login in ("b", "B", "a", "Z", "ä", "aa", "a-b", "_", "ø", "1"):
            await tx.one("add_agent", login=login, name="", address="", role="agent", uid=None, now=1)

    await store.write(fill)
    found = [row["login"] for row in await store.read(lambda tx: tx.all("agent_cards"))]
    assert found == sorted(found)


async def test_a_reader_sees_one_moment_however_long_it_reads(store: Store) -> None:
    seen: list[list[str]] = []
    loop = asyncio.get_running_loop()

    async def read_twice(tx: Transaction) -> None:
        seen.append(await names(tx))
        if threading.current_thread() is threading.main_thread():
            await asyncio.wait_for(store.write(adding("meanwhile")), 10)
        else:  # SQLite's operations run in a thread of their own
            asyncio.run_coroutine_threadsafe(store.write(adding("meanwhile")), loop).result(timeout=10)
        seen.append(await names(tx))

    await store.write(adding("first"))
    await store.read(read_twice)
    assert seen == [["first"], ["first"]]
    assert await there(store) == ["first", "meanwhile"]


async def test_who_reads_the_newest_and_adds_one_is_never_late(store: Store) -> None:
    async def add_the_next(tx: Transaction) -> None:
        await adding(f"{len(await names(tx)):03}")(tx)

    await asyncio.gather(*(store.write(add_the_next) for _ in range(60)))
    assert await there(store) == [f"{number:03}" for number in range(60)]


async def test_closing_finishes_what_was_asked_for(store: Store) -> None:
    asked = [asyncio.create_task(store.write(adding("p"))) for _ in range(100)]
    asked += [asyncio.create_task(store.write_beside(adding("p"))) for _ in range(20)]
    await asyncio.sleep(0)
    await store.close()
    assert len(set(await asyncio.gather(*asked))) == 120
