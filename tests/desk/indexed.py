"""The index of words, brought up to date: what the daemon's loop does behind everybody's back."""

from __future__ import annotations

import asyncio

from spocd.daemon.indexing import Indexing
from tests.desk.running_desk import RunningDesk


async def indexed(desk: RunningDesk) -> RunningDesk:
    """The desk, once search knows all of it."""
    indexing = Indexing(desk.store, lambda: desk.settings, lambda: float(desk.now))
    indexing.loop.start()
    try:
        async with asyncio.timeout(60):
            while (await desk.ask("desk.health"))["search"]["behind"]:
                await asyncio.sleep(0.005)
    finally:
        await indexing.loop.stop(5)
    return desk


async def found(desk: RunningDesk, words: str) -> list[int]:
    """The numbers of the tickets that hold these words, as they are listed."""
    return [each["number"] for each in (await desk.ask("ticket.search", words=words))["tickets"]]
