"""What stands in one line, however it was written."""

from __future__ import annotations

from typing import Any

import pytest

from spocd.domain.line import check_lines, in_one_line, one_line
from spocd.errors import Exit, Refused


@pytest.mark.parametrize(
    ("written", "line"),
    [
        ("Ann Ek", "Ann Ek"),
        ("  Ann  Ek ", "  Ann  Ek "),
        ("A\nB", "A B"),
        ("A \r\n\t B\n", "A B"),
        ("A\u2028B\u0085C\x0bD", "A B C D"),
        ("\u7684\u200d\U0001f469\u200d\U0001f467", "\u7684\u200d\U0001f469\u200d\U0001f467"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("a\u00a0b", "a\u00a0b"),
        ("", ""),
    ],
)
def test_line_breaks_become_spaces_and_the_rest_stays(written: str, line: str) -> None:
    assert one_line(written) == line


@pytest.mark.parametrize("control", [*"\0\x07\x08\x1b\x7f\x9b\u202e\u2066", "\udc80"])
def test_sec_what_a_terminal_obeys_or_what_turns_text_around_is_refused(control: str) -> None:
    with pytest.raises(ValueError, match=rf"\\u{ord(control):04x}; take it out"):
        one_line(f"a\n{control}b")


def test_a_text_of_several_lines_holds_line_ends_tabs_and_what_joins_letters() -> None:
    check_lines("One\r\n\ttwo \U0001f469\u200d\U0001f467 می\u200cخواهم")
    for control in ("\x1b", "\x00", "\x85", "\u202e", "\x0b"):
        with pytest.raises(ValueError, match="holds the control character"):
            check_lines(f"One\n{control}two")


def test_whatever_a_call_brings_is_in_one_line_but_for_texts_and_rows() -> None:
    brought: dict[str, Any] = {
        "ticket": 1,
        "subject": "a\nb",
        "tag": ["x\n", "y"],
        "card": {"name": "A\nB", "signature": "A\nB"},
        "body": "a\n\x1bb",
        "close": True,
    }
    assert in_one_line(brought) == brought | {
        "subject": "a b",
        "tag": ["x", "y"],
        "card": {"name": "A B", "signature": "A\nB"},
    }
    with pytest.raises(Refused, match="“title” holds the control character") as refused:
        in_one_line({"card": {"title": "\x1b[2J"}})
    assert refused.value.exit is Exit.USAGE
