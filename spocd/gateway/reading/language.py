"""Which of the desk's six languages a text is in, told by the small words that every sentence needs."""

from __future__ import annotations

import re
from collections import Counter

_MOST_LOOKED_AT = 4000  # characters
_FEWEST_HITS = 3
_WORD = re.compile(r"[^\W\d_]+")
_CYRILLIC = re.compile("[а-яё]", re.I)
_NOT_RUSSIAN = re.compile("[іїєґўјљњћђџ]", re.I)

# Danish holds Norwegian words too: Norwegians are answered in Danish.
_WORDS = {
    "en": "the and to of is that you it for on with have this not are my be can please we from but what when hello "
    "thanks would has was do will your i an there if cannot",
    "da": "og er det at jeg ikke en til på af har med for som den kan vi men hej tak kære venlig hilsen hvad når "
    "min mit fra blev skal vil være også mig dig hvordan virker får et de nå noe meg hei takk av ble skulle fordi",
    "sv": "och är det att jag inte en till på av har med för som den kan vi men hej tack vänliga hälsningar vad när "
    "min mitt från blev ska vill vara också mig dig hur fungerar får ett när eller skulle kunde efter",
    "fi": "ja on ei se että en minä olen ovat mutta kun tai hei kiitos terveisin voi miten mikä minun joka myös niin "
    "ole sen tämä kanssa oli olisi vielä voisitteko pitää mitä jos nyt ystävällisin moi saan toimi",
    "ru": "и в не на что я с по это как но у за к от вы мы для здравствуйте спасибо пожалуйста",
    "de": "und ist das der die nicht ich ein eine zu mit für auf sie es den dem wir aber hallo danke bitte grüße von "
    "im kann habe wie wenn mein meine vielen sehr geehrte auch noch bei an wird haben",
}
_LANGUAGES: dict[str, frozenset[str]] = {language: frozenset(words.split()) for language, words in _WORDS.items()}


def language(text: str) -> str | None:
    """en, da, sv, fi, ru or de; None where the words do not say, as in a mail of two words."""
    text = text[:_MOST_LOOKED_AT]
    words = Counter(_WORD.findall(text.casefold()))
    total = sum(words.values())
    if total == 0:
        return None
    if len(_CYRILLIC.findall(text)) * 2 > sum(map(len, words)):
        return None if _NOT_RUSSIAN.search(text) else "ru"
    hits = {name: sum(words[each] for each in known & words.keys()) for name, known in _LANGUAGES.items()}
    (best, most), (_, second) = sorted(hits.items(), key=lambda item: -item[1])[:2]
    enough = most >= _FEWEST_HITS and most * 10 >= total
    return best if enough and most > second else None
