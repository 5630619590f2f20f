"""Canned answers: texts in which {requester} and the like stand for what a ticket says."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping

PLACEHOLDERS = ("requester", "agent", "number", "subject")
_NEAR = 0.65  # so that {name} is not taken for {number}
# A word alone in braces; ${HOME} of a shell is none.
_PLACEHOLDER = re.compile(r"(?<![${])(?:\{ *([^\W\d]\w*) *\}|\{\{ *([^\W\d]\w*) *\}\})")


def check_placeholders(text: str) -> None:
    """ValueError, worded to stand behind `key "canned.paper.body" `, where a word in braces stands for nothing."""
    for found in _PLACEHOLDER.finditer(text):
        word = found[1] or found[2]
        if word not in PLACEHOLDERS or found[0] != f"{{{word}}}":
            near = next(iter(difflib.get_close_matches(word.lower(), PLACEHOLDERS, 1, _NEAR)), None)
            there = ", ".join(f"{{{each}}}" for each in PLACEHOLDERS)
            meant = f"did you mean {{{near}}}?" if near else f"there are: {there}"
            raise ValueError(f"has {found[0]}, which stands for nothing; {meant}")


def filled(text: str, known: Mapping[str, str]) -> str:
    """A text with its placeholders replaced, once: what a name or a subject holds is never replaced again.

    ValueError as of `check_placeholders` where something would stay.
    """
    check_placeholders(text)
    return _PLACEHOLDER.sub(lambda found: known[found[1]], text)
