"""F7, F30: a database that cannot be used ends `spocd serve` with 78 and what to do, and is left as it is."""

from __future__ import annotations

import contextlib
import hashlib
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.running import eventually, running_desk

pytestmark = pytest.mark.sqlite
RESTORE = "Restore it from a backup; docs/operating.md says how"


def garbage(file: Path) -> None:
    file.write_bytes(b"this is no database at all, whatever its name says" * 100)


def spoilt_schema(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[100:400] = bytes(300)
    file.write_bytes(content)


def cut_short(file: Path) -> None:
    # What was written last stands in the log, so it must be gone for the file to be all that there is.
    file.with_name("desk.db-wal").unlink(missing_ok=True)
    file.with_name("desk.db-shm").unlink(missing_ok=True)
    file.write_bytes(file.read_bytes()[:5000])


def without_log(file: Path) -> None:
    file.with_name("desk.db-wal").unlink()


def changed(statement: str) -> Callable[[Path], None]:
    def change(file: Path) -> None:
        with contextlib.closing(sqlite3.connect(file, isolation_level=None)) as connection:
            connection.execute(statement)

    return change


SPOILT = [
    pytest.param(garbage, RESTORE, id="garbage"),
    pytest.param(spoilt_schema, RESTORE, id="a spoilt schema"),
    pytest.param(cut_short, RESTORE, id="cut short"),
    pytest.param(without_log, "Put it back", id="its log is gone"),
    pytest.param(
        changed("insert into schema_migration values (99, 'later', 0)"), "Upgrade spocd", id="of a newer spocd"
    ),
    pytest.param(
        changed("update schema_migration set version = -version"), "Run: spocd db migrate", id="of an older spocd"
    ),
]


def sums(folder: Path) -> dict[str, str]:
    """What each file of the database holds; the index of its log is SQLite's own and holds nothing."""
    files = [each for each in folder.glob("desk.db*") if not each.name.endswith(("-shm", "-lock"))]
    return {each.name: hashlib.sha256(each.read_bytes()).hexdigest() for each in files}


@pytest.mark.parametrize(("spoil", "remedy"), SPOILT)
def test_f7_what_cannot_be_used_stops_the_start_says_what_to_do_and_stays(
    tmp_path: Path, spoil: Callable[[Path], None], remedy: str
) -> None:
    with running_desk(tmp_path / "desk") as desk:
        desk.send()
        desk.settled()
        desk.kill()
        spoil(desk.folder / "desk.db")
        before = sums(desk.folder)
        for _ in range(2):
            ended = desk.run("serve")
            assert ended.code == 78, ended.err
            assert str(desk.folder / "desk.db") in ended.err
            assert remedy in ended.err
            assert "Traceback" not in ended.err
        # A log that is whole may have been moved into its file; nothing may have gone.
        assert sums(desk.folder).keys() >= before.keys() - {"desk.db-wal"}
        if spoil in (garbage, without_log):
            assert sums(desk.folder) == before
        assert desk.run("pipe", stdin=b"From: ann@client.example\n\nWords.\n").code == 75


def test_f7_a_log_that_is_put_back_is_all_that_was_missing(tmp_path: Path) -> None:
    with running_desk(tmp_path / "desk") as desk:
        desk.send(subject="Before")
        desk.settled()
        desk.kill()
        log = desk.folder / "desk.db-wal"
        log.rename(tmp_path / "away")
        assert desk.run("serve").code == 78
        assert desk.run("db", "check").code == 78
        (tmp_path / "away").rename(log)
        desk.start()
        assert [each["subject"] for each in desk.json("ticket", "list")] == ["Before"]


def test_f7_damage_that_shows_later_puts_mail_off_and_the_check_finds_it(tmp_path: Path) -> None:
    with running_desk(tmp_path / "desk") as desk:
        desk.send()
        desk.settled()
        assert desk.stop() == 0
        [[page]] = desk.sql("select rootpage from sqlite_master where name = 'message'")
        with open(desk.folder / "desk.db", "r+b") as file:
            file.seek((int(page) - 1) * 4096)
            file.write(b"\xff" * 4096)
        desk.start()
        viewed = desk.run("ticket", "view", "1")
        assert viewed.code == 75
        assert "Run: spocd db check" in viewed.err
        desk.send("Kept for the day on which it can be read.")
        eventually(lambda: "waits: The database is damaged" in desk.log, "the mail to be put back")
        assert desk.json("health")["inbox"]["waiting"] == 1, "it is neither lost nor made into something else"
        checked = desk.run("db", "check")
        assert checked.code == 78
        assert str(desk.folder / "desk.db") in checked.err
