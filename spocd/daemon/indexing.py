"""The indexing loop: reads what the journal speaks of, finds the words of it, writes them. It gives way to all else."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterable, Sequence

from spocd.daemon.loop import AFTER_TROUBLE, LONGEST_SLEEP, Loop
from spocd.desk import search
from spocd.desk.operation import Desk, Settings
from spocd.desk.search import Batch
from spocd.domain.search import Stems, words
from spocd.errors import TryLater
from spocd.store import Store, Transaction

log = logging.getLogger("spocd.indexing")

SLICE = 20  # words in one go: unknown ones take 0.15 ms each, and nobody else is served meanwhile
TICKETS_A_MERGE = 8
# Pauses after a batch, in units of the time that it took.
WHILE_MAILS_WAIT = 9.0
OTHERWISE = 1.0


class Indexing:
    """From the journal to the index of words. On several nodes one does it at a time; any may go on where it was."""

    def __init__(self, store: Store, settings: Callable[[], Settings], clock: Callable[[], float]) -> None:
        self._store = store
        self._settings = settings
        self._clock = clock
        self._stems = Stems()
        self._rests_until = 0.0
        self.loop: Loop[Batch] = Loop("indexing", most=1, lease=self._next, work=self._one, full=lambda: None)

    async def _next(self, room: int) -> tuple[Sequence[Batch], float | None]:
        if (rest := self._rests_until - time.monotonic()) > 0:
            return [], rest
        batch = await self._store.read(lambda tx: search.lines(self._desk(tx)))
        if batch is not None:
            return [batch], 0.0
        lag = await self._store.read(lambda tx: tx.one("search_lag"))
        # Another node has the cursor; should it have died, it has lost it by then.
        return [], float(search.HELD) if lag and lag["behind"] else None

    async def _one(self, batch: Batch) -> None:
        began = time.monotonic()
        try:
            await self._index(batch)
        except TryLater as trouble:
            log.warning("indexing waits: %s", trouble)
            pause = AFTER_TROUBLE
        except Exception:
            log.exception("a batch could not be indexed; it is tried again")
            pause = LONGEST_SLEEP
        else:
            took = time.monotonic() - began
            pause = took * (WHILE_MAILS_WAIT if batch.mails_wait else OTHERWISE)
        self._rests_until = time.monotonic() + pause

    async def _index(self, batch: Batch) -> None:
        tickets = {each.ticket: await self._forms(each.texts) for each in batch.tickets}
        texts = {person: each for one in batch.tickets for person, each in one.people.items()}
        people = {person: await self._forms(each) for person, each in (texts | batch.texts).items()}
        await self._store.write_beside(lambda tx: search.keep(self._desk(tx), batch, tickets, people))
        for _ in range(1 + len(batch.tickets) // TICKETS_A_MERGE):
            await self._store.write_beside(lambda tx: tx.run("merge_search"))

    async def _forms(self, texts: Iterable[str]) -> set[str]:
        found: set[str] = set()
        for text in texts:
            folded = words(text)
            for start in range(0, len(folded), SLICE):
                for word in folded[start : start + SLICE]:
                    found.update(self._stems.forms(word))
                await asyncio.sleep(0)
        return found

    def _desk(self, tx: Transaction) -> Desk:
        return Desk(tx, int(self._clock()), self._settings())
