"""The language of short mails: thirty in each of the six, and some that are in none of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from spocd.gateway.reading.language import language

TEXTS = Path(__file__).parent / "languages"
FEWEST_RIGHT = 28  # of thirty texts of one sentence; the rest may be unknown, and never another language


def texts(name: str) -> list[str]:
    return (TEXTS / f"{name}.txt").read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize("code", ["en", "da", "sv", "fi", "ru", "de"])
def test_a_sentence_shows_its_language(code: str) -> None:
    told = [language(each) for each in texts(code)]
    assert len(told) == 30
    assert set(told) <= {code, None}
    assert told.count(code) >= FEWEST_RIGHT


@pytest.mark.parametrize("text", texts("none"))
def test_other_languages_and_no_language_are_none_of_the_six(text: str) -> None:
    assert language(text) is None


@pytest.mark.parametrize("code", ["en", "da", "sv", "fi", "ru", "de"])
def test_a_longer_text_is_always_known(code: str) -> None:
    lines = texts(code)
    for start in range(0, 30, 3):
        assert language("\n".join(lines[start : start + 3])) == code


@pytest.mark.parametrize(
    ("text", "code"),
    [
        pytest.param("Skriveren virker ikke, kan noen hjelpe meg?", "da", id="Norwegian is answered in Danish"),
        pytest.param("Eg får ikkje logga inn på maskina mi.", "da", id="and so is Nynorsk"),
        pytest.param("DER DRUCKER IST KAPUTT UND ICH KANN NICHT ARBEITEN", "de", id="capitals"),
        pytest.param("See https://example.org/der-die-das-und-ist-nicht please, it does not work", "en", id="a link"),
        pytest.param("Printer HP-4200 toner 12 black S/N 99", None, id="names of things"),
        pytest.param("Hej! Jeg kan inte se det. Jag kan ikke komme.", None, id="two languages at once"),
        pytest.param("", None, id="nothing"),
        pytest.param("Hej", None, id="a word that two languages share"),
        pytest.param("Hej, tak for hjælpen! Mvh Ole", "da", id="a short thanks"),
        pytest.param("я " * 3000, "ru", id="one word for ever"),
    ],
)
def test_what_else_a_mail_may_be(text: str, code: str | None) -> None:
    assert language(text) == code
