"""Care of an SQLite file: migrate it, check it."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path
from typing import Any

from spocd.errors import Misconfigured
from spocd.store.lock import owned, owned_database
from spocd.store.migrate import check_migratable, check_version, migrate_sqlite, newest_version, version_of


def migrate_file(file: Path, folder: Path) -> dict[str, Any]:
    """Bring a file to this version's schema, each step in its own transaction, while no daemon has it."""
    if not file.exists():
        raise _missing(file)
    with (
        owned(folder),
        owned_database(file),
        contextlib.closing(sqlite3.connect(file, isolation_level=None)) as connection,
    ):
        check_migratable(version_of(connection), file, newest_version("sqlite"))
        applied = migrate_sqlite(connection)
        return {"database": str(file), "applied": applied, "version": version_of(connection)}


def check_file(file: Path) -> dict[str, Any]:
    """Look at every page and every reference; a daemon may run meanwhile. Misconfigured where something is wrong."""
    if not file.exists():
        raise _missing(file)
    check_log(file)
    uri = f"{file.absolute().as_uri()}?mode=ro"
    with contextlib.closing(sqlite3.connect(uri, uri=True, isolation_level=None)) as connection:
        try:
            faults = [row[0] for row in connection.execute("pragma integrity_check") if row[0] != "ok"]
            dangling = connection.execute("pragma foreign_key_check")
            faults += [f"{row[0]} row {row[1]} refers to nothing" for row in dangling]
            version = version_of(connection)
        except sqlite3.DatabaseError as error:
            faults, version = [str(error)], 0
        if faults:
            raise Misconfigured([f"{file}: {fault}" for fault in faults])
        check_version(version, file, newest_version("sqlite"))
        mark = connection.execute("select secret_fingerprint from desk").fetchone()
        found = {"database": str(file), "version": version, "integrity": "ok"}
        return found | {"secret_fingerprint": mark and mark[0]}


def check_log(file: Path) -> None:
    """Refuse a database whose log was taken away: SQLite would go on without what was written last, and not say so.

    SQLite makes the log before its index and removes it after, so that the index alone means that somebody else did.
    """
    log, index = file.with_name(f"{file.name}-wal"), file.with_name(f"{file.name}-shm")
    if index.exists() and not log.exists():
        raise Misconfigured(
            [
                f"{log}: it is gone, and what was written last stood in it. Put it back. If it is lost for good, "
                f"remove {index}, run spocd db check, and start; the mails in it are lost."
            ]
        )


def _missing(file: Path) -> Misconfigured:
    return Misconfigured([f"{file}: there is no database. Make a desk first: spocd init DIR --address desk@…"])
