"""What works without a daemon: founding a desk, checking it, and working at it as its owner."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests import postgres
from tests.cli.fake_desk import Ended, process

STRANGER = 54321  # an account that this machine need not have


@pytest.fixture
def founded(tmp_path: Path) -> Path:
    """The spocd.toml of a desk that no daemon runs for."""
    folder = tmp_path / "desk"
    store = ("--store", postgres.fresh_database()) if postgres.is_wanted() else ()
    ended = process("init", str(folder), "--address", "desk@example.org", "--smtp", "127.0.0.1:0", "--json", *store)
    assert ended.code == 0
    assert json.loads(ended.out)["address"] == "desk@example.org"
    assert f"spocd --config {folder}/spocd.toml serve" in ended.err
    return folder / "spocd.toml"


def test_a_desk_is_not_founded_twice(founded: Path) -> None:
    ended = process("init", str(founded.parent), "--address", "desk@example.org")
    assert (ended.code, ended.out) == (78, "")


def test_a_bad_address_founds_nothing(tmp_path: Path) -> None:
    ended = process("init", str(tmp_path / "desk"), "--address", "desk")
    assert ended.code == 78
    assert not (tmp_path / "desk" / "spocd.toml").exists()


def test_the_owner_works_without_a_daemon(founded: Path) -> None:
    opened = process(
        *("ticket", "new", "--requester", "ann@example.org", "--subject", "No sound", "-b", "Mute.", "--json"),
        config=founded,
    )
    assert json.loads(opened.out)["number"] == 1
    assert process("ticket", "list", "-o", "ids", config=founded).out == "1\n"
    assert process("ticket", "view", "2", config=founded).code == 3


def test_a_key_is_kept_between_runs(founded: Path) -> None:
    line = ("ticket", "new", "--requester", "ann@example.org", "--subject", "s", "-b", "b", "--key", "k")
    first = process(*line, config=founded)
    assert process(*line, config=founded) == first
    assert process(*line[:-1], "k2", config=founded).out != first.out
    assert process(*line, "--priority", "high", config=founded).code == 5


def test_a_dry_run_shows_what_would_be_and_leaves_nothing(founded: Path) -> None:
    line = ("ticket", "new", "--requester", "ann@example.org", "--subject", "s", "-b", "b", "--dry-run")
    assert process(*line, config=founded).out.split()[0] == "1"
    assert process("ticket", "list", config=founded).out == ""


def test_the_configuration_is_checked_and_shown(founded: Path) -> None:
    assert process("config", "check", config=founded).code == 0
    assert 'address = "desk@example.org"' in process("config", "show", config=founded).out
    shown = json.loads(process("config", "show", "--json", config=founded).out)
    assert shown["desk"]["address"] == "desk@example.org"
    founded.write_text('[desk]\nadress = "desk@example.org"\n[listen]\nlmtp = 3\n')
    broken = process("config", "check", config=founded)
    assert (broken.code, broken.out) == (78, "")
    assert len(broken.err.splitlines()) >= 2
    assert all(line.startswith("spocd: ") for line in broken.err.splitlines())


def test_the_database_is_checked_and_migrated(founded: Path) -> None:
    assert process("db", "check", config=founded).code == 0
    assert process("db", "migrate", config=founded).code == 0


@pytest.mark.sqlite  # it is the files of the database that must not become root's
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_root_works_as_the_owner_of_the_desk(founded: Path) -> None:
    folder = founded.parent
    for above in folder.parents[:3]:
        above.chmod(0o711)
    # The folder is given away after all has been imported: its owner may not be able to read a Python in root's home.
    program = f"""
import os, pathlib, sys
from spocd.cli.ending import run
new = "ticket new --requester ann@example.org --subject s -b b".split()
lines = [new, ["db", "check"]]
codes = [run(["--config", {str(founded)!r}, *line]) for line in lines]
folder = pathlib.Path({str(folder)!r})
for path in (folder, *folder.rglob("*")):
    os.chown(path, {STRANGER}, {STRANGER})
codes += [run(["--config", {str(founded)!r}, *line]) for line in lines]
sys.exit(0 if codes == [0, 0, 0, 0] and os.geteuid() == 0 else 1)
"""
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    assert {path.stat().st_uid for path in folder.rglob("*")} == {STRANGER}


def as_a_stranger(founded: Path, *line: str) -> Ended:
    """Runs a command as an account that is not root's; all is imported before, since it may not read our Python."""
    for above in founded.parent.parents[:3]:
        above.chmod(0o711)
    program = f"""
import os, pwd, sqlite3, sys, tomllib
import spocd.cli.config, spocd.cli.db, spocd.cli.desk, spocd.config.folder, spocd.daemon.alone, spocd.daemon.node
import spocd.store.care, spocd.cli.ticket_find
from spocd.cli.ending import run
os.setgroups([])
os.setgid({STRANGER})
os.setuid({STRANGER})
sys.exit(run(["--config", {str(founded)!r}, *{list(line)!r}]))
"""
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    return Ended(ended.returncode, ended.stdout, ended.stderr)


def given_away(folder: Path) -> None:
    for path in (folder, *folder.rglob("*")):
        os.chown(path, STRANGER, STRANGER)


AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root can be two users")


@AS_ROOT
@pytest.mark.parametrize("line", [("db", "check"), ("db", "migrate")], ids=" ".join)
def test_the_database_is_its_owners(founded: Path, line: tuple[str, ...]) -> None:
    ended = as_a_stranger(founded, *line)
    assert (ended.code, ended.out) == (4, "")
    assert ended.err.endswith("belongs to the user “root”. Do this as that user, or as root.\n")


@AS_ROOT
@pytest.mark.parametrize(
    ("spoilt", "mode", "line"),
    [
        pytest.param(".", 0o555, ("serve",), id="serve in a closed folder"),
        pytest.param(".", 0o555, ("ticket", "list"), id="work in a closed folder"),
        pytest.param(".", 0o555, ("db", "check"), id="check in a closed folder"),
        pytest.param("lock", 0o000, ("serve",), id="serve with a closed lock"),
        pytest.param("lock", 0o000, ("ticket", "list"), id="work with a closed lock"),
        pytest.param("desk.db", 0o000, ("db", "check"), id="check a closed database", marks=pytest.mark.sqlite),
        pytest.param("desk.db", 0o400, ("db", "migrate"), id="migrate a closed database", marks=pytest.mark.sqlite),
    ],
)
def test_what_cannot_be_written_to_is_78_and_named(
    founded: Path, spoilt: str, mode: int, line: tuple[str, ...]
) -> None:
    given_away(founded.parent)
    (founded.parent / spoilt).chmod(mode)
    ended = as_a_stranger(founded, *line)
    assert (ended.code, ended.out) == (78, "")
    assert ended.err.startswith(f"spocd: {founded.parent / spoilt}: cannot be read and written by uid {STRANGER}")
    assert ended.err.count("\n") == 1


@pytest.mark.parametrize("line", [("serve",), ("db", "check"), ("ticket", "list")], ids=" ".join)
def test_a_desk_that_is_not_there_is_said_to_be_missing(tmp_path: Path, line: tuple[str, ...]) -> None:
    ended = process("--config", str(tmp_path / "none" / "spocd.toml"), *line)
    assert ended.code == 78
    assert "there is no such file" in ended.err


def test_a_configuration_whose_secret_is_missing_is_not_ok(founded: Path) -> None:
    (founded.parent / "secret").unlink()
    ended = process("config", "check", config=founded)
    assert (ended.code, ended.out) == (78, "")
    assert "secret is not there" in ended.err


@AS_ROOT
def test_a_configuration_can_be_checked_by_whoever_cannot_read_the_secret(founded: Path) -> None:
    assert as_a_stranger(founded, "config", "check").code == 0
    (founded.parent / "secret").unlink()
    assert as_a_stranger(founded, "config", "check").code == 78


def test_a_new_desk_says_where_its_letters_go_and_who_its_agent_is(tmp_path: Path) -> None:
    line = ("--address", "desk@example.org", "--smtp", "127.0.0.1:0")
    own = process("init", str(tmp_path / "a"), *line)
    assert f"\nsent     {tmp_path}/a/sent\n" in own.out
    assert f"\nuid      {os.getuid()}\n" in own.out
    assert "no account" not in own.err
    relayed = process("init", str(tmp_path / "b"), *line, "--relay", "smtp://127.0.0.1:25")
    assert "\nrelay    smtp://127.0.0.1:25\n" in relayed.out
    assert "sent" not in relayed.out
    document = json.loads(process("init", str(tmp_path / "c"), *line, "--relay", "smtp://127.0.0.1:25", "--json").out)
    assert document["sent"] == "smtp://127.0.0.1:25"


def test_an_administrator_without_an_account_is_the_caller_and_that_is_said(tmp_path: Path) -> None:
    line = ("--address", "desk@example.org", "--smtp", "127.0.0.1:0", "--admin", "no.such.account")
    ended = process("init", str(tmp_path / "desk"), *line)
    assert ended.code == 0
    assert "no account “no.such.account”" in ended.err
    assert f"(uid {os.getuid()})" in ended.err


@pytest.mark.parametrize(
    ("toml", "control"),
    [
        ('[listen]\ncontrol = "a/b"\n', "a/b"),
        ('# [listen]\n[desk]\ncontrol = "x"\n[listen]\nsmtp = []\n  control="a/b"\n[limits]\n', "a/b"),
        ('[listen]\ncontrol = "a/b"  # ours\n', "a/b"),
        ("[listen]\ncontrol = 'a/b'\n", "a/b"),
        ('[listen]\n"control" = "a/b"\n', "a/b"),
        ('[listen]\ncontrol = "a\\u002fb"\n', "a/b"),
        ('[listen]\nsmtp = [\n  "[::1]:25",\n]\ncontrol = "a/b"\n', "a/b"),
        ('listen.control = "a/b"\n', "a/b"),
        ('listen = {control = "a/b"}\n', "a/b"),
        ('[desk]\nname = """\n[listen]\ncontrol = "no"\n"""\n[listen]\ncontrol = "a/b"\n', "a/b"),
        ("[listen]\n", "run/control"),
        ("", "run/control"),
    ],
)
def test_the_control_socket_is_found_however_the_file_is_written(tmp_path: Path, toml: str, control: str) -> None:
    config = tmp_path / "spocd.toml"
    config.write_text(toml)
    ended = process("health", config=config)
    assert ended.code == 69
    assert f"nothing listens on {tmp_path}/{control}." in ended.err
