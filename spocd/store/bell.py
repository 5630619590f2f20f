"""The bell between nodes: LISTEN and NOTIFY on one connection of its own, which is made again where it is lost."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress

import asyncpg

from spocd.errors import Misconfigured, TryLater
from spocd.store.server import Connection

log = logging.getLogger("spocd.store")

_CHANNEL = "spocd"
_PAUSE = 0.1  # seconds between two notifications of one node: each takes a lock that all commits of the server share
_AFTER_TROUBLE = 2.0
QUIET = 30.0  # seconds without a word of ours, after which the server is asked whether it is still there


class Bell:
    """Tells other nodes a word, and hears theirs. What is told while the database is away is lost, and no harm.

    `heard` is called with each word of another node, and with "" where words may have been missed: at first, and when a
    lost connection is there again.
    """

    def __init__(
        self, connect: Callable[[], Awaitable[Connection]], heard: Callable[[str], None], *, quiet: float = QUIET
    ) -> None:
        self._connect = connect
        self._heard = heard
        self._quiet = quiet
        self._words: set[str] = set()
        self._stirred = asyncio.Event()
        self._task = asyncio.create_task(self._run(), name="bell")

    def tell(self, word: str) -> None:
        """Ring soon, outside of every transaction; the same word twice within a moment is rung once."""
        self._words.add(word)
        self._stirred.set()

    async def close(self) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        said = ""
        while True:
            try:
                await self._ring_and_hear()
            except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TryLater, Misconfigured) as error:
                why = str(error) or "the database does not answer"
                if why != said:  # of one trouble, a line
                    log.warning("other nodes cannot be heard: %s", why)
                said = why
            else:
                said = ""
            await asyncio.sleep(_AFTER_TROUBLE)

    async def _ring_and_hear(self) -> None:
        connection = await self._connect()
        own = connection.get_server_pid()

        def hear(_: Connection, pid: int, channel: str, word: object) -> None:
            if pid != own:
                self._heard(str(word))

        try:
            connection.add_termination_listener(lambda _: self._stirred.set())
            await connection.add_listener(_CHANNEL, hear)
            self._heard("")
            while not connection.is_closed():
                await self._ring(connection)
                await asyncio.sleep(_PAUSE)
        finally:
            connection.terminate()

    async def _ring(self, connection: Connection) -> None:
        """Wait for something to tell, and tell it. In vain: ask, for who only listens does not notice a dead line."""
        with suppress(TimeoutError):
            async with asyncio.timeout(self._quiet):
                await self._stirred.wait()
        if not self._stirred.is_set():
            await connection.execute("select 1")
        self._stirred.clear()
        words, self._words = self._words, set()
        for word in sorted(words):
            await connection.execute("select pg_notify($1, $2)", _CHANNEL, word)
