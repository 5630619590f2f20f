"""What the relay says, and what spocd does: the table of docs/mail.md, each row of it tried with a real daemon."""

from __future__ import annotations

import email
import os
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.gateway.scripted_relay import DROP, HANG, ORDINARY, SILENT, ScriptedRelay, in_its_thread
from tests.running import RunningDesk, eventually

DOCUMENT = Path(__file__).parents[2] / "docs" / "mail.md"
OFFERS = b"250-relay.example\r\n250-PIPELINING\r\n250-SIZE 50000000\r\n250 AUTH PLAIN"
WITH_TLS = b"250-relay.example\r\n250-STARTTLS\r\n250 AUTH PLAIN"
VERBS = {
    "greeting": "CONNECT", "EHLO": "EHLO", "STARTTLS": "STAR", "AUTH": "AUTH", "MAIL": "MAIL", "RCPT": "RCPT",
    "DATA": "DATA", "the letter": "BODY", "final dot": ".", "RSET": "RSET",
}  # fmt: skip
MISBEHAVIOUR = {"hangs up": DROP, "what is not SMTP": b"hello", "a reply too many": b"250 ok\r\n250 ok"}

Script = Callable[[Mapping[str, bytes | list[bytes]]], None]


@dataclass(frozen=True)
class Row:
    """One row of the table, as it is printed."""

    at: str
    says: str
    letter: str
    ticket: str

    @property
    def replies(self) -> dict[str, bytes | list[bytes]]:
        """The relay's script: so at the first time, and in order afterwards."""
        verb = VERBS[self.at]
        first = MISBEHAVIOUR.get(self.says) or self.says.strip("`").encode()
        replies: dict[str, bytes | list[bytes]] = {"EHLO": OFFERS, verb: [first, ORDINARY.get(verb, SILENT)]}
        if verb == "STAR":
            replies["EHLO"] = [WITH_TLS, OFFERS]
        elif verb == "EHLO":
            replies["EHLO"] = [first, OFFERS]
        elif verb == "BODY":
            replies["BODY"] = [first, SILENT]
        return replies


def table() -> list[Row]:
    """The rows of the document."""
    _, _, below = DOCUMENT.read_text(encoding="utf-8").partition("## What the relay says, and what spocd does\n")
    lines = [line for line in below.partition("\n## ")[0].splitlines() if line.startswith("| ")]
    return [Row(*(cell.strip() for cell in line.strip("|").split("|"))) for line in lines[1:]]


ROWS = table()


@dataclass
class Sending:
    """A desk, the relay that it sends through, and how to change what that says."""

    desk: RunningDesk
    relay: ScriptedRelay
    script: Script

    def letter_to_somebody(self) -> int:
        """Have somebody new write, so that a letter goes out; the ticket."""
        self.desk.send(sender=f"ann-{os.urandom(6).hex()}@client.example")
        return int(self.desk.placed()["ticket"])

    def letter(self, ticket: int) -> dict[str, Any]:
        """The ticket's letter, when its first try is over."""

        def tried() -> list[dict[str, Any]]:
            rows: list[dict[str, Any]] = self.desk.call("mail.outbox", ticket=ticket)["letters"]
            return [row for row in rows if row["state"] != "sending" and (row["reply"] or row["state"] == "sent")]

        return eventually(tried, "a first try")[0]

    def sent(self, ticket: int) -> dict[str, Any]:
        """The ticket's letter, which must go now."""
        return eventually(lambda: (row := self.letter(ticket))["state"] == "sent" and row, "the letter to go")

    def copies(self, recipient: str) -> list[str]:
        """The Message-IDs of the letters that the relay has taken for somebody."""
        letters = [email.message_from_bytes(each) for each in self.relay.letters]
        return [each["Message-ID"] for each in letters if recipient in each["To"]]


@pytest.fixture(scope="module")
def sending(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sending]:
    relay = ScriptedRelay({"EHLO": OFFERS})
    with in_its_thread(relay) as script:
        desk = RunningDesk.made(tmp_path_factory.mktemp("table") / "desk", "--relay", f"smtp://127.0.0.1:{relay.port}")
        desk.change(user="desk", unknown_an_hour=100000)
        text = re.sub(r'(?s)(\[relay\].*?password_file = )""', r'\1"relay-password"', desk.config.read_text())
        desk.config.write_text(text)
        password = desk.folder / "relay-password"
        password.touch(mode=0o600)
        password.write_text("secret")
        desk.start()
        try:
            yield Sending(desk, relay, script)
        finally:
            desk.kill()


def met(sending: Sending, row: Row) -> tuple[int, dict[str, Any]]:
    """A ticket whose letter meets this answer, and the letter after its first try."""
    if row.at == "RSET":
        # It is asked on a session that is kept, so one letter goes before.
        sending.script({"EHLO": OFFERS} | row.replies)
        sending.sent(sending.letter_to_somebody())
    else:
        sending.script(row.replies)
    ticket = sending.letter_to_somebody()
    return ticket, sending.letter(ticket)


def observed(sending: Sending, row: Row) -> Row:
    """Have one letter meet this answer; the row as it should be printed."""
    ticket, letter = met(sending, row)
    while row.at == "the letter" and sending.copies(letter["to"]):
        # On a busy machine the dot may go before what the relay says in the middle is there: that is another row.
        ticket, letter = met(sending, row)
    assert sending.relay.has_given(VERBS[row.at])
    after = sending.letter_to_somebody()
    sending.sent(after)
    notes = [
        each["text"] for each in sending.desk.call("ticket.view", ticket=ticket)["messages"] if each["kind"] == "note"
    ]
    if letter["state"] == "waiting":
        sending.desk.call("mail.flush", letters=[letter["id"]])
        sending.sent(ticket)
    copies = sending.copies(letter["to"])
    assert len(set(copies)) <= 1, "every copy has the same Message-ID"
    assert len(copies) <= 2 if row.at == "final dot" else len(copies) <= 1
    return Row(row.at, row.says, described(letter), noted(notes, letter))


def described(letter: dict[str, Any]) -> str:
    """What the table says of a letter after its first try."""
    match letter["state"]:
        case "sent":
            return "sent"
        case "failed":
            return "given up at once"
        case "waiting":
            assert letter["tries"] == 1
            assert letter["next_try_at"] > letter["created_at"]
            return "waits"
    return str(letter["state"])


def noted(notes: list[str], letter: dict[str, Any]) -> str:
    """What the table says of the notes on the ticket."""
    if not notes:
        return "nothing yet" if letter["state"] == "waiting" else "nothing"
    assert len(notes) == 1
    assert letter["reply"] in notes[0], "the note says why"
    return "a note"


def test_the_table_names_every_step_and_at_each_of_them_the_answers_that_matter() -> None:
    said: dict[str, set[str]] = {at: set() for at in VERBS}
    for row in ROWS:
        said[row.at].add(row.says.strip("`")[0] if row.says.startswith("`") else row.says)
    assert [at for at, kinds in said.items() if "hangs up" not in kinds] == []
    assert [at for at, kinds in said.items() if at != "the letter" and not {"4", "5"} <= kinds] == []
    assert len(set(ROWS)) == len(ROWS)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.at}: {row.says}")
def test_f11_f12_f13_the_table_says_what_is_observed(sending: Sending, row: Row) -> None:
    assert observed(sending, row) == row


def test_a_wrong_password_gives_up_no_letter_and_health_says_so(sending: Sending) -> None:
    sending.script({"EHLO": OFFERS, "AUTH": b"535 5.7.8 wrong password"})
    tickets = [sending.letter_to_somebody() for _ in range(3)]
    for tries in (1, 2, 3):
        eventually(
            lambda tries=tries: [sending.letter(each)["tries"] for each in tickets] == [tries] * 3,  # type: ignore[misc]
            f"try {tries} of each",
        )
        warned = [fault for fault in sending.desk.call("desk.health")["faults"] if "puts off" in fault]
        assert warned == (
            ["letters that the relay puts off: 3 (spocd mail outbox --state waiting)"] if tries == 3 else []
        )
        sending.script({"EHLO": OFFERS} if tries == 3 else sending.relay.replies)
        # The time of the next try comes; what somebody flushes by hand would not count as one.
        sending.desk.sql("update outbox set not_before = 0 where state = 'waiting'")
        sending.desk.call("mail.flush")
    for each in tickets:
        sending.sent(each)
    assert not [fault for fault in sending.desk.call("desk.health")["faults"] if "puts off" in fault]


@pytest.mark.parametrize("verb", ["RCPT", "."])
def test_f10_a_relay_that_says_nothing_holds_up_no_other_letter(sending: Sending, verb: str) -> None:
    sending.script({"EHLO": OFFERS, verb: [HANG, ORDINARY[verb]]})
    ticket = sending.letter_to_somebody()
    eventually(lambda: sending.relay.has_given(verb), "the relay to fall silent")
    for _ in range(3):
        sending.sent(sending.letter_to_somebody())
    [letter] = sending.desk.call("mail.outbox", ticket=ticket)["letters"]
    assert letter["state"] == "sending"
    sending.script({"EHLO": OFFERS})
    assert sending.letter(ticket)["state"] == "waiting"
    sending.desk.call("mail.flush", letters=[letter["id"]])
    sending.sent(ticket)
