"""A PostgreSQL server: how it is reached, what its errors mean, and what is said of them."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qs, urlsplit

import asyncpg

from spocd.errors import Misconfigured, NoRoom, SpocdError, TryLater

log = logging.getLogger("spocd.store")

CONNECT_SECONDS = 10.0
ANSWER_SECONDS = 60.0  # after which a server that says nothing counts as gone
# The server's own limits, so that a node that stops in the middle holds nobody up for long.
_SETTINGS = {
    "application_name": "spocd",
    "lock_timeout": "10s",
    "idle_in_transaction_session_timeout": "30s",
    "jit": "off",  # our statements are short: compiling them costs more than it gains
}
# By SQLSTATE's class: connection, resources, operator's doing, the machine, transaction rolled back, read-only, locked.
_NOT_NOW = frozenset(["08", "53", "57", "58", "40", "25", "55", "XX"])
_DISK_FULL = "53100"
_FULL = "The database's disk is full. Make room on it; nothing was changed."
_LATER = "The database cannot do it now. The log says why; nothing was changed."

Connection = Any  # asyncpg.Connection, and what its pool lends in its place


class Unsafe(Exception):
    """A connection on which a commit may not be durable."""


async def connect(url: str, password: str | None) -> Connection:
    """One connection, ready for use; Misconfigured or TryLater with a sentence that says where and what to do."""
    with reaching(url):
        connection = await asyncpg.connect(url, **options(password))
        try:
            await prepare(connection)
        except BaseException:
            connection.terminate()
            raise
        return connection


@contextmanager
def reaching(url: str) -> Iterator[None]:
    """Turn what goes wrong on the way to a server into Misconfigured or TryLater."""
    try:
        yield
    except (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError, Unsafe) as error:
        raise _unreachable(error, url) from error


def options(password: str | None) -> dict[str, Any]:
    """How every connection is made."""
    return {
        "password": password,
        "timeout": CONNECT_SECONDS,
        "command_timeout": ANSWER_SECONDS,
        "statement_cache_size": 512,
        "server_settings": _SETTINGS,
    }


async def prepare(connection: Connection) -> None:
    """Make sure that COMMIT returns once the transaction is on disk, whatever the server's default is."""
    asked = "select set_config('synchronous_commit', 'on', false) where current_setting('synchronous_commit') <> $1"
    await connection.execute(asked, "remote_apply")  # that is stronger
    found = await connection.fetchval("show synchronous_commit")
    if found not in ("on", "remote_apply"):
        raise Unsafe(found)


def place_of(url: str) -> str:
    """The server that a URL names, as a sentence says it."""
    parts = urlsplit(url)
    query = parse_qs(parts.query)
    host = parts.hostname or query.get("host", [os.environ.get("PGHOST", "the local socket")])[0]
    port = parts.port or query.get("port", [os.environ.get("PGPORT", "5432")])[0]
    return f"{host}, port {port}"


def is_conflict(error: BaseException) -> bool:
    """Whether another transaction was in the way, so that the same operation may simply be run again."""
    return isinstance(error, asyncpg.SerializationError | asyncpg.DeadlockDetectedError)


def is_lost(error: BaseException) -> bool:
    """Whether the connection is gone, or what happened on it is not known."""
    if isinstance(error, asyncpg.PostgresError):
        return (error.sqlstate or "")[:2] in ("08", "57", "58", "XX")
    return isinstance(error, OSError | asyncpg.InterfaceError | asyncpg.InternalClientError)


def theirs(error: BaseException) -> BaseException:
    """What the asker is told: a fault of the database is temporary, whatever it is; a broken statement is a bug."""
    if isinstance(error, SpocdError):
        return error
    state = getattr(error, "sqlstate", None) or ""
    # What the driver itself cannot bind is a mistake of ours; everything else of its own is the connection.
    ours = isinstance(error, asyncpg.InterfaceError) and isinstance(error, ValueError)
    if state[:2] in _NOT_NOW or (not state and is_lost(error) and not ours):
        log.error("the database failed: %s (%s)", error, state or type(error).__name__)
        later = NoRoom(_FULL) if state == _DISK_FULL else TryLater(_LATER)
        later.__cause__ = error
        return later
    return error


def _unreachable(error: BaseException, url: str) -> Exception:
    said = str(error).partition("\n")[0].rstrip(".")  # what follows are the server's hints to its own administrator
    where, database = place_of(url), urlsplit(url).path.strip("/") or "of the user's name"
    match error:
        case Unsafe():
            return Misconfigured(
                [f"store.url: PostgreSQL at {where} keeps synchronous_commit at {error}; let it be set to on."]
            )
        case asyncpg.InvalidCatalogNameError():
            return Misconfigured([f"store.url: there is no database {database} at {where}. Make it: createdb …"])
        case asyncpg.InvalidAuthorizationSpecificationError():
            return Misconfigured(
                [
                    f"store.url: PostgreSQL at {where} does not let us in: {said}. Put the password into a file and "
                    "name that as store.password_file, or mend the user, ~/.pgpass or pg_hba.conf."
                ]
            )
        case asyncpg.InsufficientPrivilegeError():
            return Misconfigured([f"store.url: {said} (at {where}). Make the user owner of the database."])
        case asyncpg.ClientConfigurationError():
            return Misconfigured([f"store.url: {said}."])
        case asyncio.TimeoutError():
            why = f"no answer within {CONNECT_SECONDS:.0f} s"
        case OSError():
            why = error.strerror or str(error) or type(error).__name__
        case _:
            why = said
    return TryLater(f"PostgreSQL at {where} cannot be reached: {why}. Start it, or mend store.url; then try again.")
