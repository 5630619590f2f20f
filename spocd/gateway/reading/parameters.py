"""A field with parameters: Content-Type and Content-Disposition (RFC 2045 section 5, RFC 2231)."""

from __future__ import annotations

import re
from urllib.parse import unquote_to_bytes

from spocd.gateway.reading import charset

_PARAMETER = re.compile(r';\s*([^\s=;"]{1,80})\s*=\s*("(?:[^"\\]|\\.)*"|[^;]*)', re.S)
# A backslash before anything else is one that the sender forgot to double: C:\\TEMP\\x.png.
_ESCAPED = re.compile(r'\\(["\\])')
_PIECE = re.compile(r"([^*]+)(?:\*(\d{1,3}))?(\*)?")
_TYPE = re.compile(r"[a-z0-9!#$&^_.+-]{1,80}/[a-z0-9!#$&^_.+-]{1,80}")


def parse(value: str) -> tuple[str, dict[str, str]]:
    """The word before the first semicolon, in lower case, and the parameters; of a repeated one the first counts."""
    word = value.partition(";")[0].strip().lower()
    plain: dict[str, str] = {}
    pieces: dict[str, dict[int, tuple[str, bool]]] = {}
    for match in _PARAMETER.finditer(value):
        name, text = match[1].lower(), _unquoted(match[2])
        parts = _PIECE.fullmatch(name)
        if parts is None or (parts[2] is None and parts[3] is None):
            plain.setdefault(name, text)
            continue
        pieces.setdefault(parts[1], {}).setdefault(int(parts[2] or 0), (text, parts[3] is not None))
    for name, numbered in pieces.items():
        plain[name] = _joined(numbered)
    return word, plain


def content_type(value: str, default: str) -> tuple[str, dict[str, str]]:
    """The media type, or `default` where there is none or nonsense (RFC 2045 section 5.2), and its parameters."""
    word, parameters = parse(value)
    word = word.split()[0] if word else ""
    if word in ("text", "html"):
        word = "text/html" if word == "html" else "text/plain"
    return (word if _TYPE.fullmatch(word) else default), parameters


def _unquoted(value: str) -> str:
    value = value.strip()
    if len(value) >= 2 and value[0] == '"' == value[-1]:
        return _ESCAPED.sub(r"\1", value[1:-1])
    return value.strip('"')


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
