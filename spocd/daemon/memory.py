"""How the C library keeps memory, where it is glibc: by itself it gives little of what large mails took back."""

from __future__ import annotations

import contextlib
import ctypes

_M_MMAP_THRESHOLD = -3
_M_ARENA_MAX = -8
_LARGE = 128 * 1024  # octets: a block this large is given back at once; left alone, the limit grows with every mail
_ARENAS = 2  # or each thread has one, which stays as large as it ever was


def give_back_large_blocks() -> None:
    """Tell the C library; to be called before there are threads."""
    with contextlib.suppress(OSError, AttributeError):
        libc = ctypes.CDLL(None)
        libc.mallopt(_M_MMAP_THRESHOLD, _LARGE)
        libc.mallopt(_M_ARENA_MAX, _ARENAS)
