"""Care of a PostgreSQL database: migrate it, check it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

import asyncpg

from spocd.errors import Misconfigured
from spocd.store.diagnosis import place_of
from spocd.store.lock import owned
from spocd.store.migrate import check_migratable, check_version, migrate_postgres, newest_version, postgres_version
from spocd.store.server import Connection, unhurried

T = TypeVar("T")

# What may not be as a desk needs it, by its name in the server's configuration.
_SAFE = {"fsync": ("on",), "full_page_writes": ("on",), "synchronous_commit": ("on", "remote_apply")}
_INDEXES = """
select c.oid, c.relname from pg_index i join pg_class c on c.oid = i.indexrelid join pg_am a on a.oid = c.relam
 where a.amname = 'btree' and c.relnamespace = current_schema()::regnamespace order by c.relname"""


def migrate_database(url: str, password: str | None, folder: Path) -> dict[str, Any]:
    """Bring a database to this version's schema, each step in its own transaction; one node at a time does it."""

    async def migrate(connection: Connection) -> dict[str, Any]:
        check_migratable(await postgres_version(connection), place_of(url), newest_version("postgres"))
        applied = await migrate_postgres(connection)
        return {"database": url, "applied": applied, "version": await postgres_version(connection)}

    with owned(folder):
        return asyncio.run(_on(url, password, migrate))


def check_database(url: str, password: str | None) -> dict[str, Any]:
    """Look at schema, settings and, where the extension amcheck is there, indexes. References it enforces itself."""

    async def look(connection: Connection) -> dict[str, Any]:
        version = await postgres_version(connection)
        check_version(version, place_of(url), newest_version("postgres"))
        faults = [
            f"{name} is {found}; a crash of the server's machine would lose mail. Set it to on in postgresql.conf"
            for name, good in _SAFE.items()
            if (found := await connection.fetchval("select current_setting($1)", name)) not in good
        ]
        indexes, more = await _check_indexes(connection)
        faults += more
        if faults:
            raise Misconfigured([f"{place_of(url)}: {fault}" for fault in faults])
        mark = await connection.fetchval("select secret_fingerprint from desk")
        return {"database": url, "version": version, "indexes": indexes, "integrity": "ok", "secret_fingerprint": mark}

    return asyncio.run(_on(url, password, look))


async def _check_indexes(connection: Connection) -> tuple[str, list[str]]:
    """What was looked at, and what is wrong with it."""
    if not await connection.fetchval("select count(*) from pg_extension where extname = 'amcheck'"):
        return "not checked (create extension amcheck)", []
    faults = []
    indexes = await connection.fetch(_INDEXES)
    for row in indexes:
        try:
            await connection.execute("select bt_index_check($1::oid::regclass, true)", row["oid"])
        except asyncpg.InsufficientPrivilegeError:
            return "not checked (grant execute on function bt_index_check(regclass, boolean))", []
        except (asyncpg.DataCorruptedError, asyncpg.IndexCorruptedError) as error:
            faults.append(f"{row['relname']}: {error}")
    return f"{len(indexes)} checked", faults


async def _on(url: str, password: str | None, work: Callable[[Connection], Awaitable[T]]) -> T:
    async with unhurried(url, password) as connection:
        return await work(connection)
