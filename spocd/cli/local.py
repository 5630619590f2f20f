"""What works without the daemon. Only here does the command line import the daemon's side, and only when it must."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from spocd.errors import Exit, Misconfigured, Refused, TryLater

Document = dict[str, Any]

_NOT_LET = (errno.EACCES, errno.EPERM, errno.EROFS)


def in_process(config: str, operation: str, parameters: Document) -> Document:
    """Runs one operation in this process, under the lock of the desk's folder, as the owner of that folder."""
    from spocd.daemon import in_process as run

    with _as_owner(config), _writing_in(_folder(config)):
        return run(Path(config), operation, parameters)


def serve(config: str) -> int:
    """Runs the daemon until it is told to stop; gives its exit code."""
    from spocd.daemon import serve as run

    with _writing_in(_folder(config)):
        return run(Path(config))


def found(folder: str, **choices: Any) -> Document:
    """Makes a working desk in a folder."""
    from spocd.founding import found as run

    return run(Path(folder), **choices)


def check_config(config: str) -> Document:
    """Checks the whole of spocd.toml and the folder that it stands in; Misconfigured with every fault."""
    from spocd.config import check_folder, load

    checked = load(Path(config))
    check_folder(checked, starting=False)
    return {"config": config, "status": "ok"}


def config_text(config: str) -> str:
    """spocd.toml with every value explicit."""
    from spocd.config import load, render

    return render(load(Path(config)))


def migrate(config: str) -> Document:
    """Brings the database to the schema of this version."""
    from spocd.config import load
    from spocd.store import migrate_url

    loaded = load(Path(config))
    with _as_owner(config), _writing_in(loaded.folder, *_database(loaded.store.url, loaded.folder)):
        return migrate_url(loaded)


def check_database(config: str) -> Document:
    """Checks that the database is whole."""
    from spocd.config import load
    from spocd.store import check

    loaded = load(Path(config))
    with _as_owner(config), _writing_in(loaded.folder, *_database(loaded.store.url, loaded.folder)):
        return check(loaded)


def inspect(raw: bytes) -> Document:
    """What a mail says, as the desk reads it."""
    from spocd.gateway.reading import inspect as run

    return run(raw)


@contextmanager
def _as_owner(config: str) -> Iterator[None]:
    """Makes root the owner of the desk's folder while it works there; refuses whoever else does not own it.

    Otherwise the files that a database leaves behind would be root's, and the daemon could not open them. The real
    uid stays root's: it is still root that asks.
    """
    folder = os.stat(_folder(config))
    if os.geteuid() not in (0, folder.st_uid):
        raise Refused(
            "not-permitted",
            f"The desk in {_folder(config)} belongs to {_account(folder.st_uid)}. Do this as that user, or as root.",
            Exit.NOT_PERMITTED,
        )
    if os.geteuid() != 0 or folder.st_uid == 0:
        yield
        return
    groups, group = os.getgroups(), os.getegid()
    os.setgroups([folder.st_gid])
    os.setegid(folder.st_gid)
    os.seteuid(folder.st_uid)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(group)
        os.setgroups(groups)


def _account(uid: int) -> str:
    import pwd

    try:
        return f"the user “{pwd.getpwuid(uid).pw_name}”"
    except KeyError:
        return f"uid {uid}"


def _folder(config: str) -> Path:
    return Path(config).absolute().parent


def _database(url: str, folder: Path) -> list[Path]:
    """The file that the database is in, where it is one that is there."""
    scheme, _, file = url.partition(":")
    return [folder / file] if scheme == "sqlite" and os.path.lexists(folder / file) else []


@contextmanager
def _writing_in(folder: Path, *files: Path) -> Iterator[None]:
    """Looks first whether this process may write where the desk does: a database would say less about it.

    Misconfigured with every path that it may not write to. What else goes wrong with a file is for a later try.
    """
    faults = [_not_writable(path) for path in (folder, *files) if not _writable(path)]
    if faults:
        raise Misconfigured(faults)
    try:
        yield
    except OSError as error:
        path = error.filename or folder
        if error.errno in _NOT_LET:
            raise Misconfigured([_not_writable(path)]) from None
        raise TryLater(f"{path}: {error.strerror or error}. Mend that and try again.") from None


def _writable(path: Path) -> bool:
    # Asks for the effective user, which root has become here; false on a disk that is mounted read-only.
    return not os.path.lexists(path) or os.access(path, os.R_OK | os.W_OK, effective_ids=True)


def _not_writable(path: Path | str) -> str:
    return (
        f"{path}: cannot be read and written by {_account(os.geteuid())}, as the desk must. "
        "Give it to that user, or run spocd as the user that it belongs to; look whether the disk is read-only."
    )
