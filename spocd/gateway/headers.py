"""Header fields of a letter: whatever a value holds, it comes out as one field, in lines that every relay takes.

Nothing reaches a header but through `shown` (words for people: what does not belong is flattened), `exact` (ids: what
does not belong is refused) or the one reader of addresses.
"""

from __future__ import annotations

import re
from base64 import b64encode
from urllib.parse import quote

from spocd.domain.address import parse
from spocd.errors import Refused

# C0, DEL, C1, the line and paragraph separators, and lone surrogates, which no charset can write.
_CONTROLS = "\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff"
_UNSHOWN = re.compile(rf"[{_CONTROLS}\s]+")
_INEXACT = re.compile(rf"[{_CONTROLS}\s<>]")
# What turns text around, so that gpj.exe is read as exe.jpg and one name as another.
_BIDI = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_CONTENT_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,126}/[a-z0-9][a-z0-9!#$&^_.+-]{0,126}")
_CHARSET = re.compile(r"charset=\"?([a-z0-9][a-z0-9_.:+-]{0,40})\"?")

_LINE = 76  # characters that a folded line should keep within
_LONGEST_WORD = 900  # octets of one word in a raw UTF-8 header; RFC 5322 section 2.1.1 allows lines of 998
_LONGEST_NAME = 100  # characters of a display name
_LONGEST_FILENAME = 150
_ENCODED_OCTETS = 42  # of text in one encoded word, which may have 75 characters (RFC 2047 section 2)
_SEGMENT = 60  # characters of one RFC 2231 section
_UTF8 = "utf-8''"  # begins an RFC 2231 value


def shown(text: str) -> str:
    """Words for people on one line: controls and runs of white space become one space."""
    return _UNSHOWN.sub(" ", text).strip()


def unturned(text: str) -> str:
    """The text without the controls that change the direction of writing."""
    return _BIDI.sub("", text)


def exact(text: str, what: str) -> str:
    """An id as it is; Refused("bad-header") where it could be read as anything else."""
    if not _writable(text):
        raise Refused("bad-header", f"{what} {text!a} cannot stand in a mail header. Correct it.")
    return text


def readable_id(text: str) -> bool:
    """Whether a Message-ID that came in can be written in a header of ours."""
    return text.isascii() and _writable(text)


def text_field(name: str, text: str, *, utf8: bool) -> str:
    """An unstructured field such as Subject, folded; `utf8` writes it raw instead of as encoded words."""
    text = shown(text)
    if not _raw(text, utf8):
        return f"{name}: {_encoded(text)}\r\n"
    if len(name) + len(text) + 2 <= _LINE:
        return f"{name}: {text}\r\n"
    words = text.split(" ")
    if max(len(word.encode()) for word in words) > _LONGEST_WORD:
        return f"{name}: {_encoded(text)}\r\n"
    return _fold(f"{name}:", words)


def address_field(name: str, display_name: str, address: str, *, utf8: bool) -> str:
    """From, To or Reply-To: one address, with a display name where there is one."""
    parse(address)
    display_name = unturned(shown(display_name))[:_LONGEST_NAME].strip()
    if not display_name:
        return f"{name}: {address}\r\n"
    if _raw(display_name, utf8):
        words = '"' + display_name.replace("\\", "\\\\").replace('"', '\\"') + '"'
    else:
        words = _encoded(display_name)
    # A quoted string is folded only after its end: inside, it would not come back the same from every reader.
    gap = " " if len(name) + len(words) + len(address) + 5 <= _LINE else "\r\n "
    return f"{name}: {words}{gap}<{address}>\r\n"


def ids_field(name: str, ids: tuple[str, ...]) -> str:
    """In-Reply-To or References: one id a line."""
    return f"{name}: " + "\r\n ".join(f"<{exact(each, f'The id in {name}')}>" for each in ids) + "\r\n"


def content_type(text: str) -> str:
    """The type of an enclosure, or application/octet-stream where it is none that may be sent as base64.

    RFC 2046 section 5.2.1 forbids base64 for message and multipart, and a part must not bring its own boundary.
    """
    kind, _, parameters = text.lower().partition(";")
    kind = kind.strip()
    if not _CONTENT_TYPE.fullmatch(kind) or kind.startswith(("message/", "multipart/")):
        return "application/octet-stream"
    charset = _CHARSET.fullmatch(parameters.strip()) if kind.startswith("text/") else None
    return f'{kind}; charset="{charset[1]}"' if charset else kind


def disposition_field(filename: str) -> str:
    """Content-Disposition of an enclosure; a name beyond short ASCII is written as RFC 2231 says."""
    name = unturned(shown(filename)).replace("/", "_").replace("\\", "_")[:_LONGEST_FILENAME].strip() or "attachment"
    if name.isascii() and len(name) <= _SEGMENT and '"' not in name and "=?" not in name:
        return f'Content-Disposition: attachment;\r\n filename="{name}"\r\n'
    encoded = quote(name, safe="")
    if len(encoded) <= _SEGMENT:
        return f"Content-Disposition: attachment;\r\n filename*={_UTF8}{encoded}\r\n"
    sections = re.findall(rf"(?:%..|[^%]){{1,{_SEGMENT // 3}}}", encoded)
    lines = (f" filename*{i}*={'' if i else _UTF8}{section}" for i, section in enumerate(sections))
    return "Content-Disposition: attachment;\r\n" + ";\r\n".join(lines) + "\r\n"


def _writable(text: str) -> bool:
    return bool(text) and len(text.encode(errors="replace")) <= _LONGEST_WORD and _INEXACT.search(text) is None


def _raw(text: str, utf8: bool) -> bool:
    """Whether the text may stand as it is; what only looks like an encoded word must not be decoded by a reader."""
    return (utf8 or text.isascii()) and "=?" not in text


def _encoded(text: str) -> str:
    """RFC 2047 encoded words, a line each; none is cut inside a character."""
    words = []
    piece = b""
    for character in text:
        octets = character.encode()
        if len(piece) + len(octets) > _ENCODED_OCTETS:
            words.append(piece)
            piece = b""
        piece += octets
    words.append(piece)
    return "\r\n ".join(f"=?utf-8?b?{b64encode(word).decode()}?=" for word in words)


def _fold(start: str, words: list[str]) -> str:
    lines, line = [], start
    for word in words:
        if len(line) + len(word) + 1 > _LINE and line != start:
            lines.append(line)
            line = ""
        line += f" {word}"
    return "\r\n".join([*lines, line]) + "\r\n"
