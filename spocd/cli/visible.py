"""Makes control characters visible, so that no value that came by mail can act on a terminal, a pager or a log."""

from __future__ import annotations

import re

# C0 and DEL, C1 (0x9b alone starts an escape sequence), the marks that reorder text so that it reads as something
# else, the line breaks that only some programs see, and halves of surrogate pairs, which cannot be encoded.
_BEYOND_ASCII = "\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff"
_IN_A_LINE = f"[\x00-\x1f{_BEYOND_ASCII}]"
_IN_A_TEXT = f"[\x00-\x08\x0b-\x1f{_BEYOND_ASCII}]"
_NAMED = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


def line(text: str) -> str:
    """`text` in one line: every control character in it, tabs and line ends too, as an escape that can be read."""
    # Nearly every text is printable, and then the expression need not even be compiled.
    return text if text.isprintable() else re.sub(_IN_A_LINE, _escape, text)


def text(lines: str) -> str:
    """`lines` with their line ends and tabs kept, and every other control character as an escape that can be read."""
    return re.sub(_IN_A_TEXT, _escape, lines.replace("\r\n", "\n"))


def json_text(document: str) -> str:
    """A JSON text with what json.dumps leaves raw in its strings escaped the way that JSON has for it."""
    if document.isprintable():
        return document
    return re.sub(_IN_A_TEXT, lambda found: f"\\u{ord(found[0]):04x}", document)


def _escape(found: re.Match[str]) -> str:
    character = found[0]
    if character in _NAMED:
        return _NAMED[character]
    return f"\\x{ord(character):02x}" if ord(character) < 0x100 else f"\\u{ord(character):04x}"
