"""Whatever goes wrong in the store, a mail's sender is told to come again, and nothing of what went wrong."""

from __future__ import annotations

import asyncio
import contextlib
import os
import smtplib
import socket
import sqlite3
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, TypeVar

import pytest

from spocd.config import load
from spocd.daemon.ending import Ending
from spocd.daemon.node import Node, new_run
from spocd.daemon.settings import read_identity, settings_of
from spocd.errors import Misconfigured, Refused, TryLater
from spocd.gateway.reading.pool import Pool
from spocd.gateway.writing import Writer
from spocd.store import Operation, Rollback, Store, Transaction, open_store
from tests.running import ADDRESS, SPOCD, RunningDesk, written

T = TypeVar("T")
SECRET = "hunter2 in /srv/desk/desk.db"
PATIENCE = 60  # seconds that anything here may take on a machine with other work
STOPPED = object()  # stands for the result of an accepting that a fault has stopped

KINDS: list[Callable[[], BaseException]] = [
    lambda: sqlite3.OperationalError(f"database is locked: {SECRET}"),
    lambda: sqlite3.OperationalError(f"disk I/O error: {SECRET}"),
    lambda: sqlite3.DatabaseError(f"database disk image is malformed: {SECRET}"),
    lambda: sqlite3.IntegrityError(f"UNIQUE constraint failed: {SECRET}"),
    lambda: sqlite3.ProgrammingError(SECRET),
    lambda: sqlite3.InterfaceError(SECRET),
    lambda: TryLater(SECRET),
    lambda: Refused("closed", SECRET),
    lambda: Misconfigured([SECRET]),
    lambda: OSError(28, "No space left on device", SECRET),
    lambda: ConnectionResetError(104, SECRET),
    lambda: TimeoutError(SECRET),
    lambda: ValueError(SECRET),
    lambda: KeyError(SECRET),
    lambda: RecursionError(SECRET),
    lambda: MemoryError(SECRET),
    lambda: UnicodeEncodeError("utf-8", SECRET, 0, 1, "surrogates not allowed"),
    lambda: asyncio.CancelledError(SECRET),
    lambda: SystemExit(SECRET),
    lambda: KeyboardInterrupt(SECRET),
]


class FaultyTransaction:
    """A transaction in which no mail can be written: `error` is raised there."""

    def __init__(self, real: Transaction, error: BaseException) -> None:
        self._real = real
        self._error = error

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    async def run(self, statement: str, **parameters: Any) -> int:
        if statement == "accept_mail":
            raise self._error
        return await self._real.run(statement, **parameters)


class FaultyStore:
    """The real store, in which accepting a mail fails while `error` is set, and nothing else ever does.

    What accepts a mail is told by the statement that it runs: a heartbeat that happens to beat meanwhile, or a lease,
    must not meet the error, since nobody sends those again. `inside` has the error raised in the transaction, else by
    the store itself.
    """

    def __init__(self, real: Store) -> None:
        self._real = real
        self.error: BaseException | None = None
        self.inside = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    async def write(self, operation: Operation[T]) -> T:
        return await self._through(self._real.write, operation)

    async def write_beside(self, operation: Operation[T]) -> T:
        return await self._through(self._real.write_beside, operation)

    async def _through(self, write: Callable[[Operation[Any]], Awaitable[Any]], operation: Operation[Any]) -> Any:
        error = self.error
        if error is None:
            return await write(operation)
        stop = error if self.inside else Rollback(STOPPED)
        done = await write(lambda tx: operation(FaultyTransaction(tx, stop)))  # type: ignore[arg-type]
        if done is STOPPED:
            raise error
        return done


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> RunningDesk:
    return RunningDesk.made(tmp_path_factory.mktemp("faults") / "desk")


@contextlib.asynccontextmanager
async def ending_in_time() -> AsyncIterator[AsyncExitStack]:
    """A stack whose end may take a minute, and no longer."""
    stack = AsyncExitStack()
    try:
        yield stack
    finally:
        async with asyncio.timeout(PATIENCE):
            await stack.aclose()


@contextlib.asynccontextmanager
async def node_on(config_path: Path) -> AsyncIterator[tuple[Node, FaultyStore]]:
    """A node in this process, on its real sockets, whose store can be made to fail."""
    config = load(config_path)
    async with ending_in_time() as stack:
        store = FaultyStore(await open_store(config))
        stack.push_async_callback(store.close)
        writer = Writer()
        settings = settings_of(config, await read_identity(store), new_run(), writer.template_version)
        node = Node(config, store, settings, writer, time.time, Pool())
        await node.start(stack, {}, Ending(os._exit))
        yield node, store


def by_smtp(desk: RunningDesk, raw: bytes) -> str:
    with smtplib.SMTP(*desk.smtp, timeout=PATIENCE) as client:
        client.ehlo()
        client.mail("ann@client.example")
        client.rcpt(ADDRESS)
        code, text = client.data(raw)
        return f"{code} {text.decode()}"


def by_lmtp(desk: RunningDesk, raw: bytes) -> str:
    """Deliver to two recipients; their answers, which must be alike."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(PATIENCE)
        connection.connect(str(desk.folder / "run" / "lmtp"))
        replies = connection.makefile("rb")
        replies.readline()
        said = [
            "LHLO mx",
            "MAIL FROM:<ann@client.example>",
            f"RCPT TO:<{ADDRESS}>",
            "RCPT TO:<desk+x@example.org>",
            "DATA",
        ]
        for line in said:
            connection.sendall(f"{line}\r\n".encode())
            while replies.readline()[3:4] == b"-":
                pass
        connection.sendall(raw.replace(b"\n", b"\r\n") + b"\r\n.\r\n")
        first, second = replies.readline().decode(), replies.readline().decode()
        replies.close()
    assert first[:3] == second[:3]
    return first + second


async def by_pipe(desk: RunningDesk, raw: bytes) -> tuple[int | None, str]:
    child = await asyncio.create_subprocess_exec(
        SPOCD, "pipe", "--config", str(desk.config), "--sender", "ann@client.example",
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        async with asyncio.timeout(PATIENCE):
            out, err = await child.communicate(raw)
    finally:
        if child.returncode is None:
            child.kill()
    return child.returncode, (out + err).decode()


async def inbox_rows(store: FaultyStore) -> int:
    rows = await store.read(lambda tx: tx.listing("inbox", {}, sort="newest", limit=1000, after=None))
    return len(rows)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: f"{type(kind()).__name__} {KINDS.index(kind)}")
@pytest.mark.parametrize("inside", [False, True], ids=["by the store", "inside the transaction"])
async def test_a_fault_of_the_store_is_temporary_and_says_nothing(
    made: RunningDesk, kind: Callable[[], BaseException], inside: bool
) -> None:
    raw = written(f"Words for {kind()!r}, {inside}.").as_bytes()
    async with node_on(made.config) as (_, store):
        before = await inbox_rows(store)
        store.error, store.inside = kind(), inside
        smtp = await asyncio.to_thread(by_smtp, made, raw)
        lmtp = await asyncio.to_thread(by_lmtp, made, raw)
        code, said = await by_pipe(made, raw)
        store.error = None
        assert (smtp[:3], lmtp[:3], code) == ("451", "451", 75)
        for text in (smtp, lmtp, said):
            assert "hunter2" not in text
            assert "desk.db" not in text
            assert type(kind()).__name__ not in text
        assert await inbox_rows(store) == before, "a mail was kept that its sender still has"
        assert (await asyncio.to_thread(by_smtp, made, raw))[:3] == "250", "the fault outlived its cause"
        assert await inbox_rows(store) == before + 1
