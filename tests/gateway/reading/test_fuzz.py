"""Whatever octets come: an answer, no exception, no half character, and no time to speak of."""

from __future__ import annotations

import json
import random
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spocd.gateway.reading.reader import read_mail
from tests.gateway.reading.sample_mails import ALL

MEGABYTE = 1024 * 1024
HEADER = b"From: a@b.example\nSubject: s\n"
HTML = HEADER + b"Content-Type: text/html\n\n"
MULTIPART = HEADER + b"Content-Type: multipart/mixed; boundary=b\n\n"
# What parsers have stumbled over: specials of every grammar, charsets that are none, line ends of every kind.
MORSELS = [
    *(b"\r", b"\n", b"\r\n", b"\n\n", b"\0", b"\xff", b"\xed\xa0\x80"),
    *(b'"', b"(", b")", b"<", b">", b";", b":", b",", b"\\", b"> ", b"=?="),
    *(b"=?utf-8?q?=0D=0ABcc:_x?=", b"=?utf-7?q?+2AA-?=", b"=?zlib?b?eJw=?=", b"=?\0?q?a?=", b"=?idna?q?xn--a?="),
    *(b"\nMessage-ID: <\n", b"\nMessage-ID: <[x]@y>\n", b"\nTo: ((((\n", b"\nFrom: \n", b"\nDate: \n"),
    *(b"\nDate: Mon, 32 Feb 99999999999\n", b'\nContent-Type: multipart/mixed; boundary=""\n', b"boundary=b"),
    *(b'\nContent-Type: text/plain; charset="\0"\n', b"\nContent-Type: x; charset*0*=utf-8'en'%ff; name*1*=%\n"),
    *(b"\n--b", b"\n--b--", b"begin 644 a\n", b"charset=utf-16", b"charset=utf-7", b"charset=hz"),
    *(b"\nContent-Transfer-Encoding: base64\n", b"\nContent-Transfer-Encoding: x-uuencode\n"),
    *(b"<!--", b'<a href="', b"<style>", b"</", b"&#xD800;", b"&#99999999;", b"\x1b$B!", b"\x1b(I"),
    *(b"\nOn 1:10 <a@b> wrote:\n",),
]


def check(raw: bytes) -> None:
    """The reading exists, can be written as UTF-8 JSON, and its parts are what they say."""
    reading = read_mail(raw)
    document = json.dumps(reading.document(), ensure_ascii=False)
    assert "\0" not in document.encode().decode()
    assert "\\u0000" not in document
    for line in (reading.subject, reading.sender.name, reading.sender.address, reading.message_id or ""):
        assert line.isprintable() or not any(each < " " for each in line)
    assert reading.answerable is (reading.unanswerable_because is None)
    assert reading.kind != "bounce" or reading.bounces
    assert all(part.size == len(part.content) for part in reading.attachments)


@pytest.mark.parametrize("seed", range(4))
def test_f29_mutated_mails_are_read_without_an_exception(seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(1200):
        raw = bytearray(chance.choice(ALL))
        for _ in range(chance.randint(1, 6)):
            at = chance.randrange(len(raw) + 1)
            match chance.randrange(4):
                case 0:
                    raw[at:at] = chance.choice(MORSELS)
                case 1:
                    del raw[at : at + chance.randint(1, 40)]
                case 2:
                    raw[at:at] = raw[chance.randrange(len(raw) + 1) :][:200]
                case _:
                    raw[at : at + 1] = bytes([chance.randrange(256)])
        check(bytes(raw))


@settings(max_examples=300, deadline=None)
@given(st.lists(st.one_of(st.sampled_from(MORSELS), st.sampled_from(ALL), st.binary(max_size=30)), max_size=8))
def test_f29_any_octets_are_read_without_an_exception(pieces: list[bytes]) -> None:
    check(b"".join(pieces))


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(b"To: " + b'"' * 20_000 + b"\n\n", id="SEC-40 quotes in To"),
        pytest.param(b"To: " + b'"\\' * 8_000 + b"\n\n", id="SEC-40 escaped quotes in To"),
        pytest.param(b"To: " + b"(" * 100_000 + b"\n\n", id="SEC-40 comments in To"),
        pytest.param(b"From: " + b'"a"()' * 3_000 + b"\n\n", id="SEC-40 names and comments in From"),
        pytest.param(b"From: a@b " + b"(a" * 8_000 + b"\n\n", id="SEC-40 unfinished comments in From"),
        pytest.param(b"Subject: " + b"=?utf-8?q?" * 1_600 + b"\n\n", id="SEC-40 unfinished encoded words"),
        pytest.param(b"To: " + b"=?utf-8?q?a" * 1_500 + b"\n\n", id="SEC-40 unfinished encoded words in To"),
        pytest.param(b"Content-Type: text/plain" + b';a="' * 4_000 + b"\n\n", id="SEC-40 unfinished parameters"),
        pytest.param(b"X: " + b"a" * 20 * MEGABYTE, id="SEC-40 one endless field"),
        pytest.param(b"a:\n" * 5 * MEGABYTE, id="SEC-40 a header without end"),
        pytest.param(MULTIPART + b"--b\n\n" * 800_000, id="SEC-39 800,000 parts"),
        pytest.param(MULTIPART + b"--bx\n" * MEGABYTE, id="SEC-39 lines that are nearly boundaries"),
        pytest.param(HEADER + b"\n" + b"On " * 60_000, id="SEC-41 one long beginning of an attribution"),
        pytest.param(HEADER + b"\n" + b"On On On On wrote:\n" * 13_000, id="SEC-41 many attributions"),
        pytest.param(HEADER + b"\n" + b">\n\n\n" * 60_000, id="SEC-41 quotes and blank lines"),
        pytest.param(HEADER + b"\n" + (b"-" * 390 + b"\n") * 650, id="SEC-41 rules"),
        pytest.param(HEADER + b"\n" + b"\n" * MEGABYTE + b"x", id="SEC-42 blank lines"),
        pytest.param(HEADER + b"\n" + b" " * MEGABYTE + b"x", id="SEC-42 spaces"),
        pytest.param(HTML + b"<" * 300_000, id="HTML of tags that never end"),
        pytest.param(HTML + b"<!--" * 100_000, id="HTML of comments that never end"),
        pytest.param(HTML + b'<a "' * 100_000, id="HTML of attributes that never end"),
        pytest.param(HTML + b"<blockquote>x" * 50_000, id="HTML of quotes in quotes"),
        pytest.param(HTML + b"&#" + b"1" * MEGABYTE, id="HTML of one long number"),
        pytest.param(HEADER + b"Content-Transfer-Encoding: base64\n\n" + b"a=" * 2 * MEGABYTE, id="padding everywhere"),
        pytest.param(HEADER + b"Content-Transfer-Encoding: x-uuencode\n\n" + b"begin 644 x" * 500_000, id="uuencode"),
        pytest.param(b"From: mailer-daemon\nSubject: failure notice\n\n" + b"to: <" * 200_000, id="a bounce's letter"),
    ],
)
def test_the_worst_mails_take_no_time(raw: bytes) -> None:
    began = time.process_time()
    check(raw)
    assert time.process_time() - began < 1.5  # most take 0.1 s; a quadratic step would take minutes
