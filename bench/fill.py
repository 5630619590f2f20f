"""Makes desks with as many tickets as one likes, in seconds, and keeps them for the next run.

    python -m bench.fill 1000000

prints the folder of such a desk. Nobody may start it there: `copy_of` gives each measure one of its own.
"""

from __future__ import annotations

import functools
import hashlib
import itertools
import random
import re
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import spocd.store
from spocd.domain.search import Stems, words
from tests.running import RunningDesk, free_port

HERE = Path(__file__).parent
CACHE = Path(tempfile.gettempdir()) / "spocd-bench"
COMMON = (
    "the printer on third floor says paper jam again since morning and nobody can print invoice please help account"
    " password reset laptop does not start after update screen stays black battery cable access project folder is"
    " missing for new colleague from Monday meeting room projector shows no picture mail phone network slow VPN drops"
    " every ten minutes could you look into it thank you regards as discussed attached order number delivery late"
)
SYLLABLES = "ba ce di fo gu ha je ki lo mu na pe ri so tu va we xi yo zu bra cle dri sto"
GREETING = "Hello"  # what all mails have
TEXTS = 997
A_STEP = 160  # seconds between two tickets
A_FEW = 50  # one ticket in so many is active, and always enough for a page of a list
LEAST_ACTIVE = 220
A_DAY = 86_400 // A_STEP  # tickets
A_BATCH = 7  # tickets that the indexing loop takes at a time, each with three messages


def filled(tickets: int, cache: Path) -> Path:
    """The folder of a desk of so many tickets, made where it is not there yet."""
    kept = cache / _version()
    folder = kept / str(tickets)
    if not folder.exists():
        kept.mkdir(parents=True, exist_ok=True)
        making = Path(tempfile.mkdtemp(prefix="making-", dir=kept)) / "desk"
        RunningDesk.made(making, "--store", "sqlite:desk.db")
        fill_file(making / "desk.db", tickets, active=max(LEAST_ACTIVE, tickets // A_FEW))
        making.rename(folder)
        making.parent.rmdir()
    return folder


def copy_of(tickets: int, folder: Path, cache: Path) -> RunningDesk:
    """A desk of so many tickets in a new folder, ready to be started."""
    subprocess.run(["cp", "-a", "--reflink=auto", str(filled(tickets, cache)), str(folder)], check=True)
    config = folder / "spocd.toml"
    config.write_text(re.sub(r'"127\.0\.0\.1:\d+"', f'"127.0.0.1:{free_port()}"', config.read_text()))
    return RunningDesk(folder)


def _version() -> str:
    """What two desks must share to be the same: every word that makes one."""
    parts = [HERE / "fill.sql", HERE / "fill.py", *sorted(Path(spocd.store.__file__).parent.glob("migrations/*/*.sql"))]
    return hashlib.sha256(b"\0".join(part.read_bytes() for part in parts)).hexdigest()[:12]


def fill_file(file: Path, tickets: int, *, active: int) -> None:
    """Fill the SQLite file of a desk that has just been made and does not run. Of `active` a third is in the queue."""
    connection = sqlite3.connect(file, isolation_level=None)
    connection.create_function("digest", 1, digest, deterministic=True)
    for pragma in ("journal_mode = delete", "synchronous = off", "cache_size = -2000000", "temp_store = memory"):
        connection.execute(f"pragma {pragma}")
    kept = connection.execute(
        "select type, name, sql from sqlite_master where type in ('index', 'trigger') and sql is not null"
    ).fetchall()
    connection.execute("begin")
    # An index over rows that are there is made in a tenth of the time that it takes to keep it while they come.
    for kind, name, _ in kept:
        connection.execute(f'drop {kind} "{name}"')
    _bring_texts(connection, tickets)
    for statement in [*statements(tickets, active), *(text for _, _, text in kept)]:
        connection.execute(statement)
    connection.execute("insert into person_search (person_search) values ('rebuild')")
    connection.execute("commit")
    _index(connection, tickets)
    connection.execute("pragma journal_mode = wal")
    connection.close()


def _index(connection: sqlite3.Connection, tickets: int) -> None:
    """The index of tickets in as many parts as the daemon leaves it in at the end of a day.

    Once a day it makes all parts one; what comes after that it writes batch by batch, and merges some pages of it each
    time. A look-up of a word is one in every part.
    """
    whole = max(0, tickets - A_DAY)
    add = "insert into ticket_search (rowid, words) select ticket, words from ticket_words where ticket between ? and ?"
    connection.execute(add, (1, whole))
    connection.execute("insert into ticket_search (ticket_search) values ('optimize')")
    for first in range(whole + 1, tickets + 1, A_BATCH):
        connection.execute(add, (first, min(first + A_BATCH - 1, tickets)))
        connection.execute("insert into ticket_search (ticket_search, rank) values ('merge', 16)")


def _bring_texts(connection: sqlite3.Connection, tickets: int) -> None:
    for name in ("every", "few"):
        connection.execute(f"create temp table {name} (n integer primary key)")
    connection.execute("create temp table wording (n integer primary key, subject, body, answer, words)")
    connection.executemany("insert into every (n) values (?)", ((n,) for n in range(1, tickets + 1)))
    connection.executemany("insert into few (n) values (?)", ((n,) for n in range(1, 5)))
    connection.executemany("insert into wording values (?, ?, ?, ?, ?)", texts())


def statements(tickets: int, active: int) -> list[str]:
    """The statements of fill.sql for a desk of so many tickets."""
    text = (HERE / "fill.sql").read_text()
    filled_in = text.format(tickets=tickets, active=min(active, tickets // 2), now=int(time.time()), step=A_STEP)
    return [each for each in filled_in.split(";\n") if each.strip()]


@functools.cache
@functools.cache
def texts() -> list[tuple[int, str, str, str, str]]:
    """Number, subject, mail, answer and all that they can be found by, the same ones each time."""
    dice = random.Random(1)
    stems = Stems()
    common = COMMON.split()
    rare = ["".join(each) for each in itertools.product(SYLLABLES.split(), repeat=3)]

    def some(least: int, most: int) -> str:
        # As in every language: a few words often, most of them seldom.
        count = dice.randint(least, most)
        return " ".join(
            dice.choice(common) if n % 2 else rare[int(len(rare) * dice.random() ** 3)] for n in range(count)
        )

    def one(n: int) -> tuple[int, str, str, str, str]:
        subject, body, answer = some(3, 8).capitalize(), f"{GREETING}, {some(30, 60)}.\n", f"{some(15, 30)}.\n"
        found = {form for word in words(f"{subject} {body} {answer}") for form in stems.forms(word)}
        return n, subject, body, answer, " ".join(sorted(found))

    return [one(n) for n in range(TEXTS)]


def digest(number: int) -> str:
    return hashlib.sha256(str(number).encode()).hexdigest()


if __name__ == "__main__":
    started = time.monotonic()
    made = filled(int(sys.argv[1]), CACHE)
    print(f"{made}, {time.monotonic() - started:.0f} s")
