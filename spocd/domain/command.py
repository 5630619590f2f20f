"""Commands that a requester writes in a mail: a known word that stands alone on the subject or on the first lines.

The answer is in English words whatever language they were written in, so that only this file knows the others.
"""

from __future__ import annotations

import re

from spocd.domain import address
from spocd.domain.subject import strip_prefixes

_MOST_LINES = 20
_MOST_LINE = 200  # characters
_MOST_SEARCH_WORDS = 6  # after `guide`; a sentence that begins with the word is longer

# Whole lines, in the six languages; each maps to the English command.
_ALONE = {
    "status": "status status tila статус",
    "log": "log logg loki журнал protokoll",
    "mine": "mine mina omat мои meine",
    "close": "close luk stäng sulje закрыть schließen",
    "solved": "solved løst löst ratkaistu решено gelöst",
    "reopen": "reopen genåbn öppna-igen avaa открыть wiederöffnen",
    "stop": "stop stopp lopeta стоп",
    "follow": "follow følg följ seuraa следить folgen",
    "who": "who hvem vem kuka кто wer",
    "notices": "notices driftsinfo driftinfo tiedotteet новости hinweise",
    "help": "help hjælp hjälp ohje apua помощь hilfe",
    "my data": "my-data mine-data mina-uppgifter omat-tiedot мои-данные meine-daten",
    "forget me": "forget-me glem-mig glöm-mig unohda-minut забудьте-меня vergesst-mich",
}
_BY_LINE = {line.replace("-", " ").casefold(): command for command, lines in _ALONE.items() for line in lines.split()}
_GUIDE = ("guide", "vejledning", "opas", "инструкция", "anleitung")
_URGENT = ("urgent", "haster", "brådskande", "kiire", "kiireellinen", "срочно", "dringend")
_LANGUAGE = ("language", "sprog", "språk", "kieli", "язык", "sprache")
_RATE = re.compile(r"(?:rate|bedøm|betyg|arvio|оценка|bewertung)\s+([1-5])(?:\s+(.+))?", re.I)
_TAG = re.compile(r"\[[^\[\]\s]{1,40}#[0-9]{1,12}\]")


def recognise(subject: str, visible_text: str) -> tuple[str, ...]:
    """The commands of a mail, in order: the subject's, then those of the lines before the first that is none."""
    found = [_command(_TAG.sub("", strip_prefixes(subject)))]
    lines = [line for line in visible_text.splitlines()[: _MOST_LINES * 2] if line.strip()]
    for line in lines[:_MOST_LINES]:
        command = _command(line)
        if command is None:
            break
        found.append(command)
    return tuple(dict.fromkeys(each for each in found if each))


def _command(line: str) -> str | None:
    """The command that a line is, or None."""
    line = " ".join(line.split())
    if not line or len(line) > _MOST_LINE:
        return None
    if alone := _BY_LINE.get(line.rstrip(".!").casefold()):
        return alone
    if rate := _RATE.fullmatch(line):
        return f"rate {rate[1]} {rate[2] or ''}".rstrip()
    word, _, rest = line.partition(" ")
    return _with_words(word.casefold(), rest)


def _with_words(word: str, rest: str) -> str | None:
    """The command of a word that needs others after it."""
    if word in ("cc", "uncc"):
        found = address.find(rest.strip("<>"))
        return f"{word} {found}" if found else None
    if word.endswith(":") and word[:-1] in _URGENT:
        return f"urgent: {rest}" if rest else None
    if word in _LANGUAGE:
        return f"language {rest.lower()}" if re.fullmatch(r"[A-Za-z]{2}", rest) else None
    if word in _GUIDE and rest and len(rest.split()) <= _MOST_SEARCH_WORDS and rest[-1] not in ".!,":
        return f"guide {rest}"
    return None
