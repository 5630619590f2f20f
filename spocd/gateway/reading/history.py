"""Which lines of a mail are copied from earlier ones: a whole mail below, or lines behind “>”."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from spocd.gateway.reading import attribution, header_block, signature
from spocd.gateway.reading.header_block import HeaderBlock

_MOST_LINE = 400  # characters; no line that begins a copy is longer
_FEWEST_ANNOUNCED, _MOST_ANNOUNCED = 7, 120  # characters of “-----Original Message-----” and the like
_HARD_WRAPPED = 60  # characters; a quoted line this long may have been broken by a program that forgot the mark

# “-----Original Message-----”, in the languages of Outlook, of telephones and of web mailers; a header may be missing.
_ORIGINAL = re.compile(
    r"original (?:message|mail|appointment|e-?mail)|ursprüngliche (?:nachricht|mail|e-mail)|original-?nachricht|"
    r"ursprungligt meddelande|original ?meddelande|oprindelig (?:meddelelse|besked|mail)|original besked|"
    r"opprinnelig (?:melding|e-post)|alkuperäinen viesti|(?:исходное|оригинальное) сообщение|message d['’]origine|"
    r"message original|mensaje original|messaggio originale|mensagem original|(?:oorspronkelijk|origineel) bericht|"
    r"wiadomość oryginalna|oryginalna wiadomość|původní (?:zpráva|e-mail)|pôvodná správa|eredeti üzenet|"
    r"orijinal (?:ileti|mesaj)|özgün ileti|mesajul? original|αρχικό μήνυμα|reply message|replied message|"
    r"原始邮件|原始郵件|邮件原件|元のメッセージ|元のメール|원본 메일|원본 메시지|원래 메일",
    re.I,
)
_FORWARDED = re.compile(
    r"forwarded|weitergeleitete|vidarebefordra|videresend|välitet|edelleen lähetetty|пересылаемое|пересланное|"
    r"переадресованн|(?:message|courrier) (?:transféré|réexpédié)|reenviado|rencaminhad|encaminhad|inoltrat|"
    r"doorgestuurd|"
    r"przekazan|przekazywan|přeposlan|přeposílan|preposlan|továbbított|iletilen|yönlendirilen|redirecționat|"
    r"転送|转发|轉寄|전달",
    re.I,
)
_BEGINNING = frozenset(
    [
        *("begin", "anfang", "début", "inicio", "início", "inizio", "start", "alku", "начало", "початок"),
        *("początek", "začátek", "začiatok", "începe", "välitetty"),
    ]
)
_ABOVE_THIS_LINE = re.compile(
    r"(?:reply|write|type|respond|antworten|répond|responda|rispond|skriv|svar|kirjoita|пишите|ответ|"
    r"antwoord)\w*\b.{0,60}"
    r"(?:above this line|above the line|oberhalb dieser|über dieser|au-dessus de cette|encima de esta|sopra questa|"
    r"over denne lin|ovenfor denne|ovanför denna|tämän rivin yläp|выше этой|boven deze)",
    re.I,
)
# GLPI's letters have a second line, below which people may write as well.
_BELOW_THIS_LINE = re.compile(
    r"(?:reply|write|type|respond|répon|écri|answer|antwort|schreib|svar|skriv|пишите|ответ)\w*\b.{0,60}"
    r"(?:(?:below|under) this line|(?:unter|unterhalb) dieser|sous cette|en dessous de cette|under denn[ae] |"
    r"nedenfor denne|ниже этой)",
    re.I,
)
_RULE = re.compile(r"_{5,}|[_\-=\u2500\u2014\u2013]{6,}|\*{10,}")
_DASHES = ("--", "==", "——", "––", "──", "‐‐")
# Samsung's telephones lose the end of the line: “-------- Original message --------From: Ann …”.
_HEADER_BEHIND = re.compile(r"([-=]{2,}[^-=\n]{5,60}[-=]{2,})\s?(?=[^\W\d])")
_AROUND = " \t*>_#~\u00a0"
_BEFORE = " \t\u00a0"
_STARTS = frozenset("-=—–─‐*>_#~")


@dataclass(frozen=True, slots=True)
class Copy:
    """A mail copied below the new text: where it begins, its header if any, whether it is said to be passed on."""

    begin: int
    header: HeaderBlock | None
    body: int
    passed_on: bool


def copy(lines: Sequence[str]) -> Copy | None:
    """Where a mail begins that was copied without quote marks; None where none was."""
    for number, line in enumerate(lines):
        # Some programs quote with a tab, above the answer: what is cut off there would be the answer too.
        if not line or _is_prose(lines, number):
            continue
        if len(line) > _MOST_LINE or (line[0] in ">\t" and not _is_group_wise(lines, number)):
            continue
        if line[0] == ">":
            return Copy(number, None, number + 1, passed_on=False)
        found = _titled(lines, number) or _headed(lines, number)
        if found:
            return found
        begin = attribution.begin(lines, number, quoted_below=_is_below_advertisement(lines, number))
        if begin is not None and not _quote_follows(lines, number):
            return Copy(begin, None, number + 1, passed_on=False)
    return None


def _is_prose(lines: Sequence[str], number: int) -> bool:
    """Whether no copy can begin on this line, at a glance: most lines of most mails are such."""
    line = lines[number]
    if ":" in line or "：" in line or line.endswith(("--", "wrote")):
        return False
    return line.lstrip(_BEFORE)[:1] not in _STARTS and (number == 0 or lines[number - 1][:1] not in _STARTS)


def _is_below_advertisement(lines: Sequence[str], number: int) -> bool:
    """Whether a telephone's “Sent from my …” stands just above: what its owner wrote has ended there."""
    if number == 0 or lines[number][-1] not in ":：":
        return False
    above = next((line for line in (lines[number - 1], lines[number - 2] if number > 1 else "") if line), "")
    return signature.is_program(above)


def _titled(lines: Sequence[str], number: int) -> Copy | None:
    """A line that announces a copied mail: dashes about words that say so, or about any words above a header."""
    line = lines[number].strip(_AROUND)
    behind = _HEADER_BEHIND.match(line) if line.startswith(_DASHES) else None
    if behind and _ORIGINAL.search(behind[1]) and header_block.field(line[behind.end() :]):
        return Copy(_above_rule(lines, number), None, number + 1, passed_on=False)
    if not _FEWEST_ANNOUNCED <= len(line) <= _MOST_ANNOUNCED:
        return None
    if _asks_for_replies_above(lines, number):
        return Copy(_above_rule(lines, number), None, number + 1, passed_on=False)
    dashed = line.startswith(_DASHES) and line.endswith(_DASHES)
    if not dashed and not line.endswith((":", "：")):
        return None
    passed_on = _FORWARDED.search(line) is not None
    header = _header_below(lines, number) if dashed or (passed_on and _is_apples(line)) else None
    if header or (dashed and (passed_on or _ORIGINAL.search(line))):
        return Copy(_above_rule(lines, number), header, header.end if header else number + 1, passed_on)
    return None


def _asks_for_replies_above(lines: Sequence[str], number: int) -> bool:
    """Whether a desk asks here to write above this line: with dashes or the like about it, or a rule above it."""
    ruled = lines[number][0] in "#-=*_~—" or (number > 0 and _RULE.fullmatch(lines[number - 1].strip()) is not None)
    return ruled and _ABOVE_THIS_LINE.search(lines[number]) is not None


def below_second_line(lines: Sequence[str], copy: Copy) -> list[str]:
    """What stands below a desk's line to write below, in a copy that begins with its line to write above."""
    if copy.header or not _ABOVE_THIS_LINE.search(lines[copy.body - 1]):
        return []
    for number in range(len(lines) - 1, copy.body - 1, -1):
        line = lines[number].strip(_AROUND)
        if line[:1] in _STARTS and _BELOW_THIS_LINE.search(line[:_MOST_LINE]):
            return list(lines[number + 1 :])
    return []


def _is_apples(line: str) -> bool:
    """Whether it is “Begin forwarded message:” and not somebody's sentence about one."""
    words = line.split()
    return len(words) <= 2 or (len(words) <= 6 and words[0].lower() in _BEGINNING) or words[-1].startswith("kezdete")


def _header_below(lines: Sequence[str], number: int) -> HeaderBlock | None:
    for below in range(number + 1, min(number + 4, len(lines))):
        if lines[below].strip(_AROUND):
            return header_block.read(lines, below)
    return None


def _headed(lines: Sequence[str], number: int) -> Copy | None:
    """From:, Sent:, To:, Subject: without any announcement, as Outlook has it; perhaps below a rule."""
    if header_block.field(lines[number]) is None:
        return None
    header = header_block.read(lines, number)
    if header is None:
        return None
    begin = _above_rule(lines, number)
    if header.sure() or begin < number:
        return Copy(begin, header, header.end, passed_on=False)
    return None


def _is_group_wise(lines: Sequence[str], number: int) -> bool:
    """Whether this is GroupWise's “>>> Ann <ann@example.org> 2.6.2025 10:00 >>>”, and the copy below bears no marks."""
    line = lines[number]
    if not (line.startswith(">>> ") and line.endswith(" >>>") and any(each.isdigit() for each in line)):
        return False
    return not _quote_follows(lines, number)


def _quote_follows(lines: Sequence[str], number: int) -> bool:
    return next((each[0] == ">" for each in lines[number + 1 : number + 5] if each), False)


def _above_rule(lines: Sequence[str], number: int) -> int:
    """`number`, or the line of dashes and the blank lines just above it."""
    for above in range(number - 1, max(number - 4, -1), -1):
        if _RULE.fullmatch(lines[above].strip()):
            return above
        if lines[above]:
            break
    return number


def quoted(lines: Sequence[str]) -> list[bool]:
    """For each line whether it is quoted, blank lines between quoted ones and the attribution above them included."""
    marked = [line.startswith(">") for line in lines]
    previous = -1
    for number in [n for n, each in enumerate(marked) if each]:
        between = range(previous + 1, number)
        if previous >= 0 and (not any(lines[n] for n in between) or _lost_its_mark(lines, previous, number)):
            for n in between:
                marked[n] = True
        elif between:
            _mark_attribution(lines, marked, number)
        previous = number
    return marked


def _lost_its_mark(lines: Sequence[str], previous: int, number: int) -> bool:
    """Whether the one line between two quoted ones is the end of the long line above it, broken on the way."""
    if number - previous != 2 or len(lines[previous]) < _HARD_WRAPPED:
        return False
    return lines[previous + 1][:1].islower() and not lines[previous].endswith((".", "?", "!", ":"))


def _mark_attribution(lines: Sequence[str], marked: list[bool], number: int) -> None:
    """Mark the attribution that stands above the quote that begins at `number`, with the blank lines between."""
    above = number - 1
    while above >= max(number - 4, 0) and not lines[above]:
        above -= 1
    if above < 0 or not lines[above] or len(lines[above]) > _MOST_LINE:
        return
    begin = attribution.begin(lines, above, quoted_below=True)
    begin = header_block.short(lines, above) if begin is None else begin
    if begin is not None:
        marked[begin:number] = [True] * (number - begin)
