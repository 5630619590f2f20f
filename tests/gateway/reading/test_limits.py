"""Mails that are too much to read, and mails that cannot be read: each is still somebody's."""

from __future__ import annotations

import pytest

from spocd.domain.reading import Reading
from spocd.gateway.reading.reader import read_mail
from spocd.gateway.reading.unreadable import unreadable
from tests.gateway.reading.sample_mails import PLAIN, mail, multipart


def nested(depth: int) -> bytes:
    opening = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(depth))
    return b"From: a@b.example\nSubject: s\n" + opening + b"\ninside\n"


def is_partly_read(reading: Reading, raw: bytes) -> bool:
    whole = [part for part in reading.attachments if part.filename == "message.eml"]
    said = reading.subject.startswith("[only partly read]")
    assert said == bool(whole) == ("The whole is attached as message.eml" in reading.text)
    assert not whole or (whole[0].content == raw and whole[0].content_type == "message/rfc822")
    return said


@pytest.mark.parametrize(
    ("raw", "partly"),
    [
        pytest.param(nested(50), False, id="SEC-39 50 levels"),
        pytest.param(nested(51), True, id="SEC-39 51 levels"),
        pytest.param(nested(5000), True, id="SEC-39 5,000 levels"),
        pytest.param(multipart("mixed", *["\nx"] * 499), False, id="SEC-39 500 parts"),
        pytest.param(multipart("mixed", *["\nx"] * 500), True, id="SEC-39 501 parts"),
        pytest.param(mail("X: " + "a" * 200_000), False, id="SEC-40 a long field that nobody reads"),
        pytest.param(mail(*["X: " + "a" * 1000] * 200), False, id="SEC-40 a header of 200 KB"),
        pytest.param(mail(*["X: " + "a" * 1000] * 300), True, id="SEC-40 a header of 300 KB"),
        pytest.param(mail("Subject: " + "a " * 9_000), True, id="SEC-40 a subject of 18 KB"),
        pytest.param(mail(*["To: a@b.example, c@d.example"] * 250), False, id="SEC-40 500 addresses"),
        pytest.param(mail(*["To: a@b.example, c@d.example"] * 251), True, id="SEC-40 502 addresses"),
    ],
)
def test_past_a_limit_the_mail_says_so_and_goes_along_whole(raw: bytes, partly: bool) -> None:
    reading = read_mail(raw)
    assert is_partly_read(reading, raw) is partly
    if partly:
        assert not reading.answerable
        assert any("Only a part of the mail was read" in warning for warning in reading.warnings)


def test_what_was_read_before_a_limit_is_there() -> None:
    reading = read_mail(multipart("mixed", "\nmy printer", *["\nx"] * 600, lines=("Subject: help",)))
    assert reading.subject == "[only partly read] help"
    assert "my printer" in reading.visible_text
    assert reading.identity == "ann@example.org"
    assert reading.commands == ()


def test_the_text_of_a_mail_with_a_long_header_is_read() -> None:
    reading = read_mail(mail(*["X: " + "a" * 1000] * 300, body="my printer\n"))
    assert reading.text.endswith("my printer\n")


def test_a_mail_to_everybody_is_read_with_a_warning() -> None:
    raw = mail("To: " + ", ".join(f"person{n}@department.example.org" for n in range(490)) + " " * 16_000)
    reading = read_mail(raw)
    assert not is_partly_read(reading, raw)
    assert 400 < len(reading.to) <= 490
    assert all(each.address.endswith(".org") for each in reading.to)


@pytest.mark.parametrize(
    ("raw", "subject", "sender", "message_id"),
    [
        (PLAIN, "[could not be read] Printer", "ann@example.org", "1@example.org"),
        (b"", "[could not be read]", "", None),
        (b"\0\xff" * 1000, "[could not be read]", "", None),
        (
            b"subject: a\x1b[2J\xe2\x80\xaeb\r\nFROM: bob@example.org\r\n",
            "[could not be read] a[2Jb",
            "bob@example.org",
            None,
        ),
        (b"From: a@b.example)c@d.example\n", "[could not be read]", "", None),
        (b"X: y\n" * 20_000 + b"Subject: too far down\n", "[could not be read]", "", None),
        (b"Subject: " + b"a" * 5000, "[could not be read] " + "a" * 200, "", None),
    ],
)
def test_f29_a_mail_that_cannot_be_read_is_still_a_ticket(
    raw: bytes, subject: str, sender: str, message_id: str | None
) -> None:
    reading = unreadable(raw, "it took longer than 20 seconds")
    assert (reading.subject, reading.sender.address, reading.message_id) == (subject, sender, message_id)
    assert "it took longer than 20 seconds" in reading.text
    assert reading.text == reading.visible_text
    assert [(part.filename, part.content_type, part.content) for part in reading.attachments] == [
        ("message.eml", "message/rfc822", raw),
    ]
    assert reading.identity is None
    assert not reading.answerable
