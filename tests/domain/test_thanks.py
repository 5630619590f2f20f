"""A bare thank-you, in six languages, and what is more than that."""

from __future__ import annotations

import time

import pytest

from spocd.domain.thanks import is_thanks


@pytest.mark.parametrize(
    "text",
    [
        "Thanks!",
        "Thank you very much",
        "Thanks a lot for the quick help :)",
        "THANKS",
        "Tak.",
        "Mange tak for hjælpen!",
        "Tusen takk",
        "Tack så mycket!",
        "Kiitos paljon avusta",
        "Большое спасибо!",
        "Vielen, vielen... danke",
        "Danke schön",
        "It works now, thanks",
        "Hej\n\nTusind tak.\n\nMvh",
    ],
)
def test_a_bare_word_of_thanks_is_thanks(text: str) -> None:
    assert is_thanks(text)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="nothing"),
        pytest.param("  \n ", id="blanks"),
        pytest.param("ok", id="no word of thanks"),
        pytest.param("It works now", id="news without thanks"),
        pytest.param("Thanks, but it does not work", id="a but"),
        pytest.param("Thanks, when?", id="a question"),
        pytest.param("No thanks", id="a no"),
        pytest.param("Thanks 4711", id="a figure"),
        pytest.param("Tak, men printeren brænder", id="Danish news"),
        pytest.param("Kiitos, ei toimi", id="Finnish: it does not work"),
        pytest.param("Спасибо, не работает", id="Russian: it does not work"),
        pytest.param("thanks " * 9, id="too many words"),
        pytest.param("thanks" + " " * 400 + "the office burns", id="more, far below"),
    ],
)
def test_anything_more_is_news(text: str) -> None:
    assert not is_thanks(text)


def test_a_long_text_costs_nothing() -> None:
    started = time.perf_counter()
    assert not is_thanks("thanks " * 200_000)
    assert time.perf_counter() - started < 0.2


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("Tack!\n\nMvh Th", id="a Swedish closing with a name"),
        pytest.param("Thank you for your help.\n\nKind regards\nAnn Ek\nAccounts", id="an English closing and a name"),
        pytest.param("Danke!\n\nMit freundlichen Grüßen\nJürgen", id="a German one"),
        pytest.param("👍", id="a sign"),
    ],
)
def test_a_closing_with_a_name_is_no_news(text: str) -> None:
    assert is_thanks(text)


def test_news_below_a_closing_is_news() -> None:
    assert not is_thanks("Thanks!\n\nRegards\nAnn\nBut it\nstill fails\nevery day")
