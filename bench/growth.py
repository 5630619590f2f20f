"""The same questions to a small desk, a large one and a very large one: what grows with the desk, and what must not."""

from __future__ import annotations

import contextlib
import functools
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

from bench.fill import CACHE, GREETING, copy_of, texts
from bench.intake import decided
from bench.loads import mail, send
from bench.ratios import Goal, in_turns, ratio, row
from tests.running import ADDRESS, RunningDesk, eventually

SIZES = (1_000, 100_000, 1_000_000)  # tickets; the first is what the others are measured by
ACCEPT = Goal(least=0.75, aim=0.9)
READ = Goal(least=1.5, aim=1.1)
CALLS = 100  # of each operation in a round
MAILS = 600
PAGE = 50
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
                yield row(
                    f"{operation} at {size:,} tickets ÷ at {small:,}",
                    ratio(found[str(size)], found[str(small)]),
                    None if operation == _SELDOM else READ,
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
    desk.call("ticket.list", limit=PAGE)


def _view(desk: RunningDesk, tickets: Sequence[int]) -> None:
    desk.call("ticket.view", ticket=random.choice(tickets))


def _next(desk: RunningDesk, _: Sequence[int]) -> None:
    desk.call("ticket.next")


def _search(desk: RunningDesk, _: Sequence[int]) -> None:
    desk.call("ticket.search", words=random.choice(_often()), limit=PAGE)


def _search_by_rank(desk: RunningDesk, _: Sequence[int]) -> None:
    desk.call("ticket.search", words=GREETING, sort="rank", limit=PAGE)


def _search_seldom(desk: RunningDesk, _: Sequence[int]) -> None:
    rare, common = random.choice(texts())[1].split()[:2]
    desk.call("ticket.search", words=f"{common} {rare}", limit=PAGE)


@functools.cache
def _often() -> list[str]:
    """Pairs of words that fill a page on the smallest desk too, so that what grows is the desk and not the answer."""
    said = [
        set(f"{subject} {body} {answer}".lower().replace(".", "").split()) for _, subject, body, answer, _ in texts()
    ]
    pairs = {tuple(sorted(subject.lower().split()[:2])) for _, subject, *_ in texts()}
    return sorted(" ".join(pair) for pair in pairs if sum(text.issuperset(pair) for text in said) >= PAGE + 10)


Question = Callable[[RunningDesk, Sequence[int]], None]
_SELDOM = "search for what few tickets have"  # of these the larger desk has more to show
QUESTIONS: dict[str, Question] = {
    "ticket list": _list,
    "ticket view": _view,
    "next": _next,
    "search": _search,
    "search by rank": _search_by_rank,
    _SELDOM: _search_seldom,
}


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
