"""What only the markup of a mail shows: which part of a page a program put there as history or as a signature.

A page's text carries such a place as a line that holds one mark. Marks are noncharacters of Unicode: they stand for
nothing, so no text may hold them, and whoever makes text of octets removes them (`without`), lest a sender hide words.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

HISTORY, HISTORY_END = "\ufdd0", "\ufdd1"
SIGNATURE, SIGNATURE_END = "\ufdd2", "\ufdd3"
REST = "\ufdd4"  # history from here to the end of the page

ALL = frozenset([HISTORY, HISTORY_END, SIGNATURE, SIGNATURE_END, REST])
_ANY = re.compile("[\ufdd0-\ufdd4]")
_MARKED = frozenset(["div", "hr", "span", "table", "p"])
_MOST_ATTRIBUTES = 2000  # characters of a tag that are looked at

# Outlook repeats names with “x_” before them inside of what it quotes.
_NAMES = re.compile(r"""(?:\b(?:id|class|name|data-marker|data-smartmail))\s{0,3}=\s{0,3}["']?([^"'>]{1,200})""", re.I)
_REST = frozenset(
    [
        *("appendonsend", "divrplyfwdmsg", "mail-editor-reference-message-container", "olk_src_body_section"),
        *("ms-outlook-mobile-reference-message", "messagereplysection", "zwchr", "__divider__"),
    ]
)
# Where answers may stand between the quotes of a container, only its line “Ann wrote:” is history (gmail_attr).
_HISTORY = frozenset(["gmail_attr", "yahoo_quoted", "moz-cite-prefix", "moz-forward-container"])
_SIGNATURE = frozenset(
    [
        *("gmail_signature", "moz-signature", "applemailsignature", "protonmail_signature_block", "signature"),
        *("ms-outlook-mobile-signature", "zmail_signature"),
        *("messagesignaturesection", "composer_signature"),
    ]
)
# Word draws this line above the header of the mail that it answers, in every language.
_RULE = re.compile(r"border:\s?none;\s{0,3}border-top:\s?solid #(?:e1e1e1|b5c4df)", re.I)


@dataclass(frozen=True, slots=True)
class Mark:
    """What to write where an element begins and where it ends; `closing` is "" where history runs to the end."""

    opening: str
    closing: str


def mark(name: str, attributes: str) -> Mark | None:
    """The marks of an element, told by its name and its attributes as they are written; None for most."""
    if name not in _MARKED:
        return None
    attributes = attributes[:_MOST_ATTRIBUTES]
    named = {each.removeprefix("x_") for match in _NAMES.finditer(attributes) for each in match[1].lower().split()}
    if named & _REST or (name == "div" and _RULE.search(attributes)):
        return Mark(REST, "")
    if named & _HISTORY:
        return Mark(HISTORY, HISTORY_END)
    if named & _SIGNATURE:
        return Mark(SIGNATURE, SIGNATURE_END)
    return None


def without(text: str) -> str:
    """`text` without any mark: what a sender may have put there."""
    return text if text.isascii() else _ANY.sub("", text)


def unmarked(text: str) -> str:
    """A page's text without the lines that hold marks."""
    if text.isascii() or not _ANY.search(text):
        return text
    return "\n".join(line for line in text.split("\n") if line not in ALL)
