"""SQLite: one writer that commits many operations at once, a few readers beside it.

Operations are driven inside aiosqlite's own thread, a whole group in one hop: a hop a statement would cost 0.3 ms, and
twenty of them a mail. Each operation of a group has its savepoint; all share one commit, since the sync of a commit
(0.15 to 4 ms) is what accepting a mail costs. Nobody is answered before that commit.
"""

from __future__ import annotations

import asyncio
import logging
import math
import os
import sqlite3
import sys
import time
from collections.abc import Callable, Coroutine, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, TypeVar, cast

import aiosqlite

from spocd.errors import Misconfigured, NoRoom, TryLater
from spocd.store import Operation, Rollback, Row, Transaction
from spocd.store.care import check_log
from spocd.store.groups import Failed, Groups, told
from spocd.store.listings import compose
from spocd.store.lock import owned_database
from spocd.store.migrate import check_version, migrate_sqlite, newest_version, version_of
from spocd.store.outage import Outage
from spocd.store.statements import load, storable

T = TypeVar("T")
log = logging.getLogger("spocd.store")

MOST_IN_A_GROUP = 200  # operations that share one commit; bounds how long the last of them waits
BUSY_SECONDS = 5.0  # who comes just after a group has begun to wait is still answered within ten
READERS = 3  # so that somebody's long search holds up neither the loops nor everybody else
MERGING = 2.0  # seconds of each sweep that go into merging the index of words, some 5 ms of the desk at a time
MERGED_WHOLE = 86400.0  # seconds between two beginnings to make one part of all parts of the index
READ_SECONDS = 10.0  # after which a read is stopped
_NOT_NOW = "The database cannot do it now, and nothing was changed"
_FULL = "The disk of the database is full. Make room there; nothing was changed."
_DAMAGED = "The database is damaged. Run: spocd db check. docs/operating.md says how to restore it."
_DAMAGES = ("SQLITE_CORRUPT", "SQLITE_NOTADB")
_PRAGMAS = (
    "pragma journal_mode = wal",
    "pragma synchronous = full",
    "pragma foreign_keys = on",
    # What was deleted must not be found in the file.
    "pragma secure_delete = on",
    "pragma temp_store = memory",
    # KiB for each of the connections: a large file that passes through fills it.
    "pragma cache_size = -16384",
)


class SqliteTransaction:
    """Statements on one connection, each complete when its coroutine is first driven."""

    def __init__(self, connection: sqlite3.Connection, statements: dict[str, str]) -> None:
        self._connection = connection
        self._statements = statements

    async def one(self, statement: str, **parameters: Any) -> Row | None:
        return cast("Row | None", self._execute(self._statements[statement], parameters).fetchone())

    async def all(self, statement: str, **parameters: Any) -> list[Row]:
        return self._execute(self._statements[statement], parameters).fetchall()

    async def run(self, statement: str, **parameters: Any) -> int:
        return self._execute(self._statements[statement], parameters).rowcount

    async def batch(self, statement: str, rows: Sequence[Row]) -> None:
        if rows:
            self._connection.executemany(self._statements[statement], [storable(row) for row in rows])

    async def listing(
        self, name: str, filters: dict[str, Any], *, sort: str, limit: int, after: str | None
    ) -> list[Row]:
        text, parameters = compose(name, filters, sort=sort, limit=limit, after=after)
        return self._execute(text, parameters).fetchall()

    @property
    def changes(self) -> int:
        """How many rows have changed on this connection, those within an index of words too."""
        return self._connection.total_changes

    def _execute(self, text: str, parameters: dict[str, Any]) -> sqlite3.Cursor:
        return self._connection.execute(text, storable(parameters))


async def _merge(tx: Transaction) -> bool:
    """Merge some pages of the index of words; whether there were any. The command itself is one change (FTS5)."""
    assert isinstance(tx, SqliteTransaction)
    before = tx.changes
    await tx.run("merge_search")
    return tx.changes - before > 1


class SqliteStore:
    """The embedded store. One process owns the file: the caller holds the desk's lock."""

    def __init__(
        self,
        writer: aiosqlite.Connection,
        readers: Sequence[aiosqlite.Connection],
        statements: dict[str, str],
        longest_read: float,
        ends: AsyncExitStack,
    ) -> None:
        self._ends = ends
        self._writer = writer
        self._readers = readers
        self._idle: asyncio.LifoQueue[aiosqlite.Connection] = asyncio.LifoQueue()
        for reader in readers:
            self._idle.put_nowait(reader)
        self._statements = statements
        self._longest_read = longest_read
        self._outage = Outage()
        self._merged_whole = -math.inf  # when that was begun
        self._groups = Groups(self._group, self._theirs, most=MOST_IN_A_GROUP)

    @classmethod
    async def open(
        cls, file: Path, *, create: bool, busy: float = BUSY_SECONDS, longest_read: float = READ_SECONDS
    ) -> SqliteStore:
        """The store in a file; `busy` is how many seconds it waits while another process holds the file."""
        statements = load("sqlite")
        _check_there(file, create)
        async with AsyncExitStack() as stack:
            stack.enter_context(owned_database(file))
            check_log(file)
            writer = await _connect(file, migrate=create, busy=busy)
            stack.push_async_callback(writer.close)
            readers = []
            for _ in range(READERS):
                reader = await _connect(file, migrate=False, busy=busy)
                stack.push_async_callback(reader.close)
                await _hop(reader, reader._conn.execute, "pragma query_only = on")
                readers.append(reader)
            return cls(writer, readers, statements, longest_read, stack.pop_all())

    async def write(self, operation: Operation[T]) -> T:
        """Run an operation in a transaction; its result once that is durable.

        Raises what the operation raised, or TryLater where the database failed.
        """
        return await self._groups.ask(operation)

    async def write_beside(self, operation: Operation[T]) -> T:
        """The same as `write`: one process owns the file, and there is nobody else to wait for."""
        return await self.write(operation)

    async def read(self, operation: Operation[T]) -> T:
        """Run an operation that only reads, on what is committed; TryLater where it takes too long."""
        reader = await self._idle.get()
        timer = asyncio.get_running_loop().call_later(self._longest_read, reader._conn.interrupt)
        try:
            found = await _hop(reader, _read, reader._conn, self._statements, operation)
        except asyncio.CancelledError:
            # Nobody waits for it any more; whoever gets this reader next would have to.
            reader._conn.interrupt()
            raise
        finally:
            timer.cancel()
            self._idle.put_nowait(reader)
        if isinstance(found, Failed):
            raise told(self._theirs(found.error))
        return cast("T", found)

    def listen(self, heard: Callable[[str], None]) -> None:
        """There is no other node to hear."""

    def tell(self, word: str) -> None:
        """There is no other node to tell."""

    async def sweep(self) -> None:
        """Merge the index of words, and empty the write-ahead log.

        A search looks into every part of the index, and its old pages hold removed words. So once a day all parts are
        made into one, as far as a few seconds go; the next sweep goes on with it.
        """
        began = time.monotonic()
        if began - self._merged_whole >= MERGED_WHOLE:
            self._merged_whole = began
            await self.write(lambda tx: tx.run("merge_all_search"))
        while await self.write(_merge) and time.monotonic() - began < MERGING:
            pass
        try:
            await _hop(self._writer, _empty_log, self._writer._conn)
        except sqlite3.Error as error:
            raise self._theirs(error) from error

    async def close(self) -> None:
        """Finish what was asked for, then close all connections."""
        await self._groups.finish()
        await self._ends.aclose()

    async def _group(self, operations: list[Operation[Any]]) -> list[Any]:
        results = await _hop(self._writer, _group, self._writer._conn, self._statements, operations)
        if not all(isinstance(each, Failed) for each in results):
            self._outage.over()
        return cast("list[Any]", results)

    def _theirs(self, error: BaseException) -> BaseException:
        """What the asker is told: a fault of the database is temporary, whatever it is."""
        if (found := _later(error)) is None:
            return error
        if not _was_stopped(error):
            self._outage.failed(f"{error} ({_name(error)})")
        found.__cause__ = error
        return found


def _later(error: BaseException) -> TryLater | None:
    """What to say where the database is at fault; None for a bug."""
    if _was_stopped(error):
        return TryLater(f"It took longer than {READ_SECONDS:.0f} s and was stopped. Ask for less, as with --since.")
    if isinstance(error, sqlite3.DatabaseError) and not isinstance(
        error, sqlite3.IntegrityError | sqlite3.ProgrammingError
    ):
        if (name := _name(error)) == "SQLITE_FULL":
            return NoRoom(_FULL)
        return TryLater(_DAMAGED if name in _DAMAGES else f"{_NOT_NOW}: {error}.")
    return None


def _was_stopped(error: BaseException) -> bool:
    return getattr(error, "sqlite_errorname", "") == "SQLITE_INTERRUPT"


def _name(error: BaseException) -> str:
    """SQLite's name of an error; where the whole transaction was lost, of what that was raised from."""
    name: str | None = getattr(error, "sqlite_errorname", None)
    return name or str(getattr(error.__cause__, "sqlite_errorname", "unknown"))


def _group(connection: sqlite3.Connection, statements: dict[str, str], operations: list[Operation[Any]]) -> list[Any]:
    """All operations in one transaction; where the transaction itself is lost, each once more, alone."""
    try:
        _begin(connection)
    except sqlite3.Error as error:
        # Another process holds the file, say: one by one, each would wait for it in its turn.
        return [Failed(error)] * len(operations)
    try:
        return _together(connection, statements, operations)
    except sqlite3.Error as error:
        _roll_back(connection)
        if len(operations) == 1:
            return [Failed(error)]
        log.warning("a shared commit failed (%s); trying its %d operations one by one", error, len(operations))
    return [_alone(connection, statements, each) for each in operations]


def _begin(connection: sqlite3.Connection) -> None:
    _roll_back(connection)  # where an earlier roll-back failed
    connection.execute("begin immediate")


def _alone(connection: sqlite3.Connection, statements: dict[str, str], operation: Operation[Any]) -> Any:
    try:
        _begin(connection)
        return _together(connection, statements, [operation])[0]
    except sqlite3.Error as error:
        _roll_back(connection)
        return Failed(error)


def _together(
    connection: sqlite3.Connection, statements: dict[str, str], operations: list[Operation[Any]]
) -> list[Any]:
    """The results of all operations in the transaction that has begun, after its commit."""
    results = []
    for operation in operations:
        connection.execute("savepoint operation")
        result: Any
        try:
            result = drive(operation(SqliteTransaction(connection, statements)))
        except Rollback as stop:
            result = stop.result
            connection.execute("rollback to operation")
        except BaseException as error:
            # FULL, IOERR, NOMEM and INTERRUPT may end the whole transaction: then nothing of the group is there.
            if not connection.in_transaction:
                raise sqlite3.OperationalError(f"the transaction was lost: {error}") from error
            result = Failed(error)
            connection.execute("rollback to operation")
        connection.execute("release operation")
        results.append(result)
    sys.audit("spocd.before_commit")
    connection.execute("commit")
    sys.audit("spocd.after_commit")
    return results


def _read(connection: sqlite3.Connection, statements: dict[str, str], operation: Operation[Any]) -> Any:
    try:
        connection.execute("begin")
        return drive(operation(SqliteTransaction(connection, statements)))
    except BaseException as error:
        return Failed(error)
    finally:
        _roll_back(connection)


def _roll_back(connection: sqlite3.Connection) -> None:
    if connection.in_transaction:
        connection.execute("rollback")


def _empty_log(connection: sqlite3.Connection) -> None:
    """Put all of the log into the database and cut it to nothing, unless somebody reads: then not this time."""
    [(_, waits)] = connection.execute("pragma busy_timeout").fetchone().items()
    connection.execute("pragma busy_timeout = 0")
    try:
        connection.execute("pragma wal_checkpoint(truncate)")
    finally:
        connection.execute(f"pragma busy_timeout = {waits}")


def drive(operation: Any) -> Any:
    """Run a coroutine that awaits nothing but statements: each completes at once, so it never suspends."""
    coroutine = cast("Coroutine[Any, Any, Any]", operation)
    try:
        coroutine.send(None)
    except StopIteration as done:
        return done.value
    coroutine.close()
    raise RuntimeError("an operation waited for something that is not a statement")


def _check_there(file: Path, create: bool) -> None:
    """A new database is readable to its owner alone; SQLite's files beside it take over its mode."""
    if create:
        os.close(os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600))
    elif not file.exists():
        raise Misconfigured([f"{file}: there is no database. Make a desk first: spocd init DIR --address desk@…"])


async def _hop(connection: aiosqlite.Connection, function: Callable[..., Any], *arguments: Any) -> Any:
    """Run a function in the connection's thread. Private to aiosqlite, whose version is therefore pinned."""
    return await connection._execute(function, *arguments)  # type: ignore[no-untyped-call]


async def _connect(file: Path, *, migrate: bool, busy: float) -> aiosqlite.Connection:
    opening = aiosqlite.connect(file, isolation_level=None, timeout=busy, cached_statements=256)
    try:
        connection = await opening
    except sqlite3.OperationalError as error:
        # The thread of what was not opened still answers to this loop; it must have ended before the loop may close.
        await asyncio.to_thread(opening._thread.join)
        raise Misconfigured(
            [f"{file}: SQLite cannot open it ({error}). It must be a file that this user may read and write."]
        ) from error
    try:
        await _hop(connection, _prepare, connection._conn, file, migrate)
    except BaseException:
        await connection.close()
        raise
    return connection


def _prepare(connection: sqlite3.Connection, file: Path, migrate: bool) -> None:
    connection.row_factory = _row
    try:
        for pragma in _PRAGMAS:
            connection.execute(pragma)
        connection.row_factory = None
        if migrate:
            migrate_sqlite(connection)
        check_version(version_of(connection), file, newest_version("sqlite"))
        connection.row_factory = _row
    except sqlite3.DatabaseError as error:
        raise _unusable(error, file) from error


def _unusable(error: sqlite3.DatabaseError, file: Path) -> Exception:
    if isinstance(error, sqlite3.OperationalError) and "locked" in str(error):
        return TryLater(f"{file} is locked by another process.")
    return Misconfigured(
        [f"{file}: SQLite cannot use it ({error}). Restore it from a backup; docs/operating.md says how."]
    )


def _row(cursor: sqlite3.Cursor, values: tuple[Any, ...]) -> Row:
    return {column[0]: value for column, value in zip(cursor.description, values, strict=True)}
