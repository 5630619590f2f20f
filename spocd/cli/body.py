"""Where the words of an answer or a note come from: the line, a file, standard input or an editor."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any, NamedTuple

import click

from spocd.cli import draft
from spocd.cli.asked import asked, standard_input, tell

MOST_TEXT = 512 * 1024  # octets, so that a call with it fits the control socket


class Words(NamedTuple):
    """What -b, -F and -e were set to."""

    body: str | None
    file: str | None
    editor: bool

    @property
    def given(self) -> bool:
        return self.body is not None or self.file is not None or self.editor

    @contextmanager
    def written(self, about: Callable[[], str], begin: Callable[[], str] = str) -> Iterator[str]:
        """The text. What was written in an editor is kept in a file, and its path told, when the block fails.

        `about` gives what stands below the text in the editor, `begin` the text that is changed there.
        """
        if sum((self.body is not None, self.file is not None, self.editor)) > 1:
            raise click.UsageError("Say it once: one of -b, -F and -e.")
        if self.body is not None or self.file is not None:
            yield _not_empty(_said(self.body or "") if self.file is None else _read(self.file))
            if self.file is not None and draft.is_one(self.file):
                _sent(self.file)
            return
        if not self.editor and not asked().may_ask:
            raise click.UsageError("Say it with -b TEXT, -F FILE, -F - (standard input) or -e (an editor).")
        below, first = about(), begin()
        draft.tell_of_others()
        path = draft.new()
        try:
            yield draft.edited(path, below, first)
        except BaseException as error:
            _keep(path, error)
            raise
        _sent(path)

    @contextmanager
    def written_if_any(self, about: Callable[[], str], begin: Callable[[], str] = str) -> Iterator[str | None]:
        """The text, or None where none of the options was given."""
        if not self.given:
            yield None
            return
        with self.written(about, begin) as text:
            yield text


def words(command: Any) -> Any:
    """Gives a command -b, -F and -e, as `words: Words`."""

    @click.option("-b", "--body", metavar="TEXT", help="The text.")
    @click.option("-F", "--body-file", metavar="FILE|-", help="The text from a file, or from standard input.")
    @click.option("-e", "--editor", is_flag=True, help="Write the text in your editor.")
    @wraps(command)
    def with_words(body: str | None, body_file: str | None, editor: bool, **others: Any) -> Any:
        return command(words=Words(body, body_file, editor), **others)

    return with_words


def _read(file: str) -> str:
    from spocd.config.options import text_of

    if not file:
        raise click.UsageError("-F names no file. Give -F FILE, or -F - for standard input.")
    if file == "-":
        content = standard_input("the text")
    else:
        with open(file, "rb") as opened:
            content = opened.read(MOST_TEXT + 1)
    if len(content) > MOST_TEXT:
        raise click.UsageError(f"The text has more than {MOST_TEXT // 1024} KiB. Send it with -a, as an attachment.")
    where = "Standard input" if file == "-" else file
    try:
        return draft.cut(text_of(content))
    except ValueError as why:
        raise click.UsageError(f"{where}: {why}. What is no text goes with -a, as an attachment.") from None


def _said(body: str) -> str:
    try:
        body.encode()
    except UnicodeEncodeError as error:
        octet = ord(body[error.start]) & 0xFF
        raise click.UsageError(f"-b is not text in UTF-8: the octet 0x{octet:02x} is none.") from None
    return body


def _not_empty(text: str | None) -> str:
    if not text or not text.strip():
        raise click.UsageError("The text is empty.")
    return text


def _sent(path: str) -> None:
    if asked().dry_run:
        return tell(f"your text is kept in {path}")
    return os.unlink(path)


def _keep(path: str, error: BaseException) -> None:
    if isinstance(error, click.exceptions.Exit) and error.exit_code == 0:
        return os.unlink(path)
    return draft.keep(path)
