"""A search as each database has it. Folded words hold letters and digits alone: in quotes they are safe in both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from spocd.domain.search import Wanted

Dialect = Literal["sqlite", "postgres"]


@dataclass(frozen=True, slots=True)
class Found:
    """How the rows of a table are found by their words: `source` stands before the table, `row` is the table's key."""

    source: str
    condition: str
    row: str


def by_words(dialect: Dialect, table: str, key: str) -> Found:
    """How `table`, whose key is `key`, is searched; the condition's one parameter is `:search`."""
    if dialect == "sqlite":
        # FTS5 gives its rows in the order of their numbers, and stops when the page is full, if only it goes first:
        # which is what a cross join means to SQLite.
        return Found(f"{table}_search s cross join ", f"s.{table}_search match :search and {key} = s.rowid", "s.rowid")
    return Found(
        f"{table}_words s cross join ",
        f"s.words @@ cast(cast(:search as text) as tsquery) and {key} = s.{table}",
        f"s.{table}",
    )


def query(dialect: Dialect, wanted: Sequence[Wanted]) -> str:
    """What the parameter `:search` is: of each word one of its forms, or what begins with it."""
    quote, begins, either, both = ('"', "*", " OR ", " AND ") if dialect == "sqlite" else ("'", ":*", " | ", " & ")

    def one(word: Wanted) -> str:
        forms = [f"{quote}{each}{quote}" for each in dict.fromkeys((*word.forms, *word.longer))]
        beginning = [f"{quote}{word.beginning}{quote}{begins}"] if word.beginning else []
        return f"({either.join([*forms, *beginning])})"

    return both.join(map(one, wanted))
