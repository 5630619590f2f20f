"""How a mail is put together: its parts, found by their boundaries in one pass over the octets.

Parts are places in the raw mail, so that an embedded mail is the very octets that came, and a mail of 25 MB is not
copied. (The standard library keeps each line as an object and can only write an embedded mail anew.)
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from spocd.gateway.reading import header
from spocd.gateway.reading.header import Headers
from spocd.gateway.reading.notes import MOST_DEPTH, MOST_PARTS, Notes
from spocd.gateway.reading.parameters import content_type
from spocd.gateway.reading.words import raw_text

# RFC 2046 section 5.1.1: after the boundary white space, two hyphens before it where it is the last.
_REST_OF_DELIMITER = re.compile(rb"(--)?[ \t]*\r*(?:\n|\Z)")
_MOST_FALSE_DELIMITERS = 50_000


@dataclass(slots=True)
class Node:
    """The mail itself or a part of it. `start` and `end` enclose its body in the raw mail, still encoded."""

    headers: Headers
    content_type: str
    parameters: dict[str, str]
    start: int
    end: int
    children: list[Node] = field(default_factory=list)

    @property
    def is_multipart(self) -> bool:
        return self.content_type.startswith("multipart/")


@dataclass(slots=True)
class _Open:
    """A multipart whose end has not come yet, with where its next delimiter stands (-1: not looked for)."""

    node: Node
    delimiter: bytes
    hit: int = -1
    after: int = 0
    last: bool = False


def parse(raw: bytes, notes: Notes) -> Node:
    """The tree of a mail's parts. Its depth and size are bounded; time is linear in the mail's length."""
    return _Scan(raw, notes).run()


class _Scan:
    """One pass over one mail: the multiparts that are open, innermost last, and the part whose body is running."""

    def __init__(self, raw: bytes, notes: Notes) -> None:
        self.raw = raw
        self.notes = notes
        self.open: list[_Open] = []
        self.parts = 0
        self.false_delimiters = 0

    def run(self) -> Node:
        root = running = self._entity(0, "text/plain")
        at = root.start - 1
        while self.open:
            level = self._next(max(at, 0))
            if level is None:
                self.notes.warn("A part of the mail has no end; perhaps the mail was cut short.")
                break
            found = self.open[level]
            self._finish(running, level, found.hit)
            if found.last:
                running, at = found.node, found.after - 1
                del self.open[level:]
                continue
            if self.parts >= MOST_PARTS:
                self.notes.limit(f"it has more than {MOST_PARTS} parts")
                break
            del self.open[level + 1 :]
            parent = found.node
            running = self._entity(found.after, _default_type(parent))
            parent.children.append(running)
            at = running.start - 1
        return root

    def _entity(self, start: int, default: str) -> Node:
        """The part that begins at `start`; where it is a multipart, its delimiters are looked for from now on."""
        self.parts += 1
        headers, body = header.parse(self.raw, start, len(self.raw), self.notes)
        kind, parameters = content_type(raw_text(headers.first("content-type")), default)
        node = Node(headers, kind, parameters, body, len(self.raw))
        boundary = parameters.get("boundary", "").rstrip()
        if not node.is_multipart:
            return node
        if not boundary:
            self.notes.warn("A multipart names no boundary; it is attached as it came.")
        elif len(self.open) >= MOST_DEPTH:
            self.notes.limit(f"its parts are nested deeper than {MOST_DEPTH}")
        else:
            self.open.append(_Open(node, b"\n--" + boundary.encode("utf-8", "replace")))
        return node

    def _finish(self, running: Node, level: int, hit: int) -> None:
        """End the running part, and every multipart that is inside the one whose delimiter was found."""
        end = hit - 1 if hit and self.raw[hit - 1 : hit] == b"\r" else hit
        for node in [running, *(each.node for each in self.open[level + 1 :])]:
            if node.end == len(self.raw):
                node.end = max(end, node.start)
        if self.open[level].last:
            self.open[level].node.end = max(end, self.open[level].node.start)

    def _next(self, at: int) -> int | None:
        """The open multipart whose delimiter comes next, the innermost of equals; None after the last."""
        best = None
        for level in range(len(self.open) - 1, -1, -1):
            each = self.open[level]
            if each.hit < at:
                self._seek(each, at)
            if each.hit < len(self.raw) and (best is None or each.hit < self.open[best].hit):
                best = level
        return best

    def _seek(self, each: _Open, at: int) -> None:
        """Find the next delimiter of one multipart; the mail's length stands for none."""
        while (hit := self.raw.find(each.delimiter, at)) >= 0:
            rest = _REST_OF_DELIMITER.match(self.raw, hit + len(each.delimiter))
            if rest:
                each.hit, each.after, each.last = hit, rest.end(), rest[1] is not None
                return
            at = hit + 1
            self.false_delimiters += 1
            if self.false_delimiters > _MOST_FALSE_DELIMITERS:
                self.notes.limit("its lines look like boundaries of parts and are none")
                break
        each.hit = len(self.raw)


def _default_type(parent: Node) -> str:
    """What a part is that does not say (RFC 2046 section 5.1.5)."""
    return "message/rfc822" if parent.content_type == "multipart/digest" else "text/plain"
