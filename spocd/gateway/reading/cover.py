"""The letter that a mail server writes around an undelivered mail: whom it names, and what it says about each."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from spocd.domain import address
from spocd.gateway.reading.delivery_status import MOST_RECIPIENTS

_MOST_LINES = 2000
_MOST_LINE = 400  # characters of a line that are looked at

# A line that announces the copy of the mail that came back.
_ANNOUNCED = re.compile(
    r"(?:copy of (?:the|your)|(?:original|unsent|returned|undelivered|rejected|bounced) (?:e-?mail|message)).{0,40}"
    r"(?:\bfollow(?:s|ing)?\b|\bbelow\b|---|[*|]|:\s*$)|below this line|"
    r"---.{0,20}(?:original|unsent|returned|undelivered|rejected) (?:e-?mail|message)|"
    r"^\W*(?:(?:the|your) )?(?:headers?|message|e-?mail|mail|body|text)(?!.{0,20}\b(?:log|errors?|reasons?|"
    r"transcript)\b)"
    r"[^.:]{0,40}\bfollows?\b|"
    r"(?:kopie|kopia|kopi|copie|copia|kopio|копия) .{0,30}(?:nachricht|message|meddelan|meddelelse|mensaje|viesti|"
    r"письма)"
)
# The first lines of a copy that nothing announces.
_HARD_HEADER = re.compile(r"(?:received|return-path|dkim-signature|mime-version|x-received|arc-seal):\s?\S", re.I)
_SOFT_HEADER = re.compile(r"(?:message-id|from|to|cc|subject|date|reply-to|content-type|delivered-to|sender):", re.I)
_OF_MAIL = frozenset(["message-id", "mime-version", "content-type", "received"])
_MOST_FIELDS = 60  # lines
_ANY_HEADER = re.compile(r"[A-Za-z][A-Za-z0-9-]{1,40}:|[ \t]+\S")

_LOCAL = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}"
_DOMAIN = r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,253}[A-Za-z0-9])?"
_ADDR = rf"{_LOCAL}@{_DOMAIN}"
_ANY = re.compile(rf"(?<![A-Za-z0-9!#$%&*+/=?^_`{{|}}~.@-]){_ADDR}(?![A-Za-z0-9@])")
# An address that leads its line, after a mark of a list or a reply code, and what may stand behind it there.
_BULLET = r"[\s>*•·|+-]{0,24}(?:[45]\d\d[ -])?(?:[45]\.\d\.\d{1,3} )?"
_LEADING = re.compile(
    rf"{_BULLET}(?:"
    rf"<(?:smtp:)?(?P<angle>[^\s<>@]{{1,64}}@[^\s<>@]{{1,255}})>(?=$|[\s:;,.)(])"
    rf"|[\"'](?P<quoted>{_ADDR})[\"'](?=\s|:|$)"
    rf"|\[?smtp:(?P<smtp>{_ADDR})\]?"
    rf"|(?P<bare>{_ADDR})(?=:(?:\s|$)|;?\s*$|\s*\.\.\.|\s*[(,-]|\s+error|\s{{1,3}}\D{{1,12}}\d|\s+\*)"
    r")",
    re.I,
)
# Ann Smith (ann@example.org), as Exchange 2007 and later name a recipient; 'ann@example.org' (ann@example.org).
_NAMED = re.compile(rf"\s*[^\s@()<>][^@()<>]{{0,80}}[(<](?P<named>{_ADDR})[)>][ ,.]*(?:<mailto:[^<>]*>)?\s*", re.I)
_X400 = re.compile(rf"(?:dda:)?smtp=(?P<x400>{_ADDR})", re.I)
# An address behind a word for it.
_LABEL = re.compile(
    r"(?:recipients?(?: address)?|addressee|rcpt to|(?:unknown|invalid|no such|bad) (?:local )?(?:user|recipient|"
    r"address)|"
    r"(?:failed|rejected) (?:recipient|address)|(?:delivered|delivery|deliver|addressed|sent|gateway|mailbox) (?:to|"
    r"for)|"
    r"(?:your )?(?:e-?mail|message|mail) (?:to|for)|errors?|e-?mail address|mailbox|user|account|"
    r"empfänger|adressat|destinataires?|destinatarios?|destinatari[oi]?|mottagare|modtagere?|mottakere?|"
    r"vastaanottaja\w{0,4}|odbiorc\w{1,3}|получател\w{1,2}|адресат\w{0,2}|geadresseerde|ontvanger|alıcı|"
    r"収信者|受信者|宛先|収件人|收件人|收件者|地址|수신자)"
    rf"(?:\s+(?:is|was|to|email address))?[\s:=(（<\[\"'“「]{{1,16}}(?:smtp:)?(?P<label>{_ADDR})",
    re.I,
)
_REFUSED = re.compile(rf"(?:\D{{0,40}}[^\d.])?[45]\d\d[ -].{{0,200}}?(?P<refused>{_ADDR})", re.I)
_TO = re.compile(rf"\s*(?:to|cc|til|till|an|à|para|vers|kenelle|кому|宛先)\s?:\s*<?(?P<to>{_ADDR})", re.I)
_GENERATED = re.compile(rf"generated (?:from|by) <?({_ADDR})")
# What follows is the sender, an identifier, or who helps.
_SOMEBODY_ELSE = re.compile(
    r"(?:sent by|from|sender|von|message-id|message identifier|contact(?: us at)?|send (?:e-?mail|mail) to|"
    r"write to)\W*$",
    re.I,
)
_ASIDE = re.compile(
    r"contact|postmaster|help ?desk|support|assist|abuse|send (?:e-?mail|mail) to|send an? |write to|reply to|forward|"
    r"questions|message-?id|msgid|mail from|\bfrom\b|sender|generated from|kontakt|wende|contacte|rivolg|skriv til|"
    r"обратитесь|連絡|问い合わせ|联系|http",
    re.I,
)
_NOT_A_PERSON = ("postmaster", "mailer-daemon", "support", "abuse", "helpdesk", "hostmaster", "webmaster")


@dataclass(frozen=True, slots=True)
class Named:
    """A recipient that a letter names, and the words behind: up to where it names the next."""

    recipient: str
    reason: str


def lines(text: str) -> tuple[list[str], int]:
    """The lines above the copy of the mail that came back, and how many there are in all where it begins."""
    every = text.split("\n", _MOST_LINES)[:_MOST_LINES]
    for number, line in enumerate(every):
        if len(line) <= _MOST_LINE and _begins_copy(every, number):
            return every[:number], number
    return every, len(every)


def _begins_copy(every: list[str], number: int) -> bool:
    line = every[number]
    if number == 0:
        return False
    if _ANNOUNCED.search(line.lower()):
        return True
    if _HARD_HEADER.match(line):
        return True
    return _SOFT_HEADER.match(line) is not None and not every[number - 1].strip() and _is_mail(every, number)


def _is_mail(every: list[str], start: int) -> bool:
    """Whether the fields that begin here are those of a mail; a letter may sum them up too, and then goes on."""
    names = set()
    for line in every[start : start + _MOST_FIELDS]:
        if not _ANY_HEADER.match(line):
            break
        names.add(line.partition(":")[0].lower())
    return "from" in names and not names.isdisjoint(_OF_MAIL)


def recipients(letter: list[str], ours: frozenset[str]) -> list[Named]:
    """Whom the letter is about, from the strongest place that names anybody.

    That is a line that begins with the address; else behind a word such as "recipient", or in a reply of SMTP; else a
    sentence. `ours` are the addresses that the report came from and went to: only the first place believes those, as
    people do write to themselves.
    """
    leading = list(_leading(letter))
    found = [each for each in leading if _may_be(each[1], ours)] or leading
    for place in (_labelled, _sentences, _copied_to, _generated):
        found = found or [each for each in place(letter) if _may_be(each[1], ours)]
    return _with_reasons(letter, found)


def _leading(letter: list[str]) -> Iterator[tuple[int, str]]:
    before = ""
    for number, line in enumerate(letter):
        short = line[:_MOST_LINE]
        match = "@" in short and (_LEADING.match(short) or _NAMED.fullmatch(short) or _X400.search(short))
        aside = match and _ASIDE.search(short, 0, match.start(match.lastgroup or 0))
        if match and not aside and not _SOMEBODY_ELSE.search(before):
            yield number, _plain(match)
        before = short.strip() or before


def _labelled(letter: list[str]) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(letter):
        short = line[:_MOST_LINE]
        match = "@" in short and (_LABEL.search(short) or _REFUSED.match(short))
        if match and not _ASIDE.search(short, 0, match.start(match.lastgroup or 0)):
            yield number, _plain(match)


def _sentences(letter: list[str]) -> Iterator[tuple[int, str]]:
    """The first address that no word near it makes somebody else's."""
    for number, line in enumerate(letter):
        short = line[:_MOST_LINE]
        if "@" not in short or _ASIDE.search(short) or _TO.match(short):
            continue
        for match in _ANY.finditer(short):
            yield number, match[0]
            return


def _copied_to(letter: list[str]) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(letter):
        match = _TO.match(line[:_MOST_LINE])
        if match:
            yield number, match["to"]


def _generated(letter: list[str]) -> Iterator[tuple[int, str]]:
    """Exim hides what an alias stands for, and names the alias."""
    for number, line in enumerate(letter):
        match = _GENERATED.search(line[:_MOST_LINE])
        if match:
            yield number, match[1]


def _plain(match: re.Match[str]) -> str:
    return next(value for value in match.groupdict().values() if value).rstrip(".").lstrip("'")


def _may_be(text: str, ours: frozenset[str]) -> bool:
    """Whether an address may be who was not reached: neither ours nor one that only helps."""
    found = address.find(text)
    return found is not None and found.key not in ours and found.local.lower() not in _NOT_A_PERSON


def _with_reasons(letter: list[str], found: list[tuple[int, str]]) -> list[Named]:
    named: dict[str, Named] = {}
    for at, (number, recipient) in enumerate(found):
        following = found[at + 1][0] if at + 1 < len(found) else len(letter)
        reason = "\n".join(letter[number : max(following, number + 1)])
        before = named.get(recipient.lower())
        whole = f"{before.reason}\n{reason}" if before else reason
        named[recipient.lower()] = Named(before.recipient if before else recipient, whole[:4000])
        if len(named) == MOST_RECIPIENTS:
            break
    return list(named.values())
