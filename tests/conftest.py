from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests import postgres


@pytest.fixture(autouse=True)
def databases_of_this_test() -> Iterator[None]:
    """Drops the PostgreSQL databases that a test made; what its module or the whole run shares was made before."""
    before = len(postgres.server().databases) if postgres.is_running() else 0
    yield
    if postgres.is_running():
        postgres.server().retire(after=before)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leaves out what is about a file, where desks are kept in PostgreSQL."""
    if postgres.is_wanted():
        items[:] = [each for each in items if each.get_closest_marker("sqlite") is None]
