from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench import growth
from bench.fill import copy_of, texts
from bench.loads import mail, send
from tests.running import ADDRESS, RunningDesk

TICKETS = 700


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("desks")


@pytest.fixture(scope="module")
def desk(cache: Path) -> Iterator[RunningDesk]:
    with growth.running_copy(TICKETS, cache / "running", cache) as desk:
        yield desk


def test_a_filled_file_is_whole(cache: Path) -> None:
    whole = copy_of(TICKETS, cache / "whole", cache)
    assert whole.run("db", "check").code == 0
    with contextlib.closing(sqlite3.connect(whole.folder / "desk.db")) as database:
        database.execute("insert into ticket_search (ticket_search) values ('integrity-check')")
        indexes = "select count(*) from sqlite_master where type in ('index', 'trigger') and sql is not null"
        filled_with = database.execute(indexes).fetchone()
    empty = RunningDesk.made(cache / "empty", "--store", "sqlite:desk.db")
    with contextlib.closing(sqlite3.connect(empty.folder / "desk.db")) as database:
        assert database.execute(indexes).fetchone() == filled_with


def test_it_is_made_once(cache: Path) -> None:
    first = copy_of(TICKETS, cache / "first", cache)
    second = copy_of(TICKETS, cache / "second", cache)
    assert (first.folder / "secret").read_text() == (second.folder / "secret").read_text()
    assert first.smtp != second.smtp


def test_it_is_a_desk_like_any_other(desk: RunningDesk) -> None:
    assert len(desk.call("ticket.list", limit=50)["tickets"]) == 50
    assert len(desk.call("ticket.view", ticket=TICKETS)["messages"]) == 3
    assert desk.call("ticket.next")["tickets"]
    assert desk.call("desk.health")["faults"] == []


def test_what_its_tickets_say_is_found(desk: RunningDesk) -> None:
    _, subject, *_ = texts()[TICKETS % len(texts())]
    found = desk.call("ticket.search", words=subject)["tickets"]
    assert TICKETS in {ticket["number"] for ticket in found}


def test_it_goes_on_where_it_was_filled_up_to(desk: RunningDesk) -> None:
    send(desk.smtp, [mail(ADDRESS) for _ in range(3)], sessions=2)
    desk.placed()
    newest = desk.call("mail.inbox", limit=3)["mails"]
    assert {each["ticket"] for each in newest} == {TICKETS + 1, TICKETS + 2, TICKETS + 3}
