"""What a hand-over brief tells of a case, whatever the language that it is told in."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from spocd.domain.handover import (
    MOST_LINES,
    MOST_SAID,
    TOLD,
    Asked,
    Happened,
    Names,
    Said,
    Standing,
    brief,
    has_left,
    is_away,
    upcoming,
)

CASE = Standing(
    state="open",
    kind="request",
    priority="normal",
    service=None,
    requester="Ann Ek",
    also=[],
    waiting_since="2026-02-02 02:40",
    pend_until=None,
    due_at=None,
    tags=[],
    said=[],
    happened=[],
    promised=[],
    asked=[],
    files=[],
)
NAMES = Names(
    agents={"bob": "Bob Berg", "eve": "Eve Dal"},
    teams={"it": "The floor"},
    services={"vpn": {"en": "Working from home", "da": "Hjemmearbejde"}},
)


def said(number: int, text: str = "Hello") -> Said:
    return Said(f"1.{number}", "2026-02-02 02:40", "Ann Ek", "wrote", text)


def line(what: str, by: str = "bob", **detail: Any) -> dict[str, Any]:
    """How a brief tells of one line of the journal."""
    happened = Happened("2026-02-02 02:40", what, by, detail)
    [told] = brief(replace(CASE, happened=[happened]), NAMES)["done"]
    return dict(told)


def test_of_very_many_messages_the_first_and_the_last_are_told_and_the_others_counted() -> None:
    told = brief(replace(CASE, said=[said(number) for number in range(1, 101)]), NAMES)
    assert [each["id"] for each in told["said"]] == ["1.1", *(f"1.{number}" for number in range(77, 101))]
    assert (len(told["said"]), told["said_between"]) == (MOST_LINES, 75)
    few = brief(replace(CASE, said=[said(number) for number in range(MOST_LINES)]), NAMES)
    assert (len(few["said"]), few["said_between"]) == (MOST_LINES, 0)


def test_a_long_message_is_cut_and_stands_in_one_line() -> None:
    [told] = brief(replace(CASE, said=[said(1, "a\n\nb " + "x" * 1000)]), NAMES)["said"]
    assert told["text"].startswith("a b xxx")
    assert (len(told["text"]), told["text"][-1]) == (MOST_SAID, "…")


def test_only_work_on_the_case_is_told_and_what_is_older_is_counted() -> None:
    noise = [Happened("", what, "bob", {}) for what in ("note", "received", "acknowledged", "out of turn", "linked")]
    work = [Happened(f"{at}", "changed", "bob", {}) for at in range(40)]
    told = brief(replace(CASE, happened=[*noise, *work]), NAMES)
    assert [each["at"] for each in told["done"]] == [f"{at}" for at in range(15, 40)]
    assert told["done_before"] == 15


@pytest.mark.parametrize("what", TOLD)
def test_agents_are_told_by_name_and_others_as_they_are(what: str) -> None:
    told = line(what, by="eve", **{"from": "bob", "to": "floor"})
    assert (told["by"], told["of"], told["to"]) == ("Eve Dal", "Bob Berg", "floor")
    assert line("reopened", by="ann@client.example")["by"] == "ann@client.example"


def test_whoever_hands_on_what_they_had_is_named_once() -> None:
    assert line("handed over", **{"from": "bob", "to": "eve"})["by"] == ""
    assert line("released", **{"from": "bob"})["by"] == "Bob Berg"


@pytest.mark.parametrize(
    ("what", "why", "told"),
    [
        pytest.param("handed over", "knows these machines", ("knows these machines", ""), id="as it was typed"),
        pytest.param("handed over", is_away("bob"), ("", "away"), id="each language says that they are away"),
        pytest.param("returned", has_left("bob"), ("", "left"), id="or have left"),
        pytest.param("returned", "bob: on leave", ("Bob Berg: on leave", ""), id="a typed absence, with the name"),
        pytest.param("returned", "nothing was done about it for 72 hours", ("", ""), id="what spocd says is its own"),
        pytest.param("taken", "next in the queue", ("", ""), id="nor is it of interest why it was taken"),
        pytest.param("reopened", "a reply came", ("", ""), id="or opened again"),
    ],
)
def test_a_reason_is_told_where_it_is_somebodys_own(what: str, why: str, told: tuple[str, str]) -> None:
    shown = line(what, by="", **{"from": "bob", "why": why})
    assert (shown["why"], shown["cause"]) == told


def test_what_was_changed_is_told_field_by_field() -> None:
    told = line(
        "changed",
        tags={"was": [], "now": ["a", "b"]},
        service={"was": None, "now": "vpn"},
        team={"was": "gone", "now": "it"},
        uid=7,
    )
    assert told["changes"] == [
        {"field": "tags", "was": "", "now": "a, b"},
        {"field": "service", "was": "", "now": NAMES.services["vpn"]},
        {"field": "team", "was": "gone", "now": "The floor"},
    ]


def test_a_service_is_told_by_its_names_and_one_that_is_gone_by_its_key() -> None:
    assert brief(replace(CASE, service="vpn"), NAMES)["service"] == NAMES.services["vpn"]
    assert brief(replace(CASE, service="gone"), NAMES)["service"] == "gone"
    assert brief(replace(CASE, service=None), NAMES)["service"] == ""


@pytest.mark.parametrize(
    ("case", "what"),
    [
        (CASE, "answer"),
        (replace(CASE, waiting_since=None, pend_until="2026-03-01 08:00"), "rest"),
        (replace(CASE, waiting_since=None, asked=[Asked("Eva", "2026-02-02 02:40")]), "experts"),
        (replace(CASE, waiting_since=None), "wait"),
    ],
)
def test_what_is_next(case: Standing, what: str) -> None:
    assert upcoming(case) == what
