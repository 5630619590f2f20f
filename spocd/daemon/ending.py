"""The end of a daemon: all of its steps share one limit, whatever does not answer; and then it ends, whatever holds it.

What was accepted is on disk, and what is in hand is leased: an end that is cut short is a crash, and loses as little.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Awaitable, Callable

from spocd.errors import Exit

log = logging.getLogger("spocd.daemon")

LONGEST = 9.0  # seconds for all steps
CUT_SHORT = 12.0  # seconds until the process ends in the middle of whatever it is at


class Ending:
    """Until it has begun, as where a start fails half-way, its steps take as long as they take.

    `leave` ends the process with an exit code, at once: os._exit.
    """

    def __init__(
        self, leave: Callable[[int], object], *, longest: float = LONGEST, cut_short: float = CUT_SHORT
    ) -> None:
        self._leave = leave
        self._longest = longest
        self._cut_short = cut_short
        self._latest: float | None = None  # by the event loop's clock

    def begin(self) -> None:
        """What is left to do has so many seconds in all from now on."""
        self._latest = asyncio.get_running_loop().time() + self._longest
        # A thread, since what holds up the end may be the event loop, or what Python does after it.
        last = threading.Timer(self._cut_short, self._cut)
        last.daemon = True
        last.start()

    def _cut(self) -> None:
        log.critical(
            "the end took longer than %g s and is cut short; what was accepted is on disk, and what is in hand waits"
            " until this node starts, or others take it over",
            self._cut_short,
        )
        self._leave(Exit.REFUSED)

    async def step(self, work: Callable[[], Awaitable[None]]) -> None:
        """Do one step, and leave off where the time is over: a database that says nothing would hold up each."""
        try:
            async with asyncio.timeout_at(self._latest):
                await work()
        except TimeoutError:
            log.warning("it takes too long; what is in hand waits until this node starts, or others take it over")
