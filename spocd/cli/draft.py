"""Drafts: the file that an editor opens. It stays until its text was sent, and names the verb and the ticket."""

from __future__ import annotations

import contextlib
import os
import re
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import click

from spocd.cli import visible
from spocd.cli.asked import tell
from spocd.errors import Refused

_LINE = "--- >8 --- What stands below this line is not sent. ---"
_MOST_NAMED = 5  # tickets in the name of a draft


def edited(draft: str, about: str, begin: str) -> str:
    """What was written in the editor above the line; from then on it is all that the draft holds.

    Refused where nothing was saved or written, and then the draft is gone; and where nothing tells what the text is.
    """
    with open(draft, "w", encoding="utf-8") as file:
        file.write(f"{begin}\n\n{_LINE} {_digest(about)}\n{about}")
    _open(draft)
    text = cut(_read(draft), about).strip()
    if not text:
        os.unlink(draft)
        raise Refused("nothing-written", "Nothing was written, so nothing was done.")
    _replace(draft, f"{text}\n")
    return text


def cut(text: str, about: str | None = None) -> str:
    """The text above the line, or all of it where there is no line.

    What stands below must be what was put there, or less: Refused where it is more, since that would be lost, and where
    the line is gone and what stood below (`about`, where that is known) is not, since that would be sent.
    """
    found = re.search(rf"^{re.escape(_LINE)} ([0-9a-f]{{8}})[ \t\r]*$", text, re.MULTILINE)
    if found is None:
        if about is not None and ("--- >8 ---" in text or _lines(about) & _lines(text)):
            raise Refused(
                "no-line",
                f"The line “{_LINE}” is gone and not all that stood below it, which was not to be sent. "
                "Take out what is not yours.",
            )
        return text
    below = text[found.end() :]
    if _lines(below) - _lines(about or "") and _digest(below) != found[1]:
        raise Refused(
            "written-below",
            "Something was written or changed below the line “--- >8 ---”, where nothing is sent. "
            "Move it above the line, or delete the line with all that is not to be sent.",
        )
    return text[: found.start()].strip()


def new() -> str:
    """A new file for what is written with this command line, which only its writer can read."""
    import tempfile

    try:
        os.makedirs(_folder(), mode=0o700, exist_ok=True)
        opened, path = tempfile.mkstemp(".txt", f"{_stem()}.", _folder())
    except OSError:  # no home, or one that cannot be written to
        opened, path = tempfile.mkstemp(".txt", f"{_stem()}.", _folder_without_home())
    os.close(opened)
    return path


def _folder_without_home() -> str:
    """A folder of our own where everybody may write: in one that is not ours others choose what a name leads to."""
    import tempfile

    folder = os.path.join(tempfile.gettempdir(), f"spocd-{os.geteuid()}")
    with contextlib.suppress(FileExistsError):
        os.mkdir(folder, 0o700)
    found = os.lstat(folder)
    ours = stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid() and not found.st_mode & 0o077
    return folder if ours else tempfile.mkdtemp(prefix="spocd-")


def tell_of_others() -> None:
    """Tells of drafts about the same that were never sent: their writer was cut off, and nobody said so."""
    stem = _stem()
    try:
        names = sorted(os.listdir(_folder()))
    except OSError:
        return
    for name in names:
        other = name.removeprefix(".").partition(".")[0]
        if other == stem or _numbers(other) & _numbers(stem):
            _tell_of(other, os.path.join(_folder(), name))


def _tell_of(what: str, path: str) -> None:
    import time

    with contextlib.suppress(OSError):  # sent meanwhile, by another run
        since = time.strftime("%Y-%m-%d %H:%M", time.localtime(os.stat(path).st_mtime))
        tell(f"there is a draft of {visible.line(what.replace('-', ' '))} from {since}, in {visible.line(path)}")


def is_one(path: str) -> bool:
    """Whether a file is one of our drafts."""
    return os.path.dirname(os.path.realpath(path)) == os.path.realpath(_folder())


def keep(draft: str) -> None:
    """Tells where the text is that could not be sent."""
    if os.path.exists(draft):
        # Told even with --quiet: it is the only trace of what somebody wrote. Nobody is there after a hang-up.
        with contextlib.suppress(OSError):
            print(f"spocd: your text is kept; send it with -F {draft}", file=sys.stderr)


def _folder() -> str:
    state = os.environ.get("XDG_STATE_HOME") or os.path.expanduser("~/.local/state")
    return os.path.join(state, "spocd", "drafts")


def _stem() -> str:
    """What is written, as the beginning of a file's name: reply-12, close-3-1, new, canned-paper."""
    context = click.get_current_context()
    if answer := context.params.get("answer"):
        return "canned-" + re.sub(r"[^A-Za-z0-9_-]", "_", answer)[:60]
    tickets = context.params.get("tickets")
    numbers = [str(number) for number in tickets.numbers[:_MOST_NAMED]] if tickets else []
    return "-".join([str(context.info_name), *numbers])


def _numbers(stem: str) -> set[str]:
    """The tickets that a draft is about; none where it is a canned answer or a new ticket."""
    verb, *numbers = stem.split("-")
    return set(numbers) if verb != "canned" else set()


def _open(draft: str) -> None:
    """Opens a draft in the editor; where nothing was saved there is none any more."""
    # A second ago, so that what an editor saves at once is seen to be saved.
    os.utime(draft, (os.stat(draft).st_mtime - 1,) * 2)
    before = _state(draft)
    try:
        with _to_its_end():
            click.edit(filename=draft)
    finally:
        saved = _state(draft) != before
        if not saved:
            os.unlink(draft)
    if not saved:
        raise Refused(
            "nothing-saved", "Nothing was saved, so nothing was done. To take a text as it stands there, save it."
        )
    if _state(draft) is None:
        raise Refused("nothing-written", "The file was removed, so nothing was done.")


def _state(path: str) -> tuple[int, int, int] | None:
    try:
        found = os.stat(path)
    except FileNotFoundError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size


@contextmanager
def _to_its_end() -> Iterator[None]:
    """Lets the editor come to its end where this process is told to end: what it saves by then is the draft."""
    import signal

    told: list[int] = []
    ends = (signal.SIGHUP, signal.SIGINT, signal.SIGTERM)
    before = {each: signal.signal(each, lambda number, _: told.append(number)) for each in ends}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
        if told:
            raise KeyboardInterrupt


def _read(draft: str) -> str:
    from spocd.config.options import text_of

    with open(draft, "rb") as file:
        content = file.read()
    try:
        return text_of(content)
    except ValueError as why:
        raise Refused("not-text", f"{draft}: {why}") from None


def _replace(draft: str, text: str) -> None:
    """Puts a text in the draft's place, so that at each moment one of the two is there."""
    import tempfile

    # A new name and a new file: what somebody else put there is not written to.
    folder, name = os.path.split(draft)
    opened, path = tempfile.mkstemp(".new", f"{name}.", folder)
    with open(opened, "w", encoding="utf-8") as file:
        file.write(text)
    os.replace(path, draft)


def _lines(text: str) -> set[str]:
    return {line.rstrip() for line in text.splitlines() if line.strip("> \t")}


def _digest(text: str) -> str:
    """What tells that this text was not changed but for the space at its ends and its lines' ends."""
    import hashlib

    plain = "\n".join(line.rstrip() for line in text.splitlines()).strip()
    return hashlib.sha256(plain.encode()).hexdigest()[:8]
