"""Sends files to the desk and fetches them, in pieces that fit the control socket, named by their SHA-256."""

from __future__ import annotations

import base64
import hashlib
import os
import re
import stat
from collections.abc import Iterator
from typing import Any

import click

from spocd.cli.call import call
from spocd.errors import Refused, TryLater

MOST = 18 * 1024 * 1024  # octets of one file, as the desk has it
PIECE = 512 * 1024  # octets; in base64 they stay below the largest frame
_LONGEST_NAME = 120  # octets, so that a number still fits before the extension
_UNSAFE = re.compile(r'[\x00-\x1f\x7f-\x9f<>:"|?*\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]')
# Names that another system takes for a device, whatever their extension.
_DEVICES = re.compile(r"(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\..*)?", re.IGNORECASE)


def attach(command: Any) -> Any:
    """Gives a command -a, as `attach: tuple[str, ...]`."""
    return click.option(
        "-a",
        "--attach",
        multiple=True,
        metavar="FILE",
        type=click.Path(exists=True, dir_okay=False, readable=True),
        help="Attach a file; may be given again.",
    )(command)


def upload(paths: tuple[str, ...]) -> list[dict[str, str]] | None:
    """Sends files ahead and gives what an operation wants to know of them; None where there is none."""
    if not paths:
        return None
    import mimetypes

    attachments = []
    for path in paths:
        sha256 = _put(_content(path))
        content_type = mimetypes.guess_type(path)[0] or "application/octet-stream"
        attachments.append({"filename": os.path.basename(path), "content_type": content_type, "sha256": sha256})
    return attachments


def _content(path: str) -> bytes:
    """A regular file of a size that the desk takes; a pipe or a device could hang or never end."""
    # Not to wait for the other end of a pipe, which may never come.
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(handle, "rb") as file:
        status = os.fstat(handle)
        if not stat.S_ISREG(status.st_mode):
            raise Refused("not-a-file", f"{path} is no regular file. Save it as one and attach that.")
        if status.st_size > MOST:
            raise Refused("too-large", f"{path} has {status.st_size} octets; a file may have at most {MOST}.")
        return file.read(MOST + 1)


def _put(content: bytes) -> str:
    sha256 = hashlib.sha256(content).hexdigest()
    offset = 0
    while True:
        piece = base64.b64encode(content[offset : offset + PIECE]).decode()
        answer = call("blob.put", sha256=sha256, offset=offset, total=len(content), content=piece)
        received: int = answer["received"]
        if received >= len(content):
            return sha256
        if received <= offset:
            raise TryLater("The desk does not take the rest of an attachment. Try again.")
        offset = received


def download(sha256: str, *, message: str | None = None) -> Iterator[bytes]:
    """The pieces of a file, or of the mail that a message came as. TryLater at its end where they are not that file."""
    seen, offset = hashlib.sha256(), 0
    while True:
        answer = call("blob.get", sha256=sha256, offset=offset, message=message)
        piece = base64.b64decode(answer["content"])
        seen.update(piece)
        offset += len(piece)
        yield piece
        if offset >= answer["total"] or not piece:
            break
    if seen.hexdigest() != sha256:
        raise TryLater(f"What arrived is not the file {sha256[:12]}…: it was damaged or cut short. Try again.")


def safe_name(filename: str) -> str:
    """A file name that stays in its folder and starts nothing, made from one that a stranger chose."""
    name = _UNSAFE.sub("", re.split(r"[/\\]", filename)[-1]).strip(" ")
    # Hidden, or an option of whatever it is handed to: `rm *` would read -rf as two.
    name = re.sub(r"^\.+|^(?=-)", "_", name).rstrip(". ")
    if not name or name == "_":
        return "attachment"
    if _DEVICES.fullmatch(name):
        name = f"_{name}"
    stem, extension = os.path.splitext(name)
    extension = extension.encode()[:20].decode(errors="ignore")
    room = _LONGEST_NAME - len(extension.encode())
    return stem.encode()[:room].decode(errors="ignore") + extension


def save(filename: str, sha256: str, folder: str) -> str:
    """Saves a file under its name in `folder` and gives its path. Nothing that is there is overwritten or followed."""
    stem, extension = os.path.splitext(safe_name(filename))
    attempt = 1
    while True:
        numbered = f"{stem}-{attempt}" if attempt > 1 else stem
        path = os.path.join(folder, numbered + extension)
        try:
            opened = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o666)
            break
        except FileExistsError:
            attempt += 1
    try:
        with os.fdopen(opened, "wb") as file:
            for piece in download(sha256):
                file.write(piece)
    except BaseException:
        os.unlink(path)
        raise
    return path
