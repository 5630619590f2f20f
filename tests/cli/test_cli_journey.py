"""The way of a ticket on a terminal and in a pipe."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.cli.conftest import Cli
from tests.cli.fake_desk import FakeDesk, on_a_terminal, process

EXPERT = "lifts@supplier.example"


def leg(lane: str, waits: str, awaited: str, start: str, end: str, seconds: int) -> dict[str, Any]:
    day = "2026-08-03T{}:00Z"
    times = {"from": day.format(start), "to": day.format(end)}
    return {"lane": lane, "waits": waits, "for": awaited, "seconds": seconds, **times}


WAY: dict[str, Any] = {
    "ticket": 12,
    "subject": "Lift stuck",
    "from": "2026-08-03T09:00:00Z",
    "to": "2026-08-03T17:00:00Z",
    "seconds": 28800,
    "over": True,
    "legs": [
        leg("case", "requester", "the queue", "09:00", "10:00", 3600),
        leg("case", "requester", "bob", "10:00", "15:30", 19800),
        leg("case", "desk", "requester", "15:30", "17:00", 5400),
        leg(EXPERT, "desk", EXPERT, "10:30", "14:30", 14400),
    ],
    "totals": {
        "requester_for_desk": 23400,
        "requester_in_queue": 3600,
        "desk_for_requester": 5400,
        "desk_for_experts": 14400,
        "for_a_date": 0,
        "nobody": 0,
    },
}


def test_the_way_is_a_line_of_time_with_what_it_comes_to(desk: FakeDesk) -> None:
    desk.answers["report.journey"] = lambda _: WAY
    assert (
        process("report", "journey", "12", config=desk.config).out
        == """\
#12  Lift stuck
2026-08-03 09:00 to 2026-08-03 17:00, 8 h, ended

2026-08-03 09:00  |###                 |  1 h         requester waits for the queue
2026-08-03 10:00  |  ###############   |  5 h 30 min  requester waits for bob
2026-08-03 10:30  |   ~~~~~~~~~~~      |  4 h         desk waits for lifts@supplier.example
2026-08-03 15:30  |                ====|  1 h 30 min  desk waits for requester

6 h 30 min  the requester waited for the desk
1 h         of that in the queue
1 h 30 min  the desk waited for the requester
4 h         the desk waited for experts
"""
    )


@pytest.mark.parametrize("columns", [40, 60, 80])
def test_the_way_fits_a_terminal(desk: FakeDesk, columns: int) -> None:
    desk.answers["report.journey"] = lambda _: WAY
    lines = on_a_terminal(desk, "report", "journey", "12", "--no-color", columns=columns).splitlines()
    assert max(map(len, lines)) <= columns
    assert any("|" in line for line in lines) == (columns >= 70)


def test_the_way_is_a_document(desk: FakeDesk, cli: Cli) -> None:
    desk.answers["report.journey"] = lambda _: WAY
    assert json.loads(cli("report", "journey", "12", "--json").out) == WAY


def test_a_way_that_has_only_begun_is_shown(desk: FakeDesk, cli: Cli) -> None:
    nothing = WAY | {"legs": [], "seconds": 0, "over": False, "to": WAY["from"], "totals": {}}
    desk.answers["report.journey"] = lambda _: nothing
    assert "0 s, still going on" in cli("report", "journey", "12").out
