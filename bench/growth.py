"""The same questions to a small desk, a large one and a very large one: what grows with the desk, and what must not."""

from __future__ import annotations

import contextlib
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

from bench.fill import CACHE, copy_of, texts
from bench.intake import decided
from bench.loads import mail, send
from bench.ratios import Goal, in_turns, ratio, row
from tests.running import ADDRESS, RunningDesk, eventually

SIZES = (1_000, 100_000, 1_000_000)  # tickets; the first is what the others are measured by
ACCEPT = Goal(least=0.75, aim=0.9)
READ = Goal(least=1.5, aim=1.1)
CALLS = 100  # of each operation in a round
MAILS = 600
LOOKED_AT = 1000  # tickets, the newest


def bench(rounds: int, sizes: tuple[int, ...] = SIZES, cache: Path = CACHE) -> Iterator[str]:
    """Operations over the control socket, and mails over SMTP."""
    with tempfile.TemporaryDirectory(prefix="spocd-bench-") as name, contextlib.ExitStack() as stack:
        desks = {size: stack.enter_context(running_copy(size, Path(name) / str(size), cache)) for size in sizes}
        small, *larger = sizes
        for operation, ask in QUESTIONS.items():
            found = in_turns(
                {str(size): partial(asked, desk, ask, _looked_at(size)) for size, desk in desks.items()}, rounds
            )
            for size in larger:
                goal = None if operation == "search" else READ
                yield row(
                    f"{operation} at {size:,} tickets ÷ at {small:,}", ratio(found[str(size)], found[str(small)]), goal
                )
        found = in_turns({str(size): partial(_accepted, desk) for size, desk in desks.items()}, rounds)
        for size in larger:
            yield row(f"accept at {size:,} tickets ÷ at {small:,}", ratio(found[str(small)], found[str(size)]), ACCEPT)


@contextlib.contextmanager
def running_copy(size: int, folder: Path, cache: Path) -> Iterator[RunningDesk]:
    """A running desk of so many tickets."""
    desk = copy_of(size, folder, cache).start()
    try:
        yield desk
    finally:
        desk.kill()


def _looked_at(size: int) -> Sequence[int]:
    """The tickets that are looked at: those of the last while; all of them where the desk is small."""
    return range(max(1, size - LOOKED_AT + 1), size + 1)


def _list(desk: RunningDesk, _: Sequence[int]) -> None:
    desk.call("ticket.list", limit=50)


def _view(desk: RunningDesk, tickets: Sequence[int]) -> None:
    desk.call("ticket.view", ticket=random.choice(tickets))


def _next(desk: RunningDesk, _: Sequence[int]) -> None:
    desk.call("ticket.next")


def _search(desk: RunningDesk, _: Sequence[int]) -> None:
    # A word that few tickets have, and one that every tenth has.
    rare, common = random.choice(texts())[1].split()[:2]
    desk.call("ticket.search", words=f"{common} {rare}", limit=50)


Question = Callable[[RunningDesk, Sequence[int]], None]
QUESTIONS: dict[str, Question] = {"ticket list": _list, "ticket view": _view, "next": _next, "search": _search}


def asked(desk: RunningDesk, ask: Question, tickets: Sequence[int]) -> float:
    """Seconds that a call of an operation takes over the control socket, the median of some about these tickets."""
    seconds = []
    for _ in range(CALLS):
        started = time.perf_counter()
        ask(desk, tickets)
        seconds.append(time.perf_counter() - started)
    return statistics.median(seconds)


def _accepted(desk: RunningDesk) -> float:
    seconds = send(desk.smtp, [mail(ADDRESS) for _ in range(MAILS)], sessions=20)
    decided(desk)
    eventually(lambda: _indexed(desk), "search to know of every mail", within=600)
    return seconds


def _indexed(desk: RunningDesk) -> bool:
    [[behind]] = desk.sql("select (select max(id) from journal) - position from search_cursor")
    return int(behind) == 0
