"""A letter becomes bytes: the template's words, the headers that its kind calls for, and its enclosures.

The same letter always gives the same bytes, so that every try sends the same mail. Lines end in CRLF and stay within
998 octets; all is 7-bit, but for the headers of a letter with an address beyond ASCII (RFC 6532).
"""

from __future__ import annotations

import binascii
import hashlib
import re
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from jinja2 import StrictUndefined, Template, TemplateError
from jinja2.environment import TemplateModule
from jinja2.sandbox import ImmutableSandboxedEnvironment

from spocd.domain.letter import Enclosure, Letter
from spocd.domain.subject import strip_prefixes
from spocd.errors import Refused
from spocd.gateway.headers import (
    address_field,
    content_type,
    disposition_field,
    exact,
    ids_field,
    readable_id,
    shown,
    text_field,
)

PACKAGED: Final = Path(__file__).parent.parent / "templates"
FALLBACK: Final = "en"
WORDS: Final = "words"  # the file of a language with what several of its templates say

_AUTOMATIC = "X-Auto-Response-Suppress: All\r\n"
_GENERATED = "Auto-Submitted: auto-generated\r\n" + _AUTOMATIC
# The headers that tell one kind from another; what all of them share is in `_headers`.
KINDS: Final = MappingProxyType(
    {
        "acknowledgement": "Auto-Submitted: auto-replied\r\n" + _AUTOMATIC,
        "answer": "",  # a person wrote it, and vacation replies to it are wanted
        "closed": _GENERATED,
        "handover": _GENERATED,  # who has the case now
        "merged": _GENERATED,  # two cases of one person are one from now on
        "unmerged": _GENERATED,  # and two again
        "consult": "",  # a person asks an expert
        "reminder": _GENERATED,  # of a consult without an answer
        "notice": _GENERATED,  # to an agent
        "digest": _GENERATED,  # several notices in one
    }
)

MOST_REFERENCES: Final = 20
LONGEST_TEXT: Final = 1 << 20  # characters that a template may become
LONGEST_QUOTE: Final = 500  # lines of what the reader wrote, who has the original
LARGEST_QUOTE: Final = 1 << 16  # characters of it
LONGEST_SUBJECT: Final = 200  # characters of the ticket's subject, so that the tag stays in sight

_LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[A-Za-z0-9]{2,8})*")
_MOMENT = re.compile(r"\b[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}(?: (?:[A-Z]{2,5}\b|[+-][0-9]))?")
_BESIDE = "\x1f"  # stands for a blank at which no line breaks
_BREAKS = re.compile("\r\n|[\r\n\u2028\u2029]")
# A control character does nothing for a reader and something to a terminal; a lone surrogate cannot be written.
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class _Form:
    """A template, compiled: its first line is the subject."""

    path: Path
    language: str  # the one that it is written in, which may be the fallback
    version: str
    subject: Template
    body: Template
    words: TemplateModule  # the macros of its language


class Writer:
    """Writes letters with the packaged templates, or with those of `folder` where it has one of the same name."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folders = [PACKAGED] if folder is None else [folder, PACKAGED]
        self._forms: dict[tuple[str, str], _Form] = {}
        self._shell: Template | None = None
        # Text for plain mail: escaping it for HTML would show people &amp;.
        self._environment = ImmutableSandboxedEnvironment(
            undefined=StrictUndefined, autoescape=False, trim_blocks=True, lstrip_blocks=True
        )
        # A template has its variables and nothing else: lipsum and range only serve to use up memory.
        self._environment.globals.clear()
        self._environment.filters.update(quoted=quoted, about=about, answering=answering, wrapped=wrapped)

    def template_version(self, kind: str, language: str) -> str:
        """A short name for the template's present text, stored with a letter."""
        return self._form(kind, language).version

    def write(self, letter: Letter) -> bytes:
        """The whole mail. Refused("bad-header", "bad-template") where it cannot be written."""
        form = self._form(letter.kind, letter.language)
        subject, text = _rendered(form, letter)
        return (_headers(letter, subject, form.language) + _content(letter, text)).encode()

    def brief(self, told: Mapping[str, Any]) -> str:
        """A hand-over brief as the shell shows it: in the packaged English, whatever the letters' words are."""
        path = PACKAGED / FALLBACK / f"{WORDS}.txt"
        if self._shell is None:
            self._shell = self._template(path, _text_of(path) + "{{ brief(told) }}")
        return self._shell.render(told=told).strip("\n")

    def _form(self, kind: str, language: str) -> _Form:
        form = self._forms.get((kind, language))
        if form is None:
            form = self._forms[kind, language] = self._compile(kind, language)
        return form

    def _compile(self, kind: str, language: str) -> _Form:
        path = self._find(kind, language)
        language = path.parent.name
        words_path = self._find(WORDS, language)
        text, words = _text_of(path), _text_of(words_path)
        subject, _, body = text.partition("\n")
        return _Form(
            path,
            language,
            hashlib.sha256(f"{words}\0{text}".encode()).hexdigest()[:12],
            self._template(path, subject),
            self._template(path, body.lstrip("\n")),
            self._macros(words_path, words),
        )

    def _template(self, path: Path, text: str) -> Template:
        try:
            return self._environment.from_string(text)
        except TemplateError as error:
            raise _unusable(path, error) from error

    def _macros(self, path: Path, text: str) -> TemplateModule:
        template = self._template(path, text)
        try:
            return template.module
        except Exception as error:  # what stands between the macros is carried out here
            raise _unusable(path, error) from error

    def _find(self, name: str, language: str) -> Path:
        if name not in KINDS and name != WORDS:
            raise Refused("no-such-letter", f"There is no letter of the kind {name!a}, only {', '.join(KINDS)}.")
        languages = [language, FALLBACK] if _LANGUAGE.fullmatch(language) else [FALLBACK]
        found = (folder / each / f"{name}.txt" for each in languages for folder in self._folders)
        path = next((each for each in found if each.is_file()), None)
        if path is None:
            raise Refused("no-such-template", f"The template {FALLBACK}/{name}.txt is missing. Install spocd again.")
        return path


def _text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise _unusable(path, error) from error


def _unusable(path: Path, error: Exception) -> Refused:
    return Refused("bad-template", f"The template {path} cannot be used: {error}. Correct it.")


def quoted(text: str) -> str:
    """The text with `> ` before each line; a longer one than anybody reads ends with [...]."""
    lines = [line.rstrip() for line in _BREAKS.sub("\n", text[:LARGEST_QUOTE]).strip("\n").split("\n", LONGEST_QUOTE)]
    if len(lines) > LONGEST_QUOTE or len(text) > LARGEST_QUOTE:
        lines[LONGEST_QUOTE:] = ["[...]"]
    # A quote inside the quote is not spaced out: ">> ", as RFC 3676 section 4.5 has it.
    return "\n".join(f">{line}" if line[:1] in ("", ">") else f"> {line}" for line in lines)


def wrapped(text: str) -> str:
    """The text in lines of 70 characters where it has blanks to break at; a date stays with its time and zone."""
    lines = [
        line
        for each in _MOMENT.sub(lambda found: found[0].replace(" ", _BESIDE), text).splitlines()
        for line in textwrap.wrap(each, 70, expand_tabs=False, replace_whitespace=False, break_long_words=False) or [""]
    ]
    return "\n".join(lines).replace(_BESIDE, " ")


def answering(subject: str, tag: str) -> str:
    """The subject of an answer: one Re:, the subject, the tag at the end."""
    return f"Re: {about(subject, tag)}".rstrip()


def about(subject: str, tag: str) -> str:
    """The subject of a letter that answers nothing: the bare subject, the tag at the end."""
    if tag:
        subject = re.sub(re.escape(tag), " ", subject, flags=re.IGNORECASE)
    bare = strip_prefixes(shown(subject))
    if len(bare) > LONGEST_SUBJECT:
        bare = bare[: LONGEST_SUBJECT - 1].rstrip() + "…"
    return f"{bare} {tag}".strip()


def _rendered(form: _Form, letter: Letter) -> tuple[str, str]:
    """Subject and body. What people wrote is only ever a variable, so that braces in it stay braces."""
    try:
        # Re: to somebody who wrote nothing, and was never written to, is what spam does.
        continues = letter.in_reply_to is not None
        subject = form.subject.render(letter.variables, words=form.words, continues=continues)
        body = form.body.render(letter.variables, words=form.words)
    except Exception as error:  # a template may divide by zero, too
        raise _unusable(form.path, error) from error
    if len(subject) + len(body) > LONGEST_TEXT:
        raise Refused("too-long", f"The letter is longer than {LONGEST_TEXT} characters. Send the text as a file.")
    return subject, body


def _headers(letter: Letter, subject: str, language: str) -> str:
    addresses = (letter.from_address, letter.to_address, letter.reply_to)
    utf8 = not all(address.isascii() for address in addresses)
    date = format_datetime(datetime.fromtimestamp(letter.date, UTC))
    return "".join(
        (
            f"Date: {date}\r\n",
            address_field("From", letter.from_name, letter.from_address, utf8=utf8),
            address_field("To", letter.to_name, letter.to_address, utf8=utf8),
            address_field("Reply-To", "", letter.reply_to, utf8=utf8) if letter.reply_to else "",
            text_field("Subject", subject, utf8=utf8),
            ids_field("Message-ID", (letter.message_id,)),
            _chain(letter),
            KINDS[letter.kind],
            f"Content-Language: {language}\r\n",
            f"X-Spocd-Instance: {exact(letter.instance, 'The instance')}\r\n",
            f"X-Spocd-Kind: {letter.kind}\r\n",
            "MIME-Version: 1.0\r\n",
        )
    )


def _chain(letter: Letter) -> str:
    """In-Reply-To and References. An id that came in broken is left out: it must not hold up the answer to it."""
    parent = letter.in_reply_to if letter.in_reply_to and readable_id(letter.in_reply_to) else None
    ids = [each for each in dict.fromkeys(letter.references) if readable_id(each) and each != parent]
    if parent:
        ids.append(parent)
    if len(ids) > MOST_REFERENCES:
        # The first is the root, by which mail programs find the thread; the last ones are the way back to it.
        ids = [ids[0], *ids[1 - MOST_REFERENCES :]]
    answered = ids_field("In-Reply-To", (parent,)) if parent else ""
    return answered + (ids_field("References", tuple(ids)) if ids else "")


def _content(letter: Letter, text: str) -> str:
    """The body with its own headers: plain text, or text and enclosures."""
    if not letter.enclosures:
        return _text_part(text)
    # From the letter's id, so that each try is the same. No encoding of a part can make "=_".
    boundary = "=_" + hashlib.sha256(letter.message_id.encode()).hexdigest()[:40]
    parts = [_text_part(text), *(_enclosure_part(each) for each in letter.enclosures)]
    start = f'Content-Type: multipart/mixed;\r\n boundary="{boundary}"\r\n\r\n'
    return start + "".join(f"--{boundary}\r\n{part}\r\n" for part in parts) + f"--{boundary}--\r\n"


def _text_part(text: str) -> str:
    text = _CONTROLS.sub("", _BREAKS.sub("\n", text)).rstrip() + "\n"
    encoding, encoded = _transferable(text.replace("\n", "\r\n"))
    return f"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n{encoded}"


def _transferable(text: str) -> tuple[str, str]:
    """The text in the encoding that keeps it most readable: as it is, quoted-printable, or base64."""
    octets = text.encode()
    beyond = len(octets) - len(text)
    if not beyond and max(map(len, text.split("\r\n"))) <= 990:
        return "7bit", text
    if beyond * 6 <= len(octets):
        return "quoted-printable", binascii.b2a_qp(octets, istext=True).decode("ascii")
    return "base64", _base64(octets)


def _enclosure_part(enclosure: Enclosure) -> str:
    return (
        f"Content-Type: {content_type(enclosure.content_type)}\r\n"
        f"{disposition_field(enclosure.filename)}"
        f"Content-Transfer-Encoding: base64\r\n\r\n{_base64(enclosure.content)}"
    )


def _base64(octets: bytes) -> str:
    text = binascii.b2a_base64(octets, newline=False).decode("ascii")
    return "".join([f"{text[i : i + 76]}\r\n" for i in range(0, len(text), 76)])
