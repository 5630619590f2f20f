"""What sort of mail it is, and whether a machine may answer it."""

from __future__ import annotations

import pytest

from spocd.domain.reading import Bounce
from spocd.gateway.reading.reader import read_mail
from tests.gateway.reading.sample_mails import BOUNCE, PLAIN, REPLY, mail, multipart


def test_a_mail_that_a_person_wrote_may_be_answered() -> None:
    reading = read_mail(PLAIN)
    assert (reading.kind, reading.automatic, reading.answerable) == ("message", False, True)
    assert reading.unanswerable_because is None


@pytest.mark.parametrize(
    ("line", "kind", "automatic"),
    [
        ("Auto-Submitted: auto-replied (vacation)", "auto-reply", True),
        ("Auto-Submitted: AUTO-REPLIED; owner=x", "auto-reply", True),
        ("Auto-Submitted: auto-generated", "message", True),
        ("Auto-Submitted: auto-notified", "message", True),
        ("X-Autoreply: yes", "auto-reply", True),
        ("Precedence: auto_reply", "auto-reply", True),
        ("X-Spocd-Instance: 1f3a", "loop", True),
        ("Return-Path: <>", "message", True),
        ("Precedence: bulk", "message", False),
        ("Precedence: Junk", "message", False),
        ("Precedence: list", "message", False),
        ("List-Id: Printers <printers.example.org>", "message", False),
        ("List-Unsubscribe: <mailto:x@y.example>", "message", False),
        ("List-Post: NO", "message", False),
        ("List-Help: <mailto:printers-help@example.org>", "message", False),
        ("List-Archive: <https://example.org/printers>", "message", False),
        ("X-Mailing-List: printers@example.org", "message", False),
        ("From: ei-vastata@example.org", "message", False),
        ("From: svar-ikke@example.org", "message", False),
        ("From: ne-pas-repondre+1@example.org", "message", False),
        ("From: keine.antwort@example.org", "message", False),
        ("X-Auto-Response-Suppress: DR, OOF", "message", False),
        ("X-Auto-Response-Suppress: All", "message", False),
        ("From: no-reply@example.org", "message", False),
        ("From: donotreply+7@example.org", "message", False),
        ("From: MAILER-DAEMON", "message", False),
        ("From: printers-request@example.org", "message", False),
        ("From: owner-printers@example.org", "message", False),
        ("Subject: Automatic reply: Printer", "message", False),
        ("Subject: Autosvar: Skrivaren", "message", False),
        ("Subject: Poissa toimistolta", "message", False),
        ("Subject: Автоответ: принтер", "message", False),
    ],
)
def test_no_machine_answers_it(line: str, kind: str, automatic: bool) -> None:
    reading = read_mail(mail(line))
    assert (reading.kind, reading.automatic, reading.answerable) == (kind, automatic, False)
    assert reading.unanswerable_because


@pytest.mark.parametrize(
    "line",
    [
        "Auto-Submitted: no",
        "Auto-Submitted:",
        "X-Autoreply: no",
        "Precedence: first-class",
        "X-Auto-Response-Suppress: RN, NRN",
        "Return-Path: <ann@example.org>",
        "From: noreen@example.org",
        "From: svar@example.org",
        "From: antwort@example.org",
        "Subject: Your out of office reply confuses me",
        "Subject: Delivery of the new printer failed",
    ],
)
def test_a_machine_may_answer_it(line: str) -> None:
    reading = read_mail(mail(line))
    assert (reading.kind, reading.automatic, reading.answerable) == ("message", False, True)


def test_a_notice_of_absence_that_a_machine_sent_is_an_automatic_reply() -> None:
    reading = read_mail(mail("Subject: Frånvaro: Skrivaren", "X-Auto-Response-Suppress: All"))
    assert (reading.kind, reading.automatic) == ("auto-reply", True)


def test_a_list_is_named() -> None:
    assert read_mail(mail("List-Id: Printers <printers.example.org>")).list_id == "printers.example.org"
    assert read_mail(mail("List-Id: printers.example.org")).list_id == "printers.example.org"


def test_a_delivery_report_is_read_a_recipient_at_a_time() -> None:
    reading = read_mail(BOUNCE)
    assert (reading.kind, reading.automatic, reading.answerable) == ("bounce", True, False)
    assert reading.bounces == (
        Bounce("ann@example.net", "5.1.1", "failed", True, "letter-7@example.com", "ann@example.net"),
        Bounce("robert@example.net", "4.4.1", "delayed", False, "letter-7@example.com", "bob@example.net"),
    )


def test_a_report_of_a_delivery_that_worked_is_no_bounce() -> None:
    reading = read_mail(BOUNCE.replace(b"failed", b"delivered").replace(b"delayed", b"relayed"))
    assert (reading.kind, reading.answerable) == ("report", False)
    assert [each.action for each in reading.bounces] == ["delivered", "relayed"]


def test_a_delivery_report_that_says_nothing_is_still_a_bounce() -> None:
    raw = multipart("report", "Content-Type: message/delivery-status\n\n")
    assert read_mail(raw).bounces == (Bounce(None, None, "failed", True, None, None),)


def test_a_delivery_report_that_somebody_forwards_is_a_message() -> None:
    raw = multipart("mixed", "\nWhat is this?", b"Content-Type: message/rfc822\n\n" + BOUNCE, boundary="outer")
    reading = read_mail(raw)
    assert (reading.kind, reading.answerable) == ("message", True)


@pytest.mark.parametrize("kind", ["message/feedback-report", "message/disposition-notification"])
def test_complaints_and_receipts_are_reports(kind: str) -> None:
    raw = multipart("report", "\nIt was read.", f"Content-Type: {kind}\n\nDisposition: x\n")
    assert read_mail(raw).kind == "report"


def test_an_older_servers_letter_is_a_bounce() -> None:
    body = (
        "Hi. This is the mail program at mx.example.net.\n\n<ann@example.net>:\n550 5.1.1 no such user\n\n"
        "--- Below this line is a copy of the message.\n\nReturn-Path: <desk@example.com>\n"
        "Message-ID: <letter-7@example.com>\nTo: other@example.net\n\nHello\n"
    )
    reading = read_mail(mail("From: MAILER-DAEMON@mx.example.net", "Subject: failure notice", body=body))
    assert reading.kind == "bounce"
    assert reading.bounces == (
        Bounce("ann@example.net", "5.1.1", "failed", True, "letter-7@example.com", "other@example.net"),
    )


def test_a_bounce_is_not_obeyed_and_a_reply_is() -> None:
    assert read_mail(mail("Return-Path: <>", body="close\n")).commands == ()
    assert read_mail(mail(body="close\n")).commands == ("close",)
    assert read_mail(REPLY).commands == ()


@pytest.mark.parametrize(
    ("subject", "body", "forward"),
    [
        ("VS: Printeren", "Kan I hjælpe med det her? Jeg ved ikke hvad der er galt med den, og det haster.\n", True),
        ("VS: Tulostin", "Se toimii nyt, kiitos. En tiedä mikä sitä vaivasi, mutta nyt se on kunnossa.\n", False),
        ("Fwd: Printer", "See below.\n", True),
        ("Re: Printer", "See below.\n", False),
    ],
)
def test_a_forward_is_told_by_its_subject_and_its_language(subject: str, body: str, forward: bool) -> None:
    reading = read_mail(mail(f"Subject: {subject}", "Content-Type: text/plain; charset=utf-8", body=body))
    assert reading.forward is forward
