"""A burst of mail: while it lasts, accepting has the machine, and what was accepted waits a little."""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable

MANY = 5  # mails within LATELY are a burst: some hundred a second, which no desk has on an ordinary day
LATELY = 0.05  # seconds; short, since so long the machine is idle after a burst
PATIENCE = 5.0  # seconds that a mail waits by this at most, over all bursts until nothing waits any more
LOOK = 0.02  # seconds between two looks whether it is over


class Burst:
    """Whether mails come so fast that intake should let them in first.

    Senders wait for our answer, and one that waits too long comes again; a mail that is ours can wait. Accepting and
    deciding share one processor, and decisions made meanwhile would halve the pace of both the senders and the commits
    that they share. The work itself is the same afterwards. A flood that does not end is shared as it comes.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._stored = deque([-math.inf] * MANY, maxlen=MANY)
        self._until = math.inf  # when patience ends; none has been asked for yet

    def stored(self) -> None:
        """One more mail has come in."""
        self._stored.append(self._clock())

    def caught_up(self) -> None:
        """Nothing waits any more."""
        self._until = math.inf

    def goes_first(self) -> bool:
        """Whether a burst is on, and nobody has waited too long for its end."""
        now = self._clock()
        if now - self._stored[0] >= LATELY:
            return False
        self._until = min(self._until, now + PATIENCE)
        return now < self._until
