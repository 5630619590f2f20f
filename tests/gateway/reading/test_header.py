"""Headers: text, people, ids and dates, as senders really write them."""

from __future__ import annotations

import pytest

from spocd.domain.reading import Mailbox
from spocd.gateway.reading.reader import read_mail
from tests.gateway.reading.sample_mails import mail

LATIN = "Content-Type: text/plain; charset=iso-8859-2"


@pytest.mark.parametrize(
    ("line", "subject"),
    [
        pytest.param(b"Printer", "Printer", id="plain"),
        pytest.param(b"=?utf-8?q?Skrivaren_=C3=A4r_trasig?=", "Skrivaren är trasig", id="Q"),
        pytest.param(b"=?UTF-8?B?U2tyaXZhcmVu?=", "Skrivaren", id="B"),
        pytest.param(b"=?utf-8?b?U2tyaXZhcmVu?= =?utf-8?b?IMOk?=", "Skrivaren ä", id="white space between two is none"),
        pytest.param(b"=?utf-8?q?a=C3?=\n =?utf-8?q?=A4b?=", "aäb", id="a character cut in two"),
        pytest.param(b"=?utf-8?q?a?= and =?utf-8?q?b?=", "a and b", id="text between two stays"),
        pytest.param(b"=?utf-8?b?U2tyaXZhcmV?=", "Skrivare", id="base64 without its padding"),
        pytest.param(b"=?iso-8859-1?Q?Fr\xf6sche?=", "Frösche", id="raw octets in an encoded word"),
        pytest.param(b"=?nonsense?q?abc?=", "abc", id="an unknown charset"),
        pytest.param(b"=?utf-8?q?a b=C3=A4?=", "a bä", id="spaces in an encoded word"),
        pytest.param(b"=?utf-8?q?abc", "abc", id="a word that was cut off"),
        pytest.param(b"=?iso-8859-1?Q?Sm=F8r?", "Smør", id="a word without its last sign"),
        pytest.param(b"=?utf-8?B?U2tyaXZhcmVuIMOk", "Skrivaren ä", id="base64 that was cut off"),
        pytest.param(b"=?utf-8?q?a? =?utf-8?q?b?=", "ab", id="a word that the next one cuts off"),
        pytest.param(
            b"=?utf-8?q?a and more words", "=?utf-8?q?a and more words", id="what only begins like one is text"
        ),
        pytest.param(b"Re:=?utf-8?q?_=C3=A4?=(2)", "Re: ä(2)", id="glued to text"),
        pytest.param(b"=?utf-8?q?M=FCller?=", "Müller", id="latin-1 called UTF-8"),
        pytest.param(b"=?utf-8*en?q?abc?=", "abc", id="with a language"),
        pytest.param("Принтер".encode(), "Принтер", id="raw UTF-8"),
        pytest.param(b"K\xf8benhavn", "København", id="raw cp1252"),
        pytest.param(b"=?utf-8?q?a=0D=0ABcc:_x@y.example?=", "a Bcc: x@y.example", id="SEC-37 an encoded line break"),
        pytest.param("a\u202eb\u2028c".encode(), "a b c", id="SEC-35 marks that turn text round"),
        pytest.param(b"one\n\ttwo\n  three", "one two three", id="folded"),
        pytest.param(b"", "", id="empty"),
    ],
)
def test_a_subject_is_one_line_of_plain_characters(line: bytes, subject: str) -> None:
    raw = b"From: a@b.example\nSubject: " + line + b"\n\nx\n"
    assert " ".join(read_mail(raw).subject.split()) == subject


def test_raw_octets_in_a_header_are_in_the_bodys_charset() -> None:
    raw = b"Subject: \xb3\xf3d\xbc\nFrom: a@b.example\n" + LATIN.encode() + b"\n\nx\n"
    assert read_mail(raw).subject == "łódź"


@pytest.mark.parametrize(
    ("line", "identity"),
    [
        pytest.param("ann@example.org", "ann@example.org", id="bare"),
        pytest.param("Ann Berg <Ann@Example.ORG>", "ann@example.org", id="named, in lower case"),
        pytest.param('"Berg, Ann" <ann@example.org>', "ann@example.org", id="a quoted name"),
        pytest.param("=?utf-8?q?=C3=85sa?= <asa@example.org>", "asa@example.org", id="an encoded name"),
        pytest.param("ann@example.org (Ann Berg)", "ann@example.org", id="a comment behind"),
        pytest.param("Ann (IT) <ann@example.org>", "ann@example.org", id="a comment in the name"),
        pytest.param("ann@example.org <ann@example.org>", "ann@example.org", id="the address as its own name"),
        pytest.param("ann@example.org, bob@example.org", None, id="SEC-30 two addresses"),
        pytest.param("alice@example.org)bob@evil.example", None, id="SEC-30 CVE-2023-27043"),
        pytest.param("alice@example.org <bob@evil.example>", None, id="SEC-30 another address as the name"),
        pytest.param("<alice@example.org> <bob@evil.example>", None, id="SEC-30 two in angles"),
        pytest.param("alice@example.org (a, <bob@evil.example>)", None, id="SEC-30 a comment with an address"),
        pytest.param("(alice@example.org) bob@evil.example", None, id="SEC-30 a comment before"),
        pytest.param("group: ann@example.org;", None, id="SEC-30 a group"),
        pytest.param("<@evil.example:ann@example.org>", None, id="SEC-30 a route"),
        pytest.param('"ann"@example.org', None, id="SEC-30 a quoted local part"),
        pytest.param("ann@[192.0.2.1]", None, id="SEC-30 an address literal"),
        pytest.param("=?utf-8?q?ann=40example.org?=", None, id="SEC-30 an encoded address"),
        pytest.param("Ann Berg", None, id="no address"),
        pytest.param("MAILER-DAEMON", None, id="a local name"),
        pytest.param("", None, id="empty"),
    ],
)
def test_an_identity_is_one_from_with_one_address(line: str, identity: str | None) -> None:
    reading = read_mail(f"From: {line}\n\nx\n".encode())
    assert reading.identity == identity
    assert (identity is None) == any("From" in warning for warning in reading.warnings)


def test_sec_30_two_from_headers_are_nobody() -> None:
    assert read_mail(mail("From: ann@example.org", "From: bob@example.org")).identity is None
    assert read_mail(mail("From: ann@example.org", "From: ann@example.org")).identity is None


@pytest.mark.parametrize(
    ("lines", "sender"),
    [
        pytest.param(["From: Ann <ann@example.org>"], Mailbox("Ann", "ann@example.org"), id="From"),
        pytest.param(
            ["From: nobody here <>", "Reply-To: bob@example.org"], Mailbox("", "bob@example.org"), id="Reply-To"
        ),
        pytest.param(["Sender: Ann <ann@example.org>", "From: "], Mailbox("Ann", "ann@example.org"), id="Sender"),
        pytest.param(
            ["From: Berg, Ann <a@b.example>"], Mailbox("Berg, Ann", "a@b.example"), id="the family name first"
        ),
        pytest.param(["From: Ann Berg (IT) <a@b.example>"], Mailbox("Ann Berg (IT)", "a@b.example"), id="a department"),
        pytest.param(
            ["From: Pete(A wonderful \\) chap) <a@b.example>"],
            Mailbox("Pete (A wonderful ) chap)", "a@b.example"),
            id="an escape in a comment",
        ),
        pytest.param(["From: Ann <mailto:a@b.example>"], Mailbox("Ann", "a@b.example"), id="a link"),
        pytest.param(["From: Ann <<a@b.example>>"], Mailbox("Ann", "a@b.example"), id="angles in angles"),
        pytest.param(["From: [mailto:a@b.example]"], Mailbox("", "a@b.example"), id="a link in brackets"),
        pytest.param(["From: root"], Mailbox("", "root"), id="a local name"),
        pytest.param(
            ["From: ann@example.org (Ann Berg)"], Mailbox("Ann Berg", "ann@example.org"), id="a comment as name"
        ),
        pytest.param(
            ['From: "=?utf-8?q?=C3=85?=" <a@b.example>'], Mailbox("Å", "a@b.example"), id="quoted and encoded"
        ),
        pytest.param(
            ["From: =?utf-8?q?a,_:(b?= <a@b.example>"], Mailbox("a, :(b", "a@b.example"), id="specials unencoded"
        ),
        pytest.param(["From: MAILER-DAEMON"], Mailbox("", "MAILER-DAEMON"), id="a local name"),
        pytest.param(["From: Ann Berg"], Mailbox("Ann Berg", ""), id="a name alone"),
        pytest.param(["From:"], Mailbox("", ""), id="nobody"),
    ],
)
def test_the_sender_is_for_showing(lines: list[str], sender: Mailbox) -> None:
    assert read_mail(mail(*lines)).sender == sender


def test_a_reply_to_that_stands_in_for_from_is_nobodys_identity() -> None:
    reading = read_mail(mail("From: the printer", "Reply-To: bob@example.org"))
    assert reading.sender.address == "bob@example.org"
    assert reading.identity is None
    assert "From holds no address; Reply-To is shown instead." in reading.warnings


def test_lists_of_people_are_read_in_order() -> None:
    reading = read_mail(
        mail(
            'To: "Berg, Ann" <ann@example.org>,\n\tbob@example.org,, Group: c@d.example, D <d@e.example>;',
            "To: e@f.example",
            "Cc: undisclosed-recipients:;",
            "Reply-To: <f@g.example>",
        )
    )
    assert [each.address for each in reading.to] == [
        *("ann@example.org", "bob@example.org", "c@d.example", "d@e.example", "e@f.example"),
    ]
    assert reading.to[0].name == "Berg, Ann"
    assert reading.cc == ()
    assert reading.reply_to == (Mailbox("", "f@g.example"),)


@pytest.mark.parametrize(
    ("line", "ids"),
    [
        ("<1@a> <2@b>", ("1@a", "2@b")),
        ("<1@a><2@b>", ("1@a", "2@b")),
        ("<1@a>\n <2@b>", ("1@a", "2@b")),
        ("Your message of Monday <1@a>", ("1@a",)),
        ("1@a", ("1@a",)),
        ("<", ()),
        ("", ()),
    ],
)
def test_references_are_ids_without_angles(line: str, ids: tuple[str, ...]) -> None:
    reading = read_mail(mail(f"References: {line}", f"In-Reply-To: {line}"))
    assert reading.references == ids
    assert reading.in_reply_to == ids


@pytest.mark.parametrize(
    ("line", "date"),
    [
        ("Mon, 2 Jun 2025 10:00:00 +0200", "2025-06-02T08:00:00Z"),
        ("2 Jun 2025 10:00 -0330 (NST)", "2025-06-02T13:30:00Z"),
        ("Mon, 2 Jun 2025 10:00:00 GMT", "2025-06-02T10:00:00Z"),
        ("Tue, 31 Dec 2024 23:59:60 +0000", "2024-12-31T23:59:59Z"),
        ("Mon, 32 Jun 2025 10:00:00 +0200", None),
        ("Mon, 2 Jun 99999 10:00:00 +0200", None),
        ("Fri, 31 Dec 9999 23:59:59 -0100", None),
        ("yesterday", None),
        (" ,", None),
    ],
)
def test_a_date_is_utc_or_none_with_a_warning(line: str, date: str | None) -> None:
    reading = read_mail(mail(f"Date: {line}"))
    assert reading.date == date
    assert (date is None) == ("The date of the mail cannot be read." in reading.warnings)


def test_headers_that_decisions_need_are_kept_as_they_stood() -> None:
    reading = read_mail(
        mail(
            *("Authentication-Results: mx.example.com;\n dmarc=pass", "Authentication-Results: other; spf=fail"),
            *("X-Spam-Flag: YES", "X-Other: no", "Received: a", "Received: b"),
        )
    )
    assert reading.headers == {
        "authentication-results": ("mx.example.com; dmarc=pass", "other; spf=fail"),
        "x-spam-flag": ("YES",),
    }


@pytest.mark.parametrize("before", [b"From ann Mon Jun  2 10:00:00 2025\n", b"\n\n", b"  \r\n", b">From ann\n"])
def test_a_line_before_the_header_is_passed_over(before: bytes) -> None:
    assert read_mail(before + b"Subject: s\n\ntext\n").subject == "s"


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_lines_end_as_their_program_ends_them(end: bytes) -> None:
    reading = read_mail(b"Subject: s\nFrom: a@b.example\n\none\ntwo\n".replace(b"\n", end))
    assert (reading.subject, reading.identity, reading.text) == ("s", "a@b.example", "one\ntwo\n")


def test_a_header_without_the_blank_line_loses_nothing() -> None:
    assert read_mail(b"Subject: s\nthis is the text\nof the mail\n").text == "this is the text\nof the mail\n"


@pytest.mark.parametrize(
    "above",
    [
        pytest.param(b"From ann@example.org Mon Mar  2 15:04:05 2020\n", id="a line of mbox"),
        pytest.param(b">From a@b.example\nFrom a@b.example  Mon Mar  2 15:04:05 2020\n", id="two of them"),
        pytest.param(b"* 1 FETCH (RFC822 {200}\n", id="a line of IMAP"),
        pytest.param(b"\r\n\r\n", id="empty lines"),
    ],
)
def test_what_stands_above_the_header_does_not_hide_it(above: bytes) -> None:
    raw = above + b"Received: by x\n\tfor y\nFrom: Ann <ann@example.org>\nSubject: s\n\nbody\n"
    reading = read_mail(raw)
    assert (reading.sender.address, reading.subject, reading.text) == ("ann@example.org", "s", "body\n")


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(b"Dear all\nFrom: ann@example.org\n\nis down\n", id="one line that looks like a field"),
        pytest.param(b"Dear all\n\nFrom: a@b.example\nSubject: s\n\nx\n", id="fields below an empty line"),
        pytest.param(b"line\n" * 11 + b"From: a@b.example\nSubject: s\n\nx\n", id="far below"),
    ],
)
def test_a_mail_without_a_header_is_all_text(raw: bytes) -> None:
    reading = read_mail(raw)
    assert (reading.subject, reading.text) == ("", raw.decode())


def test_people_whose_family_names_come_first_are_one_each() -> None:
    reading = read_mail(mail("To: Berg, Ann <a@b.example>, Öst, Åke <c@d.example>; root, bob@b.example"))
    assert reading.to == (
        Mailbox("Berg, Ann", "a@b.example"),
        Mailbox("Öst, Åke", "c@d.example"),
        Mailbox("", "root"),
        Mailbox("", "bob@b.example"),
    )
    assert [each.address for each in read_mail(mail("To: root, Ann <a@b.example>")).to] == ["root", "a@b.example"]
