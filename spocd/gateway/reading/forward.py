"""The mail that somebody passed on, in the text or attached: who wrote it first, when, about what, and what it says."""

from __future__ import annotations

import re
from collections.abc import Sequence

from spocd.domain import subject
from spocd.domain.reading import Forwarded, Mailbox, Part
from spocd.gateway.reading import attribution, body, history, mailbox, structure, words
from spocd.gateway.reading.header_block import Field
from spocd.gateway.reading.history import Copy
from spocd.gateway.reading.notes import Notes

_MOST_LOOKED_AT = 128 * 1024  # characters, in which the beginning of the copy is looked for
_MOST_VALUE = 1000  # characters of a From line
_ADDRESS = re.compile(r"(?:mailto:)?([^\s<>\[\]()\"',;:@]{1,64}@[^\s<>\[\]()\"',;:@]{1,255})")
_DASHED = re.compile(r"[-=]{4,}[^-=]{3,100}[-=]{4,}")
_QUOTES = " \t\"'“”„«»*,;:<([\u202a\u202c"


def forwarded(text: str, title: str, attachments: Sequence[Part], *, is_forward: bool) -> Forwarded | None:
    """The mail that this one passes on: the one in `text`, else the one attached; None where there is none.

    A copied header alone does not tell an answer from a forward, so then `is_forward`, which the subject says, decides.
    """
    return _inline(text, title, is_forward=is_forward) or _attached(attachments)


def _inline(text: str, title: str, *, is_forward: bool) -> Forwarded | None:
    lines = [line.rstrip() for line in text[:_MOST_LOOKED_AT].split("\n")]
    copy = history.copy(lines)
    if copy is None and any(line.startswith(">") for line in lines):
        # Apple Mail quotes what it passes on.
        lines = _unquoted(lines)
        copy = history.copy(lines)
    if copy is None or not (copy.passed_on or is_forward):
        return None
    rest = text[_MOST_LOOKED_AT:]
    if copy.header is None:
        return _attributed(lines, copy, rest, title) if copy.passed_on else None
    fields = copy.header.fields
    return Forwarded(
        sender=_sender(fields.get(Field.FROM, "")),
        subject=fields.get(Field.SUBJECT, ""),
        date=fields.get(Field.SENT) or None,
        text=_below(lines, copy.body, rest),
    )


def _attributed(lines: list[str], copy: Copy, rest: str, title: str) -> Forwarded | None:
    """What is passed on in Yandex' way: below the rule no header, but “2.6.2025, 10:00, Ann <ann@example.org>:”."""
    for number in range(copy.body, min(copy.body + 4, len(lines))):
        begin = attribution.begin(lines, number)
        if begin is None:
            continue
        sentence = " ".join(lines[begin : number + 1])
        found = _ADDRESS.search(sentence)
        if found is None:
            return None
        said = sentence[: found.start()].rstrip(_QUOTES)
        date, _, name = said.rpartition(",")
        sender = Mailbox(name.strip(_QUOTES), found[1].rstrip("."))
        return Forwarded(sender, subject.strip_prefixes(title), date.strip() or None, _below(lines, number + 1, rest))
    return None


def _below(lines: Sequence[str], number: int, rest: str) -> str:
    """The text below the copied header, without quote marks where all of it has them, and without a closing rule."""
    own = list(lines[number:])
    if all(line.startswith(">") for line in own if line):
        own = [line[1:].removeprefix(" ") for line in own]
    while own and (not own[-1] or (_DASHED.fullmatch(own[-1]) and not rest)):
        own.pop()
    return ("\n".join(own) + rest).strip("\n")


def _unquoted(lines: Sequence[str]) -> list[str]:
    return [line[1:].removeprefix(" ") if line.startswith(">") else line for line in lines]


def _sender(value: str) -> Mailbox:
    """Who a copied From line names; programs write the address in angles, in brackets, alone or not at all."""
    value = value[:_MOST_VALUE]
    found = _ADDRESS.search(value)
    if found is None:
        return Mailbox(value.strip(_QUOTES + ">)]"), "")
    name = value[: found.start()].strip(_QUOTES)
    return Mailbox(name, found[1].rstrip("."))


def _attached(attachments: Sequence[Part]) -> Forwarded | None:
    """The one mail that is attached; of several none is the one that is passed on."""
    mails = [part for part in attachments if part.content_type == "message/rfc822"]
    if len(mails) != 1:
        return None
    raw, notes = mails[0].content, Notes()
    root = structure.parse(raw, notes)
    charset = body.text_charset(root)
    return Forwarded(
        sender=mailbox.sender(root.headers, charset, notes),
        subject=words.text(root.headers.first("subject"), charset),
        date=words.text(root.headers.first("date")) or None,
        text=body.read(raw, root, notes).text.strip("\n"),
    )
