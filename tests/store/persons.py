"""Operations for the store's tests: people are rows that need nothing else."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Awaitable, Callable
from pathlib import Path

from spocd.store import Store, Transaction


def adding(name: str) -> Callable[[Transaction], Awaitable[int]]:
    """The operation that adds a person; its result is the id."""

    async def add(tx: Transaction) -> int:
        row = await tx.one("add_person", name=name, language=None, now=1)
        assert row is not None
        return int(row["id"])

    return add


async def names(tx: Transaction) -> list[str]:
    rows = await tx.listing("person", {}, sort="newest", limit=100_000, after=None)
    return sorted(row["name"] for row in rows)


async def there(store: Store) -> list[str]:
    """The names that a reader sees."""
    return await store.read(names)


def in_the_file(file: Path) -> list[str]:
    """The names that another process sees."""
    with contextlib.closing(sqlite3.connect(file)) as connection:
        return sorted(row[0] for row in connection.execute("select name from person"))


def database_of(url: str) -> str:
    """The name of the PostgreSQL database that a URL leads to."""
    return url.partition("?")[0].rpartition("/")[2]
