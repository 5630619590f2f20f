"""The log's way out: lines on standard error, for which the daemon never waits."""

from __future__ import annotations

import contextlib
import logging
import os
import select

STANDARD_ERROR = 2


class StandardError(logging.Handler):
    """Writes each line where it is taken at once. Where the log's reader has stopped, lines are lost and counted.

    A reader that hangs, or a terminal that was told to hold on, would else stop the desk in the middle of a mail.
    """

    def __init__(self, descriptor: int = STANDARD_ERROR) -> None:
        super().__init__()
        self._descriptor = descriptor
        self._poll = select.poll()
        self._poll.register(descriptor, select.POLLOUT)
        self._lost = 0

    def emit(self, record: logging.LogRecord) -> None:
        """Write a line, after one that says how many were lost before it."""
        try:
            lines = f"{self.format(record)}\n"
        except Exception:
            self.handleError(record)
            return
        if self._lost:
            lines = f"WARNING {__name__} {self._lost} lines of the log were lost: they were not taken\n{lines}"
        self._lost = 0 if self._written(lines.encode(errors="backslashreplace")) else self._lost + 1

    def _written(self, octets: bytes) -> bool:
        # Where there is room at all, there is room for this much: pipe(7).
        with contextlib.suppress(OSError):
            for start in range(0, len(octets), select.PIPE_BUF):
                if not any(events & select.POLLOUT for _, events in self._poll.poll(0)):
                    return False
                os.write(self._descriptor, octets[start : start + select.PIPE_BUF])
        return True
