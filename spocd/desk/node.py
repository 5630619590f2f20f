"""The desk's own state: which nodes work for it, and its health."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal, TypedDict

from spocd.desk import delivery
from spocd.desk.access import Actor, Role
from spocd.desk.documents import moment, moment_or_none
from spocd.desk.duty import unattended
from spocd.desk.operation import Desk, operation
from spocd.desk.search import lag_fault
from spocd.domain.node import differences
from spocd.errors import Misconfigured
from spocd.store import Row

LOST_AFTER = 60  # seconds without a heartbeat
LOST_FOR = 3600  # seconds that a lost node is reported after others took over what it had
LATEST_MAIL = 3600  # seconds ahead that a mail may wait for its next try
LATEST_LETTER = 86400
STUCK_AFTER = 3600  # seconds in hand: no relay and no mail takes nearly as long
NEWS_FOR = 7 * 86400  # seconds that a letter which was given up is reported; then it is history


class InboxHealth(TypedDict):
    waiting: int
    oldest: str | None
    failed: int


class OutboxHealth(TypedDict):
    waiting: int
    oldest: str | None
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
    state: Literal["alive", "silent", "lost"]
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


async def check_alike(desk: Desk, *, place: str) -> None:
    """Refuse to begin where nodes live that have what all must have alike otherwise; Misconfigured names each key."""
    nodes = [row for row in await desk.tx.all("nodes", now=desk.now) if _lives(row) and row["place"] != place]
    faults = [
        f"{each.key} is {each.here} here, and {each.there} on the node {row['place']}, which runs."
        for row in nodes
        for each in differences(desk.settings.shared, row["shared"])
    ]
    if faults:
        todo = "All nodes of a desk must have the same. Mend spocd.toml here; or there, and run there: spocd reload"
        raise Misconfigured([*faults, todo])


async def join(desk: Desk, *, host: str, place: str, pid: int) -> None:
    """Begin a run, and take up what an earlier one left: of a place (HOST:FOLDER) there is one at a time."""
    await desk.tx.run("drop_earlier_runs", place=place)
    own = {"run": desk.settings.run, "shared": desk.settings.shared, "host": host, "place": place, "pid": pid}
    await desk.tx.run("node_joins", **own, now=desk.now)
    await delivery.recover(desk)


async def beat(desk: Desk) -> bool:
    """Say that this run lives; False where the others took it for lost and it must join anew, under another name."""
    await desk.tx.run("node_is_set_up", run=desk.settings.run, shared=desk.settings.shared)
    return bool(await desk.tx.run("node_beats", run=desk.settings.run, now=desk.now))


async def take_over(desk: Desk) -> list[str]:
    """Take up what nodes left that have not been seen for a minute; the places of those.

    They are marked in the transaction that frees their leases, so that none can take work in between. Where nobody is
    lost there may still be something that a run left whose own end was not in good order. Whoever looks lives, however
    far the clock was put forward since its last beat.
    """
    lost = await desk.tx.all("mark_lost_nodes", run=desk.settings.run, now=desk.now, seconds=LOST_AFTER)
    await delivery.recover(desk)
    await desk.tx.run("drop_lost_nodes", now=desk.now, seconds=LOST_FOR)
    return [row["place"] for row in lost]


async def leave(desk: Desk) -> None:
    """End a run in good order: give back what it has not finished; an unread mail of ours is anybody's again.

    The run ends first: a lease that is still on its way is over by then, or finds that it may take nothing.
    """
    await desk.tx.run("node_leaves", run=desk.settings.run)
    await desk.tx.run("release_letters", run=desk.settings.run)
    await desk.tx.run("release_mails", run=desk.settings.run)


async def mend_times(desk: Desk) -> None:
    """Make due what waits for a time further ahead than anything is ever put off: the clock was wrong when that was."""
    await desk.tx.run("mails_of_another_clock", now=desk.now, latest=desk.now + LATEST_MAIL)
    await desk.tx.run("letters_of_another_clock", now=desk.now, latest=desk.now + LATEST_LETTER)


@operation("desk.health", role=Role.ANYONE)
async def health(desk: Desk, actor: Actor) -> Health:
    """Say how the desk is: what waits, what failed, which nodes live."""
    long_ago = desk.now - STUCK_AFTER
    inbox = {row["state"]: row["n"] for row in await desk.tx.all("inbox_counts", long_ago=long_ago)}
    counts = await desk.tx.all("outbox_counts", since=desk.now - NEWS_FOR, long_ago=long_ago)
    outbox = {row["state"]: row["n"] for row in counts}
    nodes = await desk.tx.all("nodes", now=desk.now)
    own = await desk.tx.one("desk")
    lag = await desk.tx.one("search_lag")
    assert lag is not None
    faults = [*_mail_faults(inbox, outbox), *_node_faults(desk, nodes)]
    if own is not None and own["held_since"] is not None:
        faults.append(f"sending is held since {moment(own['held_since'])}: spocd mail flush")
    faults += await _nobody_there(desk, actor)
    faults += lag_fault(lag["behind"], lag["since"], desk.now)
    return {
        "status": "warning" if faults else "ok",
        "inbox": {
            "waiting": inbox.get("waiting", 0) + inbox.get("reading", 0),
            "oldest": await _oldest(desk, "oldest_mail"),
            "failed": inbox.get("failed", 0),
        },
        "outbox": {
            "waiting": outbox.get("waiting", 0),
            "oldest": await _oldest(desk, "oldest_letter"),
            "sending": outbox.get("sending", 0),
            "failed": outbox.get("failed", 0),
            "unknown": outbox.get("unknown", 0),
            "held": outbox.get("held", 0),
        },
        "search": {"behind": lag["behind"]},
        "nodes": [_node(row) for row in nodes],
        "faults": faults,
    }


async def _oldest(desk: Desk, statement: str) -> str | None:
    """Since when the oldest waits of what waits."""
    row = await desk.tx.one(statement)
    return moment_or_none(row["at"]) if row else None


def _node(row: Row) -> NodeDocument:
    return {
        "run": row["run"],
        "host": row["host"],
        "place": row["place"],
        "pid": row["pid"],
        "state": "lost" if row["lost_at"] is not None else "alive" if _lives(row) else "silent",
        "started_at": moment(row["started_at"]),
        "seen_at": moment(row["seen_at"]),
        "lost_at": moment_or_none(row["lost_at"]),
    }


def _mail_faults(inbox: Mapping[str, int], outbox: Mapping[str, int]) -> Iterator[str]:
    """What stands still on its way in or out, each with the command that shows it."""
    if inbox.get("failed"):
        yield f"mails that could not be made into tickets: {inbox['failed']} (spocd mail failed list)"
    if inbox.get("stuck"):
        yield f"mails in hand for more than an hour: {inbox['stuck']} (restart the nodes; please report it)"
    if outbox.get("stuck"):
        yield f"letters in hand for more than an hour: {outbox['stuck']} (restart the nodes; please report it)"
    if outbox.get("failed"):
        yield f"letters given up: {outbox['failed']} (spocd mail outbox --state failed)"
    if outbox.get("put off"):
        yield f"letters that the relay puts off: {outbox['put off']} (spocd mail outbox --state waiting)"
    if outbox.get("unknown"):
        yield f"letters that may or may not have gone: {outbox['unknown']} (spocd mail outbox --state unknown)"


async def _nobody_there(desk: Desk, actor: Actor) -> list[str]:
    """A fault for each team that tickets wait for while nobody of it is there.

    That something waits for a restricted service's team is for that team and for leads; to others it has no name.
    """
    works = actor.may(Role.AGENT)
    services = [row for row in await desk.tx.all("services") if row["restricted"]]
    apart = {row["team"] for row in services if not works or row["key"] in actor.hidden}
    faults = []
    for team in (each["team"] for each in await unattended(desk) if each["waiting"]):
        if not team:
            faults.append("nobody is there, and tickets wait (spocd ticket list --assignee none; spocd agent list)")
        elif team in apart:
            faults.append("nobody of a team is there, and tickets wait for it (spocd agent list)")
        else:
            see = f"spocd ticket list --team {team} --assignee none"
            faults.append(f"nobody of the team {team} is there, and tickets wait for it ({see})")
    return faults


def _lives(row: Row) -> bool:
    return row["lost_at"] is None and row["silent_for"] <= LOST_AFTER


def _node_faults(desk: Desk, nodes: Sequence[Row]) -> Iterator[str]:
    """What is wrong with the other nodes, as this one sees them; that it lives itself is plain."""
    for row in nodes:
        if row["lost_at"] is not None:
            yield f"the node {row['place']} was last seen at {moment(row['seen_at'])}; the others have its work"
        elif row["run"] == desk.settings.run:
            continue
        elif not _lives(row):
            yield f"no sign of life for a minute from the node {row['place']}"
        elif found := differences(desk.settings.shared, row["shared"]):
            named = "; ".join(f"{each.key} is {each.there} there and {each.here} here" for each in found)
            yield f"the node {row['place']} must be set up as this one: {named}"
