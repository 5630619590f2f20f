"""What comes after a try to send a letter."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spocd.domain.delivery import (
    GIVE_UP_AFTER,
    Deferred,
    Done,
    GiveUp,
    Outcome,
    Rejected,
    Sent,
    Stays,
    Unknown,
    Verdict,
    Wait,
    next_try,
    verdict,
)

NOW = 1_770_000_000


@pytest.mark.parametrize(
    ("tries", "minutes"), [(1, 1), (2, 5), (3, 15), (4, 30), (5, 60), (6, 120), (7, 240), (8, 240), (500, 240)]
)
def test_f9_waits_grow_from_a_minute_to_four_hours(tries: int, minutes: int) -> None:
    assert next_try(tries, 0.0) == minutes * 60


@given(tries=st.integers(1, 1000), jitter=st.floats(0, 1, exclude_max=True))
def test_jitter_only_ever_shortens_a_wait_and_by_a_quarter_at_most(tries: int, jitter: float) -> None:
    longest = next_try(tries, 0.0)
    assert longest * 3 // 4 <= next_try(tries, jitter) <= longest <= 4 * 3600


def test_letters_held_up_together_do_not_come_back_together() -> None:
    assert len({next_try(3, jitter / 10) for jitter in range(10)}) == 10


@pytest.mark.parametrize(
    ("outcome", "age", "unknown_before", "expected"),
    [
        pytest.param(Sent("250 ok"), 0, False, Done("250 ok"), id="sent at once"),
        pytest.param(Sent("250 ok"), GIVE_UP_AFTER + 9, True, Done("250 ok"), id="sent at last"),
        pytest.param(Rejected("550 no"), 0, False, GiveUp("550 no"), id="rejected is final"),
        pytest.param(Deferred("450 wait"), 0, False, Wait(NOW + 60, False, "450 wait"), id="deferred waits"),
        pytest.param(
            Deferred("450 wait"), 3599, False, Wait(NOW + 60, False, "450 wait"), id="not late before an hour"
        ),
        pytest.param(Deferred("450 wait"), 3600, False, Wait(NOW + 60, True, "450 wait"), id="late after an hour"),
        pytest.param(
            Deferred("450 wait"),
            GIVE_UP_AFTER - 7,
            False,
            Wait(NOW + 7, True, "450 wait"),
            id="the last try is when the time is up",
        ),
        pytest.param(Deferred("450 wait"), GIVE_UP_AFTER, False, GiveUp("450 wait"), id="given up after five days"),
        pytest.param(
            Deferred("450 wait"),
            -86400,
            False,
            Wait(NOW + 60, False, "450 wait"),
            id="a clock set back gives up nothing",
        ),
        pytest.param(Unknown("lost"), 0, False, Wait(NOW + 60, False, "lost"), id="F13 unknown is sent once more"),
        pytest.param(Unknown("lost"), 60, True, Stays("lost"), id="F13 unknown twice stays"),
        pytest.param(
            Deferred("450 wait"), 60, True, Wait(NOW + 60, False, "450 wait"), id="the second copy was surely not sent"
        ),
        pytest.param(
            Unknown("lost"), GIVE_UP_AFTER, False, Wait(NOW + 60, True, "lost"), id="unknown at the end, once more"
        ),
    ],
)
def test_the_verdict_on_a_try(outcome: Outcome, age: int, unknown_before: bool, expected: Verdict) -> None:
    found = verdict(outcome, first_at=NOW - age, now=NOW, tries=1, jitter=0.0, unknown_before=unknown_before)
    assert found == expected


def test_f9_a_relay_that_is_down_for_good_ends_in_giving_up_after_five_days() -> None:
    now, tries = NOW, 0
    while True:
        tries += 1
        match verdict(Deferred("down"), first_at=NOW, now=now, tries=tries, jitter=0.5):
            case Wait(until):
                assert now < until <= now + 4 * 3600
                now = until
            case GiveUp():
                break
    assert now == NOW + GIVE_UP_AFTER
    assert 30 < tries < 60
