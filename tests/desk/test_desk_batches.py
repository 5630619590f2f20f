"""Mails are read and decided on in batches, and none of a batch pays for another."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Any, cast

import pytest

from spocd.daemon.burst import LATELY, MANY, Burst
from spocd.daemon.burst import PATIENCE as LONGEST_BURST
from spocd.daemon.intake import SMALL, TOGETHER, Intake, batches
from spocd.desk.intake import Leased
from spocd.domain.intake import Envelope
from spocd.domain.reading import Reading
from spocd.errors import TryLater
from spocd.gateway.reading import read
from spocd.gateway.reading.pool import Limits, Pool
from tests.desk.by_hand import by_hand
from tests.desk.by_hand import rows as rows_of
from tests.desk.running_desk import RunningDesk

PATIENCE = 60  # seconds that anything here may take on a machine with other work
FAULTY_CHILD = Path(__file__).parent.parent / "gateway" / "reading" / "faulty_child.py"


def leased(number: int, *, size: int = 3000, tries: int = 0, leases: int = 1) -> Leased:
    return Leased(number, "", size, Envelope("", (), "smtp", ""), "", tries, leases, 1, 0)


@pytest.mark.parametrize(
    ("mails", "together"),
    [
        pytest.param([], [], id="nothing"),
        pytest.param([leased(n) for n in range(3)], [[0, 1, 2]], id="small mails"),
        pytest.param(
            [leased(n) for n in range(TOGETHER + 1)], [list(range(TOGETHER)), [TOGETHER]], id="more than a batch holds"
        ),
        pytest.param([leased(0), leased(1, size=SMALL + 1), leased(2)], [[0, 2], [1]], id="a large one is alone"),
        pytest.param([leased(0), leased(1, tries=1), leased(2)], [[0, 2], [1]], id="one that failed before is alone"),
        pytest.param([leased(0), leased(1, leases=2)], [[0], [1]], id="one that the daemon died with is alone"),
    ],
)
def test_what_is_read_together(mails: list[Leased], together: list[list[int]]) -> None:
    assert [[mail.id for mail in batch] for batch in batches(mails)] == together


class Reader:
    """Stands for the pool: reads here, and does with a batch what the test wants."""

    def __init__(self, change: Callable[[list[Reading]], list[Reading]]) -> None:
        self.batches: list[int] = []
        self._change = change

    async def read_together(self, mails: Sequence[bytes]) -> list[Reading]:
        self.batches.append(len(mails))
        return self._change([read(each) for each in mails])


@contextlib.asynccontextmanager
async def taking_in(
    desk: RunningDesk, pool: Any, *, full: Callable[[], None] = lambda: None, burst: Burst | None = None
) -> AsyncIterator[Intake]:
    """The intake loop at work; the clock stands still, so that what is to be tried again later is not."""
    intake = Intake(
        desk.store,
        cast(Pool, pool),
        lambda: desk.settings,
        lambda: float(desk.now),
        lambda: None,
        full,
        burst or Burst(),
    )
    intake.loop.start()
    try:
        yield intake
    finally:
        await intake.loop.stop(PATIENCE)


async def accept(desk: RunningDesk, *bodies: str) -> None:
    for body in bodies:
        await desk.accept(desk.written(body, Subject=body))


async def rows(desk: RunningDesk, **wanted: int) -> list[dict[str, Any]]:
    """The inbox, the oldest first, once so many mails are in each of the states wanted."""
    async with asyncio.timeout(PATIENCE):
        while True:
            mails: list[dict[str, Any]] = (await desk.ask("mail.inbox", limit=100))["mails"]
            if all(sum(mail["state"] == state for mail in mails) == count for state, count in wanted.items()):
                return sorted(mails, key=lambda mail: int(mail["id"]))
            await asyncio.sleep(0.02)


async def test_mails_that_wait_are_read_together_and_each_gets_its_own_fate(desk: RunningDesk) -> None:
    reader = Reader(lambda readings: readings)
    await accept(desk, *(f"Mail {n}" for n in range(20)))
    async with taking_in(desk, reader):
        found = await rows(desk, done=20)
    assert sorted(reader.batches) == [4, TOGETHER]
    assert [mail["fate"] for mail in found] == ["opened"] * 20
    subjects = {each["number"]: each["subject"] for each in (await desk.ask("ticket.list"))["tickets"]}
    assert [subjects[mail["ticket"]] for mail in found] == [f"Mail {n}" for n in range(20)]


async def test_a_mail_that_cannot_be_decided_on_fails_alone(desk: RunningDesk) -> None:
    def without_one(readings: list[Reading]) -> list[Reading]:
        return [cast(Reading, None) if each.subject == "bad" else each for each in readings]

    await accept(desk, "first", "bad", "last")
    async with taking_in(desk, Reader(without_one)):
        found = await rows(desk, done=2)
    assert [(mail["state"], mail["tries"]) for mail in found] == [("done", 0), ("waiting", 1), ("done", 0)]


async def test_f29_a_mail_that_ends_its_reader_takes_no_other_of_its_batch_along(desk: RunningDesk) -> None:
    pool = Pool(children=2, limits=Limits(), command=(sys.executable, "-I", str(FAULTY_CHILD)))
    await pool.start()
    try:
        await accept(desk, "first", "please abort", "last")
        async with taking_in(desk, pool):
            found = await rows(desk, done=2)
            found = await rows(desk, done=2, waiting=1)
    finally:
        await pool.close()
    assert [(mail["state"], mail["tries"]) for mail in found] == [("done", 0), ("waiting", 1), ("done", 0)]


async def test_of_those_that_the_daemon_died_with_one_at_a_time_is_counted_the_least_suspected_first(
    desk: RunningDesk,
) -> None:
    """A daemon that is killed again and again dies with all that it has in hand, and one of them at most is why."""
    counted: list[list[int]] = []

    class Watched(Reader):
        async def read_together(self, mails: Sequence[bytes]) -> list[Reading]:
            counted.append(
                sorted(n for (n,) in await rows_of(desk, "select leases from inbox where state = 'reading'"))
            )
            return await super().read_together(mails)

    await accept(desk, "first", "second", "third")
    await by_hand(desk, "update inbox set leases = 5", "update inbox set leases = 7 where id = 1")
    reader = Watched(lambda readings: readings)
    async with taking_in(desk, reader):
        await rows(desk, done=3)
    assert reader.batches == [1, 1, 1]
    assert counted == [[5, 6, 7], [6, 7], [8]]


async def test_where_no_mail_can_be_read_just_now_all_are_given_back_and_none_is_blamed(desk: RunningDesk) -> None:
    def no_reader(_: list[Reading]) -> list[Reading]:
        raise TryLater("The mail reader could not be started.")

    await accept(desk, "first", "last")
    reader = Reader(no_reader)
    async with taking_in(desk, reader):
        async with asyncio.timeout(PATIENCE):
            while len(reader.batches) < 3:  # together, then each alone
                await asyncio.sleep(0.01)
        found = await rows(desk, waiting=2)
    assert [mail["tries"] for mail in found] == [0, 0]
    desk.now += 10
    async with taking_in(desk, Reader(lambda readings: readings)):
        assert [mail["fate"] for mail in await rows(desk, done=2)] == ["opened", "opened"]


@pytest.mark.parametrize(
    ("later", "over"),
    [
        pytest.param(2 * LATELY, True, id="after the last of them"),
        pytest.param(LONGEST_BURST, False, id="or after some seconds, however many more come"),
    ],
)
async def test_mails_are_read_when_a_burst_has_let_them(desk: RunningDesk, later: float, over: bool) -> None:
    now = 1000.0
    burst = Burst(lambda: now)
    reader = Reader(lambda readings: readings)
    looks = asyncio.Semaphore(0)

    def many_more_come() -> None:
        for _ in range(MANY):
            burst.stored()

    await accept(desk, "first", "last")
    many_more_come()
    async with asyncio.timeout(PATIENCE), taking_in(desk, reader, full=looks.release, burst=burst) as intake:
        intake.arrived()
        for _ in range(3):
            await looks.acquire()  # each time the loop has looked, and others are told that there is work
        assert reader.batches == []
        now += later
        if not over:
            many_more_come()
        await rows(desk, done=2)
        many_more_come()
        assert burst.goes_first()  # nothing waited any more, so there is patience again
