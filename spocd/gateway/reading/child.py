"""The process in which mails are read: `python -I -m spocd.gateway.reading.child MEMORY CPU PARENT`.

It has no secrets and no database; whatever a mail does to it costs that mail alone. It ends when its standard input
does, and with its parent.
"""

from __future__ import annotations

import contextlib
import os
import resource
import signal
import sys
from collections.abc import Callable
from typing import BinaryIO

from spocd.domain.reading import Reading
from spocd.gateway.reading import frame
from spocd.gateway.reading.reader import read

OUT_OF_MEMORY = 71  # the exit status that says so
_PR_SET_PDEATHSIG = 1


def main(arguments: list[str], reader: Callable[[bytes], Reading] = read) -> int:
    """Read mails until standard input ends. `arguments`: octets of memory, seconds of CPU a mail, the parent's pid."""
    memory, cpu, parent = (int(each) for each in arguments)
    mails, replies = sys.stdin.buffer, _replies()
    _limit(memory)
    _die_with(parent)
    replies.write(frame.READY)
    replies.flush()
    try:
        while together := _next(mails):
            readings = []
            while together:
                _allow(cpu)
                readings.append(reader(together.pop(0)))
            for piece in frame.pack(readings):
                replies.write(piece)
            replies.flush()
            del readings
    except MemoryError:
        os._exit(OUT_OF_MEMORY)  # at once: whatever else there is to do would need memory
    return 0


def _replies() -> BinaryIO:
    """Where replies go. Standard output itself becomes standard error, so that nothing printed can garble a reply."""
    replies = os.fdopen(os.dup(1), "wb", buffering=65536)
    os.dup2(2, 1)
    return replies


def _next(mails: BinaryIO) -> list[bytes]:
    """The mails that come together next; none where the parent has no more or is gone."""
    try:
        (count,) = frame.TOGETHER.unpack(_exactly(mails, frame.TOGETHER.size))
        sizes = [frame.MAIL.unpack(_exactly(mails, frame.MAIL.size))[0] for _ in range(count)]
        return [_exactly(mails, size) for size in sizes]
    except EOFError:
        return []


def _exactly(mails: BinaryIO, octets: int) -> bytes:
    read = mails.read(octets)
    if len(read) < octets:
        raise EOFError
    return read


def _limit(memory: int) -> None:
    """Bound this process for good: its memory; no core file, which would hold a mail."""
    _, most = resource.getrlimit(resource.RLIMIT_AS)
    allowed = memory if most == resource.RLIM_INFINITY else min(memory, most)
    resource.setrlimit(resource.RLIMIT_AS, (allowed, most))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _allow(cpu: int) -> None:
    """Allow `cpu` seconds of computing from now on; past them SIGPROF ends the process.

    Not a limit on the whole process: the kernel holds that against a coarser clock than any that it shows us, and on a
    busy machine the difference grows with each mail.
    """
    signal.setitimer(signal.ITIMER_PROF, cpu)


def _die_with(parent: int) -> None:
    """Have the kernel end this process with its parent, where it can; the end of standard input does it elsewhere."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # of a terminal; the parent decides when to stop
    with contextlib.suppress(ImportError, OSError, AttributeError):
        import ctypes

        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(0)  # it was gone before the kernel knew


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
