"""The folder that a desk stands in: made for it, and looked at before it is used.

DIR 0711 ── spocd.toml 0644, secret 0600, password files 0600, the database 0600
         ├─ run  0755   the sockets
         └─ sent 0700   outgoing letters while there is no relay
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path

from spocd.config.files import check_secret, closed, write_new, write_secret
from spocd.config.reading import check_given
from spocd.config.sections import Config
from spocd.config.writing import render
from spocd.errors import Misconfigured

_WRITABLE = stat.S_IWGRP | stat.S_IWOTH
# The options of `spocd init` by the keys that they become.
_GIVEN_AS = {
    "desk.address": "--address",
    "desk.name": "--name",
    "desk.language": "--language",
    "listen.smtp": "--smtp",
    "listen.lmtp": "--lmtp",
    "store.url": "--store",
    "relay.url": "--relay",
    "relay.user": "--relay",
}
_BESIDE_SQLITE = ("", "-wal", "-shm")


def lay_out(folder: Path, config: Config, *, secret: Path | None, passwords: Mapping[str, str]) -> list[Path]:
    """Make a desk's folder with its run folder, secret, password files and spocd.toml; returns what it made.

    `passwords` are by the file name that `config` has for them; `secret` is another node's, to be copied.
    Misconfigured where a value is wrong, the folder is not safe, or a desk stands there already. What failed is
    taken back; spocd.toml comes last, so that a folder is no desk before it is one.
    """
    path = folder / "spocd.toml"
    text = render(config)
    check_given(text, path, _GIVEN_AS)
    master = check_secret(secret) if secret else None
    made: list[Path] = []
    try:
        _make_folder(folder, 0o711, made)
        with _alone(folder):
            _refuse_a_desk(folder, config)
            _make_folder(folder / "run", 0o755, made)
            _make_secret(folder / config.secret, master, made)
            for name, password in passwords.items():
                _make_private(folder / name, password.encode() + b"\n", made)
            write_new(path, text.encode(), mode=0o644)
            made.append(path)
    except OSError as error:
        take_back(made)
        raise Misconfigured([f"{error.filename or folder}: cannot be made: {error.strerror or error}"]) from None
    except BaseException:
        take_back(made)
        raise
    return made


def take_back(made: list[Path]) -> None:
    """Remove what `lay_out` made, where nothing else has come into it since."""
    for path in reversed(made):
        with contextlib.suppress(OSError):
            if path.is_dir():
                path.rmdir()
            else:
                path.unlink()


def check_folder(config: Config, *, starting: bool = True) -> None:
    """Refuse a folder where others could read or exchange what the desk keeps: links, second names, open modes.

    Who is starting must own it too; who only asks whether a configuration is right need not, and need not be able to
    read the secret.
    """
    owner = os.geteuid() if starting else None
    faults = [*_folder_faults(config.folder, owner), *_secret_faults(config), *_private_faults(config, owner)]
    within = {config.file(config.listen.lmtp).parent, config.file(config.listen.control).parent}
    within |= {config.file(config.relay.sent)}
    for folder in sorted(within - {config.folder}):
        if os.path.lexists(folder):
            faults += _folder_faults(folder, owner)
    if faults:
        raise Misconfigured(faults)


def _folder_faults(folder: Path, owner: int | None) -> Iterator[str]:
    status = folder.lstat()
    if stat.S_ISLNK(status.st_mode):
        yield f"{folder}: is a symbolic link; name the folder that it leads to"
    elif not stat.S_ISDIR(status.st_mode):
        yield f"{folder}: is no folder; move it away"
    elif status.st_mode & _WRITABLE:
        yield f"{folder}: others can write to it; run: chmod go-w {folder}"
    elif owner is not None and status.st_uid not in (0, owner):
        yield f"{folder}: belongs to uid {status.st_uid}; run spocd as that user"


def _secret_faults(config: Config) -> Iterator[str]:
    """What is wrong with the secret but for its modes: it is missing or, where the caller may read it, is none."""
    path = config.file(config.secret)
    if not os.path.lexists(path):
        yield f"{path}: the file of the secret is not there; restore it from a backup"
        return
    try:
        closed(path)
    except ValueError:
        return  # said with the other private files
    if os.access(path, os.R_OK, effective_ids=True):
        try:
            check_secret(path)
        except Misconfigured as found:
            yield from found.faults


def _private_faults(config: Config, owner: int | None) -> Iterator[str]:
    named = ["lock", config.secret, config.store.password_file, config.relay.password_file, *_database(config)]
    for path in [config.file(name) for name in named if name]:
        if not os.path.lexists(path):
            continue
        try:
            closed(path)
        except ValueError as error:
            yield f"{path}: {error}"
            continue
        status = path.lstat()
        if status.st_nlink > 1:
            yield f"{path}: has a second name somewhere (a hard link); copy it, remove it, and move the copy here"
        elif owner is not None and status.st_uid != owner:
            yield f"{path}: belongs to uid {status.st_uid}; run spocd as that user"


def _database(config: Config) -> list[str]:
    scheme, _, file = config.store.url.partition(":")
    return [file + suffix for suffix in _BESIDE_SQLITE] if scheme == "sqlite" else []


def _make_folder(folder: Path, mode: int, made: list[Path]) -> None:
    """Make a folder, or take one that is there if it is ours and nobody else can write to it."""
    if os.path.lexists(folder):
        faults = list(_folder_faults(folder, os.geteuid()))
        if faults:
            raise Misconfigured(faults)
    else:
        folder.mkdir()
        made.append(folder)
    folder.chmod(mode)


def _refuse_a_desk(folder: Path, config: Config) -> None:
    for name in ("spocd.toml", *_database(config), config.relay.sent):
        if os.path.lexists(folder / name):
            raise Misconfigured(
                [f"{folder / name}: is already there: a desk stands in this folder. Choose another folder"]
            )


def _make_secret(path: Path, master: bytes | None, made: list[Path]) -> None:
    """Write the secret, or keep the one that was put there before, or that a try which was cut short has left."""
    if not os.path.lexists(path):
        write_secret(path, master)
        made.append(path)
    elif check_secret(path) != (master or check_secret(path)):
        raise Misconfigured([f"{path}: holds another secret than the one given; remove the one that is wrong"])


def _make_private(path: Path, content: bytes, made: list[Path]) -> None:
    """Write a private file; one that is there is of a try that was cut short, since no spocd.toml names it yet."""
    path.unlink(missing_ok=True)
    write_new(path, content, mode=0o600)
    made.append(path)


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Keep a second `spocd init` out of the folder meanwhile."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Misconfigured([f"{folder}: another spocd init is at work here; wait for it"]) from None
        yield
    finally:
        os.close(descriptor)
