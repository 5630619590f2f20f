"""Measures and prints rows of a Markdown table: python -m bench [--rounds N] [accept|intake|…]."""

from __future__ import annotations

import argparse
import os
import platform
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator

from bench import accept, growth, hostile, intake, starts, stores
from bench.ratios import HEAD, ROUNDS

BENCHES: dict[str, Callable[[int], Iterator[str]]] = {
    "accept": accept.bench,
    "intake": intake.intake,
    "replies": intake.replies,
    "pipe": starts.pipe,
    "cli": starts.cli,
    "growth": growth.bench,
    "postgres": stores.bench,
    "hostile": hostile.bench,
}


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="|".join(BENCHES), help="what to measure; all of them unless said")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help=f"turns of each measure ({ROUNDS})")
    asked = parser.parse_args(arguments)
    if unknown := [name for name in asked.names if name not in BENCHES]:
        parser.error(f"there is no bench “{unknown[0]}”; there are {', '.join(BENCHES)}")
    print(f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, {os.cpu_count()} processors\n\n{HEAD}")
    for name in asked.names or BENCHES:
        started = time.monotonic()
        for line in BENCHES[name](asked.rounds):
            print(line, flush=True)
        print(f"{name}: {time.monotonic() - started:.0f} s", file=sys.stderr)


if __name__ == "__main__":
    main(sys.argv[1:])
