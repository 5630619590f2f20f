from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.peers.postfix import Postfix
from tests.running import RunningDesk, eventually


def need(reason: str | None) -> None:
    """Skip where something is missing; in CI everything must be there."""
    if reason and os.environ.get("CI") == "true":
        pytest.fail(f"{reason}; CI must install it", pytrace=False)
    if reason:
        pytest.skip(reason)


@pytest.fixture
def swaks() -> str:
    need(None if shutil.which("swaks") else "swaks is not installed")
    return "swaks"


@pytest.fixture
def s_nail() -> str:
    need(None if shutil.which("s-nail") else "s-nail is not installed")
    return "s-nail"


@pytest.fixture(scope="module")
def open_folder() -> Iterator[Path]:
    """A folder that other accounts may pass through; pytest's own are closed to them."""
    folder = Path(tempfile.mkdtemp(prefix="spocd-peer-"))
    folder.chmod(0o711)
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


@pytest.fixture(scope="module")
def postfix(open_folder: Path) -> Iterator[Postfix]:
    """A Postfix of our own with a desk behind it, which it also relays for."""
    need(None if shutil.which("postfix") else "postfix is not installed")
    need(None if os.getuid() == 0 else "only root can start a Postfix of its own")
    desk = RunningDesk.made(open_folder / "desk")
    mta = Postfix.made(open_folder, desk)
    desk.config.write_text(desk.config.read_text().replace('url = ""', f'url = "smtp://127.0.0.1:{mta.port}"'))
    mta.start_desk()
    try:
        mta.start()
        eventually(mta.answers, "Postfix to listen")
        yield mta
    finally:
        mta.stop()
        if desk.process is not None:
            desk.kill()
