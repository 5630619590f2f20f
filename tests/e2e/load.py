"""Mail programs that never give up: each mail is sent again until it is acknowledged, and none is like another."""

from __future__ import annotations

import contextlib
import itertools
import random
import smtplib
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from tests.e2e.sink import Sink
from tests.running import ADDRESS, RunningDesk, written

_A_CONNECTION = 20  # mails over one connection


class Load:
    """Clients at work on the nodes of a desk, which may die under them; each tries any of them, time and again.

    `acknowledged` holds the subjects that were answered 250.
    """

    def __init__(self, nodes: Sequence[RunningDesk], clients: int, name: str) -> None:
        self.acknowledged: list[str] = []
        self.refused: list[str] = []
        self.tries = 0
        self._where = [node.smtp for node in nodes]
        self._stopping = threading.Event()
        self._threads = [threading.Thread(target=self._work, args=(f"{name}{n}",)) for n in range(clients)]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Begin no further mail. The desk must run: what was begun is sent until it is acknowledged."""
        self._stopping.set()

    def join(self) -> None:
        self.stop()
        for thread in self._threads:
            thread.join(timeout=120)
            assert not thread.is_alive(), "a client waits for an acknowledgement that never comes"

    def _work(self, name: str) -> None:
        mails = (f"{name}-{number}" for number in itertools.count())
        waiting = next(mails)
        while not self._stopping.is_set() or waiting:
            with (
                contextlib.suppress(OSError, smtplib.SMTPServerDisconnected),
                smtplib.SMTP(*random.choice(self._where), timeout=20) as client,
            ):
                for _ in range(_A_CONNECTION):
                    self._send(client, waiting)
                    waiting = "" if self._stopping.is_set() else next(mails)
                    if not waiting:
                        return
            time.sleep(0.01)

    def _send(self, client: smtplib.SMTP, subject: str) -> None:
        self.tries += 1
        deliver(client, subject, refused=self.refused)
        self.acknowledged.append(subject)


def deliver(client: smtplib.SMTP, subject: str, *, refused: list[str]) -> None:
    """Send the mail of that subject; SMTPServerDisconnected unless it was acknowledged, and `refused` says for good."""
    sender = f"{subject}@client.example"
    mail = written(f"About {subject}.", sender=sender, subject=subject, message_id=f"<{sender}>", date="now")
    try:
        client.sendmail(sender, [ADDRESS], mail.as_bytes())
    except smtplib.SMTPResponseException as answer:
        if 500 <= answer.smtp_code < 600:
            refused.append(f"{answer.smtp_code} {answer.smtp_error!r}")
        raise smtplib.SMTPServerDisconnected from answer


@contextmanager
def load_on(*nodes: RunningDesk, clients: int, name: str = "c") -> Iterator[Load]:
    """A load that has ended when this ends, whatever happens; its last mails then need the desk to run.

    `name` begins the subjects of its mails.
    """
    load = Load(nodes, clients, name)
    load.start()
    try:
        yield load
        load.join()
    finally:
        load.stop()


class Outcome:
    """What became of mails that were acknowledged, and of the letters that `sink` got. The desk has stopped."""

    def __init__(self, desk: RunningDesk, acknowledged: list[str], refused: list[str], sink: Sink) -> None:
        tickets = Counter(subject for (subject,) in desk.sql("select subject from ticket"))
        letters = {to: (state, int(n)) for to, state, n in desk.sql("select recipient, state, unknowns from outbox")}
        copies: dict[str, list[str]] = {}
        for letter, (_, recipient) in zip(sink.letters, sink.envelopes, strict=True):
            copies.setdefault(recipient, []).append(str(letter["Message-ID"]))
        self.tickets = sum(tickets.values())
        self.lost = sorted(set(acknowledged) - tickets.keys())
        self.doubled = sorted(subject for subject, count in tickets.items() if count > 1)
        self.refused = refused
        self.sent_twice = {to for to, ids in copies.items() if len(ids) == 2}
        self.sent_more = sorted(to for to, ids in copies.items() if len(ids) > 2 or len(set(ids)) > 1)
        self.unaccounted = sorted(to for to in self.sent_twice if letters[to][1] == 0)
        self.unknown = sum(1 for state, _ in letters.values() if state == "unknown")
        self.unsent = sorted(to for to, (state, _) in letters.items() if state != "unknown" and to not in copies)
        self.without_letter = self.tickets - len(letters)

    @property
    def faults(self) -> dict[str, object]:
        """What must not be; nothing where all is well."""
        wrong = {
            "acknowledged mails without a ticket": self.lost,
            "mails with two tickets": self.doubled,
            "mails refused for good": self.refused,
            "acknowledgements sent more than twice, or with two Message-IDs": self.sent_more,
            "second copies that no row of the outbox accounts for": self.unaccounted,
            "acknowledgements that never left": self.unsent,
            "tickets without an acknowledgement": self.without_letter,
        }
        return {what: which for what, which in wrong.items() if which}
