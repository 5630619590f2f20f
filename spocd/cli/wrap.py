"""Breaks lines between words, so that a text fits a terminal. Widths are those on the screen, as in `table`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from spocd.cli.table import width

_STYLE = re.compile(r"\x1b\[[0-9;]*m")
_WORD = re.compile(r" *[^ ]+")
_QUOTED = re.compile(r"(?:> ?)+")
_TAB = 8


def cells(text: str) -> int:
    """The cells that `text` takes on a terminal, its colours not counted."""
    return width(_STYLE.sub("", text))


def lines_on_screen(text: str, columns: int) -> int:
    """The lines that `text` takes on a terminal of so many columns, which breaks what is longer."""
    return sum(max(1, -(-cells(line) // max(columns, 1))) for line in text.removesuffix("\n").split("\n"))


def words(text: str) -> list[str]:
    """The words of a line, each with the spaces before it: the pieces that `fill` sets."""
    # Spaces at the end, which no word follows, would be looked through once for each of them.
    return _WORD.findall(text.rstrip(" "))


def fill(pieces: Iterable[str], room: int | None, *, first: str = "", later: str = "") -> Iterator[str]:
    """The lines that pieces make, none wider than `room` cells (None: one line); `first` and `later` start them.

    A piece stays whole unless it is one plain word that is longer than a line. An address of the web stays whole
    even then, since half of one leads nowhere, and so does what is coloured.
    """
    line, filled = first, False
    for piece in pieces:
        if room is None or cells(line) + cells(piece) <= room:
            line, filled = line + piece, True
            continue
        if filled:
            yield line
            line = later
        *parts, last = _broken(piece.lstrip(" "), room - cells(line), room - cells(later))
        for part in parts:
            yield line + part
            line = later
        line, filled = line + last, True
    yield line


def _broken(word: str, room: int, room_later: int) -> Iterator[str]:
    """The parts of a word that fit, the first into `room` cells; one character at least each, in one pass."""
    start = taken = 0
    if "://" not in word and "\x1b" not in word:
        for at, character in enumerate(word):
            wide = width(character)
            if taken + wide > room and at > start:
                yield word[start:at]
                start, taken, room = at, 0, room_later
            taken += wide
    yield word[start:]


def lines(text: str, room: int | None, margin: str) -> Iterator[str]:
    """The lines of a mail's text behind a margin; what is quoted stays marked so where its lines are broken."""
    for line in text.splitlines():
        if room is None:
            yield f"{margin}{line}".rstrip()
            continue
        whole = line.expandtabs(_TAB)
        found = _QUOTED.match(whole)
        # Nobody quotes so deep that half of the line is marks; what looks like that is a line drawn.
        mark = found[0] if found and len(found[0]) <= (room - len(margin)) // 2 else ""
        later = margin + (f"{mark.rstrip()} " if mark else "")
        for broken in fill(words(whole[len(mark) :]), room, first=margin + mark, later=later):
            yield broken.rstrip()
