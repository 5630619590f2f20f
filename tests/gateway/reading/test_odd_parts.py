"""Parts as programs damage them, and kinds of parts that need unpacking: flowed text, invitations, winmail.dat."""

from __future__ import annotations

import base64
import random
import struct
import time

import pytest

from spocd.gateway.reading import tnef
from spocd.gateway.reading.flowed import unflowed
from spocd.gateway.reading.invitation import text_of
from spocd.gateway.reading.parameters import content_type, parse
from spocd.gateway.reading.reader import read_mail
from tests.gateway.reading.sample_mails import mail, multipart


def names(raw: bytes) -> list[str | None]:
    return [part.filename for part in read_mail(raw).attachments]


@pytest.mark.parametrize(
    ("value", "word", "parameters"),
    [
        ("text/plain charset=koi8-r", "text/plain", {"charset": "koi8-r"}),
        ("text/plain; charset: utf-8; format=flowed", "text/plain", {"charset": "utf-8", "format": "flowed"}),
        ('text/plain; charset="utf-8" format=flowed', "text/plain", {"charset": "utf-8", "format": "flowed"}),
        ("text/plain; charset=utf-8 format=flowed", "text/plain", {"charset": "utf-8", "format": "flowed"}),
        ('multipart/mixed, boundary="x"', "multipart/mixed", {"boundary": "x"}),
        ('multipart/mixed; boundary="a;b=c"', "multipart/mixed", {"boundary": "a;b=c"}),
        ("text/html;;charset=utf-8;;", "text/html", {"charset": "utf-8"}),
        ('"text/html"; charset=x', "text/html", {"charset": "x"}),
        ('filename="a.pdf"', "", {"filename": "a.pdf"}),
        ("attachment filename=a b.pdf", "attachment", {"filename": "a b.pdf"}),
        ('attachment; filename="the "best" plan.pdf"', "attachment", {"filename": 'the "best" plan.pdf'}),
        ('attachment; filename="a\\"; size=1"; size=2', "attachment", {"filename": 'a"; size=1', "size": "2"}),
        ('attachment; filename="C:\\dir\\\\"; size=4', "attachment", {"filename": "C:\\dir\\", "size": "4"}),
        ("image/png; name=Plan 2020, final.png", "image/png", {"name": "Plan 2020, final.png"}),
        ('application/pdf; name="cut', "application/pdf", {"name": "cut"}),
        ("attachment; filename*=utf-8'en'%C3%A5; filename=a", "attachment", {"filename": "å"}),
        ("attachment; filename*=%C3%A5", "attachment", {"filename": "å"}),
        ("attachment; filename*1=b; filename*0=a", "attachment", {"filename": "ab"}),
        ("text/plain; charset", "text/plain", {}),
        ("", "", {}),
    ],
)
def test_parameters_are_read_as_they_are_meant(value: str, word: str, parameters: dict[str, str]) -> None:
    assert parse(value) == (word, parameters)


def test_a_type_that_is_none_is_the_default() -> None:
    assert content_type("nonsense; charset=x", "text/plain") == ("text/plain", {"charset": "x"})
    assert content_type("text (plain)", "message/rfc822")[0] == "text/plain"


@pytest.mark.parametrize(
    ("encoding", "body", "text"),
    [
        pytest.param(
            "base64",
            base64.encodebytes(b"Hello there.\n") + b"_____\nusers mailing list\nhttp://x.example\n",
            "Hello there.\n_____\nusers mailing list\nhttp://x.example\n",
            id="a footer below base64",
        ),
        pytest.param("base64", b"The printer is on fire!\nHelp.\n", "The printer is on fire!\nHelp.\n", id="no base64"),
        pytest.param("base64", b"aGVsbG8g dGhlcmU=", "hello there\n", id="base64 with blanks in it"),
        pytest.param("Quoted_Printable", b"h=C3=A5", "hå\n", id="a name written otherwise"),
        pytest.param("quoted-printable", b"one=  \ntwo=\r\r\nthree", "onetwothree\n", id="blanks after a soft break"),
        pytest.param("quoted-printable", b"a=b 100=\xc3\xa5 =e5=9", "a=b 100=å \ufffd=9\n", id="equals signs of words"),
    ],
)
def test_a_damaged_text_loses_nothing(encoding: str, body: bytes, text: str) -> None:
    lines = ("Content-Type: text/plain; charset=utf-8", f"Content-Transfer-Encoding: {encoding}")
    assert read_mail(mail(*lines, body=body)).text == text


def test_what_stands_below_base64_is_no_part_of_a_file() -> None:
    part = b"Content-Type: image/gif\nContent-Transfer-Encoding: base64\n\nR0lG\nODlh\n"
    assert read_mail(multipart("mixed", part)).attachments[0].content == b"GIF89a"


def test_line_ends_with_two_returns_are_line_ends() -> None:
    raw = multipart("mixed", "Content-Type: text/plain\n\none\ntwo\n", "Content-Type: image/gif; name=x.gif\n\nGIF")
    reading = read_mail(raw.replace(b"\n", b"\r\r\n"))
    assert reading.text.split() == ["one", "two"]
    assert [part.filename for part in reading.attachments] == ["x.gif"]


def test_a_boundary_that_is_used_twice_ends_the_inner_multipart() -> None:
    inner = 'Content-Type: multipart/alternative; boundary="b"\n\n--b\n\nplain\n--b\nContent-Type: text/html\n\n<p>html'
    raw = multipart("mixed", inner, "Content-Type: image/gif; name=x.gif\n\nGIF")
    assert "plain" in read_mail(raw).text
    assert names(raw) == ["x.gif"]


@pytest.mark.parametrize("kind", ["text/x-amp-html", "text/enriched", "text/markdown"])
def test_another_way_to_say_it_is_neither_text_nor_a_file(kind: str) -> None:
    raw = multipart(
        "alternative", "\nHello", f"Content-Type: {kind}\n\n<p>Hello", "Content-Type: text/html\n\n<p>Hello"
    )
    assert (read_mail(raw).text, names(raw)) == ("Hello\n", [])


def test_enriched_text_alone_is_the_text() -> None:
    raw = mail(
        "Content-Type: text/enriched", body="<bold>Hi</bold> <<3 <fontfamily><param>Times</param>you</fontfamily>"
    )
    assert read_mail(raw).text == "Hi <3 you\n"


@pytest.mark.parametrize(
    ("text", "delete_space", "result"),
    [
        ("one \ntwo\nthree", False, "one two\nthree"),
        ("one \ntwo", True, "onetwo"),
        ("> one \n> two\n>> three \n> four", False, "> one two\n>> three\n> four"),
        (">one \nmine", False, "> one\nmine"),
        (" From here\n > no quote", False, "From here\n> no quote"),
        ("text \n-- \nAnn \nBerg", False, "text \n-- \nAnn Berg"),
        ("", False, ""),
    ],
)
def test_flowed_paragraphs_are_whole_again(text: str, delete_space: bool, result: str) -> None:
    assert unflowed(text, delete_space=delete_space) == result
    flag = "yes" if delete_space else "no"
    raw = mail(f'Content-Type: text/plain; format="Flowed"; delsp={flag}', body=text.replace("\n", "\r\n"))
    assert read_mail(raw).text.strip("\n") == result


EVENT = (
    "BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nBEGIN:VTIMEZONE\r\nDTSTART:16010101T000000\r\nEND:VTIMEZONE\r\n"
    "BEGIN:VEVENT\r\nDTSTART;TZID=Europe/Copenhagen:20260302T090000\r\nDTEND;TZID=Europe/Copenhagen:20260302T100000\r\n"
    "SUMMARY;LANGUAGE=en:Review of the\r\n  printers\\, again\r\nLOCATION:Room 5\r\n"
    'ORGANIZER;CN="Berg: Ann":mailto:ann@example.org\r\n'
    "BEGIN:VALARM\r\nDESCRIPTION:REMINDER\r\nEND:VALARM\r\n"
    "DESCRIPTION:Please come\\nall\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
)


def test_an_invitation_that_says_nothing_else_says_what_when_where_and_who() -> None:
    raw = multipart("alternative", "\n\n", f"Content-Type: text/calendar; method=REQUEST\n\n{EVENT}")
    reading = read_mail(raw)
    assert reading.text == (
        "Invitation: Review of the printers, again\n"
        "When: 2026-03-02 09:00 (Europe/Copenhagen) to 2026-03-02 10:00 (Europe/Copenhagen)\n"
        "Where: Room 5\nBy: Berg: Ann <ann@example.org>\n\nPlease come\nall\n"
    )
    assert [part.content_type for part in reading.attachments] == ["text/calendar"]


@pytest.mark.parametrize(
    ("calendar", "text"),
    [
        ("METHOD:CANCEL\nBEGIN:VEVENT\nSUMMARY:Lunch\nDTSTART;VALUE=DATE:20260302\nEND:VEVENT", "Cancelled: Lunch\n"),
        ("METHOD:REPLY\nBEGIN:VEVENT\nATTENDEE;PARTSTAT=DECLINED:mailto:a@b\nEND:VEVENT", "Declined\n"),
        ("BEGIN:VEVENT\nSUMMARY:x\nDTSTART:20260302T090000Z", "Event: x\nWhen: 2026-03-02 09:00 UTC\n"),
        ("BEGIN:VCALENDAR\nEND:VCALENDAR", ""),
        ("nonsense", ""),
    ],
)
def test_a_calendar_is_told_in_a_few_lines(calendar: str, text: str) -> None:
    assert text_of(calendar).startswith(text)
    assert bool(text_of(calendar)) is bool(text)


def test_a_mail_with_words_does_not_tell_its_invitation_too() -> None:
    raw = multipart("mixed", "\nWords", f"Content-Type: text/calendar\n\n{EVENT}")
    assert read_mail(raw).text == "Words\n"


def attribute(number: int, value: bytes) -> bytes:
    return struct.pack("<BII", 2, number, len(value)) + value + struct.pack("<H", sum(value) & 0xFFFF)


def text_property(number: int, kind: int, value: bytes) -> bytes:
    return struct.pack("<HHII", kind, number, 1, len(value)) + value + b"\0" * (-len(value) % 4)


NAMED = struct.pack("<HH16sIIHH", 0x1F, 0x8001, b"\0" * 16, 1, 4, 0x61, 0) + struct.pack("<II", 1, 4) + b"x\0\0\0"
PROPERTIES = (
    struct.pack("<I", 4)
    + NAMED
    + struct.pack("<HHI", 0x03, 0x3705, 1)
    + text_property(0x370E, 0x1E, b"application/PDF\0")
    + text_property(0x3707, 0x1F, "Årsplan.pdf\0".encode("utf-16-le"))
)
WINMAIL = (
    struct.pack("<IH", 0x223E9F78, 1)
    + attribute(0x00069007, struct.pack("<II", 1251, 0))
    + attribute(0x00069002, b"\0" * 14)
    + attribute(0x00018010, b"ARSPLA~1.PDF\0")
    + attribute(0x0006800F, b"%PDF")
    + attribute(0x00069005, PROPERTIES)
    + attribute(0x00069002, b"\0" * 14)
    + attribute(0x00018010, "План.doc".encode("cp1251") + b"\0")
    + attribute(0x0006800F, b"DOC")
)


def winmail(octets: bytes) -> bytes:
    part = b'Content-Type: application/ms-tnef; name="winmail.dat"\nContent-Transfer-Encoding: base64\n\n'
    return multipart("mixed", "\nHello", part + base64.encodebytes(octets))


def test_a_winmail_dat_is_unpacked() -> None:
    reading = read_mail(winmail(WINMAIL))
    assert [(part.filename, part.content_type, part.content) for part in reading.attachments] == [
        ("Årsplan.pdf", "application/pdf", b"%PDF"),
        ("План.doc", "application/octet-stream", b"DOC"),
    ]
    assert reading.warnings == ()


def test_a_winmail_dat_that_holds_more_than_files_stays() -> None:
    assert names(winmail(WINMAIL + attribute(0x00069002, b"\0" * 14))) == ["Årsplan.pdf", "План.doc", "winmail.dat"]


def test_a_winmail_dat_that_was_cut_off_or_is_the_whole_mail_stays_beside_its_files() -> None:
    assert names(winmail(WINMAIL[:-3])) == ["Årsplan.pdf", "winmail.dat"]
    encoded = base64.encodebytes(WINMAIL)
    lines = ("Content-Type: application/ms-tnef; name=winmail.dat", "Content-Transfer-Encoding: base64")
    assert names(mail(*lines, body=encoded)) == ["Årsplan.pdf", "План.doc", "winmail.dat"]


@pytest.mark.parametrize("octets", [b"", b"no TNEF", WINMAIL[:30], b"\x78\x9f\x3e\x22\0\0"])
def test_a_winmail_dat_that_cannot_be_unpacked_stays_with_a_warning(octets: bytes) -> None:
    assert names(winmail(octets)) == ["winmail.dat"]
    assert any("winmail.dat" in each for each in read_mail(winmail(octets)).warnings)


@pytest.mark.parametrize("seed", range(3))
def test_f29_a_damaged_winmail_dat_gives_what_can_be_read(seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(1500):
        octets = bytearray(WINMAIL)
        for _ in range(chance.randint(1, 8)):
            octets[chance.randrange(len(octets))] = chance.randrange(256)
        assert sum(len(each.content or b"") for each in tnef.files(bytes(octets))) <= len(octets)


@pytest.mark.parametrize(
    ("raw", "warning"),
    [
        (multipart("encrypted", "Content-Type: application/pgp-encrypted\n\nVersion: 1"), "encrypted (PGP)"),
        (mail("Subject: s", body="-----BEGIN PGP MESSAGE-----\nxx\n"), "encrypted (PGP)"),
        (mail("Content-Type: application/pkcs7-mime; name=smime.p7m", body="x"), "encrypted (S/MIME)"),
        (mail("Content-Type: application/x-pkcs7-mime; smime-type=signed-data", body="x"), "S/MIME signature"),
        (mail("Subject: s", body="see\nbegin 644 fire.png\nM" + "!" * 60 + "\n`\nend\n"), "uuencoded: fire.png"),
    ],
)
def test_what_an_agent_cannot_read_here_is_said(raw: bytes, warning: str) -> None:
    assert any(warning in each for each in read_mail(raw).warnings)


UUENCODED = "begin 644 fire.png\nM" + "!" * 60 + "\n#9FER\n`\nend\n"


def test_a_uuencoded_file_stays_in_the_text_and_is_left_out_of_what_is_new() -> None:
    reading = read_mail(mail("Subject: s", body=f"See the picture.\n\n{UUENCODED}\nIt smokes.\n"))
    assert reading.text.splitlines()[2] == "begin 644 fire.png"
    assert reading.visible_text.split("\n\n") == ["See the picture.", "\nIt smokes."]


@pytest.mark.parametrize("damage", ["\nIt smokes, see above.", "\n"])
def test_one_that_is_damaged_is_shown_since_nobody_knows_where_it_ends(damage: str) -> None:
    body = UUENCODED.replace("\n`\nend", damage)
    assert "!!!" in read_mail(mail("Subject: s", body=f"See.\n\n{body}")).visible_text


@pytest.mark.parametrize(
    "raw",
    [
        mail("Content-Type: application/pkcs7-mime; smime-type=certs-only", body="x"),
        mail("Content-Type: application/x-pkcs7-mime; name=ann.p7c", body="x"),
        mail("Subject: s", body="we begin 644 times\nMonday\n"),
        multipart("signed", "\nhi", "Content-Type: application/pkcs7-signature; name=smime.p7s\n\nx"),
    ],
)
def test_an_ordinary_part_is_no_warning(raw: bytes) -> None:
    assert read_mail(raw).warnings == ()


MEGABYTE = 1024 * 1024


@pytest.mark.parametrize(
    ("lines", "body"),
    [
        pytest.param(("Content-Transfer-Encoding: base64",), b"!" + b"\n" * 2 * MEGABYTE, id="base64 of empty lines"),
        pytest.param(("Content-Transfer-Encoding: base64",), b"a b\n" * MEGABYTE, id="base64 with blanks"),
        pytest.param(("Content-Transfer-Encoding: quoted-printable",), b"= " * MEGABYTE, id="soft breaks of blanks"),
        pytest.param(("Content-Type: text/plain; format=flowed",), b"> \n >\n" * 150_000, id="flowed quotes"),
        pytest.param(("Content-Type: text/enriched",), b"<param>" * 150_000, id="enriched text"),
        pytest.param(("Content-Type: text/calendar",), b"BEGIN:VEVENT\nA" + b';B="' * 300_000, id="a calendar's line"),
        pytest.param(("Content-Type: text/calendar",), b"BEGIN:VEVENT\n " * 80_000, id="a calendar's folds"),
        pytest.param(("Subject: s",), b"\xe0" * MEGABYTE, id="octets without a label"),
        pytest.param(("Content-Type: text/plain; charset=utf-16",), b"\xd8\0" * (MEGABYTE // 2), id="half pairs"),
        pytest.param(("Subject: s",), b"begin 644 a\n" * 80_000, id="beginnings of uuencode"),
        pytest.param(("Content-Type: x" + ';a="b"c' * 2000,), b"x", id="parameters without semicolons"),
        pytest.param(("Content-Type: x" + (";" + " " * 50) * 300,), b"x", id="parameters without names"),
        pytest.param(("Content-Type: x; a=" + " a" * 8000,), b"x", id="one long parameter"),
        pytest.param(("To: " + "Berg, " * 2700,), b"x", id="family names"),
        pytest.param(("From: " + "<" * 16_000,), b"x", id="angles"),
        pytest.param(("Date: " + "1:1" * 5000,), b"x", id="times"),
    ],
)
def test_the_worst_parts_take_linear_time(lines: tuple[str, ...], body: bytes) -> None:
    raw = mail(*lines, body=body)
    began = time.process_time()
    read_mail(raw)
    assert time.process_time() - began < 3  # most take 0.2 s on a quiet machine; a quadratic step takes minutes
