"""F1, F3, F28: a desk that is killed, dies at a named point, or is told to stop, while mail comes in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import spocd
from spocd.daemon.crash import POINTS, VARIABLE
from tests.e2e.crash import Tally, at_point, at_random, desk_with_relay, stops
from tests.running import RunningDesk

# The passing of a point at which the desk dies here: of its transactions, those that accept a mail and mark a letter
# as sent are among them.
PASSINGS: dict[str, tuple[int, ...]] = {"before_commit": (1, 5, 10), "after_commit": (1, 5, 10), "connected": (1,)}


@pytest.fixture
def tally(tmp_path: Path) -> Iterator[Tally]:
    with desk_with_relay(tmp_path / "desk") as (desk, sink):
        yield Tally(desk, sink)


def test_f1_a_desk_that_is_killed_five_times_loses_and_doubles_nothing(tally: Tally) -> None:
    at_random(tally, 5)
    tally.outcome()
    assert tally.faults == []
    assert tally.acknowledged


@pytest.mark.parametrize("point", POINTS)
def test_f3_a_desk_that_dies_at_a_point_loses_nothing_and_sends_twice_only_what_it_could_not_know(
    tally: Tally, point: str
) -> None:
    at_point(tally, point, PASSINGS.get(point, (2,)))
    tally.outcome()
    assert tally.faults == []
    assert tally.acknowledged


@pytest.mark.timeout(600)
def test_f28_a_desk_that_is_told_to_stop_under_load_ends_in_time_and_loses_nothing(tally: Tally) -> None:
    stops(tally, 20)
    outcome = tally.outcome()
    assert tally.faults == []
    assert outcome.unknown == 0


def test_each_point_stands_in_the_code() -> None:
    sources = [each.read_text() for each in Path(spocd.__file__).parent.rglob("*.py")]
    stands = set(re.findall(r'sys\.audit\("spocd\.([a-z0-9_]+)"\)', "\n".join(sources)))
    assert stands == set(POINTS)


@pytest.mark.parametrize("wanted", ["nowhere", "before_250:0", "before_250:x", ":1"])
def test_a_point_that_is_not_there_is_no_way_to_crash(tmp_path: Path, wanted: str) -> None:
    desk = RunningDesk.made(tmp_path / "desk")
    answer = desk.run("serve", **{VARIABLE: wanted})
    assert answer.code == 78
    assert "Use POINT or POINT:N" in answer.err
