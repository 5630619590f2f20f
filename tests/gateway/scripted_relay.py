"""A relay that answers as it is told, verb by verb, and remembers what it was sent."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

DROP = b"(drop the connection)"
RESET = b"(reset the connection)"
HANG = b"(say nothing more)"
SILENT = b"(say nothing now)"
ENDLESS = b"(repeat what follows for ever) "
DRIP = b"(an octet of what follows at a time) "

ORDINARY: Mapping[str, bytes] = {
    "CONNECT": b"220 relay.example ESMTP",
    "EHLO": b"250-relay.example\r\n250-SIZE 50000000\r\n250-8BITMIME\r\n250 SMTPUTF8",
    "MAIL": b"250 2.1.0 ok",
    "RCPT": b"250 2.1.5 ok",
    "DATA": b"354 go on",
    ".": b"250 2.0.0 queued as 1",
    "RSET": b"250 2.0.0 ok",
    "QUIT": b"221 2.0.0 bye",
    "AUTH": b"235 2.7.0 ok",
}


@dataclass
class ScriptedRelay:
    """`replies` replace the ordinary ones: one reply, or several that are given in turn, the last one from then on.

    BODY is what happens in the middle of a letter; without it nothing does.
    """

    replies: Mapping[str, bytes | list[bytes]] = field(default_factory=dict)
    commands: list[bytes] = field(default_factory=list)
    letters: list[bytes] = field(default_factory=list)
    unfinished: bytes = b""  # of a letter, before its dot
    connections: int = 0
    at_once: int = 0  # connections open now
    most_at_once: int = 0
    written: int = 0
    port: int = 0
    _given: dict[str, int] = field(default_factory=dict)
    _sessions: set[asyncio.Task[None]] = field(default_factory=set)

    async def __aenter__(self) -> ScriptedRelay:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        self._server.close()
        for session in self._sessions:
            session.cancel()
        await asyncio.gather(*self._sessions, return_exceptions=True)

    async def script(self, replies: Mapping[str, bytes | list[bytes]]) -> None:
        """Answer so from now on, to those who connect anew; whoever is connected is cut off."""
        self.replies = replies
        self._given.clear()
        for session in self._sessions:
            session.cancel()

    def has_given(self, verb: str) -> bool:
        """Whether the first of several replies to a verb was given."""
        return verb in self._given

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._sessions.add(task)
        self.connections += 1
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            await self._talk(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            self.at_once -= 1
            writer.close()
            self._sessions.discard(task)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        verb = "CONNECT"
        while True:
            reply = self._reply(verb)
            await self._answer(reply, reader, writer)
            if verb == "QUIT":
                return
            if verb == "DATA" and reply.removeprefix(DRIP).startswith(b"354"):
                await self._body(reader, writer)
                verb = "."
                continue
            line = await reader.readuntil(b"\r\n")
            self.commands.append(line[:-2])
            verb = line[:4].decode("ascii", "replace").upper()

    async def _body(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        text = self.unfinished = b""  # a letter's own: others may come over other connections meanwhile
        if "BODY" in self.replies:
            text = self.unfinished = await reader.read(1)
            await self._answer(self._reply("BODY"), reader, writer)
        while not text.endswith(b"\r\n.\r\n"):
            piece = await reader.read(1 << 16)
            if not piece:
                raise ConnectionError
            text += piece
            self.unfinished = text
        self.letters.append(text[:-3])
        self.commands.append(b".")

    def _reply(self, verb: str) -> bytes:
        replies = self.replies.get(verb, ORDINARY.get(verb, b"500 5.5.2 what"))
        if isinstance(replies, bytes):
            return replies
        turn = self._given[verb] = self._given.get(verb, -1) + 1
        return replies[min(turn, len(replies) - 1)]

    async def _answer(self, reply: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if reply in (DROP, RESET):
            if reply == RESET:
                writer.transport.abort()
            raise ConnectionError
        if reply == SILENT:
            return
        if reply == HANG:
            await asyncio.sleep(3600)
        if reply.startswith(ENDLESS):
            while True:
                writer.write(reply[len(ENDLESS) :])
                self.written += len(reply)
                await writer.drain()
        if reply.startswith(DRIP):
            for octet in reply[len(DRIP) :] + b"\r\n":
                writer.write(bytes([octet]))
                await asyncio.sleep(0.02)
            return
        writer.write(reply + b"\r\n")
        await writer.drain()


@contextmanager
def in_its_thread(relay: ScriptedRelay) -> Iterator[Callable[[Mapping[str, bytes | list[bytes]]], None]]:
    """The relay on a thread of its own, for tests that wait for a daemon; what is yielded changes its script."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    def in_loop(what: Coroutine[Any, Any, object]) -> None:
        asyncio.run_coroutine_threadsafe(what, loop).result(30)

    in_loop(relay.__aenter__())
    try:
        yield lambda replies: in_loop(relay.script(replies))
    finally:
        in_loop(relay.__aexit__())
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
