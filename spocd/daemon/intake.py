"""The intake loop: leases mails from the inbox, has them read by a child, lets the desk decide."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import Any

from spocd.daemon.loop import AFTER_TROUBLE, Loop
from spocd.desk import blob, intake
from spocd.desk.intake import Fate, Leased
from spocd.desk.operation import Desk, Settings
from spocd.domain.reading import Reading
from spocd.errors import TryLater
from spocd.gateway.reading.pool import Pool, Unreadable
from spocd.gateway.reading.unreadable import unreadable
from spocd.store import Store, Transaction

log = logging.getLogger("spocd.intake")

AT_ONCE = 16  # mails in hand: enough to share commits, few enough for the memory that large ones take
MOST_TRIES = 3
MOST_LEASES = 10  # a mail in hand while the daemon died that often is taken for the cause
_PAUSES = (1, 10)  # seconds before the second and the third try


class Intake:
    """From the inbox to tickets. `told` is called after each decision: there may be letters to send."""

    def __init__(
        self,
        store: Store,
        pool: Pool,
        settings: Callable[[], Settings],
        clock: Callable[[], float],
        told: Callable[[], None],
    ) -> None:
        self._store = store
        self._pool = pool
        self._settings = settings
        self._clock = clock
        self._told = told
        self.loop: Loop[Leased] = Loop("intake", most=AT_ONCE, lease=self._lease, next_in=self._next_in, work=self._one)

    async def _lease(self, most: int) -> Sequence[Leased]:
        # A look before a write: an idle desk must not sync its disk every half minute.
        due = await self._next_in()
        if due is None or due > 0:
            return []
        return await self._store.write(lambda tx: intake.lease(self._desk(tx), most))

    async def _next_in(self) -> float | None:
        row = await self._store.read(lambda tx: tx.one("next_mail_at"))
        return None if row is None or row["at"] is None else row["at"] - int(self._clock())

    async def _one(self, mail: Leased) -> None:
        if mail.leases > MOST_LEASES:
            return await self._quarantine(mail, "the desk went down each time that it was read")
        try:
            await self._read_and_decide(mail)
        except TryLater as trouble:
            await self._give_back(mail, trouble)
        except Unreadable as trouble:
            await self._failed(mail, str(trouble))
        except Exception as trouble:
            log.exception("mail %d could not be made into a ticket", mail.id)
            await self._failed(mail, f"{type(trouble).__name__}: {trouble}")

    async def _read_and_decide(self, mail: Leased) -> None:
        raw = await self._store.read(lambda tx: blob.fetch(self._desk(tx), mail.raw))
        await self._decide(mail, await self._pool.read(raw))

    async def _decide(self, mail: Leased, reading: Reading) -> None:
        await self._keep_files(reading)
        fate: Fate = await self._store.write(lambda tx: intake.decide(self._desk(tx), mail, reading))
        log.info("mail=%d fate=%r ticket=%s", mail.id, fate.name, fate.ticket)
        self._told()

    async def _keep_files(self, reading: Reading) -> None:
        """Store the files ahead of the decision: packing them takes time that the writer must not wait for."""
        if reading.attachments:
            rows = await asyncio.to_thread(lambda: [blob.pack(part.content) for part in reading.attachments])
            await self._store.write(lambda tx: blob.keep(tx, rows))

    async def _failed(self, mail: Leased, why: str) -> None:
        if mail.tries + 1 < MOST_TRIES:
            later = self._in(_PAUSES[mail.tries])
            await self._surely(
                lambda tx: tx.run("mail_failed_once", **self._lease_of(mail), not_before=later, error=why)
            )
            return
        await self._quarantine(mail, why)

    async def _give_back(self, mail: Leased, trouble: TryLater) -> None:
        log.warning("mail %d waits: %s", mail.id, trouble)
        await self._surely(lambda tx: tx.run("release_mail", **self._lease_of(mail), not_before=self._in(5)))

    async def _quarantine(self, mail: Leased, why: str) -> None:
        log.error("mail %d is quarantined: %s", mail.id, why)
        try:
            raw = await self._store.read(lambda tx: blob.fetch(self._desk(tx), mail.raw))
            reading = unreadable(raw, why)
            await self._keep_files(reading)
            await self._store.write(lambda tx: intake.quarantine(self._desk(tx), mail, reading, why))
            self._told()
        except TryLater as trouble:
            await self._give_back(mail, trouble)
        except Exception:
            log.exception("mail %d could not even be quarantined; see: spocd mail failed list", mail.id)
            await self._surely(lambda tx: tx.run("mail_failed", **self._lease_of(mail), error=why))

    async def _surely(self, operation: Callable[[Transaction], Any]) -> None:
        """Write it, however long the database is away: a mail whose lease stays would wait until the next start."""
        while True:
            try:
                await self._store.write(operation)
            except TryLater:
                await asyncio.sleep(AFTER_TROUBLE)
                continue
            # Its time may come before the loop wakes by itself.
            return self.loop.wake()

    def _lease_of(self, mail: Leased) -> dict[str, Any]:
        return {"id": mail.id, "run": self._settings().run}

    def _in(self, seconds: int) -> int:
        return int(self._clock()) + seconds

    def _desk(self, tx: Transaction) -> Desk:
        return Desk(tx, int(self._clock()), self._settings())
