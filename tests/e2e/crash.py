"""Kill -9 under load, again and again: python -m tests.e2e.crash N. Prints the figures; exits 1 where one is bad."""

from __future__ import annotations

import random
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.e2e.load import Load, Outcome, load_on
from tests.e2e.sink import Sink, free_port, listening
from tests.running import RunningDesk

CLIENTS = 8
SHORTEST, LONGEST = 0.005, 0.250  # seconds of load before a kill
EVERYBODY = 10_000_000  # acknowledgements an hour to people the desk does not know: nobody is limited here


@contextmanager
def desk_with_relay(folder: Path) -> Iterator[tuple[RunningDesk, Sink]]:
    """A running desk that acknowledges every mail, and the relay that its letters go to."""
    port = free_port()
    desk = RunningDesk.made(folder, "--relay", f"smtp://127.0.0.1:{port}").change(unknown_an_hour=EVERYBODY)
    with listening(Sink(), port) as sink:
        desk.start()
        try:
            yield desk, sink
        finally:
            if desk.process is not None:
                desk.kill()


def crash(folder: Path, kills: int, *, seed: int | None = None) -> tuple[Outcome, Load, float]:
    """Kill a desk under load so many times; what became of the mails, the load, and the seconds of it."""
    dice = random.Random(seed)
    under_load = 0.0
    with desk_with_relay(folder) as (desk, sink):
        with load_on(desk, clients=CLIENTS) as load:
            for _ in range(kills):
                pause = dice.uniform(SHORTEST, LONGEST)
                time.sleep(pause)
                under_load += pause
                desk.kill()
                desk.start()
        desk.settled()
        outcome = Outcome(desk, load, sink)
        assert desk.stop() == 0
        checked = desk.run("db", "check")
        assert checked.code == 0, checked.err
    return outcome, load, under_load


def main(kills: int) -> int:
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="spocd-crash-") as folder:
        outcome, load, under_load = crash(Path(folder) / "desk", kills)
    print(
        f"{kills} kills in {time.monotonic() - started:.0f} s, {under_load:.1f} s of them under load\n"
        f"{len(load.acknowledged)} mails acknowledged in {load.tries} tries, {outcome.tickets} tickets\n"
        f"{outcome.sent_twice} acknowledgements sent twice with the same Message-ID, {outcome.unknown} left unknown\n"
        "the database is whole"
    )
    for what, which in outcome.faults.items():
        print(f"FAULT {what}: {which}")
    print(f"{0 if outcome.faults else 1} passed, {1 if outcome.faults else 0} failed")
    return 1 if outcome.faults else 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 50))
