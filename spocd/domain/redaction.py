"""Words that must not be kept, taken out of what is."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from spocd.errors import Exit, Refused

REMOVED = "[removed]"
LONGEST = 2000  # characters of one passage; more is all of a message
_BETWEEN = r"(?:\s|>)+"  # a passage is found where a program has broken its lines and quoted it, too

Remover = Callable[[str], str]  # a text without what is to be removed


def without_passages(words: Sequence[str]) -> Remover:
    """What removes these passages from any text, whatever their case and wherever their lines are broken."""
    each = [passage.split() for passage in words if len(passage) <= LONGEST]
    if not each or len(each) < len(words) or not all(each):
        raise Refused("no-words", f"Give the words that are to be removed, {LONGEST} characters at most.", Exit.USAGE)
    # The longest first: one may be the beginning of another.
    found = sorted({_BETWEEN.join(map(re.escape, one)) for one in each}, key=len, reverse=True)
    passage = re.compile("|".join(found), re.IGNORECASE)
    return lambda text: passage.sub(REMOVED, text)


def without_texts(texts: Sequence[str]) -> Remover:
    """What removes whole texts, as they stand, from any other that holds them."""
    said = sorted({each.strip() for each in texts} - {"", REMOVED}, key=len, reverse=True)

    def remove(text: str) -> str:
        for each in said:
            text = text.replace(each, REMOVED)
        return text

    return remove


def inside(value: Any, remove: Remover) -> Any:
    """A value of JSON, with its texts as `remove` leaves them."""
    match value:
        case str():
            return remove(value)
        case list():
            return [inside(each, remove) for each in value]
        case dict():
            return {key: inside(each, remove) for key, each in value.items()}
    return value
