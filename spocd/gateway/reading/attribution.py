"""The sentence that programs write above what they quote: “On Monday … Ann wrote:”, in many languages.

It is told by what it holds and not by how it is worded: a time, a date, an address in angles and a colon at its end are
enough in any language. Where an address is missing, it takes one of the verbs below.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

_MOST_LINES = 4  # over which the sentence may be broken
_FEWEST = 6  # characters
_MOST_LINE = 400  # characters; longer lines are nobody's attribution

# A word boundary does not stand between Chinese, Japanese or Thai characters, so those verbs are listed apart.
_WROTE = re.compile(
    r"(?:\b(?:wrote|writes|schrieb|skrev|skreiv|kirjoitti|написала?|пишет|писала?|писали|пише|написав|написа|écrit|escribió|"
    r"scritto|scrive|escreveu|schreef|geschreven|napisała?|pisze|napsala?|napsal\(a\)|napísala?|yazdı|írta|scris|"
    r"έγραψε|napisana|napisao|napisala|rašė|rakstīja|kirjutas|skrifaði|va escriure|đã viết|menulis|написао|"
    r"كتبت?)(?!\w)|"
    r"寫道|写道|작성|쓴 글|のメール|כתב|เขียน)",
    re.I,
)
_TIME = re.compile(r"(?<![\d.])[0-2]?\d[:.][0-5]\d(?![\d.]*@)")
_DATE = re.compile(
    r"(?<!\d)(?:19|20)\d\d(?!\d)|(?<![\d.:])[0-3]?\d\s?[-/]\s?[0-3]?\d(?!\d)|"
    r"(?<![\d.:])[0-3]?\d\.\s?(?:0?[1-9]|1[0-2])(?!\d)|(?<![\d:.])\d{1,2}\.?\s(?:de\s)?[^\W\d]{3,9}"
)
_IN_ANGLES = re.compile(r"<[^<>]*@[^<>]*>|\[mailto:[^\]]*@|\([^\s()<>]{1,80}@[^\s()<>]{1,80}\)")
_OPENING = re.compile(
    r"(?:on|am|den|le|el|il|in data|em|op|w dniu|dnia|dne|på|kl|в|на|ma|ti|ke|to|pe|la|su|mon|tue|wed|thu|fri|sat|sun|"
    r"no dia|at|在|în|pe|στις|\d{1,4}(?:[./: ,-]|年|th|st|nd|rd))",
    re.I,
)
_MYSELF = re.compile(
    r"\b(?:i|we|he|she|they|ich|wir|er|sie|jag|vi|han|hon|jeg|hun|minä|hän|я|мы|он|она|je|j'ai|il a|elle a)\s(?:\w+\s)?"
    r"(?:wrote|schrieb|schrieben|skrev|kirjoitti|написала?|пишет|писала?|ai écrit|écrit)\b|"
    r"\b(?:schrieb|skrev)\s(?:ich|wir|er|sie|jeg|jag|vi|hun|han|hon)\b",
    re.I,
)
_LIKEWISE = frozenset(
    ["as", "like", "what", "where", "wie", "was", "wo", "som", "hvad", "vad", "comme", "como", "come", "kuten", "как"]
)
# K-9, Opera and old web mailers give a name, an address in angles, a verb, and nothing else.
_NAMED = re.compile(
    rf"(?:[^\s<>]+\s){{0,5}}<[^<>\s]{{1,80}}@[^<>\s]{{1,80}}>\s(?:[^\W\d]+\s){{0,2}}{_WROTE.pattern}\s?[:：]?", re.I
)
# Gmail once wrote “2011/4/7 Ann Berg <ann@example.org>”, without a verb or a colon.
_DATE_AND_NAME = re.compile(r"(?:19|20)\d\d[-/.]\d{1,2}[-/.]\d{1,2}\s[^<>]{1,80}<[^<>\s]{1,80}@[^<>\s]{1,80}>")
# Where some program has lost the end of the line above: “It works. On Mon, 2 Jun 2025 at 10:00, Ann wrote:”.
# The capital and the date tell it from “as I said on 2 June”.
_IN_THE_LINE = re.compile(
    r"(?<=[-\s])(?:On|Am|Le|El|Em|Il giorno|Den|Op|W dniu|Dne|Dnia|På|Ma|Ti|Ke|To|Pe|La|Su)\s"
    r"(?:[^\W\d]{2,12}\.?,?\s){0,2}\d{1,4}[.,/: -]"
)
_BETWEEN = " \t\u00a0-"
_ARABIC_DIGITS = str.maketrans("٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹", "01234567890123456789")
_MOST_WORDS = 6  # of “Ann Berg wrote:”, which holds neither date nor address
_ENDS = (":", "：")
_LATEST_DATE = 16  # characters of a weekday and the like before it
_SENTENCE_END = (".", "?", "!", ":", ";", "。", "？", "！")
_MOST_BROKEN = 100  # characters of a line that is not the last of the sentence
# No sentence begins so; the line above is its beginning.
_GOES_ON = re.compile(
    rf"<|[^\s@<>]+@[^\s@<>]+>|(?:{_WROTE.pattern})|(?:kl|klo|kello|om|at|um|kell|tarihinde)\b|[于於]", re.I
)
# Zoho and Zimbra draw dashes about the sentence, and Zoho has no colon at its end.
_AROUND = " \t*_-\u00a0\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e"


def begin(lines: Sequence[str], number: int, *, quoted_below: bool = False) -> int | None:
    """The number of the line where the attribution begins that ends on line `number`; None where none does.

    With a quote below it less evidence is enough, since cutting it off loses no more than one line.
    """
    last = lines[number].strip(_AROUND)
    if not last.endswith(_ENDS) and not _ends_without_colon(lines[number], last, quoted_below=quoted_below):
        return None
    alone = number == 0 or not lines[number - 1] or lines[number - 1].endswith(_SENTENCE_END)
    if alone and len(last) < _FEWEST:
        return None
    sentences = list(_sentences(lines, number))
    longest = sentences[-1][1].translate(_ARABIC_DIGITS) if sentences else ""
    if not quoted_below and not _TIME.search(longest) and not _IN_ANGLES.search(longest):
        return None
    for first, sentence in sentences:
        if _says_who_wrote(sentence, quoted_below=quoted_below):
            return _upwards(lines, first, number)
    if alone and _NAMED.fullmatch(last) and not _MYSELF.search(last):
        return number
    if quoted_below:
        for first, sentence in sentences:
            if _may_say_who_wrote(sentence):
                return _upwards(lines, first, number)
    return None


def apart(line: str) -> list[str]:
    """`line`, or the end of somebody's text and the attribution that stands behind it on the same line."""
    if len(line) > _MOST_LINE or not line.endswith(_ENDS) or not _WROTE.search(line):
        return [line]
    places = list(_IN_THE_LINE.finditer(line))
    own = line[: places[-1].start()].rstrip(_BETWEEN) if places else ""
    # “El El lun, 2 jun 2025 …” is a program's slip.
    if line[0] == ">" or not own.strip(_AROUND) or _OPENING.fullmatch(own.strip(_AROUND)):
        return [line]
    sentence = line[places[-1].start() :]
    return [own, sentence] if _says_who_wrote(sentence, quoted_below=False) else [line]


def _ends_without_colon(line: str, last: str, *, quoted_below: bool) -> bool:
    """Whether an attribution may end so all the same: Zoho's and others' verb between dashes, Gmail's old address."""
    if quoted_below and _DATE_AND_NAME.fullmatch(last):
        return True
    dashed = line.endswith("--") and (line.startswith("--") or "@" in line)
    if not dashed and not (last.endswith("wrote") and "@" in line):
        return False
    return any(each.end() == len(last) for each in _WROTE.finditer(last))


def _sentences(lines: Sequence[str], number: int) -> Iterator[tuple[int, str]]:
    """What may be the attribution: the line alone, with the one above it, and so on; each with where it begins."""
    for first in range(number, max(number - _MOST_LINES, -1), -1):
        line = lines[first].lstrip()
        if not line or line[0] == ">" or len(line) > _MOST_LINE:
            return
        if first < number and line.endswith(_SENTENCE_END) and not _is_dated(line):
            return
        yield first, " ".join(lines[first : number + 1])


def _says_who_wrote(sentence: str, *, quoted_below: bool) -> bool:
    if not sentence.isascii():
        sentence = sentence.translate(_ARABIC_DIGITS)
    timed = _TIME.search(sentence)
    dated = _DATE.search(sentence)
    in_angles = _IN_ANGLES.search(sentence)
    if not _WROTE.search(sentence):
        # Programs that write no verb write the date first. Elsewhere it may be somebody's list of who comes when.
        if not (in_angles and timed and dated):
            return False
        return quoted_below or min(timed.start(), dated.start()) <= _LATEST_DATE
    if _MYSELF.search(sentence):
        return False
    opened = _OPENING.match(sentence.strip(_AROUND)) is not None
    return bool((timed and dated) or (in_angles and (timed or dated or opened)) or (timed and opened))


def _may_say_who_wrote(sentence: str) -> bool:
    """Whether it is enough for a line with a quote below it: a verb and a date, or no more than a name and a verb."""
    verb = _WROTE.search(sentence)
    in_angles = _IN_ANGLES.search(sentence)
    if verb and (in_angles or _DATE.search(sentence) or _TIME.search(sentence)):
        return True
    words = sentence.split()
    # Horde and K-9 write a verb, or “Quoting”, and an address.
    if not (verb or in_angles) or not 2 <= len(words) <= _MOST_WORDS or words[-1].strip(_AROUND + ":：") == "":
        return False
    return words[0].lower() not in _LIKEWISE and not _MYSELF.search(sentence)


def _upwards(lines: Sequence[str], first: int, number: int) -> int:
    """`first`, or a line above it where the sentence was broken before the address, the verb, the time or the name."""
    while first > 0 and number - first + 1 < _MOST_LINES:
        above = lines[first - 1].strip(_AROUND)
        if not above or len(above) > _MOST_BROKEN or lines[first - 1][0] == ">":
            break
        cut = _GOES_ON.match(lines[first].lstrip()) and not above.endswith(_SENTENCE_END)
        sentence = " ".join(lines[first : number + 1])
        # A year at its beginning belongs to the day above.
        complete = _DATE.search(sentence, len("2025 ")) and _TIME.search(sentence) and not _IN_ANGLES.search(above)
        if not cut and (complete or not _is_dated(above)):
            break
        first -= 1
    return first


def _is_dated(line: str) -> bool:
    """Whether an attribution may begin with this line, as far as to the date or the time."""
    line = line.strip(_AROUND)
    found = _DATE.search(line) or _TIME.search(line)
    return bool(found and (found.start() <= _LATEST_DATE or _OPENING.match(line) or _IN_ANGLES.search(line)))
