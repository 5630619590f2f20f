"""What a large desk costs, counted in the steps of SQLite's machine, which no other load on this one changes."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from bench.fill import digest, fill_file, texts
from spocd.desk.search import COMMON, FEW, MOST_LONGER, NEWEST
from spocd.domain.search import Wanted
from spocd.store.listings import compose, cursor
from spocd.store.statements import load
from tests.running import RunningDesk

SMALL, LARGE = 600, 6_000
A_STEP = 10
pytestmark = pytest.mark.sqlite


@dataclass(frozen=True)
class Desk:
    database: sqlite3.Connection
    tickets: int

    def steps(self, text: str, parameters: dict[str, Any]) -> int:
        """How many tens of steps a statement takes."""
        taken = 0

        def count() -> int:
            nonlocal taken
            taken += 1
            return 0

        self.database.set_progress_handler(count, A_STEP)
        rows = self.database.execute(text, parameters).fetchall()
        self.database.set_progress_handler(None, A_STEP)
        assert rows
        return taken


@pytest.fixture(scope="module")
def desks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Desk]]:
    with contextlib.ExitStack() as stack:
        made = []
        for tickets in (SMALL, LARGE):
            folder = tmp_path_factory.mktemp("desks") / "desk"
            RunningDesk.made(folder, "--store", "sqlite:desk.db")
            fill_file(folder / "desk.db", tickets, active=tickets // 4)
            database = stack.enter_context(contextlib.closing(sqlite3.connect(folder / "desk.db")))
            database.create_function("digest", 1, digest)
            made.append(Desk(database, tickets))
        yield made


def _grows(desks: list[Desk], of: Any) -> float:
    """The steps on the large desk ÷ those on the small one. `of` gives a statement and its parameters for a desk."""
    small, large = (desk.steps(*of(desk)) for desk in desks)
    return large / max(small, 10)


@pytest.mark.parametrize("sort", ["newest", "oldest", "updated", "waiting"])
@pytest.mark.parametrize("states", [("new", "open", "pending"), ("new", "open"), ("open",)], ids=len)
def test_a_page_of_active_tickets_costs_what_it_shows(desks: list[Desk], states: list[str], sort: str) -> None:
    def page(_: Desk) -> tuple[str, dict[str, Any]]:
        return compose("ticket", {"states": states}, sort=sort, limit=20, after=None)

    assert _grows(desks, page) < 1.5


@pytest.mark.parametrize("sort", ["newest", "oldest", "updated"])
def test_a_page_of_all_tickets_costs_what_it_shows(desks: list[Desk], sort: str) -> None:
    def page(_: Desk) -> tuple[str, dict[str, Any]]:
        return compose("ticket", {}, sort=sort, limit=20, after=None)

    assert _grows(desks, page) < 1.5


@pytest.mark.parametrize("sort", ["newest", "updated"])
def test_a_page_far_down_the_list_is_not_reached_by_all_before_it(desks: list[Desk], sort: str) -> None:
    column = {"newest": "number", "updated": "updated_at"}[sort]

    def page(desk: Desk) -> tuple[str, dict[str, Any]]:
        middle = desk.tickets // 2
        [value] = desk.database.execute(f"select {column} from ticket where number = ?", (middle,)).fetchone()
        return compose("ticket", {}, sort=sort, limit=20, after=cursor(value if sort == "updated" else middle, middle))

    assert _grows(desks, page) < 1.5


@pytest.mark.parametrize(("listing", "limit"), [("ticket", 20), ("candidate", 100)])
def test_a_search_costs_what_it_shows_or_puts_in_order(desks: list[Desk], listing: str, limit: int) -> None:
    wanted = [Wanted(("printer",), None)]  # every second ticket has it

    def page(_: Desk) -> tuple[str, dict[str, Any]]:
        return compose(listing, {"search": wanted}, sort="newest", limit=limit, after=None)

    assert _grows(desks, page) < 1.5


def test_what_begins_like_a_rare_word_is_found_without_a_look_at_other_tickets(desks: list[Desk]) -> None:
    rare = texts()[0][1].split()[0].lower()

    def longer(_: Desk) -> tuple[str, dict[str, Any]]:
        asked = {"beginning": rare, "few": FEW, "common": COMMON, "most": MOST_LONGER + 1, "newest": NEWEST}
        return load("sqlite")["words_beginning"], asked

    assert _grows(desks, longer) < 1.5


@pytest.mark.parametrize(
    ("statement", "parameter"),
    [
        ("ticket_document", "number"),
        ("participants", "ticket"),
        ("messages", "ticket"),
        ("ticket_journal", "ticket"),
        ("next_in_queue", "agent"),
    ],
)
def test_looking_at_one_ticket_costs_the_same_on_any_desk(desks: list[Desk], statement: str, parameter: str) -> None:
    text = load("sqlite")[statement]

    def look(desk: Desk) -> tuple[str, dict[str, Any]]:
        return text, {parameter: None if parameter == "agent" else desk.tickets}

    assert _grows(desks, look) < 1.5
