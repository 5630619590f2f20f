"""Mails that are passed on: whose they were, about what, from when."""

from __future__ import annotations

import pytest

from spocd.domain.reading import Forwarded, Mailbox
from spocd.gateway.reading import frame, inspect, read

ANN = Mailbox("Ann Berg", "ann@example.org")


def mail(subject: str, text: str, *, more: str = "") -> bytes:
    head = f"From: Bo <bo@example.com>\nTo: desk@example.com\nSubject: {subject}\nMIME-Version: 1.0\n"
    return f"{head}{more or 'Content-Type: text/plain; charset=utf-8'}\n\n{text}".encode()


FORMS = [
    pytest.param(
        "---------- Forwarded message ---------\nFrom: Ann Berg <ann@example.org>\nDate: Mon, Jun 2, 2025 at 10:00 AM\n"
        "Subject: Printer\nTo: <bo@example.com>\n\n\nIt smokes.\n",
        "Mon, Jun 2, 2025 at 10:00 AM",
        id="Gmail",
    ),
    pytest.param(
        "-------- Weitergeleitete Nachricht --------\nBetreff: \tPrinter\nDatum: \tMon, 2 Jun 2025 10:00:00 +0200\n"
        "Von: \tAnn Berg <ann@example.org>\nAn: \tbo@example.com\n\n\n\nIt smokes.\n",
        "Mon, 2 Jun 2025 10:00:00 +0200",
        id="Thunderbird in German",
    ),
    pytest.param(
        "---------- メッセージを転送 ---------\n送信元：Ann Berg <ann@example.org>\n日付：2025年6月2日 10:00:00 +0200\n"
        "件名：Printer\n送信先：bo@example.com\n\nIt smokes.\n",
        "2025年6月2日 10:00:00 +0200",
        id="HubSpot in Japanese",
    ),
    pytest.param(
        "---------- Forwarded message ---------\nFrom: Ann Berg <ann@example.org>\nDate: Mon, Jun 2, 2025 at 10:00 AM\n"
        "Subject: \nPrinter\nTo: <bo@example.com>\n\nIt smokes.\n",
        "Mon, Jun 2, 2025 at 10:00 AM",
        id="Gmail with a broken subject",
    ),
    pytest.param(
        "> Begin forwarded message:\n> \n> From: Ann Berg <ann@example.org>\n> Subject: Printer\n"
        "> Date: 2 June 2025 at 10:00:00 CEST\n> To: bo@example.com\n> \n> It smokes.\n",
        "2 June 2025 at 10:00:00 CEST",
        id="Apple Mail",
    ),
    pytest.param(
        "Début du message transféré :\n\n> De: Ann Berg <ann@example.org>\n> Objet: Printer\n"
        "> Date: 2 juin 2025 à 10:00:00 UTC+2\n> À: bo@example.com\n> \n> It smokes.\n",
        "2 juin 2025 à 10:00:00 UTC+2",
        id="Apple Mail in French",
    ),
    pytest.param(
        "________________________________\nFra: Ann Berg <ann@example.org>\nSendt: 2. juni 2025 10:00\nTil: Bo\n"
        "Emne: Printer\n\nIt smokes.\n",
        "2. juni 2025 10:00",
        id="Outlook in Danish",
    ),
    pytest.param(
        "*Från:* Ann Berg [mailto:ann@example.org]\n*Skickat:* den 2 juni 2025 10:00\n*Till:* Bo\n*Ämne:* Printer\n\n"
        "It smokes.\n",
        "den 2 juni 2025 10:00",
        id="Outlook in Swedish, bold, with mailto",
    ),
    pytest.param(
        '------------------ 原始邮件 ------------------\n发件人: "Ann Berg" <ann@example.org>;\n'
        '发送时间: 2025年6月2日(星期一) 上午10:00\n收件人: "Bo"<bo@example.com>;\n主题: Printer\n\nIt smokes.\n',
        "2025年6月2日(星期一) 上午10:00",
        id="QQ",
    ),
    pytest.param(
        '-------- Пересылаемое сообщение --------\n02.06.2025, 10:00, "Ann Berg" <ann@example.org>:\n\nIt smokes.\n\n'
        "-------- Завершение пересылаемого сообщения --------\n",
        "02.06.2025, 10:00",
        id="Yandex",
    ),
]


@pytest.mark.parametrize(("copied", "date"), FORMS)
def test_a_forward_in_the_text_tells_who_wrote_first(copied: str, date: str) -> None:
    reading = read(mail("Fwd: Printer", f"Can you help her?\n\n{copied}"))
    assert reading.forwarded == Forwarded(ANN, "Printer", date, "It smokes.")
    assert reading.visible_text == "Can you help her?"


@pytest.mark.parametrize(
    ("value", "sender"),
    [
        ("Ann Berg <ann@example.org>", ANN),
        ('"Berg, Ann" <ann@example.org>', Mailbox("Berg, Ann", "ann@example.org")),
        ("Ann Berg <ann@example.org<mailto:ann@example.org>>", ANN),
        ("Ann Berg [ann@example.org]", ANN),
        ("ann@example.org", Mailbox("", "ann@example.org")),
        ("<ann@example.org>", Mailbox("", "ann@example.org")),
        ("Ann Berg", Mailbox("Ann Berg", "")),
    ],
)
def test_a_copied_from_line_is_read_as_programs_write_it(value: str, sender: Mailbox) -> None:
    reading = read(mail("FW: x", f"From: {value}\nSent: 2 June 2025 10:00\nTo: Bo\nSubject: x\n\nIt smokes.\n"))
    assert reading.forwarded is not None
    assert reading.forwarded.sender == sender


ATTACHED = (
    "--b\nContent-Type: text/plain\n\nCan you help her?\n--b\nContent-Type: message/rfc822\n\n"
    "From: =?utf-8?q?Ann_Berg?= <ann@example.org>\nSubject: Printer\n"
    "Date: Mon, 2 Jun 2025 10:00:00 +0200\n\nIt smokes.\n"
)
MIXED = 'Content-Type: multipart/mixed; boundary="b"'


def test_a_mail_that_is_attached_tells_who_wrote_first() -> None:
    reading = read(mail("help", f"{ATTACHED}\n--b--\n", more=MIXED))
    assert reading.forwarded == Forwarded(ANN, "Printer", "Mon, 2 Jun 2025 10:00:00 +0200", "It smokes.")


def test_of_several_attached_mails_none_is_the_one() -> None:
    assert read(mail("help", f"{ATTACHED}\n{ATTACHED}\n--b--\n", more=MIXED)).forwarded is None


@pytest.mark.parametrize(
    ("subject", "text"),
    [
        pytest.param("Fwd: Printer", "It smokes.", id="nothing is copied"),
        pytest.param(
            "Re: Printer",
            "Yes.\n\nFrom: Ann <ann@example.org>\nSent: 2 June 2025 10:00\nTo: Bo\nSubject: x\n\nDoes it?",
            id="an answer in Outlook",
        ),
        pytest.param(
            "Re: Printer",
            "Yes.\n\nOn Mon, 2 Jun 2025 at 10:00, Ann <ann@example.org> wrote:\n> See:\n>\n"
            "> ---------- Forwarded message ---------\n> From: Bo <bo@example.com>\n> Date: x\n"
            "> Subject: x\n> To: y\n>\n> z",
            id="an answer to a forward",
        ),
    ],
)
def test_a_mail_that_passes_nothing_on_says_so(subject: str, text: str) -> None:
    document = inspect(mail(subject, text))
    assert "forwarded" not in document


def test_the_document_says_what_was_passed_on() -> None:
    assert inspect(mail("help", f"{ATTACHED}\n--b--\n", more=MIXED))["forwarded"] == {
        "from": {"name": "Ann Berg", "address": "ann@example.org"},
        "subject": "Printer",
        "date": "Mon, 2 Jun 2025 10:00:00 +0200",
        "text": "It smokes.",
    }


def test_a_forward_comes_back_whole_from_the_reading_child() -> None:
    readings = [read(mail("help", f"{ATTACHED}\n--b--\n", more=MIXED)), read(mail("help", "x"))]
    head = frame.REPLY.size
    octets = b"".join(frame.pack(readings))
    length, _ = frame.REPLY.unpack(octets[:head])
    assert frame.unpack(octets[head : head + length], octets[head + length :]) == readings
