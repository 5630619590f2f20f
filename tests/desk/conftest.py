"""A desk of its own for each test: a copy of a database that is made once, since making one takes longest."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from spocd.store.sqlite import SqliteStore
from tests.desk.running_desk import RunningDesk, founded


@pytest.fixture(scope="session")
def new_desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of a desk on its first day."""
    file = tmp_path_factory.mktemp("desk") / "desk.db"
    asyncio.run(founded(file))
    return file


@pytest.fixture
async def desk(tmp_path: Path, new_desk: Path) -> AsyncIterator[RunningDesk]:
    store = await SqliteStore.open(Path(shutil.copy(new_desk, tmp_path)), create=False)
    yield RunningDesk(store)
    await store.close()
