"""Telling those who watch: the journal is read once for all of them, and each is told what they may see.

The newest lines are kept here. Whoever cannot keep up, or comes back after a while, reads pages of the store until they
are among these; so nothing is queued for anybody, and who does not listen costs nothing.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from spocd.daemon.loop import AFTER_TROUBLE
from spocd.desk.access import Actor
from spocd.desk.operation import Desk, Operation, Settings, admitted
from spocd.desk.watch import MOST, Events, lines_after, seen
from spocd.errors import TryLater
from spocd.store import Row, Store, Transaction

log = logging.getLogger("spocd.daemon")

LOOK = 1.0  # seconds between two looks into the journal, which other nodes write too
SOONEST = 0.2  # and where this node has written something
KEPT = 2000  # lines
BELIEVED = 60.0  # seconds for which somebody who watches stays who they were


class Watching:
    """All who watch at this node. Nothing is read while nobody does."""

    def __init__(
        self, store: Store, settings: Callable[[], Settings], clock: Callable[[], float], asking: asyncio.Semaphore
    ) -> None:
        self._store = store
        self._settings = settings
        self._clock = clock
        self._asking = asking
        self._lines: deque[Row] = deque()
        self._before = self._upto = -1  # the lines after `_before` up to `_upto` are those kept
        self._woken = asyncio.Event()
        self._stirred = asyncio.Event()
        self._watchers = 0
        self._reader: asyncio.Task[None] | None = None

    def wake(self) -> None:
        """Something may have been written."""
        self._woken.set()

    async def tell(self, asked: Operation, parameters: dict[str, Any], uid: int) -> AsyncGenerator[Events, None]:
        """The pages for one who watches, the first at once. Refused at any time when they may not any more."""
        own = dict(parameters)
        acting_as, ticket = own.pop("acting_as", None), own.get("ticket")
        with self._watched():
            actor, page = await self._page(asked, own, uid, acting_as)
            yield page
            at, believed_until = page["last"], time.monotonic() + BELIEVED
            while True:
                lines = await self._after(at)
                if not lines or _is_in_doubt(lines, believed_until):
                    actor, page = await self._page(asked, own | {"after": at}, uid, acting_as)
                    believed_until = time.monotonic() + BELIEVED
                else:
                    page = {"events": seen(lines, actor, ticket), "last": lines[-1]["id"]}
                at = page["last"]
                if page["events"]:
                    yield page

    async def _page(
        self, asked: Operation, own: dict[str, Any], uid: int, acting_as: str | None
    ) -> tuple[Actor, Events]:
        """A page out of the store, for whoever it is by now."""

        async def work(tx: Transaction) -> tuple[Actor, Events]:
            actor = await admitted(tx, asked, own, uid=uid, acting_as=acting_as)
            return actor, await asked.function(Desk(tx, int(self._clock()), self._settings()), actor, **own)

        async with self._asking:
            return await self._store.read(work)

    async def _after(self, at: int) -> list[Row]:
        """The lines kept after one, as soon as there are any; none where some before them are not kept."""
        while at >= self._upto:
            stirred = self._stirred
            await stirred.wait()
        return [row for row in self._lines if row["id"] > at][:MOST] if at >= self._before else []

    @contextmanager
    def _watched(self) -> Iterator[None]:
        """Read the journal while somebody watches, from the first to the last."""
        if self._reader is None:
            self._reader = asyncio.create_task(self._read(), name="watching")
        self._watchers += 1
        try:
            yield
        finally:
            self._watchers -= 1
            if not self._watchers:
                self._reader.cancel()
                self._reader = None
                self._lines.clear()
                self._before = self._upto = -1

    async def _read(self) -> None:
        said = ""  # of one trouble, a line
        while True:
            self._woken.clear()
            pause = LOOK
            try:
                if await self._look() == MOST:
                    pause = SOONEST
                said = ""
            except TryLater as trouble:
                if str(trouble) != said:
                    log.warning("watching: %s", trouble)
                said, pause = str(trouble), AFTER_TROUBLE
            except Exception:
                log.exception("watching failed; it goes on")
                pause = AFTER_TROUBLE
            await asyncio.sleep(SOONEST)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._woken.wait(), pause - SOONEST)

    async def _look(self) -> int:
        """Read what is new; how many lines."""
        if self._upto < 0:
            newest = await self._store.read(lambda tx: tx.one("newest_line"))
            self._before = self._upto = newest["id"] if newest else 0
            rows = []
        else:
            rows = await self._store.read(lambda tx: lines_after(tx, self._upto))
        if rows:
            self._lines.extend(rows)
            self._upto = rows[-1]["id"]
        while len(self._lines) > KEPT:
            self._before = self._lines.popleft()["id"]
        self._stirred.set()
        self._stirred = asyncio.Event()
        return len(rows)


def _is_in_doubt(lines: list[Row], believed_until: float) -> bool:
    """Whether somebody may see more or less than before: what concerns no ticket may be their role, team or service."""
    return time.monotonic() > believed_until or any(row["ticket"] is None for row in lines)
