from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import pytest

from tests.peers import exim, opensmtpd
from tests.peers.exim import Exim
from tests.peers.mail_server import MailServer, answers
from tests.peers.opensmtpd import OpenSmtpd
from tests.peers.postfix import Postfix
from tests.peers.private_root import missing
from tests.peers.tap import tapped
from tests.running import RunningDesk, eventually

M = TypeVar("M", bound=MailServer)


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
def mutt() -> str:
    need(None if shutil.which("mutt") else "mutt is not installed")
    return "mutt"


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
    need_postfix()
    with standing(open_folder, Postfix.made) as mta:
        yield mta


@pytest.fixture(scope="module", params=["postfix", "exim", "opensmtpd"])
def mta(request: pytest.FixtureRequest, open_folder: Path) -> Iterator[MailServer]:
    """Each mail server in turn, with a desk behind it, which it also relays for."""
    match request.param:
        case "postfix":
            need_postfix()
            made: Callable[[Path, RunningDesk], MailServer] = Postfix.made
        case "exim":
            need(missing(exim.PACKAGE, exim.PROGRAM))
            made = Exim.made
        case _:
            need(missing(opensmtpd.PACKAGE, opensmtpd.PROGRAM))
            made = OpenSmtpd.made
    folder = open_folder / request.param
    folder.mkdir(mode=0o711)
    with standing(folder, made) as server:
        yield server


def need_postfix() -> None:
    need(None if shutil.which("postfix") else "postfix is not installed")
    need(None if os.getuid() == 0 else "only root can start a Postfix of its own")


@contextmanager
def standing(folder: Path, made: Callable[[Path, RunningDesk], M]) -> Iterator[M]:
    """A mail server and its desk, both running; what the desk writes goes through a tap into the server."""
    desk = RunningDesk.made(folder / "desk")
    mta = made(folder, desk)
    with tapped(mta.port) as tap:
        mta.tap = tap
        desk.config.write_text(desk.config.read_text().replace('url = ""', f'url = "smtp://127.0.0.1:{tap.port}"'))
        try:
            mta.start_desk()
            mta.start()
            eventually(lambda: answers(mta), "the mail server to listen")
            yield mta
        finally:
            mta.stop()
            if desk.process is not None:
                desk.kill()
