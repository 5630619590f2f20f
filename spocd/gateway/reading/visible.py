"""What the author wrote now: the text without quoted history and without signature.

Losing a person's sentence is worse than leaving a signature, so whatever is not surely one of these is kept. All works
line by line, and each line is looked at a bounded number of times.
"""

from __future__ import annotations

import re

_MOST_LOOKED_AT = 256 * 1024  # characters; the rest of a longer text is kept as it is
_MOST_SIGNATURE = 20  # lines that say something; more than that after “-- ” is no signature
_MOST_ATTRIBUTION = 4  # lines over which “On Monday … Ann wrote:” may be broken
_MOST_LINE = 400  # characters; longer lines are nobody's attribution

# “On Monday … Ann wrote:” in many languages; German and Danish put the verb before the name.
_WROTE = re.compile(
    r"\b(?:wrote|writes|schrieb|skrev|kirjoitti|написала?|пишет|писала?|écrit|escribió|scritto|escreveu|schreef|"
    r"napisała?|napisał\(a\)|написал\(а\)|yazdı|napsala?|írta|寫道|写道)(?!\w)",
    re.I,
)
_WROTE_LAST = re.compile(r"\bwrote(?:\s?-{2,})?$")
_TIME = re.compile(r"(?<![\d.])[0-2]?\d[:.][0-5]\d(?![\d.]*@)")
_DATE = re.compile(r"\d{1,2}[-./ ]\s?\d|\d{4}")
_IN_ANGLES = re.compile(r"<[^<>]*@[^<>]*>")
_OPENING = re.compile(
    r"(?:on|am|den|le|el|il|in data|em|op|w dniu|dnia|på|kl|в|ma|ti|ke|to|pe|la|su|mon|tue|wed|thu|fri|sat|sun|\d+)\b",
    re.I,
)
# “-----Original Message-----”, “________” above From:, in the languages that Outlook speaks.
_ORIGINAL = re.compile(
    r"(?<!-)-{2,}\s?(?:original (?:message|mail|appointment)|ursprüngliche (?:nachricht|mail)|originalnachricht|"
    r"ursprungligt meddelande|original ?meddelande|oprindelig (?:meddelelse|besked|mail)|opprinnelig melding|"
    r"alkuperäinen viesti|исходное сообщение|пересланное сообщение|message d'origine|mensaje original|"
    r"messaggio originale|mensagem original|oorspronkelijk bericht|reply message)\s?-{2,}|"
    r"(?<!-)-{2,}\s?on .{6,200}\bwrote\s?-{2,}",
    re.I,
)
_FORWARDED = re.compile(
    r"(?<!-)-{2,}\s?(?:forwarded|weitergeleitete|vidarebefordrat|videresendt|välitetty|edelleen lähetetty|"
    r"пересылаемое|message transféré|mensaje reenviado|doorgestuurd)\b|begin forwarded message",
    re.I,
)
_FROM = re.compile(r"[*\s]*(?:from|von|från|fra|lähettäjä|от|от кого|de|da|van|od)\s?:\s?\*?\s*\S", re.I)
_MORE_HEADERS = re.compile(
    r"[*\s]*(?:sent|date|to|subject|cc|gesendet|datum|an|betreff|skickat|till|ämne|kopia|sendt|dato|til|emne|"
    r"lähetetty|päivämäärä|päiväys|vastaanottaja|aihe|kopio|отправлено|дата|кому|тема|копия|envoyé|à|objet|enviado|para|"
    r"asunto|assunto|inviato|a|oggetto|verzonden|aan|onderwerp)\s?:",
    re.I,
)
_RULE = re.compile(r"[_\-]{10,}|\*{10,}")
_SIGNATURE = ("--", "—")  # white space at the end of lines is gone by then
_LIST_RULE = re.compile(r"_{2,}")
_MOST_LIST_FOOTER = 6  # lines that say something
_SENT_FROM = re.compile(
    r"(?:sent|sendt|skickat|skickad|lähetetty|gesendet|отправлено|envoyé|enviado|inviato|von meinem|get)\s"
    r"(?:from|fra|från|von|с|из|depuis|desde|da|mit|via|my|outlook|mobil|meinem|iphone|ipad|android)\b.{0,60}",
    re.I,
)


def visible(text: str) -> str:
    """The new text of `text`; never empty where `text` is not: a mail that is all quote is shown whole."""
    head, tail = text[:_MOST_LOOKED_AT], text[_MOST_LOOKED_AT:]
    # “<ann@example.org” and “>:” on two lines were one before some program broke the line.
    lines = [line.rstrip() for line in head.replace("\n>:\n", ">:\n").split("\n")]
    if not tail:
        lines = _without_list_footer(lines)
    kept = _without_history(lines)
    if not tail:
        kept = _without_signature(kept)
    result = "\n".join(kept).strip("\n")
    return result + tail if result.strip() or tail else text.strip("\n")


def _without_history(lines: list[str]) -> list[str]:
    """The lines above a copied mail; then, unless answers stand between quotes, those that are not quoted."""
    lines = lines[: _history(lines)]
    quoted = _quoted(lines)
    if not any(quoted):
        return lines
    new = [number for number, line in enumerate(lines) if line and not quoted[number]]
    if not new:
        return lines
    first, last = quoted.index(True), len(quoted) - 1 - quoted[::-1].index(True)
    answer = _up_to_signature(lines, new, last)
    if any(first < number < last for number in new) or (answer and new[0] < first):
        return lines[: max(answer[-1] + 1 if answer else 0, max(n for n in new if n < last) + 1)]
    if answer:
        return lines[last + 1 :]  # the answer is below the only quote
    return lines[:first]


def _up_to_signature(lines: list[str], new: list[int], last: int) -> list[int]:
    """The new lines below the last quote that are not its signature; empty where nothing was written there."""
    below = [number for number in new if number > last]
    for count, number in enumerate(below):
        if lines[number].strip() in ("--", "—") or _SENT_FROM.match(lines[number]):
            return below[:count]
    return below


def _history(lines: list[str]) -> int:
    """Where a mail begins that was copied below without quote marks; the number of lines where none does."""
    for number, line in enumerate(lines):
        if not line or len(line) > _MOST_LINE or line[0] == ">":
            continue
        if _ORIGINAL.search(line) or _FORWARDED.search(line) or _is_header_block(lines, number):
            return _above_rule(lines, number)
        begin = _attribution(lines, number)
        if begin is not None and not _quote_follows(lines, number):
            return begin
    return len(lines)


def _quote_follows(lines: list[str], number: int) -> bool:
    return next((each[0] == ">" for each in lines[number + 1 : number + 4] if each), False)


def _above_rule(lines: list[str], number: int) -> int:
    """`number`, or the line of dashes and the blank lines just above it."""
    for above in range(number - 1, max(number - 4, -1), -1):
        if _RULE.fullmatch(lines[above].strip()):
            return above
        if lines[above]:
            break
    return number


def _is_header_block(lines: list[str], number: int) -> bool:
    """Whether From:, Sent:, To:, Subject: of a copied mail begin here: From and two more of them close below."""
    if not _FROM.match(lines[number]):
        return False
    below = [line for line in lines[number + 1 : number + 9] if line][:5]
    return sum(1 for line in below if len(line) <= _MOST_LINE and _MORE_HEADERS.match(line)) >= 2


def _attribution(lines: list[str], number: int) -> int | None:
    """Where the sentence “On Monday … Ann wrote:” begins that ends on this line; None where it is none.

    A time and an address in angles are enough, in any language; else it takes the verb, and a date or an address.
    """
    if not lines[number].endswith((":", "：")) and not _WROTE_LAST.search(lines[number]):
        return None
    for begin in range(number, max(number - _MOST_ATTRIBUTION, -1), -1):
        line = lines[begin].lstrip()
        if not line or line[0] == ">" or len(line) > _MOST_LINE:
            return None
        joined = " ".join(lines[begin : number + 1])
        in_angles = _IN_ANGLES.search(joined)
        timed = _TIME.search(joined)
        if in_angles and timed:
            return begin
        if _OPENING.match(line) and _WROTE.search(joined) and (in_angles or timed or _DATE.search(joined)):
            return begin
    return None


def _quoted(lines: list[str]) -> list[bool]:
    """For each line whether it is quoted, blank lines between quoted ones and the attribution above them included."""
    quoted = [line.startswith(">") for line in lines]
    previous = -1
    for number in [n for n, each in enumerate(quoted) if each]:
        between = range(previous + 1, number)
        if previous >= 0 and not any(lines[n] for n in between):
            for n in between:
                quoted[n] = True
        elif between:
            _mark_attribution(lines, quoted, number)
        previous = number
    return quoted


def _mark_attribution(lines: list[str], quoted: list[bool], number: int) -> None:
    """Mark the attribution that stands above the quote that begins at `number`, with the blank lines between."""
    above = number - 1
    while above >= max(number - 3, 0) and not lines[above]:
        above -= 1
    if above < 0 or not lines[above] or len(lines[above]) > _MOST_LINE:
        return
    begin = _attribution(lines, above)
    if begin is None and lines[above][-1] in ":：" and _WROTE.search(lines[above]):
        begin = above  # with the quote below it the verb is enough
    if begin is not None:
        quoted[begin:number] = [True] * (number - begin)


def _without_signature(lines: list[str]) -> list[str]:
    """The lines above “-- ” where what follows is short, without a telephone's advertisement at the end."""
    for number, line in enumerate(lines):
        if line in _SIGNATURE and number and len(_saying(lines[number + 1 :])) <= _MOST_SIGNATURE:
            if any(lines[:number]):
                lines = lines[:number]
            break
    lines = _saying_end(lines)
    if len(lines) > 1 and len(lines[-1]) <= 100 and _SENT_FROM.fullmatch(lines[-1].strip()):
        lines = lines[:-1]
    return lines


def _without_list_footer(lines: list[str]) -> list[str]:
    """The lines above the rule and the web address that a mailing list puts below everything."""
    lines = _saying_end(lines)
    for number in range(len(lines) - 1, max(len(lines) - 2 * _MOST_LIST_FOOTER, 0), -1):
        if _LIST_RULE.fullmatch(lines[number]):
            footer = _saying(lines[number + 1 :])
            is_list = len(footer) <= _MOST_LIST_FOOTER and any("://" in each for each in footer)
            return lines[:number] if is_list else lines
    return lines


def _saying(lines: list[str]) -> list[str]:
    return [line for line in lines if line]


def _saying_end(lines: list[str]) -> list[str]:
    """`lines` without the blank ones at the end."""
    end = len(lines)
    while end and not lines[end - 1]:
        end -= 1
    return lines[:end]
