"""F4, F5, F6: the disk is full, takes no more or is read-only, or somebody else holds the database."""

from __future__ import annotations

import contextlib
import os
import smtplib
import socket
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.missing import need
from tests.e2e.small_disk import DeskOnSmallDisk, small_disk
from tests.e2e.strace import cannot_trace, injected
from tests.running import ADDRESS, RunningDesk, eventually, written

pytestmark = pytest.mark.sqlite


def by_smtp(desk: RunningDesk, subject: str) -> str:
    """What the desk answers to a mail, however it is: a code and a text."""
    with smtplib.SMTP(*desk.smtp, timeout=60) as client:
        client.ehlo()
        client.mail("ann@client.example")
        client.rcpt(ADDRESS)
        code, text = client.data(written("Words.", subject=subject).as_bytes())
        return f"{code} {text.decode()}"


@contextlib.contextmanager
def opened_folder(folder: Path) -> Iterator[int]:
    descriptor = os.open(folder, os.O_PATH)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def by_lmtp(desk: RunningDesk, subject: str) -> str:
    # By way of the folder's descriptor: the whole path is longer than the name of a socket may be.
    with opened_folder(desk.folder / "run") as run, smtplib.LMTP(f"/proc/self/fd/{run}/lmtp") as client:
        assert isinstance(client.sock, socket.socket)
        client.sock.settimeout(60)
        client.ehlo()
        client.mail("ann@client.example")
        client.rcpt(ADDRESS)
        code, text = client.data(written("Words.", subject=subject).as_bytes())
        return f"{code} {text.decode()}"


def by_pipe(desk: RunningDesk, subject: str) -> int:
    raw = written("Words.", subject=subject).as_bytes()
    return desk.run("pipe", "--sender", "ann@client.example", stdin=raw).code


def refuses_for_now(desk: RunningDesk, reply: str) -> None:
    """Whichever way a mail comes, its sender keeps it; what reads goes on, and what writes says that it may later."""
    assert by_smtp(desk, "By SMTP").startswith(reply)
    assert by_lmtp(desk, "By LMTP").startswith(reply)
    assert by_pipe(desk, "By pipe") == 75
    assert [each["subject"] for each in desk.json("ticket", "list")] == ["Before"]
    told = desk.run("ticket", "note", "1", "-b", "Not now.")
    assert told.code == 75
    assert "nothing was changed" in told.err


def is_well(desk: RunningDesk) -> None:
    """Without anybody's help: mail comes in, each once, and its acknowledgement goes out."""
    eventually(lambda: by_smtp(desk, "After")[:3] == "250", "the desk to take mail again", within=60)
    desk.settled()
    subjects = [each["subject"] for each in desk.json("ticket", "list")]
    assert sorted(subjects) == ["After", "Before"]
    assert desk.run("db", "check").code == 0
    assert desk.stop() == 0


def begun(desk: RunningDesk) -> RunningDesk:
    """A desk with one ticket, which acknowledges to everybody."""
    desk.change(unknown_an_hour=100_000)
    desk.start()
    assert by_smtp(desk, "Before")[:3] == "250"
    desk.settled()
    return desk


@pytest.fixture
def on_small_disk(tmp_path: Path) -> Iterator[DeskOnSmallDisk]:
    with contextlib.ExitStack() as stack:
        try:
            desk = stack.enter_context(small_disk(tmp_path / "small", "8m"))
        except OSError as error:
            need(f"there is no mount namespace to be had: {error}")
        yield desk


def test_f4_a_full_disk_puts_mail_off_with_452_and_all_is_well_once_there_is_room(
    on_small_disk: DeskOnSmallDisk,
) -> None:
    desk = on_small_disk
    desk.change(max_mail=65536)
    begun(desk)
    assert desk.json("health")["status"] == "ok"
    desk.fill()
    eventually(lambda: by_smtp(desk, "Too much")[:3] != "250", "the last room in the log to be used up")
    # What found room before it was full is no less stored.
    before = [each for each in desk.json("ticket", "list") if each["subject"] == "Too much"]
    assert before == []
    refuses_for_now(desk, "452 4.3.1")
    health = desk.run("health", "--json")
    assert (health.code, health.json["status"]) == (9, "warning")
    assert "only 0 MiB of disk are free" in health.json["faults"][0]
    desk.make_room()
    is_well(desk)


def limit_of_file_size(desk: RunningDesk, octets: int | None) -> None:
    """RLIMIT_FSIZE of a running daemon: a write past it fails, which to SQLite is an I/O error."""
    import resource

    assert desk.process is not None
    _, most = resource.prlimit(desk.process.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(desk.process.pid, resource.RLIMIT_FSIZE, (most if octets is None else octets, most))


def test_f4_files_that_may_not_grow_put_mail_off(tmp_path: Path) -> None:
    desk = begun(RunningDesk.made(tmp_path / "desk"))
    try:
        limit_of_file_size(desk, 4096)
        refuses_for_now(desk, "451 4.3.0")
        limit_of_file_size(desk, None)
        is_well(desk)
    finally:
        stopped(desk)


@pytest.mark.parametrize("error", ["EROFS", "EIO", "EDQUOT"])
def test_f5_a_disk_that_refuses_every_write_puts_mail_off(tmp_path: Path, error: str) -> None:
    need(cannot_trace())
    desk = begun(RunningDesk.made(tmp_path / "desk"))
    try:
        assert desk.process is not None
        with injected(desk.process.pid, f"pwrite64:error={error}", paths=list(desk.folder.glob("desk.db*"))):
            refuses_for_now(desk, "451 4.3.0")
        is_well(desk)
    finally:
        stopped(desk)


def test_f5_a_sync_that_fails_is_no_commit(tmp_path: Path) -> None:
    need(cannot_trace())
    desk = begun(RunningDesk.made(tmp_path / "desk"))
    try:
        assert desk.process is not None
        with injected(desk.process.pid, "fdatasync:error=EIO", paths=[desk.folder / "desk.db-wal"]):
            refuses_for_now(desk, "451 4.3.0")
        is_well(desk)
    finally:
        stopped(desk)


def test_f6_a_database_that_somebody_holds_is_waited_for_and_then_mail_is_put_off(tmp_path: Path) -> None:
    desk = begun(RunningDesk.made(tmp_path / "desk"))
    try:
        with contextlib.closing(sqlite3.connect(desk.folder / "desk.db", isolation_level=None)) as other:
            other.execute("begin immediate")
            started = time.monotonic()
            assert by_smtp(desk, "By SMTP").startswith("451 4.3.0")
            # Five seconds for those that were already waiting, five of its own; the rest is for a slow machine.
            assert 5 <= time.monotonic() - started < 30
            assert desk.json("health")["status"] == "ok", "what reads needs no lock"
            assert by_pipe(desk, "By pipe") == 75
            other.execute("rollback")
        is_well(desk)
    finally:
        stopped(desk)


def stopped(desk: RunningDesk) -> None:
    if desk.process is not None:
        desk.kill()
