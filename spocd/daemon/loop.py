"""What the intake and the sending loop share: take what is due, a task each, sleep until there is more."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Sequence
from typing import Any, Generic, TypeVar

from spocd.errors import TryLater

log = logging.getLogger("spocd.daemon")
W = TypeVar("W")

LONGEST_SLEEP = 30.0  # seconds, so that a wall clock that jumps delays nothing for longer
AFTER_TROUBLE = 2.0  # seconds until the database is asked again


class Loop(Generic[W]):
    """Leases work as there is room for it and runs a task for each piece, so that none holds up the next.

    `lease(room)` takes work that is due and says in how many seconds there may be more (None: not known);
    `work(piece)` does one piece and never raises but for a bug; `full()` is called where there is more than fits.
    """

    def __init__(
        self,
        name: str,
        *,
        most: int,
        lease: Callable[[int], Awaitable[tuple[Sequence[W], float | None]]],
        work: Callable[[W], Coroutine[Any, Any, None]],
        full: Callable[[], None],
    ) -> None:
        self._name = name
        self._most = most
        self._lease = lease
        self._work = work
        self._full = full
        self._awake = asyncio.Event()
        self._stepping = asyncio.Lock()
        self._stopping = False
        self._tasks: set[asyncio.Task[None]] = set()
        self._runner: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._runner = asyncio.create_task(self._run(), name=self._name)

    def wake(self) -> None:
        """There may be work."""
        self._awake.set()

    async def stop(self, grace: float) -> None:
        """Begin nothing more, let what is in hand finish for up to `grace` seconds, cancel the rest."""
        self._stopping = True
        self.wake()
        if self._runner is not None:
            await self._runner
        tasks = set(self._tasks)
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=grace)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    @contextlib.asynccontextmanager
    async def dropped(self) -> AsyncIterator[None]:
        """Let go of what is in hand, since it is not ours any more; nothing is taken while this lasts."""
        async with self._stepping:
            tasks = set(self._tasks)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            yield

    async def _run(self) -> None:
        while not self._stopping:
            self._awake.clear()
            try:
                async with self._stepping:
                    sleep = await self._step()
            except TryLater as trouble:
                log.warning("%s: %s", self._name, trouble)
                sleep = AFTER_TROUBLE
            except Exception:
                log.exception("%s failed; it goes on", self._name)
                sleep = AFTER_TROUBLE
            if sleep > 0 and not self._stopping:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._awake.wait(), min(sleep, LONGEST_SLEEP))

    async def _step(self) -> float:
        """Lease what there is room for; how long to sleep."""
        room = self._most - len(self._tasks)
        if room <= 0:
            return LONGEST_SLEEP  # the end of a task wakes us
        pieces, seconds = await self._lease(room)
        for piece in pieces:
            task = asyncio.create_task(self._work(piece), name=f"{self._name}: one")
            self._tasks.add(task)
            task.add_done_callback(self._ended)
        if seconds is None:
            return LONGEST_SLEEP
        if pieces and seconds <= 0:
            self._full()
            return 0.0
        # What is due and was not given to us is in another node's hands, or we may take nothing now.
        return seconds if seconds > 0 else AFTER_TROUBLE

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._awake.set()
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("%s: a task failed", self._name, exc_info=error)
