"""Watching a real desk: what happens is told as it happens, across a restart, and to nobody who may not see it."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import pty
import queue
import signal
import struct
import subprocess
import termios
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import varlink

from tests.running import SPOCD, RunningDesk, eventually


class Watcher:
    """A command that goes on until it is ended; its lines as they come."""

    def __init__(self, desk: RunningDesk, *words: str) -> None:
        self.process = subprocess.Popen(
            [SPOCD, *words],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=os.environ | {"SPOCD_CONFIG": str(desk.config)},
            text=True,
        )
        self.lines: queue.Queue[str] = queue.Queue()
        self.said: list[str] = []
        self._threads = [
            threading.Thread(target=lambda: [self.lines.put(line) for line in self.process.stdout or ()]),
            threading.Thread(target=lambda: self.said.extend(self.process.stderr or ())),
        ]
        for each in self._threads:
            each.start()

    def next(self) -> Any:
        """What is told next, but for acknowledgements."""
        told = json.loads(self.lines.get(timeout=20))
        return self.next() if told.get("event") == "acknowledged" else told

    def events(self, count: int) -> list[tuple[int, str]]:
        return [(event["ticket"], event["event"]) for event in (self.next() for _ in range(count))]

    def end(self, number: int = signal.SIGINT) -> int:
        if self.process.poll() is None:
            self.process.send_signal(number)
        code = self.process.wait(timeout=15)
        for each in self._threads:
            each.join()
        for stream in (self.process.stdout, self.process.stderr):
            if stream is not None:
                stream.close()
        return code


@contextlib.contextmanager
def watching(desk: RunningDesk, *words: str) -> Iterator[Watcher]:
    watcher = Watcher(desk, *words)
    try:
        yield watcher
    finally:
        watcher.end(signal.SIGKILL)


def opened(desk: RunningDesk, *subjects: str) -> None:
    for subject in subjects:
        desk.call("ticket.new", requester="ann@client.example", subject=subject)


def test_what_happens_is_told_and_nothing_twice_when_the_daemon_restarts(desk: RunningDesk) -> None:
    opened(desk, "One", "Two")
    with watching(desk, "ticket", "watch", "--after", "0", "-o", "jsonl") as watcher:
        before = [watcher.next() for _ in range(2)]
        assert [(each["ticket"], each["event"], each["subject"]) for each in before] == [
            (1, "opened", "One"),
            (2, "opened", "Two"),
        ]
        desk.call("ticket.note", ticket=1, body="Looked at it.")
        assert watcher.events(1) == [(1, "note")]
        assert desk.stop() == 0
        eventually(lambda: any("has gone" in line for line in watcher.said), "the watcher to say that the desk is away")
        desk.start()
        desk.call("ticket.note", ticket=2, body="And at this.")
        desk.send("By mail.", subject="Three")
        after = [watcher.next() for _ in range(2)]
        assert (after[0]["ticket"], after[0]["event"]) == (2, "note")
        numbers = [each["id"] for each in (*before, *after)]
        assert numbers == sorted(set(numbers))
        eventually(
            lambda: any("there again" in line for line in watcher.said), "it to say that the desk is there again"
        )
        assert watcher.end() == 130


def test_one_ticket_is_watched_until_enough_has_happened(desk: RunningDesk) -> None:
    opened(desk, "One", "Two")
    with watching(desk, "ticket", "watch", "#2", "--after", "0", "--limit", "3", "-o", "jsonl") as watcher:
        assert watcher.events(1) == [(2, "opened")]
        desk.call("ticket.note", ticket=1, body="Another matter.")
        desk.call("ticket.note", ticket=2, body="This one.")
        assert watcher.events(1) == [(2, "note")]
        assert watcher.process.wait(timeout=15) == 0


def test_the_lines_of_a_table_tell_who_did_what(desk: RunningDesk) -> None:
    opened(desk, "Printer on fire")
    said = desk.run("ticket", "watch", "--after", "0", "--limit", "1")
    assert said.code == 0
    assert said.out.split("  ", 1)[1].strip() == "#1       opened by root: Printer on fire"


def test_without_a_daemon_there_is_nothing_to_watch(desk: RunningDesk) -> None:
    opened(desk, "One")
    assert desk.stop() == 0
    for words in (("ticket", "watch"), ("ticket", "list", "--watch", "-o", "jsonl")):
        said = desk.run(*words)
        assert (said.code, said.out) == (69, "")
        assert "not running" in said.err


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("ticket", "watch", "-o", "json"), "no end"),
        (("ticket", "list", "--watch"), "draws on a terminal"),
        (("ticket", "list", "--watch", "--all", "-o", "jsonl"), "leave out --all"),
        (("ticket", "watch", "x"), "not the number"),
    ],
)
def test_what_cannot_be_watched_is_a_usage_error(desk: RunningDesk, words: tuple[str, ...], says: str) -> None:
    said = desk.run(*words)
    assert said.code == 2
    assert says in said.err


def test_a_ticket_that_is_not_there_is_3(desk: RunningDesk) -> None:
    assert desk.run("ticket", "watch", "9").code == 3


def test_a_list_tells_the_rows_that_change_and_those_that_go(desk: RunningDesk) -> None:
    opened(desk, "One", "Two")
    words = ("ticket", "list", "--watch", "--sort", "oldest", "-o", "jsonl", "--fields", "number,subject,state")
    with watching(desk, *words) as watcher:
        assert [watcher.next()["number"] for _ in range(2)] == [1, 2]
        desk.call("ticket.pend", ticket=1, until=2_000_000_000)
        assert watcher.next() == {"number": 1, "subject": "One", "state": "pending"}
        desk.call("ticket.close", ticket=2)
        assert watcher.next() == {"number": 2, "listed": False}
        assert watcher.end() == 130


def test_a_list_is_drawn_again_on_a_terminal(desk: RunningDesk) -> None:
    opened(desk, "One", *(f"Another {number}" for number in range(20)))
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 10, 60, 0, 0))
    environment = os.environ | {"SPOCD_CONFIG": str(desk.config), "TERM": "xterm"}
    process = subprocess.Popen([SPOCD, "ticket", "list", "--watch"], stdin=theirs, stdout=theirs, env=environment)
    os.close(theirs)
    shown = b""

    def drawn(times: int) -> list[str]:
        """The lines of the screen once it was drawn so many times, all of them there."""
        nonlocal shown
        while True:
            *_, screen = screens = shown.decode(errors="replace").replace("\r\n", "\n").split("\x1b[2J")
            if len(screens) > times and screen.count("\n") == 9:
                return screen.splitlines()
            shown += os.read(ours, 4096)

    assert len(drawn(1)) == 9
    opened(desk, "A newer")
    assert drawn(2)[1].startswith("22 ")
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=15) == 130
    os.close(ours)


def test_an_independent_varlink_client_watches(desk: RunningDesk) -> None:
    remote = varlink.Client.new_with_address(f"unix:{desk.folder / 'run' / 'control'}")
    with remote.open("org.spocd.ticket") as ticket:
        pages = ticket.Watch(_more=True)
        assert next(pages)["events"] == []
        opened(desk, "One")
        event = next(pages)["events"][0]
        assert (event["ticket"], event["event"]) == (1, "opened")
        assert desk.stop() == 0
        with pytest.raises(varlink.VarlinkError) as raised:
            next(pages)
        assert "stopping" in raised.value.parameters()["sentence"]
