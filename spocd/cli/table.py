"""Lays rows out in columns that fit a terminal. Widths are those on the screen, where 字 takes two cells."""

from __future__ import annotations

from collections.abc import Sequence

GAP = "  "
NARROWEST = 8  # cells that are left of a column that gives way


def width(text: str) -> int:
    """The cells that `text` takes on a terminal."""
    if text.isascii():
        return len(text)
    from unicodedata import category, east_asian_width

    return sum(0 if category(one) in ("Mn", "Me", "Cf") else 2 if east_asian_width(one) in "WF" else 1 for one in text)


def cut(text: str, cells: int) -> str:
    """`text` in at most so many cells, with … where something was left out."""
    if width(text) <= cells:
        return text
    kept = text[: max(cells - 1, 0)]
    while kept and width(kept) > cells - 1:
        kept = kept[:-1]
    return kept.rstrip() + "…" if cells > 0 else ""


def lay_out(rows: Sequence[Sequence[str]], gives_way: Sequence[bool], cells: int | None) -> list[list[str]]:
    """The rows with each cell padded to its column, and cut where they would be wider than `cells` (None: no limit).

    Columns that give way are cut first, the widest of them always; then the others.
    """
    widths = [max(width(row[at]) for row in rows) for at in range(len(gives_way))] if rows else []
    if cells is not None:
        spare = cells - len(GAP) * (len(widths) - 1)
        giving = [at for at in range(len(widths)) if gives_way[at]]
        _narrow(widths, giving, spare, least=NARROWEST)
        _narrow(widths, list(range(len(widths))), spare, least=NARROWEST)
        _narrow(widths, giving, spare, least=1)
    return [[_padded(cut(cell, room), room) for cell, room in zip(row, widths, strict=True)] for row in rows]


def _narrow(widths: list[int], columns: list[int], cells: int, *, least: int) -> None:
    while sum(widths) > cells and columns:
        widest = max(columns, key=lambda at: widths[at])
        if widths[widest] <= least:
            return
        widths[widest] -= 1


def _padded(cell: str, cells: int) -> str:
    return cell + " " * (cells - width(cell))
