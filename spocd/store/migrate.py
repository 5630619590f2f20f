"""Migrations: numbered files a dialect, each applied with its record in one transaction."""

from __future__ import annotations

import sqlite3
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from spocd.errors import Misconfigured

FOLDER = Path(__file__).parent / "migrations"
_RECORDS = (
    "create table if not exists schema_migration"
    " (version integer primary key, name text not null, applied_at integer not null)"
)
_LOCK = "1, 2"  # the key of the advisory lock of whoever migrates


@dataclass(frozen=True, slots=True)
class Migration:
    version: int
    name: str
    sql: str


def migrations(dialect: str) -> list[Migration]:
    """All of them, oldest first."""
    files = sorted((FOLDER / dialect).glob("[0-9]*.sql"))
    return [Migration(int(file.name[:4]), file.stem[5:], file.read_text(encoding="utf-8")) for file in files]


def newest_version(dialect: str) -> int:
    """The schema that this spocd works with."""
    return migrations(dialect)[-1].version


def split_statements(text: str) -> list[str]:
    """The statements of a migration, one by one: `executescript` would commit in the middle."""
    found, current = [], ""
    for line in text.splitlines(keepends=True):
        current += line
        if line.rstrip().endswith(";") and sqlite3.complete_statement(current):
            found.append(current.strip())
            current = ""
    if current.strip():
        found.append(current.strip())
    return found


def version_of(connection: sqlite3.Connection) -> int:
    """The schema version of a database; 0 where it holds no desk yet."""
    there = connection.execute("select 1 from sqlite_master where name = 'schema_migration'").fetchone()
    if there is None:
        return 0
    [(version,)] = connection.execute("select coalesce(max(version), 0) from schema_migration")
    return int(version)


def check_migratable(version: int, database: object, newest: int) -> None:
    """Refuse a database that is newer than we are, or that holds no desk: a migration makes none."""
    if version == 0:
        raise Misconfigured(
            [f"{database}: there is no desk in this database (is store.url right?). Make one: spocd init DIR …"]
        )
    if version > newest:
        raise Misconfigured(
            [f"{database}: made by a newer spocd (schema {version}, this one knows {newest}). Upgrade spocd."]
        )


def check_version(version: int, database: object, newest: int) -> None:
    """Refuse a database that is newer than we are, holds no desk, or waits for its migration."""
    check_migratable(version, database, newest)
    if version < newest:
        raise Misconfigured(
            [f"{database}: schema {version} is older than this spocd ({newest}). Run: spocd db migrate"]
        )


def migrate_sqlite(connection: sqlite3.Connection) -> list[str]:
    """Apply what is missing; the names of what was applied. A kill in the middle leaves whole steps only."""
    applied = []
    for migration in migrations("sqlite"):
        if migration.version > version_of(connection):
            _apply(connection, migration)
            applied.append(migration.name)
    return applied


def _apply(connection: sqlite3.Connection, migration: Migration) -> None:
    connection.execute("begin immediate")
    try:
        connection.execute(_RECORDS)
        for statement in split_statements(migration.sql):
            connection.execute(statement)
        connection.execute(
            "insert into schema_migration (version, name, applied_at) values (?, ?, ?)",
            (migration.version, migration.name, int(time.time())),
        )
        connection.execute("commit")
    except BaseException:
        if connection.in_transaction:
            connection.execute("rollback")
        raise


async def postgres_version(connection: Any) -> int:
    """The schema version of a PostgreSQL database; 0 where it holds no desk yet."""
    if await connection.fetchval("select to_regclass('schema_migration')") is None:
        return 0
    return int(await connection.fetchval("select coalesce(max(version), 0) from schema_migration"))


async def migrate_postgres(connection: Any) -> list[str]:
    """Apply what is missing; the names of what was applied. Of several nodes that try at once, one does each step."""
    applied = []
    for migration in migrations("postgres"):
        async with connection.transaction(isolation="read_committed"):
            await connection.execute(f"select pg_advisory_xact_lock({_LOCK})")
            if migration.version > await postgres_version(connection):
                await connection.execute(_RECORDS.replace("integer", "bigint"))
                await connection.execute(migration.sql)
                await connection.execute(
                    "insert into schema_migration (version, name, applied_at) values ($1, $2, $3)",
                    migration.version,
                    migration.name,
                    int(time.time()),
                )
                applied.append(migration.name)
    return applied
