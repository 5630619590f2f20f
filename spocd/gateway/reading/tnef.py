"""The files in a winmail.dat (application/ms-tnef), which Outlook sends where it takes its reader for Outlook.

[MS-OXTNEF]: a signature, then attributes, each with its length. Those of a file follow the one that begins it. All
lengths are checked against what is there, so that a damaged one gives what came before the damage.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from spocd.gateway.reading import charset

_SIGNATURE = 0x223E9F78
_ATTRIBUTE = struct.Struct("<BII")
_BEGINS_FILE = 0x00069002
_TITLE = 0x00018010
_CONTENT = 0x0006800F
_PROPERTIES = 0x00069005
_CODE_PAGE = 0x00069007
_MOST_FILES = 500
_MOST_PROPERTIES = 1000

_LONG_NAME, _SHORT_NAME, _TYPE = 0x3707, 0x3704, 0x370E
_STRING_8, _STRING, _BINARY, _OBJECT = 0x1E, 0x1F, 0x102, 0x0D
# Octets of a property's value by its type, multiples of four.
_FIXED = {0x02: 4, 0x03: 4, 0x04: 4, 0x0A: 4, 0x0B: 4, 0x05: 8, 0x06: 8, 0x07: 8, 0x14: 8, 0x40: 8, 0x48: 16}


@dataclass(slots=True)
class File:
    """A file out of a winmail.dat; `content` is None where it is an object of Outlook's, or was cut off."""

    name: str = ""
    content_type: str = "application/octet-stream"
    content: bytes | None = None


def files(octets: bytes) -> list[File]:
    """The files that it holds, as far as it is whole; none where it is no TNEF."""
    found: list[File] = []
    label = "cp1252"
    for identity, value in _attributes(octets):
        if identity == _CODE_PAGE and len(value) >= 4:
            label = f"cp{int.from_bytes(value[:4], 'little')}"
        elif identity == _BEGINS_FILE:
            if len(found) == _MOST_FILES:
                break
            found.append(File())
        elif not found:
            continue
        elif identity == _TITLE:
            found[-1].name = charset.decode(value.partition(b"\0")[0], label)
        elif identity == _CONTENT:
            found[-1].content = value
        elif identity == _PROPERTIES:
            _describe(found[-1], value, label)
    return found


def _attributes(octets: bytes) -> Iterator[tuple[int, bytes]]:
    at = 6  # signature and key
    if len(octets) < at or int.from_bytes(octets[:4], "little") != _SIGNATURE:
        return
    while at + _ATTRIBUTE.size <= len(octets):
        _, identity, length = _ATTRIBUTE.unpack_from(octets, at)
        at += _ATTRIBUTE.size
        if length > len(octets) - at:
            return
        yield identity, octets[at : at + length]
        at += length + 2  # a checksum that some programs get wrong


def _describe(file: File, octets: bytes, label: str) -> None:
    """Take the long name and the type out of a file's MAPI properties."""
    strings = dict(_strings(octets, label))
    file.name = strings.get(_LONG_NAME) or file.name or strings.get(_SHORT_NAME, "")
    if "/" in strings.get(_TYPE, ""):
        file.content_type = strings[_TYPE].lower()


def _strings(octets: bytes, label: str) -> Iterator[tuple[int, str]]:
    """The texts among MAPI properties, each with the number of its property."""
    at = 4
    for _ in range(min(int.from_bytes(octets[:4], "little"), _MOST_PROPERTIES)):
        if at + 4 > len(octets):
            return
        kind, number = struct.unpack_from("<HH", octets, at)
        at += 4
        if number >= 0x8000 and (at := _past_name(octets, at)) < 0:
            return
        many, kind = kind & 0x1000, kind & ~0x1000
        if kind in _FIXED and not many:
            at += _FIXED[kind]
            continue
        if kind not in (_STRING_8, _STRING, _BINARY, _OBJECT) and kind not in _FIXED:
            return
        values, at = _values(octets, at, _FIXED.get(kind))
        if values is None:
            return
        if values and kind == _STRING:
            yield number, charset.decode(values[0], "utf-16-le").rstrip("\0")
        elif values and kind == _STRING_8:
            yield number, charset.decode(values[0].partition(b"\0")[0], label)


def _values(octets: bytes, at: int, size: int | None) -> tuple[list[bytes] | None, int]:
    """A count and as many values, each with its length unless that is `size`; None where they reach beyond the end."""
    if at + 4 > len(octets):
        return None, at
    count = int.from_bytes(octets[at : at + 4], "little")
    at += 4
    if count > _MOST_PROPERTIES:
        return None, at
    values = []
    for _ in range(count):
        length = size
        if length is None:
            length = int.from_bytes(octets[at : at + 4], "little")
            at += 4
        if at + length > len(octets):
            return None, at
        values.append(octets[at : at + length])
        at += length + -length % 4
    return values, at


def _past_name(octets: bytes, at: int) -> int:
    """The place after the name of a named property, which stands before its value; -1 beyond the end."""
    if at + 24 > len(octets):
        return -1
    kind, length = struct.unpack_from("<II", octets, at + 16)
    at += 20 if kind else 24
    if kind:
        at += 4 + length + -length % 4
    return at if at <= len(octets) else -1
