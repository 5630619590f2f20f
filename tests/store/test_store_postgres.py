"""PostgreSQL: turns, work beside them, repeats, limits, and what several nodes do to one database."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import asyncpg
import pytest

from spocd.desk import intake
from spocd.desk import letter as letters
from spocd.desk.blob import pack
from spocd.desk.intake import Accepted, Leased
from spocd.desk.node import join
from spocd.desk.operation import Desk
from spocd.domain.intake import Envelope
from spocd.errors import TryLater
from spocd.store import Operation, Store, Transaction
from spocd.store.postgres import MOST_REPEATS, READERS, PostgresStore
from tests import postgres
from tests.desk.running_desk import settings
from tests.running import eventually
from tests.store.persons import adding, database_of, names, there

Pair = tuple[PostgresStore, PostgresStore]
NOW = 1_770_000_000


async def add_the_next(tx: Transaction) -> None:
    """Add a person who is named for how many there are."""
    await adding(f"{len(await names(tx)):03}")(tx)


async def test_what_two_nodes_decide_on_what_they_read_is_never_late(pair: Pair) -> None:
    await asyncio.gather(*(store.write(add_the_next) for _ in range(40) for store in pair))
    assert await there(pair[0]) == [f"{number:03}" for number in range(80)]


async def test_many_who_decide_at_once_are_all_served(pair: Pair) -> None:
    asked = [store.write(add_the_next) for _ in range(150) for store in pair]
    assert not [each for each in await asyncio.gather(*asked, return_exceptions=True) if each is not None]


async def test_who_writes_beside_waits_for_no_turn(pair: Pair) -> None:
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def decide_slowly(tx: Transaction) -> None:
        await adding("decided")(tx)
        begun.set()
        await go_on.wait()

    slow = asyncio.create_task(pair[0].write(decide_slowly))
    await begun.wait()
    for store in pair:
        await asyncio.wait_for(store.write_beside(adding("beside")), 10)
    waits = asyncio.create_task(pair[1].write(adding("next")))
    assert await there(pair[1]) == ["beside", "beside"]
    assert not waits.done()
    go_on.set()
    await asyncio.gather(slow, waits)
    assert await there(pair[1]) == ["beside", "beside", "decided", "next"]


async def test_two_who_wait_for_each_other_are_both_served(pair: Pair) -> None:
    for name in ("one", "other"):
        await pair[0].write(adding(name))
    met = asyncio.Barrier(2)
    tries: list[int] = []

    def changing(first: int, second: int) -> Any:
        async def change(tx: Transaction) -> None:
            tries.append(first)
            await tx.run("person_is_known", id=first, now=first)
            if len(tries) <= 2:
                await met.wait()
            await tx.run("person_is_known", id=second, now=first)

        return change

    await asyncio.wait_for(asyncio.gather(*(pair[0].write_beside(changing(*each)) for each in ((1, 2), (2, 1)))), 30)
    assert len(tries) == 3, "the one that the server chose was run again"
    assert {row["known_at"] for row in await known(pair[1])} == {tries[2] ^ 3}


async def known(store: Store) -> list[Any]:
    return await store.read(lambda tx: tx.listing("person", {}, sort="newest", limit=10, after=None))


@pytest.mark.parametrize("way", ["write", "write_beside"])
@pytest.mark.parametrize("error", [asyncpg.SerializationError, asyncpg.DeadlockDetectedError])
@pytest.mark.parametrize(("failures", "is_done"), [(1, True), (MOST_REPEATS - 1, True), (MOST_REPEATS, False)])
async def test_a_conflict_is_tried_again_some_times_and_then_left_for_later(
    pair: Pair, way: str, error: type[Exception], failures: int, is_done: bool
) -> None:
    tries: list[int] = []

    async def meet_others(tx: Transaction) -> str:
        await adding("p")(tx)
        tries.append(len(tries))
        if len(tries) <= failures:
            raise error("somebody was in the way")
        return "done"

    asked = getattr(pair[0], way)(meet_others)
    if is_done:
        assert await asked == "done"
        assert await there(pair[0]) == ["p"]
    else:
        with pytest.raises(TryLater, match="Too many others are at work"):
            await asked
        assert await there(pair[0]) == []
    assert len(tries) == min(failures + 1, MOST_REPEATS)


async def test_a_conflict_in_a_group_harms_no_neighbour(pair: Pair) -> None:
    tries: list[int] = []

    async def meet_others(tx: Transaction) -> None:
        await adding("late")(tx)
        tries.append(1)
        if len(tries) == 1:
            raise asyncpg.DeadlockDetectedError("somebody was in the way")

    await asyncio.gather(*(pair[0].write(each) for each in (adding("a"), adding("b"), meet_others, adding("c"))))
    assert await there(pair[0]) == ["a", "b", "c", "late"]


# The same mail, the same work: two nodes at the same moment


async def inbox(store: Store) -> list[Any]:
    return await store.read(lambda tx: tx.listing("inbox", {}, sort="newest", limit=1000, after=None))


def mails(how_many: int) -> list[Accepted]:
    envelope = Envelope("ann@client.example", ("desk@example.org",), "smtp", "127.0.0.1")
    raws = [b"Subject: %d\r\n\r\nHelp.\r\n" % number for number in range(how_many)]
    return [intake.accepted(envelope, (raw,), pack(raw)) for raw in raws]


def accepting(mail: Accepted) -> Operation[None]:
    return lambda tx: intake.accept(tx, mail, NOW)


def leasing(run: str) -> Operation[list[Leased]]:
    own = replace(settings(), run=run)
    return lambda tx: intake.lease(Desk(tx, NOW, own), 7)


def joining(run: str) -> Operation[None]:
    own = replace(settings(), run=run)
    return lambda tx: join(Desk(tx, NOW, own), host="h", place=f"h:/{run}", pid=1)


async def test_f21_the_same_delivery_to_two_nodes_at_the_same_moment_is_one_mail(pair: Pair) -> None:
    asked = [store.write_beside(accepting(mail)) for mail in mails(10) for store in pair * 3]
    await asyncio.gather(*asked)
    assert len(await inbox(pair[0])) == 10


async def test_what_two_nodes_lease_at_the_same_moment_each_has_one_of_them(pair: Pair) -> None:
    for mail in mails(60):
        await pair[0].write_beside(accepting(mail))
    for store, run in zip(pair, ("one", "other"), strict=True):
        await store.write(joining(run))
    asked = [
        store.write_beside(leasing(run)) for _ in range(6) for store, run in zip(pair, ("one", "other"), strict=True)
    ]
    ids = [mail.id for taken in await asyncio.gather(*asked) for mail in taken]
    assert len(ids) == len(set(ids))
    assert len(ids) == 60, "what another node was taking is passed over, and nothing else"


def as_one(look: Callable[[Desk, list[Any]], Awaitable[int]]) -> Operation[int]:
    """The run `one` gives back what is not in its hand, which is empty."""
    return lambda tx: look(Desk(tx, NOW, replace(settings(), run="one")), [])


def waiting(url: str) -> int:
    """How many in this database wait for a lock."""
    asked = "select count(*) from pg_stat_activity where wait_event_type = 'Lock'"
    return int(postgres.server().sql(f"{asked} and datname = '{database_of(url)}'"))


async def test_what_an_unheard_lease_took_is_waited_for_where_its_commit_is_still_on_its_way(
    pair: Pair, url: str
) -> None:
    node, server = pair  # the second is a server that is still at the lease when the node's connection has broken
    taken, go_on = asyncio.Event(), asyncio.Event()

    async def lease_slowly(tx: Transaction) -> None:
        await leasing("one")(tx)
        taken.set()
        await go_on.wait()

    await node.write_beside(accepting(mails(1)[0]))
    await node.write(joining("one"))
    slow = asyncio.create_task(server.write_beside(lease_slowly))
    await taken.wait()
    looks = intake.give_back_others, letters.give_back_others
    given_back = asyncio.gather(*(node.write_beside(as_one(look)) for look in looks))
    try:
        await asyncio.to_thread(eventually, lambda: waiting(url) == 2, "both to wait for the end of the lease")
    finally:
        go_on.set()
    await slow
    assert await given_back == [1, 0]
    assert len(await node.write_beside(leasing("one"))) == 1


@pytest.mark.parametrize("ahead", [-86400, 86400])
async def test_f14_how_long_a_node_is_silent_or_lost_is_told_by_the_clock_of_the_database(
    pair: Pair, ahead: int
) -> None:
    now = int(time.time()) + ahead
    store = pair[0]
    await store.write(joining("one"))
    [row] = await store.read(lambda tx: tx.all("nodes", now=now))
    assert 0 <= row["silent_for"] < 60
    await store.write(lambda tx: tx.all("mark_lost_nodes", run="", now=now, seconds=-1))
    assert await store.write(lambda tx: tx.run("drop_lost_nodes", now=now, seconds=3600)) == 0
    assert await store.write(lambda tx: tx.run("drop_lost_nodes", now=now, seconds=-60)) == 1


# Limits


async def sleep_long(tx: Transaction) -> None:
    await tx._connection.execute("select pg_sleep(600)")  # type: ignore[attr-defined]


async def test_a_read_that_takes_too_long_is_stopped_and_said_to_be_temporary(url: str) -> None:
    store = await PostgresStore.open(url, create=False, longest_read=0.2)
    for _ in range(2):
        slow = [asyncio.create_task(store.read(sleep_long)) for _ in range(READERS)]
        await store.write(adding("meanwhile"))
        for each in slow:
            with pytest.raises(TryLater, match=r"was stopped\. Ask for less"):
                await each
    await asyncio.to_thread(eventually, lambda: sleeping(url) == 0, "the server to stop reading too")
    await store.close()


def sleeping(url: str) -> int:
    """How many in this database sleep at the server."""
    asked = "select count(*) from pg_stat_activity where query like 'select pg_sleep%' and state = 'active'"
    return int(postgres.server().sql(f"{asked} and datname = '{database_of(url)}'"))


async def test_a_read_that_nobody_waits_for_any_more_is_stopped(pair: Pair, url: str) -> None:
    slow = [asyncio.create_task(pair[0].read(sleep_long)) for _ in range(READERS)]
    await asyncio.to_thread(eventually, lambda: sleeping(url) == READERS, "the reads to begin")
    for each in slow:
        each.cancel()
    await asyncio.gather(*slow, return_exceptions=True)
    assert await asyncio.wait_for(there(pair[0]), 10) == []
    assert sleeping(url) == 0


@pytest.mark.parametrize("default", ["off", "local", "remote_write", "on"])
async def test_a_commit_is_on_disk_whatever_the_default_of_the_database(url: str, default: str) -> None:
    postgres.server().sql(f"alter database {database_of(url)} set synchronous_commit = {default}")
    store = await PostgresStore.open(url, create=False)
    seen: list[str] = []

    async def look(tx: Transaction) -> None:
        seen.append(await tx._connection.fetchval("show synchronous_commit"))  # type: ignore[attr-defined]

    await store.write(look)
    await store.write_beside(look)
    assert seen == ["on", "on"]
    await store.close()
