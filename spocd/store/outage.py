"""What the log says of a database that fails: that it does and why, now and then how often, and that it is back."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

log = logging.getLogger("spocd.store")

SELDOM = 60.0  # seconds between two lines: of an outage everything that is tried would have one


class Outage:
    """One for each store. A failure soon after an outage has ended is counted and said with the next line."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._began: float | None = None
        self._said_at = float("-inf")
        self._said = False
        self._unsaid = 0

    def failed(self, reason: str) -> None:
        """Something could not be done. The reason may have several lines, as PostgreSQL's DETAIL and HINT."""
        now = self._monotonic()
        if self._began is None:
            self._began = now
            self._said = False
        if now - self._said_at < SELDOM:
            self._unsaid += 1
            return
        more = f"; {self._unsaid} more since the last such line" if self._unsaid else ""
        log.error("the database failed: %s%s", "; ".join(reason.split("\n")), more)
        self._said_at, self._said, self._unsaid = now, True, 0

    def over(self) -> None:
        """Something was committed."""
        if self._began is None:
            return
        seconds, self._began = self._monotonic() - self._began, None
        if self._said:
            more = f"; {self._unsaid} more could not be done meanwhile" if self._unsaid else ""
            log.warning("the database works again after %.0f s%s", seconds, more)
            self._unsaid = 0
