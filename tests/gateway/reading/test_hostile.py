"""Content that is meant to do harm: it is attached as it came, or read as the words that it holds."""

from __future__ import annotations

import gzip
import tracemalloc
from base64 import encodebytes
from hashlib import sha256
from time import process_time

import pytest

from spocd.gateway.reading.reader import read_mail
from tests.gateway.reading.sample_mails import mail, multipart

EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-STANDARD-" + b"ANTIVIRUS-TEST-FILE!$H+H*"


def attached(content: bytes, content_type: str, name: str) -> bytes:
    return multipart(
        "mixed",
        "Content-Type: text/plain\n\nSee the file.\n",
        f"Content-Type: {content_type}; name={name}\nContent-Transfer-Encoding: base64\n\n".encode()
        + encodebytes(content),
    )


@pytest.mark.parametrize(
    ("content", "content_type", "name"),
    [
        pytest.param(gzip.compress(bytes(32 * 1024 * 1024)), "application/gzip", "a.gz", id="a bomb"),
        pytest.param(gzip.compress(bytes(32 * 1024 * 1024)), "application/zip", "a.zip", id="a bomb by another name"),
        pytest.param(EICAR, "application/octet-stream", "eicar.com", id="what scanners are tried with"),
        pytest.param(b"MZ" + bytes(1000), "application/x-msdownload", "a.exe", id="a program"),
    ],
)
def test_sec_45_a_file_is_attached_as_it_came_and_never_unpacked(content: bytes, content_type: str, name: str) -> None:
    raw = attached(content, content_type, name)
    tracemalloc.start()
    reading = read_mail(raw)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    (part,) = reading.attachments
    assert (part.filename, part.content, part.sha256) == (name, content, sha256(content).hexdigest())
    assert peak < 6 * len(raw) + 512 * 1024


HOSTILE = [
    "<script>alert(1)</script>",
    "<SCRIPT SRC=//x.example/a.js></SCRIPT>",
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "<style>@import url(//x.example/a.css)</style>",
    "<img src=x onerror=alert(1)>",
    "<img src='http://x.example/pixel.gif' width=1 height=1>",
    "<svg onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    "<iframe src=javascript:alert(1)></iframe>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<object data=javascript:alert(1)></object>",
    "<embed src=javascript:alert(1)>",
    "<link rel=stylesheet href=//x.example/a.css>",
    "<meta http-equiv=refresh content='0;url=//x.example'>",
    "<base href=//x.example>",
    "<body onload=alert(1)>",
    "<form action=//x.example><input name=password></form>",
    "<a href='javascript:alert(1)'>here</a>",
    "<a href='JaVaScRiPt:alert(1)'>here</a>",
    "<a href=' &#x6a;avascript:alert(1)'>here</a>",
    "<a href='vbscript:msgbox(1)'>here</a>",
    "<a href='data:text/html,<script>alert(1)</script>'>here</a>",
    "<table background=javascript:alert(1)><tr><td>x</table>",
    "<div style='background:url(javascript:alert(1))'>x</div>",
    "<math><mtext><script>alert(1)</script></mtext></math>",
    "<!--[if IE]><script>alert(1)</script><![endif]-->",
    "<![CDATA[<script>alert(1)</script>]]>",
    "<?xml version=1.0?><script>alert(1)</script>",
    "<noscript><img src=x onerror=alert(1)></noscript>",
    "<template><script>alert(1)</script></template>",
    "<video><source onerror=alert(1)></video>",
    "<details open ontoggle=alert(1)>x</details>",
    "<title><script>alert(1)</script></title>",
    "<textarea><script>alert(1)</script></textarea>",
    "<script>alert(1)",
    "<style>p{}",
    "<a href=\"x\" onclick='alert(1)'>here</a>",
    "<p><<script>alert(1)//<</script>",
    "<img src=`x` onerror=alert(1)>",
    "<isindex type=image src=1 onerror=alert(1)>",
]


@pytest.mark.parametrize("markup", HOSTILE)
def test_sec_46_of_a_page_only_its_words_are_left(markup: str) -> None:
    page = f"<html><body><p>It broke.</p>{markup}</body></html>"
    text = read_mail(mail("Content-Type: text/html; charset=utf-8", body=page)).text
    assert text.startswith("It broke.")
    lowered = text.lower()
    assert not any(each in lowered for each in ("<script", "javascript:", "vbscript:", "onerror=", "<iframe", "srcdoc"))


ESCAPES = [
    "\x1b]0;title\a",
    "\x1b]8;;http://x.example\x1b\\",
    "\x1b]52;c;aGk=\a",
    "\x1b[2J",
    "\x9b2J",
    "\b\b\b",
    "\x00",
]


@pytest.mark.parametrize("escape", ESCAPES)
def test_sec_47_no_line_of_ours_that_stands_in_a_list_holds_a_control(escape: str) -> None:
    encoded = f"=?utf-8?b?{encodebytes(f'a{escape}b'.encode()).decode().strip()}?="
    reading = read_mail(
        multipart(
            "mixed",
            f"Content-Type: text/plain; name*=utf-8''a{''.join(f'%{each:02x}' for each in escape.encode())}b\n\nx\n",
            lines=(f"Subject: {encoded}", f"From: {encoded} <ann@example.org>", f"To: {encoded} <it@example.com>"),
        )
    )
    shown = [reading.subject, reading.sender.name, reading.to[0].name, reading.attachments[0].filename or ""]
    assert all(each.isprintable() for each in shown)


PARTS = {
    "an embedded mail": ("message/rfc822", "Subject: inner\n\nhidden\n"),
    "an S/MIME envelope": ("application/pkcs7-mime; smime-type=enveloped-data", "MIAGCSqGSIb3DQEHA6CAMIACAQAxggE="),
    "an S/MIME signature": ("application/pkcs7-signature; name=smime.p7s", "MIAGCSqGSIb3DQEHAqCAMIACAQExDzAN"),
    "a PGP envelope": ("application/octet-stream; name=encrypted.asc", "-----BEGIN PGP MESSAGE-----\nxx\n"),
    "a PGP signature": ("application/pgp-signature; name=signature.asc", "-----BEGIN PGP SIGNATURE-----\nxx\n"),
    "a winmail.dat that is none": ("application/ms-tnef; name=winmail.dat", "x" * 100),
}


@pytest.mark.parametrize("name", PARTS)
def test_sec_54_what_is_wrapped_is_attached_and_neither_opened_nor_believed(name: str) -> None:
    content_type, body = PARTS[name]
    reading = read_mail(
        multipart("mixed", "Content-Type: text/plain\n\nSee below.\n", f"Content-Type: {content_type}\n\n{body}")
    )
    assert reading.text.strip() == "See below."
    assert [part.content.strip() for part in reading.attachments] == [body.encode().strip()]


@pytest.mark.parametrize(
    "below",
    [
        pytest.param("-- \n" + "Ann Berg, ACME, Example Street 1\n" * 10_000, id="a signature"),
        pytest.param("Kind regards,\n" + "Ann Berg\n" * 10_000, id="a closing"),
        pytest.param("\n".join(f"{'>' * (n % 60 + 1)} old" for n in range(10_000)), id="a quote"),
        pytest.param("On Mon, 2 Jun 2025 at 10:00, IT <it@example.com> wrote:\n" * 10_000, id="attributions"),
        pytest.param("From: IT\nSent: 2025-06-02\nTo: Ann\nSubject: x\n\nold\n\n" * 3_000, id="copied headers"),
    ],
)
def test_sec_55_ten_thousand_lines_below_an_answer_hide_nothing_of_it(below: str) -> None:
    body = f"It works.\n\n{below}\n"
    began = process_time()
    reading = read_mail(mail("Subject: Re: Printer", body=body))
    assert process_time() - began < 1  # a tenth of that on a quiet machine
    assert reading.visible_text.startswith("It works.")
    assert reading.text.rstrip("\n") == body.rstrip("\n")
