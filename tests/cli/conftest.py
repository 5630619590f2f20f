"""A running desk, and the command line against it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from spocd.cli.ending import run
from tests.cli.fake_desk import Ended, FakeDesk

Cli = Callable[..., Ended]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[FakeDesk]:
    running = FakeDesk(tmp_path)
    yield running
    running.close()


@pytest.fixture
def cli(desk: FakeDesk, capsys: pytest.CaptureFixture[str]) -> Cli:
    """Runs a command line in this process; neither standard input nor a terminal is there."""

    def command(*arguments: str) -> Ended:
        code = run(["--config", str(desk.config), *arguments])
        out, err = capsys.readouterr()
        return Ended(code, out, err)

    return command
