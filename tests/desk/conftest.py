"""A desk of its own for each test."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from running_desk import RunningDesk, open_the_desk

from spocd.store.sqlite import SqliteStore


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[RunningDesk]:
    store = await SqliteStore.open(tmp_path / "desk.db", create=True)
    await store.write(open_the_desk)
    yield RunningDesk(store)
    await store.close()
