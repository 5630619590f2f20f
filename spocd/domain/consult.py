"""When an expert who has not answered is reminded: after the time that was asked for, then each time twice as late."""

from __future__ import annotations

MOST_REMINDERS = 3
REMIND_AFTER = 2 * 86400  # seconds, where nobody said otherwise
SHORTEST = 60


def next_look(asked_at: int, due_at: int, reminders: int, now: int) -> int:
    """When to look again after the reminder that was due at `due_at`, the first being number 1 (`reminders`).

    `due_at` lies 1, 3, 7 … first waits after `asked_at`. A desk that was away does not make up for lost reminders.
    """
    first = max((due_at - asked_at) // ((1 << reminders) - 1), SHORTEST)
    return max(due_at, now) + (first << reminders)
