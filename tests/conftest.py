from __future__ import annotations

import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from tests import postgres


@pytest.fixture(autouse=True)
def databases_of_this_test() -> Iterator[None]:
    """Drops the PostgreSQL databases that a test made; what its module or the whole run shares was made before."""
    before = len(postgres.server().databases) if postgres.is_running() else 0
    yield
    if postgres.is_running():
        postgres.server().retire(after=before)


# How long one example takes says more of who else works on the machine than of us; pytest-timeout ends what hangs.
settings.register_profile("spocd", deadline=None)
settings.load_profile("spocd")


def pytest_configure() -> None:
    """Has the programs that tests start mind Ctrl-C, also where a shell started us beside itself and ignores it."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leaves out what is about a file, where desks are kept in PostgreSQL."""
    if postgres.is_wanted():
        items[:] = [each for each in items if each.get_closest_marker("sqlite") is None]


@pytest.fixture(scope="session", autouse=True)
def folders_that_other_accounts_may_pass(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Lets daemons and programs of other accounts reach what a test opens to them, however deep pytest keeps it."""
    base, top = tmp_path_factory.getbasetemp(), Path(tempfile.gettempdir())
    for folder in (base, *base.parents):
        if folder == top or top not in folder.parents:
            break
        folder.chmod(0o711)
