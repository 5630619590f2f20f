"""Whoever has an account on the machine: what they may read, and under which name they act."""

from __future__ import annotations

import os
import stat
import traceback
from collections.abc import Callable
from pathlib import Path

import pytest

from spocd.control import client
from spocd.errors import Exit, Refused
from tests.running import RunningDesk

NOBODY = 65534


def as_uid(uid: int, work: Callable[[], object]) -> int:
    """Do something in a child with another uid, which imported all that it needs before; the child's exit code."""
    child = os.fork()
    if child == 0:
        code = 70
        try:
            os.setgroups([])
            os.setgid(uid)
            os.setuid(uid)
            work()
            code = 0
        except Refused as refused:
            code = int(refused.exit)
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


@pytest.fixture
def open_path(tmp_path: Path) -> None:
    """Let other accounts pass through the folders that pytest made for us alone."""
    for folder in (tmp_path, *tmp_path.parents[:2]):
        folder.chmod(folder.stat().st_mode | 0o711)


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become somebody else")
@pytest.mark.usefixtures("open_path")
def test_another_account_is_refused_until_it_has_a_role_and_then_acts_under_its_name(desk: RunningDesk) -> None:
    control = desk.folder / "run" / "control"
    desk.send()
    desk.settled()

    def list_tickets() -> None:
        client.call(control, "ticket.list", {})

    def write_note() -> None:
        client.call(control, "ticket.note", {"ticket": 1, "body": "I was here."})

    def make_an_agent() -> None:
        client.call(control, "agent.new", {"login": "mallory", "uid": 1234})

    def act_as_root() -> None:
        client.call(control, "ticket.list", {"acting_as": "root"})

    for refused in (list_tickets, write_note, make_an_agent):
        assert as_uid(NOBODY, refused) == Exit.NOT_PERMITTED
    assert as_uid(NOBODY, lambda: client.call(control, "desk.health", {})) == 0

    desk.json("agent", "new", "stranger", "--uid", str(NOBODY))
    assert as_uid(NOBODY, list_tickets) == 0
    assert as_uid(NOBODY, write_note) == 0
    for refused in (make_an_agent, act_as_root):
        assert as_uid(NOBODY, refused) == Exit.NOT_PERMITTED
    [note] = [each for each in desk.view(1)["journal"] if each["event"] == "note"]
    assert (note["actor"], note["uid"]) == ("stranger", NOBODY)


def test_root_may_act_as_an_agent_and_the_journal_keeps_whose_hand_it_was(desk: RunningDesk) -> None:
    desk.send()
    desk.settled()
    desk.json("agent", "new", "bob", "--uid", "4242")
    desk.json("ticket", "take", "1", "--as", "bob")
    view = desk.view(1)
    assert view["assignee"] == "bob"
    [taken] = [each for each in view["journal"] if each["event"] == "taken"]
    assert (taken["actor"], taken["uid"]) == ("bob", os.getuid())


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become somebody else")
@pytest.mark.usefixtures("open_path")
@pytest.mark.sqlite  # the mails are in the folder only where the database is
def test_another_account_can_read_no_secret_and_no_mail(desk: RunningDesk) -> None:
    desk.send()
    desk.settled()
    names = ["secret", "desk.db", "desk.db-wal", "lock", "sent/new"]

    def read_them() -> None:
        for name in names:
            with pytest.raises(PermissionError):
                os.open(desk.folder / name, os.O_RDONLY)
        with pytest.raises(PermissionError):
            os.listdir(desk.folder)
        (desk.folder / "spocd.toml").read_text()

    assert as_uid(NOBODY, read_them) == 0


@pytest.mark.sqlite  # most of these files are the database's
@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_files_have_their_modes_whatever_the_umask(tmp_path: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        desk = RunningDesk.made(tmp_path / "desk").start()
    finally:
        os.umask(before)
    try:
        desk.send()
        desk.settled()
        modes = {
            str(path.relative_to(desk.folder)): f"{stat.S_IMODE(path.lstat().st_mode):04o}"
            for path in (desk.folder, *desk.folder.rglob("*"))
            if path.name != "log" and "sent" not in path.parts
        }
        assert modes == {
            ".": "0711",
            "run": "0755",
            "run/control": "0666",
            "run/lmtp": "0660",
            "desk.db": "0600",
            "desk.db-wal": "0600",
            "desk.db-shm": "0600",
            "secret": "0600",
            "lock": "0600",
            "desk.db-lock": "0600",
            "spocd.toml": "0644",
        }
        sent = [path for path in (desk.folder / "sent").rglob("*") if path.is_file()]
        assert {stat.S_IMODE(path.stat().st_mode) for path in sent} == {0o600}
    finally:
        desk.kill()
