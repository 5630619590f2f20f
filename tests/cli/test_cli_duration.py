"""How long something took, as a person reads it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spocd.cli.duration import duration


@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        (0, "0 s"),
        (59, "59 s"),
        (60, "1 min"),
        (89, "1 min"),
        (90, "2 min"),
        (3569, "59 min"),
        (3570, "1 h"),
        (6000, "1 h 40 min"),
        (6029, "1 h 40 min"),
        (6030, "1 h 41 min"),
        (86369, "23 h 59 min"),
        (86370, "1 d"),
        (97200, "1 d 3 h"),
        (165_599, "1 d 22 h"),
        (171_000, "2 d"),
    ],
)
def test_a_duration_is_told_in_its_two_largest_units_rounded_to_the_smaller(seconds: int, told: str) -> None:
    assert duration(seconds) == told


SIZES = {"d": 86400, "h": 3600, "min": 60, "s": 1}


@given(st.integers(0, 10**9))
def test_what_is_told_is_within_half_a_unit(seconds: int) -> None:
    words = duration(seconds).split()
    read = sum(int(number) * SIZES[unit] for number, unit in zip(words[::2], words[1::2], strict=True))
    unit = 3600 if seconds >= 86400 else 60 if seconds >= 60 else 1
    assert abs(read - seconds) <= unit / 2
