"""Content-Transfer-Encoding, undone: a part's octets before they were made fit for mail (RFC 2045 section 6)."""

from __future__ import annotations

import binascii
import re
from io import BytesIO

from spocd.gateway.reading.notes import Notes

_WHITE = b" \t\r\n"
_NOT_BASE64 = bytes(set(range(256)) - set(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="))
_PADDING = re.compile(rb"=+")
_MOST_RUNS = 1000  # pieces with a padding of their own, as of several files one after the other
_UU_BEGIN = re.compile(rb"^begin [0-7]{3,4} [^\r\n]*\r?\n", re.M)


def decode(octets: bytes, encoding: str, notes: Notes) -> bytes:
    """What `octets` carry under the transfer encoding `encoding`; an unknown one leaves them as they are."""
    match encoding:
        case "" | "7bit" | "8bit" | "binary":
            return octets
        case "base64":
            return base64(octets, notes)
        case "quoted-printable":
            return binascii.a2b_qp(octets)
        case "x-uuencode" | "uuencode" | "x-uue" | "uue":
            return _uuencode(octets, notes)
        case _:
            notes.warn("A part has a transfer encoding that is not known; it is left as it came.")
            return octets


def base64(octets: bytes, notes: Notes) -> bytes:
    """What base64 text stands for, however damaged: foreign characters are skipped, missing padding is added.

    The standard library hands back the undecoded text where padding is missing.
    """
    packed = octets.translate(None, _WHITE)
    try:
        return binascii.a2b_base64(packed, strict_mode=True)
    except binascii.Error:
        notes.warn("A part's base64 is damaged; what could be decoded is there.")
    *runs, rest = _PADDING.split(packed.translate(None, _NOT_BASE64), _MOST_RUNS)
    return b"".join(_unpadded(run) for run in (*runs, rest.replace(b"=", b"")))


def _unpadded(run: bytes) -> bytes:
    """A run of base64 characters without padding; a single character left over holds less than an octet."""
    if len(run) % 4 == 1:
        run = run[:-1]
    return binascii.a2b_base64(run + b"=" * (-len(run) % 4))


def _uuencode(octets: bytes, notes: Notes) -> bytes:
    begin = _UU_BEGIN.search(octets)
    decoded = bytearray()  # a list of millions of short lines would take a hundred times their octets
    for line in BytesIO(octets[begin.end() if begin else 0 :]):
        if line.strip() in (b"end", b"`"):
            break
        try:
            decoded += binascii.a2b_uu(line)
        except binascii.Error:
            notes.warn("A part's uuencoding is damaged; what could be decoded is there.")
    return bytes(decoded)
