"""What of a mail is its text and what goes with it: each leaf becomes one or the other."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

from spocd.domain.reading import Part
from spocd.gateway.reading import charset, html, parameters, transfer, words
from spocd.gateway.reading.notes import Notes
from spocd.gateway.reading.structure import Node

MOST_TEXT = 1024 * 1024  # octets of one part that are shown as text; a longer part is attached too
_META_CHARSET = re.compile(rb"<meta[^>]{0,200}?charset\s{0,9}=\s{0,9}[\"']?([A-Za-z0-9_.:-]{1,40})", re.I)


@dataclass(frozen=True, slots=True)
class Body:
    """The text of a mail, and the parts that are not in it."""

    text: str
    attachments: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class _Text:
    text: str
    is_html: bool


def read(raw: bytes, root: Node, notes: Notes) -> Body:
    """The body of the mail whose parts are under `root`."""
    body = _Sorting(raw, root, notes)
    texts = body.sort(root)
    return Body("\n".join(each.text.rstrip("\n") + "\n" for each in texts if each.text), tuple(body.attachments))


def text_charset(root: Node) -> str | None:
    """The charset that the first text of the mail claims; raw octets in its header are likely to be in it."""
    if root.content_type.startswith("text/"):
        return root.parameters.get("charset")
    return next((found for child in root.children if (found := text_charset(child))), None)


def content(raw: bytes, leaf: Node, notes: Notes) -> bytes:
    """The octets of a leaf, transfer encoding undone."""
    return transfer.decode(raw[leaf.start : leaf.end], leaf.headers.word("content-transfer-encoding"), notes)


class _Sorting:
    """One walk over one mail's parts."""

    def __init__(self, raw: bytes, root: Node, notes: Notes) -> None:
        self.raw = raw
        self.root = root
        self.notes = notes
        self.attachments: list[Part] = []

    def sort(self, node: Node) -> list[_Text]:
        """The texts under `node`, in order; whatever else is there has become an attachment."""
        if not node.children:
            return self._leaf(node)
        found = [self.sort(child) for child in node.children]
        if node.content_type == "multipart/alternative":
            return _best(found)
        return [text for texts in found for text in texts]

    def _leaf(self, leaf: Node) -> list[_Text]:
        octets = content(self.raw, leaf, self.notes)
        name = _file_name(leaf)
        is_html = leaf.content_type == "text/html"
        readable = is_html or leaf.content_type == "text/plain"
        named = name is not None and leaf is not self.root
        if not readable or named or leaf.headers.word("content-disposition") == "attachment":
            self._attach(leaf, name, octets)
            return []
        if len(octets) > MOST_TEXT:
            self.notes.warn("The text is longer than 1 MiB; its beginning is shown and the whole of it is attached.")
            self._attach(leaf, name, octets)
        return [_Text(_text(octets[:MOST_TEXT], leaf, is_html), is_html)]

    def _attach(self, leaf: Node, name: str | None, octets: bytes) -> None:
        digest = hashlib.sha256(octets).hexdigest()
        self.attachments.append(Part(name, leaf.content_type, len(octets), digest, octets))


def _best(alternatives: list[list[_Text]]) -> list[_Text]:
    """Of several ways to say the same the plain one, unless only another says anything (RFC 2046 section 5.1.4)."""
    saying = [texts for texts in alternatives if any(not each.text.isspace() and each.text for each in texts)]
    for texts in saying:
        if not any(each.is_html for each in texts):
            return texts
    return saying[-1] if saying else []


def _text(octets: bytes, leaf: Node, is_html: bool) -> str:
    """The characters of a text part, lines ended by LF."""
    label = leaf.parameters.get("charset")
    if is_html and not label:
        meta = _META_CHARSET.search(octets, 0, 2048)
        label = meta[1].decode("ascii") if meta else None
    text = charset.decode(octets, label).replace("\r\n", "\n").replace("\r", "\n")
    return html.to_text(text) if is_html else text


def _file_name(leaf: Node) -> str | None:
    value = leaf.headers.first("content-disposition")
    name = parameters.parse(words.raw_text(value))[1].get("filename") if value else None
    name = name or leaf.parameters.get("name")
    return words.file_name(name) if name else None
