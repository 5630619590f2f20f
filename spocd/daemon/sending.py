"""The sending loop: leases letters, writes each, hands it to the relay or the Maildir, records what came of it."""

from __future__ import annotations

import asyncio
import logging
import random
import sys
from collections.abc import Awaitable, Callable, Sequence

from spocd.daemon.loop import AFTER_TROUBLE, Loop
from spocd.desk import delivery
from spocd.desk import letter as desk_letter
from spocd.desk.letter import Leased
from spocd.desk.operation import Desk, Settings
from spocd.domain.delivery import Deferred, Outcome, Rejected
from spocd.domain.letter import Letter
from spocd.errors import Refused, TryLater
from spocd.gateway.maildir import Maildir
from spocd.gateway.sending import Relay
from spocd.gateway.writing import Writer
from spocd.store import Store, Transaction

log = logging.getLogger("spocd.sending")

AT_ONCE = 16  # letters in hand
_FINAL = frozenset(["bad-address", "bad-header"])


class Sending:
    """From the outbox to the world. `full` is called where more waits than this node has room for."""

    def __init__(
        self,
        store: Store,
        writer: Writer,
        transport: Relay | Maildir,
        settings: Callable[[], Settings],
        clock: Callable[[], float],
        full: Callable[[], None],
    ) -> None:
        self._store = store
        self._writer = writer
        self.transport = transport
        self._former: list[Relay | Maildir] = []
        self._settings = settings
        self._clock = clock
        self.loop: Loop[Leased] = Loop(
            "sending", most=AT_ONCE, lease=self._lease, work=self._one, full=full, reclaim=self._reclaim
        )

    def change_transport(self, transport: Relay | Maildir) -> None:
        """Send by another way from now on; letters on their way finish on the former one."""
        self._former.append(self.transport)
        self.transport = transport

    async def stop(self, grace: float) -> None:
        """Stop the loop, then say goodbye to every relay that was used."""
        await self.loop.stop(grace)
        for each in (*self._former, self.transport):
            await each.close()

    async def _lease(self, most: int) -> tuple[list[Leased], float | None]:
        letters, seconds = await self._store.write_beside(lambda tx: self._due(tx, most))
        if letters:
            sys.audit("spocd.outbox_claimed")
        return letters, seconds

    async def _due(self, tx: Transaction, most: int) -> tuple[list[Leased], float | None]:
        """Up to `most` letters that are due, taken, and the seconds until the next one is. Where none is, no write."""
        letters = await desk_letter.lease(self._desk(tx), most)
        row = await tx.one("next_letter_at")
        return letters, None if row is None or row["at"] is None else row["at"] - int(self._clock())

    async def _reclaim(self, held: Sequence[Leased]) -> int:
        return await self._store.write_beside(lambda tx: desk_letter.give_back_others(self._desk(tx), held))

    async def _one(self, letter: Leased) -> None:
        try:
            outcome = await self._outcome(letter)
        except TryLater as trouble:
            log.warning("letter %d waits: %s", letter.id, trouble)
            await self._surely(lambda desk: desk_letter.give_back(desk, letter))
            return
        sys.audit("spocd.before_mark")
        jitter = random.random()  # noqa: S311
        await self._surely(lambda desk: delivery.settle(desk, letter, outcome, jitter=jitter))

    async def _surely(self, work: Callable[[Desk], Awaitable[None]]) -> None:
        """Write it, however long the database is away: the letter may have gone, and must not go again before."""
        while True:
            try:
                await self._store.write(lambda tx: work(self._desk(tx)))
            except TryLater:
                await asyncio.sleep(AFTER_TROUBLE)
                continue
            except Refused as taken:
                log.warning("%s", taken)
            return self.loop.wake()

    async def _outcome(self, leased: Leased) -> Outcome:
        """What came of sending a letter; TryLater where the database is away, and the dot has not gone."""
        try:
            letter: Letter = await self._store.read(lambda tx: desk_letter.compose(self._desk(tx), leased.id))
            raw = await self._written(letter)
            return await self.transport.send(
                raw,
                name=f"{self._settings().rules.instance}.{leased.id}",
                sender=letter.return_path,
                recipient=letter.to_address,
                before_dot=lambda: self._dot_goes(leased),
            )
        except Refused as refused:
            # A bad address stays bad; a missing template or file may be mended before the letter is too old.
            return (Rejected if refused.code in _FINAL else Deferred)(refused.sentence)
        except TryLater:
            raise
        except Exception as trouble:
            log.exception("letter %d could not be sent", leased.id)
            return Deferred(f"a fault in spocd, see the log: {type(trouble).__name__}")

    async def _written(self, letter: Letter) -> bytes:
        """The bytes of a letter; files are encoded beside the event loop, since large ones take time."""
        return await asyncio.to_thread(self._writer.write, letter) if letter.enclosures else self._writer.write(letter)

    async def _dot_goes(self, letter: Leased) -> None:
        """Commit, before the final dot leaves, that it is about to."""
        await self._store.write_beside(lambda tx: desk_letter.dot_goes(self._desk(tx), letter))

    def _desk(self, tx: Transaction) -> Desk:
        return Desk(tx, int(self._clock()), self._settings())
