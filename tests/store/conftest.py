"""A store of its own for each test: on SQLite, on PostgreSQL, or on one after the other."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from spocd.store import Store
from spocd.store.postgres import PostgresStore
from spocd.store.sqlite import SqliteStore
from tests import postgres

BUSY = 0.3  # seconds that a store of the tests waits for another process


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "desk.db"


@pytest.fixture
async def sqlite(file: Path) -> AsyncIterator[SqliteStore]:
    opened = await SqliteStore.open(file, create=True, busy=BUSY)
    yield opened
    await opened.close()


@pytest.fixture(scope="session")
def migrated() -> str:
    """The URL of a PostgreSQL database that others are copied from."""

    async def migrate(url: str) -> None:
        await (await PostgresStore.open(url, create=True)).close()

    url = postgres.fresh_database()
    asyncio.run(migrate(url))
    return url


@pytest.fixture
def url(migrated: str) -> str:
    """A PostgreSQL database with all tables, and no row in them."""
    return postgres.server().fresh_database(like=migrated)


@pytest.fixture
async def pair(url: str) -> AsyncIterator[tuple[PostgresStore, PostgresStore]]:
    """The stores of two nodes on one database."""
    one, other = await PostgresStore.open(url, create=False), await PostgresStore.open(url, create=False)
    yield one, other
    await one.close()
    await other.close()


@pytest.fixture(params=["sqlite", "postgres"])
async def store(request: pytest.FixtureRequest, file: Path, url: str) -> AsyncIterator[Store]:
    opened: Store
    if request.param == "sqlite":
        opened = await SqliteStore.open(file, create=True, busy=BUSY)
    else:
        opened = await PostgresStore.open(url, create=False)
    yield opened
    await opened.close()
