"""Header text: raw octets and encoded words (RFC 2047) to one line of plain characters."""

from __future__ import annotations

import binascii
import re

from spocd.gateway.reading import charset
from spocd.gateway.reading.notes import Notes
from spocd.gateway.reading.transfer import base64

_START = re.compile(r"=\?([A-Za-z0-9_.:+'()-]{1,60})(?:\*[A-Za-z0-9-]{0,40})?\?([bBqQ])\?")
# Controls, line separators, and the marks that turn text round: none has a place in one line that people trust.
_UNWANTED = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
_MOST_NAME = 255  # characters of a file name


def raw_text(value: bytes, otherwise: str | None = None) -> str:
    """A field's octets as characters, encoded words untouched: UTF-8, else the charset `otherwise`, else cp1252."""
    if value.isascii():
        return charset.decode(value, "iso-2022-jp") if b"\x1b$" in value else value.decode("ascii").replace("\0", "")
    return charset.guess(value, otherwise)


def text(value: bytes, otherwise: str | None = None) -> str:
    """A field's text on one line, encoded words read, nothing in it that could break a line or turn it round."""
    return flat(decode(raw_text(value, otherwise)))


def flat(line: str) -> str:
    """`line` on one line: an encoded word may hold a line break, and header injection with it."""
    return " ".join(_UNWANTED.sub(" ", line).split()) if not line.isprintable() else line.strip()


def file_name(name: str) -> str | None:
    """The last component of a file name that a sender chose, on one line, or None where nothing is left of it."""
    last = flat(re.split(r"[/\\]", decode(name))[-1])
    return last[:_MOST_NAME] or None


def decode(line: str) -> str:
    """`line` with its encoded words read. White space between two of them is none (RFC 2047 section 6.2).

    A word that was cut off at the end of the line is read as far as it goes, one cut off by the next up to that.
    Linear in the length of the line: where one word has no end, no later one has.
    """
    if "=?" not in line:
        return line
    pieces: list[str | _Word] = []
    at = 0
    while start := _START.search(line, at):
        end = line.find("?=", start.end())
        if end < 0 and line[start.end() :].split()[1:]:
            break
        next_word = _START.search(line, start.end(), end if end >= 0 else len(line))
        between = line[at : start.start()]
        if not (between.isspace() or not between) or not pieces:
            pieces.append(between)
        if next_word or end < 0:
            at = next_word.start() if next_word else len(line)
            pieces.append(_Word(start[1].lower(), start[2].lower(), line[start.end() : at].rstrip("? \t")))
            continue
        pieces.append(_Word(start[1].lower(), start[2].lower(), line[start.end() : end]))
        at = end + 2
    pieces.append(line[at:])
    return "".join(_read(pieces))


class _Word:
    """An encoded word: its charset, and the octets that it stands for."""

    __slots__ = ("charset", "octets")

    def __init__(self, label: str, encoding: str, body: str) -> None:
        self.charset = label
        octets = _octets(body, label)
        # RFC 2047 section 4.2: the underline is a space, whatever the charset.
        self.octets = base64(octets, Notes()) if encoding == "b" else binascii.a2b_qp(octets, header=True)


def _octets(body: str, label: str) -> bytes:
    """The octets of an encoded word's text; raw ones in it, against RFC 2047, are taken to be in its own charset."""
    try:
        return body.encode("ascii" if body.isascii() else "utf-8" if label.startswith("utf") else "latin-1")
    except UnicodeEncodeError:
        return body.encode("utf-8", "replace")


def _read(pieces: list[str | _Word]) -> list[str]:
    """Characters of all pieces; neighbours of one charset are read together, since some cut a character in two."""
    out: list[str] = []
    label, octets = "", b""
    for piece in [*pieces, ""]:
        if isinstance(piece, _Word) and piece.charset == label:
            octets += piece.octets
            continue
        if octets:
            out.append(charset.decode(octets, label))
        label, octets = (piece.charset, piece.octets) if isinstance(piece, _Word) else ("", b"")
        if isinstance(piece, str):
            out.append(piece)
    return out
