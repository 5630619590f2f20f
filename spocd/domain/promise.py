"""A promise to a person: when its agent is warned. Times are UTC seconds."""

from __future__ import annotations

HOUR = 3600  # nobody is warned earlier than this before it is due


def warn_at(made_at: int, due_at: int) -> int:
    """When three quarters of the time have passed, or an hour before, whichever is later."""
    return max(made_at + 3 * (due_at - made_at) // 4, due_at - HOUR)
