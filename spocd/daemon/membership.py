"""This run among the nodes of the desk: it joins, beats, takes over from the lost, learns that it was lost itself."""

from __future__ import annotations

import logging
import os
import socket
import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
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


class Membership:
    """While `anew()` lasts nothing is in hand, and a new run begins. `told` is called where others left work behind."""

    def __init__(
        self,
        folder: Path,
        store: Store,
        desk: Callable[[Transaction], Desk],
        anew: Callable[[], AbstractAsyncContextManager[None]],
        told: Callable[[], None],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._host = socket.gethostname()
        self._place = f"{self._host}:{folder}"
        self._store = store
        self._desk = desk
        self._anew = anew
        self._told = told
        self._monotonic = monotonic
        self._last_beat = -LONGEST_GAP
        self._steady_since = 0.0

    async def join(self) -> None:
        """Begin a run, under a name of its own; what an earlier run of this folder left is taken up."""
        async with self._anew():
            await self._store.write(self._join)
        self._told()

    async def beat(self) -> None:
        """Renew the leases of this run; take up what lost nodes left; join anew where this one was lost."""
        if not await self._store.write_beside(lambda tx: node.beat(self._desk(tx))):
            log.warning("the other nodes took this one for lost; it begins anew, and what it had in hand is theirs")
            await self.join()
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

    async def _join(self, tx: Transaction) -> None:
        await node.join(self._desk(tx), host=self._host, place=self._place, pid=os.getpid())
