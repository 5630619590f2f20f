"""What the tests of the listeners share: desks that only remember, a client that only talks, a door to both."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any, BinaryIO

from spocd.config import Config, DeskSection, LimitsSection, ListenSection
from spocd.domain.intake import Envelope
from spocd.errors import Refused, TryLater
from spocd.gateway.server import Listeners, listen

KNOWN = {"desk", "it", "hr", "postmaster"}
SECRET = "secret text of /srv/desk/desk.db"
MAIL = b"From: ann@example.com\r\nSubject: Printer\r\n\r\nIt is on fire.\r\n"


class Desk:
    """A desk that keeps what comes in memory."""

    def __init__(self) -> None:
        self.mails: list[tuple[Envelope, bytes]] = []

    def refusal(self, recipient: str) -> str | None:
        local, at, domain = recipient.partition("@")
        if at and domain.lower() != "example.org":
            return "550 5.7.1 Mail is not passed on from here"
        if local.partition("+")[0].lower() not in KNOWN:
            return "550 5.1.1 Nobody has this address"
        return None

    async def accept(self, envelope: Envelope, raw: BinaryIO) -> None:
        self.mails.append((envelope, raw.read()))


class FailingDesk(Desk):
    """A desk whose store raises."""

    def __init__(self, error: BaseException) -> None:
        super().__init__()
        self._error = error

    async def accept(self, envelope: Envelope, raw: BinaryIO) -> None:
        raise self._error


class SlowDesk(Desk):
    """A desk that stores a mail once it is allowed to."""

    def __init__(self) -> None:
        super().__init__()
        self.begun = asyncio.Event()
        self.allowed = asyncio.Event()

    async def accept(self, envelope: Envelope, raw: BinaryIO) -> None:
        self.begun.set()
        await self.allowed.wait()
        await super().accept(envelope, raw)


TWENTY_KINDS: list[Callable[[], BaseException]] = [
    lambda: TryLater(SECRET),
    lambda: Refused("closed", SECRET),
    lambda: Exception(SECRET),
    lambda: OSError(28, SECRET),
    lambda: ConnectionResetError(SECRET),
    lambda: BrokenPipeError(SECRET),
    lambda: TimeoutError(SECRET),
    lambda: EOFError(SECRET),
    lambda: ValueError(SECRET),
    lambda: KeyError(SECRET),
    lambda: IndexError(SECRET),
    lambda: TypeError(SECRET),
    lambda: AssertionError(SECRET),
    lambda: RuntimeError(SECRET),
    lambda: RecursionError(SECRET),
    lambda: MemoryError(SECRET),
    lambda: UnicodeDecodeError("utf-8", b"\xff", 0, 1, SECRET),
    lambda: asyncio.CancelledError(SECRET),
    lambda: SystemExit(SECRET),
    lambda: KeyboardInterrupt(SECRET),
]


def config(folder: Path, **limits: int) -> Config:
    return Config(
        path=folder / "spocd.toml",
        desk=DeskSection(address="desk@example.org"),
        listen=ListenSection(smtp=("127.0.0.1:0",), lmtp="lmtp"),
        limits=LimitsSection(**limits),
    )


@contextlib.asynccontextmanager
async def serving(node: Config, desk: Desk, **given: Any) -> AsyncIterator[Listeners]:
    listeners = await listen(node, desk, **given)
    try:
        yield listeners
    finally:
        await listeners.close(grace=1)


class Client:
    """A mail client that says what it is told and waits no longer than ten seconds for an answer."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def reply(self) -> str:
        """The next reply, all its lines; empty when the server has closed the connection."""
        lines = []
        while True:
            line = (await asyncio.wait_for(self.reader.readline(), 10)).decode()
            lines.append(line.rstrip("\r\n"))
            if line[3:4] != "-":
                return "\n".join(lines)

    async def say(self, line: str | bytes) -> str:
        self.writer.write((line if isinstance(line, bytes) else line.encode()) + b"\r\n")
        return await self.reply()

    async def begin(self, *recipients: str, greeting: str = "EHLO client") -> str:
        """Go as far as the reply to DATA."""
        await self.say(greeting)
        assert (await self.say("MAIL FROM:<ann@example.com>"))[:3] == "250"
        for each in recipients or ("desk@example.org",):
            await self.say(f"RCPT TO:<{each}>")
        return await self.say("DATA")

    async def send(self, raw: bytes = MAIL) -> str:
        self.writer.write(raw + b".\r\n")
        return await self.reply()

    async def is_closed(self) -> bool:
        try:
            return await asyncio.wait_for(self.reader.read(1), 10) == b""
        except ConnectionResetError:
            return True


@contextlib.asynccontextmanager
async def client(listeners: Listeners, kind: str = "smtp") -> AsyncIterator[Client]:
    """A client that has read the greeting."""
    where = listeners.addresses[kind][0]
    if kind == "smtp":
        host, _, port = where.rpartition(":")
        reader, writer = await asyncio.open_connection(host, int(port))
    else:
        reader, writer = await asyncio.open_unix_connection(where)
    try:
        one = Client(reader, writer)
        assert (await one.reply())[:3] == "220"
        yield one
    finally:
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()
