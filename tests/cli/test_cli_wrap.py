"""Lines that are broken between words: what fits, what stays whole, and that it takes one pass."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spocd.cli.wrap import cells, fill, lines, lines_on_screen, words


@pytest.mark.parametrize(
    ("text", "room", "shown"),
    [
        pytest.param("one two three", 9, ["one two", "three"], id="between words"),
        pytest.param("one two three", None, ["one two three"], id="no terminal"),
        pytest.param("abcdefghij", 4, ["abcd", "efgh", "ij"], id="a word longer than the line"),
        pytest.param("ab abcdefgh", 4, ["ab", "abcd", "efgh"], id="after another"),
        pytest.param("字字字字", 5, ["字字", "字字"], id="wide characters"),
        pytest.param("see https://a.example/b/c/d/e end", 8, ["see", "https://a.example/b/c/d/e", "end"], id="a link"),
        pytest.param("> one two three", 9, ["> one two", "> three"], id="quoted"),
        pytest.param(">> one two three", 10, [">> one two", ">> three"], id="quoted twice"),
        pytest.param("> > one two three", 11, ["> > one two", "> > three"], id="quoted twice with spaces"),
        pytest.param(">one two three", 8, [">one two", "> three"], id="quoted without a space"),
        pytest.param(">", 9, [">"], id="a quoted empty line"),
        pytest.param(">" * 30, 8, [">>>>>>>>"] * 3 + [">>>>>>"], id="a line drawn"),
        pytest.param("    if x: return", 12, ["    if x:", "return"], id="indented"),
        pytest.param("a  b   c", 20, ["a  b   c"], id="spaces inside stay"),
        pytest.param("a\tb", 20, ["a       b"], id="a tab"),
        pytest.param("a\n\nb", 20, ["a", "", "b"], id="an empty line"),
        pytest.param("a   ", 20, ["a"], id="spaces at the end"),
        pytest.param("", 20, [], id="nothing"),
        pytest.param("ab", 0, ["a", "b"], id="no room at all"),
    ],
)
def test_where_a_text_is_broken(text: str, room: int | None, shown: list[str]) -> None:
    assert list(lines(text, room, "")) == shown


def test_every_line_stands_behind_the_margin() -> None:
    assert list(lines("> one two\nthree", 12, "    ")) == ["    > one", "    > two", "    three"]


@given(st.text(alphabet=st.sampled_from("ab字é >\t\n"), max_size=200), st.integers(8, 40))
def test_no_line_is_too_wide_and_no_character_is_lost(text: str, room: int) -> None:
    broken = list(lines(text, room, ""))
    assert all(cells(line) <= room for line in broken)
    letters = [one for one in text if one in "ab字é"]
    assert [one for line in broken for one in line if one in "ab字é"] == letters


def test_a_coloured_piece_stays_whole_and_its_colour_takes_no_room() -> None:
    red = "  \x1b[31m[THIRD PARTY]\x1b[0m"
    assert list(fill(["12.1", red], 19)) == [f"12.1{red}"]
    assert list(fill(["12.1", red], 18, later="    ")) == ["12.1", f"    {red.lstrip()}"]


@pytest.mark.parametrize(
    ("text", "columns", "count"),
    [("a\nb\n", 80, 2), ("a" * 80 + "\n", 80, 1), ("a" * 81, 80, 2), ("字" * 41, 80, 2), ("\n\n", 80, 2), ("", 80, 1)],
)
def test_lines_are_counted_as_the_terminal_breaks_them(text: str, columns: int, count: int) -> None:
    assert lines_on_screen(text, columns) == count


@pytest.mark.parametrize("text", ["a" * 500_000, "字" * 170_000, "> " * 250_000, " " * 500_000, "a b " * 125_000])
def test_no_mail_makes_breaking_slow(text: str) -> None:
    started = time.process_time()
    assert len(list(lines(text, 80, "    "))) >= 1
    assert time.process_time() - started < 5  # seconds; in two passes within each other it were minutes


def test_words_keep_the_spaces_before_them() -> None:
    assert "".join(words(" a  b c")) == " a  b c"
