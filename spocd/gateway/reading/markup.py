"""What the attributes of an HTML tag tell a reader: that nobody sees it, where it leads, what it shows."""

from __future__ import annotations

import re
from html import unescape

_MOST = 2000  # characters of a tag's attributes that are looked at
_MOST_TARGET = 120  # characters; longer ones count clicks, and nobody reads them

# No ``\s*`` before a colon: programs write none, or one space.
_HIDDEN = re.compile(
    r"display\s?:\s?none|visibility\s?:\s?hidden|mso-hide\s?:\s?all|(?<![-\w])opacity\s?:\s?0?\.?0(?![.\d])"
    r"|max-height\s?:\s?0(?:px|pt|em)?(?![.\d])|(?:^|\s)hidden(?=[\s=/]|$)|aria-hidden\s?=\s?[\"']?true",
    re.I,
)
# Nearly all attributes hold none of these, and looking for all at once is quicker than for each alone.
_SUSPECT = re.compile(r"none|hid|opacity|max-height|font-size\s?:\s?0|#fff|white|255", re.I)
_TINY = re.compile(r"font-size\s?:\s?0(?:px|pt|em|%)?(?![.\d\w])", re.I)
_WHITE = r"(?:#fff(?:fff)?\b|white\b|rgb\(255,\s?255,\s?255\))"
_WHITE_INK = re.compile(rf"(?<![-\w])color\s?[:=]\s?[\"']?\s?{_WHITE}", re.I)
_PAPER = re.compile(r"background(?:-color)?\s?:|bgcolor\s?=|background\s?=", re.I)
_WHITE_PAPER = re.compile(rf"(?:background(?:-color)?\s?:|bgcolor\s?=)\s?[\"']?\s?{_WHITE}", re.I)
_VALUE = r"""\s?=\s?(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))"""
_HREF = re.compile(rf"(?:^|\s)href{_VALUE}", re.I)
_ALT = re.compile(rf"(?:^|\s)alt{_VALUE}", re.I)
_PIXEL = re.compile(r"(?:^|\s|;|\")(?:width|height)\s?[:=]\s?[\"']?[01](?:px)?(?=[\s\"';/]|$)", re.I)
_TARGET = re.compile(r"(?:https?|ftp)://\S+|(?:mailto|tel):[^\s?]+", re.I)
_NOT_IN_A_TEXT = re.compile(r"^(?:https?|ftp)://(?:www\.)?|^(?:mailto|tel):|/$", re.I)
# Web mail writes an indented paragraph as a quote without its line at the side.
_NO_LINE = re.compile(r"border\s?:\s?(?:none|0)", re.I)
_QUOTE = re.compile(r"border-left|cite|gmail_quote|quote", re.I)


def is_suspect(attributes: str) -> bool:
    """Whether `is_hidden` or `is_faint` may be true of the element."""
    return _SUSPECT.search(attributes) is not None


def is_hidden(attributes: str) -> bool:
    """Whether the element is there for machines: the preview of a newsletter, a copy for another mail program."""
    attributes = attributes[:_MOST]
    if _HIDDEN.search(attributes):
        return True
    return _WHITE_INK.search(attributes) is not None and _WHITE_PAPER.search(attributes) is not None


def is_faint(attributes: str, *, on_white: bool) -> bool:
    """Whether text right inside of the element cannot be seen; an element in it may say otherwise."""
    attributes = attributes[:_MOST]
    return _TINY.search(attributes) is not None or (on_white and _WHITE_INK.search(attributes) is not None)


def has_paper(markup: str) -> bool:
    """Whether anything on the page has a background that is not white."""
    return len(_PAPER.findall(markup)) > len(_WHITE_PAPER.findall(markup))


def target(attributes: str) -> str:
    """Where a link leads, as a person can use it; empty where that is a place on the page, or a program's business."""
    found = _TARGET.fullmatch(_value(_HREF, attributes).strip())
    return found[0] if found and len(found[0]) <= _MOST_TARGET else ""


def is_told_by(text: str, where: str) -> bool:
    """Whether a link's text is its target already, in full or as people shorten it."""
    return not text or _NOT_IN_A_TEXT.sub("", where).lower() in text.lower()


def shown(attributes: str) -> str:
    """The text that stands for an image; none for the single points that count readers."""
    return "" if _PIXEL.search(attributes[:_MOST]) else " ".join(_value(_ALT, attributes).split())


def is_quote(attributes: str) -> bool:
    """Whether a block quote quotes; some programs use it to indent."""
    return not _NO_LINE.search(attributes[:_MOST]) or _QUOTE.search(attributes[:_MOST]) is not None


def _value(pattern: re.Pattern[str], attributes: str) -> str:
    match = pattern.search(attributes[:_MOST])
    return unescape(match[1] or match[2] or match[3] or "") if match else ""
