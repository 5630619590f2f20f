"""What a client sends, by the line while it gives commands and by the block while it gives a mail."""

from __future__ import annotations

import asyncio

MOST_COMMAND = 4096  # octets of one command line
_BLOCK = 1 << 18


class Incoming:
    """The octets of one connection that nobody has looked at yet."""

    def __init__(self, reader: asyncio.StreamReader) -> None:
        self._reader = reader
        self._held = b""
        self._at = 0

    async def line(self) -> bytes | None:
        """The next command line without its end; None where it was too long. EOFError once the client has gone.

        A line that is too long is thrown away as it comes, so it costs its sender more than us.
        """
        dropping = False
        while True:
            end = self._held.find(b"\n", self._at)
            if end >= 0:
                line = self._held[self._at : end]
                self._at = end + 1
                return None if dropping or len(line) > MOST_COMMAND else line.rstrip(b"\r")
            dropping = dropping or len(self._held) - self._at > MOST_COMMAND
            begun = b"" if dropping else self._held[self._at :]
            self._held, self._at = begun + await self._more(), 0

    async def block(self) -> bytes:
        """Whatever comes next, at least one octet. EOFError once the client has gone."""
        held, self._held, self._at = self._held[self._at :], b"", 0
        return held or await self._more()

    def give_back(self, rest: bytes) -> None:
        """Put back what came behind a mail in its last block."""
        self._held, self._at = rest, 0

    async def _more(self) -> bytes:
        block = await self._reader.read(_BLOCK)
        if not block:
            raise EOFError
        return block
