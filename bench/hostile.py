"""The worst that clients do: what it takes of memory, and how long everybody else waits for their 250."""

from __future__ import annotations

import base64
import contextlib
import itertools
import os
import resource
import socket
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from bench.loads import SENDER, Client, Where, mail
from bench.ratios import Goal, amount
from tests.running import ADDRESS, RunningDesk, eventually

MEMORY = Goal(least=300, aim=150)  # megabytes
WAIT = Goal(least=500, aim=100)  # milliseconds in which 99 of 100 other mails are answered
BETWEEN = 0.02  # seconds between two mails of an ordinary client
ORDINARY = 200  # of them at least, so that a hundredth is something
IDLE, RECIPIENTS, LARGE = 1000, 20_000, 50
_MEGABYTE = 1_000_000
_BLOCK = 1 << 16


def bench(
    _: int, *, idle: int = IDLE, recipients: int = RECIPIENTS, large: int = LARGE, ordinary: int = ORDINARY
) -> Iterator[str]:
    """One desk a deed, since what an earlier one took of memory stays with a process."""
    deeds: dict[str, Callable[[Where], None]] = {
        f"{idle:,} idle clients": partial(idle_clients, count=idle, others=ordinary),
        f"{recipients:,} recipients in one transaction": partial(many_recipients, count=recipients),
        "33 MB of bare CRLF": bare_line_ends,
        f"{large} mails of 10 MB at once": partial(large_mails, count=large),
    }
    for what, deed in deeds.items():
        with tempfile.TemporaryDirectory(prefix="spocd-bench-") as name, _roomy_desk(Path(name) / "desk") as desk:
            memory, own, waits = _suffered(desk, deed, ordinary)
        yield amount(f"{what}: memory of the daemon", own, "MB", MEMORY, note=f"with its children {memory:.0f} MB")
        note = f"{len(waits)} mails of others, the median {statistics.median(waits) * 1000:.0f} ms"
        yield amount(f"{what}: p99 of others", percentile(waits, 99) * 1000, "ms", WAIT, note=note)


@contextlib.contextmanager
def _roomy_desk(folder: Path) -> Iterator[RunningDesk]:
    """A desk that takes a hundred connections more than there are idle clients, for everybody else."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    desk = RunningDesk.made(folder)
    text = desk.config.read_text()
    assert "\nconnections = 1000\n" in text
    desk.config.write_text(text.replace("\nconnections = 1000\n", f"\nconnections = {IDLE + 100}\n"))
    desk.start()
    try:
        yield desk
    finally:
        desk.kill()


def percentile(values: list[float], part: int) -> float:
    """The value that so many of a hundred do not exceed."""
    return sorted(values)[max(0, -(-len(values) * part // 100) - 1)]


def _suffered(desk: RunningDesk, deed: Callable[[Where], None], least: int) -> tuple[float, float, list[float]]:
    """Megabytes of the daemon with its children and alone, both at their worst, and the seconds others waited."""
    ended = threading.Event()
    with ThreadPoolExecutor() as beside:
        largest = beside.submit(_largest, desk, ended)
        waits = beside.submit(_ordinary, desk.smtp, ended, least)
        try:
            deed(desk.smtp)
            eventually(lambda: not desk.call("desk.health")["inbox"]["waiting"], "the inbox to be empty", within=600)
        finally:
            ended.set()
        return (*largest.result(), waits.result())


def _ordinary(where: Where, ended: threading.Event, least: int) -> list[float]:
    """Seconds from connecting to 250 of each of an ordinary client's mails."""
    waits: list[float] = []
    while not ended.is_set() or len(waits) < least:
        started = time.perf_counter()
        with Client(where) as client:
            client.send(mail(ADDRESS))
        waits.append(time.perf_counter() - started)
        time.sleep(BETWEEN)
    return waits


def _largest(desk: RunningDesk, ended: threading.Event) -> tuple[float, float]:
    assert desk.process is not None
    together = 0.0
    while not ended.wait(0.05):
        together = max(together, sum(map(_proportional, _family(desk.process.pid))))
    status = Path(f"/proc/{desk.process.pid}/status").read_text().splitlines()
    own = next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))
    return together, own * 1024 / _MEGABYTE


def _family(process: int) -> list[int]:
    """A process and its children; what they share is told in shares."""
    children: list[int] = []
    for thread in os.listdir(f"/proc/{process}/task"):
        with contextlib.suppress(FileNotFoundError):
            children += map(int, Path(f"/proc/{process}/task/{thread}/children").read_text().split())
    return [process, *children]


def _proportional(process: int) -> float:
    """Megabytes of a process, with its share of what it shares; nothing where it has just ended."""
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        for line in Path(f"/proc/{process}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024 / _MEGABYTE
    return 0.0


def idle_clients(where: Where, *, count: int, others: int) -> None:
    """Connect, be greeted, say nothing; stay for as long as it takes others to be served."""
    with contextlib.ExitStack() as stack:
        clients = [stack.enter_context(socket.create_connection(where, timeout=60)) for _ in range(count)]
        for client in clients:
            client.recv(_BLOCK)
        for _ in range(others):
            with Client(where) as other:
                other.send(mail(ADDRESS))


def many_recipients(where: Where, *, count: int) -> None:
    """Name more recipients than anybody may, wait for each refusal, and send the mail to those that were taken."""
    with Client(where) as client:
        client.begin(*(ADDRESS.replace("@", f"+{number}@") for number in range(count)))
        client.pour([mail(ADDRESS).wire], "250")


def bare_line_ends(where: Where) -> None:
    """A mail of nothing but line ends, larger than is taken."""
    with Client(where) as client:
        client.begin(ADDRESS)
        blocks = itertools.repeat(b"\r\n" * (_BLOCK // 2), 33 * _MEGABYTE // _BLOCK)
        client.pour(itertools.chain(blocks, [b".\r\n"]), "552")


def large_mails(where: Where, *, count: int) -> None:
    """Many clients who each send a large file at the same time."""
    with ThreadPoolExecutor(count) as clients:
        for client in [clients.submit(_send_file, where) for _ in range(count)]:
            client.result()


def _send_file(where: Where) -> None:
    """Send a mail of 10 MB whose file is like no other."""
    head = (
        f"From: Ann Ek <{SENDER}>\r\nTo: <{ADDRESS}>\r\nSubject: The scan\r\n"
        f"Message-ID: <{os.urandom(8).hex()}@client.example>\r\n"
        "MIME-Version: 1.0\r\nContent-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n"
        'Content-Disposition: attachment; filename="scan.tif"\r\n\r\n'
    )
    block = base64.encodebytes(os.urandom(_BLOCK)).replace(b"\n", b"\r\n")
    with Client(where) as client:
        client.begin(ADDRESS)
        client.pour([head.encode(), *[block] * (10 * _MEGABYTE // len(block)), b".\r\n"], "250")
