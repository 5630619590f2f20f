"""Two nodes on one PostgreSQL, under load, while nodes and database die in turn: nothing lost, nothing twice.

python -m tests.e2e.crash_nodes N: N mails, each node killed five times, PostgreSQL stopped ten times as
`pg_ctl -m immediate` does. Prints the figures; exits 1 where one is bad.
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests import postgres
from tests.e2e.load import Load, Outcome, load_on
from tests.e2e.nodes import made_nodes, running
from tests.e2e.sink import Sink, listening
from tests.running import RunningDesk, eventually, free_port

CLIENTS = 8
KILLS, STOPS = 5, 10  # of each node, of PostgreSQL
LONGEST_AWAY = 0.5  # seconds that PostgreSQL is away
EVERYBODY = 10_000_000  # acknowledgements an hour to people the desk does not know: nobody is limited here
PATIENCE = 300.0  # seconds until everything has gone, on a machine with other work


@dataclass
class Run:
    """Two nodes, what they share, and what was done to them."""

    nodes: tuple[RunningDesk, RunningDesk]
    server: postgres.Server
    sink: Sink
    dice: random.Random
    kills: int = 0
    stops: int = 0
    kills_meanwhile: int = 0  # of them while the database was away
    faults: list[str] = field(default_factory=list)

    def kill(self, node: RunningDesk) -> None:
        node.kill()
        self.kills += 1

    def stop_database(self, victims: list[RunningDesk]) -> None:
        """Stop PostgreSQL in the middle of everything, and start it again; half the time a node dies meanwhile."""
        self.server.stop(immediate=True)
        self.stops += 1
        dead = victims.pop() if victims and self.dice.random() < 0.5 else None
        if dead is not None:
            self.kill(dead)
            self.kills_meanwhile += 1
        time.sleep(self.dice.uniform(0, LONGEST_AWAY))
        self.server.start()
        if dead is not None:
            dead.start()


@contextmanager
def two_nodes(folder: Path, *, seed: int | None = None) -> Iterator[Run]:
    """Two nodes that run, on a PostgreSQL of their own that syncs its disk, and the relay of both."""
    port = free_port()
    with postgres.own_server() as server, listening(Sink(), port) as sink:
        relay = ("--relay", f"smtp://127.0.0.1:{port}")
        nodes = made_nodes(folder, server.fresh_database(), *relay, unknown_an_hour=EVERYBODY)
        with running(*nodes):
            yield Run(nodes, server, sink, random.Random(seed))


def crash(run: Run, mails: int, *, kills: int, stops: int) -> tuple[Outcome, Load]:
    """Send that many mails, and spread the deaths over them; what became of everything."""
    victims = [node for node in run.nodes for _ in range(kills)]
    run.dice.shuffle(victims)
    with load_on(*run.nodes, clients=CLIENTS) as load:
        for number in range(stops):
            _wait_for(load, mails * (2 * number + 1) // (2 * stops))
            run.stop_database(victims)
            _wait_for(load, mails * (2 * number + 2) // (2 * stops) - 1)
            for _ in range(-(-len(victims) // (stops - number))):
                victim = victims.pop()
                run.kill(victim)
                victim.start()
        _wait_for(load, mails)
    return _outcome(run, load), load


def _wait_for(load: Load, mails: int) -> None:
    eventually(lambda: len(load.acknowledged) >= mails, f"{mails} mails to be acknowledged", within=PATIENCE)


def _outcome(run: Run, load: Load) -> Outcome:
    first, second = run.nodes
    first.settled(within=PATIENCE)
    run.faults += [f"a fault in the log: {node.log[-4000:]}" for node in run.nodes if "Traceback" in node.log]
    run.faults += [f"{node.folder.name} does not stop as it should" for node in (second, first) if node.stop()]
    held = first.sql(
        "select count(*) from inbox where run is not null union all "
        "select count(*) from outbox where run is not null union all select count(*) from node"
    )
    if held != [["0"]] * 3:
        run.faults.append(f"leases of mails, of letters, and nodes that are left: {held}")
    found = Outcome(first, load.acknowledged, load.refused, run.sink)
    run.faults += [f"{what}: {which}" for what, which in found.faults.items()]
    return found


def show(run: Run, outcome: Outcome, load: Load, seconds: float) -> None:
    """Print the figures, and each fault."""
    [[interrupted]] = run.nodes[0].sql("select coalesce(sum(unknowns), 0) from outbox")
    figures = {
        "mails acknowledged": len(load.acknowledged),
        "tries that took": load.tries,
        "tickets": outcome.tickets,
        "nodes killed": run.kills,
        "of these while PostgreSQL was away": run.kills_meanwhile,
        "PostgreSQL stopped": run.stops,
        "letters interrupted at the dot": int(interrupted),
        "acknowledgements sent twice, same Message-ID": len(outcome.sent_twice),
        "acknowledgements left unknown": outcome.unknown,
        "seconds": round(seconds),
    }
    for what, figure in figures.items():
        print(f"{what:<46}{figure:>8}")
    for fault in run.faults:
        print(f"FAULT {fault}")
    print(f"{0 if run.faults else 1} passed, {1 if run.faults else 0} failed")


def main(mails: int) -> int:
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="spocd-crash-") as folder, two_nodes(Path(folder)) as run:
        outcome, load = crash(run, mails, kills=KILLS, stops=STOPS)
        show(run, outcome, load, time.monotonic() - started)
    return 1 if run.faults else 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 2000))
