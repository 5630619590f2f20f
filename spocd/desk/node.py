"""The desk's own state: its nodes, its health."""

from __future__ import annotations

from typing import Literal, TypedDict

from spocd.desk.access import Actor, Role
from spocd.desk.documents import moment
from spocd.desk.operation import Desk, operation

LOST_AFTER = 60  # seconds without a heartbeat
NEWS_FOR = 7 * 86400  # seconds that a letter which was given up is reported; then it is history


class InboxHealth(TypedDict):
    waiting: int
    failed: int


class OutboxHealth(TypedDict):
    waiting: int
    sending: int
    failed: int
    unknown: int
    held: int


class NodeDocument(TypedDict):
    run: str
    host: str
    pid: int
    started_at: str
    seen_at: str


class Health(TypedDict):
    status: Literal["ok", "warning"]
    inbox: InboxHealth
    outbox: OutboxHealth
    nodes: list[NodeDocument]
    faults: list[str]


@operation("desk.health", role=Role.ANYONE)
async def health(desk: Desk, actor: Actor) -> Health:
    """Say how the desk is: what waits, what failed, which nodes live."""
    inbox = {row["state"]: row["n"] for row in await desk.tx.all("inbox_counts")}
    outbox = {row["state"]: row["n"] for row in await desk.tx.all("outbox_counts", since=desk.now - NEWS_FOR)}
    nodes = await desk.tx.all("nodes")
    own = await desk.tx.one("desk")
    faults = []
    if inbox.get("failed"):
        faults.append(f"mails that could not be made into tickets: {inbox['failed']} (spocd mail failed list)")
    if outbox.get("failed"):
        faults.append(f"letters given up: {outbox['failed']} (spocd mail outbox --state failed)")
    if outbox.get("unknown"):
        faults.append(f"letters that may or may not have gone: {outbox['unknown']} (spocd mail outbox --state unknown)")
    lost = [row["host"] for row in nodes if row["seen_at"] < desk.now - LOST_AFTER]
    if lost:
        faults.append(f"no sign of life for a minute from the node on {', '.join(lost)}")
    if own is not None and own["held_since"] is not None:
        faults.append(f"sending is held since {moment(own['held_since'])}: spocd mail flush")
    return {
        "status": "warning" if faults else "ok",
        "inbox": {"waiting": inbox.get("waiting", 0) + inbox.get("reading", 0), "failed": inbox.get("failed", 0)},
        "outbox": {
            "waiting": outbox.get("waiting", 0),
            "sending": outbox.get("sending", 0),
            "failed": outbox.get("failed", 0),
            "unknown": outbox.get("unknown", 0),
            "held": outbox.get("held", 0),
        },
        "nodes": [
            {
                "run": row["run"],
                "host": row["host"],
                "pid": row["pid"],
                "started_at": moment(row["started_at"]),
                "seen_at": moment(row["seen_at"]),
            }
            for row in nodes
        ],
        "faults": faults,
    }
