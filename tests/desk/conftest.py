"""A desk of its own for each test: a copy of a database that is made once, since making one takes longest."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.desk.running_desk import RunningDesk, alive, copy_of, founded, new_url, opened


@pytest.fixture(scope="session")
def new_desk(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The URL of a desk on its first day."""
    url = new_url(tmp_path_factory.mktemp("desk"))
    asyncio.run(founded(url))
    return url


@pytest.fixture
async def desk(tmp_path: Path, new_desk: str) -> AsyncIterator[RunningDesk]:
    store = await opened(copy_of(new_desk, tmp_path))
    yield await alive(RunningDesk(store))
    await store.close()
