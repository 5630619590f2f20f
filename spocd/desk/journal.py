"""The journal: what happened to a ticket, who did it, when. Written with what it tells, never changed."""

from __future__ import annotations

from typing import Any

from spocd.desk.access import Actor
from spocd.desk.documents import write_json
from spocd.desk.operation import Desk


async def record(desk: Desk, ticket: int | None, actor: Actor | str, event: str, **detail: Any) -> None:
    """Write one line. `detail` keeps what is not None; an agent's line keeps the kernel's uid too."""
    if isinstance(actor, Actor) and actor.uid >= 0:
        detail["uid"] = actor.uid
    text = write_json({key: value for key, value in detail.items() if value is not None})
    login = actor.login if isinstance(actor, Actor) else actor
    await desk.tx.run("write_journal", ticket=ticket, at=desk.now, actor=login, event=event, detail=text)
