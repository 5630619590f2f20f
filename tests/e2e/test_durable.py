"""F2: nobody is told that a mail is stored before the disk has said so. What the system calls show."""

from __future__ import annotations

import smtplib
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.missing import need
from tests.e2e.strace import calls, cannot_trace, late_answers, traced
from tests.running import ADDRESS, RunningDesk, written

ANSWER = "250 2.6.0"
MAILS = 20


@pytest.fixture
def quiet_desk(tmp_path: Path) -> RunningDesk:
    need(cannot_trace())
    return RunningDesk.made(tmp_path / "desk")


def by_smtp(desk: RunningDesk, senders: list[str]) -> None:
    with smtplib.SMTP(*desk.smtp, timeout=60) as client:
        for sender in senders:
            client.sendmail(sender, [ADDRESS], written("Words.", sender=sender).as_bytes())


def by_lmtp(desk: RunningDesk, senders: list[str]) -> None:
    with smtplib.LMTP(str(desk.folder / "run" / "lmtp")) as client:
        assert isinstance(client.sock, socket.socket)
        client.sock.settimeout(60)
        for sender in senders:
            client.sendmail(sender, [ADDRESS], written("Words.", sender=sender).as_bytes())


@pytest.mark.sqlite  # PostgreSQL syncs its own files, and the store asks it whether it does
@pytest.mark.parametrize("deliver", [by_smtp, by_lmtp])
def test_f2_no_250_leaves_before_the_commit_of_its_mail_is_on_disk(
    quiet_desk: RunningDesk, deliver: Callable[[RunningDesk, list[str]], None], tmp_path: Path
) -> None:
    senders = [f"sender-{number}@client.example" for number in range(10, 10 + MAILS)]
    with traced(quiet_desk, tmp_path / "trace"):
        deliver(quiet_desk, senders)
    trace = (tmp_path / "trace").read_text(errors="replace")
    assert late_answers(trace, senders=senders, answer=ANSWER) == []


WRITTEN = '7 pwrite64(9</d/desk.db-wal>, "ann@x", 4096, 0) = 4096\n'
SYNCED = "7 fdatasync(9</d/desk.db-wal>) = 0\n"
ANSWERED = '6 sendto(12<socket:[4]>, "250 2.6.0 stored", 16, 0, NULL, 0) = 16\n'
TRACES = [
    pytest.param((WRITTEN + SYNCED + ANSWERED).replace("7 ", "7     "), "", id="numbers that are padded"),
    pytest.param(WRITTEN + SYNCED + ANSWERED, "", id="in good order"),
    pytest.param(
        WRITTEN + "7 fdatasync(9</d/desk.db-wal> <unfinished ...>\n7 <... fdatasync resumed>) = 0\n" + ANSWERED,
        "",
        id="a sync in two halves",
    ),
    pytest.param(WRITTEN + ANSWERED, "never synced", id="no sync"),
    pytest.param(SYNCED + WRITTEN + ANSWERED, "never synced", id="a sync of what was before"),
    pytest.param(WRITTEN + ANSWERED + SYNCED, "before the sync", id="a sync too late"),
    pytest.param(
        WRITTEN + "7 fdatasync(9</d/desk.db-wal> <unfinished ...>\n" + ANSWERED + "7 <... fdatasync resumed>) = 0\n",
        "before the sync",
        id="an answer while it syncs",
    ),
    pytest.param(
        WRITTEN + "7 fdatasync(9</d/desk.db-wal>) = -1 EIO (Input/output error)\n" + ANSWERED,
        "never synced",
        id="a sync that failed",
    ),
    pytest.param(WRITTEN + "8 fdatasync(9</d/desk.db-wal>) = 0\n" + ANSWERED, "never synced", id="another's sync"),
    pytest.param(WRITTEN + "7 fdatasync(8</d/desk.db>) = 0\n" + ANSWERED, "never synced", id="another file's sync"),
    pytest.param(SYNCED + ANSWERED, "never written", id="nothing written"),
]


@pytest.mark.parametrize(("trace", "why"), TRACES)
def test_a_trace_shows_whether_an_answer_came_too_early(trace: str, why: str) -> None:
    found = late_answers(trace, senders=["ann@x"], answer=ANSWER)
    assert [why in each for each in found] == ([True] if why else [])


def test_a_trace_is_read_in_the_order_of_its_calls() -> None:
    assert [(each.name, each.begun, each.ended) for each in calls(WRITTEN + SYNCED + ANSWERED)] == [
        ("pwrite64", 0, 0),
        ("fdatasync", 1, 1),
        ("sendto", 2, 2),
    ]
