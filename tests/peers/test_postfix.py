"""What only Postfix has: its pipe, its reports; the rest is in test_mail_servers.py."""

from __future__ import annotations

import smtplib
import socket
from typing import Any

import pytest

from tests.peers.mail_server import MAILBOX, mailbox, submit, tickets
from tests.peers.postfix import Postfix
from tests.running import ADDRESS, eventually, written

pytestmark = pytest.mark.peer


def test_an_address_that_the_desk_alone_knows_to_be_wrong_is_bounced_and_the_others_get_it_once(
    postfix: Postfix,
) -> None:
    postfix.route("spocd:unix:/var/lib/spocd/run/lmtp", ghost="spocd:unix:/var/lib/spocd/run/lmtp")
    postfix.reload()
    before = len(mailbox(postfix))
    mail = written("For two and a ghost.", sender=MAILBOX, subject="A ghost")
    assert submit(postfix, mail, [ADDRESS, "ghost@example.org", "desk+tag@example.org"]) == {}
    eventually(lambda: tickets(postfix, "A ghost"), "the ticket")
    eventually(
        lambda: any(b"ghost@example.org" in each.read_bytes() for each in mailbox(postfix)[before:]), "the bounce"
    )
    assert len(tickets(postfix, "A ghost")) == 1
    sent = [line for line in postfix.log.splitlines() if "status=sent" in line and "postfix/spocd" in line]
    assert sum("<desk+tag@example.org>" in line and "2.6.0" in line for line in sent) >= 1
    eventually(lambda: not postfix.queue(), "the queue to be empty")


def test_a_pipe_waits_likewise_and_delivers_afterwards(postfix: Postfix) -> None:
    postfix.route("spocd-pipe:")
    postfix.reload()
    try:
        postfix.desk.stop()
        mail = written("Through a pipe.", sender=MAILBOX, subject="By pipe")
        submit(postfix, mail, [ADDRESS, "desk+Tag@example.org"])
        waiting = eventually(postfix.deferred, "a deferred mail")
        assert "spocd" in str(waiting[0]["recipients"]), "the queue does not say why"
        assert "status=bounced" not in "\n".join(
            line for line in postfix.log.splitlines() if "relay=spocd-pipe" in line
        )
        postfix.start_desk()
        postfix.flush()
        eventually(lambda: tickets(postfix, "By pipe"), "the mail to come")
        eventually(lambda: not postfix.queue(), "the queue to be empty")
        assert len(tickets(postfix, "By pipe")) == 1
        row = postfix.desk.placed()
        assert row["channel"] == "pipe"
        assert sorted(row["to"]) == ["desk+Tag@example.org", ADDRESS]
        assert row["from"] == MAILBOX
    finally:
        postfix.route("spocd:unix:/var/lib/spocd/run/lmtp")
        postfix.reload()


def test_of_several_nodes_the_next_takes_what_another_does_not(postfix: Postfix) -> None:
    alive = f"[127.0.0.1]:{postfix.desk.smtp[1]}"
    try:
        with socket.socket() as silent, socket.socket() as closed:
            silent.bind(("127.0.0.1", 0))
            silent.listen()
            closed.bind(("127.0.0.1", 0))
            for about, another in (("Dead", closed), ("Hanging", silent)):
                postfix.route(f"spocd-nodes:[127.0.0.1]:{another.getsockname()[1]}, {alive}")
                postfix.reload()
                submit(postfix, written("Anybody?", sender=MAILBOX, subject=about), [ADDRESS, "desk+Tag@example.org"])
                eventually(lambda about=about: tickets(postfix, about), "the ticket", within=90)
                eventually(lambda: not postfix.queue(), "the queue to be empty")
                assert len(tickets(postfix, about)) == 1
    finally:
        postfix.route("spocd:unix:/var/lib/spocd/run/lmtp")
        postfix.reload()


def test_what_postfix_cannot_deliver_comes_back_and_is_recorded(postfix: Postfix) -> None:
    """The account was closed between the question and the answer."""
    gone = "gone@client.example"
    with smtplib.SMTP("127.0.0.1", postfix.port, timeout=30) as client:
        client.sendmail(gone, [ADDRESS], written("Hello.", sender=gone, subject="From nowhere").as_bytes())
    [ticket] = eventually(lambda: tickets(postfix, "From nowhere"), "the ticket")

    def letters() -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = postfix.desk.call("mail.outbox", ticket=ticket["number"])["letters"]
        return rows

    eventually(lambda: letters()[0]["state"] not in ("waiting", "sending"), "the acknowledgement to leave")
    eventually(lambda: letters()[0]["state"] in ("bounced", "failed"), "the report")
    journal = postfix.desk.view(ticket["number"])["journal"]
    assert {each["event"] for each in journal} & {"bounced", "letter not delivered"}
