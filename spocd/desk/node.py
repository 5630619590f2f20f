"""The desk's own state: which nodes work for it, and its health."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal, TypedDict

from spocd.desk import letter
from spocd.desk.access import Actor, Role
from spocd.desk.documents import moment, moment_or_none
from spocd.desk.operation import Desk, operation
from spocd.desk.search import lag_fault
from spocd.store import Row

LOST_AFTER = 60  # seconds without a heartbeat
LOST_FOR = 3600  # seconds that a lost node is reported after others took over what it had
LATEST_MAIL = 3600  # seconds ahead that a mail may wait for its next try
LATEST_LETTER = 86400
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


class SearchHealth(TypedDict):
    behind: int


class NodeDocument(TypedDict):
    run: str
    host: str
    place: str
    pid: int
    started_at: str
    seen_at: str
    lost_at: str | None


class Health(TypedDict):
    status: Literal["ok", "warning"]
    inbox: InboxHealth
    outbox: OutboxHealth
    search: SearchHealth
    nodes: list[NodeDocument]
    faults: list[str]


async def join(desk: Desk, *, host: str, place: str, pid: int) -> None:
    """Begin a run, and take up what an earlier one left: of a place (HOST:FOLDER) there is one at a time."""
    await desk.tx.run("drop_earlier_runs", place=place)
    await desk.tx.run("node_joins", run=desk.settings.run, host=host, place=place, pid=pid, now=desk.now)
    await letter.recover(desk)


async def beat(desk: Desk) -> bool:
    """Say that this run lives; False where the others took it for lost and it must join anew, under another name."""
    return bool(await desk.tx.run("node_beats", run=desk.settings.run, now=desk.now))


async def take_over(desk: Desk) -> list[str]:
    """Take up what nodes left that have not been seen for a minute; the places of those.

    They are marked in the transaction that frees their leases, so that none can take work in between.
    """
    lost = await desk.tx.all("mark_lost_nodes", now=desk.now, seconds=LOST_AFTER)
    if lost:
        await letter.recover(desk)
    await desk.tx.run("drop_lost_nodes", before=desk.now - LOST_FOR)
    return [row["place"] for row in lost]


async def leave(desk: Desk) -> None:
    """End a run in good order: give back what it has not finished; an unread mail of ours is anybody's again."""
    await desk.tx.run("release_letters", run=desk.settings.run)
    await desk.tx.run("release_mails", run=desk.settings.run)
    await desk.tx.run("node_leaves", run=desk.settings.run)


async def mend_times(desk: Desk) -> None:
    """Make due what waits for a time further ahead than anything is ever put off: the clock was wrong when that was."""
    await desk.tx.run("mails_of_another_clock", now=desk.now, latest=desk.now + LATEST_MAIL)
    await desk.tx.run("letters_of_another_clock", now=desk.now, latest=desk.now + LATEST_LETTER)


@operation("desk.health", role=Role.ANYONE)
async def health(desk: Desk, actor: Actor) -> Health:
    """Say how the desk is: what waits, what failed, which nodes live."""
    inbox = {row["state"]: row["n"] for row in await desk.tx.all("inbox_counts")}
    outbox = {row["state"]: row["n"] for row in await desk.tx.all("outbox_counts", since=desk.now - NEWS_FOR)}
    nodes = await desk.tx.all("nodes")
    own = await desk.tx.one("desk")
    lag = await desk.tx.one("search_lag")
    assert lag is not None
    faults = [*_mail_faults(inbox, outbox), *_node_faults(nodes, desk.now)]
    if own is not None and own["held_since"] is not None:
        faults.append(f"sending is held since {moment(own['held_since'])}: spocd mail flush")
    faults += lag_fault(lag["behind"], lag["since"], desk.now)
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
        "search": {"behind": lag["behind"]},
        "nodes": [
            {
                "run": row["run"],
                "host": row["host"],
                "place": row["place"],
                "pid": row["pid"],
                "started_at": moment(row["started_at"]),
                "seen_at": moment(row["seen_at"]),
                "lost_at": moment_or_none(row["lost_at"]),
            }
            for row in nodes
        ],
        "faults": faults,
    }


def _mail_faults(inbox: Mapping[str, int], outbox: Mapping[str, int]) -> Iterator[str]:
    """What stands still on its way in or out, each with the command that shows it."""
    if inbox.get("failed"):
        yield f"mails that could not be made into tickets: {inbox['failed']} (spocd mail failed list)"
    if outbox.get("failed"):
        yield f"letters given up: {outbox['failed']} (spocd mail outbox --state failed)"
    if outbox.get("put off"):
        yield f"letters that the relay puts off: {outbox['put off']} (spocd mail outbox --state waiting)"
    if outbox.get("unknown"):
        yield f"letters that may or may not have gone: {outbox['unknown']} (spocd mail outbox --state unknown)"


def _node_faults(nodes: Sequence[Row], now: int) -> Iterator[str]:
    for row in nodes:
        if row["lost_at"] is not None:
            yield f"the node {row['place']} was last seen at {moment(row['seen_at'])}; the others have its work"
        elif row["seen_at"] < now - LOST_AFTER:
            yield f"no sign of life for a minute from the node {row['place']}"
