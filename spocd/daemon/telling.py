"""How a node tells the others that there is work which it has no room for."""

from __future__ import annotations

import time

from spocd.store import Store

SELDOM = 0.1  # seconds between two words: each costs the database something, and wakes every node


class Telling:
    """Says a word to the other nodes, at most ten times a second; one that is not heard costs half a minute.

    A node with room takes the work itself, at once. So nothing is said before one is full, and as it stays full there
    is a next time soon.
    """

    def __init__(self, store: Store, word: str) -> None:
        self._store = store
        self._word = word
        self._last = -SELDOM

    def tell(self) -> None:
        """There is more to do than this node has room for."""
        now = time.monotonic()
        if now - self._last >= SELDOM:
            self._last = now
            self._store.tell(self._word)
