"""The way of a ticket: who waited for whom, with no second lost and none counted twice."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spocd.domain.journey import MAIN, Journey, Step, journey, totals

EXPERT = "lifts@supplier.example"


def step(at: int, event: str, **detail: Any) -> Step:
    return Step(at, event, detail)


def told(way: Journey) -> list[tuple[str, str, str, int, int]]:
    return [(leg.lane, leg.waits, leg.awaited, leg.start, leg.end) for leg in way.legs]


def main(way: Journey) -> list[tuple[str, str, int]]:
    return [(leg.waits, leg.awaited, leg.seconds) for leg in way.legs if leg.lane == MAIN]


def test_a_case_from_its_opening_to_its_end() -> None:
    way = journey(
        [
            step(0, "opened", channel="mail"),
            step(0, "acknowledged", to="ann@client.example"),
            step(100, "taken", to="bob"),
            step(160, "note", message="1.2"),
            step(200, "answered", message="1.3"),
            step(500, "received", message="1.4"),
            step(600, "handed over", **{"from": "bob", "to": "eva"}),
            step(650, "answered", message="1.5"),
            step(650, "resolved"),
            step(900, "closed"),
        ],
        now=5000,
    )
    assert main(way) == [
        ("requester", "the queue", 100),
        ("requester", "bob", 100),
        ("desk", "requester", 300),
        ("requester", "bob", 100),
        ("requester", "eva", 50),
    ]
    assert (way.start, way.end, way.is_over) == (0, 650, True)


def test_while_the_desk_waits_for_an_expert_the_requester_waits_for_the_desk() -> None:
    way = journey(
        [
            step(0, "opened"),
            step(10, "taken", to="bob"),
            step(20, "consulted", person=EXPERT),
            step(30, "consult reminded", person=EXPERT),
            step(80, "consult answered", person=EXPERT),
            step(90, "answered"),
        ],
        now=100,
    )
    assert told(way) == [
        (MAIN, "requester", "the queue", 0, 10),
        (MAIN, "requester", "bob", 10, 90),
        (MAIN, "desk", "requester", 90, 100),
        (EXPERT, "desk", EXPERT, 20, 80),
    ]
    assert totals(way) == {
        "requester_for_desk": 90,
        "desk_for_requester": 10,
        "for_a_date": 0,
        "nobody": 0,
        "requester_in_queue": 10,
        "desk_for_experts": 60,
    }


def test_what_rests_until_a_date_waits_for_that() -> None:
    way = journey([step(0, "opened"), step(10, "answered"), step(10, "pending"), step(60, "woken")], now=70)
    assert main(way) == [("requester", "the queue", 10), ("desk", "a date", 50), ("requester", "the queue", 10)]


def test_between_its_end_and_its_reopening_nobody_waits() -> None:
    way = journey([step(0, "opened"), step(5, "resolved"), step(7, "closed"), step(9, "received")], now=10)
    assert main(way) == [("requester", "the queue", 5), ("nobody", "", 4), ("requester", "the queue", 1)]
    assert not way.is_over


@pytest.mark.parametrize("back", ["released", "returned", "escalated"])
def test_a_case_that_is_given_back_waits_in_the_queue_or_with_a_team(back: str) -> None:
    way = journey([step(0, "opened"), step(1, "taken", to="bob"), step(2, back)], now=3)
    assert main(way)[-1] == ("requester", "the queue", 1)
    way = journey([step(0, "opened"), step(1, "taken", to="bob"), step(2, back, to="network")], now=3)
    assert main(way)[-1] == ("requester", "network", 1)


@pytest.mark.parametrize("on", ["escalated", "given to a team"])
def test_what_is_passed_on_does_not_rest_and_its_requester_waits(on: str) -> None:
    begun = [step(0, "opened"), step(1, "taken", to="bob"), step(2, "answered"), step(2, "pending")]
    assert main(journey([*begun, step(5, on)], now=9))[-1] == ("requester", "the queue", 4)
    assert main(journey([*begun, step(5, on, to="network")], now=9))[-1] == ("requester", "network", 4)


def test_whoever_is_promised_to_hear_again_waits_for_that() -> None:
    way = journey([step(0, "opened"), step(1, "taken", to="bob"), step(2, "answered"), step(2, "promised")], now=5)
    assert main(way)[-1] == ("requester", "bob", 4)


@pytest.mark.parametrize("end", ["resolved", "closed"])
def test_what_was_closed_and_is_reopened_is_with_whoever_had_it(end: str) -> None:
    way = journey([step(0, "opened"), step(1, "taken", to="bob"), step(2, end), step(5, "reopened")], now=9)
    assert main(way) == [
        ("requester", "the queue", 1),
        ("requester", "bob", 1),
        ("nobody", "", 3),
        ("requester", "bob", 4),
    ]


def test_what_was_spam_and_is_reopened_is_in_the_queue() -> None:
    way = journey([step(0, "opened"), step(1, "taken", to="bob"), step(2, "spam"), step(5, "reopened")], now=9)
    assert main(way)[-2:] == [("nobody", "", 3), ("requester", "the queue", 4)]
    assert totals(way)["requester_in_queue"] == 1 + 4


def test_an_undone_merge_goes_on_where_the_merge_found_it() -> None:
    way = journey(
        [step(0, "opened"), step(1, "taken", to="bob"), step(2, "answered"), step(4, "merged"), step(7, "unmerged")],
        now=9,
    )
    assert main(way)[-3:] == [("desk", "requester", 2), ("nobody", "", 3), ("desk", "requester", 2)]
    assert not way.is_over


def test_who_waits_on_what_is_merged_here_waits_here_until_it_is_undone() -> None:
    begun = [step(0, "opened"), step(1, "taken", to="bob"), step(2, "answered")]
    merged = [*begun, step(4, "merged here", other=2, waits=True)]
    assert main(journey(merged, now=9))[-1] == ("requester", "bob", 5)
    assert main(journey([*merged, step(6, "unmerged", other=2)], now=9))[-1] == ("desk", "requester", 3)
    assert main(journey([*begun, step(4, "merged here", other=2)], now=9))[-1] == ("desk", "requester", 7)


def test_a_clock_that_was_put_back_makes_no_leg_shorter_than_nothing() -> None:
    way = journey([step(100, "opened"), step(50, "taken", to="bob"), step(120, "answered")], now=90)
    assert main(way) == [("requester", "bob", 20)]


def test_an_expert_who_answers_after_the_end_makes_the_way_no_longer() -> None:
    way = journey(
        [
            step(0, "opened"),
            step(2, "consulted", person=EXPERT),
            step(5, "resolved"),
            step(9, "consult answered", person=EXPERT),
        ],
        now=10,
    )
    assert told(way) == [(MAIN, "requester", "the queue", 0, 5), (EXPERT, "desk", EXPERT, 2, 5)]


def test_a_case_without_a_line_has_gone_no_way() -> None:
    assert journey([], now=5) == Journey(5, 5, False, ())


KNOWN = (
    *("opened", "received", "filed", "acknowledged", "taken", "assigned", "handed over", "released", "escalated"),
    *("answered", "note", "resolved", "closed", "reopened", "pending", "woken", "consulted", "consult answered"),
    *(
        "merged",
        "merged here",
        "unmerged",
        "spam",
        "promised",
        "given to a team",
        "moved",
        "an event of a later version",
        "",
    ),
)
details = st.dictionaries(
    st.sampled_from(["to", "person", "from", "why"]),
    st.sampled_from(["bob", "eva", EXPERT, "paper@supplier.example", "", 7, None]),
)
ways = st.lists(st.builds(Step, st.integers(0, 1000), st.sampled_from(KNOWN), details), min_size=1, max_size=30)


@given(ways, st.integers(0, 2000))
def test_the_main_lane_covers_the_whole_way_without_a_gap_or_an_overlap(steps: list[Step], now: int) -> None:
    way = journey(steps, now)
    legs = [leg for leg in way.legs if leg.lane == MAIN]
    assert all(leg.seconds > 0 for leg in way.legs)
    assert all(one.end == following.start for one, following in pairwise(legs))
    assert sum(leg.seconds for leg in legs) == way.end - way.start
    if legs:
        assert (legs[0].start, legs[-1].end) == (way.start, way.end)


@given(ways, st.integers(0, 2000))
def test_no_two_legs_of_an_expert_overlap_and_all_lie_within_the_way(steps: list[Step], now: int) -> None:
    way = journey(steps, now)
    for lane in {leg.lane for leg in way.legs} - {MAIN}:
        legs = [leg for leg in way.legs if leg.lane == lane]
        assert all(one.end <= following.start for one, following in pairwise(legs))
        assert all(way.start <= leg.start < leg.end <= way.end for leg in legs)


@given(ways, st.integers(0, 2000))
def test_the_totals_make_up_the_whole_way(steps: list[Step], now: int) -> None:
    way = journey(steps, now)
    found = totals(way)
    whole = ("requester_for_desk", "desk_for_requester", "for_a_date", "nobody")
    assert sum(found[each] for each in whole) == way.end - way.start
    assert found["requester_in_queue"] <= found["requester_for_desk"]
