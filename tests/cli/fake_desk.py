"""A desk that answers as it is told, the documents that it answers with, and a way to run the command against it."""

from __future__ import annotations

import fcntl
import os
import pty
import socket
import struct
import subprocess
import sys
import termios
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from spocd.control import wire
from spocd.errors import Refused, TryLater

Answer = Callable[[dict[str, Any]], dict[str, Any]]


class HangUp(Exception):
    """The desk takes a call and goes away without an answer."""


class FakeDesk:
    """A desk on a real control socket: it keeps what it was asked, and answers from a table."""

    def __init__(self, folder: Path) -> None:
        self.config = folder / "spocd.toml"
        self.config.write_text('[desk]\naddress = "desk@example.org"\nzone = "Europe/Helsinki"\n')
        (folder / "run").mkdir()
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.answers: dict[str, Answer] = {}
        self.rehearsal: Answer = lambda _: {}  # whether a text could be sent, before it is written
        self.rehearsed: list[dict[str, Any]] = []
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.bind(str(folder / "run" / "control"))
        self._socket.listen()
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def asked(self, operation: str) -> list[dict[str, Any]]:
        """What an operation was asked with; the random key of a write is left out, a chosen one is not."""
        return [self._without_random_key(parameters) for name, parameters in self.calls if name == operation]

    @staticmethod
    def _without_random_key(parameters: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in parameters.items() if name != "key" or len(value) != 32}

    def close(self) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._socket.close()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            with connection:
                self._answer(connection)

    def _answer(self, connection: socket.socket) -> None:
        frame = b""
        while not frame.endswith(b"\0"):
            block = connection.recv(1 << 16)
            if not block:
                return
            frame += block
        call = wire.decode(frame[:-1])
        operation, parameters = _operation(call["method"]), call["parameters"]
        is_rehearsal = parameters.get("dry_run") and parameters.get("body") == "…"
        if is_rehearsal:
            self.rehearsed.append(parameters)
        else:
            self.calls.append((operation, parameters))
        try:
            answer = {"parameters": (self.rehearsal if is_rehearsal else self.answers[operation])(parameters)}
        except (Refused, TryLater) as error:
            answer = wire.failure(error)
        except HangUp:
            return
        connection.sendall(wire.encode(answer))


def _operation(method: str) -> str:
    noun, verb = method.removeprefix("org.spocd.").split(".")
    words = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in verb)
    return f"{noun}.{words.lstrip('_')}"


class Ended(NamedTuple):
    """How a command line ended."""

    code: int
    out: str
    err: str


def process(*arguments: str, config: Path | None = None, stdin: bytes = b"", **environment: str) -> Ended:
    """Runs the command as a process of its own, with nothing of ours in its environment."""
    named = {"SPOCD_CONFIG": str(config)} if config else {}
    ended = subprocess.run(
        [sys.executable, "-m", "spocd", *arguments],
        input=stdin,
        capture_output=True,
        env={"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "TZ": "UTC"} | named | environment,
        check=False,
    )
    return Ended(ended.returncode, ended.stdout.decode(errors="surrogateescape"), ended.stderr.decode())


def on_a_terminal(desk: FakeDesk, *line: str, columns: int = 60, typed: bytes = b"", **environment: str) -> str:
    """What a command writes on a terminal of so many columns, where somebody has typed ahead."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 100, columns, 0, 0))
    command = [sys.executable, "-m", "spocd", "--config", str(desk.config), *line]
    named = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8", "TERM": "xterm", "TZ": "UTC"} | environment
    with subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, env=named):
        os.close(theirs)
        os.write(ours, typed)
        written = b""
        try:
            while block := os.read(ours, 4096):
                written += block
        except OSError:  # the terminal's way to say that everybody has closed it
            pass
    os.close(ours)
    return written.decode().replace("\r\n", "\n")


def ticket(number: int = 12, **changes: Any) -> dict[str, Any]:
    """The document of a ticket."""
    return {
        "number": number,
        "subject": "Printer on fire",
        "state": "open",
        "kind": "incident",
        "priority": "high",
        "requester": {"name": "Ann Example", "address": "ann@example.org"},
        "assignee": "bob",
        "team": None,
        "service": "it",
        "channel": "mail",
        "opened_at": "2026-08-03T11:00:00Z",
        "updated_at": "2026-08-03T11:05:00Z",
        "due_at": None,
        "rev": 7,
    } | changes


def message(name: str, **changes: Any) -> dict[str, Any]:
    """The document of a message."""
    return {
        "id": name,
        "kind": "mail",
        "direction": "in",
        "from": {"name": "Ann Example", "address": "ann@example.org"},
        "to": ["desk@example.org"],
        "subject": "Printer on fire",
        "text": "It burns.",
        "visible_text": "It burns.",
        "created_at": "2026-08-03T11:00:00Z",
        "attachments": [],
        "evidence": {},
    } | changes


def whole(number: int = 12, **changes: Any) -> dict[str, Any]:
    """The document of a ticket with all that belongs to it."""
    return (
        ticket(number)
        | {
            "participants": [
                {"name": "Ann Example", "address": "ann@example.org", "role": "requester", "since": None},
                {"name": None, "address": "carl@example.org", "role": "cc", "since": None},
            ],
            "proposed": [],
            "messages": [message(f"{number}.1")],
            "journal": [{"at": "2026-08-03T11:00:00Z", "actor": "ann@example.org", "event": "opened"}],
            "links": [],
        }
        | changes
    )
