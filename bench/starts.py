"""What it costs to start: processor time of a whole process, in turns, over hundreds of starts."""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from bench.ratios import Goal, in_turns, ratio, row
from tests.running import SPOCD, RunningDesk, running_desk

PIPE = Goal(least=2.5, aim=1.5)
READ = Goal(least=1.5, aim=1.2)
STARTS = 15  # of each in a round
_MAIL = "From: Ann Ek <ann@client.example>\nSubject: Printer\nMessage-ID: <{}@client.example>\n\nIt is stuck.\n"


def pipe(rounds: int) -> Iterator[str]:
    """`spocd pipe` beside the barest Python, and beside one that may be installed into."""
    with _desk() as desk:
        measures = {
            "pipe": lambda: _starts([SPOCD, "pipe"], desk, mail=True),
            "bare": lambda: _starts([sys.executable, "-I", "-S", "-c", "pass"], desk),
            "plain": lambda: _starts([sys.executable, "-c", "pass"], desk),
        }
        found = in_turns(measures, rounds)
    yield row("`spocd pipe`, durable answer ÷ `python -I -S -c pass`", ratio(found["pipe"], found["bare"]), PIPE)
    yield row("the same ÷ `python -c pass`", ratio(found["pipe"], found["plain"]))


def cli(rounds: int) -> Iterator[str]:
    """Commands that read, beside the import of the library that they are made with."""
    with _desk() as desk:
        _starts([SPOCD, "pipe"], desk, mail=True)
        desk.settled()
        commands = {"list": ("ticket", "list"), "view": ("ticket", "view", "1"), "next": ("ticket", "next")}
        lines = {name: [SPOCD, *words] for name, words in commands.items()}
        lines["click"] = [sys.executable, "-c", "import click"]
        found = in_turns({name: partial(_starts, line, desk) for name, line in lines.items()}, rounds)
    for name, words in commands.items():
        yield row(f"`spocd {' '.join(words)}` ÷ `python -c 'import click'`", ratio(found[name], found["click"]), READ)


@contextmanager
def _desk() -> Iterator[RunningDesk]:
    with tempfile.TemporaryDirectory(prefix="spocd-bench-") as folder, running_desk(Path(folder) / "desk") as desk:
        yield desk


def _starts(line: list[str], desk: RunningDesk, *, mail: bool = False) -> float:
    """Seconds of processor time of a command from start to end, the median of some."""
    # Compiled modules are what an installation has; a first start where there are none makes them.
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    environment["SPOCD_CONFIG"] = str(desk.config)
    used = []
    for _ in range(STARTS):
        given = os.memfd_create("mail")
        os.write(given, _MAIL.format(os.urandom(8).hex()).encode() if mail else b"")
        os.lseek(given, 0, os.SEEK_SET)
        used.append(_cpu(line, environment, given))
        os.close(given)
    return statistics.median(used)


def _cpu(line: list[str], environment: dict[str, str], given: int) -> float:
    nowhere = (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)
    child = os.posix_spawn(line[0], line, environment, file_actions=[(os.POSIX_SPAWN_DUP2, given, 0), nowhere])
    _, status, usage = os.wait4(child, 0)
    assert status == 0, f"{' '.join(line)} ended with {os.waitstatus_to_exitcode(status)}"
    return usage.ru_utime + usage.ru_stime
