"""Words as search knows them: folded, and with their stems in the languages of the desk.

Nobody says what language a word is in, and a mail may be in two. So a text is known by each of its words as it stands,
without its accents, and by its stem in every language that writes like that; and a search asks for any of these.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

MOST_TEXT = 100_000  # characters of one text that are looked at
MOST_WORDS = 3000  # different words of one text that are kept
_MOST_WANTED = 10  # words of one search
_LONGEST_WORD = 64  # characters; what is longer is cut, in a text as in a search
_LONGEST_STEMMED = 32  # longer ones are no words of a language, and cost the most
_SHORTEST_BEGINNING = 3  # characters; shorter ones would find nearly everything
_STEMS_KEPT = 30_000

_WORD = re.compile(r"[^\W_]+")
# What writers and programs call a ticket: #12, [desk#12].
_TICKET = re.compile(r"(?<!\w)\[?[\w.-]*#([0-9]{1,12})\b\]?")
_LATIN = ("danish", "english", "finnish", "german", "swedish")
# Letters of their own to Unicode, which a keyboard without them writes like this.
_PLAIN = str.maketrans({"ø": "o", "æ": "ae", "đ": "d", "ð": "d", "þ": "th", "ł": "l"})
_YO = str.maketrans({"ё": "е"})


@dataclass(frozen=True, slots=True)
class Wanted:
    """One word of a search: it is in what holds one of `forms`, or any word that begins with `beginning`."""

    forms: tuple[str, ...]
    beginning: str | None


class Stems:
    """The stemmers, and what they have said already: asking them anew costs 0.15 ms a word.

    Not to be shared by threads.
    """

    def __init__(self) -> None:
        # Late, since it takes 20 ms and most commands never search.
        from snowballstemmer import stemmer  # type: ignore[import-untyped]

        self._latin = [stemmer(language).stemWord for language in _LATIN]
        self._cyrillic = [stemmer("russian").stemWord]
        self.of = lru_cache(_STEMS_KEPT)(self._of)

    def _of(self, word: str) -> tuple[str, ...]:
        """The stems of a folded word that are not the word itself."""
        if not word.isalpha() or not 3 < len(word) <= _LONGEST_STEMMED:
            return ()
        stemmers = self._cyrillic if _is_cyrillic(word) else self._latin if word[0] < "\u0250" else []
        return tuple(sorted({stem(word) for stem in stemmers} - {word, ""}))

    def forms(self, word: str) -> Iterator[str]:
        """All that a folded word in a text can be found by."""
        yield word
        yield from self.of(word)
        if not word.isascii() and (plain := _plain(word)) != word:
            yield plain


def words(text: str) -> list[str]:
    """The different words of a text, folded, in the order in which they come."""
    found = dict.fromkeys(each[:_LONGEST_WORD] for each in _WORD.findall(_folded(text)))
    return list(found)[:MOST_WORDS]


def wanted(text: str, stems: Stems) -> list[Wanted]:
    """The words of a search, of which all must be found. A ticket's number is asked for as it is."""
    found = {each: Wanted((each,), None) for each in _TICKET.findall(text)}
    for word in words(_TICKET.sub(" ", text)):
        found.setdefault(word, Wanted((word, *stems.of(word)), word if len(word) >= _SHORTEST_BEGINNING else None))
    return list(found.values())[:_MOST_WANTED]


def _folded(text: str) -> str:
    """A text in the one spelling that stands for all: composed, without case and without hyphens that do not show."""
    return unicodedata.normalize("NFKC", text[:MOST_TEXT]).replace("\u00ad", "").casefold()[:MOST_TEXT]


def _plain(word: str) -> str:
    """A word as a keyboard without its accents writes it."""
    if _is_cyrillic(word):
        return word.translate(_YO)
    letters = unicodedata.normalize("NFD", word.translate(_PLAIN))
    return "".join(each for each in letters if not unicodedata.combining(each))


def _is_cyrillic(word: str) -> bool:
    return "\u0400" <= word[0] <= "\u04ff"
