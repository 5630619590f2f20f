"""Words as search knows them: folded, and with their stems in the languages of the desk.

Nobody says what language a word is in, and a mail may be in two. So a text is known by each of its words as it stands,
without its accents, and by its stem in every language that writes like that; and a search asks for any of these.

Chinese, Japanese, Thai and others write a sentence without spaces, and Korean joins words. Where one of theirs ends
nobody knows without a dictionary; so such a text is known by every two characters that follow each other, and by each
alone, and a search asks for all pairs of what it is given.
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
_LONGEST_RUN = 20  # characters of one word of a search where they are asked for in pairs, each a word to the database
_LONGEST_STEMMED = 32  # longer ones are no words of a language, and cost the most
_SHORTEST_BEGINNING = 3  # characters; shorter ones would find nearly everything
_STEMS_KEPT = 30_000

# Thai and Lao, Burmese, Hangul, Khmer, kana, bopomofo, and the Chinese characters.
_UNSPACED = (
    r"\u0e00-\u0eff\u1000-\u109f\u1100-\u11ff\u1780-\u17ff\u3005-\u3007\u3040-\u31ff\u3400-\u4dbf\u4e00-\u9fff"
    r"\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff\U0001b000-\U0001b16f\U00020000-\U0003ffff"
)
_RUN = re.compile(rf"[{_UNSPACED}]+|[^{_UNSPACED}]+")
_BEGINS_UNSPACED = re.compile(rf"[{_UNSPACED}]").match
# Nothing of a word: a hyphen that does not show, joiners, and what chooses between two shapes of one character.
_SHAPES = re.compile(r"[\u00ad\u200c\u200d\ufe00-\ufe0f\U000e0100-\U000e01ef]+")
# What writers and programs call a ticket: #12, [desk#12].
_TICKET = re.compile(r"(?<!\w)\[?[\w.-]*#([0-9]{1,12})\b\]?")
_LATIN = ("danish", "english", "finnish", "german", "swedish")
# Letters of their own to Unicode, which a keyboard without them writes like this.
_PLAIN = str.maketrans(
    {"ø": "o", "æ": "ae", "œ": "oe", "đ": "d", "ð": "d", "þ": "th", "ł": "l", "ı": "i", "ħ": "h", "ŧ": "t"}
)
_YO = str.maketrans({"ё": "е"})


@dataclass(frozen=True, slots=True)
class Wanted:
    """One word of a search: what holds one of `forms` or `longer` has it, or any word that begins with `beginning`."""

    forms: tuple[str, ...]
    beginning: str | None
    longer: tuple[str, ...] = ()  # words that begin like it, which stand for `beginning`
    too_short: bool = False  # whether there are more such words than `longer` has


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
        if is_unspaced(word):
            yield from word
            return
        yield from self.of(word)
        if not word.isascii() and (plain := _plain(word)) != word:
            yield plain


def words(text: str) -> list[str]:
    """The different words of a text, folded, in the order in which they come."""
    found: dict[str, None] = {}
    for run in _runs(text):
        found.update(dict.fromkeys(_words_of(run)))
        if len(found) >= MOST_WORDS:
            break
    return list(found)[:MOST_WORDS]


def wanted(text: str, stems: Stems) -> list[Wanted]:
    """The words of a search, of which all must be found. A ticket's number is asked for as it is."""
    found = {each: Wanted((each,), None) for each in _TICKET.findall(text)[:_MOST_WANTED]}
    for run in _runs(_TICKET.sub(" ", text))[: _MOST_WANTED - len(found)]:
        for word in _words_of(run[:_LONGEST_RUN] if is_unspaced(run) else run):
            found.setdefault(word, Wanted((word, *stems.of(word)), word if len(word) >= _SHORTEST_BEGINNING else None))
    return list(found.values())


def _runs(text: str) -> list[str]:
    """What stands between all that is no letter or digit, each once; parted where the other way of writing begins."""
    whole = folded(text)
    others = {each for each in set(whole) if not each.isalnum()}
    # Vowels above and below letters belong to their word; one that stands alone is none.
    marks = {each for each in others if unicodedata.category(each) in ("Mn", "Mc")}
    parted = whole.translate(dict.fromkeys(map(ord, others - marks), " "))
    different = [each.lstrip("".join(marks)) for each in dict.fromkeys(parted.split())]
    return list(dict.fromkeys(run for each in different for run in _RUN.findall(each)))


def _words_of(run: str) -> list[str]:
    """The words of a run: itself, or its pairs of characters."""
    if is_unspaced(run) and len(run) > 1:
        return [run[at : at + 2] for at in range(len(run) - 1)]
    # A Greek word in capitals has no accents, so they part no words.
    return [(_plain(run) if _is_greek(run) else run)[:_LONGEST_WORD]]


def folded(text: str) -> str:
    """A text in the one spelling that stands for all: composed, without case and without what does not show."""
    if text.isascii():
        return text[:MOST_TEXT].lower()
    shown = _SHAPES.sub("", unicodedata.normalize("NFKC", text[:MOST_TEXT]))
    # Folding takes some characters apart. A dot on an i in capitals is case, too.
    return unicodedata.normalize("NFKC", shown.casefold()).replace("i\u0307", "i")[:MOST_TEXT]


def unaccented(text: str) -> str:
    """A folded text with each of its words as `_plain` has it."""
    for each in set(text) if not text.isascii() else ():
        if (plain := _plain(each)) != each:
            text = text.replace(each, plain)
    return text


def is_unspaced(word: str) -> bool:
    """Whether a folded word is of a writing that parts no words."""
    return _BEGINS_UNSPACED(word) is not None


@lru_cache(maxsize=4096)  # of a text each letter is asked for
def _plain(word: str) -> str:
    """A word as a keyboard without its accents writes it."""
    # Taken apart, a Cyrillic й would lose what makes it another letter.
    letters = word.translate(_YO) if _is_cyrillic(word) else unicodedata.normalize("NFD", word.translate(_PLAIN))
    return "".join(each for each in letters if not unicodedata.combining(each))


def _is_cyrillic(word: str) -> bool:
    return "\u0400" <= word[0] <= "\u04ff"


def _is_greek(word: str) -> bool:
    return "\u0370" <= word[0] <= "\u03ff" or "\u1f00" <= word[0] <= "\u1fff"
