"""One process owns a desk's folder: a lock on a file in it, which the kernel drops when its holder dies."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from spocd.errors import InUse, Misconfigured

_PAUSE = 0.05  # seconds between two looks


@contextmanager
def owned(folder: Path, *, name: str = "lock", wait: float = 0.0, briefly: bool = False) -> Iterator[None]:
    """Own the folder, or what else of it the lock file `name` stands for, for as long as this lasts.

    Where another process still has it after `wait` seconds: InUse for whoever wants it only `briefly`, Misconfigured
    for who would have kept it.
    """
    handle = os.open(folder / name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        _take(handle, folder, wait, briefly)
        os.ftruncate(handle, 0)
        os.write(handle, f"{os.getpid()}\n".encode())
        yield
    finally:
        os.close(handle)


@contextmanager
def owned_database(file: Path) -> Iterator[None]:
    """Own an SQLite file: the folder of another node may name the same one, and two writers can damage it."""
    with owned(file.parent, name=f"{file.name}-lock"):
        yield


def _take(handle: int, folder: Path, wait: float, briefly: bool) -> None:
    deadline = time.monotonic() + wait
    while True:
        try:
            return fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            if time.monotonic() < deadline:
                time.sleep(_PAUSE)
                continue
            if briefly:
                raise InUse(f"Another process is working on {folder}. Try again in a moment.") from error
            holder = os.pread(handle, 20, 0).decode(errors="replace").strip()
            by = f" (pid {holder})" if holder else ""
            raise Misconfigured([f"{folder}: another spocd runs on this folder{by}. Stop it first."]) from error
