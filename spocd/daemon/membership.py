"""This run among the nodes of the desk: it joins, beats, takes over from the lost, learns that it was lost itself."""

from __future__ import annotations

import logging
import os
import socket
import time
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path

from spocd.desk import node
from spocd.desk.operation import Desk
from spocd.errors import TryLater
from spocd.store import Store, Transaction

log = logging.getLogger("spocd.daemon")

HEARTBEAT = 10.0  # seconds
LONGEST_GAP = 25.0  # seconds between two beats that follow each other
# Seconds of its own beats, none missing, before a node takes others for lost. Where the database was away nobody was
# heard of: whoever comes back first must give the others time to say that they live.
STEADY = 30.0


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why something cannot be written, and since when, in UTC seconds."""

    since: int
    reason: str


class Membership:
    """While `anew()` lasts nothing is in hand, and a new run begins. `told` is called where others left work behind.

    `trouble` is there while beats fail: who cannot write that they live can write nothing else.
    """

    def __init__(
        self,
        folder: Path,
        store: Store,
        desk: Callable[[Transaction], Desk],
        anew: Callable[[], AbstractAsyncContextManager[None]],
        told: Callable[[], None],
        monotonic: Callable[[], float] = time.monotonic,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.trouble: Trouble | None = None
        self._host = socket.gethostname()
        self._place = f"{self._host}:{folder}"
        self._store = store
        self._desk = desk
        self._anew = anew
        self._told = told
        self._monotonic = monotonic
        self._clock = clock
        self._wrote_at = int(clock())
        self._last_beat = -LONGEST_GAP
        self._steady_since = 0.0

    async def start(self) -> None:
        """Begin the first run; Misconfigured where others live that are not set up alike."""
        await self._join(self._alike)

    async def beat(self) -> None:
        """Say that this run lives, take up what lost nodes left; remember since when that cannot be written."""
        try:
            await self._beat()
        except Exception as error:
            reason = str(error) if isinstance(error, TryLater) else "a fault in spocd; the log says more"
            self.trouble = Trouble(self._wrote_at, reason)
            raise
        self._wrote_at, self.trouble = int(self._clock()), None

    async def _beat(self) -> None:
        """Renew the leases of this run; take up what lost nodes left; join anew where this one was lost."""
        if not await self._store.write_beside(lambda tx: node.beat(self._desk(tx))):
            log.warning("the other nodes took this one for lost; it begins anew, and what it had in hand is theirs")
            await self._join(self._begin)
        if self._is_steady() and (lost := await self._store.write(lambda tx: node.take_over(self._desk(tx)))):
            log.warning("took over what %s had in hand", " and ".join(lost))
            self._told()

    async def leave(self) -> None:
        """End the run in good order, where the database can be told."""
        try:
            await self._store.write(lambda tx: node.leave(self._desk(tx)))
        except TryLater as trouble:
            log.warning("what this node had in hand waits until it starts again, or others take it over: %s", trouble)

    def _is_steady(self) -> bool:
        """Note this beat; whether they have come without a gap for long enough."""
        now = self._monotonic()
        if now - self._last_beat > LONGEST_GAP:
            self._steady_since = now
        self._last_beat = now
        return now - self._steady_since >= STEADY

    async def _join(self, begin: Callable[[Transaction], Awaitable[None]]) -> None:
        """Begin a run, under a name of its own; what an earlier run of this folder left is taken up."""
        async with self._anew():
            await self._store.write(begin)
        self._told()

    async def _alike(self, tx: Transaction) -> None:
        await node.check_alike(self._desk(tx), place=self._place)
        await self._begin(tx)

    async def _begin(self, tx: Transaction) -> None:
        await node.join(self._desk(tx), host=self._host, place=self._place, pid=os.getpid())
