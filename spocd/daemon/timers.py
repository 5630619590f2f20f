"""What time alone brings about: heartbeat, waking, closing, the watchdog. Each looks at the wall clock every time."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from spocd.daemon.loop import AFTER_TROUBLE
from spocd.errors import TryLater

log = logging.getLogger("spocd.daemon")


@dataclass(frozen=True, slots=True)
class Timer:
    """Something to do every so many seconds."""

    name: str
    seconds: float
    action: Callable[[], Awaitable[object]]


class Timers:
    """Runs each timer on its own, at once and then again and again, until stopped."""

    def __init__(self, timers: Sequence[Timer]) -> None:
        self._timers = timers
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        self._tasks = [asyncio.create_task(_run(timer), name=timer.name) for timer in self._timers]

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


async def _run(timer: Timer) -> None:
    said = ""  # of one trouble, a line
    while True:
        pause = timer.seconds
        try:
            await timer.action()
            said = ""
        except TryLater as trouble:
            if str(trouble) != said:
                log.warning("%s: %s", timer.name, trouble)
            said, pause = str(trouble), min(pause, AFTER_TROUBLE)
        except Exception:
            log.exception("%s failed; it goes on", timer.name)
        await asyncio.sleep(pause)
