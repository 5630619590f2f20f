"""A field with parameters: Content-Type and Content-Disposition (RFC 2045 section 5, RFC 2231)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import unquote_to_bytes

from spocd.gateway.reading import charset

# What stands before the parameters; a field that begins with a parameter has none.
_WORD = re.compile(r'[\s"]*([^\s;,"=]*+)"?(?!\s*=)')
# Some forget the semicolon before a parameter, or write a colon in it; those of a kind are known by their names.
_KNOWN = r"(?:charset|boundary|filename|name|format|delsp|type)"
_BETWEEN = re.compile(r"[\s;,]*")
_NAME = re.compile(rf"(?:([^\s=;:\"]{{1,80}})\s*=|({_KNOWN})\s*:)\s*", re.I)
_BARE = re.compile(rf"(?:(?!\s{{1,20}}{_KNOWN}\s?=)[^;])*", re.I)
# Many forget to escape quotes in a name: the last one is that which the next parameter, or nothing, follows.
_CLOSING = re.compile(r'"(?=\s*(?:;|$)|[\s,]+[\w*-]{1,30}\s?=)')
# A backslash before anything else is one that the sender forgot to double: C:\\TEMP\\x.png.
_ESCAPED = re.compile(r'\\(["\\])')
_PIECE = re.compile(r"([^*]+)(?:\*(\d{1,3}))?(\*)?")
_TYPE = re.compile(r"[a-z0-9!#$&^_.+-]{1,80}/[a-z0-9!#$&^_.+-]{1,80}")


def parse(value: str) -> tuple[str, dict[str, str]]:
    """The word before the parameters, in lower case, and these; of a repeated one the first counts."""
    word = _WORD.match(value)
    plain: dict[str, str] = {}
    pieces: dict[str, dict[int, tuple[str, bool]]] = {}
    for name, text in _parameters(value, word.end() if word else 0):
        parts = _PIECE.fullmatch(name)
        if parts is None or (parts[2] is None and parts[3] is None):
            plain.setdefault(name, text)
            continue
        pieces.setdefault(parts[1], {}).setdefault(int(parts[2] or 0), (text, parts[3] is not None))
    for name, numbered in pieces.items():
        plain[name] = _joined(numbered)
    return word[1].lower() if word else "", plain


def _parameters(value: str, at: int) -> Iterator[tuple[str, str]]:
    """Names and values, in order. Linear: where no quote closes a value, none closes a later one."""
    closes = True
    while (between := _BETWEEN.match(value, at)) and (at := between.end()) < len(value):
        name = _NAME.match(value, at)
        if name is None:
            at = value.find(";", at) + 1 or len(value)
            continue
        at = name.end()
        end = _closing(value, at + 1) if closes and value.startswith('"', at) else -1
        if end >= 0:
            text = _ESCAPED.sub(r"\1", value[at + 1 : end])
            at = end + 1
        else:
            closes = closes and not value.startswith('"', at)
            bare = _BARE.match(value, at)
            at = bare.end() if bare else len(value)
            text = bare[0].strip().strip('"') if bare else ""
        yield (name[1] or name[2]).lower(), text


def _closing(value: str, start: int) -> int:
    """Where the quote stands that ends the value beginning at `start`, or -1."""
    for quote in _CLOSING.finditer(value, start):
        before = value[max(quote.start() - 10, start) : quote.start()]
        if (len(before) - len(before.rstrip("\\"))) % 2 == 0:
            return quote.start()
    return -1


def content_type(value: str, default: str) -> tuple[str, dict[str, str]]:
    """The media type, or `default` where there is none or nonsense (RFC 2045 section 5.2), and its parameters."""
    word, parameters = parse(value)
    if word in ("text", "html"):
        word = "text/html" if word == "html" else "text/plain"
    return (word if _TYPE.fullmatch(word) else default), parameters


def _joined(numbered: dict[int, tuple[str, bool]]) -> str:
    """The pieces of one parameter (RFC 2231 section 3) as one text; the first encoded one names the charset."""
    label: str | None = None
    octets: list[bytes] = []
    for _, (text, encoded) in sorted(numbered.items()):
        if not encoded:
            octets.append(text.encode("utf-8", "replace"))
            continue
        if label is None:
            label, text = _labelled(text)
        octets.append(unquote_to_bytes(text))
    return charset.decode(b"".join(octets), label or "utf-8")


def _labelled(text: str) -> tuple[str, str]:
    """Charset and text of charset'language'text; a text without the two quotes has no charset."""
    label, first, rest = text.partition("'")
    _, second, rest = rest.partition("'")
    return (label, rest) if first and second else ("", text)
