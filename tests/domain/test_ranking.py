"""By rank: of what was found, what somebody looks for comes first."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spocd.domain.ranking import Candidate, ranked
from spocd.domain.search import MOST_TEXT, Stems, folded, wanted

STEMS = Stems()


def order(asked: str, *candidates: tuple[str, str]) -> list[int]:
    """The numbers of these subjects and first lines, counted from 1, the best first."""
    of = [Candidate(at, subject, opening) for at, (subject, opening) in enumerate(candidates, 1)]
    return [each.number for each in ranked(wanted(asked, STEMS), of)]


@pytest.mark.parametrize(
    ("asked", "better", "worse"),
    [
        pytest.param("printer", ("Printer", "Help"), ("Help", "The printer"), id="the subject before the text"),
        pytest.param("printer", ("Help", "The printer"), ("Help", "No"), id="the first lines before what is below"),
        pytest.param("printer", ("Printer broken", ""), ("Broken thing, the printer", ""), id="near the beginning"),
        pytest.param("printer", ("", "A printer"), ("", f"{'x ' * 50} printer"), id="near the beginning of the text"),
        pytest.param("print", ("Cannot print", ""), ("Printer", ""), id="the word itself before a longer one"),
        pytest.param("printers", ("Printer", ""), ("Help", "Printers"), id="its stem in the subject too"),
        pytest.param("vpn key", ("VPN key", ""), ("VPN", "The key"), id="all of them in the subject"),
        pytest.param("7", ("Help", "x"), ("The 7 dwarfs", "7"), id="a number that is the ticket's own"),
        pytest.param("PRINTER", ("printer", ""), ("Help", "printer"), id="without case"),
        pytest.param("lodz", ("Łódź", ""), ("Help", "Lodz"), id="without the accents that nobody typed"),
        pytest.param("far", ("Får", ""), ("Help", "far"), id="an accent on another letter, where none was typed"),
        pytest.param("får", ("Får", ""), ("Far", ""), id="with the accent that was typed"),
        pytest.param("οδός", ("ΟΔΟΣ", ""), ("Help", "οδος"), id="Greek in capitals"),
        pytest.param("всё", ("Всё", ""), ("Help", "всё"), id="Russian"),
        pytest.param("打印", ("三楼的打印机", ""), ("三楼", "打印"), id="inside a sentence without spaces"),
    ],
)
def test_what_fits_better_comes_first(asked: str, better: tuple[str, str], worse: tuple[str, str]) -> None:
    # Number 7 is the better one. It is the older one, too: of two that fit alike the newer comes first.
    assert order(asked, *[("Else", "else")] * 6, better, worse)[0] == 7


@pytest.mark.parametrize("asked", ["art", "12"])
def test_a_word_is_no_part_of_another_one(asked: str) -> None:
    assert order(asked, (f"A {asked}", ""), ("Start 3125", ""), ("Else", "")) == [1, 3, 2]


def test_a_word_that_few_have_in_front_counts_more() -> None:
    common = [("Printer", "")] * 20
    assert order("printer gremlin", *common, ("Gremlin", ""), *common)[0] == 21


def test_of_those_that_fit_alike_the_newest_comes_first() -> None:
    assert order("printer", *[("Printer", "")] * 4) == [4, 3, 2, 1]


def test_of_nothing_there_is_no_order() -> None:
    assert order("printer") == []


@given(asked=st.text(min_size=1, max_size=20), texts=st.lists(st.tuples(st.text(), st.text()), max_size=5))
def test_whatever_the_texts_are_each_is_there_once(asked: str, texts: list[tuple[str, str]]) -> None:
    if wanted(asked, STEMS):
        assert sorted(order(asked, *texts)) == list(range(1, len(texts) + 1))


def test_a_text_without_accents_is_folded_like_any_other() -> None:
    assert folded("ABC " * MOST_TEXT) == folded("ABC " * MOST_TEXT + "é") == ("abc " * MOST_TEXT)[:MOST_TEXT]
