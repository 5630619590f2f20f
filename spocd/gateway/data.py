"""A mail as it comes over the wire: where it ends, how large it is, how often it has been round."""

from __future__ import annotations

import re

from spocd.domain.intake import MOST_HEADERS

_END = b"\r\n.\r\n"
_LINE_START = b"\r\n"
_RECEIVED = re.compile(rb"^received[ \t]*:", re.IGNORECASE | re.MULTILINE)
_HEADER_END = re.compile(rb"\r?\n\r?\n")


class Arrival:
    """One mail that is arriving: fed with blocks as they come, it keeps no more than `limit` octets.

    Only CRLF.CRLF ends it (RFC 5321 section 4.1.1.4): every other thing that looks like an end is text, so that two
    servers never disagree about where one mail stops and the next begins. Dots are unstuffed block by block, which
    keeps the event loop free however large the mail is. Past the limit the octets are counted and thrown away.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._kept = bytearray()
        self._size = -len(_LINE_START)
        # The mail starts on a fresh line: with this in front, a dot as its very first octet needs no rule of its own.
        self._tail = _LINE_START

    def feed(self, block: bytes) -> bytes | None:
        """Take a block. None while the mail goes on; what came behind it once it has ended."""
        text = self._tail + block
        end = text.find(_END)
        if end >= 0:
            self._tail = b""
            self._keep(text[: end + len(_LINE_START)])
            return text[end + len(_END) :]
        held = _begun_end(text)
        self._tail = text[len(text) - held :]
        self._keep(text[: len(text) - held])
        return None

    def _keep(self, text: bytes) -> None:
        if not self.too_large:
            text = text.replace(b"\r\n.", b"\r\n")
            self._kept += text
        self._size += len(text)
        if self.too_large:
            self._kept = bytearray()

    @property
    def size(self) -> int:
        """The octets of the mail so far, dots unstuffed."""
        return max(self._size, 0)

    @property
    def too_large(self) -> bool:
        return self._size > self._limit

    def raw(self) -> bytes:
        """The mail, byte by byte as it was written."""
        with memoryview(self._kept) as view:
            return bytes(view[len(_LINE_START) :])


def _begun_end(text: bytes) -> int:
    """How many octets at the end of `text` may be the beginning of the mail's end."""
    for held in range(len(_END) - 1, 0, -1):
        if text.endswith(_END[:held]):
            return held
    return 0


def times_received(raw: bytes) -> int:
    """How many mail servers say that they have passed this mail on."""
    head = raw[:MOST_HEADERS]
    end = _HEADER_END.search(head)
    return len(_RECEIVED.findall(head, 0, end.start() if end else len(head)))
