"""The end of a daemon: all of its steps share one limit, whatever does not answer."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable

log = logging.getLogger("spocd.daemon")

LONGEST = 9.0  # seconds


class Ending:
    """Until it has begun, as where a start fails half-way, its steps take as long as they take."""

    def __init__(self) -> None:
        self._latest: float | None = None  # by the event loop's clock

    def begin(self) -> None:
        """What is left to do has `LONGEST` seconds in all from now on."""
        self._latest = asyncio.get_running_loop().time() + LONGEST

    async def step(self, work: Callable[[], Awaitable[None]]) -> None:
        """Do one step, and leave off where the time is over: a database that says nothing would hold up each."""
        try:
            async with asyncio.timeout_at(self._latest):
                await work()
        except TimeoutError:
            log.warning("it takes too long; what is in hand waits until this node starts, or others take it over")
