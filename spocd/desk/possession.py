"""Who may have a file: whoever sees what it came with, and whoever sent it. To know its SHA-256 is not enough.

Whoever sees every ticket may have every file. For others the desk remembers for a day what they sent: until a message
has it, nothing else says that they have it already.
"""

from __future__ import annotations

from spocd.desk.access import Actor
from spocd.desk.documents import split_message_id
from spocd.desk.mail import mails_seen
from spocd.desk.operation import Desk


async def may_have(desk: Desk, actor: Actor, sha256: str, *, message: str | None = None) -> bool:
    """Whether the actor may have a file. `message` (1234.5) is the one that came as this mail, and seen by them."""
    if not actor.hidden:
        return True
    asked = {"sha256": sha256, "viewer": actor.agent}
    if await desk.tx.one("file_seen", **asked) or await desk.tx.one("file_sent", sha256=sha256, uid=actor.uid):
        return True
    if message is not None:
        origin, position = split_message_id(message)
        row = await desk.tx.one("message", origin=origin, position=position)
        if row is not None and row["raw"] == sha256:
            return True
    failed = await desk.tx.all("failed_mails_of", raw=sha256)
    return bool(await mails_seen(desk, actor, failed))


async def remember_sender(desk: Desk, actor: Actor, sha256: str) -> None:
    """Note that the actor has a whole file, where that is not plain."""
    if actor.hidden:
        await desk.tx.run("remember_sender", sha256=sha256, uid=actor.uid, now=desk.now)
