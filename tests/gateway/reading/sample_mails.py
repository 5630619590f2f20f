"""Mails that people and programs write, of our own making, for the tests of the reader."""

from __future__ import annotations


def mail(*lines: str, body: str | bytes = "Hello.\n") -> bytes:
    """A mail with these header lines, a From where none is given."""
    header = list(lines)
    if not any(line.lower().startswith("from:") for line in header):
        header.insert(0, "From: Ann Berg <ann@example.org>")
    octets = body.encode() if isinstance(body, str) else body
    return "\n".join(header).encode() + b"\n\n" + octets


def multipart(kind: str, *parts: str | bytes, boundary: str = "b", lines: tuple[str, ...] = ()) -> bytes:
    """A mail of parts; each has its own header lines, a blank line and a body."""
    octets = [part.encode() if isinstance(part, str) else part for part in parts]
    between = f"\n--{boundary}\n".encode()
    body = b"preamble" + b"".join(between + part for part in octets) + f"\n--{boundary}--\nepilogue\n".encode()
    return mail(f'Content-Type: multipart/{kind}; boundary="{boundary}"', *lines, body=body)


PLAIN = mail("To: IT desk <it@example.com>", "Subject: Printer", "Message-ID: <1@example.org>")
ALTERNATIVE = multipart(
    "alternative",
    "Content-Type: text/plain; charset=utf-8\n\nSkrivaren är trasig.\n",
    "Content-Type: text/html; charset=utf-8\n\n<p>Skrivaren är <b>trasig</b>.</p>\n",
)
WITH_FILES = multipart(
    "mixed",
    "Content-Type: text/plain\n\nSee the picture.\n",
    b"Content-Type: image/png; name=fire.png\nContent-Transfer-Encoding: base64\n\niVBORw0KGgo=\n",
    "Content-Type: message/rfc822\n\nSubject: inner\nContent-Type: multipart/mixed; boundary=b2\n\n"
    "--b2\n\nhidden\n--b2--\n",
)
BOUNCE = multipart(
    "report; report-type=delivery-status",
    "Content-Type: text/plain\n\nSorry, ann@example.net was not found.\n",
    "Content-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example.net\n\n"
    "Final-Recipient: rfc822; ann@example.net\nAction: failed\nStatus: 5.1.1\n\n"
    "Original-Recipient: rfc822; bob@example.net\nFinal-Recipient: rfc822; robert@example.net\n"
    "Action: delayed\nStatus: 4.4.1\n",
    "Content-Type: text/rfc822-headers\n\nMessage-ID: <letter-7@example.com>\nTo: ann@example.net\n",
    lines=("Return-Path: <>", "Subject: Undelivered Mail"),
)
REPLY = mail(
    "Subject: Re: Printer",
    "In-Reply-To: <2@example.com>",
    "References: <1@example.org> <2@example.com>",
    "Content-Type: text/plain; charset=utf-8",
    body="Thanks, it works.\n\nOn Mon, 2 Jun 2025 at 10:00, IT desk <it@example.com> wrote:\n> Does it work now?\n> \n",
)
HTML_ONLY = mail(
    "Content-Type: text/html; charset=iso-8859-1",
    body="<html><head><style>p{}</style></head><body><p>Kære alle</p><ul><li>én<li>to</ul></body></html>".encode(
        "latin-1"
    ),
)
ALL = (PLAIN, ALTERNATIVE, WITH_FILES, BOUNCE, REPLY, HTML_ONLY)
