"""Durable acceptance: mails that were answered 250 in a second, beside Postfix."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path

from bench.loads import OCTETS, Where, smtp_source
from bench.ratios import Goal, in_turns, ratio, row
from bench.rival import Rival, postfix
from tests.running import RunningDesk, running_desk

NEW = Goal(least=1.3, aim=1.8)
REUSED = Goal(least=2.2, aim=3.0)
MAILS = {1: 200, 20: 1000}  # by how many sessions send them at once


def bench(rounds: int, load: Mapping[int, int] = MAILS) -> Iterator[str]:
    """1 and 20 sessions, connections new or reused; what was accepted is worked off before the next turn."""
    with tempfile.TemporaryDirectory(prefix="spocd-bench-") as name, contextlib.ExitStack() as stack:
        folder = Path(name)
        rival = stack.enter_context(postfix(folder / "postfix"))
        desk = stack.enter_context(running_desk(folder / "desk"))
        alone = stack.enter_context(receiving(RunningDesk.made(folder / "alone")))
        for sessions, mails in load.items():
            for reuse in (False, True):
                measures = {
                    "rival": partial(_by_rival, rival, mails, sessions, reuse),
                    "whole": partial(_by_desk, desk, mails, sessions, reuse),
                    "alone": partial(smtp_source, alone, mails, sessions=sessions, reuse=reuse),
                }
                found = in_turns(measures, rounds)
                goal = None if sessions == 1 else REUSED if reuse else NEW
                how = f"{sessions} session{'s' * (sessions > 1)}, {'reused' if reuse else 'new'} connections"
                for which in ("whole", "alone"):
                    note = f"{mails} mails of {OCTETS} octets"
                    yield row(f"accept, {which}, {how} ÷ Postfix", ratio(found["rival"], found[which]), goal, note=note)


def _by_rival(rival: Rival, mails: int, sessions: int, reuse: bool) -> float:
    seconds = smtp_source(rival.where, mails, sessions=sessions, reuse=reuse)
    rival.settled()
    return seconds


def _by_desk(desk: RunningDesk, mails: int, sessions: int, reuse: bool) -> float:
    seconds = smtp_source(desk.smtp, mails, sessions=sessions, reuse=reuse)
    desk.settled()
    return seconds


@contextlib.contextmanager
def receiving(desk: RunningDesk) -> Iterator[Where]:
    """Where a node listens that accepts for this desk and does nothing else."""
    line = [sys.executable, "-m", "bench.receiving", str(desk.config)]
    with subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as node:
        assert node.stdout is not None
        try:
            assert node.stdout.readline() == b"ready\n", "the node that only accepts did not start"
            yield desk.smtp
        finally:
            node.terminate()
