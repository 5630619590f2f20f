"""From the first mail of many until each has its ticket, or stands on one."""

from __future__ import annotations

import contextlib
import subprocess
import tempfile
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from bench.loads import OCTETS, Mail, mail, send, smtp_source
from bench.ratios import Goal, in_turns, ratio, row
from bench.rival import Rival, postfix
from spocd.config import check_secret
from spocd.domain.token import Purpose, Ring, extended, ring
from tests.running import ADDRESS, RunningDesk, eventually, free_port, running_desk

TICKETS = Goal(least=0.6, aim=1.2)
REPLIES = Goal(least=0.9, aim=1.0)
MAILS = 1000
SESSIONS = 20
EVERYBODY = 10_000_000  # acknowledgements: all mails of a load come from one unknown sender
FREE = dict.fromkeys(("unknown_a_day", "unknown_an_hour", "address_an_hour", "address_a_day"), EVERYBODY)


def intake(rounds: int, mails: int = MAILS) -> Iterator[str]:
    """New tickets with their acknowledgements, beside Postfix that takes as many mails and throws them away."""
    with tempfile.TemporaryDirectory(prefix="spocd-bench-") as name, contextlib.ExitStack() as stack:
        folder = Path(name)
        rival = stack.enter_context(postfix(folder / "postfix"))
        held = stack.enter_context(running_desk(folder / "held", **FREE))
        held.call("mail.hold", key="bench")
        port = stack.enter_context(smtp_sink())
        sending = stack.enter_context(running_desk(folder / "sent", "--relay", f"smtp://127.0.0.1:{port}", **FREE))
        measures = {
            "rival": partial(_thrown_away, rival, mails),
            "held": partial(ticketed, held, mails=mails, sent=False),
            "sent": partial(ticketed, sending, mails=mails, sent=True),
        }
        found = in_turns(measures, rounds)
    note = f"{mails} mails of {OCTETS} octets, {SESSIONS} sessions, new connections"
    yield row(
        "accepted → ticket, acknowledgement in the outbox ÷ Postfix",
        ratio(found["rival"], found["held"]),
        TICKETS,
        note=note,
    )
    yield row(
        "accepted → ticket, acknowledgement sent ÷ Postfix", ratio(found["rival"], found["sent"]), note="into smtp-sink"
    )


def _thrown_away(rival: Rival, mails: int) -> float:
    started = time.perf_counter()
    smtp_source(rival.where, mails, sessions=SESSIONS, reuse=False)
    rival.settled()
    return time.perf_counter() - started


def ticketed(desk: RunningDesk, *, mails: int, sent: bool) -> float:
    """Seconds from the first mail until all have their tickets, and with `sent` their letters have gone."""
    started = time.perf_counter()
    smtp_source(desk.smtp, mails, sessions=SESSIONS, reuse=False)
    decided(desk)
    if sent:
        desk.settled()
    return time.perf_counter() - started


def decided(desk: RunningDesk) -> None:
    """Wait until every mail that was accepted has its fate."""
    eventually(lambda: not desk.call("desk.health")["inbox"]["waiting"], "every mail to have its fate", within=600)


@contextlib.contextmanager
def smtp_sink() -> Iterator[int]:
    """The port of Postfix's smtp-sink, which takes everything and keeps nothing."""
    port = free_port()
    # It listens on all addresses of this machine where only a port is named.
    with subprocess.Popen(["smtp-sink", "-u", "nobody", f"127.0.0.1:{port}", "200"]) as sink:
        try:
            yield port
        finally:
            sink.terminate()


def replies(rounds: int, mails: int = MAILS) -> Iterator[str]:
    """Mails that continue tickets by their signed addresses, beside as many that open new ones, by the same client."""
    with tempfile.TemporaryDirectory(prefix="spocd-bench-") as name, running_desk(Path(name) / "desk", **FREE) as desk:
        desk.call("mail.hold", key="bench")
        _sent_and_decided(desk, [mail(ADDRESS) for _ in range(mails)])
        addresses = reply_addresses(desk, mails)
        measures = {
            "new": lambda: _sent_and_decided(desk, [mail(ADDRESS) for _ in range(mails)]),
            "replies": lambda: _sent_and_decided(desk, [mail(each, subject="Re: [desk]") for each in addresses]),
        }
        found = in_turns(measures, rounds)
    yield row(
        "threaded replies ÷ new tickets",
        ratio(found["new"], found["replies"]),
        REPLIES,
        note=f"{mails} mails each, {SESSIONS} sessions",
    )


def _sent_and_decided(desk: RunningDesk, mails: list[Mail]) -> float:
    started = time.perf_counter()
    send(desk.smtp, mails, sessions=SESSIONS)
    decided(desk)
    return time.perf_counter() - started


def reply_addresses(desk: RunningDesk, most: int) -> list[str]:
    """The signed address of each requester on their ticket, as it stood in a letter to them."""
    [[instance]] = desk.sql("select instance from desk")
    keys = [key for [key] in desk.sql("select id from signing_key order by created_at")]
    people = desk.sql(f"select number, requester from ticket order by number limit {most}")
    signing: Ring = ring(check_secret(desk.folder / "secret"), instance, keys)
    return [extended(ADDRESS, "+", signing.sign(Purpose.REPLY, int(ticket), int(person))) for ticket, person in people]
