"""A desk that dies again and again, at any moment and at each named point, and what is lost by it: nothing.

python -m tests.e2e.crash N: N kills at random moments under load, ten at each point, N // 3 orderly stops under load.

Prints the figures; exits 1 where one is bad.
"""

from __future__ import annotations

import contextlib
import random
import smtplib
import socket
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from spocd.daemon.crash import KILLED, POINTS, VARIABLE
from tests.e2e.load import Load, Outcome, deliver, load_on
from tests.e2e.sink import Sink, listening
from tests.running import RunningDesk, eventually, free_port

CLIENTS = 8
SHORTEST, LONGEST = 0.005, 0.250  # seconds of load before a kill
EVERYBODY = 10_000_000  # acknowledgements an hour to people the desk does not know: nobody is limited here
STOPPED_WITHIN = 10.0  # seconds
BACKLOG = 300.0  # seconds for what has gathered, on a machine with other work
MOST = 30  # mails until a desk must have died
TIMES = 10  # at each point, at its first passing, its second and so on: before every transaction of a mail, say
# Who dies there has handed the letter over and not yet written that down, so it goes once more.
TWICE = ("dot_sent", "reply_read", "before_mark")
# One transaction of each mail is the one that writes it down; a connection is kept, so that a second is never made.
PERHAPS_TWICE = ("before_commit", "after_commit")
ONCE_A_RUN = ("connected",)


def steady_port() -> int:
    """A free port that no client is given for its own end of a connection.

    Who knocks again and again at such a port while nobody listens may be given the very same one, and then has
    connected to itself: the desk could not listen there any more.
    """
    lowest, _ = Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()
    while True:
        port = random.randrange(10_000, min(int(lowest), 32_768))
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port


@contextmanager
def desk_with_relay(folder: Path) -> Iterator[tuple[RunningDesk, Sink]]:
    """A desk that acknowledges every mail, not yet started, and the relay that its letters go to."""
    port = free_port()
    desk = RunningDesk.made(folder, "--relay", f"smtp://127.0.0.1:{port}").change(unknown_an_hour=EVERYBODY)
    desk.config.write_text(desk.config.read_text().replace(f":{desk.smtp[1]}", f":{steady_port()}"))
    (desk.folder / "log").touch()
    with listening(Sink(), port) as sink:
        try:
            yield desk, sink
        finally:
            if desk.process is not None:
                desk.kill()


@dataclass
class Tally:
    """What was done to one desk, and what it must answer for."""

    desk: RunningDesk
    sink: Sink
    told: Callable[[str], None] = lambda what: None
    acknowledged: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    rows: list[tuple[str, int, int, int]] = field(default_factory=list)  # what, how often, mails, sent twice

    def fault(self, claim: bool, what: str) -> None:
        if claim:
            self.faults.append(what)

    def whole(self, after: str) -> None:
        """Look at the database as a death has left it."""
        checked = self.desk.run("db", "check")
        self.fault(checked.code != 0, f"{after}: {checked.err}")

    def start(self) -> RunningDesk:
        """Start the desk with a new log, after a look at what the former one says."""
        self.fault("Traceback" in self.desk.log, f"a fault in the log: {self.desk.log[-4000:]}")
        (self.desk.folder / "log").write_text("")
        return self.desk.start()

    def took(self, load: Load) -> None:
        self.acknowledged += load.acknowledged
        self.refused += load.refused

    def outcome(self) -> Outcome:
        """What became of everything, once the desk has stopped."""
        self.fault("Traceback" in self.desk.log, f"a fault in the log: {self.desk.log[-4000:]}")
        self.whole("at the end")
        found = Outcome(self.desk, self.acknowledged, self.refused, self.sink)
        self.faults += [f"{what}: {which}" for what, which in found.faults.items()]
        return found


def at_random(tally: Tally, kills: int, *, seed: int | None = None) -> None:
    """Kill the desk under load at any moment, so many times."""
    dice = random.Random(seed)
    desk = tally.start()
    with load_on(desk, clients=CLIENTS, name="random") as load:
        for number in range(kills):
            time.sleep(dice.uniform(SHORTEST, LONGEST))
            desk.kill()
            tally.whole(f"after random kill {number}")
            tally.start()
            tally.told(f"random kill {number + 1} of {kills}, {len(load.acknowledged)} mails")
    _settled(desk)
    tally.took(load)
    tally.rows.append(_row(tally, "at random", kills, load.acknowledged))
    tally.fault(desk.stop() != 0, "the desk did not stop as it should after the random kills")


def at_point(tally: Tally, point: str, passings: Sequence[int]) -> None:
    """Kill the desk at each of these passings of a point, one mail at a time, so that a second copy is explained."""
    before = len(tally.acknowledged)
    for number, passing in enumerate(passings, start=1):
        nth = 1 if point in ONCE_A_RUN else passing
        mails = _die_at(tally, f"{point}:{nth}", f"{point}-{number}")
        *_, twice = _row(tally, point, 1, mails)
        tally.fault(twice != 1 and point in TWICE, f"{point}:{nth}: {twice} letters went twice, and one should have")
        tally.fault(twice > 0 and point not in (*TWICE, *PERHAPS_TWICE), f"{point}:{nth}: a letter went twice")
        tally.fault(twice > 1, f"{point}:{nth}: {twice} letters went twice")
        tally.told(f"{point} {number} of {len(passings)}")
    tally.rows.append(_row(tally, point, len(passings), tally.acknowledged[before:]))


def _die_at(tally: Tally, where: str, name: str) -> list[str]:
    """Send mails one after the other until the desk dies, then see it recover; their subjects."""
    desk = tally.desk
    desk.environment[VARIABLE] = where
    desk.start(ready=False)
    assert desk.process is not None
    sent = []
    for subject in (f"{name}-{number}" for number in range(MOST)):
        sent.append(subject)
        if not _answered(tally, subject):
            break
    else:
        desk.kill()
        raise AssertionError(f"{where}: still alive after {MOST} mails")
    code = desk.process.wait(timeout=30)
    tally.fault(code != KILLED, f"{where}: ended with {code}\n{desk.log[-2000:]}")
    del desk.environment[VARIABLE]
    tally.whole(f"after {where}")
    tally.start()
    if sent[-1] not in tally.acknowledged:
        assert _answered(tally, sent[-1]), desk.log[-2000:]
    _settled(desk)
    tally.fault(desk.stop() != 0, f"{where}: the recovered desk did not stop as it should")
    return sent


def _answered(tally: Tally, subject: str) -> bool:
    """Send a mail until it is acknowledged and wait for its letter to go; False where the desk died meanwhile."""
    desk = tally.desk
    assert desk.process is not None
    while desk.process.poll() is None:
        with contextlib.suppress(OSError, smtplib.SMTPServerDisconnected):
            if subject not in tally.acknowledged:
                with smtplib.SMTP(*desk.smtp, timeout=20) as client:
                    deliver(client, subject, refused=tally.refused)
                    tally.acknowledged.append(subject)
            if _idle(desk):
                return True
        time.sleep(0.01)
    return False


def _settled(desk: RunningDesk) -> None:
    """Wait until every mail has its fate and every letter has gone; where that does not come, say what is left."""
    try:
        eventually(lambda: _idle(desk), "the last mail and the last letter to go", within=BACKLOG)
    except AssertionError as late:
        letters = desk.sql("select id, state, tries, dot_sent, unknowns, reply from outbox where state <> 'sent'")
        mails = desk.sql("select id, state, tries, leases, error from inbox where fate is null")
        raise AssertionError(f"{late}: letters {letters[:9]}, mails {mails[:9]}\n{desk.log[-2000:]}") from late


def _idle(desk: RunningDesk) -> bool:
    try:
        health = desk.call("desk.health")
    except Exception as error:
        raise OSError("the desk has gone") from error
    return not (health["inbox"]["waiting"] or health["outbox"]["waiting"] or health["outbox"]["sending"])


def stops(tally: Tally, times: int) -> None:
    """Tell the desk under load to stop, so many times: it ends well and in time, and sends nothing twice."""
    desk = tally.start()
    with load_on(desk, clients=CLIENTS, name="stop") as load:
        for number in range(times):
            so_far = len(load.acknowledged)
            eventually(lambda so_far=so_far: len(load.acknowledged) > so_far + CLIENTS, "the load to flow")  # type: ignore[misc]
            started = time.monotonic()
            code = desk.stop()
            took = time.monotonic() - started
            tally.fault(code != 0 or took > STOPPED_WITHIN, f"stop {number}: exit {code} after {took:.1f} s")
            tally.start()
            tally.told(f"stop {number + 1} of {times}, {len(load.acknowledged)} mails")
    _settled(desk)
    tally.took(load)
    row = _row(tally, "told to stop", times, load.acknowledged)
    tally.rows.append(row)
    tally.fault(row[-1] > 0, f"{row[-1]} letters went twice because of stops in good order")
    tally.fault(desk.stop() != 0, "the desk did not stop as it should")


def _row(tally: Tally, what: str, times: int, mails: list[str]) -> tuple[str, int, int, int]:
    copies = Counter(recipient for _, recipient in tally.sink.envelopes)
    return what, times, len(mails), sum(copies[f"{each}@client.example"] > 1 for each in mails)


def show(tally: Tally, outcome: Outcome, seconds: float) -> None:
    """Print the figures, and each fault."""
    print(f"{'died':<16}{'times':>7}{'mails':>9}{'sent twice':>12}")
    for what, times, mails, twice in tally.rows:
        print(f"{what:<16}{times:>7}{mails:>9}{twice:>12}")
    print(
        f"{len(tally.acknowledged)} mails acknowledged, {outcome.tickets} tickets, in {seconds:.0f} s\n"
        f"{len(outcome.sent_twice)} acknowledgements sent twice with the same Message-ID, each accounted for; "
        f"{outcome.unknown} left unknown\n"
        "the database was looked at after every death"
    )
    for fault in tally.faults:
        print(f"FAULT {fault}")
    print(f"{0 if tally.faults else 1} passed, {1 if tally.faults else 0} failed")


def main(kills: int) -> int:
    started = time.monotonic()
    on_terminal = sys.stdout.isatty()
    with (
        tempfile.TemporaryDirectory(prefix="spocd-crash-") as folder,
        desk_with_relay(Path(folder) / "desk") as (desk, sink),
    ):
        tally = Tally(desk, sink, _tell if on_terminal else lambda what: None)
        for point in POINTS:
            at_point(tally, point, range(1, TIMES + 1))
        stops(tally, kills // 3)
        at_random(tally, kills)
        outcome = tally.outcome()
    if on_terminal:
        _tell("")
    show(tally, outcome, time.monotonic() - started)
    return 1 if tally.faults else 0


def _tell(what: str) -> None:
    sys.stdout.write(f"\r\033[K{what}")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 300))
