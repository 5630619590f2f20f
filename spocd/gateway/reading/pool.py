"""Reading in child processes: no mail can harm the daemon, hold it up, or take another mail with it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from asyncio.subprocess import Process
from collections.abc import Sequence
from dataclasses import dataclass

from spocd.domain.reading import Reading
from spocd.errors import SpocdError, TryLater
from spocd.gateway.reading import frame
from spocd.gateway.reading.child import OUT_OF_MEMORY
from spocd.gateway.reading.unreadable import unreadable

__all__ = ["Limits", "Pool", "Unreadable", "unreadable"]

_COMMAND = (sys.executable, "-I", "-m", "spocd.gateway.reading.child")
_BUFFER = 1024 * 1024  # octets of a reply that wait in the daemon at most before it takes them
_GRACE = 2.0  # seconds in which an idle child ends by itself


class Unreadable(SpocdError):
    """A mail that a child did not survive, or did not finish in time; `reason` goes on from “could not read it: ”."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"The mail could not be read: {reason}.")
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Limits:
    """What one mail may cost, and how many a child reads before a new one takes its place."""

    memory: int = 512 * 1024 * 1024  # octets of address space
    cpu: int = 10  # seconds
    wall: float = 20.0  # seconds
    mails: int = 1000


class Pool:
    """A few long-lived reading children. Use it as: start, read as often as wanted, close."""

    def __init__(self, *, children: int = 2, limits: Limits | None = None, command: Sequence[str] = _COMMAND) -> None:
        limits = limits or Limits()
        self._children = [_Child(limits, command) for _ in range(children)]
        self._idle: asyncio.LifoQueue[_Child] = asyncio.LifoQueue()
        for child in self._children:
            self._idle.put_nowait(child)
        self._closed = False

    async def start(self) -> None:
        """Start the children. TryLater where that does not work."""
        started = await asyncio.gather(*(child.start() for child in self._children), return_exceptions=True)
        for each in started:
            if isinstance(each, BaseException):
                await self.close()
                raise each

    async def read(self, raw: bytes) -> Reading:
        """The reading of a mail. Unreadable: the mail is to blame; TryLater: no child could be started."""
        return (await self.read_together([raw]))[0]

    async def read_together(self, mails: Sequence[bytes]) -> list[Reading]:
        """The readings of some small mails, by one child in one go, as most of the time goes into asking it.

        Unreadable: one of them is to blame, and nobody knows which.
        """
        child = await self._idle.get()
        try:
            if self._closed:
                raise TryLater("The mail reader is stopping.")
            return await child.read(mails)
        except Unreadable:
            if self._closed:
                raise TryLater("The mail reader is stopping.") from None
            raise
        finally:
            self._idle.put_nowait(child)

    async def close(self) -> None:
        """End the children and wait until they are gone; who waits for a mail to be read gets TryLater."""
        self._closed = True
        for child in self._children:
            child.interrupt()
        for _ in self._children:
            await (await self._idle.get()).stop()
        for child in self._children:
            self._idle.put_nowait(child)  # who still waits for one is told that the pool is closed


class _Child:
    """One place in the pool: a process when it has one, with how many mails that one has read."""

    def __init__(self, limits: Limits, command: Sequence[str]) -> None:
        self._limits = limits
        self._command = command
        self._process: Process | None = None
        self._mails = 0
        self._busy = False

    async def start(self) -> Process:
        """The process, a new one where there is none that lives."""
        if self._process and self._process.returncode is None and self._mails < self._limits.mails:
            return self._process
        await self.stop()
        limits = (str(self._limits.memory), str(self._limits.cpu), str(os.getpid()))
        try:
            self._process = await asyncio.create_subprocess_exec(
                *self._command,
                *limits,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                env={"LC_ALL": "C.UTF-8"},
                start_new_session=True,  # a terminal's Ctrl-C is for the daemon, which finishes what it has in hand
                limit=_BUFFER,
            )
            async with asyncio.timeout(self._limits.wall):
                await _exactly(self._process, len(frame.READY))
        except (OSError, EOFError, TimeoutError) as fault:
            await self.stop(at_once=True)
            raise TryLater("The mail reader could not be started.") from fault
        except asyncio.CancelledError:
            await self.stop(at_once=True)
            raise
        self._mails = 0
        return self._process

    async def read(self, mails: Sequence[bytes]) -> list[Reading]:
        """Have the process read mails; whatever does not end well ends the process."""
        self._busy = True
        finished = False
        try:
            process = await self.start()
            self._mails += len(mails)
            async with asyncio.timeout(self._limits.wall):
                readings = await _ask(process, mails)
            finished = True
        except TimeoutError:
            raise Unreadable(f"it took longer than {self._limits.wall:g} seconds") from None
        except (OSError, EOFError):
            raise Unreadable(await self._death(process)) from None
        except (ValueError, KeyError, TypeError) as fault:
            raise Unreadable("the answer about it made no sense") from fault
        finally:
            self._busy = False
            if not finished:
                await self.stop(at_once=True)
        return readings

    async def _death(self, process: Process) -> str:
        """Why a process ended that was reading a mail."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_GRACE):
                await process.wait()
        if process.returncode == OUT_OF_MEMORY:
            return f"it needed more than {self._limits.memory // (1024 * 1024)} MiB of memory"
        if process.returncode == -signal.SIGPROF:
            return f"it needed more than {self._limits.cpu} seconds of computing"
        return "the program that read it ended in the middle"

    def interrupt(self) -> None:
        """Kill the process if it is reading a mail."""
        if self._busy and self._process:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()

    async def stop(self, *, at_once: bool = False) -> None:
        """End the process, if there is one, and wait until it is gone and its pipes are closed."""
        process, self._process = self._process, None
        if process is None:
            return
        ended = asyncio.ensure_future(_end(process, at_once=at_once))
        try:
            await asyncio.shield(ended)
        except asyncio.CancelledError:
            await ended  # who cancels us must not leave a process behind
            raise


async def _ask(process: Process, mails: Sequence[bytes]) -> list[Reading]:
    assert process.stdin is not None
    pieces = frame.ask(mails)
    for piece in pieces if len(mails) == 1 else [b"".join(pieces)]:
        for start in range(0, len(piece), _BUFFER):
            process.stdin.write(piece[start : start + _BUFFER])
            await process.stdin.drain()
    head, contents = frame.REPLY.unpack(await _exactly(process, frame.REPLY.size))
    octets = sum(map(len, mails))
    # A text stands there three times, a control character as six octets in each; the attachments are at most the
    # decoded mail and the mail itself.
    if head > 24 * octets + _BUFFER or contents > 3 * octets + _BUFFER:
        raise ValueError("a reply is larger than any mail of this size makes it")
    readings = frame.unpack(await _exactly(process, head), await _exactly(process, contents))
    if len(readings) != len(mails):
        raise ValueError("a reply is about other mails")
    return readings


async def _exactly(process: Process, octets: int) -> bytes:
    assert process.stdout is not None
    return await process.stdout.readexactly(octets)


async def _end(process: Process, *, at_once: bool) -> None:
    """Close its input, which ends an idle child; kill one that does not end. Its pipes are closed then, too."""
    if not at_once:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_GRACE):
                await process.communicate(b"")
                return
    assert process.stdin is not None
    # A write that failed for want of memory leaves the pipe watched for good. Whoever connects next and is given the
    # pipe's number would never be heard.
    if not (pipe := process.stdin.get_extra_info("pipe")).closed:
        asyncio.get_running_loop().remove_writer(pipe)
    with contextlib.suppress(ProcessLookupError):
        process.kill()
    await process.communicate(b"")
