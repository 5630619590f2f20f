"""Words that must not be kept, taken out of what is."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from spocd.domain.subject import strip_prefixes
from spocd.domain.ticket import NO_SUBJECT
from spocd.errors import Exit, Refused

REMOVED = "[removed]"
LONGEST = 2000  # characters of one passage; more is all of a message
ENOUGH = 8  # words from the beginning of a message: whoever has them quotes it
_OWN_LINES = 3  # words; a message of fewer is one elsewhere only where it has its lines to itself: “ok” is in “broken”
_SHORTEST = 4  # characters of a passage that count where the rest of it was cut off
_BETWEEN = r"(?:\s|>)+"  # a passage is found where a program has broken its lines and quoted it, too
_WORD = re.compile(r"[^\s>]+")
_CUT = re.compile(r"…|\[…\]")
_TAG = re.compile(r"\[[^\[\]#]*#[0-9]{1,12}\]")
# In a letter's variables and in notices these are the desk's own words, which templates compare.
_CODES = frozenset(
    {
        *("what", "act", "channel", "direction", "cause", "tag"),
        *("state", "kind", "priority", "next", "how", "field", "id"),  # of a brief
    }
)
# In the journal, in evidence and in the answers of operations only these hold what somebody wrote.
_SAID = frozenset({"why", "subject", "warnings"})

Remover = Callable[[str], str]  # a text without what is to be removed


def without_passages(words: Sequence[str]) -> Remover:
    """What removes these passages from any text, whatever their case and wherever their lines are broken.

    Where a text was cut short with “…”, the beginning of one before that goes too.
    """
    return _without(words, whole_words=False)


def _without(words: Sequence[str], *, whole_words: bool) -> Remover:
    """What removes passages and, before “…”, beginnings of them; with `whole_words` none that is a part of a word."""
    each = [_WORD.findall(passage) for passage in words if len(passage) <= LONGEST]
    if not each or len(each) < len(words) or not all(each):
        raise Refused("no-words", f"Give the words that are to be removed, {LONGEST} characters at most.", Exit.USAGE)
    # The longest first: one may be the beginning of another, or a part of what stands where one was removed before.
    parts = {_BETWEEN.join(map(re.escape, one)) for one in each}
    if whole_words:
        parts = {rf"(?<!\w){one}(?!\w)" for one in parts}
    removed = rf"(?-i:{re.escape(REMOVED)})"
    passage = re.compile("|".join(sorted({removed, *parts}, key=len, reverse=True)), re.IGNORECASE)
    plain = [" ".join(one).casefold() for one in each]
    return lambda text: _without_beginnings(passage.sub(REMOVED, text), plain, whole_words=whole_words)


def _without_beginnings(text: str, passages: Sequence[str], *, whole_words: bool) -> str:
    """A text without the beginnings of passages where it was cut short after them."""
    if "…" not in text:
        return text
    letters, places = _spelt(text)
    cuts = [bisect_left(places, mark.start()) for mark in _CUT.finditer(text)]
    ends = [cut - 1 if cut and letters[cut - 1] == " " else cut for cut in cuts]
    longest = [0] * len(ends)
    for passage in passages:
        found = _beginnings(letters, ends, passage, whole_words=whole_words)
        longest = [max(pair) for pair in zip(longest, found, strict=True)]
    kept, at = [], 0
    for end, n in zip(ends, longest, strict=True):
        if n >= _SHORTEST:
            kept += [text[at : max(at, places[end - n])], REMOVED]
            at = places[end - 1] + 1
    return "".join([*kept, text[at:]])


def _spelt(text: str) -> tuple[list[str], list[int]]:
    """The letters of a text, folded and with one blank after each word, and where each of them stands."""
    letters: list[str] = []
    places: list[int] = []
    for word in _WORD.finditer(text):
        for place, character in enumerate(word[0], word.start()):
            folded = character.casefold()
            letters += folded
            places += [place] * len(folded)
        letters.append(" ")
        places.append(word.end())
    return letters, places


def _beginnings(letters: Sequence[str], ends: Sequence[int], passage: str, *, whole_words: bool) -> list[int]:
    """How long the longest beginning of a passage is that stands right before each of these ends, which ascend.

    In one walk over the letters, by what each beginning ends with itself (Knuth, Morris, Pratt 1977).
    """
    shorter = [0] * len(passage)
    for at in range(1, len(passage)):
        shorter[at] = _one_more(passage[at], shorter[at - 1], passage, shorter)
    found, n, at = [], 0, 0
    for end in ends:
        for letter in letters[at:end]:
            n = _one_more(letter, n, passage, shorter)
        at, whole = end, n
        while whole_words and whole and whole < end and letters[end - whole - 1].isalnum():
            whole = shorter[whole - 1]
        found.append(whole)
    return found


def _one_more(letter: str, n: int, passage: str, shorter: Sequence[int]) -> int:
    """How long the beginning is with one letter more, after one of `n` letters."""
    while n and (n == len(passage) or passage[n] != letter):
        n = shorter[n - 1]
    return n + (passage[n] == letter)


def without_texts(texts: Sequence[str], *, instead: str = REMOVED) -> Remover:
    """What removes whole texts from any other that holds them, or quotes them from their beginning.

    `instead` stands where one was.
    """
    runs = [_WORD.findall(each) for each in {each.strip() for each in texts} - {"", REMOVED}]
    short = [_in_lines_of_its_own(run) for run in runs if 0 < len(run) < _OWN_LINES]
    long = sorted((run for run in runs if len(run) >= _OWN_LINES), key=len, reverse=True)

    def remove(text: str) -> str:
        for run in long:
            text = _without_quotes(text, run, instead)
        for lines in short:
            text = lines.sub(rf"\g<1>{instead}", text)
        return text

    return remove


def _in_lines_of_its_own(run: Sequence[str]) -> re.Pattern[str]:
    words = _BETWEEN.join(map(re.escape, run))
    return re.compile(rf"^([ \t>]*){words}[ \t]*$", re.MULTILINE)


def _without_quotes(text: str, run: Sequence[str], instead: str) -> str:
    """A text without what it quotes of a message with these words, wherever it breaks the lines and cuts it short."""
    if not run or run[0] not in text:
        return text
    found = list(_WORD.finditer(text))
    words = [each[0] for each in found]
    kept, at, place = [], 0, 0
    while place < len(words):
        n = _alike(words, place, run)
        if n < len(run) and n < ENOUGH:
            place += 1
            continue
        n += n < len(run) and _is_cut(words[place + n : place + n + 2], run[n])
        kept += [text[at : found[place].start()], instead]
        at, place = found[place + n - 1].end(), place + n
    return "".join([*kept, text[at:]])


def _alike(words: Sequence[str], place: int, run: Sequence[str]) -> int:
    """How many words from a place on are those of the run from its beginning."""
    n = 0
    while n < len(run) and place + n < len(words) and words[place + n] == run[n]:
        n += 1
    return n


def _is_cut(rest: Sequence[str], word: str) -> bool:
    """Whether a text goes on with a part of a word, and a sign that it was cut off there."""
    part = rest[0].removesuffix("…") if rest else ""
    is_marked = bool(part) and (part != rest[0] or rest[1:] == ["[…]"])
    return is_marked and word.startswith(part)


def without_subject(subject: str) -> Remover:
    """What removes a subject: wherever it stands, or where it is a single word, from a text that is nothing else."""
    own = bare(subject)
    if not own or own == NO_SUBJECT or len(own) > LONGEST:
        return str
    if len(own.split()) > 1:
        return _without([own], whole_words=True)
    return lambda text: REMOVED if bare(text).casefold() == own.casefold() else text


def bare(subject: str) -> str:
    """A subject as it was first written: without the marks of answering, and without the tags of tickets."""
    return " ".join(strip_prefixes(_TAG.sub(" ", subject)).split())


def subject_left(subject: str) -> str:
    """The subject of a ticket from which words were removed: where nothing else is left, it has none."""
    return subject if re.search(r"\w", bare(subject.replace(REMOVED, " "))) else NO_SUBJECT


def both(one: Remover, other: Remover) -> Remover:
    """What removes what either does."""
    return lambda text: other(one(text))


def inside(value: Any, remove: Remover, *, keep: Iterable[str] = _CODES) -> Any:
    """A value of JSON, with its texts as `remove` leaves them, but for those under the names to `keep`."""
    match value:
        case str():
            return remove(value)
        case list():
            return [inside(each, remove, keep=keep) for each in value]
        case dict():
            return {key: each if key in keep else inside(each, remove, keep=keep) for key, each in value.items()}
    return value


def in_what_was_said(value: Any, remove: Remover) -> Any:
    """A value of JSON, with those of its texts that somebody wrote as `remove` leaves them."""
    match value:
        case list():
            return [in_what_was_said(each, remove) for each in value]
        case dict():
            return {
                key: inside(each, remove, keep=()) if key in _SAID else in_what_was_said(each, remove)
                for key, each in value.items()
            }
    return value
