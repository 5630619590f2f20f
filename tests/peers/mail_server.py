"""What the tests ask of a mail server that stands before and behind a desk, whichever it is."""

from __future__ import annotations

import smtplib
import socketserver
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from email.message import EmailMessage
from pathlib import Path
from typing import Any, Protocol

from tests.peers.tap import Tap
from tests.running import RunningDesk

MAILBOX = "ann@client.example"
ROOT = Path(__file__).parent.parent.parent


class MailServer(Protocol):
    """A server of our own: it takes mail on `port`, hands the desk's to it, and the rest to one mailbox."""

    folder: Path
    desk: RunningDesk
    port: int
    tap: Tap | None  # on the way from the desk to the server

    def start(self) -> None: ...

    def stop(self) -> None: ...

    def start_desk(self) -> None:
        """Start the desk, and open its LMTP socket to the server."""

    def flush(self) -> None:
        """Try everything in the queue now."""

    def queue(self) -> Sequence[object]:
        """The mails in the queue."""

    def deferred(self) -> Sequence[object]:
        """Those of them that were tried and put off."""

    @property
    def log(self) -> str: ...


def answers(mta: MailServer) -> bool:
    """Whether the server greets."""
    try:
        with smtplib.SMTP("127.0.0.1", mta.port, timeout=5):
            return True
    except (OSError, smtplib.SMTPException):
        return False


def submit(
    mta: MailServer, mail: EmailMessage | bytes, to: list[str], *, sender: str = MAILBOX, options: Sequence[str] = ()
) -> dict[str, tuple[int, bytes]]:
    """Send a mail to the server; the recipients that it refused in session."""
    raw = mail if isinstance(mail, bytes) else mail.as_bytes()
    with smtplib.SMTP("127.0.0.1", mta.port, timeout=60) as client:
        return client.sendmail(sender, to, raw, mail_options=options)


def mailbox(mta: MailServer) -> list[Path]:
    """The mails that were delivered to the only mailbox there is, the oldest first."""
    new = mta.folder / "mailboxes" / "ann" / "new"
    return sorted(new.iterdir(), key=lambda file: file.stat().st_mtime_ns) if new.is_dir() else []


def tickets(mta: MailServer, subject: str) -> list[dict[str, Any]]:
    """The tickets with a subject."""
    listed: list[dict[str, Any]] = mta.desk.call("ticket.list", state=["all"], limit=200)["tickets"]
    return [each for each in listed if each["subject"] == subject]


class _Refusing(socketserver.StreamRequestHandler):
    """An LMTP session that takes every recipient, and no mail."""

    server: _StandIn

    def handle(self) -> None:
        with suppress(ConnectionError):
            self._talk()

    def _talk(self) -> None:
        self._say("220 desk ESMTP")
        recipients = 0
        while line := self.rfile.readline():
            verb = line[:4].upper().strip()
            replies = {b"LHLO": "250-desk\r\n250 8BITMIME", b"DATA": "354 go on", b"QUIT": "221 bye"}
            at_recipient = verb == b"RCPT" and self.server.verb == "RCPT"
            self._say(self.server.reply if at_recipient else replies.get(verb, "250 ok"))
            recipients += verb == b"RCPT"
            self.server.asked += at_recipient
            if verb == b"DATA":
                while self.rfile.readline() not in (b".\r\n", b""):
                    pass
                self.server.asked += 1
                self._say("\r\n".join([self.server.reply] * recipients))

    def _say(self, reply: str) -> None:
        self.wfile.write(f"{reply}\r\n".encode())


class _StandIn(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True
    verb: str
    reply: str
    asked: int = 0  # how often it has given its reply


@contextmanager
def refusing(desk: RunningDesk, verb: str, reply: str) -> Iterator[_StandIn]:
    """Something in the place of a stopped desk that answers RCPT, or the final dot, with one reply."""
    path = desk.folder / "run" / "lmtp"
    path.unlink(missing_ok=True)
    server = _StandIn(str(path), _Refusing)
    server.verb, server.reply = verb, reply
    path.chmod(0o666)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        path.unlink(missing_ok=True)
