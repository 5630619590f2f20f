"""Words as search knows them: one spelling for all, and the stems of six languages."""

from __future__ import annotations

import unicodedata

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
        pytest.param("İSTANBUL", ["istanbul"], id="a dot that capitals have"),
        pytest.param("J\u030cǰ ǰ", ["ǰǰ", "ǰ"], id="composed after folding, which takes some apart"),
        pytest.param("ΟΔΟΣ οδός οδος", ["οδοσ"], id="Greek, which has no accents in capitals"),
        pytest.param("हिन्दी שָׁלוֹם", ["हिन्दी", "שָׁלוֹם"], id="vowels are no ends of words"),
        pytest.param("می\u200cخواهم", ["میخواهم"], id="what keeps letters from joining"),
        pytest.param("☎\ufe0ftel ¸a", ["tel", "a"], id="marks without a letter"),
        pytest.param("打印机坏了。", ["打印", "印机", "机坏", "坏了"], id="Chinese, in pairs"),
        pytest.param("字 字", ["字"], id="one character"),
        pytest.param("VPN가3대", ["vpn", "가", "3", "대"], id="two ways of writing in one word"),
        pytest.param("ﾌﾟﾘﾝﾀｰ", ["プリ", "リン", "ンタ", "ター"], id="kana of half the width"),
        pytest.param("กี่", ["กี", "ี่"], id="Thai, with its marks"),
        pytest.param("", [], id="nothing"),
    ],
)
def test_the_words_of_a_text(text: str, found: list[str]) -> None:
    assert words(text) == found


@pytest.mark.parametrize(
    ("asked", "written"),
    [
        *[("打印", "三楼的打印机坏了"), ("坏了", "三楼的打印机坏了"), ("机", "三楼的打印机坏了"), ("打印机", "打印机")],
        *[("壊れた", "プリンターが壊れた。"), ("プリンタ", "プリンターが壊れた。"), ("ﾌﾟﾘﾝﾀｰ", "プリンターが壊れた。")],
        *[("고장", "프린터가고장났어요"), ("프린터", "프린터가 고장났어요"), ("났어요 프린터", "프린터가 고장났어요")],
        *[("เครื่อง", "สวัสดีครับ เครื่องพิมพ์เสีย"), ("เสีย", "สวัสดีครับ เครื่องพิมพ์เสีย"), ("hp打印机", "HP 打印机")],
        *[("istanbul", "İstanbul"), ("İSTANBUL", "istanbul"), ("isparta", "ısparta"), ("oeuvre", "l'œuvre")],
        *[("οδος", "ΟΔΟΣ"), ("οδός", "ΟΔΟΣ"), ("ΟΔΟΣ", "οδός"), ("strasse", "Straße"), ("STRASSE", "Straße")],
        *[("lodz", "Łódź"), ("замок", "за\u0301мок"), ("hindi", "hindi हिन्दी"), ("हिन्दी", "hindi हिन्दी")],
    ],
)
def test_what_is_asked_for_is_found_within_what_is_written(asked: str, written: str) -> None:
    forms = {form for word in words(written) for form in STEMS.forms(word)}
    assert wanted(asked, STEMS)
    assert all(forms & set(want.forms) for want in wanted(asked, STEMS))


@pytest.mark.parametrize(
    ("asked", "written"), [("机打", "打印机"), ("坏打", "打印机坏了"), ("เครือ", "เครื่อง"), ("हन", "हिन्दी")]
)
def test_pairs_that_are_not_in_a_text_do_not_find_it(asked: str, written: str) -> None:
    forms = {form for word in words(written) for form in STEMS.forms(word)}
    assert not all(forms & set(want.forms) for want in wanted(asked, STEMS))


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
        ("机 打印机", [Wanted(("机",), None), Wanted(("打印",), None), Wanted(("印机",), None)]),
    ],
)
def test_what_a_search_wants(text: str, found: list[Wanted]) -> None:
    assert wanted(text, STEMS) == found


@pytest.mark.parametrize(
    ("text", "most"),
    [
        (" ".join(f"#{number}" for number in range(50)), 10),
        (" ".join(f"w{number}" for number in range(50)), 10),
        (" ".join(["#1", *(f"w{number}" for number in range(50))]), 10),
        ("".join(map(chr, range(0x4E00, 0x5E00))), 19),
        (" ".join(chr(first) + "".join(map(chr, range(0x4E00, 0x5000))) for first in range(0x6000, 0x6020)), 28),
    ],
)
def test_a_search_has_ten_words_at_the_most_and_of_a_long_one_19_pairs(text: str, most: int) -> None:
    assert len(wanted(text, STEMS)) == most


@given(st.text(max_size=200))
def test_sec63_whatever_is_asked_for_the_forms_are_letters_digits_and_their_marks(text: str) -> None:
    for want in wanted(text, STEMS):
        assert all(map(_is_safe, want.forms)), want
        assert want.beginning is None or want.beginning in want.forms


@given(st.text(max_size=200))
def test_whatever_is_written_its_own_words_find_it(text: str) -> None:
    forms = {form for word in words(text) for form in STEMS.forms(word)}
    assert all(map(_is_safe, forms))
    assert set(words(text)) <= forms


def _is_safe(form: str) -> bool:
    """Whether it holds letters, digits and their marks alone, which mean nothing to either database."""
    return form != "" and all(each.isalnum() or unicodedata.category(each) in ("Mn", "Mc") for each in form)
