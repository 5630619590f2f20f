"""Content-Transfer-Encoding, undone: a part's octets before they were made fit for mail (RFC 2045 section 6)."""

from __future__ import annotations

import binascii
import re
from io import BytesIO

from spocd.gateway.reading.notes import Notes

_WHITE = b" \t\r\n"
_BASE64 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="
_NOT_BASE64 = bytes(set(range(256)) - set(_BASE64))
_PADDING = re.compile(rb"=+")
_MOST_RUNS = 1000  # pieces with a padding of their own, as of several files one after the other
_UU_BEGIN = re.compile(rb"^begin [0-7]{3,4} [^\r\n]*\r?\n", re.M)
_SOFT_BREAK = re.compile(rb"=[ \t\r]+\n")  # some servers pad lines, and some double the CR
_NOT_IN_A_NAME = re.compile(r"[^a-z0-9]+")


def decode(octets: bytes, encoding: str, notes: Notes, *, is_text: bool = False) -> bytes:
    """What `octets` carry under the transfer encoding `encoding`; an unknown one leaves them as they are.

    What stands unencoded below base64 belongs to a text, such as the footer of a mailing list, and to nothing else.
    """
    match _NOT_IN_A_NAME.sub("", encoding):
        case "" | "7bit" | "8bit" | "binary" | "7bits" | "8bits" | "none":
            return octets
        case "base64":
            return base64(octets, notes, is_text=is_text)
        case "quotedprintable":
            return binascii.a2b_qp(_SOFT_BREAK.sub(b"=\n", octets))
        case "xuuencode" | "uuencode" | "xuue" | "uue":
            return _uuencode(octets, notes)
        case _:
            notes.warn("A part has a transfer encoding that is not known; it is left as it came.")
            return octets


def base64(octets: bytes, notes: Notes, *, is_text: bool = False) -> bytes:
    """What base64 text stands for, however damaged: foreign characters are skipped, missing padding is added.

    The standard library hands back the undecoded text where padding is missing.
    """
    packed = octets.translate(None, _WHITE)
    try:
        return binascii.a2b_base64(packed, strict_mode=True)
    except binascii.Error:
        pass
    end = _end_of_base64(octets) if is_text else len(octets)
    below = octets[end:]
    if is_text and not octets[:end].strip():
        notes.warn("A part is called base64 and is not; it is shown as it came.")
        return octets
    notes.warn("A part's base64 is damaged; what could be decoded is there.")
    *runs, rest = _PADDING.split(octets[:end].translate(None, _NOT_BASE64), _MOST_RUNS)
    decoded = b"".join(_unpadded(run) for run in (*runs, rest.replace(b"=", b"")))
    return decoded.rstrip(b"\r\n") + b"\n" + below if is_text and below.strip() else decoded


def _end_of_base64(octets: bytes) -> int:
    """Where the first line begins that was never base64; all lines before it are, but for some damage."""
    at = 0
    for line in BytesIO(octets):
        if not line.isspace() and _is_foreign(line.strip()):
            return at
        at += len(line)
    return at


def _is_foreign(line: bytes) -> bool:
    """Whether a line is words or a rule: blanks cut it where no base64 is cut, or much of it is no base64."""
    if len(line.translate(None, _BASE64 + _WHITE)) * 4 > len(line):
        return True
    return b" " in line and any(len(piece) % 4 for piece in line.split()[:-1])


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
