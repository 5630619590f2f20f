"""Bodies: which leaf is text, which goes along, and in what characters."""

from __future__ import annotations

import base64
import hashlib

import pytest

from spocd.gateway.reading import inspect, read
from spocd.gateway.reading.html import to_text
from spocd.gateway.reading.reader import read_mail
from tests.gateway.reading.sample_mails import ALTERNATIVE, HTML_ONLY, WITH_FILES, mail, multipart


def leaves(raw: bytes) -> list[tuple[str | None, str, bytes]]:
    return [(part.filename, part.content_type, part.content) for part in read_mail(raw).attachments]


def test_of_two_ways_to_say_it_the_plain_one_is_the_text() -> None:
    reading = read_mail(ALTERNATIVE)
    assert reading.text == "Skrivaren är trasig.\n"
    assert reading.attachments == ()


def test_html_is_the_text_where_the_plain_way_says_nothing() -> None:
    raw = multipart("alternative", "Content-Type: text/plain\n\n \n", "Content-Type: text/html\n\n<b>It</b> burns\n")
    assert read_mail(raw).text == "It burns\n"


def test_html_alone_becomes_text() -> None:
    assert read_mail(HTML_ONLY).text == "Kære alle\n\n* én\n* to\n"


def test_an_embedded_mail_is_one_attachment_octet_by_octet() -> None:
    embedded = "Subject: inner\nContent-Type: multipart/mixed; boundary=b2\n\n--b2\n\nhidden\n--b2--\n"
    assert leaves(WITH_FILES) == [
        ("fire.png", "image/png", base64.b64decode("iVBORw0KGgo=")),
        (None, "message/rfc822", embedded.encode()),
    ]
    assert read_mail(WITH_FILES).text == "See the picture.\n"


def test_sizes_and_digests_are_over_the_decoded_octets() -> None:
    part = read_mail(WITH_FILES).attachments[0]
    assert part.size == 8
    assert part.sha256 == hashlib.sha256(base64.b64decode("iVBORw0KGgo=")).hexdigest()


def test_several_inline_texts_are_joined_and_named_ones_go_along() -> None:
    raw = multipart(
        "mixed",
        "Content-Type: text/plain\n\none",
        'Content-Type: text/plain; name="log.txt"\n\na log',
        "Content-Type: text/plain\nContent-Disposition: attachment\n\nanother",
        "Content-Type: text/html\n\n<p>two",
        "\nthree",
    )
    assert read_mail(raw).text == "one\n\ntwo\n\nthree\n"
    assert [(name, content) for name, _, content in leaves(raw)] == [("log.txt", b"a log"), (None, b"another")]


def test_an_inner_multipart_without_its_end_ends_with_the_outer_one() -> None:
    inner = (
        "Content-Type: multipart/alternative; boundary=inner\n\n"
        "--inner\n\nplain\n--inner\nContent-Type: text/html\n\n<p>html"
    )
    raw = multipart("mixed", inner, "Content-Type: image/gif\n\nGIF")
    assert read_mail(raw).text == "plain\n"
    assert leaves(raw) == [(None, "image/gif", b"GIF")]


def test_a_mail_cut_short_keeps_what_came() -> None:
    raw = WITH_FILES[: WITH_FILES.index(b"iVBO") + 4]
    reading = read_mail(raw)
    assert reading.text == "See the picture.\n"
    assert reading.attachments[0].filename == "fire.png"
    assert "A part of the mail has no end; perhaps the mail was cut short." in reading.warnings


@pytest.mark.parametrize("line", ["multipart/mixed", "multipart/mixed; boundary=other"])
def test_a_multipart_without_its_boundary_goes_along_whole(line: str) -> None:
    assert leaves(mail(f"Content-Type: {line}", body="what\n")) == [(None, "multipart/mixed", b"what\n")]


@pytest.mark.parametrize(
    ("disposition", "name"),
    [
        pytest.param('attachment; filename="a b.pdf"', "a b.pdf", id="quoted"),
        pytest.param("attachment; filename=a.pdf", "a.pdf", id="bare"),
        pytest.param("attachment; filename*=utf-8''%C3%A5.pdf", "å.pdf", id="RFC 2231"),
        pytest.param("attachment; filename*0*=utf-8''%C3; filename*1*=%A5; filename*2=.pdf", "å.pdf", id="in pieces"),
        pytest.param('attachment; filename="=?utf-8?q?=C3=A5?=.pdf"', "å.pdf", id="an encoded word"),
        pytest.param('attachment; filename="å.pdf"', "å.pdf", id="raw"),
        pytest.param('attachment; filename="../../etc/cron.d/x"', "x", id="SEC-44 a path"),
        pytest.param('attachment; filename="C:\\TEMP\\x.pdf"', "x.pdf", id="SEC-44 a path of Windows"),
        pytest.param('attachment; filename="a\\"b.pdf"', 'a"b.pdf', id="an escaped quote"),
        pytest.param("attachment; filename*=utf-8''a%00%0D%0Ab.pdf", "a b.pdf", id="SEC-44 controls"),
        pytest.param('attachment; filename="' + "a" * 4096 + '"', "a" * 255, id="SEC-44 4,096 characters"),
        pytest.param('attachment; filename="/"', None, id="nothing but a slash"),
        pytest.param("attachment", None, id="none"),
    ],
)
def test_a_file_name_is_one_component_on_one_line(disposition: str, name: str | None) -> None:
    raw = multipart("mixed", f"Content-Type: application/pdf\nContent-Disposition: {disposition}\n\nx")
    assert leaves(raw) == [(name, "application/pdf", b"x")]


@pytest.mark.parametrize(
    ("label", "octets", "text"),
    [
        pytest.param("utf-8", "æøå".encode(), "æøå", id="utf-8"),
        pytest.param("utf-8", b"caf\xe9", "café", id="cp1252 called UTF-8"),
        pytest.param("us-ascii", "æ".encode(), "æ", id="UTF-8 called US-ASCII"),
        pytest.param("us-ascii", b"\x93caf\xe9\x94", "“café”", id="cp1252 called US-ASCII"),
        pytest.param("iso-8859-1", b"\x80 5", "€ 5", id="cp1252 called latin-1"),
        pytest.param("gb2312", "镕".encode("gb18030"), "镕", id="gb18030 called gb2312"),
        pytest.param("ks_c_5601-1987", "똠".encode("cp949"), "똠", id="cp949 called ks_c_5601"),
        pytest.param("iso-2022-jp", b"\x1b$B-!\x1b(B", "①", id="vendor characters in ISO-2022-JP"),
        pytest.param("iso-2022-jp", b"\x1b(I1\x1b(B", "ｱ", id="half-width katakana"),
        pytest.param("koi8-r", "Принтер".encode("koi8-r"), "Принтер", id="koi8-r"),
        pytest.param("windows-1251", "Принтер".encode("cp1251"), "Принтер", id="windows-1251"),
        pytest.param("iso-8859-15", b"\xa4", "€", id="latin-9"),
        pytest.param("UTF8", "å".encode(), "å", id="a name that is nearly right"),
        pytest.param("utf-7", b"+2AA-a", "\ufffda", id="half a surrogate pair"),
        pytest.param("utf-16", "å".encode("utf-16"), "å", id="utf-16"),
        pytest.param("utf-8", b"a\0b", "ab", id="NUL"),
        *(
            pytest.param(label, b"caf\xe9", "café", id=f"SEC-43 {label}")
            for label in (
                "zlib",
                "idna",
                "rot13",
                "hex",
                "unicode_escape",
                "punycode",
                "mbcs",
                "undefined",
                "x" * 500,
                '"',
            )
        ),
    ],
)
def test_sec_43_charsets_are_read_as_their_senders_mean_them(label: str, octets: bytes, text: str) -> None:
    assert read_mail(mail(f"Content-Type: text/plain; charset={label}", body=octets)).text == text + "\n"


@pytest.mark.parametrize(
    ("encoding", "octets", "text"),
    [
        pytest.param("base64", base64.b64encode(b"hello there"), "hello there", id="base64"),
        pytest.param("base64", b"aGVsbG8gdGhlcmU", "hello there", id="base64 without its padding"),
        pytest.param("BASE64", b"aGVs*bG8g\ndGhl!cmU=\n", "hello there", id="base64 with foreign characters"),
        pytest.param("base64", b"aGVsbG8=IHRoZXJl", "hello there", id="two base64 texts in a row"),
        pytest.param("quoted-printable", b"hell=6F =\nthere", "hello there", id="quoted-printable"),
        pytest.param("quoted-printable", b"a=ZZ=", "a=ZZ", id="broken quoted-printable"),
        pytest.param("x-uuencode", b"begin 644 x\n+:&5L;&\\@=&AE<F4 \n`\nend\n", "hello there", id="uuencode"),
        pytest.param("8bit (comment)", b"hello there", "hello there", id="a comment"),
        pytest.param("nonsense", b"hello there", "hello there", id="an unknown one"),
    ],
)
def test_transfer_encodings_are_undone_however_damaged(encoding: str, octets: bytes, text: str) -> None:
    assert read_mail(mail(f"Content-Transfer-Encoding: {encoding}", body=octets)).text == text + "\n"


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("one<br>two", "one\ntwo"),
        ("<p>one</p><p>two</p>", "one\n\ntwo"),
        ("<div>one<div>two</div></div>three", "one\ntwo\nthree"),
        ("a  \n b&nbsp;c &amp; d &#8364; &eacute;", "a b c & d € é"),
        ("<script>if (a<b) alert('x')</script>after<style>p</style>", "after"),
        ("<!-- <p>hidden</p> -->shown", "shown"),
        ('<a title="a>b" href=x>link</a>', "link"),
        ("<table><tr><td>a<td>b</tr><tr><td>c</table>", "a b\nc"),
        (
            "said:<blockquote>one<br>two<blockquote>three</blockquote></blockquote>so",
            "said:\n\n> one\n> two\n>\n>> three\n\nso",
        ),
        ("<pre>a  b\n  c</pre>", "a  b\n  c"),
        ("1 < 2 and 3 > 2", "1 < 2 and 3 > 2"),
        ("never <!-- closed", "never closed"),
        ("cut <b", "cut <b"),
        ("&#xD800;&#0;&#99999999999;&nonsense;", "\ufffd\ufffd&#99999999999;&nonsense;"),
        ("", ""),
    ],
)
def test_html_reads_as_a_person_would_read_it(markup: str, text: str) -> None:
    assert to_text(markup) == text


def test_inspect_is_the_document_of_a_reading() -> None:
    assert inspect(WITH_FILES) == read(WITH_FILES).document()
    assert inspect(WITH_FILES)["attachments"][0]["size"] == 8


def test_a_text_of_many_megabytes_is_shown_in_part_and_goes_along_whole() -> None:
    body = b"all work and no play\n" * 200_000
    reading = read_mail(mail("Subject: s", body=body))
    assert len(reading.text) == 1024 * 1024 + 1
    assert reading.attachments[0].content == body
    assert reading.subject == "s"
