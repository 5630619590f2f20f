"""Listings: every filter, every order, every page, and whatever a caller puts in their place."""

from __future__ import annotations

import base64
import json
import random
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spocd.domain.search import Wanted
from spocd.errors import Exit, Refused
from spocd.store import Row, Store, Transaction
from spocd.store.listings import compose, cursor
from tests.store.persons import adding

TICKETS = 60
STATES = ("new", "open", "pending", "resolved", "closed", "spam")


async def fill(tx: Transaction) -> None:
    """Sixty tickets of three people, in all states, with ties in every column that sorts."""
    chance = random.Random(3)
    for number, name in enumerate(("Ann", "Bo", "Cid")):
        person = await adding(name)(tx)
        address = f"{name.lower()}@x.example"
        await tx.run("add_person_address", address=address, person=person, shown=address, domain="x", now=number)
    await tx.one("add_agent", login="agent", name="Agent", address="", role="agent", uid=None, now=0)
    for number in range(1, TICKETS + 1):
        opened = 1000 + number // 7
        waiting = chance.choice([None, opened, opened + 5])
        await tx.one(
            "open_ticket", subject=f"Case 100%_{number:02}", state=STATES[number % 6], kind=f"kind{number % 2}",
            priority=f"priority{number % 3}", requester=number % 3 + 1, service=chance.choice([None, "it", "hr"]),
            channel="mail", address="desk@example.org", waiting_since=waiting, team=None, reporter=None,
            direction="in", now=opened, opened_at=opened,
        )  # fmt: skip
        row = await tx.one("ticket", number=number)
        assert row is not None
        changes = {"assignee": 1 if number % 4 == 0 else None, "updated_at": 2000 + number * 37 % 11}
        await tx.run("change_ticket", **{**row, **changes})
        await tx.run("add_participant", ticket=number, person=2, role="cc", now=0)
        await tx.one(
            "add_message", ticket=number, position=1, kind="note", direction="in", person=None, agent=None,
            author_name="", author_address="", recipients="[]", reply_to=None, subject="", text="", message_id=None,
            reference_ids="[]", visible_text=f"needle{number % 10} \\", raw=None, content_key=None,
            evidence="{}", now=0,
        )  # fmt: skip
        await tx.run("add_ticket_words", ticket=number, through=0, words=f"{number} needle{number % 10}")


@pytest.fixture
async def full(store: Store) -> Store:
    await store.write(fill)
    return store


async def listed(store: Store, filters: dict[str, Any], sort: str = "newest", **more: Any) -> list[Row]:
    choice = {"limit": 1000, "after": None} | more
    return await store.read(lambda tx: tx.listing("ticket", filters, sort=sort, **choice))


FILTERS: list[tuple[dict[str, Any], Callable[[Row], bool]]] = [
    ({}, lambda t: True),
    ({"states": ["closed"]}, lambda t: t["state"] == "closed"),
    ({"states": ["new", "open", "pending"]}, lambda t: t["state"] in ("new", "open", "pending")),
    ({"states": ["pending", "new"]}, lambda t: t["state"] in ("new", "pending")),
    ({"states": ["spam", "new"]}, lambda t: t["state"] in ("new", "spam")),
    ({"states": list(STATES)}, lambda t: True),
    ({"assignee": 1}, lambda t: t["assignee_login"] == "agent"),
    ({"unassigned": 1}, lambda t: t["assignee"] is None),
    ({"requester": 2}, lambda t: t["requester"] == 2),
    ({"person": 2}, lambda t: True),
    ({"person": 3}, lambda t: t["requester"] == 3),
    ({"service": "it"}, lambda t: t["service"] == "it"),
    ({"team": "none such"}, lambda t: False),
    ({"priority": "priority1"}, lambda t: t["priority"] == "priority1"),
    ({"kind": "kind0"}, lambda t: t["kind"] == "kind0"),
    ({"since": 1004}, lambda t: t["opened_at"] >= 1004),
    ({"until": 1004}, lambda t: t["opened_at"] < 1004),
    ({"search": [Wanted(("12",), None)]}, lambda t: t["number"] == 12),
    ({"search": [Wanted(("needle3", "none"), None)]}, lambda t: t["number"] % 10 == 3),
    ({"search": [Wanted(("none",), "need"), Wanted(("needle4",), None)]}, lambda t: t["number"] % 10 == 4),
    ({"search": [Wanted(("needle4",), None)], "states": ["new", "spam"]}, lambda t: t["number"] % 10 == 4 and
     t["state"] in ("new", "spam")),
    ({"search": [Wanted(("needle4",), None), Wanted(("needle5",), None)]}, lambda t: False),
    ({"states": ["new"], "kind": "kind0", "since": 1003, "unassigned": 1}, lambda t: t["state"] == "new" and
     t["kind"] == "kind0" and t["opened_at"] >= 1003 and t["assignee"] is None),
]  # fmt: skip
NEVER = 2**63 - 1
SORTS: dict[str, Callable[[Row], tuple[int, ...]]] = {
    "newest": lambda t: (-t["number"],),
    "oldest": lambda t: (t["number"],),
    "updated": lambda t: (-t["updated_at"], -t["number"]),
    "waiting": lambda t: (NEVER if t["waiting_since"] is None else t["waiting_since"], t["number"]),
}


@pytest.mark.parametrize("sort", SORTS)
async def test_every_filter_takes_its_rows_and_every_order_keeps_them(full: Store, sort: str) -> None:
    everything = await listed(full, {})
    assert len(everything) == TICKETS
    for filters, belongs in FILTERS:
        found = await listed(full, filters, sort)
        expected = sorted((row["number"] for row in everything if belongs(row)), key=lambda n: n)
        assert sorted(row["number"] for row in found) == expected, filters
        assert found == sorted(found, key=SORTS[sort]), filters


@pytest.mark.parametrize("sort", SORTS)
@pytest.mark.parametrize("size", [1, 7, 59, 60, 61])
async def test_a_walk_by_cursor_meets_every_row_once_and_in_order(full: Store, sort: str, size: int) -> None:
    needles = {"search": [Wanted(("needle3", "needle4"), None)]}
    for filters in ({}, {"states": ["new", "open", "pending"]}, {"requester": 2}, needles):
        met: list[Row] = []
        after = None
        while page := await listed(full, filters, sort, limit=size, after=after):
            met += page
            assert len(met) <= TICKETS
            after = cursor(page[-1]["sort_key"], page[-1]["number"])
        assert met == await listed(full, filters, sort)


async def test_a_row_that_comes_meanwhile_does_not_shift_the_pages(full: Store) -> None:
    first = await listed(full, {}, limit=10)
    await full.write(fill_one)
    rest = await listed(full, {}, after=cursor(first[-1]["sort_key"], first[-1]["number"]))
    assert [row["number"] for row in (*first, *rest)] == list(range(TICKETS, 0, -1))


async def fill_one(tx: Transaction) -> None:
    await tx.one(
        "open_ticket", subject="", state="new", kind="", priority="", requester=1, team=None, service=None,
        channel="mail", address="", reporter=None, direction="in", waiting_since=None, now=0, opened_at=0,
    )  # fmt: skip


@pytest.mark.parametrize("name", ["ticket", "person", "inbox", "outbox"])
@pytest.mark.parametrize(
    "sort",
    ["", "number", "newest; drop table ticket", "t.number desc --", "(select 1)", "NEWEST", "newest\0", "-t.number"],
)
def test_sec62_an_order_that_is_not_offered_is_refused_by_name(name: str, sort: str) -> None:
    with pytest.raises(Refused, match=r"is no order of this list\. Take newest") as refused:
        compose(name, {}, sort=sort, limit=5, after=None)
    assert (refused.value.code, refused.value.exit) == ("bad-sort", Exit.USAGE)


@pytest.mark.parametrize("name", ["ticket", "inbox", "outbox"])
@pytest.mark.parametrize("states", [[], [""], ["new'"], ["new') or 1=1 --"], ["NEW"], ["done", "x"], ["waiting", None]])
def test_sec62_a_state_that_is_none_is_refused_by_name(name: str, states: list[str]) -> None:
    with pytest.raises(Refused, match=r" Take (new|waiting), ") as refused:
        compose(name, {"states": states}, sort="newest", limit=5, after=None)
    assert (refused.value.code, refused.value.exit) == ("bad-state", Exit.USAGE)


@pytest.mark.parametrize("name", ["1=1", "requester; --", "t.number"])
def test_sec62_a_filter_that_is_not_offered_never_becomes_sql(name: str) -> None:
    with pytest.raises(KeyError):
        compose("ticket", {name: 1}, sort="newest", limit=5, after=None)


def packed(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode()


@pytest.mark.parametrize(
    "after",
    [
        pytest.param("", id="nothing"),
        pytest.param("x", id="no base64"),
        pytest.param("ключ", id="no ASCII"),
        pytest.param("' or 1=1 --", id="SQL"),
        pytest.param(packed([1]), id="one number"),
        pytest.param(packed([1, 2, 3]), id="three"),
        pytest.param(packed({"a": 1}), id="no list"),
        pytest.param(packed(["1", "2"]), id="text"),
        pytest.param(packed([1.5, 2]), id="a fraction"),
        pytest.param(packed([None, None]), id="nulls"),
        pytest.param(packed([float("inf"), 1]), id="infinity"),
        pytest.param(packed([float("nan"), 1]), id="not a number"),
        pytest.param(packed([2**63, 1]), id="more than a database holds"),
        pytest.param(packed([1, -(2**63) - 1]), id="less than a database holds"),
        pytest.param(packed("[" * 50_000), id="long"),
        pytest.param(base64.urlsafe_b64encode(b"[" * 60_000).decode(), id="deep"),
        pytest.param(base64.urlsafe_b64encode(b"[" + b"9" * 10_000 + b",1]").decode(), id="a very long number"),
        pytest.param(base64.urlsafe_b64encode(b"\xff\xfe").decode(), id="no UTF-8"),
    ],
)
def test_sec62_a_cursor_that_no_list_gave_is_refused(after: str) -> None:
    with pytest.raises(Refused, match="Start again without --cursor") as refused:
        compose("ticket", {}, sort="newest", limit=5, after=after)
    assert refused.value.exit is Exit.USAGE


@given(st.text(max_size=120))
def test_sec62_no_text_as_a_cursor_is_more_than_a_refusal(after: str) -> None:
    try:
        _, parameters = compose("ticket", {}, sort="newest", limit=5, after=after)
    except Refused:
        return
    assert isinstance(parameters["after"], int)


@given(st.integers(-(2**63), 2**63 - 1), st.integers(0, 2**63 - 1))
def test_a_cursor_is_read_back_as_it_was_given(value: int, number: int) -> None:
    text = cursor(value, number)
    _, parameters = compose("ticket", {}, sort="updated", limit=5, after=text)
    assert (parameters["after"], parameters["after_id"]) == (value, number)
    assert text.isascii()
    assert not set(text) & set("=+/ ")
