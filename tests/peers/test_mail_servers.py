"""Postfix, Exim and OpenSMTPD before and behind the desk, each made of what its folder in etc/ says."""

from __future__ import annotations

import email
import email.policy
import os
import re
import smtplib
from email.message import EmailMessage
from typing import Any

import pytest

from tests.peers.mail_server import MAILBOX, MailServer, answers, mailbox, refusing, submit, tickets
from tests.running import ADDRESS, eventually, written

pytestmark = pytest.mark.peer


def subject(words: str) -> str:
    """A subject that no other test has used."""
    return f"{words} {os.urandom(4).hex()}"


def recipients(mta: MailServer, ticket: int) -> set[str]:
    """The addresses that one ticket's mails were delivered to."""
    rows = mta.desk.call("mail.inbox", limit=50)["mails"]
    return {address for row in rows if row["ticket"] == ticket for address in row["to"]}


def asked(mta: MailServer, about: str) -> int:
    """Have somebody ask; the number of the ticket."""
    submit(mta, written("Where is my bag?", sender=MAILBOX, subject=about), [ADDRESS])
    [ticket] = eventually(lambda: tickets(mta, about), "the ticket")
    return int(ticket["number"])


def answered(mta: MailServer, ticket: int, words: str) -> str:
    """Have an agent answer; a mark by which to know the letter."""
    mark = os.urandom(6).hex()
    mta.desk.json("ticket", "reply", str(ticket), "-b", f"Mark {mark}.\n\n{words}")
    return mark


def letter(mta: MailServer, mark: str) -> bytes:
    """Wait for the letter with this mark in the mailbox; as it arrived."""

    def arrived() -> list[bytes]:
        return [raw for each in mailbox(mta) if mark.encode() in (raw := each.read_bytes())]

    [raw] = eventually(arrived, "the letter in the mailbox")
    return raw


# Before the desk.


def test_a_mail_for_three_arrives_once_and_the_unknown_recipient_is_refused_in_session(mta: MailServer) -> None:
    about = subject("For three")
    mail = written("One, two, three.", sender=MAILBOX, subject=about)
    refused = submit(mta, mail, [ADDRESS, "nobody@example.org", "desk+Tag@example.org"])
    assert {address: code for address, (code, _) in refused.items()} == {"nobody@example.org": 550}
    [ticket] = eventually(lambda: tickets(mta, about), "the ticket")
    eventually(lambda: not mta.queue(), "the queue to be empty")
    mta.desk.placed()
    assert len(tickets(mta, about)) == 1
    assert len(mta.desk.view(ticket["number"])["messages"]) == 1
    assert recipients(mta, ticket["number"]) == {ADDRESS, "desk+Tag@example.org"}


@pytest.mark.parametrize("local", ["postmaster", "abuse", "bounces"])
def test_an_address_that_every_domain_has_reaches_the_desk(mta: MailServer, local: str) -> None:
    about = subject("For whoever reads it")
    assert submit(mta, written("Hello?", sender=MAILBOX, subject=about), [f"{local}@example.org"]) == {}
    eventually(lambda: tickets(mta, about), "the ticket")
    eventually(lambda: not mta.queue(), "the queue to be empty")


def test_nothing_is_taken_for_an_address_that_a_new_desk_does_not_have(mta: MailServer) -> None:
    with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
        submit(mta, written("Hello?", sender=MAILBOX, subject="x"), ["it@example.org"])
    assert refused.value.recipients["it@example.org"][0] == 550


def test_a_mail_waits_in_the_queue_while_the_desk_is_away(mta: MailServer) -> None:
    about = subject("While away")
    mta.desk.stop()
    submit(mta, written("Is anybody there?", sender=MAILBOX, subject=about), [ADDRESS])
    eventually(mta.deferred, "the server to keep the mail")
    mta.start_desk()
    mta.flush()
    eventually(lambda: tickets(mta, about), "the mail to come")
    eventually(lambda: not mta.queue(), "the queue to be empty")
    assert len(tickets(mta, about)) == 1


@pytest.mark.parametrize("verb", ["RCPT", "DATA"])
@pytest.mark.parametrize("reply", ["451 4.3.0 not now", "452 4.3.1 the disk is full", "452 4.5.3 too many recipients"])
def test_a_mail_that_the_desk_puts_off_is_kept_and_comes_later(mta: MailServer, verb: str, reply: str) -> None:
    about = subject("Put off")
    before = len(mailbox(mta))
    mta.desk.stop()
    with refusing(mta.desk, verb, reply) as instead:
        submit(mta, written("Later, then.", sender=MAILBOX, subject=about), [ADDRESS])
        eventually(lambda: instead.asked, "the server to be put off")
        eventually(mta.deferred, "the server to keep the mail")
    mta.start_desk()
    mta.flush()
    eventually(lambda: tickets(mta, about), "the mail to come")
    eventually(lambda: not mta.queue(), "the queue to be empty")
    assert len(tickets(mta, about)) == 1
    reports = [each for each in mailbox(mta)[before:] if b"multipart/report" in each.read_bytes()]
    assert reports == [], "nobody is told that it failed, since it did not"


@pytest.mark.parametrize("spelling", [str, str.upper, str.lower], ids=["as it is", "upper case", "lower case"])
def test_a_reply_by_its_address_finds_its_ticket_in_either_case(mta: MailServer, spelling: Any) -> None:
    ticket = asked(mta, subject("Bag"))
    raw = letter(mta, answered(mta, ticket, "Of which colour?"))
    answer = email.message_from_bytes(raw, policy=email.policy.default)
    local, _, domain = str(answer["Reply-To"]).partition("@")
    submit(mta, written("It is blue.", sender=MAILBOX, subject="x"), [f"{spelling(local)}@{domain}"])
    eventually(lambda: len(mta.desk.view(ticket)["messages"]) == 3, "the reply on the ticket")
    assert mta.desk.view(ticket)["messages"][-1]["evidence"]["rung"] == 1


def test_eight_bit_mail_and_lines_of_dots_arrive_as_they_were_sent(mta: MailServer) -> None:
    about = subject("Dots")
    raw = (
        f"From: Ann <{MAILBOX}>\r\nTo: {ADDRESS}\r\nSubject: {about}\r\n"
        f"Message-ID: <{os.urandom(6).hex()}@client.example>\r\n"
        "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
        f".\r\n..\r\nFrom here on: Ångström, щи, 茶.\r\n{'ö' * 400}\r\n"
    ).encode()
    submit(mta, raw, [ADDRESS], options=["BODY=8BITMIME"])
    [ticket] = eventually(lambda: tickets(mta, about), "the ticket")
    text = mta.desk.view(ticket["number"])["messages"][0]["text"]
    assert text.splitlines() == [".", "..", "From here on: Ångström, щи, 茶.", "ö" * 400]


def test_an_address_beyond_ascii_reaches_the_desk_where_the_server_takes_it(mta: MailServer) -> None:
    if "SMTPUTF8" not in offered(mta):
        pytest.skip("this mail server has no SMTPUTF8")
    about = subject("Grüße")
    mail = EmailMessage(policy=email.policy.SMTPUTF8)
    mail["From"], mail["To"], mail["Subject"] = "Åsa <åsa@client.example>", ADDRESS, about
    mail["Message-ID"] = f"<{os.urandom(6).hex()}@client.example>"
    mail.set_content("Hej.")
    submit(mta, mail.as_bytes(), [ADDRESS], sender="åsa@client.example", options=["SMTPUTF8", "BODY=8BITMIME"])
    [ticket] = eventually(lambda: tickets(mta, about), "the ticket")
    assert mta.desk.view(ticket["number"])["requester"]["address"] == "åsa@client.example"


def offered(mta: MailServer) -> str:
    """What the server says to EHLO."""
    with smtplib.SMTP("127.0.0.1", mta.port, timeout=30) as client:
        return client.ehlo()[1].decode().upper()


# Behind it.

LONG = "Ein langer Absatz ohne Umbruch, in dem vieles vom Öl und von щи steht. " * 20


def test_a_letter_arrives_octet_for_octet_under_the_servers_own_headers(mta: MailServer) -> None:
    mark = answered(mta, asked(mta, subject("As written")), f"{LONG}\n.\n..\nFrom there: Ünd.")
    arrived = letter(mta, mark)
    assert mta.tap is not None
    [sent] = [each for each in mta.tap.letters() if mark.encode() in each]
    # What a signature (DKIM) would cover is what the desk wrote: headers are added above, and nothing else is done.
    assert arrived.rstrip(b"\n").endswith(sent.replace(b"\r\n", b"\n").rstrip(b"\n"))
    above = arrived[: -len(sent.replace(b"\r\n", b"\n").rstrip(b"\n")) or None]
    names = {name.lower() for name in re.findall(rb"(?m)^([A-Za-z-]+):", above)}
    assert names <= {b"return-path", b"delivered-to", b"x-original-to", b"received"}
    read = email.message_from_bytes(arrived, policy=email.policy.default)
    assert LONG.split() == read.get_content().split()[2 : 2 + len(LONG.split())]
    assert "\n.\n..\nFrom there: Ünd." in read.get_content()
    assert read["Return-Path"].startswith("<bounces+b")


def test_letters_wait_while_the_relay_is_down_and_go_when_they_are_flushed(mta: MailServer) -> None:
    ticket = asked(mta, subject("No relay"))
    mta.stop()
    try:
        mark = answered(mta, ticket, "Anybody?")

        def put_off() -> list[dict[str, Any]]:
            rows = mta.desk.call("mail.outbox", ticket=ticket, state="waiting")["letters"]
            return [row for row in rows if row["tries"]]

        rows = eventually(put_off, "a first try")
        assert all(row["next_try_at"] > row["created_at"] for row in rows)
    finally:
        mta.start()
    eventually(lambda: answers(mta), "the mail server to listen again")
    mta.desk.json("mail", "flush")
    letter(mta, mark)
    mta.desk.settled()
    assert len([each for each in mailbox(mta) if mark.encode() in each.read_bytes()]) == 1
