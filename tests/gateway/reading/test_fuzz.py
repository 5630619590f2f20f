"""Whatever octets come: an answer, no exception, no half character, and no time to speak of."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.gateway.reading.fuzz import MORSELS, check, read_chunk
from tests.gateway.reading.sample_mails import ALL

MEGABYTE = 1024 * 1024
HEADER = b"From: a@b.example\nSubject: s\n"
HTML = HEADER + b"Content-Type: text/html\n\n"
MULTIPART = HEADER + b"Content-Type: multipart/mixed; boundary=b\n\n"


@pytest.mark.parametrize("first", range(0, 20_000, 2_000))
def test_f29_mutated_mails_are_read_without_an_exception(first: int) -> None:
    assert read_chunk(range(first, first + 2_000)).faults == ()


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
