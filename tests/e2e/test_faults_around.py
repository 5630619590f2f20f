"""F14, F32, F33: what is around a desk goes wrong: its clock, its log, its memory, and its own process."""

from __future__ import annotations

import contextlib
import fcntl
import os
import resource
import signal
import smtplib
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.e2e.missing import faketime
from tests.running import ADDRESS, SPOCD, RunningDesk, eventually, running_desk, written

MANY = 60  # mails: their lines in the log are more than a pipe holds
F_SETPIPE_SZ = 1031


@contextmanager
def reader_that_is_gone() -> Iterator[int]:
    read, write = os.pipe()
    os.close(read)
    yield write
    os.close(write)


@contextmanager
def reader_that_stands_still() -> Iterator[int]:
    read, write = os.pipe()
    fcntl.fcntl(write, F_SETPIPE_SZ, 4096)
    yield write
    os.close(read)
    os.close(write)


@contextmanager
def full_disk() -> Iterator[int]:
    write = os.open("/dev/full", os.O_WRONLY)
    yield write
    os.close(write)


def stored(desk: RunningDesk, subject: str) -> bool:
    """Whether a mail was acknowledged, by a desk that may not be there yet."""
    with contextlib.suppress(OSError), smtplib.SMTP(*desk.smtp, timeout=60) as client:
        return client.sendmail("ann@client.example", [ADDRESS], written("Words.", subject=subject).as_bytes()) == {}
    return False


@pytest.mark.parametrize("log", [reader_that_is_gone, reader_that_stands_still, full_disk])
def test_f32_a_log_that_nobody_takes_stops_no_mail(
    tmp_path: Path, log: Callable[[], contextlib.AbstractContextManager[int]]
) -> None:
    desk = RunningDesk.made(tmp_path / "desk")
    with log() as descriptor:
        process = subprocess.Popen(
            [SPOCD, "--config", str(desk.config), "serve"],
            stdin=subprocess.DEVNULL,
            stdout=descriptor,
            stderr=descriptor,
        )
        try:
            eventually(lambda: stored(desk, "First"), "the desk to take mail", within=60)
            assert all(stored(desk, f"Mail {number}") for number in range(MANY))
            desk.settled()
            process.send_signal(signal.SIGTERM)
            assert process.wait(timeout=60) == 0
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
    [[count]] = desk.sql("select count(*) from ticket")
    assert int(count) == MANY + 1


def test_f32_a_reader_that_comes_back_is_told_what_it_has_missed(tmp_path: Path) -> None:
    desk = RunningDesk.made(tmp_path / "desk")
    read, write = os.pipe()
    fcntl.fcntl(write, F_SETPIPE_SZ, 4096)
    process = subprocess.Popen([SPOCD, "--config", str(desk.config), "serve"], stdout=write, stderr=write)
    os.close(write)
    try:
        eventually(lambda: stored(desk, "First"), "the desk to take mail", within=60)
        assert all(stored(desk, f"Mail {number}") for number in range(MANY))
        said: list[bytes] = []
        reader = threading.Thread(target=lambda: said.extend(iter(lambda: os.read(read, 1 << 16), b"")))
        reader.start()
        assert stored(desk, "Last")
        eventually(lambda: b"were not taken" in b"".join(said), "the log to say what was lost")
        desk.settled()
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=60) == 0
        reader.join()
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
    os.close(read)
    assert b"lines of the log were lost: they were not taken" in b"".join(said)
    assert b"stopping: finishing what is in hand" in b"".join(said)


@pytest.mark.parametrize("locale", ["C", "POSIX", "de_DE.ISO-8859-1"])
def test_f32_the_locale_makes_no_difference(tmp_path: Path, locale: str) -> None:
    desk = RunningDesk.made(tmp_path / "desk")
    desk.environment = {"LC_ALL": locale, "LANG": locale, "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    desk.start()
    try:
        desk.send("Grüße aus Århus, Привет", sender="Åse Ødegård <aase@client.example>", subject="Blåbærgrød Привет")
        row = desk.placed()
        ticket = desk.call("ticket.view", ticket=row["ticket"])
        assert ticket["subject"] == "Blåbærgrød Привет"
        assert "Привет" in ticket["messages"][0]["text"]
        assert "Traceback" not in desk.log
        assert desk.stop() == 0
    finally:
        if desk.process is not None:
            desk.kill()


def test_f32_files_are_closed_to_others_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        with running_desk(tmp_path / "desk") as desk:
            desk.send()
            desk.settled()
            open_to_others = [
                each.name
                for each in desk.folder.rglob("*")
                if each.is_file() and each.name not in ("spocd.toml", "log") and each.stat().st_mode & 0o077
            ]
            assert open_to_others == []
            assert desk.stop() == 0
    finally:
        os.umask(before)


def limit_of_memory(process: int, octets: int) -> None:
    _, most = resource.prlimit(process, resource.RLIMIT_AS)
    resource.prlimit(process, resource.RLIMIT_AS, (octets, most))


def size_of(process: int) -> int:
    [size] = [line for line in Path(f"/proc/{process}/status").read_text().splitlines() if line.startswith("VmSize")]
    return int(size.split()[1]) * 1024


@pytest.mark.parametrize("spare", [0, 1, 4, 16, 64], ids=lambda spare: f"{spare} MiB to spare")
def test_f33_too_little_memory_puts_mail_off_and_loses_none(tmp_path: Path, spare: int) -> None:
    """With several large mails at once. The daemon may even end of it, as the kernel ends one for want of memory."""
    with running_desk(tmp_path / "desk", unknown_an_hour=100_000) as desk:
        assert desk.process is not None
        limit_of_memory(desk.process.pid, size_of(desk.process.pid) + spare * 2**20)
        subjects = [f"Large {number}" for number in range(6)]
        answers: dict[str, int] = {}
        clients = [threading.Thread(target=_large, args=(desk, subject, answers)) for subject in subjects]
        for client in clients:
            client.start()
        for client in clients:
            client.join(timeout=150)
            assert not client.is_alive(), "a client was left without an answer"
        assert {code // 100 for code in answers.values()} <= {2, 4}, answers
        if desk.process.poll() is None:
            limit_of_memory(desk.process.pid, resource.RLIM_INFINITY)
        else:
            desk.start()
        eventually(lambda: stored(desk, "After"), "the desk to take mail again", within=60)
        eventually(lambda: not desk.call("desk.health")["inbox"]["waiting"], "all to be placed", within=100)
        found = {subject for (subject,) in desk.sql("select subject from ticket")}
        assert found >= {"After", *(subject for subject, code in answers.items() if code == 250)}
        assert desk.run("db", "check").code == 0


def _large(desk: RunningDesk, subject: str, answers: dict[str, int]) -> None:
    mail = written("0123456789abcdef" * 4096 * 64, subject=subject).as_bytes()
    with contextlib.suppress(OSError, smtplib.SMTPServerDisconnected), smtplib.SMTP(*desk.smtp, timeout=120) as client:
        client.ehlo()
        client.mail("ann@client.example")
        client.rcpt(ADDRESS)
        answers[subject] = client.data(mail)[0]


ENDED_FROM_WITHIN = """
import signal, sys
from pathlib import Path
from spocd.daemon import serve

def end(number, frame):
    sys.exit(0)

signal.signal(signal.SIGUSR1, end)
sys.exit(serve(Path(sys.argv[1])))
"""


def test_a_daemon_that_something_within_it_ends_ends_with_an_error_and_its_log_says_so(tmp_path: Path) -> None:
    """Code 0 would be the end of it: systemd starts again only what has failed."""
    desk = RunningDesk.made(tmp_path / "desk")
    with open(desk.folder / "log", "wb") as log:
        process = subprocess.Popen([sys.executable, "-c", ENDED_FROM_WITHIN, str(desk.config)], stdout=log, stderr=log)
    try:
        eventually(lambda: "ready address=" in desk.log, "the daemon", within=60)
        assert stored(desk, "Before")
        code = _struck(desk, process)
        # It may strike within PostgreSQL's driver, which then crashes: a failure to systemd all the same.
        assert code in (1, *([-signal.SIGSEGV] if desk.is_on_postgres else []))
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
    if code == 1:
        assert "the daemon was ended from within" in desk.log or "the end took longer than" in desk.log
    desk.start()
    desk.settled()
    assert "Before" in [each["subject"] for each in desk.json("ticket", "list")]
    assert desk.stop() == 0


def _struck(desk: RunningDesk, process: subprocess.Popen[bytes]) -> int:
    """The code with which it ended. On PostgreSQL it may strike an operation, which is undone, and the desk goes on."""
    for number in range(8):
        process.send_signal(signal.SIGUSR1)
        with contextlib.suppress(subprocess.TimeoutExpired):
            return process.wait(timeout=15)
        assert desk.is_on_postgres
        assert stored(desk, f"It serves on {number}"), "neither did it end nor does it serve"
    raise AssertionError(f"it did not end:\n{desk.log}")


HELD_UP = """
import sys, threading
from pathlib import Path
from spocd.daemon import serve

threading.Thread(target=threading.Event().wait).start()
sys.exit(serve(Path(sys.argv[1])))
"""


def test_a_daemon_whose_end_something_holds_up_ends_all_the_same_and_loses_nothing(tmp_path: Path) -> None:
    desk = RunningDesk.made(tmp_path / "desk")
    with open(desk.folder / "log", "wb") as log:
        process = subprocess.Popen([sys.executable, "-c", HELD_UP, str(desk.config)], stdout=log, stderr=log)
    try:
        eventually(lambda: "ready address=" in desk.log, "the daemon", within=60)
        assert stored(desk, "Before")
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == 1
    finally:
        process.kill()
        process.wait()
    assert "the end took longer than 12 s and is cut short" in desk.log
    desk.start()
    desk.settled()
    assert [each["subject"] for each in desk.json("ticket", "list")] == ["Before"]
    assert desk.stop() == 0


def test_f14_a_clock_that_jumps_neither_stops_the_desk_nor_breaks_a_thread(tmp_path: Path) -> None:
    clock = tmp_path / "clock"
    clock.write_text("+0")
    desk = RunningDesk.made(tmp_path / "desk").change(unknown_an_hour=100_000)
    desk.environment = {
        "LD_PRELOAD": faketime(),
        "FAKETIME_TIMESTAMP_FILE": str(clock),
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    }
    desk.start()
    try:
        desk.send(sender="ann@client.example", subject="Printer")
        acknowledgement = desk.last_letter()
        for number, jump in enumerate(["+1d", "-1d", "-10y", "+10y", "+0"], start=2):
            clock.write_text(jump)
            desk.send(sender=f"p{number}@client.example", subject=f"At {jump}")
            assert desk.placed()["ticket"] == number, "tickets are numbered in the order in which they come"
            desk.settled()
            assert len(desk.letters(f"p{number}@client.example")) == 1
            desk.send(
                f"Again at {jump}.", sender="ann@client.example", to=str(acknowledgement["Reply-To"]), subject="x"
            )
            row = desk.placed()
            assert (row["fate"], row["ticket"]) == ("appended", 1)
        assert desk.stop() == 0
        assert "Traceback" not in desk.log
    finally:
        if desk.process is not None:
            desk.kill()
