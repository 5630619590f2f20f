"""A relay of our own: takes letters on a loopback port, on its own thread, and behaves as badly as it is told."""

from __future__ import annotations

import contextlib
import email
import email.policy
import socketserver
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage


class Sink:
    """What came in. After so many of the next dots it hangs up (`lost_answers`), or says nothing (`silent_answers`).

    It thinks for `seconds` before it answers a dot.
    """

    def __init__(self, *, lost_answers: int = 0, silent_answers: int = 0, seconds: float = 0.0) -> None:
        self.seconds = seconds
        self.letters: list[EmailMessage] = []
        self.envelopes: list[tuple[str, str]] = []
        self.lost_answers = lost_answers
        self.silent_answers = silent_answers


class _Session(socketserver.StreamRequestHandler):
    server: _Server

    def handle(self) -> None:
        # Whoever sends may be killed at any moment; what they had not ended with a dot is no letter.
        with contextlib.suppress(ConnectionError):
            self._talk()

    def _talk(self) -> None:
        self._say("220 sink.example ESMTP")
        while line := self.rfile.readline():
            verb = line[:4].decode("ascii", "replace").upper().strip()
            if verb == "DATA":
                self._say("354 go on")
                if not self._take():
                    return
                continue
            self._say("221 bye" if verb == "QUIT" else "250 ok")
            if verb == "QUIT":
                return
            if verb == "MAIL":
                self.sender = _between(line)
            if verb == "RCPT":
                self.recipient = _between(line)

    def _take(self) -> bool:
        """Take one letter; False where the session ends without an answer."""
        lines = []
        while (line := self.rfile.readline()) != b".\r\n":
            if not line:
                return False
            lines.append(line.removeprefix(b"."))
        sink = self.server.sink
        sink.letters.append(email.message_from_bytes(b"".join(lines), policy=email.policy.default))
        sink.envelopes.append((self.sender, self.recipient))
        if sink.lost_answers:
            sink.lost_answers -= 1
            return False
        if sink.silent_answers:
            sink.silent_answers -= 1
            self.rfile.read()
            return False
        time.sleep(sink.seconds)
        self._say("250 2.0.0 queued")
        return True

    def _say(self, reply: str) -> None:
        self.wfile.write(f"{reply}\r\n".encode())


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    sink: Sink


def _between(line: bytes) -> str:
    return line.decode().partition("<")[2].partition(">")[0]


@contextmanager
def listening(sink: Sink, port: int) -> Iterator[Sink]:
    """`sink` at work on a port of loopback."""
    server = _Server(("127.0.0.1", port), _Session)
    server.sink = sink
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield sink
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
