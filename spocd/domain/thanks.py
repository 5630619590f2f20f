"""A bare word of thanks: filed, without waking a case that is done."""

from __future__ import annotations

import re

MOST_WORDS = 8
MOST_CHARACTERS = 400

# Thanking words in the desk's languages, and the small words that may stand beside them. Anything else is news.
_THANKS = frozenset(
    [
        "thanks",
        "thank",
        "thx",
        "ty",
        "tak",
        "takk",
        "tack",
        "kiitos",
        "kiitoksia",
        "kiitti",
        "спасибо",
        "благодарю",
        "danke",
        "dankeschön",
        "merci",
    ]
)
_BESIDE = frozenset(
    [
        "you",
        "very",
        "much",
        "so",
        "a",
        "lot",
        "many",
        "again",
        "for",
        "the",
        "help",
        "your",
        "quick",
        "answer",
        "reply",
        "great",
        "perfect",
        "super",
        "ok",
        "okay",
        "it",
        "works",
        "now",
        "all",
        "good",
        "mange",
        "tusen",
        "tusind",
        "så",
        "meget",
        "for",
        "hjælpen",
        "hurtige",
        "svar",
        "det",
        "virker",
        "nu",
        "alt",
        "er",
        "godt",
        "så",
        "mycket",
        "för",
        "hjälpen",
        "snabbt",
        "svaret",
        "det",
        "fungerar",
        "nu",
        "bra",
        "paljon",
        "avusta",
        "avustasi",
        "nopeasta",
        "vastauksesta",
        "nyt",
        "toimii",
        "hyvä",
        "большое",
        "вам",
        "тебе",
        "за",
        "помощь",
        "быстрый",
        "ответ",
        "всё",
        "все",
        "работает",
        "теперь",
        "отлично",
        "vielen",
        "schön",
        "sehr",
        "für",
        "die",
        "hilfe",
        "ihre",
        "schnelle",
        "antwort",
        "jetzt",
        "geht",
        "es",
        "alles",
        "klar",
        "gut",
        "hi",
        "hello",
        "hej",
        "hei",
        "moi",
        "привет",
        "hallo",
        "best",
        "regards",
        "br",
        "mvh",
        "vh",
        "med",
        "venlig",
        "hilsen",
        "vänliga",
        "hälsningar",
        "ystävällisin",
        "terveisin",
        "mit",
        "freundlichen",
        "grüßen",
    ]
)
_SIGNS = frozenset("👍🙏❤♥😊🙂👌")
# Words that begin a closing; what follows on the few lines below it is a name.
_CLOSINGS = re.compile(
    r"(?:kind |best |warm )?regards|best wishes|br\b|cheers|mvh|vh\b|hilsen|med (?:venlig|vänlig)|venlig hilsen|"
    r"vänliga? hälsning|hälsningar|ystäväll|terveisin|t\.|с уважением|mit freundlich|freundliche|gruß|grüße|lg\b|vg\b",
    re.IGNORECASE,
)
MOST_SIGNATURE_LINES = 4
_WORD = re.compile(r"[^\W\d_]+")


def is_thanks(text: str) -> bool:
    """Whether these are only words of thanks. A question, a figure, a word too many: then it is more than that."""
    if len(text) > MOST_CHARACTERS:
        return False
    said = _without_closing(text)
    words = _WORD.findall(said.lower())
    if not words:
        return any(sign in said for sign in _SIGNS)
    if len(words) > MOST_WORDS or "?" in said or any(each.isdigit() for each in said):
        return False
    return any(word in _THANKS for word in words) and all(word in _THANKS or word in _BESIDE for word in words)


def _without_closing(text: str) -> str:
    lines = [line.strip() for line in text.strip().splitlines()]
    for number, line in enumerate(lines[1:], 1):
        if _CLOSINGS.match(line) and len([each for each in lines[number:] if each]) <= MOST_SIGNATURE_LINES:
            return "\n".join(lines[:number])
    return text
