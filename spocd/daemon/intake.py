"""The intake loop: leases mails from the inbox, has them read by a child, lets the desk decide."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import io
import logging
from collections.abc import Callable, Sequence
from typing import Any

from spocd.daemon.burst import LOOK, Burst
from spocd.daemon.loop import AFTER_TROUBLE, Loop
from spocd.daemon.room import Room
from spocd.desk import blob, intake
from spocd.desk.intake import Fate, Leased
from spocd.desk.operation import Desk, Settings
from spocd.domain.reading import Reading
from spocd.errors import TryLater
from spocd.gateway.reading.pool import Pool, Unreadable
from spocd.gateway.reading.unreadable import unreadable
from spocd.store import Store, Transaction

log = logging.getLogger("spocd.intake")

BATCHES = 3  # in hand at once: one for each reading child, and one that is being decided
TOGETHER = 16  # mails of a batch: enough to share the way to the child and commits, few enough that nobody waits for it
SMALL = 64 * 1024  # octets up to which a mail goes into a batch with others
ROOM = 16 * 1024 * 1024  # octets of large mails in hand: read and taken apart, each takes three times as much memory
MOST_TRIES = 3
MOST_LEASES = 10  # a mail in hand while the daemon died that often is taken for the cause
DOUBTED = 2  # leases without an end; whatever was in hand more often is worked on by itself, and counted only then
_PAUSES = (1, 10)  # seconds before the second and the third try


class Intake:
    """From the inbox to tickets. `told` is called after each decision: there may be letters to send.

    `full` is called where more waits than this node has room for.
    """

    def __init__(
        self,
        store: Store,
        pool: Pool,
        settings: Callable[[], Settings],
        clock: Callable[[], float],
        told: Callable[[], None],
        full: Callable[[], None],
        burst: Burst,
    ) -> None:
        self._store = store
        self._pool = pool
        self._settings = settings
        self._clock = clock
        self._told = told
        self._files = blob.Files(store, clock)
        self._full = full
        self._room = Room(ROOM)
        self._doubted = asyncio.Semaphore(1)
        self._burst = burst
        self.loop: Loop[list[Leased]] = Loop(
            "intake", most=BATCHES, lease=self._lease, work=self._work, full=full, reclaim=self._reclaim
        )

    def arrived(self) -> None:
        """A mail has been stored: it is read at once, unless many more come behind it."""
        self._burst.stored()
        self.loop.wake()

    async def _lease(self, room: int) -> tuple[list[list[Leased]], float | None]:
        if self._burst.goes_first():
            self._full()
            await asyncio.sleep(LOOK)  # here, where no further mail wakes the loop
            return [], LOOK
        mails, seconds = await self._store.write_beside(lambda tx: self._due(tx, room * TOGETHER))
        if len(mails) < room * TOGETHER:
            self._burst.caught_up()
        return batches(mails), seconds

    async def _due(self, tx: Transaction, most: int) -> tuple[list[Leased], float | None]:
        """Up to `most` mails that are due, taken, and the seconds until the next one is. Where none is, no write."""
        mails = await intake.lease(self._desk(tx), most)
        # Who dies of one of these has dozens in hand: only the one that is worked on can be the cause.
        await tx.batch("uncount_lease", [self._lease_of(mail) for mail in mails if mail.leases > DOUBTED])
        row = await tx.one("next_mail_at")
        return mails, None if row is None or row["at"] is None else row["at"] - int(self._clock())

    async def _reclaim(self, held: Sequence[list[Leased]]) -> int:
        mails = [mail for batch in held for mail in batch]
        return await self._store.write_beside(lambda tx: intake.give_back_others(self._desk(tx), mails))

    async def _work(self, mails: list[Leased]) -> None:
        """Take a batch through; a large mail is one of its own, and waits for room."""
        async with self._room.of(mails[0].size) if mails[0].size > SMALL else contextlib.nullcontext():
            if mails[0].leases > MOST_LEASES:
                await self._quarantine(mails[0], "the desk went down each time that it was read")
                return
            if mails[0].leases > DOUBTED:
                await self._by_itself(mails[0])
                return
            try:
                readings = await self._readings(mails)
            except Exception as trouble:
                # Nobody knows whose fault it is: alone, each has its own.
                if len(mails) == 1:
                    await self._went_wrong(mails[0], trouble)
                else:
                    await asyncio.gather(*(self._work([mail]) for mail in mails))
                return
            await asyncio.gather(*map(self._one, mails, readings))

    async def _by_itself(self, mail: Leased) -> None:
        """Take a mail through that the daemon has died with, while no other such mail is in hand."""
        async with self._doubted:
            try:
                await self._store.write_beside(lambda tx: tx.run("count_lease", **self._lease_of(mail)))
                [reading] = await self._readings([mail])
            except Exception as trouble:
                await self._went_wrong(mail, trouble)
                return
            await self._one(mail, reading)

    async def _readings(self, mails: list[Leased]) -> list[Reading]:
        async def raws(tx: Transaction) -> list[bytes]:
            return [await blob.fetch(self._desk(tx), mail.raw) for mail in mails]

        return await self._pool.read_together(await self._store.read(raws))

    async def _one(self, mail: Leased, reading: Reading) -> None:
        try:
            await self._decide(mail, reading)
        except Exception as trouble:
            await self._went_wrong(mail, trouble)

    async def _went_wrong(self, mail: Leased, trouble: Exception) -> None:
        match trouble:
            case TryLater():
                await self._give_back(mail, trouble)
            case Unreadable():
                await self._failed(mail, str(trouble))
            case _:
                log.error("mail %d could not be made into a ticket", mail.id, exc_info=trouble)
                await self._failed(mail, f"{type(trouble).__name__}: {trouble}")

    async def _decide(self, mail: Leased, reading: Reading) -> None:
        await self._keep_files(reading)
        fate: Fate = await self._store.write(lambda tx: intake.decide(self._desk(tx), mail, reading))
        log.info("mail=%d fate=%r ticket=%s", mail.id, fate.name, fate.ticket)
        self._told()

    async def _keep_files(self, reading: Reading) -> None:
        """Store the files ahead of the decision: packing them takes time that the writer must not wait for."""
        small = [part.content for part in reading.attachments if part.size <= SMALL]
        if small:
            rows = await asyncio.to_thread(lambda: [blob.pack(content) for content in small])
            await self._store.write_beside(lambda tx: blob.keep(tx, rows))
        for part in reading.attachments:
            if part.size > SMALL:
                async with self._files.put(io.BytesIO(part.content)) as row:
                    await self._store.write_beside(functools.partial(blob.add, row=row))

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
                await self._store.write_beside(operation)
            except TryLater:
                await asyncio.sleep(AFTER_TROUBLE)
                continue
            # Its time may come before the loop wakes by itself.
            return self.loop.wake()

    def _lease_of(self, mail: Leased) -> dict[str, Any]:
        return {"id": mail.id, "run": self._settings().run, "lease": mail.lease}

    def _in(self, seconds: int) -> int:
        return int(self._clock()) + seconds

    def _desk(self, tx: Transaction) -> Desk:
        return Desk(tx, int(self._clock()), self._settings())


def batches(mails: list[Leased]) -> list[list[Leased]]:
    """What is read together: small mails, each for the first time. A large one is alone, and so is a suspect.

    Of suspects the least suspected comes first.
    """
    plain = [mail for mail in mails if mail.size <= SMALL and mail.tries == 0 and mail.leases == 1]
    alone = [[mail] for mail in sorted(mails, key=lambda mail: mail.leases) if mail not in plain]
    return [plain[at : at + TOGETHER] for at in range(0, len(plain), TOGETHER)] + alone
