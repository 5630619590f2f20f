"""Sealing the journal, behind whatever writes it: a batch at a time, giving way to all else.

Every node does it. Of two that have read the same lines, one finds that they are sealed already.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable

from spocd.desk import audit
from spocd.desk.operation import Desk, Settings
from spocd.errors import TryLater
from spocd.store import Store, Transaction

EVERY = 5.0  # seconds between two looks: a commit for every line would double what writing costs
AT_THE_END = 2.0  # seconds that a daemon which stops takes for it
# Pauses after a batch, in units of the time that it took.
WHILE_MAILS_WAIT = 9.0
OTHERWISE = 1.0


class Sealing:
    """From the journal to its seals."""

    def __init__(self, store: Store, settings: Callable[[], Settings], clock: Callable[[], float]) -> None:
        self._store = store
        self._settings = settings
        self._clock = clock

    async def seal(self) -> None:
        """Seal all that is not."""
        while True:
            began = time.monotonic()
            batch = await self._store.read(lambda tx: audit.unsealed(self._desk(tx)))
            if not batch.lines:
                return
            await self._keep(batch)
            if len(batch.lines) < audit.LINES:
                return
            took = time.monotonic() - began
            await asyncio.sleep(took * (WHILE_MAILS_WAIT if batch.mails_wait else OTHERWISE))

    async def finish(self) -> None:
        """Seal what is left when the daemon stops, as far as that is soon done; a later start seals the rest."""
        with contextlib.suppress(TryLater, TimeoutError):
            async with asyncio.timeout(AT_THE_END):
                await self.seal()

    async def _keep(self, batch: audit.Batch) -> None:
        rows = audit.seals_of(batch)
        await self._store.write(lambda tx: audit.keep_seals(self._desk(tx), batch, rows))

    def _desk(self, tx: Transaction) -> Desk:
        return Desk(tx, int(self._clock()), self._settings())
