"""A real Postfix before and behind the desk, made of what etc/postfix says."""

from __future__ import annotations

import email
import email.policy
import smtplib
from typing import Any

import pytest

from tests.peers.postfix import MAILBOX, Postfix
from tests.running import ADDRESS, eventually, written

pytestmark = pytest.mark.peer


def tickets(mta: Postfix, subject: str) -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = mta.desk.call("ticket.list", state=["all"], limit=200)["tickets"]
    return [each for each in listed if each["subject"] == subject]


def test_three_recipients_by_lmtp_and_the_unknown_one_is_refused_in_session(postfix: Postfix) -> None:
    mail = written("For three.", sender=MAILBOX, subject="Three recipients")
    refused = postfix.submit(mail, [ADDRESS, "nobody@example.org", "desk+tag@example.org"])
    assert list(refused) == ["nobody@example.org"]
    assert refused["nobody@example.org"][0] == 550
    eventually(lambda: tickets(postfix, "Three recipients"), "the ticket")
    assert postfix.queue() == []
    assert len(tickets(postfix, "Three recipients")) == 1
    row = postfix.desk.placed()
    assert sorted(row["to"]) == ["desk+tag@example.org", ADDRESS]
    assert row["channel"] == "lmtp"


def test_an_address_that_the_desk_alone_knows_to_be_wrong_is_bounced_and_the_others_get_it_once(
    postfix: Postfix,
) -> None:
    postfix.route("spocd:unix:/var/lib/spocd/run/lmtp", ghost="spocd:unix:/var/lib/spocd/run/lmtp")
    postfix.reload()
    before = len(postfix.mailbox())
    mail = written("For two and a ghost.", sender=MAILBOX, subject="A ghost")
    assert postfix.submit(mail, [ADDRESS, "ghost@example.org", "desk+tag@example.org"]) == {}
    eventually(lambda: tickets(postfix, "A ghost"), "the ticket")
    eventually(
        lambda: any(b"ghost@example.org" in each.read_bytes() for each in postfix.mailbox()[before:]), "the bounce"
    )
    assert len(tickets(postfix, "A ghost")) == 1
    sent = [line for line in postfix.log.splitlines() if "status=sent" in line and "postfix/spocd" in line]
    assert sum("<desk+tag@example.org>" in line and "2.6.0" in line for line in sent) >= 1
    assert postfix.queue() == []


def test_a_mail_waits_in_the_queue_while_the_desk_is_away(postfix: Postfix) -> None:
    postfix.desk.stop()
    postfix.submit(written("Is anybody there?", sender=MAILBOX, subject="While away"), [ADDRESS])
    eventually(lambda: [m["queue_name"] for m in postfix.queue()] == ["deferred"], "Postfix to keep the mail")
    postfix.start_desk()
    postfix.flush()
    eventually(lambda: tickets(postfix, "While away"), "the mail to come")
    eventually(lambda: not postfix.queue(), "the queue to be empty")
    assert len(tickets(postfix, "While away")) == 1


def test_a_pipe_waits_likewise_and_delivers_afterwards(postfix: Postfix) -> None:
    postfix.route("spocd-pipe:")
    postfix.reload()
    try:
        postfix.desk.stop()
        mail = written("Through a pipe.", sender=MAILBOX, subject="By pipe")
        postfix.submit(mail, [ADDRESS, "desk+Tag@example.org"])
        waiting = eventually(lambda: [m for m in postfix.queue() if m["queue_name"] == "deferred"], "a deferred mail")
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


def test_an_answer_goes_out_through_postfix_and_the_reply_to_it_comes_back(postfix: Postfix) -> None:
    postfix.submit(written("Where is my bag?", sender=MAILBOX, subject="Bag"), [ADDRESS])
    [ticket] = eventually(lambda: tickets(postfix, "Bag"), "the ticket")
    postfix.desk.json("ticket", "reply", str(ticket["number"]), "-b", "On the belt, as far as we know.\n.\nÄnd.")

    def arrived() -> list[bytes]:
        return [raw for each in postfix.mailbox() if b"On the belt" in (raw := each.read_bytes())]

    [raw] = eventually(arrived, "the answer in the mailbox")
    answer = email.message_from_bytes(raw, policy=email.policy.default)
    assert "On the belt, as far as we know.\n.\nÄnd." in answer.get_content()
    assert answer["To"].addresses[0].addr_spec == MAILBOX
    assert answer["Return-Path"].startswith("<bounces+b")
    postfix.submit(written("Found it.", sender=MAILBOX, subject="x"), [answer["Reply-To"]])
    eventually(lambda: len(postfix.desk.view(ticket["number"])["messages"]) == 3, "the reply on the ticket")
    assert postfix.desk.view(ticket["number"])["messages"][-1]["evidence"]["rung"] == 1


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
