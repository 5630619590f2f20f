"""A real desk for the tests: the installed command, its own folder, real sockets, mails over SMTP."""

from __future__ import annotations

import contextlib
import email
import email.policy
import email.utils
import itertools
import json
import os
import random
import re
import signal
import smtplib
import socket
import sqlite3
import subprocess
import sys
import time
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from email.message import EmailMessage
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from spocd.control import client
from tests import postgres

SPOCD = str(Path(sys.executable).with_name("spocd"))
ADDRESS = "desk@example.org"
T = TypeVar("T")


@dataclass
class Answer:
    """What a command printed and ended with."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@dataclass
class RunningDesk:
    """A desk in a folder, and the daemon on it while it runs."""

    folder: Path
    process: subprocess.Popen[bytes] | None = None
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def config(self) -> Path:
        return self.folder / "spocd.toml"

    @property
    def log(self) -> str:
        return (self.folder / "log").read_text(errors="replace")

    def change(self, **options: str | int) -> RunningDesk:
        """Write other values into spocd.toml, each under a key that stands there once."""
        text = self.config.read_text()
        for key, value in options.items():
            text, found = re.subn(rf"(?m)^{key} = .*$", f"{key} = {json.dumps(value)}", text)
            assert found == 1, f"{key} stands {found} times in spocd.toml"
        self.config.write_text(text)
        return self

    def call(self, operation: str, **parameters: Any) -> dict[str, Any]:
        """What an operation answers over the control socket, without the cost of starting a command."""
        return client.call(self.folder / "run" / "control", operation, parameters)

    @property
    def smtp(self) -> tuple[str, int]:
        """HOST and port as spocd.toml has them: `init` has chosen a free port."""
        found = re.search(r'"([\d.]+):(\d+)"', self.config.read_text())
        assert found
        return found[1], int(found[2])

    @classmethod
    def made(cls, folder: Path, *options: str) -> RunningDesk:
        """Make a desk in a new folder with `spocd init`; SPOCD_TEST_STORE says what it is kept in."""
        desk = cls(folder)
        if postgres.is_wanted() and "--store" not in options:
            options = (*options, "--store", postgres.fresh_database())
        done = subprocess.run(
            [SPOCD, "init", str(folder), "--address", ADDRESS, "--smtp", f"127.0.0.1:{free_port()}", *options],
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        return desk

    @property
    def is_on_postgres(self) -> bool:
        return str(tomllib.loads(self.config.read_text())["store"]["url"]).startswith(("postgresql:", "postgres:"))

    def sql(self, statement: str) -> list[list[str]]:
        """Run a statement on the desk's database, beside the daemon; its rows, each value as text."""
        url = tomllib.loads(self.config.read_text())["store"]["url"]
        if self.is_on_postgres:
            return [line.split("|") for line in postgres.sql(url, statement).splitlines()]
        with contextlib.closing(sqlite3.connect(self.folder / url.removeprefix("sqlite:"))) as database, database:
            return [[str(value) for value in row] for row in database.execute(statement)]

    def start(self, *, ready: bool = True) -> RunningDesk:
        (self.folder / "log").touch()
        start = len(self.log)
        with open(self.folder / "log", "ab") as log:
            self.process = subprocess.Popen(
                [SPOCD, "--config", str(self.config), "serve"],
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                env=os.environ | self.environment,
            )
        if ready:
            eventually(lambda: self._is_ready(start), f"the daemon to be ready; its log:\n{self.log}")
        return self

    def _is_ready(self, start: int) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, f"the daemon ended:\n{self.log}"
        return "ready address=" in self.log[start:]

    def stop(self) -> int:
        """End it as systemd would; its exit code."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(timeout=15)
        self.process = None
        return code

    def kill(self) -> None:
        """End it as a power cut would."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()
        self.process = None

    def run(self, *words: str, stdin: str | bytes = "", **environment: str) -> Answer:
        """Run `spocd WORDS` on this desk."""
        done = subprocess.run(
            [SPOCD, *words],
            input=stdin.encode() if isinstance(stdin, str) else stdin,
            capture_output=True,
            env=os.environ | {"SPOCD_CONFIG": str(self.config)} | self.environment | environment,
            timeout=60,
        )
        return Answer(done.returncode, done.stdout.decode(), done.stderr.decode())

    def json(self, *words: str, stdin: str = "") -> Any:
        """The document that a command prints; it must succeed."""
        answer = self.run(*words, "--json", stdin=stdin)
        assert answer.code == 0, f"{words}: {answer}"
        return answer.json

    def view(self, ticket: int) -> Any:
        return self.json("ticket", "view", str(ticket))

    def send(
        self, body: str = "Help, please.", *, sender: str = "Ann Ek <ann@client.example>", to: str = ADDRESS,
        subject: str = "Printer", envelope: str | None = None, **headers: str,
    ) -> EmailMessage:  # fmt: skip
        """Send a mail over SMTP, as a mail program would; the mail. `headers` in Python spelling: in_reply_to=…"""
        mail = written(body, sender=sender, to=to, subject=subject, **headers)
        self.deliver(mail.as_bytes(), to=[to], sender=envelope)
        return mail

    def deliver(self, raw: bytes, *, to: list[str], sender: str | None = None) -> None:
        """Hand bytes to the SMTP listener; raises smtplib's exceptions where it refuses."""
        envelope = sender if sender is not None else email.message_from_bytes(raw)["From"].split("<")[-1].strip("> ")
        with smtplib.SMTP(*self.smtp, timeout=30) as client:
            client.sendmail(envelope, to, raw)

    def placed(self) -> dict[str, Any]:
        """Wait until every mail has its fate; the row of the newest in the inbox."""
        eventually(lambda: not self.call("desk.health")["inbox"]["waiting"], "every mail to have its fate")
        newest: dict[str, Any] = self.call("mail.inbox", limit=1)["mails"][0]
        return newest

    def settled(self, *, within: float = 20.0) -> None:
        """Wait until everything that came in has its fate and everything that can go out went."""

        def still() -> bool:
            health = self.call("desk.health")
            return not (health["inbox"]["waiting"] or health["outbox"]["waiting"] or health["outbox"]["sending"])

        eventually(still, "the inbox and the outbox to be empty", within=within)

    def letters(self, to: str | None = None) -> list[EmailMessage]:
        """The letters that went into the Maildir, the oldest first; those to one address where `to` names it."""
        files = sorted((self.folder / "sent" / "new").glob("*"), key=lambda file: int(file.name.rpartition(".")[2]))
        policy = email.policy.default
        letters = [email.message_from_bytes(file.read_bytes(), policy=policy) for file in files]
        return [each for each in letters if to is None or each["Delivered-To"] == to]

    def letters_now(self) -> int:
        """How many letters are in the Maildir."""
        new = self.folder / "sent" / "new"
        return sum(1 for _ in new.iterdir()) if new.is_dir() else 0

    def last_letter(self) -> EmailMessage:
        self.settled()
        return self.letters()[-1]


@cache
def ports_to_give() -> Iterator[int]:
    """The ports of this worker, each once: one that is given is taken, also before anybody listens on it."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    ports = range(10_000 + 2_000 * worker, 12_000 + 2_000 * worker)
    return itertools.cycle(random.SystemRandom().sample(ports, len(ports)))


def free_port() -> int:
    """A port that nobody listens on and that the system gives to no client, so that a desk may come back to it."""
    for port in itertools.islice(ports_to_give(), 200):
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port
    raise AssertionError("no port is free")


def written(
    body: str,
    *,
    sender: str = "Ann Ek <ann@client.example>",
    to: str = ADDRESS,
    subject: str = "Printer",
    **headers: str,
) -> EmailMessage:
    """A plain mail with a Message-ID of its own."""
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = sender, to, subject
    mail["Message-ID"] = f"<{os.urandom(8).hex()}@client.example>"
    mail["Date"] = email.utils.format_datetime(email.utils.localtime())
    for name, value in headers.items():
        del mail[name.replace("_", "-")]
        mail[name.replace("_", "-")] = value
    mail.set_content(body)
    return mail


def eventually(claim: Callable[[], T], what: str, *, within: float = 20.0) -> T:
    """Wait until a claim holds; what it returned."""
    deadline = time.monotonic() + within
    while True:
        if found := claim():
            return found
        assert time.monotonic() < deadline, f"waited {within} s for {what}"
        time.sleep(0.05)


@contextlib.contextmanager
def running_desk(folder: Path, *options: str, **changes: str | int) -> Iterator[RunningDesk]:
    """A desk that runs, and does not any more afterwards; `changes` are made in its spocd.toml before."""
    desk = RunningDesk.made(folder, *options).change(**changes).start()
    try:
        yield desk
    finally:
        if desk.process is not None and desk.process.poll() is None:
            desk.kill()
