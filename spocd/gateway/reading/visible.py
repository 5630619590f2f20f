"""What the author wrote now: the text without quoted history, without signature and without what machines added.

Losing a person's sentence is worse than leaving a signature, so whatever is not surely one of these is kept. All works
line by line, and each line is looked at a bounded number of times.
"""

from __future__ import annotations

import re

from spocd.gateway.reading import attribution, history, marks, notice, signature, uuencoded

_MOST_LOOKED_AT = 128 * 1024  # characters; the rest of a longer text is kept as it is
_MOST_PUT_THERE = 20  # lines of a quote that somebody put above the answer by hand
_MOST_MARKED_SIGNATURE = 25  # lines; some people go on writing inside of it

# The answers of somebody who writes so stand inside of the copied mail, where nothing marks them.
_ANSWERS_BELOW = re.compile(
    r"(?:answer|repl|comment|response|see)\w*\b.{0,40}(?:\binline\b|in[- ]line|in (?:red|blue|green)\b|"
    r"below in the text)|"
    r"(?:antwort\w*|kommentar\w*|s\.|siehe)\b.{0,40}(?:in (?:rot|blau|grün)\b|unten im text|im text unten)|"
    r"(?:svar|kommentar)\w*\b.{0,40}(?:med|i) (?:rødt|rött|blått|blåt)|"
    r"vastau\w+\b.{0,40}(?:punaisella|sinisellä|tekstin seassa)|(?:réponses?|commentaires?)\b.{0,40}en (?:rouge|"
    r"bleu)|"
    r"ответ\w*\b.{0,40}(?:в тексте|красным|синим)",
    re.I,
)
_MOST_POINTING = 500  # characters of a mail that only points to what is below


def visible(text: str) -> str:
    """The new text of `text`, which may hold `marks`; what is all quote is shown whole, and never nothing."""
    text = uuencoded.without(text)
    head, tail = text[:_MOST_LOOKED_AT], text[_MOST_LOOKED_AT:]
    # “<ann@example.org” and “>:” on two lines were one before some program broke the line.
    broken = [line.rstrip() for line in head.replace("\n>:\n", ">:\n").split("\n")]
    lines = [part for line in broken for part in attribution.apart(line)]
    if "\n\t" in head:
        lines = _indented_drawn(lines)
    whole = lines
    if not text.isascii():
        whole = [line for line in lines if line not in marks.ALL]
        lines = _drawn(lines) if len(whole) < len(lines) else lines
    if tail:
        new = _without_history(lines)
        return "\n".join(new).strip("\n") + marks.unmarked(tail)
    lines = notice.without_footers(lines)
    new = _without_history(lines[notice.banner_end(lines) :])
    if not any(new):
        new = _below_the_top(whole)
    new = signature.without_signature(notice.without_footers(new))
    result = "\n".join(new).strip("\n")
    return result if result.strip() else "\n".join(whole).strip("\n")


def _drawn(lines: list[str]) -> list[str]:
    """`lines` with marked history drawn as a quote, marked signatures gone, and no marks left."""
    drawn: list[str] = []
    inside = ""
    signature_at = 0
    for line in lines:
        if line in (marks.HISTORY, marks.REST) and inside != marks.REST:
            inside = line
        elif line == marks.SIGNATURE and not inside:
            inside, signature_at = line, len(drawn)
        elif line == marks.SIGNATURE_END and inside == marks.SIGNATURE:
            inside = ""
            if len(drawn) - signature_at <= _MOST_MARKED_SIGNATURE and any(drawn[:signature_at]):
                del drawn[signature_at:]
        elif line == marks.HISTORY_END and inside == marks.HISTORY:
            inside = ""
        elif line not in marks.ALL:
            quoted = inside in (marks.HISTORY, marks.REST) and line and not line.startswith(">")
            drawn.append(f"> {line}" if quoted else line)
    return drawn


def _indented_drawn(lines: list[str]) -> list[str]:
    """`lines` with what is indented by tabs below an attribution drawn as a quote: so mailx and s-nail quote."""
    drawn, number = list(lines), 1
    while number < len(lines):
        above = number - 1 if lines[number - 1] or number == 1 else number - 2
        if not lines[number].startswith("\t") or attribution.begin(lines, above, quoted_below=True) is None:
            number += 1
            continue
        last = number
        while number < len(lines) and (not lines[number] or lines[number].startswith("\t")):
            last = number if lines[number] else last
            number += 1
        for each in range(last, -1, -1):
            if lines[each] and not lines[each].startswith("\t"):
                break
            drawn[each] = f"> {lines[each][1:]}"
    return drawn


def _without_history(lines: list[str]) -> list[str]:
    """The lines above a copied mail; then, unless answers stand between quotes, those that are not quoted."""
    copy = history.copy(lines)
    if copy:
        new = lines[: copy.begin]
        if _points_below(new):
            return lines
        lines = [*new, *history.below_second_line(lines, copy)]
    quoted = history.quoted(lines)
    if not any(quoted):
        return lines
    new_lines = [number for number, line in enumerate(lines) if line and not quoted[number]]
    if not new_lines:
        return []
    first, last = quoted.index(True), len(quoted) - 1 - quoted[::-1].index(True)
    answer = _up_to_signature(lines, new_lines, last)
    if any(first < number < last for number in new_lines) or (answer and new_lines[0] < first):
        return lines[: max(answer[-1] + 1 if answer else 0, max(n for n in new_lines if n < last) + 1)]
    if not answer:
        return lines[:first]
    return lines if _put_there(lines, first, last) else lines[last + 1 :]


def _put_there(lines: list[str], first: int, last: int) -> bool:
    """Whether somebody put the quote above the answer by hand: it is short, and no program says whose it is."""
    if last - first >= _MOST_PUT_THERE or not lines[first].startswith(">"):
        return False
    unquoted = [line.lstrip("> ") for line in lines[first : first + 4]]
    return not any(
        attribution.begin(unquoted, number, quoted_below=True) is not None for number in range(len(unquoted))
    )


def _points_below(lines: list[str]) -> bool:
    """Whether the new text says that answers stand in the copied mail: “see my answers below in red”."""
    text = " ".join(line for line in lines if line)
    return len(text) <= _MOST_POINTING and _ANSWERS_BELOW.search(text) is not None


def _below_the_top(lines: list[str]) -> list[str]:
    """`lines` of a mail that begins as a copy does: without the “Ann wrote:” at the top, and without what is below.

    What stands below a first attribution may be new, and what stands below a header at the top is the latest that the
    mail holds. One that was passed on without a word is kept as it is.
    """
    copy = history.copy(lines)
    if copy is None or copy.passed_on or any(lines[: copy.begin]):
        return lines
    below = _without_history(lines[copy.body :])
    if not any(below):
        return lines
    return lines[: copy.body] + below if copy.header else below


def _up_to_signature(lines: list[str], new: list[int], last: int) -> list[int]:
    """The new lines below the last quote that are not its signature; empty where nothing was written there."""
    below = [number for number in new if number > last]
    for count, number in enumerate(below):
        if signature.is_end(lines[number]):
            return below[:count]
    return below
