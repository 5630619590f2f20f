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
    `work(piece)` does one piece and never raises but for a bug; `full()` is called where there may be more than fits.
    A lease that failed may have been made all the same: `reclaim(in hand)` gives back what else is leased to us, before
    the next, and says how much that was. It is None where a lease writes nothing.
    """

    def __init__(
        self,
        name: str,
        *,
        most: int,
        lease: Callable[[int], Awaitable[tuple[Sequence[W], float | None]]],
        work: Callable[[W], Coroutine[Any, Any, None]],
        full: Callable[[], None],
        reclaim: Callable[[Sequence[W]], Awaitable[int]] | None = None,
    ) -> None:
        self._name = name
        self._most = most
        self._lease = lease
        self._work = work
        self._full = full
        self._reclaim = reclaim
        self._in_doubt = False
        self._awake = asyncio.Event()
        self._stepping = asyncio.Lock()
        self._stopping = False
        self._tasks: dict[asyncio.Task[None], W] = {}
        self._runner: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._runner = asyncio.create_task(self._run(), name=self._name)

    def wake(self) -> None:
        """There may be work."""
        self._awake.set()

    def offered(self) -> None:
        """Others have more than they have room for. It is nothing new: without room here too, nobody is told again."""
        if len(self._tasks) < self._most:
            self._awake.set()

    async def stop(self, grace: float) -> None:
        """Begin nothing more, let what is in hand finish for up to `grace` seconds, cancel the rest."""
        self._stopping = True
        self.wake()
        latest = asyncio.get_running_loop().time() + grace
        if self._runner is not None:
            await _ended([self._runner], latest)  # a database that says nothing may hold it up
        await _ended([*self._tasks], latest)

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
        said = ""  # of one trouble, a line
        while not self._stopping:
            self._awake.clear()
            try:
                async with self._stepping:
                    sleep = await self._step()
                said = ""
            except TryLater as trouble:
                if str(trouble) != said:
                    log.warning("%s: %s", self._name, trouble)
                said, sleep = str(trouble), AFTER_TROUBLE
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
            self._full()  # what woke us may be work, and what is in hand may take long
            return LONGEST_SLEEP  # the end of a task wakes us
        pieces, seconds = await self._leased(room)
        for piece in pieces:
            task = asyncio.create_task(self._work(piece), name=f"{self._name}: one")
            self._tasks[task] = piece
            task.add_done_callback(self._ended)
        if seconds is None:
            return LONGEST_SLEEP
        if pieces and seconds <= 0:
            self._full()
            return 0.0
        # What is due and was not given to us is in another node's hands, or we may take nothing now.
        return seconds if seconds > 0 else AFTER_TROUBLE

    async def _leased(self, room: int) -> tuple[Sequence[W], float | None]:
        """What a lease takes, after that is free again which an earlier one may have taken unheard."""
        if self._in_doubt and self._reclaim is not None and (freed := await self._reclaim([*self._tasks.values()])):
            log.warning("%s: gave back %d that a lost answer was about", self._name, freed)
        self._in_doubt = True
        taken = await self._lease(room)
        self._in_doubt = False
        return taken

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.pop(task, None)
        self._awake.set()
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("%s: a task failed", self._name, exc_info=error)


async def _ended(tasks: Sequence[asyncio.Task[None]], latest: float) -> None:
    """Return once all have ended; what has not by then, on the event loop's clock, is cancelled."""
    if not tasks:
        return
    _, late = await asyncio.wait(tasks, timeout=max(0.0, latest - asyncio.get_running_loop().time()))
    for task in late:
        task.cancel()
    await asyncio.gather(*late, return_exceptions=True)
