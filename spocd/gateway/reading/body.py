"""What of a mail is its text and what goes with it: each leaf becomes one or the other."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

from spocd.domain.reading import Part
from spocd.gateway.reading import charset, flowed, html, invitation, marks, parameters, tnef, transfer, uuencoded, words
from spocd.gateway.reading.notes import Notes
from spocd.gateway.reading.structure import Node

_ENCRYPTED = "A part of the mail is encrypted ({}), and spocd has no key. Ask its author to send it as plain text."
MOST_TEXT = 1024 * 1024  # octets of one part that are shown as text; a longer part is attached too
_META_CHARSET = re.compile(rb"<meta[^>]{0,200}?charset\s{0,9}=\s{0,9}[\"']?([A-Za-z0-9_.:-]{1,40})", re.I)


# What <bold>text</bold> is in, with “<<” for “<” (RFC 1896).
_ENRICHED = re.compile(r"<param>[^<]{0,1000}</param>|<(?!<)/?[A-Za-z0-9-]{1,60}>", re.I)
_TNEF = frozenset(["application/ms-tnef", "application/vnd.ms-tnef"])
_SMIME = frozenset(["application/pkcs7-mime", "application/x-pkcs7-mime"])


@dataclass(frozen=True, slots=True)
class Body:
    """The text of a mail, and the parts that are not in it. `marked` is the text with the lines of `marks`."""

    text: str
    marked: str
    attachments: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class _Text:
    text: str  # with marks
    is_html: bool


def read(raw: bytes, root: Node, notes: Notes) -> Body:
    """The body of the mail whose parts are under `root`."""
    body = _Sorting(raw, root, notes)
    texts = body.sort(root)
    marked = "\n".join(each.text.rstrip("\n") + "\n" for each in texts if each.text) or body.invitation
    if "-----BEGIN PGP MESSAGE-----" in marked:
        notes.warn(_ENCRYPTED.format("PGP"))
    if file := uuencoded.name(marked):
        notes.warn(f"The text holds a file, uuencoded: {file}.")
    return Body(marks.unmarked(marked), marked, tuple(body.attachments))


def text_charset(root: Node) -> str | None:
    """The charset that the first text of the mail claims; raw octets in its header are likely to be in it."""
    if root.content_type.startswith("text/"):
        return root.parameters.get("charset")
    return next((found for child in root.children if (found := text_charset(child))), None)


def content(raw: bytes, leaf: Node, notes: Notes) -> bytes:
    """The octets of a leaf, transfer encoding undone."""
    encoding = leaf.headers.word("content-transfer-encoding")
    is_text = leaf.content_type in ("text/plain", "text/html") and leaf.end - leaf.start <= 2 * MOST_TEXT
    return transfer.decode(raw[leaf.start : leaf.end], encoding, notes, is_text=is_text)


class _Sorting:
    """One walk over one mail's parts."""

    def __init__(self, raw: bytes, root: Node, notes: Notes) -> None:
        self.raw = raw
        self.root = root
        self.notes = notes
        self.attachments: list[Part] = []
        self.invitation = ""  # what a calendar says, for a mail that says nothing else

    def sort(self, node: Node) -> list[_Text]:
        """The texts under `node`, in order; whatever else is there has become an attachment."""
        is_choice = node.content_type == "multipart/alternative"
        if not node.children:
            return self._leaf(node, alone=node is self.root)
        found = [self.sort(child) if child.children else self._leaf(child, alone=is_choice) for child in node.children]
        return _best(found) if is_choice else [text for texts in found for text in texts]

    def _leaf(self, leaf: Node, *, alone: bool) -> list[_Text]:
        """The text of a leaf; an attachment where it has none. Alone, any kind of text is what the mail says."""
        octets = content(self.raw, leaf, self.notes)
        name = _file_name(leaf)
        readable = leaf.content_type in ("text/plain", "text/html") or (
            alone and leaf.content_type.startswith("text/") and leaf.content_type != "text/calendar"
        )
        named = name is not None and leaf is not self.root
        if not readable or named or leaf.headers.word("content-disposition") == "attachment":
            self._attach(leaf, name, octets)
            return []
        if len(octets) > MOST_TEXT:
            self.notes.warn("The text is longer than 1 MiB; its beginning is shown and the whole of it is attached.")
            self._attach(leaf, name, octets)
        return [_Text(_text(octets[:MOST_TEXT], leaf), "html" in leaf.content_type)]

    def _attach(self, leaf: Node, name: str | None, octets: bytes) -> None:
        if leaf.content_type == "text/calendar" and not self.invitation:
            self.invitation = invitation.text_of(_characters(octets[:MOST_TEXT], leaf))
        elif leaf.content_type == "application/pgp-encrypted":
            self.notes.warn(_ENCRYPTED.format("PGP"))
        elif leaf.content_type in _SMIME:
            self._warn_of_smime(leaf, name or "")
        if leaf.content_type in _TNEF and self._unpack(octets) and leaf is not self.root:
            return
        self._keep(name, leaf.content_type, octets)

    def _keep(self, name: str | None, content_type: str, octets: bytes) -> None:
        digest = hashlib.sha256(octets).hexdigest()
        self.attachments.append(Part(name, content_type, len(octets), digest, octets))

    def _warn_of_smime(self, leaf: Node, name: str) -> None:
        kind = leaf.parameters.get("smime-type", "").lower()
        if kind == "signed-data":
            self.notes.warn("The mail is wrapped in an S/MIME signature; open the attachment in a mail program.")
        elif kind != "certs-only" and not name.lower().endswith(".p7c"):
            self.notes.warn(_ENCRYPTED.format("S/MIME"))

    def _unpack(self, octets: bytes) -> bool:
        """Attach the files in a winmail.dat; whether they are all that is in it but the text once more."""
        found = tnef.files(octets)
        for each in found:
            if each.content is not None:
                self._keep(words.file_name(each.name) if each.name else None, each.content_type, each.content)
        if not found:
            self.notes.warn("Outlook's winmail.dat could not be unpacked; ask for the mail as plain text or HTML.")
        return bool(found) and all(each.content is not None for each in found)


def _best(alternatives: list[list[_Text]]) -> list[_Text]:
    """Of several ways to say the same the plain one, unless only another says anything (RFC 2046 section 5.1.4)."""
    saying = [texts for texts in alternatives if any(not each.text.isspace() and each.text for each in texts)]
    for texts in saying:
        if not any(each.is_html for each in texts):
            return texts
    return saying[-1] if saying else []


def _text(octets: bytes, leaf: Node) -> str:
    """The text of a part, lines ended by LF, with marks where it is HTML."""
    text = _characters(octets, leaf)
    if "html" in leaf.content_type:
        return html.to_text(text)
    text = marks.without(text)
    if leaf.content_type in ("text/enriched", "text/richtext"):
        return _ENRICHED.sub("", text).replace("<<", "<")
    if leaf.parameters.get("format", "").strip().lower() == "flowed":
        return flowed.unflowed(text, delete_space=leaf.parameters.get("delsp", "").strip().lower() == "yes")
    return text


def _characters(octets: bytes, leaf: Node) -> str:
    label = leaf.parameters.get("charset")
    if not label and "html" in leaf.content_type:
        meta = _META_CHARSET.search(octets, 0, 2048)
        label = meta[1].decode("ascii") if meta else None
    text = charset.decode(octets, label)
    return text.replace("\r\r\n", "\n").replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def _file_name(leaf: Node) -> str | None:
    value = leaf.headers.first("content-disposition")
    name = parameters.parse(words.raw_text(value))[1].get("filename") if value else None
    name = name or leaf.parameters.get("name")
    return words.file_name(name) if name else None
