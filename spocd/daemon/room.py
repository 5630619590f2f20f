"""Room for large mails: so many octets in hand at once, however many mails wait."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator


class Room:
    """A number of octets to be shared. First come, first served: a large mail is not overtaken for ever."""

    def __init__(self, octets: int) -> None:
        self._all = self._left = octets
        self._first = asyncio.Lock()
        self._freed = asyncio.Event()

    @contextlib.asynccontextmanager
    async def of(self, octets: int) -> AsyncIterator[None]:
        """Hold so many octets; what needs more than there are has all of them for itself."""
        needed = min(octets, self._all)
        async with self._first:
            while self._left < needed:
                self._freed.clear()
                await self._freed.wait()
            self._left -= needed
        try:
            yield
        finally:
            self._left += needed
            self._freed.set()
