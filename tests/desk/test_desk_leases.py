"""Leases: whoever had an earlier one does nothing to a later one, and none is left with nobody who knows of it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, cast

import pytest

from spocd.daemon.burst import Burst
from spocd.daemon.intake import Intake
from spocd.daemon.loop import Loop
from spocd.daemon.sending import Sending
from spocd.desk import blob, delivery, intake, letter, node
from spocd.desk.operation import Desk
from spocd.domain.delivery import Outcome, Sent
from spocd.domain.reading import Reading
from spocd.errors import Refused, TryLater
from spocd.gateway.maildir import Maildir
from spocd.gateway.reading import read
from spocd.gateway.reading.pool import Pool
from spocd.gateway.writing import Writer
from spocd.store import Operation, Row, Store, Transaction
from tests.desk.running_desk import HOUR, RunningDesk

PATIENCE = 60  # seconds that anything here may take on a machine with other work


# The same run, and the same row twice


async def test_whoever_had_a_letter_before_neither_gives_back_nor_sends_nor_settles_it(desk: RunningDesk) -> None:
    await desk.mail()
    [before] = await desk.lease_letters()
    await desk.write(lambda d: letter.give_back(d, before))
    [now] = await desk.lease_letters()
    await desk.write(lambda d: letter.give_back(d, before))
    assert await desk.lease_letters() == [], "it is in hand"
    with pytest.raises(TryLater, match="not ours to send"):
        await desk.write(lambda d: letter.dot_goes(d, before))
    with pytest.raises(Refused, match="not this node's any more"):
        await desk.write(lambda d: delivery.settle(d, before, Sent("250 ok"), jitter=0.0))
    await desk.write(lambda d: letter.dot_goes(d, now))
    await desk.write(lambda d: delivery.settle(d, now, Sent("250 ok"), jitter=0.0))


@pytest.mark.parametrize(
    ("statement", "parameters"),
    [
        ("release_mail", {"not_before": 0}),
        ("mail_failed_once", {"not_before": 0, "error": "late"}),
        ("mail_failed", {"error": "late"}),
    ],
)
async def test_whoever_had_a_mail_before_changes_nothing_of_it(
    desk: RunningDesk, statement: str, parameters: Row
) -> None:
    async def by(mail: intake.Leased) -> int:
        return await desk.store.write(
            lambda tx: tx.run(statement, id=mail.id, run=desk.settings.run, lease=mail.lease, **parameters)
        )

    await desk.accept(desk.written("Twice"))
    [before] = await desk.lease()
    await desk.write(lambda d: intake.give_back_others(d, []))
    [now] = await desk.lease()
    assert await by(before) == 0
    with pytest.raises(TryLater, match="not ours"):
        await desk.decide(before)
    assert await by(now) == 1


async def test_what_is_leased_and_in_nobodys_hand_is_given_back_and_nothing_else(desk: RunningDesk) -> None:
    for name in ("ann", "bo"):
        await desk.mail(From=f"{name}@client.example")
    for name in ("cid", "dan"):
        await desk.accept(desk.written("Unread", From=f"{name}@client.example"))
    mails, letters = await desk.lease(), await desk.lease_letters()
    assert (len(mails), len(letters)) == (2, 2)
    assert await desk.write(lambda d: intake.give_back_others(d, mails[:1])) == 1
    assert await desk.write(lambda d: letter.give_back_others(d, letters[:1])) == 1
    assert [(each.id, each.leases) for each in await desk.lease()] == [(mails[1].id, 1)], "that was no lease"
    assert [each.id for each in await desk.lease_letters()] == [letters[1].id]
    assert (await desk.decide(mails[0])).name == "opened"
    await desk.write(lambda d: letter.dot_goes(d, letters[0]))


# The loops, and a lease whose answer is lost


class Deaf:
    """A store that does not hear the answer to the first lease that takes anything; the lease was made."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.lost: list[Any] = []
        self.given_back: list[int] = []

    async def write_beside(self, operation: Operation[Any]) -> Any:
        answer = await self._store.write_beside(operation)
        if isinstance(answer, int):
            self.given_back.append(answer)
        if not self.lost and isinstance(answer, tuple) and answer[0]:
            self.lost += answer[0]
            raise TryLater("The database went away while it was writing.")
        return answer

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)


@dataclass
class Outside:
    """Stands for the relay: takes a letter, once it may."""

    taken: list[str] = field(default_factory=list)
    may: asyncio.Event = field(default_factory=asyncio.Event)

    async def send(
        self, raw: bytes, *, name: str, sender: str, recipient: str, before_dot: Callable[[], Awaitable[None]]
    ) -> Outcome:
        await self.may.wait()
        await before_dot()
        self.taken.append(recipient)
        return Sent("250 ok")

    async def close(self) -> None:
        """Nothing is open."""


class Reader:
    """Stands for the pool: reads here."""

    async def read_together(self, mails: Sequence[bytes]) -> list[Reading]:
        return [read(each) for each in mails]


@contextlib.asynccontextmanager
async def at_work(loop: Loop[Any]) -> AsyncIterator[None]:
    loop.start()
    try:
        yield
    finally:
        await loop.stop(PATIENCE)


async def until(claim: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not await claim():
            await asyncio.sleep(0.02)


def sending_from(store: Any, desk: RunningDesk, outside: Outside) -> Sending:
    return Sending(
        store, Writer(), cast(Maildir, outside), lambda: desk.settings, lambda: float(desk.now), lambda: None
    )


async def test_f8_a_letter_goes_although_nobody_heard_that_it_was_leased(desk: RunningDesk) -> None:
    await desk.mail()
    deaf, outside = Deaf(desk.store), Outside()
    outside.may.set()

    async def is_sent() -> bool:
        return [each["state"] for each in (await desk.ask("mail.outbox"))["letters"]] == ["sent"]

    async with at_work(sending_from(deaf, desk, outside).loop):
        await until(is_sent)
    assert (deaf.given_back, outside.taken) == ([1], ["ann@client.example"])


async def test_f8_a_letter_on_its_way_stays_in_hand_while_another_is_given_back(desk: RunningDesk) -> None:
    await desk.mail()
    outside = Outside()
    deaf = Deaf(desk.store)
    deaf.lost.append("nothing yet")
    sending = sending_from(deaf, desk, outside)

    async def states() -> list[str]:
        return [each["state"] for each in (await desk.ask("mail.outbox"))["letters"]]

    async def one_is_in_hand() -> bool:
        return await states() == ["sending"]

    async def all_are_sent() -> bool:
        return await states() == ["sent", "sent"]

    async def one_was_given_back() -> bool:
        sending.loop.wake()
        return deaf.given_back == [1]

    async with at_work(sending.loop):
        await until(one_is_in_hand)
        deaf.lost.clear()
        await desk.mail(From="bo@client.example")
        await until(one_was_given_back)
        outside.may.set()
        await until(all_are_sent)
    assert sorted(outside.taken) == ["ann@client.example", "bo@client.example"], "each once"


async def test_f8_a_mail_is_read_although_nobody_heard_that_it_was_leased(desk: RunningDesk) -> None:
    await desk.accept(desk.written("Help"))
    deaf = Deaf(desk.store)
    taking_in = Intake(
        cast(Store, deaf), cast(Pool, Reader()), lambda: desk.settings, lambda: float(desk.now), lambda: None,
        lambda: None, Burst(),
    )  # fmt: skip

    async def is_done() -> bool:
        return [each["fate"] for each in (await desk.ask("mail.inbox"))["mails"]] == ["opened"]

    async with at_work(taking_in.loop):
        await until(is_done)
    assert deaf.given_back == [1]


async def test_health_warns_of_what_is_in_hand_for_longer_than_anything_takes(desk: RunningDesk) -> None:
    async def stuck() -> list[str]:
        return [each for each in (await desk.ask("desk.health"))["faults"] if "in hand" in each]

    await desk.mail()
    await desk.accept(desk.written("Unread"))
    desk.now += 2 * HOUR  # so long they waited
    await desk.lease()
    await desk.lease_letters()
    desk.now += HOUR
    assert await stuck() == []
    desk.now += 1
    assert [each.partition(" (")[0] for each in await stuck()] == [
        "mails in hand for more than an hour: 1",
        "letters in hand for more than an hour: 1",
    ]


# Something of another node's between two statements


class Between:
    """A transaction in which something else comes right after the first of these statements."""

    def __init__(self, tx: Transaction, first: set[str], then: Callable[[Transaction], Awaitable[Any]]) -> None:
        self._tx = tx
        self._first = first
        self._then = then

    async def run(self, statement: str, **parameters: Any) -> int:
        changed = await self._tx.run(statement, **parameters)
        await self._look(statement)
        return changed

    async def all(self, statement: str, **parameters: Any) -> list[Row]:
        rows = await self._tx.all(statement, **parameters)
        await self._look(statement)
        return rows

    async def _look(self, statement: str) -> None:
        if statement in self._first:
            self._first = set()
            await self._then(self._tx)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._tx, name)


async def test_f13_a_dot_that_goes_while_others_take_over_leaves_no_letter_behind(desk: RunningDesk) -> None:
    await desk.mail()
    [leased] = await desk.lease_letters()

    async def dot_goes(tx: Transaction) -> None:
        await tx.run("dot_goes", id=leased.id, run=desk.settings.run, lease=leased.lease)

    async def recovered(tx: Transaction) -> None:
        await tx.all("mark_lost_nodes", run="", now=desk.now, seconds=-(2**40))
        between = Between(tx, {"free_letters", "interrupted_letters"}, dot_goes)
        await delivery.recover(Desk(cast(Transaction, between), desk.now, desk.settings))

    await desk.store.write(recovered)
    await desk.restart()
    assert [each.id for each in await desk.lease_letters()] == [leased.id]


@pytest.mark.parametrize("dot", [False, True], ids=["before the dot", "after"])
async def test_what_a_run_left_that_is_gone_is_taken_up_at_the_next_beat(desk: RunningDesk, dot: bool) -> None:
    await desk.mail()
    await desk.accept(desk.written("Unread"))
    [mail], [leased] = await desk.lease(), await desk.lease_letters()
    if dot:
        await desk.write(lambda d: letter.dot_goes(d, leased))
    other = RunningDesk(desk.store, replace(desk.settings, run="b"), desk.now)
    await other.write(lambda d: node.join(d, host="there", place="there:/b", pid=2))
    await desk.store.write(lambda tx: tx.run("node_leaves", run=desk.settings.run))
    assert await other.write(node.take_over) == []
    assert [each.id for each in await other.lease()] == [mail.id]
    assert [each.id for each in await other.lease_letters()] == [leased.id]


def piece(desk: RunningDesk, start: int) -> Operation[None]:
    row = {"file": "f", "start": start, "encoding": "identity", "body": b"x" * 10}
    return lambda tx: blob._add_piece(tx, row, desk.now)


async def test_a_file_that_is_named_while_the_unfinished_are_dropped_is_whole_or_refused(desk: RunningDesk) -> None:
    named = []
    for start in (0, 10):
        await desk.store.write(piece(desk, start))

    async def name(tx: Transaction) -> None:
        named.append(await tx.run("end_blob_draft", file="f"))

    async def drop(tx: Transaction) -> None:
        # Whichever comes first: the drafts, the pieces.
        between = Between(tx, {"drop_old_blob_drafts", "drop_blob_pieces", "drop_old_blob_pieces"}, name)
        await blob.drop_unfinished(cast(Transaction, between), desk.now + 1)

    await desk.store.write(drop)
    pieces = await desk.store.read(lambda tx: tx.all("blob_piece_starts", file="f"))
    assert (named, len(pieces)) in (([0], 0), ([1], 2))


async def test_a_piece_is_not_kept_where_those_before_it_are_gone(desk: RunningDesk) -> None:
    await desk.store.write(piece(desk, 0))
    await desk.store.write(lambda tx: blob.drop_unfinished(tx, desk.now + 1))
    with pytest.raises(TryLater, match="from its beginning"):
        await desk.store.write(piece(desk, 10))
    assert await desk.store.read(lambda tx: tx.all("blob_piece_starts", file="f")) == []
