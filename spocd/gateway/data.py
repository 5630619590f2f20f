"""A mail as it comes over the wire: where it ends, how large it is, how often it has been round."""

from __future__ import annotations

import asyncio
import contextlib
import io
import re
import tempfile
from pathlib import Path
from typing import IO, BinaryIO, cast

from spocd.domain.intake import MOST_HEADERS

HELD = 64 * 1024  # octets of one mail that wait in memory; a thousand clients may be sending one
_END = b"\r\n.\r\n"
_LINE_START = b"\r\n"
_RECEIVED = re.compile(rb"^received[ \t]*:", re.IGNORECASE | re.MULTILINE)
_HEADER_END = re.compile(rb"\r?\n\r?\n")


class Arrival:
    """One mail that is arriving: fed with blocks as they come, it keeps no more than `limit` octets.

    Only CRLF.CRLF ends it (RFC 5321 section 4.1.1.4): every other thing that looks like an end is text, so that two
    servers never disagree about where one mail stops and the next begins. Dots are unstuffed block by block, which
    keeps the event loop free however large the mail is. Past the limit the octets are counted and thrown away.

    A large one is kept in a file in `folder` that has no name, and is gone once it is closed. Where that cannot be
    written, the rest is thrown away, too.
    """

    def __init__(self, limit: int, folder: Path) -> None:
        self._limit = limit
        self._folder = folder
        self._held = bytearray()
        self._file: IO[bytes] | None = None
        self._unkept: OSError | None = None
        self._size = -len(_LINE_START)
        # The mail starts on a fresh line: with this in front, a dot as its very first octet needs no rule of its own.
        self._tail = _LINE_START

    def feed(self, block: bytes) -> bytes | None:
        """Take a block. None while the mail goes on; what came behind it once it has ended."""
        text = self._tail + block
        end = text.find(_END)
        if end >= 0:
            self._tail = b""
            self._keep(text[: end + len(_LINE_START)])
            return text[end + len(_END) :]
        held = _begun_end(text)
        self._tail = text[len(text) - held :]
        self._keep(text[: len(text) - held])
        return None

    def _keep(self, text: bytes) -> None:
        keeps = not self.too_large and self._unkept is None
        if keeps:
            text = text.replace(b"\r\n.", b"\r\n")
            # What was put in front of the first line never comes in two.
            self._held += text[len(_LINE_START) :] if self._size < 0 else text
        self._size += len(text)
        if keeps and self.too_large:
            self.close()

    @property
    def size(self) -> int:
        """The octets of the mail so far, dots unstuffed."""
        return max(self._size, 0)

    @property
    def too_large(self) -> bool:
        return self._size > self._limit

    async def settle(self, most: int = HELD) -> None:
        """Write what is held to the file if it is more than `most` octets; in a thread, for disks can be slow."""
        if len(self._held) <= most:
            return
        held, self._held = self._held, bytearray()
        try:
            # Opened here, so that `close` closes it, whatever the thread is doing then.
            self._file = self._file or tempfile.TemporaryFile(dir=self._folder)  # noqa: SIM115
            await asyncio.to_thread(_write, self._file, held)
        except OSError as error:
            self._unkept = error
            self.close()

    async def mail(self) -> BinaryIO:
        """The mail from its beginning, byte by byte as it was written; whoever asks for it closes it.

        OSError where there was no room for it.
        """
        if self._file is not None:
            await self.settle(0)
        if self._unkept is not None:
            raise self._unkept
        file, self._file = self._file, None
        if file is None:
            return io.BytesIO(self._held)
        file.seek(0)
        return cast("BinaryIO", file)

    def close(self) -> None:
        """Forget what came."""
        self._held = bytearray()
        file, self._file = self._file, None
        if file is not None:
            with contextlib.suppress(OSError):  # what could not be written is tried once more
                file.close()


def _write(file: IO[bytes], text: bytearray) -> None:
    file.write(text)
    file.flush()


def _begun_end(text: bytes) -> int:
    """How many octets at the end of `text` may be the beginning of the mail's end."""
    for held in range(len(_END) - 1, 0, -1):
        if text.endswith(_END[:held]):
            return held
    return 0


def times_received(mail: BinaryIO) -> int:
    """How many mail servers say that they have passed this mail on."""
    head = mail.read(MOST_HEADERS)
    mail.seek(0)
    end = _HEADER_END.search(head)
    return len(_RECEIVED.findall(head, 0, end.start() if end else len(head)))
