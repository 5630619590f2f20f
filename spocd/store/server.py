"""A PostgreSQL server: how it is reached, and what a connection must be before it is used."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import asyncpg

from spocd.store.diagnosis import Unsafe, WrongEncoding, later, unreachable, unusable

CONNECT_SECONDS = 10.0
ANSWER_SECONDS = 12.0  # after which a server that says nothing counts as gone; longer than it waits for a lock
_SETTINGS = {
    "application_name": "spocd",
    "lock_timeout": "10s",
    "jit": "off",  # our statements are short: compiling them costs more than it gains
    # The server notices within a minute that our machine is gone, and firewalls remember a connection that is idle.
    "tcp_keepalives_idle": "30",
    "tcp_keepalives_interval": "10",
    "tcp_keepalives_count": "3",
}
# A node that stops in the middle holds nobody up for long.
_SHORT = {"idle_in_transaction_session_timeout": "30s"}
# Nothing but a lock has a limit: an index on a large table takes its time, whatever the administrator's default is.
_LONG = {"idle_in_transaction_session_timeout": "0", "statement_timeout": "0"}

# What may go wrong before a connection can be used.
_ON_THE_WAY = (
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    OSError,
    Unsafe,
    WrongEncoding,
)

Connection = Any  # asyncpg.Connection, and what its pool lends in its place


async def connect(url: str, password: str | None, *, answer: float | None = ANSWER_SECONDS) -> Connection:
    """One connection, ready for use; Misconfigured or TryLater with a sentence that says where and what to do."""
    with reaching(url, password):
        connection = await asyncpg.connect(url, **options(password, answer=answer))
        try:
            await prepare(connection)
        except BaseException:
            connection.terminate()
            raise
        return connection


@asynccontextmanager
async def unhurried(url: str, password: str | None) -> AsyncIterator[Connection]:
    """A connection for work that may take hours; Misconfigured or TryLater says what stopped it."""
    connection = await connect(url, password, answer=None)
    try:
        yield connection
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
        found = unusable(error, url, password) or later(error, url)
        if found is None:
            raise
        raise found from error
    finally:
        connection.terminate()


@contextmanager
def reaching(url: str, password: str | None) -> Iterator[None]:
    """Turn what goes wrong on the way to a server into Misconfigured or TryLater."""
    try:
        yield
    except _ON_THE_WAY as error:
        raise unusable(error, url, password) or unreachable(error, url) from error


def options(password: str | None, *, answer: float | None) -> dict[str, Any]:
    """How every connection is made; `answer` is how many seconds a statement may take, None for any number."""
    return {
        "password": password,
        "timeout": CONNECT_SECONDS,
        "command_timeout": answer,
        "statement_cache_size": 512,
        "server_settings": _SETTINGS | (_LONG if answer is None else _SHORT),
    }


async def prepare(connection: Connection) -> None:
    """Make sure that COMMIT returns once the transaction is on disk, whatever the server's default is.

    And that every mail can be stored: a database that was made without an encoding may have LATIN1, or none at all.
    """
    if (encoding := connection.get_settings().server_encoding) != "UTF8":
        raise WrongEncoding(encoding)
    asked = "select set_config('synchronous_commit', 'on', false) where current_setting('synchronous_commit') <> $1"
    await connection.execute(asked, "remote_apply")  # that is stronger
    found = await connection.fetchval("show synchronous_commit")
    if found not in ("on", "remote_apply"):
        raise Unsafe(found)
