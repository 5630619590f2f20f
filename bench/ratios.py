"""Two things measured in turns, and their ratio as a row of a Markdown table."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping
from dataclasses import dataclass

ROUNDS = 7


@dataclass(frozen=True, slots=True)
class Goal:
    """What a ratio should be. Where `aim` is the smaller of the two, less is better."""

    least: float
    aim: float

    def verdict(self, ratio: float) -> str:
        """“aim”, “least” or “short”: what is reached, to the two digits that are shown."""
        sign = 1 if self.aim >= self.least else -1
        reached = sign * round(ratio, 2)
        return "aim" if reached >= sign * self.aim else "least" if reached >= sign * self.least else "short"


@dataclass(frozen=True, slots=True)
class Spread:
    """The median of some ratios, the least and the largest of them."""

    median: float
    low: float
    high: float


def spread(ratios: list[float]) -> Spread:
    return Spread(statistics.median(ratios), min(ratios), max(ratios))


def in_turns(measures: Mapping[str, Callable[[], float]], rounds: int = ROUNDS) -> dict[str, list[float]]:
    """What each measure gave in each round. Every other round goes backwards, so that no one is always the first."""
    found: dict[str, list[float]] = {name: [] for name in measures}
    for turn in range(rounds):
        names = list(measures)
        for name in names if turn % 2 == 0 else reversed(names):
            found[name].append(measures[name]())
    return found


def ratio(above: list[float], below: list[float]) -> Spread:
    """One series ÷ another, round by round: neighbours had the same machine."""
    return spread([one / other for one, other in zip(above, below, strict=True)])


HEAD = "| what | ratio | least…largest | at least | aim | reached | with |\n|---|---|---|---|---|---|---|"


def row(what: str, found: Spread, goal: Goal | None = None, *, note: str = "") -> str:
    """A row of the table under HEAD; without a goal it is told for what it is worth."""
    goals = f"{goal.least:g} | {goal.aim:g} | {goal.verdict(found.median)}" if goal else "– | – | –"
    return f"| {what} | {found.median:.2f} | {found.low:.2f}…{found.high:.2f} | {goals} | {note} |"


def amount(what: str, value: float, unit: str, goal: Goal, *, note: str = "") -> str:
    """A row for what is no ratio: octets, or a time that somebody waits."""
    return f"| {what} | {value:.0f} {unit} | – | {goal.least:g} | {goal.aim:g} | {goal.verdict(value)} | {note} |"
