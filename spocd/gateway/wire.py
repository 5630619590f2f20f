"""The line to the relay: commands out, replies in, and nothing believed that was not asked for.

Replies are bounded, one too many ends the connection before it can pass for the answer to a later command, and it is
known when all that was written has left.
"""

from __future__ import annotations

import asyncio
import re
import ssl
import sys
from collections import deque
from dataclasses import dataclass
from typing import Final

MOST_REPLY_LINES: Final = 100
LONGEST_REPLY_LINE: Final = 2048  # octets
_LARGEST_REPLY: Final = MOST_REPLY_LINES * 256  # octets
_SHOWN_REPLY: Final = 300  # characters of a reply that are kept

_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")
_LINE = re.compile(rb"([0-9]{3})(?:([- ])(.*))?", re.DOTALL)
_ENDS_A_COMMAND = re.compile(rb"[\r\n\x00]")


class Broken(Exception):
    """The session is of no more use. `reply` is what the relay said, or what went wrong in our words."""

    def __init__(self, reply: str) -> None:
        super().__init__(reply)
        self.reply = reply


@dataclass(frozen=True, slots=True)
class Reply:
    """One reply of the relay; `text` keeps its lines."""

    code: int
    text: str

    def __str__(self) -> str:
        return flattened(f"{self.code} {self.text}")


class Wire(asyncio.Protocol):
    """One connection. Each command that is said makes one reply due; any other is nonsense and ends it."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self.transport: asyncio.Transport | None = None
        self._left = asyncio.Event()
        self._left.set()
        self._heard = bytearray()  # what is not a whole line yet
        self._lines: list[bytes] = []  # of a reply that is not whole yet
        self._replies: deque[Reply] = deque()
        self._due = 1  # the greeting comes unasked
        self._waiter: asyncio.Future[None] | None = None
        self._nonsense = ""

    @property
    def is_connected(self) -> bool:
        return self.transport is not None and not self.transport.is_closing()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        self.transport = None
        self._left.set()
        self._wake()

    def pause_writing(self) -> None:
        self._left.clear()

    def resume_writing(self) -> None:
        self._left.set()

    def data_received(self, data: bytes) -> None:
        if self._nonsense:
            return
        self._heard += data
        self._nonsense = self._understand()
        if self._nonsense:
            # Whatever follows could be taken for the answer to a later command.
            self.drop()
        self._wake()

    def _understand(self) -> str:
        """Make replies of what was heard; what is wrong with it, or "" while that can still be what is due."""
        if not self._due:
            return f"it spoke without being asked: {flattened(self._heard.decode(errors='replace'))}"
        *lines, self._heard = self._heard.split(b"\n")
        for line in lines:
            if not self._due:
                return "it gave more replies than it was asked for"
            if fault := self._add(bytes(line).rstrip(b"\r")):
                return fault
        if self._heard and not self._due:
            return "it gave more replies than it was asked for"
        return "its reply is too long" if len(self._heard) > LONGEST_REPLY_LINE else ""

    def _add(self, line: bytes) -> str:
        """Add a line to the reply that it belongs to; what is wrong with it, or ""."""
        if len(line) > LONGEST_REPLY_LINE:
            return "its reply is too long"
        found = _LINE.fullmatch(line)
        if found is None:
            return f"it said {flattened(line.decode(errors='replace'))!r}"
        self._lines.append((found[3] or b"").strip())
        if len(self._lines) > MOST_REPLY_LINES or sum(map(len, self._lines)) > _LARGEST_REPLY:
            return "its reply is too long"
        if found[2] != b"-":
            text = b"\n".join(self._lines).decode(errors="surrogateescape")
            self._replies.append(Reply(int(found[1]), text))
            self._lines = []
            self._due -= 1
        return ""

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def say(self, *commands: bytes) -> None:
        """Send commands; the replies to them are due, in this order. Broken where nothing can be sent any more."""
        if any(map(_ENDS_A_COMMAND.search, commands)):
            raise ValueError("a command must not end before its end")
        self._due += len(commands)
        self._write(b"".join(command + b"\r\n" for command in commands))
        if commands == (b".",):
            sys.audit("spocd.dot_sent")

    async def reply(self, *, within: float, last: bool = False) -> Reply:
        """Wait for the next reply that is due; Broken when none comes.

        One that more came with is in doubt, and Broken too; but the `last` one of a letter is an answer all the same.
        """
        deadline = self._loop.time() + within
        while not self._replies or (self._nonsense and not last):
            self.check()
            self._waiter = self._loop.create_future()
            timer = self._loop.call_at(deadline, self._wake)
            try:
                await self._waiter
            finally:
                timer.cancel()
            if not self._replies and self._loop.time() >= deadline:
                raise Broken(f"4.4.2 The relay did not answer within {within:g} seconds.")
        reply = self._replies.popleft()
        if not 200 <= reply.code < 600:
            raise Broken(f"4.5.0 The relay's reply is not SMTP: {reply}")
        return reply

    async def ask(self, command: bytes, *, within: float) -> Reply:
        """Send a command, and wait for the reply to it."""
        self.say(command)
        return await self.reply(within=within)

    async def put(self, octets: bytes, *, within: float) -> None:
        """Send octets and return once they have left; Broken when they cannot, or the relay interrupts."""
        self._write(octets)
        if not self._left.is_set():
            try:
                async with asyncio.timeout(within):
                    await self._left.wait()
            except TimeoutError as error:
                raise Broken(f"4.4.2 The relay took no more of the letter for {within:g} seconds.") from error
        self.check()

    def _write(self, octets: bytes) -> None:
        self.check()
        assert self.transport is not None
        self.transport.write(octets)

    async def start_tls(self, context: ssl.SSLContext, host: str, *, within: float) -> None:
        """Speak TLS from here on; OSError where that does not work, Broken where the relay did not wait for it."""
        self.check()
        assert self.transport is not None
        transport = await self._loop.start_tls(
            self.transport, self, context, server_hostname=host, ssl_handshake_timeout=within
        )
        if transport is None:
            raise ConnectionAbortedError("the connection was lost")
        self.transport = transport

    def check(self) -> None:
        """Raise Broken where the relay has gone or spoken out of turn."""
        if self._nonsense:
            raise Broken(f"4.5.0 The relay's reply is not SMTP: {self._nonsense}.")
        if not self.is_connected:
            raise Broken("4.4.2 The relay closed the connection.")

    def hold_nothing_back(self) -> None:
        """Make `put` wait until the operating system has it all: a letter stuck here has not left."""
        if self.transport is not None:
            # Not 0: asyncio's TLS transport compares with >=, and would wait for an empty buffer to become empty.
            self.transport.set_write_buffer_limits(high=1)

    def drop(self) -> None:
        if self.transport is not None:
            self.transport.abort()


def flattened(text: str) -> str:
    """What a relay or a library said, as one short line without control characters."""
    return _CONTROLS.sub(" ", text)[:_SHOWN_REPLY].strip()
