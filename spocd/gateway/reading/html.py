"""HTML to plain text: what a person would read, line by line, quotes marked with “>” as in a plain mail.

A tokenizer of our own, since the standard library's takes quadratic time over unfinished comments and tags. Here each
search that finds nothing is made once, so that any text of n characters takes time in the order of n.
"""

from __future__ import annotations

import re
from html import unescape

_BLANK_LINE_AROUND = frozenset(
    ["p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "dl", "table", "pre", "blockquote"]
)
_LINE_AROUND = frozenset(
    [
        *(
            "address",
            "article",
            "aside",
            "body",
            "caption",
            "center",
            "dd",
            "div",
            "dt",
            "fieldset",
            "figure",
            "footer",
        ),
        *("form", "header", "hr", "html", "legend", "li", "main", "nav", "option", "section", "tr"),
    ]
)
_SKIPPED = {name: re.compile(rf"</{name}(?=[\s>/])", re.I) for name in ("style", "script", "head", "title", "template")}
_NAME = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9:]{0,30})")
# At most seven digits: int() of a long run of them is slow, and refused past 4,300.
_ENTITY = re.compile(r"&(?:#[0-9]{1,7}(?![0-9]);?|#[xX][0-9a-fA-F]{1,6}(?![0-9a-fA-F]);?|[a-zA-Z][a-zA-Z0-9]{1,31};?)")
_SPACE = re.compile(r"[ \t\r\n\f]+")
_MOST_QUOTES = 6  # deeper ones are drawn no deeper
_MOST_ATTRIBUTES = 2000  # characters in which the end of a quoted attribute is looked for


def to_text(markup: str) -> str:
    """The text of an HTML document or of a piece of one."""
    return _Page(markup).text()


class _Page:
    """One pass over one document: the lines that are finished, and the one that is being written."""

    def __init__(self, markup: str) -> None:
        self.markup = markup
        self.lines: list[str] = []
        self.line: list[str] = []
        self.quotes = 0
        self.preformatted = False
        self.hopeless: set[str] = set()  # what has no end anywhere in the rest of the document

    def text(self) -> str:
        """Read the whole; the result has no blank lines at its ends and never two in a row."""
        at = 0
        while (start := self.markup.find("<", at)) >= 0:
            self._characters(self.markup[at:start])
            at = self._tag(start)
        self._characters(self.markup[at:])
        self._break()
        return "\n".join(self.lines).strip("\n")

    def _find(self, what: str, at: int) -> int:
        """Where `what` comes next, or -1, looked for once only where it never comes."""
        if what in self.hopeless:
            return -1
        found = self.markup.find(what, at)
        if found < 0:
            self.hopeless.add(what)
        return found

    def _tag(self, start: int) -> int:
        """Take the tag or comment at `start`; where it is none, its first character is text. The place after it."""
        if self.markup.startswith("<!--", start):
            end = self._find("-->", start + 4)
            return end + 3 if end >= 0 else start + 4
        match = _NAME.match(self.markup, start)
        if not match and self.markup[start + 1 : start + 2] not in ("!", "?", "/"):
            self.line.append("<")
            return start + 1
        end = self._end_of_tag(start)
        if end < 0:
            self._characters(self.markup[start : start + 1])
            return start + 1
        if match is None:
            return end
        name = match[2].lower()
        if match[1]:
            self._close(name)
            return end
        return self._open(name, end)

    def _end_of_tag(self, start: int) -> int:
        """The place after the “>” that ends a tag; one inside a quoted attribute does not."""
        end = self._find(">", start)
        if end >= 0 and self.markup.count('"', start, end) % 2:
            quote = self.markup.find('"', end, end + _MOST_ATTRIBUTES)
            after = self.markup.find(">", quote, quote + _MOST_ATTRIBUTES) if quote >= 0 else -1
            end = after if after >= 0 else end
        return end + 1 if end >= 0 else -1

    def _open(self, name: str, end: int) -> int:
        if name in _SKIPPED and name not in self.hopeless:
            closing = _SKIPPED[name].search(self.markup, end)
            if closing:
                return closing.start()
            self.hopeless.add(name)
        if name == "br":
            self._break(even_if_empty=True)
        elif name in _BLANK_LINE_AROUND:
            self._blank()
        elif name in _LINE_AROUND:
            self._break()
        elif name in ("td", "th") and self.line:
            self.line.append(" ")
        if name == "li":
            self.line.append("* ")
        elif name == "blockquote":
            self.quotes += 1
        elif name == "pre":
            self.preformatted = True
        return end

    def _close(self, name: str) -> None:
        if name == "blockquote":
            self._break()
            self.quotes = max(self.quotes - 1, 0)
        if name in _BLANK_LINE_AROUND:
            self._blank()
        elif name in _LINE_AROUND:
            self._break()
        if name == "pre":
            self.preformatted = False

    def _characters(self, text: str) -> None:
        if not text:
            return
        if "&" in text:
            text = _ENTITY.sub(lambda match: unescape(match[0]), text)
        if self.preformatted:
            first, *more = text.replace("\r\n", "\n").split("\n")
            self.line.append(first)
            for each in more:
                self._break(even_if_empty=True)
                self.line.append(each)
            return
        self.line.append(_SPACE.sub(" ", text))

    def _break(self, *, even_if_empty: bool = False) -> None:
        """End the line that is being written."""
        line = "".join(self.line)
        line = line.rstrip() if self.preformatted else _SPACE.sub(" ", line).strip()
        self.line.clear()
        if not line and not even_if_empty:
            return
        mark = ">" * min(self.quotes, _MOST_QUOTES)
        line = f"{mark} {line}".rstrip() if mark else line
        if line or (self.lines and self.lines[-1]):
            self.lines.append(line)

    def _blank(self) -> None:
        """End the line, and have one blank line below it, as deep in quotes as what comes next."""
        self._break()
        if self.lines and not self.lines[-1].strip(">"):
            self.lines.pop()
        if self.lines:
            self._break(even_if_empty=True)
