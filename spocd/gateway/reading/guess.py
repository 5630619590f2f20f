"""The charset of octets whose label is missing or false, told from what the text would look like in each.

Nothing here knows words. In Cyrillic and in the scripts of East Asia octets beyond ASCII stand side by side, in Latin
ones they stand among ASCII letters; that is asked first. Then each candidate is tried, and what it makes is weighed:
letters that are frequent in its languages speak for it, capitals inside words and stray symbols against it.
"""

from __future__ import annotations

import re
from collections import Counter

_SAMPLE = 600  # octets that are looked at, from the first one beyond ASCII on
_HIGH = re.compile(rb"[\x80-\xff]+")
_FEWEST = 4  # octets beyond ASCII, below which nothing but the Latin charsets is thought of
_SIDE_BY_SIDE = 0.5  # share of them with one of their kind before
_SURE = 1.2  # the mean weight of a character, from which on a charset is believed
_SURE_OF_CYRILLIC = 0.7

# In the order of how often Russian has them. Each weighs less than the one before.
_RUSSIAN = "оеаинтсрвлкмдпуяыьгзбчйхжшюцщэфъё"
_CYRILLIC = {
    **{letter: 3 - number / 6 for number, letter in enumerate(_RUSSIAN)},
    **{letter.upper(): 2.7 - number / 6 for number, letter in enumerate(_RUSSIAN)},
    **dict.fromkeys("іїєґІЇЄҐўЎ", 0.5),
    **dict.fromkeys("«»„“”‘’–—…№·•€©®°§\xa0", 0.0),
}
_CAPITAL_INSIDE = re.compile("[а-яё][А-ЯЁ]|[A-Za-z][А-Яа-яЁё]|[А-Яа-яЁё][A-Za-z]")
_CYRILLIC_CODECS = ("cp1251", "koi8_u", "cp866", "iso8859_5")

_WEST = frozenset("äöüßåæøéèêëàâáçîïíìôóòûùúñýœÄÖÜÅÆØÉÈÀÇÁÓÚÊÎÔÍÑþðÞÐãõÃÕ")
_TRIED = frozenset("åäöæøüßéÅÄÖÆØÜÉ")  # what people type one after the other to see whether it arrives
_SIGNS = frozenset("“”„‘’‚«»–—…•·€£§©®™°´¿¡²³½\xa0\xad")
_CENTRE = frozenset("ąćęłńóśźżĄĆĘŁŃÓŚŹŻáčďéěíňřšťúůýžľĺŕôÁČĎÉĚÍŘŠŤÚŮÝŽőűöüäßŐŰÖÜÄ")
_LATIN_CODECS = (("cp1252", _WEST), ("cp1250", _CENTRE), ("iso8859_2", _CENTRE), ("cp850", _WEST))
_MAY_JOIN_LETTERS = frozenset("’–—…·\xad\xa0/")

# How often each East Asian charset is met without its label decides between equals.
_EAST_ASIAN_CODECS = ("cp949", "gb18030", "big5hkscs", "cp932", "euc_jp")
_EAST_ASIAN_PUNCTUATION = re.compile("[\u3000-\u301f\uff01-\uff5e\u2014\u2018-\u201d\u2026\u00b7]")
_LETTER_BESIDE = re.compile("[a-z][^\x00-\x7f]|[^\x00-\x7f][a-z]")
_KANA = re.compile("[\u3041-\u30fe]")


def codec_of(octets: bytes, claimed: str | None = None) -> str | None:
    """The codec of octets that are not UTF-8, or None where none of ours is likely.

    Where a Latin charset is `claimed`, that is believed of all that looks Latin.
    """
    first = _HIGH.search(octets)
    if first is None:
        return None
    start = max(first.start() - 1, 0)
    sample = octets[start : start + _SAMPLE]
    runs = [len(each) for each in _HIGH.findall(sample)]
    high = sum(runs)
    if high >= _FEWEST and (high - len(runs)) / high >= _SIDE_BY_SIDE and not _all_of(_TRIED | _SIGNS, sample):
        return _cyrillic(sample) or _east_asian(octets, first.start()) or claimed
    # Shift JIS and Big5 use ASCII as second octets, so that theirs need not stand side by side.
    if high >= 2 * _FEWEST and not _all_of(_WEST | _SIGNS, sample) and (found := _east_asian(octets, first.start())):
        return found
    return claimed or _latin(sample)


def cyrillic_codec(octets: bytes, claimed: str) -> str:
    """`claimed`, one of the Cyrillic charsets, or another where the text is surely in that."""
    first = _HIGH.search(octets)
    if first is None:
        return claimed
    sample = octets[first.start() : first.start() + _SAMPLE]
    weight = _cyrillic_weight(sample, claimed)
    if weight > _SURE:
        return claimed
    other = _cyrillic(sample)
    return other if other and _cyrillic_weight(sample, other) > weight + 0.5 else claimed


def _all_of(letters: frozenset[str], sample: bytes) -> bool:
    """Whether, in the charset of Western Europe, it is of these letters alone."""
    return {each for each in sample.decode("cp1252", "replace") if each > "\x7f"} <= letters


def _cyrillic(sample: bytes) -> str | None:
    weight, codec = max((_cyrillic_weight(sample, codec), -n) for n, codec in enumerate(_CYRILLIC_CODECS))
    return _CYRILLIC_CODECS[-codec] if weight >= _SURE_OF_CYRILLIC else None


def _cyrillic_weight(sample: bytes, codec: str) -> float:
    text = sample.decode(codec, "replace")
    counts = Counter(text)
    high = {each: count for each, count in counts.items() if each > "\x7f"}
    total = sum(_CYRILLIC.get(each, -3.0) * count for each, count in high.items())
    return (total - 4 * len(_CAPITAL_INSIDE.findall(text))) / max(sum(high.values()), 1)


def _latin(sample: bytes) -> str:
    """Western Europe's, unless that has symbols in the middle of words and another has letters there."""
    text = sample.decode("cp1252", "replace")
    if not any(_is_inside(text, at) for at, each in enumerate(text) if each > "\x7f"):
        return "cp1252"
    _, codec = max((_latin_weight(sample, name, own), -n) for n, (name, own) in enumerate(_LATIN_CODECS))
    return _LATIN_CODECS[-codec][0]


def _latin_weight(sample: bytes, codec: str, own: frozenset[str]) -> int:
    """Letters of the charset's languages, against strange ones and symbols in the middle of words."""
    text = sample.decode(codec, "replace")
    weight = 0
    for at, each in enumerate(text):
        if each in own:
            weight += 1
        elif each > "\x7f":
            weight -= 1 if each.isalpha() else 3 * _is_inside(text, at)
    return weight


def _is_inside(text: str, at: int) -> bool:
    """Whether a character that is no letter stands between small letters."""
    if text[at].isalpha() or text[at] in _MAY_JOIN_LETTERS:
        return False
    return text[at - 1 : at].islower() and text[at + 1 : at + 2].islower()


def _east_asian(octets: bytes, start: int) -> str | None:
    """The charset under which all of it is valid and the characters are frequent ones, or None."""
    best, found = _SURE, None
    for codec in _EAST_ASIAN_CODECS:
        try:
            text = octets.decode(codec)
        except UnicodeError:
            continue
        weight = _east_asian_weight(text[start : start + _SAMPLE // 5], codec)
        if weight > best:
            best, found = weight, codec
    return found


def _east_asian_weight(text: str, codec: str) -> float:
    high = [each for each in text if each > "\x7f"]
    weight = sum(_weight(each, codec) for each in high) - 2 * len(_LETTER_BESIDE.findall(text))
    return weight / max(len(high), 1)


def _weight(each: str, codec: str) -> float:
    """What one character speaks for its charset: frequent ones have the early rows of each table."""
    if _EAST_ASIAN_PUNCTUATION.match(each):
        return 2
    if _KANA.match(each):
        return 3 if codec in ("cp932", "euc_jp") else -1
    octets = each.encode(codec)
    if len(octets) != 2:
        return -2
    row, cell = octets
    match codec:
        case "cp949":  # Hangul of KS X 1001
            return 2 if 0xB0 <= row <= 0xC8 and cell >= 0xA1 else -1
        case "gb18030":  # the first level of GB 2312, then the second
            return -2 if cell < 0xA1 or row < 0xB0 else 2 if row <= 0xD7 else 0
        case "big5hkscs":
            return 2 if 0xA4 <= row <= 0xC6 else -1
        case "euc_jp":
            return 1 if 0xB0 <= row <= 0xCF else -1
        case _:
            return 1 if 0x88 <= row <= 0x98 else -1
