"""Connections to a PostgreSQL server: each is lent to one transaction at a time, and a silent server is left alone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import asyncpg

from spocd.store.server import Connection, options, prepare, reaching

LAST_WORD = 2.0  # seconds for the server to take back what was stopped; after that it counts as silent
LEFT_ALONE = 2.0  # seconds that a silent server is asked nothing


class Silent(OSError):
    """The server does not answer."""


class Connections:
    """A pool of connections.

    A server may say nothing at all: it is stopped, its machine lost its power, a firewall forgot us. Each that asks it
    then waits for as long as an answer may take. So the first that waited in vain speaks for all: whoever waits behind
    is told at once, and no connection of before is used again. A moment later the next one tries it anew.
    """

    def __init__(self, pool: Any) -> None:
        self._pool = pool
        self._left_alone_until = 0.0  # by the event loop's clock

    @classmethod
    async def open(cls, url: str, password: str | None, *, most: int, answer: float) -> Connections:
        """Up to `most` of them, each with `answer` seconds for a statement; Misconfigured or TryLater."""
        pool = asyncpg.create_pool(
            url,
            min_size=1,
            max_size=most,
            init=prepare,
            reset=_nothing,  # each transaction ends by itself, and nothing else is left on a connection
            connection_class=_Connection,
            **options(password, answer=answer),
        )
        with reaching(url, password):
            await pool
        return cls(pool)

    @asynccontextmanager
    async def lent(self) -> AsyncIterator[Connection]:
        """A connection for one transaction, which is undone where anything is raised; Silent where none answers."""
        if asyncio.get_running_loop().time() < self._left_alone_until:
            raise Silent("no answer")
        try:
            connection = await self._pool.acquire()
        except TimeoutError as error:
            raise await self._silent() from error
        try:
            yield connection
        except BaseException as error:
            if not await _undone(connection, error) and _is_late(error):
                silent = await self._silent()
                if isinstance(error, TimeoutError):
                    raise silent from error
            raise
        finally:
            await self._pool.release(connection)

    async def close(self) -> None:
        """Close all, once nobody has one any more."""
        await self._pool.close()

    def cut(self) -> None:
        """Close all at once; whoever has one finds it gone."""
        self._pool.terminate()

    async def _silent(self) -> Silent:
        self._left_alone_until = asyncio.get_running_loop().time() + LEFT_ALONE
        await self._pool.expire_connections()
        return Silent("no answer")


class _Connection(asyncpg.Connection):  # type: ignore[misc]
    """One that says goodbye and goes: asyncpg's own waits for the server to hang up, and a silent one never does."""

    async def close(self, *, timeout: float | None = None) -> None:
        self.terminate()


async def _undone(connection: Connection, error: BaseException) -> bool:
    """Leave no transaction on a connection that goes back; False where the server did not say so, and it is closed."""
    hurried = _is_late(error) or isinstance(error, asyncio.CancelledError)
    undone = False
    try:
        with suppress(Exception):
            await connection.execute("rollback", timeout=LAST_WORD if hurried else None)
            undone = True
    finally:
        if not undone:
            with suppress(asyncpg.InterfaceError):  # the pool has noticed already that it is gone
                connection.terminate()
    return undone


def _is_late(error: BaseException) -> bool:
    return isinstance(error, TimeoutError) or isinstance(error.__cause__, TimeoutError)


async def _nothing(connection: Connection) -> None:
    pass
