"""PostgreSQL: one desk, several nodes. Operations that decide take turns; what guards itself runs beside them."""

from __future__ import annotations

import asyncio
import logging
import random
import sys
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar, cast

from spocd.errors import SpocdError, TryLater
from spocd.store import Operation, Rollback, Row
from spocd.store.bell import Bell
from spocd.store.connections import Connections
from spocd.store.diagnosis import is_conflict, is_lost, later, place_of, reason
from spocd.store.groups import Failed, Groups, told
from spocd.store.listings import compose
from spocd.store.migrate import check_version, migrate_postgres, newest_version, postgres_version
from spocd.store.outage import Outage
from spocd.store.server import ANSWER_SECONDS, Connection, connect, unhurried
from spocd.store.statements import Numbered, load, numbered

T = TypeVar("T")
log = logging.getLogger("spocd.store")

MOST_IN_A_GROUP = 16  # operations that share one commit; bounds how long one node has the turn
READERS = 3
BESIDE = 4
READ_SECONDS = 10.0  # after which a read is stopped
MOST_REPEATS = 5
_TURN = "1, 1"  # the key of the lock that is the turn, among the advisory locks of this database


class PostgresTransaction:
    """Statements on one connection, each a round trip."""

    def __init__(self, connection: Connection, statements: dict[str, Numbered]) -> None:
        self._connection = connection
        self._statements = statements

    async def one(self, statement: str, **parameters: Any) -> Row | None:
        found = self._statements[statement]
        row = await self._connection.fetchrow(found.text, *found.values(parameters))
        return None if row is None else dict(row)

    async def all(self, statement: str, **parameters: Any) -> list[Row]:
        return await self._rows(self._statements[statement], parameters)

    async def run(self, statement: str, **parameters: Any) -> int:
        found = self._statements[statement]
        # The server's word for it: "UPDATE 3", "INSERT 0 1".
        return int((await self._connection.execute(found.text, *found.values(parameters))).rpartition(" ")[2])

    async def batch(self, statement: str, rows: Sequence[Row]) -> None:
        if rows:
            found = self._statements[statement]
            await self._connection.executemany(found.text, [found.values(row) for row in rows])

    async def listing(
        self, name: str, filters: dict[str, Any], *, sort: str, limit: int, after: str | None
    ) -> list[Row]:
        text, parameters = compose(name, filters, sort=sort, limit=limit, after=after, dialect="postgres")
        return await self._rows(numbered(text), parameters)

    async def _rows(self, statement: Numbered, parameters: dict[str, Any]) -> list[Row]:
        return [dict(row) for row in await self._connection.fetch(statement.text, *statement.values(parameters))]


class PostgresStore:
    """A database that several nodes share."""

    def __init__(
        self, url: str, connections: Connections, connect: Callable[[], Awaitable[Connection]], longest_read: float
    ) -> None:
        self._url = url
        self._outage = Outage()
        self._connections = connections
        self._connect = connect
        self._bell: Bell | None = None
        self._longest_read = longest_read
        self._statements = {name: numbered(text) for name, text in load("postgres").items()}
        self._groups = Groups(self._group, self._theirs, most=MOST_IN_A_GROUP)
        self._readers = asyncio.Semaphore(READERS)
        self._beside = asyncio.Semaphore(BESIDE)
        self._tasks: set[asyncio.Task[Any]] = set()

    @classmethod
    async def open(
        cls,
        url: str,
        *,
        create: bool,
        password: str | None = None,
        longest_read: float = READ_SECONDS,
        answer: float = ANSWER_SECONDS,
    ) -> PostgresStore:
        """The store at a URL, its schema checked; `create` makes or migrates the tables.

        A read may take `longest_read` seconds in all, a statement `answer` seconds before the server counts as silent.
        """
        if create:
            async with unhurried(url, password) as patient:
                await migrate_postgres(patient)
        first = await connect(url, password)
        try:
            check_version(await postgres_version(first), place_of(url), newest_version("postgres"))
        finally:
            first.terminate()
        connections = await Connections.open(url, password, most=READERS + BESIDE + 1, answer=answer)
        return cls(url, connections, lambda: connect(url, password), longest_read)

    async def write(self, operation: Operation[T]) -> T:
        """Run an operation in a transaction that has the desk to itself; its result once that is durable."""
        return await self._groups.ask(operation)

    async def write_beside(self, operation: Operation[T]) -> T:
        """Run an operation in a transaction of its own beside others; its result once that is durable."""
        task = asyncio.create_task(self._alone(operation))
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return await asyncio.shield(task)

    async def read(self, operation: Operation[T]) -> T:
        """Run an operation that only reads, on what is committed; TryLater where it takes too long."""
        try:
            async with self._readers, self._connections.lent() as connection, asyncio.timeout(self._longest_read):
                await connection.execute("begin isolation level repeatable read, read only")
                result = await operation(PostgresTransaction(connection, self._statements))
                await connection.execute("commit")
                return result
        except TimeoutError as late:
            raise TryLater(
                f"It took longer than {self._longest_read:g} s and was stopped. Ask for less, as with --since."
            ) from late
        except BaseException as error:
            if _is_ending(error):
                raise
            raise told(self._theirs(error)) from error

    def listen(self, heard: Callable[[str], None]) -> None:
        """Call `heard` with each word that another node tells, and with "" where some may have been missed."""
        self._bell = Bell(self._connect, heard)

    def tell(self, word: str) -> None:
        """Tell the other nodes, soon; a node that does not listen tells nothing."""
        if self._bell is not None:
            self._bell.tell(word)

    async def sweep(self) -> None:
        """Nothing: the server's own vacuum does it."""

    async def close(self) -> None:
        """Finish what was asked for, then close all connections; who cancels this has them cut."""
        try:
            if self._bell is not None:
                await self._bell.close()
            await self._groups.finish()
            if self._tasks:
                await asyncio.wait(self._tasks)
            await self._connections.close()
        finally:
            self._connections.cut()

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled():
            task.exception()  # who asked may have gone, and the log has it

    def _theirs(self, error: BaseException) -> BaseException:
        """What the asker is told: a fault of the database is temporary, whatever it is; a broken statement is a bug."""
        if isinstance(error, SpocdError) or (found := later(error, self._url)) is None:
            return error
        self._outage.failed(reason(error))
        found.__cause__ = error
        return found

    async def _alone(self, operation: Operation[T]) -> T:
        async with self._beside:
            [result] = await self._repeated([operation], turn=False)
        if isinstance(result, Failed):
            raise told(self._theirs(result.error)) from result.error
        return cast("T", result)

    async def _group(self, operations: list[Operation[Any]]) -> list[Any]:
        """All operations in one transaction; where that is lost to a conflict, each once more, alone."""
        if len(operations) == 1:
            return await self._repeated(operations, turn=True)
        try:
            return await self._together(operations, turn=True)
        except Exception as error:
            if not is_conflict(error):
                return [Failed(error)] * len(operations)
        return [(await self._repeated([each], turn=True))[0] for each in operations]

    async def _repeated(self, operations: list[Operation[Any]], *, turn: bool) -> list[Any]:
        for again in range(MOST_REPEATS):
            try:
                return await self._together(operations, turn=turn)
            except Exception as error:
                if not is_conflict(error):
                    return [Failed(error)] * len(operations)
            await asyncio.sleep(random.random() * 0.01 * 2**again)  # noqa: S311
        return [Failed(TryLater("Too many others are at work on the same. Try again."))] * len(operations)

    async def _together(self, operations: list[Operation[Any]], *, turn: bool) -> list[Any]:
        """The results of all operations in one transaction, after its commit."""
        async with self._connections.lent() as connection:
            await connection.execute(_begin(turn))
            results = [await self._one(connection, each, alone=len(operations) == 1) for each in operations]
            if results and isinstance(results[0], _Undone):
                await connection.execute("rollback")
                return [results[0].result]
            sys.audit("spocd.before_commit")
            await _commit(connection)
            self._outage.over()
            sys.audit("spocd.after_commit")
            return results

    async def _one(self, connection: Connection, operation: Operation[Any], *, alone: bool) -> Any:
        """The result of an operation in the transaction that has begun, or the error that undid it."""
        if not alone:
            await connection.execute("savepoint operation")
        undone: Any
        try:
            result = await operation(PostgresTransaction(connection, self._statements))
        except Rollback as stop:
            undone = stop.result
        except BaseException as error:
            if is_conflict(error) or is_lost(error) or _is_ending(error):
                raise
            undone = Failed(error)
        else:
            return result
        if alone:
            return _Undone(undone)
        # Nothing is released: a savepoint of the same name hides the earlier one, and costs one round trip, not two.
        await connection.execute("rollback to operation")
        return undone


class _Undone:
    """The result of an operation whose work is not to be kept."""

    def __init__(self, result: Any) -> None:
        self.result = result


def _begin(turn: bool) -> str:
    # Read committed: each statement sees all that was committed before it, and so all of who had the turn before.
    begin = "begin isolation level read committed"
    return f"{begin}; select pg_advisory_xact_lock({_TURN})" if turn else begin


async def _commit(connection: Connection) -> None:
    """Commit, or TryLater where the connection is lost meanwhile, so that nobody knows whether it was.

    Each kind of caller survives that: the same mail again has the same transport key; a mail is decided again only
    where its lease is still there, which a decision that was committed has ended; a letter whose dot may have gone has
    said so before; a command that is asked again carries its key.
    """
    try:
        await connection.execute("commit")
    except Exception as error:
        if not is_lost(error):
            raise
        log.error("the database went away at a commit: %s", reason(error))
        raise TryLater(
            "The database went away while it was writing, so that nobody knows whether this was done. "
            "Look before you ask again, or ask again with the same --key."
        ) from error


def _is_ending(error: BaseException) -> bool:
    """Whether this task itself is to end; an operation may raise CancelledError too, and ends nothing by it."""
    task = asyncio.current_task()
    return isinstance(error, asyncio.CancelledError) and task is not None and task.cancelling() > 0
