"""Work that time brings: each piece in a transaction of its own."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from spocd.desk.operation import Desk
from spocd.errors import TryLater

log = logging.getLogger("spocd.daemon")

Job = Callable[[Desk], Awaitable[Any]]


async def each_alone(write: Callable[[Job], Awaitable[Any]], jobs: Iterable[Job]) -> None:
    """Do each job in a transaction of its own: one that fails is logged, and undoes and stops none of the others.

    A store that is away (TryLater) fails all of them, and is for the caller.
    """
    for job in jobs:
        try:
            await write(job)
        except TryLater:
            raise
        except Exception:
            log.exception("%s.%s failed; the others go on", job.__module__, job.__name__)
