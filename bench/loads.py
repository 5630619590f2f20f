"""Mails that come in: from Postfix's smtp-source, and from clients of our own where each has its own recipient."""

from __future__ import annotations

import itertools
import os
import socket
import subprocess
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from tests.running import ADDRESS

SENDER = "ann@client.example"
OCTETS = 3000  # of the text of a mail: some fifty lines, as people write and quote them
Where = tuple[str, int]


def smtp_source(where: Where, mails: int, *, sessions: int, reuse: bool) -> float:
    """Seconds until every mail was answered 250. `reuse`: one connection a session, else a new one a mail."""
    line = ["smtp-source", "-m", str(mails), "-s", str(sessions), "-l", str(OCTETS)]
    line += ["-f", SENDER, "-t", ADDRESS, *(["-d"] if reuse else []), f"inet:{where[0]}:{where[1]}"]
    started = time.perf_counter()
    subprocess.run(line, check=True, capture_output=True)
    return time.perf_counter() - started


@dataclass(frozen=True, slots=True)
class Mail:
    """One to send: whom to, and its bytes as they go over the wire, with the dot that ends them."""

    recipient: str
    wire: bytes


def mail(recipient: str, *, subject: str = "The printer on the third floor", octets: int = OCTETS) -> Mail:
    """One that is like no other, of about so many octets."""
    mark = os.urandom(8).hex()
    lines = (f"Line {n} of a text that somebody wrote about {mark}, with a few words in it." for n in itertools.count())
    text = [
        f"From: Ann Ek <{SENDER}>", f"To: <{recipient}>", f"Subject: {subject}",
        "Date: Mon, 02 Nov 2026 10:00:00 +0000", f"Message-ID: <{mark}@client.example>", "",
    ]  # fmt: skip
    length = 0
    while length < octets:
        text.append(next(lines))
        length += len(text[-1]) + 2
    return Mail(recipient, "\r\n".join([*text, ".", ""]).encode())


def send(where: Where, mails: Sequence[Mail], *, sessions: int) -> float:
    """Seconds until every mail was answered 250, over so many connections that stay."""
    waiting = iter(mails)
    started = time.perf_counter()
    with ThreadPoolExecutor(sessions) as clients:
        for client in [clients.submit(_session, where, waiting) for _ in range(sessions)]:
            client.result()
    return time.perf_counter() - started


def _session(where: Where, waiting: Iterator[Mail]) -> None:
    with Client(where) as client:
        # Taking the next from an iterator that is no generator is one step: no two sessions get the same.
        for each in waiting:
            client.send(each)


class Client:
    """A connection to an SMTP listener, after EHLO. It costs little, so that what is measured is the other end."""

    def __init__(self, where: Where) -> None:
        self._socket = socket.create_connection(where, timeout=120)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._replies = self._socket.makefile("rb")
        self._expect("220")
        self.say("EHLO client.example", "250")

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self._replies.close()
        self._socket.close()

    def send(self, mail: Mail) -> None:
        """Send a mail; AssertionError where it is not taken."""
        self._socket.sendall(f"MAIL FROM:<{SENDER}>\r\nRCPT TO:<{mail.recipient}>\r\nDATA\r\n".encode())
        for code in ("250", "250", "354"):
            self._expect(code)
        self.pour([mail.wire], "250")

    def begin(self, *recipients: str) -> None:
        """Up to the text of a mail, a command and a reply each; some recipients may be refused."""
        self.say(f"MAIL FROM:<{SENDER}>", "250")
        for each in recipients:
            self.say(f"RCPT TO:<{each}>", "")
        self.say("DATA", "354")

    def pour(self, blocks: Iterable[bytes], code: str) -> None:
        """The text of a mail with the dot that ends it."""
        for block in blocks:
            self._socket.sendall(block)
        self._expect(code)

    def say(self, line: str, code: str) -> None:
        self._socket.sendall(f"{line}\r\n".encode())
        self._expect(code)

    def _expect(self, code: str) -> None:
        while (line := self._replies.readline().decode())[3:4] == "-":
            pass
        assert line, "the connection was closed"
        assert line.startswith(code), f"{code} was expected, and {line!r} came"
