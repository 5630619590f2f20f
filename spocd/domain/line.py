"""The one rule for a text that stands in one line: a name, a subject, a reason, a tag, a key.

Line breaks and tabs become spaces, since they come along when somebody pastes. Other control characters are refused:
nobody means one, and to leave it out in silence would make another text of it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from spocd.errors import Exit, Refused

_BREAKS = re.compile("[\t-\r\x1c-\x1f\x85\u2028\u2029]")
# C0, DEL, C1, and the marks that reorder text so that it reads as something else. What joins letters (U+200D) is none.
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
# Texts of several lines, files by their names, and rows that are judged one by one.
_AS_WRITTEN = frozenset(["body", "text", "signature", "attachments", "people"])


def one_line(text: str) -> str:
    """The text in one line; ValueError, worded to stand behind the name of what it is, where it cannot be in one."""
    if text.isprintable():
        return text
    folded = " ".join(text.split()) if _BREAKS.search(text) else text
    if found := _CONTROL.search(folded):
        raise ValueError(_worded(found[0]))
    return folded


def check_lines(text: str) -> None:
    """ValueError, worded as that of `one_line`, where a text of several lines holds more than line ends and tabs."""
    if not text.isprintable() and (found := _CONTROL.search(re.sub("[\t\n\r]", " ", text))):
        raise ValueError(_worded(found[0]))


def _worded(control: str) -> str:
    return f"holds the control character \\u{ord(control):04x}; take it out"


def in_one_line(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """What a call brings, each text in it that is not of several lines in one; Refused names the one that cannot be."""
    return {name: value if name in _AS_WRITTEN else _folded(name, value) for name, value in parameters.items()}


def _folded(name: str, value: Any) -> Any:
    match value:
        case str():
            try:
                return one_line(value)
            except ValueError as error:
                raise Refused("bad-text", f"“{name}” {error}.", Exit.USAGE) from None
        case list():
            return [_folded(name, each) for each in value]
        case dict():
            return in_one_line(value)
    return value
