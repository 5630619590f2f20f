"""Which of the tickets that a search found is the one that somebody looks for.

All of them hold all words, so what counts is where. A word of the subject says what a ticket is about, one of the first
lines nearly so, one of anything below or of a name hardly. And a word counts the more, the fewer of these tickets have
it in front, as BM25 weighs words. How often one stands in a text, which BM25 counts too, the index does not say.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from spocd.domain.search import Wanted, folded, is_unspaced, unaccented

OPENING = 300  # characters of the first message that are looked at
_IS_ITS_NUMBER = 8.0  # who asks for 12 means #12, before all that speak of twelve
_IN_SUBJECT = 3.0
_IN_OPENING = 1.0
_HALF_OF_SUBJECT = 20  # characters; standing first adds 1, and as far in half of that
_HALF_OF_OPENING = 100
_BEGINS_SO = 0.8  # of what a word counts, where the text has another one that begins like it
_ALL_IN_SUBJECT = 1.5
_SHORTEST_STEM = 3


@dataclass(frozen=True, slots=True)
class Candidate:
    """A ticket that holds all words: its subject, and how its first message begins."""

    number: int
    subject: str
    opening: str


@dataclass(frozen=True, slots=True)
class Ranked:
    """How well a ticket fits: the more, the better. Values of two searches say nothing about each other."""

    number: int
    value: float


def ranked(wanted: Sequence[Wanted], candidates: Sequence[Candidate]) -> list[Ranked]:
    """The candidates, the best first; of those that fit alike the newest."""
    sought = [_Sought.of(word) for word in wanted]
    rows = [_places(sought, each) for each in candidates]
    weights = [_weight(sum(place > 0 for place in column), len(rows)) for column in zip(*rows, strict=True)]
    found = [Ranked(each.number, _value(row, weights)) for each, row in zip(candidates, rows, strict=True)]
    return sorted(found, key=lambda each: (-each.value, -each.number))


def _value(places: Sequence[float], weights: Sequence[float]) -> float:
    together = _ALL_IN_SUBJECT if min(places) >= _IN_SUBJECT * _BEGINS_SO else 1.0
    return round(together * sum(place * weight for place, weight in zip(places, weights, strict=True)), 3)


def _weight(having: int, of: int) -> float:
    """How much a word counts that so many of the candidates have in front."""
    return 1 + math.log(1 + (of - having + 0.5) / (having + 0.5))


@dataclass(frozen=True, slots=True)
class _Sought:
    """One word of a search, and what finds it in a text: itself or, since a stem is how its forms begin, its stems."""

    typed: str
    begins: tuple[str, ...]
    accented: bool

    @staticmethod
    def of(word: Wanted) -> _Sought:
        typed = word.forms[0]
        begins = tuple(each for each in word.forms if len(each) >= _SHORTEST_STEM and not each.isdecimal())
        return _Sought(typed, begins, unaccented(typed) != typed)

    def place(self, text: str, *, counts: float, half: int) -> float:
        """What it counts in a text, where it would count so much but for its place; 0 where it is not there."""
        if (at := _whole(self.typed, text)) >= 0:
            return counts + half / (half + at)
        places = [at for each in self.begins if (at := _beginning(each, text)) >= 0]
        return (counts + half / (half + min(places))) * _BEGINS_SO if places else 0.0


def _whole(word: str, text: str) -> int:
    """Where a word stands in a text by itself; -1 where it does not. Some writings part no words."""
    at = _beginning(word, text)
    while at >= 0 and not is_unspaced(word) and text[at + len(word) : at + len(word) + 1].isalnum():
        at = _beginning(word, text, at + 1)
    return at


def _beginning(word: str, text: str, start: int = 0) -> int:
    """Where a word of a text begins so; -1 where none does."""
    at = text.find(word, start)
    while at > 0 and not is_unspaced(word) and text[at - 1].isalnum():
        at = text.find(word, at + 1)
    return at


def _places(sought: Sequence[_Sought], candidate: Candidate) -> list[float]:
    """What each word counts by where it stands in a candidate; 0 where it is not in front."""
    found = _in_text(sought, candidate.subject, counts=_IN_SUBJECT, half=_HALF_OF_SUBJECT)
    if not all(found):
        below = _in_text(sought, candidate.opening, counts=_IN_OPENING, half=_HALF_OF_OPENING)
        found = [one or other for one, other in zip(found, below, strict=True)]
    number = str(candidate.number)
    return [_IS_ITS_NUMBER if each.typed == number else place for each, place in zip(sought, found, strict=True)]


def _in_text(sought: Sequence[_Sought], text: str, *, counts: float, half: int) -> list[float]:
    accented = folded(text)
    plain = unaccented(accented)
    return [each.place(accented if each.accented else plain, counts=counts, half=half) for each in sought]
