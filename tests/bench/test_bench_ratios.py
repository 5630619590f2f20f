from __future__ import annotations

import pytest

from bench.ratios import Goal, Spread, amount, in_turns, ratio, row


@pytest.mark.parametrize(
    ("goal", "ratio", "verdict"),
    [
        pytest.param(Goal(least=1.3, aim=1.8), 1.80, "aim", id="more is better, the aim"),
        pytest.param(Goal(least=1.3, aim=1.8), 1.796, "aim", id="what is shown counts"),
        pytest.param(Goal(least=1.3, aim=1.8), 1.79, "least", id="more is better, enough"),
        pytest.param(Goal(least=1.3, aim=1.8), 1.29, "short", id="more is better, too little"),
        pytest.param(Goal(least=1.5, aim=1.1), 1.10, "aim", id="less is better, the aim"),
        pytest.param(Goal(least=1.5, aim=1.1), 1.11, "least", id="less is better, enough"),
        pytest.param(Goal(least=1.5, aim=1.1), 1.51, "short", id="less is better, too much"),
    ],
)
def test_what_a_ratio_reaches(goal: Goal, ratio: float, verdict: str) -> None:
    assert goal.verdict(ratio) == verdict


def test_measures_take_turns_and_each_is_first_in_every_other_round() -> None:
    order: list[str] = []

    def measure(name: str) -> float:
        order.append(name)
        return float(len(order))

    found = in_turns({"a": lambda: measure("a"), "b": lambda: measure("b")}, rounds=3)
    assert "".join(order) == "abbaab"
    assert found == {"a": [1.0, 4.0, 5.0], "b": [2.0, 3.0, 6.0]}


def test_a_ratio_is_made_of_neighbours() -> None:
    # The machine was ten times slower in the second round; that is nothing of either's.
    assert ratio([2.0, 20.0, 3.0], [1.0, 10.0, 1.0]) == Spread(median=2.0, low=2.0, high=3.0)


@pytest.mark.parametrize(
    ("line", "cells"),
    [
        (row("a", Spread(1.234, 1.0, 2.0), Goal(1, 2), note="n"), ["a", "1.23", "1.00…2.00", "1", "2", "least", "n"]),
        (row("a", Spread(1.0, 1.0, 1.0)), ["a", "1.00", "1.00…1.00", "–", "–", "–", ""]),
        (amount("a", 151.2, "MB", Goal(300, 150)), ["a", "151 MB", "–", "300", "150", "least", ""]),
    ],
)
def test_a_row_has_the_columns_of_the_table(line: str, cells: list[str]) -> None:
    assert [cell.strip() for cell in line.strip("|").split("|")] == cells
