"""Lays rows out in columns that fit a terminal. Widths are those on the screen, where 字 takes two cells."""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum

GAP = "  "
NARROWEST = 8  # cells that are left of a column that gives way
LEAST = 4  # and where even that is too much, before columns are left out

_SHOWN_WIDE = "\ufe0f"  # makes an emoji of the sign before it, which is then two cells wide
_SHOWN_FORMATS = "\u00ad\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u08e2"  # format characters that take a cell


def width(text: str) -> int:
    """The cells that `text` takes on a terminal; of signs joined to one, as families of emoji, what each would take."""
    if text.isascii():
        return len(text)
    from unicodedata import category, east_asian_width

    return sum(
        1 if one in _SHOWN_WIDE or one in _SHOWN_FORMATS
        else 0 if category(one) in ("Mn", "Me", "Cf")
        else 2 if east_asian_width(one) in "WF" else 1
        for one in text
    )  # fmt: skip


def cut(text: str, cells: int) -> str:
    """`text` in at most so many cells, with … where something was left out."""
    if width(text) <= cells:
        return text
    kept = text[: max(cells - 1, 0)]
    while kept and width(kept) > cells - 1:
        kept = kept[:-1]
    return kept.rstrip() + "…" if cells > 0 else ""


class Place(IntEnum):
    """What becomes of a column where a terminal is narrow; what comes first here is left out first."""

    SPARE = 0
    WHOLE = 1  # means nothing when it is cut
    CUT = 2


def with_room(rows: Sequence[Sequence[str]], places: Sequence[Place], cells: int | None) -> list[int]:
    """The columns for which a line of `cells` has room, in their order; the first, which names the row, always has."""
    there = list(range(len(places)))
    if cells is None or not rows:
        return there
    widths = _widths(rows)

    def fit(columns: list[int], least: int) -> bool:
        taken = sum(min(widths[at], least) if places[at] is not Place.WHOLE else widths[at] for at in columns)
        return taken + len(GAP) * (len(columns) - 1) <= cells

    for place in Place:
        least = LEAST if place is Place.CUT else NARROWEST
        left_out: list[int] = []
        while not fit(there, least) and (last := [at for at in there[1:] if places[at] is place]):
            there.remove(last[-1])
            left_out.append(last[-1])
        for at in reversed(left_out):
            if fit(sorted([*there, at]), least):
                there = sorted([*there, at])
    return there


def lay_out(rows: Sequence[Sequence[str]], gives_way: Sequence[bool], cells: int | None) -> list[list[str]]:
    """The rows with each cell padded to its column, and cut where they would be wider than `cells` (None: no limit).

    Columns that give way are cut first, the widest of them always; then the others.
    """
    widths = _widths(rows)
    if cells is not None:
        widths = [min(each, cells) for each in widths]
        spare = cells - len(GAP) * (len(widths) - 1)
        giving = [at for at in range(len(widths)) if gives_way[at]]
        everything = list(range(len(widths)))
        for columns, least in ((giving, NARROWEST), (giving, LEAST), (everything, NARROWEST), (everything, 1)):
            _narrow(widths, columns, spare, least=least)
    return [[_padded(cut(cell, room), room) for cell, room in zip(row, widths, strict=True)] for row in rows]


def _widths(rows: Sequence[Sequence[str]]) -> list[int]:
    return [max(map(width, column)) for column in zip(*rows, strict=True)]


def _narrow(widths: list[int], columns: list[int], cells: int, *, least: int) -> None:
    while sum(widths) > cells and columns:
        widest = max(columns, key=lambda at: widths[at])
        if widths[widest] <= least:
            return
        widths[widest] -= 1


def _padded(cell: str, cells: int) -> str:
    return cell + " " * (cells - width(cell))
