"""The sending loop: leases letters, writes each, hands it to the relay or the Maildir, records what came of it."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable, Sequence
from typing import Any

from spocd.daemon.loop import AFTER_TROUBLE, Loop
from spocd.desk import letter as desk_letter
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
    """From the outbox to the world."""

    def __init__(
        self,
        store: Store,
        writer: Writer,
        transport: Relay | Maildir,
        settings: Callable[[], Settings],
        clock: Callable[[], float],
    ) -> None:
        self._store = store
        self._writer = writer
        self.transport = transport
        self._former: list[Relay | Maildir] = []
        self._settings = settings
        self._clock = clock
        self.loop: Loop[int] = Loop("sending", most=AT_ONCE, lease=self._lease, next_in=self._next_in, work=self._one)

    def change_transport(self, transport: Relay | Maildir) -> None:
        """Send by another way from now on; letters on their way finish on the former one."""
        self._former.append(self.transport)
        self.transport = transport

    async def stop(self, grace: float) -> None:
        """Stop the loop, then say goodbye to every relay that was used."""
        await self.loop.stop(grace)
        for each in (*self._former, self.transport):
            await each.close()

    async def _lease(self, most: int) -> Sequence[int]:
        due = await self._next_in()
        if due is None or due > 0:
            return []
        return await self._store.write(lambda tx: desk_letter.lease(self._desk(tx), most))

    async def _next_in(self) -> float | None:
        row = await self._store.read(lambda tx: tx.one("next_letter_at"))
        return None if row is None or row["at"] is None else row["at"] - int(self._clock())

    async def _one(self, number: int) -> None:
        outcome = await self._outcome(number)
        while True:
            try:
                await self._store.write(
                    lambda tx: desk_letter.settle(self._desk(tx), number, outcome, jitter=random.random())  # noqa: S311
                )
            except TryLater:
                # The letter may have gone: nothing must send it again before this is written.
                await asyncio.sleep(AFTER_TROUBLE)
                continue
            return self.loop.wake()

    async def _outcome(self, number: int) -> Outcome:
        try:
            letter: Letter = await self._store.read(lambda tx: desk_letter.compose(self._desk(tx), number))
            raw = await self._written(letter)
            return await self.transport.send(
                raw,
                name=f"{self._settings().rules.instance}.{number}",
                sender=letter.return_path,
                recipient=letter.to_address,
                before_dot=lambda: self._dot_goes(number),
            )
        except Refused as refused:
            # A bad address stays bad; a missing template or file may be mended before the letter is too old.
            return (Rejected if refused.code in _FINAL else Deferred)(refused.sentence)
        except TryLater as trouble:
            return Deferred(str(trouble))
        except Exception as trouble:
            log.exception("letter %d could not be sent", number)
            return Deferred(f"a fault in spocd, see the log: {type(trouble).__name__}")

    async def _written(self, letter: Letter) -> bytes:
        """The bytes of a letter; files are encoded beside the event loop, since large ones take time."""
        return await asyncio.to_thread(self._writer.write, letter) if letter.enclosures else self._writer.write(letter)

    async def _dot_goes(self, number: int) -> None:
        """Commit, before the final dot leaves, that it is about to."""
        changed: Any = await self._store.write(lambda tx: tx.run("dot_goes", id=number, run=self._settings().run))
        if changed != 1:
            raise TryLater(f"Letter {number} is not ours to send any more.")

    def _desk(self, tx: Transaction) -> Desk:
        return Desk(tx, int(self._clock()), self._settings())
