"""Words as search knows them: one spelling for all, and the stems of six languages."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spocd.domain.search import MOST_WORDS, Stems, Wanted, wanted, words

STEMS = Stems()


@pytest.mark.parametrize(
    ("text", "found"),
    [
        pytest.param("The Printer, the PRINTER!", ["the", "printer"], id="each once, without case and marks"),
        pytest.param("foo-bar C++ o'neil", ["foo", "bar", "c", "o", "neil"], id="what is between letters parts them"),
        pytest.param("snake_case __init__", ["snake", "case", "init"], id="underscores too"),
        pytest.param("ann@client.example", ["ann", "client", "example"], id="an address"),
        pytest.param("10.0.0.7 v2", ["10", "0", "7", "v2"], id="digits"),
        pytest.param("Straße", ["strasse"], id="case folding, not lower case"),
        pytest.param("ska\u0308rm ﬁle", ["skärm", "file"], id="composed, without ligatures"),
        pytest.param("e\u00adpost", ["epost"], id="a hyphen that does not show"),
        pytest.param("a\0b \ud800 \u202e*\"'()", ["a", "b"], id="nothing but letters and digits"),
        pytest.param("x" * 70, ["x" * 64], id="a long word is cut"),
        pytest.param("", [], id="nothing"),
    ],
)
def test_the_words_of_a_text(text: str, found: list[str]) -> None:
    assert words(text) == found


def test_a_text_of_very_many_words_is_known_by_the_first_of_them() -> None:
    assert words(" ".join(f"w{number}" for number in range(MOST_WORDS + 5))) == [f"w{n}" for n in range(MOST_WORDS)]


@pytest.mark.parametrize(
    ("asked", "written"),
    [
        *[("printers", "printer"), ("printing", "printed"), ("connections", "connection")],
        *[("skrivaren", "skrivare"), ("skrivarna", "skrivare"), ("lösenordet", "lösenorden"), ("bilarna", "bil")],
        *[("printeren", "printere"), ("nøglerne", "nøgle"), ("skærmen", "skærme")],
        *[("tulostimet", "tulostimen"), ("näytöt", "näytön"), ("salasanan", "salasanat")],
        *[("принтеры", "принтера"), ("паролем", "пароль"), ("ёлка", "елка")],
        *[("Druckern", "Drucker"), ("Häuser", "Haus"), ("Passwörter", "Passwort")],
        *[("skarmar", "skärm"), ("resume", "résumé"), ("strasse", "Straße")],
    ],
)
def test_a_word_is_found_in_another_form_of_it(asked: str, written: str) -> None:
    [want] = wanted(asked, STEMS)
    forms = {form for word in words(written) for form in STEMS.forms(word)}
    assert forms & set(want.forms)


@pytest.mark.parametrize(
    ("asked", "written"), [("tål", "tal"), ("får", "far"), ("keyboard", "monitor"), ("принтер", "printer")]
)
def test_another_word_is_not(asked: str, written: str) -> None:
    [want] = wanted(asked, STEMS)
    assert not set(STEMS.forms(written)) & set(want.forms)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("#12", [Wanted(("12",), None)]),
        ("[desk#12]", [Wanted(("12",), None)]),
        ("it-desk#7 #8", [Wanted(("7",), None), Wanted(("8",), None)]),
        ("vpn", [Wanted(("vpn",), "vpn")]),
        ("ab", [Wanted(("ab",), None)]),
        ("a1b2", [Wanted(("a1b2",), "a1b2")]),
        ("x x X", [Wanted(("x",), None)]),
        ("* \" ' NEAR( )", [Wanted(("near",), "near")]),
        ("***", []),
    ],
)
def test_what_a_search_wants(text: str, found: list[Wanted]) -> None:
    assert wanted(text, STEMS) == found


def test_a_search_has_ten_words_at_the_most() -> None:
    assert len(wanted(" ".join(f"#{number}" for number in range(50)), STEMS)) == 10


@given(st.text(max_size=200))
def test_sec63_whatever_is_asked_for_the_forms_are_letters_and_digits(text: str) -> None:
    for want in wanted(text, STEMS):
        assert all(form.isalnum() for form in want.forms), want
        assert want.beginning is None or want.beginning in want.forms


@given(st.text(max_size=200))
def test_whatever_is_written_its_own_words_find_it(text: str) -> None:
    forms = {form for word in words(text) for form in STEMS.forms(word)}
    assert all(form.isalnum() for form in forms)
    assert set(words(text)) <= forms
