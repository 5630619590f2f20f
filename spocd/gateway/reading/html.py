"""HTML to plain text: what a person would read, line by line, quotes marked with “>” as in a plain mail.

A tokenizer of our own, since the standard library's takes quadratic time over unfinished comments and tags. Here each
search that finds nothing is made once, so that any text of n characters takes time in the order of n.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import unescape

from spocd.gateway.reading import marks
from spocd.gateway.reading import markup as attributes_of

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
_SKIPPED = {
    name: re.compile(rf"</{name}(?=[\s>/])", re.I)
    for name in ("style", "script", "head", "title", "template", "svg", "iframe", "map")
}
_EMPTY = frozenset(["area", "base", "br", "col", "hr", "img", "input", "link", "meta", "source", "wbr"])
_NAME = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9:]{0,30})")
# A tag as nearly all are written. What follows a quote is never what its inside may begin with, so that it is linear.
_TAG = re.compile(r"""<(/?)([a-zA-Z][a-zA-Z0-9:]{0,30})((?:[^<>"']|"[^"<]*"|'[^'<]*')*+)>""")
# At most seven digits: int() of a long run of them is slow, and refused past 4,300.
_ENTITY = re.compile(r"&(?:#[0-9]{1,7}(?![0-9]);?|#[xX][0-9a-fA-F]{1,6}(?![0-9a-fA-F]);?|[a-zA-Z][a-zA-Z0-9]{1,31};?)")
_SPACE = re.compile(r"[ \t\r\n\f]+")
_INVISIBLE = re.compile("[\u00ad\u034f\u200b\u2060\ufeff]")
_BLANK = re.compile("[ \xa0\u200c\u200d]*")
_MOST_TARGETS = 10  # links of which the target is told; what has more is no letter
_MOST_OPEN = 100  # elements that are hidden, marked or links, in each other
_MOST_QUOTES = 6  # deeper ones are drawn no deeper
_MOST_ATTRIBUTES = 2000  # characters in which the end of a quoted attribute is looked for


def to_text(markup: str) -> str:
    """The text of an HTML document or of a piece of one, with the lines that `marks` explains."""
    markup = marks.without(markup)
    page = _Page(markup, hides=True)
    text = page.text()
    # An element that is hidden and has no end would take with it what somebody wrote.
    return _Page(markup, hides=False).text() if page.hidden else text


@dataclass(slots=True)
class _Element:
    """An element that is open and matters where it ends: how many of its name are open around it, and what it is."""

    name: str
    around: int
    closing: str = ""  # the mark to write at its end
    hidden: bool = False
    target: str = ""
    text_from: int = 0  # of a link: the piece of the line that its text begins with


class _Page:
    """One pass over one document: the lines that are finished, and the one that is being written."""

    def __init__(self, markup: str, *, hides: bool) -> None:
        self.markup = markup
        self.hides = hides
        self.on_white = hides and not attributes_of.has_paper(markup)
        self.lines: list[str] = []
        self.line: list[str] = []
        self.bullet = ""
        self.counters: list[int] = []  # of the lists that are open; 0 for one without numbers
        self.quotes: list[bool] = []
        self.quoted = 0
        self.preformatted = False
        self.depths: dict[str, int] = {}
        self.elements: list[_Element] = []
        self.hidden = 0
        self.told: set[str] = set()  # the targets of links that stand in the text
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
        if match := _TAG.match(self.markup, start):
            return self._known(match[1], match[2].lower(), match[3], match.end())
        if self.markup.startswith("<!--", start):
            end = self._find("-->", start + 4)
            return end + 3 if end >= 0 else start + 4
        match = _NAME.match(self.markup, start)
        if not match and self.markup[start + 1 : start + 2] not in ("!", "?", "/"):
            self._characters("<")
            return start + 1
        end = self._end_of_tag(start)
        if end < 0:
            self._characters(self.markup[start : start + 1])
            return start + 1
        if match is None:
            return end
        return self._known(match[1], match[2].lower(), self.markup[match.end() : end - 1], end)

    def _known(self, slash: str, name: str, attributes: str, end: int) -> int:
        if slash:
            self._close(name)
            return end
        return self._open(name, attributes, end)

    def _end_of_tag(self, start: int) -> int:
        """The place after the “>” that ends a tag; one inside a quoted attribute does not."""
        end = self._find(">", start)
        if end >= 0 and self.markup.count('"', start, end) % 2:
            quote = self.markup.find('"', end, end + _MOST_ATTRIBUTES)
            after = self.markup.find(">", quote, quote + _MOST_ATTRIBUTES) if quote >= 0 else -1
            end = after if after >= 0 else end
        return end + 1 if end >= 0 else -1

    def _open(self, name: str, attributes: str, end: int) -> int:
        if name in _SKIPPED and name not in self.hopeless:
            closing = _SKIPPED[name].search(self.markup, end)
            if closing:
                return closing.start()
            self.hopeless.add(name)
        if name in _EMPTY:
            if not self.hidden:
                self._empty(name, attributes)
            return end
        if not self.hidden:
            self._block(name, attributes)
        suspect = self.hides and attributes != "" and attributes_of.is_suspect(attributes)
        if attributes and len(self.elements) < _MOST_OPEN:
            self._note(name, attributes, suspect=suspect)
        self.depths[name] = self.depths.get(name, 0) + 1
        if suspect and not self.hidden and self._is_faint(name, attributes, end):
            return self.markup.find("<", end)
        return end

    def _is_faint(self, name: str, attributes: str, end: int) -> bool:
        """Whether the element holds nothing but text, and that cannot be seen."""
        if not attributes_of.is_faint(attributes, on_white=self.on_white):
            return False
        after = self.markup.find("<", end)
        return after >= 0 and self.markup[after : after + 2 + len(name)].lower() == f"</{name}"

    def _note(self, name: str, attributes: str, *, suspect: bool) -> None:
        """Remember the element if its end matters."""
        around = self.depths.get(name, 0)
        if suspect and attributes_of.is_hidden(attributes):
            self.elements.append(_Element(name, around, hidden=True))
            self.hidden += 1
        elif self.hidden:
            return
        elif name == "a":
            if target := attributes_of.target(attributes):
                self.elements.append(_Element(name, around, target=target, text_from=len(self.line)))
        elif mark := marks.mark(name, attributes):
            self._mark(mark.opening)
            if mark.closing:
                self.elements.append(_Element(name, around, closing=mark.closing))

    def _empty(self, name: str, attributes: str) -> None:
        """Take an element that has no content."""
        if name == "br":
            self._break(even_if_empty=True)
        elif name == "hr":
            self._break()
            # Zimbra's line above a copied mail; what ends again has no place on an element without content.
            if (mark := marks.mark(name, attributes)) and not mark.closing:
                self._mark(mark.opening)
        elif name == "img" and (text := attributes_of.shown(attributes)):
            self._characters(f" {text} ")

    def _block(self, name: str, attributes: str) -> None:
        """Begin a new line where the element does."""
        if name in _BLANK_LINE_AROUND and not (name in ("ul", "ol") and self.counters):
            self._blank()
        elif name in _LINE_AROUND or name in ("ul", "ol"):
            self._break()
        elif name in ("td", "th") and self.line:
            self.line.append(" ")
        if name == "li":
            self._begin_item()
        elif name in ("ul", "ol"):
            self.counters.append(1 if name == "ol" else 0)
        elif name == "blockquote":
            self.quotes.append(attributes_of.is_quote(attributes))
            self.quoted += self.quotes[-1]
        elif name == "pre":
            self.preformatted = True

    def _begin_item(self) -> None:
        number = self.counters[-1] if self.counters else 0
        self.bullet = "  " * min(len(self.counters) - 1, _MOST_QUOTES) + (f"{number}. " if number else "* ")
        if number:
            self.counters[-1] += 1

    def _close(self, name: str) -> None:
        depth = self.depths.get(name, 0)
        if depth:
            self.depths[name] = depth - 1
        if self.elements:
            self._close_noted(name, depth - 1)
        if self.hidden:
            return
        if name == "blockquote":
            self._break()
            if self.quotes:
                self.quoted -= self.quotes.pop()
        if name in ("ul", "ol") and self.counters:
            self.counters.pop()
        if name in _BLANK_LINE_AROUND and not (name in ("ul", "ol") and self.counters):
            self._blank()
        elif name in _LINE_AROUND or name in ("ul", "ol"):
            self._break()
        if name == "pre":
            self.preformatted = False

    def _close_noted(self, name: str, depth: int) -> None:
        """End the element whose end this is, and those inside of it that forgot their own."""
        for number in range(len(self.elements) - 1, -1, -1):
            each = self.elements[number]
            if each.name == name and each.around >= depth:
                for ended in self.elements[: number - 1 if number else None : -1]:
                    self._end(ended)
                del self.elements[number:]
                return

    def _end(self, element: _Element) -> None:
        if element.hidden:
            self.hidden -= 1
        elif element.target:
            text = "".join(self.line[element.text_from :]).strip()
            fresh = element.target not in self.told and len(self.told) < _MOST_TARGETS
            if fresh and not attributes_of.is_told_by(text, element.target):
                self.line.append(f" <{element.target.removeprefix('mailto:')}>")
            self.told.add(element.target)
        else:
            self._mark(element.closing)

    def _mark(self, mark: str) -> None:
        """Write a line of a mark, above the blank line that may be there already."""
        self._break()
        at = len(self.lines) - 1 if self.lines and not self.lines[-1].strip(">") else len(self.lines)
        self.lines.insert(at, mark)

    def _characters(self, text: str) -> None:
        if not text or self.hidden:
            return
        if "&" in text:
            text = marks.without(_ENTITY.sub(lambda match: unescape(match[0]), text))
        if not text.isascii():
            text = _INVISIBLE.sub("", text)
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
        line = "".join(self.line) if self.line else ""
        self.line.clear()
        line = line.rstrip() if self.preformatted else _SPACE.sub(" ", line).strip(" ")
        if not line.isascii():
            line = "" if _BLANK.fullmatch(line) else line.replace("\xa0", " ").rstrip()
        if not line and not even_if_empty:
            return
        if line and self.bullet:
            line, self.bullet = self.bullet + line, ""
        mark = ">" * min(self.quoted, _MOST_QUOTES)
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
