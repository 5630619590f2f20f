"""The journal: what happened to a ticket, who did it, when. Written with what it tells, never changed."""

from __future__ import annotations

from typing import Any

from spocd.desk.access import Actor
from spocd.desk.documents import moment, write_json
from spocd.desk.operation import Desk


async def record(desk: Desk, ticket: int | None, actor: Actor | str, event: str, **detail: Any) -> None:
    """Write one line. `detail` keeps what is not None; an agent's line keeps the kernel's uid too."""
    login, text = line(actor, detail)
    await desk.tx.run("write_journal", ticket=ticket, at=desk.now, actor=login, event=event, detail=text)


async def record_about(desk: Desk, person: int, actor: Actor | str, event: str, **detail: Any) -> None:
    """Write one line about a person, and about no ticket."""
    login, text = line(actor, detail)
    await desk.tx.run("write_journal_about", at=desk.now, actor=login, event=event, detail=text, person=person)


def accepted_before(desk: Desk, at: int) -> str | None:
    """For a line about a mail that was read some time after it was accepted: since when its writer waits."""
    return moment(at) if at < desk.now else None


def line(actor: Actor | str, detail: dict[str, Any]) -> tuple[str, str]:
    """Who did it, and the detail as a line has them."""
    uid = {"uid": actor.uid} if isinstance(actor, Actor) and actor.uid >= 0 else {}
    text = write_json({key: value for key, value in (detail | uid).items() if value is not None})
    return actor.login if isinstance(actor, Actor) else actor, text
