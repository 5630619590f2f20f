"""Words that are taken out of a text."""

from __future__ import annotations

import time

import pytest

from spocd.domain.redaction import (
    in_what_was_said,
    inside,
    subject_left,
    without_passages,
    without_subject,
    without_texts,
)
from spocd.domain.ticket import NO_SUBJECT
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
        pytest.param("My pin is 1234.", ["> pin\n> is 1234"], "My [removed].", id="copied from a quote"),
        pytest.param("nothing", ["1234"], "nothing", id="not there"),
        pytest.param(
            "A [removed] was removed", ["removed", "e"], "A [removed] was [removed]", id="not what is left of one"
        ),
        pytest.param("A [removed] b", ["[removed] b"], "A [removed]", id="with what is left of one before"),
        pytest.param("It is 4929 12…", ["4929 1234"], "It is [removed]…", id="cut short"),
        pytest.param("> It is 4929\n> 12 […]", ["4929 1234"], "> It is [removed] […]", id="cut short in a quote"),
        pytest.param("It is 49…", ["4929 1234"], "It is 49…", id="too short to be told from others"),
        pytest.param("See… my PIN… or my…", ["see… my pin is 12"], "[removed]… or my…", id="cut short after a cut"),
        pytest.param("anan anana…", ["ananas it is"], "anan [removed]…", id="from where it begins last"),
        pytest.param("STRASSE 1…", ["Straße 12"], "[removed]…", id="cut short, in another case"),
        pytest.param("The card is 4929 now…", ["4929 1234"], "The card is 4929 now…", id="not where it was cut"),
    ],
)
def test_passages_are_removed(text: str, words: list[str], left: str) -> None:
    assert without_passages(words)(text) == left


@pytest.mark.parametrize("words", [[], [""], ["a", " \n"], ["> >"], ["x" * 2001]])
def test_what_is_no_passage_is_refused(words: list[str]) -> None:
    with pytest.raises(Refused):
        without_passages(words)


def test_a_whole_text_is_removed_from_what_holds_it_and_an_empty_one_from_nothing() -> None:
    remove = without_texts(["All of it.\n", "", " "])
    assert remove("Ann wrote: All of it. Bye") == "Ann wrote: [removed] Bye"
    assert without_texts(["", "\n"])("abc") == "abc"


@pytest.mark.parametrize(
    ("said", "text", "left"),
    [
        pytest.param("ok", "The book is broken, ok?", "The book is broken, ok?", id="in words and among them"),
        pytest.param("ok", "You wrote:\n> ok\n\nThank you", "You wrote:\n> [removed]\n\nThank you", id="as a line"),
        pytest.param("no\nthanks", "> no\n> thanks\nWell", "> [removed]\nWell", id="in two lines"),
        pytest.param("ok", "ok", "[removed]", id="nothing else"),
        pytest.param(
            "All of it.", "Ann wrote: Small of it. All of it.", "Ann wrote: Small of it. [removed]", id="words"
        ),
    ],
)
def test_a_short_message_is_removed_only_where_it_has_its_lines_to_itself(said: str, text: str, left: str) -> None:
    assert without_texts([said])(text) == left


_SAID = "one two three four five six seven eight nine ten"


@pytest.mark.parametrize(
    ("text", "left"),
    [
        pytest.param("> one two three four\n> five six seven eight nine ten\nYes", "> [removed]\nYes", id="quoted"),
        pytest.param("a one two three four five six seven eight nine te […]", "a [removed] […]", id="cut in a word"),
        pytest.param("a one two three four five six seven eight nine te…", "a [removed]", id="cut with one mark"),
        pytest.param("one two three four five six seven", "one two three four five six seven", id="too little"),
        pytest.param("one two three four five six seven eight not nine", "[removed] not nine", id="its beginning"),
        pytest.param("eight nine ten", "eight nine ten", id="its end"),
    ],
)
def test_what_quotes_a_text_from_its_beginning_loses_it(text: str, left: str) -> None:
    assert without_texts([_SAID])(text) == left


@pytest.mark.parametrize(
    ("subject", "text", "left"),
    [
        pytest.param("Card 4929", "Re: card 4929 [desk#1]", "Re: [removed] [desk#1]", id="of an answer"),
        pytest.param("SV: Card 4929", "about Card 4929, as you say", "about [removed], as you say", id="within a text"),
        pytest.param("Printer", "Re: Printer [desk#1]", "[removed]", id="one word, alone"),
        pytest.param("Printer", "The Printer burns", "The Printer burns", id="one word, among others"),
        pytest.param("Is it", "This item is it, is it?", "This item [removed], [removed]?", id="no part of a word"),
        pytest.param("Is it so", "this is it… Kiwis it…", "this [removed]… Kiwis it…", id="nor cut short"),
        pytest.param("", "anything", "anything", id="none"),
        pytest.param("Re:", "Re:", "Re:", id="none but a mark"),
        pytest.param(NO_SUBJECT, NO_SUBJECT, NO_SUBJECT, id="what stands for none"),
    ],
)
def test_a_subject_is_removed_from_what_repeats_it(subject: str, text: str, left: str) -> None:
    assert without_subject(subject)(text) == left


@pytest.mark.parametrize(
    ("subject", "left"),
    [("Card [removed]", "Card [removed]"), ("[removed]", NO_SUBJECT), ("Re: [removed].", NO_SUBJECT)],
)
def test_a_subject_of_which_nothing_is_left_is_none(subject: str, left: str) -> None:
    assert subject_left(subject) == left


def test_only_what_was_said_is_reached_where_the_desk_has_words_of_its_own() -> None:
    detail = {
        "to": "ann",
        "was": "new",
        "subject": {"was": "ann", "now": "x"},
        "why": "ann is new",
        "n": [{"to": "ann"}],
    }
    remove = without_passages(["ann", "new"])
    assert in_what_was_said(detail, remove) == detail | {
        "subject": {"was": "[removed]", "now": "x"},
        "why": "[removed] is [removed]",
    }
    assert inside({"what": "new", "body": "new"}, remove) == {"what": "new", "body": "[removed]"}


def test_a_long_text_is_searched_in_no_time() -> None:
    long = "the other " * 30_000
    began = time.process_time()
    assert without_texts([long + "end"])(long) == "[removed] "
    assert without_texts(["the one"])(long) == long
    without_passages(["x" * 1999])("… x" * 500)
    without_passages(["> > > > x"])(">" * 100_000)
    without_passages(["the one"])("the…" + " " * 60_000)
    without_passages(["a" * 1_999 + "b"])(("a" * 1_000 + "c…") * 50)
    assert time.process_time() - began < 5


def test_texts_inside_of_json_are_reached() -> None:
    assert inside({"a": ["x 1", 2, None, {"b": "1"}]}, without_passages(["1"])) == {
        "a": ["x [removed]", 2, None, {"b": "[removed]"}]
    }
