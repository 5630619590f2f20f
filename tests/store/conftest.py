"""A store on a file of its own, and what watches it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from spocd.store.sqlite import SqliteStore

BUSY = 0.3  # seconds that a store of the tests waits for another process


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "desk.db"


@pytest.fixture
async def store(file: Path) -> AsyncIterator[SqliteStore]:
    opened = await SqliteStore.open(file, create=True, busy=BUSY)
    yield opened
    await opened.close()
