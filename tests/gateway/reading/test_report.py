"""Reports that are no bounces: receipts, complaints, statistics; and what Amazon SES tells as JSON."""

from __future__ import annotations

import json
from typing import Any

import pytest

from spocd.domain.reading import Bounce
from spocd.gateway.reading.reader import read_mail
from tests.gateway.reading.sample_mails import mail, multipart
from tests.gateway.reading.test_bounce import MAILS, read

RECEIPT = "Your message\n\n   To: Ann\n   Subject: Printer\n   Sent: Monday 10:00\n\nwas read on Monday at 10:05.\n"


@pytest.mark.parametrize("name", sorted(each.stem for each in (MAILS / "reports").iterdir()))
def test_a_report_is_no_bounce_and_not_answered(name: str) -> None:
    reading = read("reports", name)
    assert (reading.kind, reading.automatic, reading.answerable) == ("report", True, False)
    assert not any(each.permanent for each in reading.bounces)


@pytest.mark.parametrize(
    "word",
    [
        "Read",
        "Not read",
        "Gelesen",
        "Läst",
        "Læst",
        "Luettu",
        "Прочтено",
        "Lu",
        "Leído",
        "Letto",
        "Gelezen",
        "開封済み",
    ],
)
def test_a_receipt_is_told_by_its_first_word_and_its_shape(word: str) -> None:
    lines = ("Content-Type: text/plain; charset=utf-8", f"Subject: {word}: Printer")
    assert read_mail(mail(*lines, body=RECEIPT)).kind == "report"
    assert read_mail(mail(*lines, body="Have a look at the attached list, please.\n")).kind == "message"
    assert read_mail(mail(*lines, body="See page 5.\n")).kind == "message"
    assert read_mail(mail(lines[0], f"Subject: {word} it", body=RECEIPT)).kind == "message"


def test_a_filter_that_sends_a_mail_back_makes_a_bounce() -> None:
    receipt = "Content-Type: message/disposition-notification\n\nFinal-Recipient: rfc822; ann@x.example\n"
    raw = multipart(
        "report; report-type=disposition-notification",
        "\nYour message to <ann@x.example> was automatically rejected:\nQuota exceeded\n",
        receipt + "Disposition: automatic-action/MDN-sent-automatically; deleted\n",
        lines=("Auto-Submitted: auto-replied (rejected)", "Subject: Automatically rejected mail"),
    )
    reading = read_mail(raw)
    assert reading.kind == "bounce"
    assert reading.bounces == (Bounce("ann@x.example", None, "failed", True, None, None),)
    assert read_mail(raw.replace(b" (rejected)", b"")).kind == "report"


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(
            mail("Subject: x", body="Feedback-Type: abuse\nUser-Agent: Loop/1\nVersion: 0.1\n"), id="without parts"
        ),
        pytest.param(mail("Subject: x", "X-HmXmrOriginalRecipient: ann@x.example"), id="by its mark"),
        pytest.param(mail("Subject: x", "TLS-Report-Domain: example.com"), id="of TLS"),
        pytest.param(mail("Subject: Report Domain: x.example Submitter: y.example Report-ID: 1"), id="of DMARC"),
    ],
)
def test_complaints_and_statistics_are_known_without_their_parts(raw: bytes) -> None:
    assert read_mail(raw).kind == "report"


@pytest.mark.parametrize(
    "subject",
    ["Abuse report", "Report domain: is ours blocked?", "Complaint about message from Bob", "Read the manual"],
)
def test_a_person_may_complain(subject: str) -> None:
    assert read_mail(mail(f"Subject: {subject}")).answerable


def notice(kind: str, **what: Any) -> dict[str, Any]:
    headers = {"messageId": "<1@example.com>", "to": ["ann@x.example"]}
    return {"notificationType": kind, "mail": {"destination": ["ann@x.example"], "commonHeaders": headers}, **what}


PERMANENT = notice(
    "Bounce",
    bounce={
        "bounceType": "Permanent",
        "bouncedRecipients": [{"emailAddress": "ann@x.example", "action": "failed", "status": "5.1.1"}],
    },
)


@pytest.mark.parametrize(
    ("document", "kind", "bounces"),
    [
        (PERMANENT, "bounce", (Bounce("ann@x.example", "5.1.1", "failed", True, "1@example.com", "ann@x.example"),)),
        (
            {"Type": "Notification", "Message": json.dumps(PERMANENT)},
            "bounce",
            (Bounce("ann@x.example", "5.1.1", "failed", True, "1@example.com", "ann@x.example"),),
        ),
        (
            notice(
                "Bounce", bounce={"bounceType": "Transient", "bouncedRecipients": [{"emailAddress": "a@x.example"}]}
            ),
            "bounce",
            (Bounce("a@x.example", None, "failed", False, "1@example.com", "ann@x.example"),),
        ),
        (
            notice(
                "Bounce",
                bounce={
                    "bounceType": "Transient",
                    "bouncedRecipients": [{"emailAddress": "a@x.example", "status": "5.2.2"}],
                },
            ),
            "bounce",
            (Bounce("a@x.example", "5.2.2", "failed", False, "1@example.com", "ann@x.example"),),
        ),
        (
            notice("Delivery", delivery={"recipients": ["a@x.example"]}),
            "report",
            (Bounce("a@x.example", None, "delivered", None, "1@example.com", "ann@x.example"),),
        ),
        (notice("Complaint"), "report", ()),
        (notice("Something"), "message", ()),
        ({"notificationType": ["Bounce"], "mail": 1}, "message", ()),
        (
            notice("Bounce", bounce=[]),
            "bounce",
            (Bounce(None, None, "failed", False, "1@example.com", "ann@x.example"),),
        ),
    ],
)
def test_a_notice_of_amazon_ses_is_read(document: dict[str, Any], kind: str, bounces: tuple[Bounce, ...]) -> None:
    reading = read_mail(mail("From: no-reply@sns.example", "Subject: Notification", body=json.dumps(document)))
    assert (reading.kind, reading.bounces) == (kind, bounces)


@pytest.mark.parametrize(
    "text", ['{"notificationType": ', '{"notificationType": ' + "[" * 100_000, '{"a": 1} notificationType']
)
def test_what_only_looks_like_a_notice_is_a_message(text: str) -> None:
    assert read_mail(mail(body=text)).kind == "message"
