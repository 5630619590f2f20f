"""Words that are taken out of a text."""

from __future__ import annotations

import pytest

from spocd.domain.redaction import inside, without_passages, without_texts
from spocd.errors import Refused


@pytest.mark.parametrize(
    ("text", "words", "left"),
    [
        pytest.param("My PIN is 1234.", ["pin is 1234"], "My [removed].", id="whatever the case"),
        pytest.param("My pin\nis 1234.", ["pin is 1234"], "My [removed].", id="across lines"),
        pytest.param("> My pin\n> is 1234.", ["pin is 1234"], "> My [removed].", id="in a quote"),
        pytest.param("a.b axb", ["a.b"], "[removed] axb", id="as it is written, not as a pattern"),
        pytest.param("ab abc", ["ab", "abc"], "[removed] [removed]", id="the longest first"),
        pytest.param("1234 and 1234", ["1234"], "[removed] and [removed]", id="everywhere"),
        pytest.param("nothing", ["1234"], "nothing", id="not there"),
    ],
)
def test_passages_are_removed(text: str, words: list[str], left: str) -> None:
    assert without_passages(words)(text) == left


@pytest.mark.parametrize("words", [[], [""], ["a", " \n"], ["x" * 2001]])
def test_what_is_no_passage_is_refused(words: list[str]) -> None:
    with pytest.raises(Refused):
        without_passages(words)


def test_a_whole_text_is_removed_from_what_holds_it_and_an_empty_one_from_nothing() -> None:
    remove = without_texts(["All of it.\n", "", " "])
    assert remove("Ann wrote: All of it. Bye") == "Ann wrote: [removed] Bye"
    assert without_texts(["", "\n"])("abc") == "abc"


def test_texts_inside_of_json_are_reached() -> None:
    assert inside({"a": ["x 1", 2, None, {"b": "1"}]}, without_passages(["1"])) == {
        "a": ["x [removed]", 2, None, {"b": "[removed]"}]
    }
