from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.running import RunningDesk, running_desk


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[RunningDesk]:
    """A desk that runs, for one test alone."""
    with running_desk(tmp_path / "desk") as running:
        yield running


@pytest.fixture(scope="module")
def shared_desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningDesk]:
    """A desk that the tests of a module share, each with people of its own; it acknowledges to everybody."""
    with running_desk(tmp_path_factory.mktemp("shared") / "desk", unknown_an_hour=100000) as running:
        yield running
