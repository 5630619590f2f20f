"""A disk that is full, a file that cannot be written, a file that another process holds: temporary, and never a lie."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sqlite3
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from spocd.errors import Misconfigured, NoRoom, TryLater
from spocd.store import Transaction
from spocd.store.sqlite import SqliteStore
from tests.store.persons import adding, in_the_file, there

FULL = "The disk of the database is full. Make room there; nothing was changed."


@pytest.fixture
def store(sqlite: SqliteStore) -> SqliteStore:
    """What is tried here is the matter of a file."""
    return sqlite


def adding_much(name: str, size: int = 3000) -> Any:
    """The operation that adds a person and a file of some size for them."""

    async def add(tx: Transaction) -> str:
        await adding(name)(tx)
        await tx.run("add_blob", sha256=name, size=size, encoding="identity", body=name.encode() * size)
        return name

    return add


async def allow_pages(store: SqliteStore, more: int | None) -> None:
    """Let the file grow by so many pages and no further; None: as it likes."""
    async with store._writer.execute("pragma page_count") as found:
        row: Any = await found.fetchone()
    most = 2**30 if more is None else row["page_count"] + more
    await (await store._writer.execute(f"pragma max_page_count = {most}")).close()


@pytest.mark.parametrize("room", [0, 2, 7, 20])
async def test_f4_on_a_full_disk_nobody_is_told_of_a_row_that_is_not_there(
    store: SqliteStore, file: Path, room: int
) -> None:
    await store.write(adding("before"))
    await allow_pages(store, room)
    asked = [store.write(adding_much(f"p{number:02}")) for number in range(40)]
    results = await asyncio.gather(*asked, return_exceptions=True)
    told = sorted(each for each in results if isinstance(each, str))
    failed = [each for each in results if not isinstance(each, str)]
    assert len(failed) > 10
    assert {type(each) for each in failed} == {NoRoom}
    assert {str(each) for each in failed} == {FULL}
    assert in_the_file(file) == ["before", *told]
    await allow_pages(store, None)
    assert await store.write(adding_much("zz-after")) == "zz-after"
    assert in_the_file(file) == ["before", *told, "zz-after"]


async def test_f4_what_is_small_still_fits_beside_what_does_not(store: SqliteStore, file: Path) -> None:
    await allow_pages(store, 10)
    huge, small = await asyncio.gather(
        store.write(adding_much("huge", 500_000)), store.write(adding("small")), return_exceptions=True
    )
    assert isinstance(huge, NoRoom)
    assert isinstance(small, int)
    assert in_the_file(file) == ["small"]


async def test_f4_reading_goes_on_while_nothing_can_be_written(store: SqliteStore) -> None:
    await store.write(adding("before"))
    await allow_pages(store, 0)
    with pytest.raises(TryLater):
        await store.write(adding_much("p", 100_000))
    assert await there(store) == ["before"]


IN_A_CHILD = """
import asyncio, json, logging, resource, signal, sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from tests.store.persons import adding, in_the_file
from tests.store.test_store_faults import adding_much
from spocd.store.sqlite import SqliteStore

async def main(file):
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    logging.disable(logging.CRITICAL)
    store = await SqliteStore.open(file, create=True)
    await store.write(adding("before"))
    size = max(each.stat().st_size for each in file.parent.glob("desk.db*"))
    resource.setrlimit(resource.RLIMIT_FSIZE, (size + int(sys.argv[3]), resource.RLIM_INFINITY))
    rounds = []
    for turn in range(3):
        asked = [store.write(adding_much(f"p{turn}{number:02}", 2000)) for number in range(30)]
        results = await asyncio.gather(*asked, return_exceptions=True)
        rounds.append([each if isinstance(each, str) else type(each).__name__ for each in results])
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    after = await store.write(adding_much("zz-after", 2000))
    seen = in_the_file(file)
    await store.close()
    print(json.dumps({"rounds": rounds, "after": after, "seen": seen, "closed": in_the_file(file)}))

asyncio.run(main(Path(sys.argv[1])))
"""


@pytest.mark.parametrize("room", [0, 4096, 50_000, 200_000])
def test_f4_when_writing_fails_nobody_is_told_of_a_row_that_is_not_there(file: Path, room: int) -> None:
    """RLIMIT_FSIZE makes write(2) fail, which SQLite sees as an I/O error: in the middle of a group, and at commits."""
    here = str(Path(__file__).parents[2])
    done = subprocess.run(
        [sys.executable, "-c", IN_A_CHILD, str(file), here, str(room)], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    results = [each for turn in answer["rounds"] for each in turn]
    told = [each for each in results if each != "TryLater"]
    assert all(each.startswith("p") for each in told), "only TryLater is told beside results"
    assert "TryLater" in results
    assert answer["after"] == "zz-after"
    assert answer["seen"] == sorted(["before", *told, "zz-after"])
    assert answer["closed"] == answer["seen"]
    with contextlib.closing(sqlite3.connect(file)) as connection:
        assert connection.execute("pragma integrity_check").fetchall() == [("ok",)]


HOLDER = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("begin immediate")
print("held", flush=True)
sys.stdin.readline()
connection.execute("commit")
"""


@contextlib.contextmanager
def held(file: Path) -> Iterator[None]:
    """Another process holds the database for as long as this lasts."""
    process = subprocess.Popen(
        [sys.executable, "-I", "-c", HOLDER, str(file)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        assert process.stdout.readline() == "held\n"
        yield
    finally:
        process.communicate("\n", timeout=10)


async def test_f6_a_database_that_another_process_holds_is_temporary(store: SqliteStore, file: Path) -> None:
    await store.write(adding("before"))
    with held(file):
        started = time.monotonic()
        results = await asyncio.gather(*(store.write(adding("p")) for _ in range(50)), return_exceptions=True)
        waited = time.monotonic() - started
        assert {type(each) for each in results} == {TryLater}
        assert await there(store) == ["before"], "reading needs no lock"
    assert waited < 2, "all of a group wait once, not each in its turn"
    await store.write(adding("later"))
    assert await there(store) == ["before", "later"]


async def test_f6_what_is_held_for_a_moment_is_waited_for(file: Path) -> None:
    store = await SqliteStore.open(file, create=True, busy=10)
    with held(file):
        asked = asyncio.create_task(store.write(adding("p")))
        await asyncio.sleep(0.2)
        assert not asked.done()
    await asyncio.wait_for(asked, 5)
    await store.close()
    assert in_the_file(file) == ["p"]


async def test_f6_a_database_that_is_held_at_the_start_opens_all_the_same(file: Path) -> None:
    await (await SqliteStore.open(file, create=True)).close()
    with held(file):
        store = await SqliteStore.open(file, create=False, busy=0.2)
        assert await there(store) == []
        await store.close()


async def test_a_database_that_is_locked_whole_is_tried_later_and_no_fault_of_configuration(file: Path) -> None:
    await (await SqliteStore.open(file, create=True)).close()
    with contextlib.closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("pragma locking_mode = exclusive")
        other.execute("begin exclusive")
        with pytest.raises(TryLater, match="is locked by another process"):
            await SqliteStore.open(file, create=False, busy=0.2)


def garbage(file: Path) -> None:
    file.write_bytes(b"this is no database at all, whatever its name says" * 100)


def spoilt_header(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[:16] = bytes(16)
    file.write_bytes(content)


def spoilt_schema(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[100:400] = bytes(300)
    file.write_bytes(content)


def cut_short(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:5000])


@pytest.mark.parametrize("spoil", [garbage, spoilt_header, spoilt_schema, cut_short])
@pytest.mark.parametrize("create", [False, True])
async def test_f7_a_file_that_is_no_database_stops_the_start_and_stays(file: Path, spoil: Any, create: bool) -> None:
    await (await SqliteStore.open(file, create=True)).close()
    spoil(file)
    content = file.read_bytes()
    with pytest.raises(Misconfigured) as wrong:
        await SqliteStore.open(file, create=create)
    assert str(file) in str(wrong.value)
    assert "SQLite cannot use it" in str(wrong.value)
    assert "Restore it from a backup" in str(wrong.value)
    assert file.read_bytes() == content, "nothing is ever mended by deleting"


async def test_f7_no_file_is_a_sentence_that_says_how_to_make_one(file: Path) -> None:
    with pytest.raises(Misconfigured, match=r"there is no database\. Make a desk first: spocd init DIR --address"):
        await SqliteStore.open(file, create=False)
    assert not file.exists()


async def test_f7_a_folder_in_its_place_is_no_database(file: Path) -> None:
    file.mkdir()
    with pytest.raises(Misconfigured, match="It must be a file that this user may read and write"):
        await SqliteStore.open(file, create=False)


async def test_a_link_is_not_followed_when_a_database_is_made(file: Path, tmp_path: Path) -> None:
    target = tmp_path / "elsewhere"
    file.symlink_to(target)
    with pytest.raises(OSError, match="symbolic link"):
        await SqliteStore.open(file, create=True)
    assert not target.exists()


async def version_set_to(file: Path, statement: str) -> None:
    await (await SqliteStore.open(file, create=True)).close()
    with contextlib.closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.execute(textwrap.dedent(statement))


async def test_f30_a_newer_schema_is_refused_by_name(file: Path) -> None:
    await version_set_to(file, "insert into schema_migration values (99, 'later', 0)")
    for create in (False, True):
        with pytest.raises(Misconfigured, match=r"made by a newer spocd \(schema 99, .* Upgrade spocd\."):
            await SqliteStore.open(file, create=create)


async def test_f30_an_older_schema_says_how_it_is_migrated(file: Path) -> None:
    await version_set_to(file, "update schema_migration set version = -version")
    with pytest.raises(Misconfigured, match=r"schema -\d+ is older than this spocd .* Run: spocd db migrate"):
        await SqliteStore.open(file, create=False)
