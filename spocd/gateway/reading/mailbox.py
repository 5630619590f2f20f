"""Who a header names: address lists read leniently for showing, one From read strictly for knowing who wrote."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from spocd.domain import address
from spocd.domain.reading import Mailbox
from spocd.gateway.reading import words
from spocd.gateway.reading.header import Headers
from spocd.gateway.reading.notes import MOST_ADDRESSES, MOST_HEADER, Notes

# An encoded word is one piece, whatever some programs forget to encode in it.
_TOKEN = re.compile(r'=\?[\w.:+*\'-]{1,100}\?[bBqQ]\?[^?]*\?=|[^\s"(),:;<>\\]+|\s+|"(?:[^"\\]|\\.)*"|\\?.', re.S)
_TOKEN_WITHOUT_QUOTES = re.compile(r"=\?[\w.:+*'-]{1,100}\?[bBqQ]\?[^?]*\?=|[^\s(),:;<>\\]+|\s+|\\?.", re.S)
_LOCAL = re.compile(r"[A-Za-z0-9._+-]{1,64}")
_ESCAPED = re.compile(r"\\(.)", re.S)

# One mailbox and nothing else: a name of quoted words, of words without specials, or of both, with comments that hold
# no special; then an address in angles. Or a bare address, with such a comment. Two programs agree about these.
_COMMENT = r'\([^()<>@"\\,;:]*\)'
_ONE_MAILBOX = re.compile(
    rf'\s*(?:(?P<name>(?:"(?:[^"\\]|\\.)*"|{_COMMENT}|[^"()<>@,;:\\])*)<\s*(?P<angle>[^<>\s]+)\s*>'
    rf'|(?P<bare>[^\s<>"(),:;\\]+))\s*(?:{_COMMENT})?\s*'
)


def identity(headers: Headers, otherwise: str | None, notes: Notes) -> str | None:
    """The address of the one From header in lower case; None, with a warning, where two readers could differ."""
    fields = headers.all("from")
    if len(fields) > 1:
        notes.warn("The mail has more than one From; nobody is taken for its author.")
        return None
    if not fields or not fields[0]:
        notes.warn("The mail has no From.")
        return None
    match = _ONE_MAILBOX.fullmatch(_without_own_address(words.raw_text(fields[0], otherwise)))
    found = address.find(match["angle"] or match["bare"]) if match else None
    if found is None:
        notes.warn("From is not exactly one plain address; nobody is taken for the mail's author.")
        return None
    return found.key


def _without_own_address(line: str) -> str:
    """`line` without a name that is the address once more: harmless, common, and against the grammar."""
    name, angle, rest = line.partition("<")
    if angle and name.strip().strip("'").casefold() == rest.strip().rstrip(">").casefold():
        return angle + rest
    return line


def sender(headers: Headers, otherwise: str | None, notes: Notes) -> Mailbox:
    """Whom to show as the author: From, else Reply-To, else Sender, else nobody."""
    found = named(headers, "from", otherwise, notes)
    with_address = [each for each in found if each.address]
    if with_address:
        return with_address[0]
    for name in ("reply-to", "sender"):
        instead = [each for each in named(headers, name, otherwise, notes) if each.address]
        if instead:
            notes.warn(f"From holds no address; {name.title()} is shown instead.")
            return instead[0]
    return found[0] if found else Mailbox("", "")


def named(headers: Headers, name: str, otherwise: str | None, notes: Notes) -> tuple[Mailbox, ...]:
    """Everybody that the fields of this name list, the first 500 of them."""
    found: list[Mailbox] = []
    for value in headers.all(name):
        for each in _mailboxes(words.raw_text(value[:MOST_HEADER], otherwise)):
            if found and _is_family_name(found[-1]) and each.name and "@" in each.address:
                before = found.pop()
                each = Mailbox(f"{before.name or before.address}, {each.name}", each.address)
            if len(found) == MOST_ADDRESSES:
                notes.limit(f"{name.title()} names more than {MOST_ADDRESSES} addresses")
                return tuple(found)
            found.append(each)
    return tuple(found)


def _is_family_name(each: Mailbox) -> bool:
    """Whether it is the first half of “Berg, Ann <ann@example.org>”, whose writer forgot the quotes."""
    text = each.name or each.address
    return not (each.name and each.address) and "@" not in text and text[:1].isupper() and not text.isupper()


def _mailboxes(line: str) -> Iterator[Mailbox]:
    """The mailboxes of an address list (RFC 5322 section 3.4), mended where it can be, in linear time."""
    one = _Unfinished()
    for piece in _pieces(line):
        if one.depth:
            one.comment_piece(piece)
        elif piece == "(":
            one.depth = 1
        elif one.in_angle:
            one.angle_piece(piece)
        elif piece == "<":
            one.in_angle = True
        elif piece == ">":
            continue  # one too many
        elif piece in (",", ";"):
            yield from one.mailbox()
            one = _Unfinished()
        elif piece == ":":
            one = _Unfinished()  # what came before it is the name of a group
        else:
            one.name.append(piece)
    yield from one.mailbox()


def _pieces(line: str) -> Iterator[str]:
    """Words, white space, quoted strings and single specials; after a quote that never ends, quotes are plain."""
    at, pattern = 0, _TOKEN
    while match := pattern.match(line, at):
        piece = match[0]
        if piece == '"':
            pattern = _TOKEN_WITHOUT_QUOTES
        at = match.end()
        yield piece


@dataclass(slots=True)
class _Unfinished:
    """A mailbox that is being read."""

    name: list[str] = field(default_factory=list)
    angle: list[str] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)  # the pieces of all of them
    in_angle: bool = False
    depth: int = 0  # of the comment that is open

    def comment_piece(self, piece: str) -> None:
        self.depth += {"(": 1, ")": -1}.get(piece, 0)
        if self.depth:
            self.comments.append(_ESCAPED.sub(r"\1", piece))
        else:
            self.comments.append(" ")

    def angle_piece(self, piece: str) -> None:
        if piece == ">":
            self.in_angle = False
        elif piece != "<":
            self.angle.append(piece)

    def mailbox(self) -> Iterator[Mailbox]:
        """The mailbox, or none where nothing was written."""
        name = "".join(_plain(each) for each in self.name).strip()
        written = "".join(self.angle).strip()
        written = written.removeprefix("mailto:")
        if written.startswith("@") and ":" in written:
            written = written.rpartition(":")[2]  # an obsolete route
        if not written and "@" in name:
            name, written = _bare(name)
        elif not written and _LOCAL.fullmatch(name):
            name, written = "", name  # of this machine, as in From: MAILER-DAEMON
        name = words.flat(words.decode(name))
        comment = words.flat(words.decode("".join(self.comments))).strip()
        if comment:
            name = f"{name} ({comment})" if name else comment  # “Ann Berg (IT)” is what all programs show
        if name or written:
            yield Mailbox(name, words.flat("".join(written.split())))


def _bare(text: str) -> tuple[str, str]:
    """Name and address of a mailbox without angles: the first word that holds an @ is the address."""
    pieces = text.split()
    at = next(n for n, piece in enumerate(pieces) if "@" in piece)
    written = pieces[at].strip("'\"")
    return " ".join(pieces[:at] + pieces[at + 1 :]), written if "[" in written else written.rstrip("]")


def _plain(piece: str) -> str:
    """A piece of a name as it reads: without the quotes and backslashes that protect it."""
    return _ESCAPED.sub(r"\1", piece[1:-1]) if len(piece) > 1 and piece[0] == '"' == piece[-1] else piece
