"""The end of a daemon, where something does not answer."""

from __future__ import annotations

import asyncio
import logging
import time

import pytest

from spocd.daemon.ending import Ending
from spocd.daemon.loop import Loop

FOR_EVER = 3600.0  # seconds
SOON = 30.0  # seconds: long for any machine, and far from for ever


def loop_of(lease: asyncio.Event, work: asyncio.Event, *, stuck: str) -> Loop[int]:
    """A loop whose lease or whose work never ends; the event is set once it has begun."""

    async def take(room: int) -> tuple[list[int], float | None]:
        lease.set()
        if stuck == "lease":
            await asyncio.sleep(FOR_EVER)
        return [1], None

    async def do(piece: int) -> None:
        work.set()
        await asyncio.sleep(FOR_EVER)

    return Loop("test", most=1, lease=take, work=do, full=lambda: None)


@pytest.mark.parametrize("stuck", ["lease", "work"])
async def test_a_loop_stops_though_what_it_waits_for_never_comes(stuck: str) -> None:
    lease, work = asyncio.Event(), asyncio.Event()
    loop = loop_of(lease, work, stuck=stuck)
    loop.start()
    await (lease if stuck == "lease" else work).wait()
    async with asyncio.timeout(SOON):
        await loop.stop(0.05)


async def test_all_steps_of_an_end_share_one_limit(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    end = Ending(list[int]().append, longest=0.5, cut_short=FOR_EVER)
    taken = []

    async def step() -> None:
        try:
            await asyncio.sleep(FOR_EVER)
        finally:
            taken.append("cut")

    end.begin()
    begun = asyncio.get_running_loop().time()
    async with asyncio.timeout(SOON):
        for _ in range(3):
            await end.step(step)
    assert asyncio.get_running_loop().time() - begun < 2 * 0.5
    assert taken == ["cut"] * 3
    assert len(caplog.messages) == 3


async def test_until_the_end_has_begun_a_step_takes_as_long_as_it_takes() -> None:
    done = asyncio.Event()

    async def step() -> None:
        await asyncio.sleep(0.05)
        done.set()

    await Ending(list[int]().append, longest=0.0).step(step)
    assert done.is_set()


async def test_an_end_that_takes_too_long_is_cut_short_whatever_holds_up_the_loop(
    caplog: pytest.LogCaptureFixture,
) -> None:
    left: list[int] = []
    Ending(left.append, longest=0.05, cut_short=0.1).begin()
    time.sleep(0.5)  # the event loop stands still
    assert left == [1], "an error, so that systemd starts it again"
    assert "the end took longer than 0.1 s" in caplog.text
