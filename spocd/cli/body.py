"""Where the words of an answer or a note come from: the line, a file, standard input or an editor."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any, NamedTuple

import click

from spocd.cli.asked import asked, standard_input, tell
from spocd.errors import Refused

MOST_TEXT = 512 * 1024  # octets, so that a call with it fits the control socket
_SCISSORS = "--- >8 --- What stands below this line is not sent. ---"


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
            yield _not_empty(self.body if self.file is None else _read(self.file))
            return
        if not self.editor and not asked().may_ask:
            raise click.UsageError("Say it with -b TEXT, -F FILE, -F - (standard input) or -e (an editor).")
        draft = _draft()
        try:
            yield _edited(draft, about(), begin())
        except BaseException as error:
            _keep(draft, error)
            raise
        if asked().dry_run:
            tell(f"your text is kept in {draft}")
            return
        os.unlink(draft)

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
    if file == "-":
        content = standard_input("the text")
    else:
        with open(file, "rb") as opened:
            content = opened.read(MOST_TEXT + 1)
    if len(content) > MOST_TEXT:
        raise click.UsageError(f"The text has more than {MOST_TEXT // 1024} KiB. Send it with -a, as an attachment.")
    try:
        return content.decode()
    except UnicodeDecodeError:
        where = "Standard input" if file == "-" else file
        raise click.UsageError(f"{where} is not text in UTF-8. Send it with -a, as an attachment.") from None


def _not_empty(text: str | None) -> str:
    if not text or not text.strip():
        raise click.UsageError("The text is empty.")
    return text


def _draft() -> str:
    """A new file for a draft, which only its writer can read."""
    import tempfile

    state = os.environ.get("XDG_STATE_HOME") or os.path.expanduser("~/.local/state")
    folder = os.path.join(state, "spocd", "drafts")
    try:
        os.makedirs(folder, mode=0o700, exist_ok=True)
        opened, path = tempfile.mkstemp(".txt", "draft-", folder)
    except OSError:  # no home, or one that cannot be written to
        opened, path = tempfile.mkstemp(".txt", "spocd-draft-")
    os.close(opened)
    return path


def _edited(draft: str, about: str, begin: str) -> str:
    with open(draft, "w", encoding="utf-8") as file:
        file.write(f"{begin}\n\n{_SCISSORS}\n{about}")
    click.edit(filename=draft)
    text = _cut_out(draft)
    if not text:
        raise Refused("nothing-written", "Nothing was written, so nothing was sent.")
    return text


def _cut_out(draft: str) -> str:
    """The text above the scissors, which is then all that the draft holds."""
    with open(draft, encoding="utf-8", errors="surrogateescape") as file:
        text = file.read().partition(_SCISSORS)[0].strip()
    os.chmod(draft, 0o600)  # Some editors put a new file in its place.
    with open(draft, "w", encoding="utf-8", errors="surrogateescape") as file:
        file.write(f"{text}\n" if text else "")
    return text


def _keep(draft: str, error: BaseException) -> None:
    went_well = isinstance(error, click.exceptions.Exit) and error.exit_code == 0
    if went_well or not _cut_out(draft):
        os.unlink(draft)
        return
    # Told even with --quiet: it is the only trace of what somebody wrote.
    print(f"spocd: your text is kept; send it with -F {draft}", file=sys.stderr)
