"""How a search reads the index on SQLite: in its own order, and only as far as the page needs it."""

from __future__ import annotations

import contextlib
import sqlite3
from typing import Any

import pytest

from spocd.domain.search import Wanted
from spocd.store.listings import compose, cursor
from spocd.store.migrate import migrate_sqlite
from spocd.store.search import query

WANTED = [Wanted(("printers", "printer"), "printers"), Wanted(("12",), None)]


@pytest.mark.parametrize(
    ("dialect", "text"),
    [
        ("sqlite", '("printers" OR "printer" OR "printers"*) AND ("12")'),
        ("postgres", "('printers' | 'printer' | 'printers':*) & ('12')"),
    ],
)
def test_each_word_is_quoted_and_all_must_be_there(dialect: Any, text: str) -> None:
    assert query(dialect, WANTED) == text


@pytest.mark.parametrize("listing", ["ticket", "person"])
@pytest.mark.parametrize("after", [None, cursor(5, 5)])
def test_the_newest_come_first_out_of_the_index_and_nothing_is_sorted(listing: str, after: str | None) -> None:
    text, parameters = compose(listing, {"search": WANTED}, sort="newest", limit=50, after=after)
    with contextlib.closing(sqlite3.connect(":memory:", isolation_level=None)) as database:
        migrate_sqlite(database)
        plan = database.execute(f"explain query plan {text}", parameters).fetchall()
    steps = [row[3] for row in plan]
    assert "VIRTUAL TABLE INDEX" in steps[0], steps
    # FTS5 has the bound of the page too ("<" or ">"), where there is one.
    assert ("<" in steps[0].partition("INDEX")[2]) == (after is not None), steps
    # The sorts that are there are of one person's addresses, for each row that is shown.
    assert [step for _, inside, _, step in plan if "TEMP B-TREE" in step and not inside] == [], steps


def test_the_index_says_the_same_as_what_it_was_made_from() -> None:
    with contextlib.closing(sqlite3.connect(":memory:", isolation_level=None)) as database:
        migrate_sqlite(database)
        database.execute("pragma foreign_keys = off")
        database.execute("insert into ticket_words values (1, 0, 0, 'a b'), (2, 0, 0, 'b c')")
        database.execute("update ticket_words set words = 'c d' where ticket = 1")
        database.execute("delete from ticket_words where ticket = 2")
        database.execute("insert into ticket_search (ticket_search) values ('integrity-check')")
        found = {
            word: [
                row[0]
                for row in database.execute("select rowid from ticket_search where ticket_search match ?", [word])
            ]
            for word in "abcd"
        }
    assert found == {"a": [], "b": [], "c": [1], "d": [1]}
