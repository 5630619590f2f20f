"""What time alone brings about at a desk. Every node looks again and again; the second finds nothing left to do."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

from spocd.desk.absence import presence, return_untouched
from spocd.desk.answer import wake_and_close
from spocd.desk.consult import remind
from spocd.desk.notice import send_held
from spocd.desk.operation import Desk
from spocd.desk.promise import watch
from spocd.desk.sight import return_unseen
from spocd.desk.spam import delete_old

# Each in a transaction of its own: what one fails at keeps none of the others from being done.
JOBS: Final[tuple[Callable[[Desk], Awaitable[int]], ...]] = (
    wake_and_close, presence, return_unseen, return_untouched, remind, watch, send_held, delete_old,
)  # fmt: skip


async def look(desk: Desk) -> int:
    """Do what is due by the desk's clock, all in one transaction; how many things that were."""
    return sum([await job(desk) for job in JOBS])
