"""Letters put into a Maildir, until a relay is set. Each is there whole or not at all, and only once."""

from __future__ import annotations

import asyncio
import os
import re
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from spocd.domain.address import parse
from spocd.domain.delivery import Deferred, Outcome, Rejected, Sent
from spocd.errors import Refused

_CLOCK_STEP = 1_000_000_000  # nanoseconds, of the coarsest file systems
_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,120}")


class Maildir:
    """The Maildir `folder`, made at the first letter."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._looked = (0, frozenset[str]())  # when `cur` had last changed, and the letters in it then

    async def send(
        self,
        letter_bytes: bytes,
        *,
        name: str,
        sender: str,
        recipient: str,
        before_dot: Callable[[], Awaitable[None]],
    ) -> Outcome:
        """Put one letter into the folder. `name` is its file's name: the same letter a second time is no second copy.

        `before_dot` is awaited when the letter stands on the disk and is not yet to be seen.
        """
        if not _NAME.fullmatch(name):
            raise ValueError(f"{name!a} cannot be the name of a file")
        try:
            envelope = _envelope(sender, recipient)
        except Refused as refused:
            return Rejected(f"5.1.3 {refused.sentence}")
        try:
            await asyncio.to_thread(self._write, name, envelope + letter_bytes.replace(b"\r\n", b"\n"))
        except OSError as error:
            return _deferred(error)
        try:
            await before_dot()
        except BaseException:
            (self.folder / "tmp" / name).unlink(missing_ok=True)
            raise
        try:
            await asyncio.to_thread(self._show, name)
        except OSError as error:
            return _deferred(error)
        return Sent(f"2.0.0 Written to {self.folder}")

    async def close(self) -> None:
        """Nothing is held open between two letters."""

    def _write(self, name: str, content: bytes) -> None:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for each in ("tmp", "new", "cur"):
            (self.folder / each).mkdir(mode=0o700, exist_ok=True)
        # Truncated, not refused, where it exists: it is what a try left that was cut off.
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
        with os.fdopen(os.open(self.folder / "tmp" / name, flags, 0o600), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())

    def _show(self, name: str) -> None:
        """Move the letter to `new`, unless a mail program has already moved an earlier copy on to `cur`."""
        written = self.folder / "tmp" / name
        if name in self._in_cur():
            written.unlink()
            return
        written.replace(self.folder / "new" / name)
        directory = os.open(self.folder / "new", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)

    def _in_cur(self) -> frozenset[str]:
        """The letters in `cur`, by the names that they came with; read anew when something there has changed."""
        cur = self.folder / "cur"
        changed = cur.stat().st_mtime_ns
        if changed != self._looked[0]:
            with os.scandir(cur) as entries:
                names = frozenset(entry.name.partition(":")[0] for entry in entries)
            # A change within the clock's step after this look would bear the same time.
            settled = time.time_ns() - changed > _CLOCK_STEP
            self._looked = (changed if settled else 0, names)
            return names
        return self._looked[1]


def _envelope(sender: str, recipient: str) -> bytes:
    """The envelope as headers, as whoever delivers a mail for good notes it (RFC 5321 section 4.4)."""
    return_path = str(parse(sender)) if sender else ""
    return f"Return-Path: <{return_path}>\nDelivered-To: {parse(recipient)}\n".encode()


def _deferred(error: OSError) -> Deferred:
    return Deferred(f"4.3.0 Cannot write {error.filename or 'the letter'}: {error.strerror}")
