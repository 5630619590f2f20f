"""The grammar of subjects: what clients put before one when they answer or pass on, and the tag of a ticket.

“VS:” is an answer in Finnish (Vastaus) and a forward in Danish and Norwegian (Videresendt). It counts as a forward
only where the mail is known to be in Danish, as spocd calls both: a forward taken for an answer still reaches its
ticket's people, an answer taken for a forward would leave its ticket.
"""

from __future__ import annotations

import re

_ANSWERED = frozenset(
    # English, German, Dutch, Scandinavian, Polish, Portuguese, Turkish, Hungarian, Albanian, Russian, Bulgarian, CJK
    [
        *("re", "aw", "antw", "antwort", "sv", "odp", "res", "ynt", "vá", "atb", "отв", "ответ", "на"),
        *("回复", "回覆", "答复", "返信", "답장", "회신"),
    ]
)
_PASSED_ON = frozenset(
    # English, German, Swedish, Finnish, French, Spanish, Portuguese, Polish, Dutch, Turkish, Hungarian, Russian, CJK
    [
        *(
            "fw",
            "fwd",
            "wg",
            "vb",
            "vl",
            "tr",
            "rv",
            "enc",
            "pd",
            "doorst",
            "ilt",
            "továbbítás",
            "пересл",
            "转发",
            "轉寄",
        ),
        *("転送", "전달"),
    ]
)
_AMBIGUOUS = "vs"
# A word, perhaps counted as in Re[2]: or Re^3: or Re(4):, and a colon of either width.
_PREFIX = re.compile(r"\s*([^\W\d_]{2,12})\s?(?:\[\d{1,4}\]|\(\d{1,4}\)|\^\d{1,4}|\*\d{1,4})?\s?[:\uff1a]\s*")
_BRACKETED_FORWARD = re.compile(r"\[fwd?:", re.I)


def strip_prefixes(subject: str) -> str:
    """`subject` without the marks of answering and passing on at its beginning, however many."""
    bracketed = _bracketed(subject)
    if bracketed is not None:
        subject = bracketed
    at = 0
    while (match := _PREFIX.match(subject, at)) and _is_prefix(match[1]):
        at = match.end()
    return subject[at:].strip()


def is_forward(subject: str, *, language: str | None = None) -> bool:
    """Whether the outermost mark says that the mail was passed on. `language` is the mail's, where it is known."""
    if _bracketed(subject) is not None:
        return True
    match = _PREFIX.match(subject)
    if match is None:
        return False
    word = match[1].casefold()
    return word in _PASSED_ON or (word == _AMBIGUOUS and language == "da")


def tag_number(subject: str, word: str) -> int | None:
    """The ticket that `[word#1234]` in a subject names; None where there is no tag, or tags of two tickets."""
    found = {int(each) for each in re.findall(rf"\[{re.escape(word)}#([0-9]{{1,12}})\]", subject, re.I)}
    return found.pop() if len(found) == 1 else None


def without_tags(subject: str, word: str) -> str:
    """The subject without any `[word#1234]`: a ticket's own is put there anew, and two would name none."""
    return " ".join(re.sub(rf"\[{re.escape(word)}#[0-9]{{1,12}}\]", " ", subject, flags=re.I).split())


def _is_prefix(word: str) -> bool:
    word = word.casefold()
    return word in _ANSWERED or word in _PASSED_ON or word == _AMBIGUOUS


def _bracketed(subject: str) -> str | None:
    """What stands in `[Fwd: …]`, as Mozilla once wrote it, or None."""
    subject = subject.strip()
    match = _BRACKETED_FORWARD.match(subject)
    return subject[match.end() :].removesuffix("]").strip() if match else None
