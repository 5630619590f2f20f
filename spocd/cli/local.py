"""What works without the daemon. Only here does the command line import the daemon's side, and only when it must."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

Document = dict[str, Any]


def in_process(config: str, operation: str, parameters: Document) -> Document:
    """Runs one operation in this process, under the lock of the desk's folder, as the owner of that folder."""
    from spocd.daemon import in_process as run

    with _as_owner(config):
        return run(Path(config), operation, parameters)


def serve(config: str) -> int:
    """Runs the daemon until it is told to stop; gives its exit code."""
    from spocd.daemon import serve as run

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

    with _as_owner(config):
        return migrate_url(load(Path(config)))


def check_database(config: str) -> Document:
    """Checks that the database is whole."""
    from spocd.config import load
    from spocd.store import check

    with _as_owner(config):
        return check(load(Path(config)))


def inspect(raw: bytes) -> Document:
    """What a mail says, as the desk reads it."""
    from spocd.gateway.reading import inspect as run

    return run(raw)


@contextmanager
def _as_owner(config: str) -> Iterator[None]:
    """Makes root the owner of the desk's folder while it works there.

    Otherwise the files that a database leaves behind would be root's, and the daemon could not open them. The real
    uid stays root's: it is still root that asks.
    """
    folder = os.stat(Path(config).parent)
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
