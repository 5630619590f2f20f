"""The folder of a desk: its modes, its secret, and what it refuses. Names with SEC are of the table of threats."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from spocd.config import (
    Config,
    DeskSection,
    RelaySection,
    StoreSection,
    check_folder,
    check_secret,
    lay_out,
    load,
    take_back,
    write_secret,
)
from spocd.errors import Misconfigured

DESK = DeskSection(address="desk@example.org")
DIGITS = "0123456789abcdef" * 4


def desk_in(folder: Path) -> Config:
    return Config(path=folder / "spocd.toml", desk=DESK)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


def made(folder: Path, config: Config | None = None, *, secret: Path | None = None) -> list[Path]:
    return lay_out(folder, config or desk_in(folder), secret=secret, passwords={})


def everything_in(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


@pytest.fixture(params=[0o000, 0o022, 0o777], ids=oct)
def umask(request: pytest.FixtureRequest) -> Iterator[None]:
    before = os.umask(request.param)
    yield
    os.umask(before)


# Laying out


@pytest.mark.usefixtures("umask")
def test_f32_the_modes_are_right_whatever_the_umask(tmp_path: Path) -> None:
    folder = tmp_path / "desk"
    section = RelaySection(url="smtp://mail.example.org:587", user="ann", password_file="relay-password")
    config = replace(desk_in(folder), relay=section)
    lay_out(folder, config, secret=None, passwords={"relay-password": "hunter2"})
    assert mode(folder) == 0o711
    assert {path.name: mode(path) for path in folder.iterdir()} == {
        "run": 0o755,
        "spocd.toml": 0o644,
        "secret": 0o600,
        "relay-password": 0o600,
    }
    assert (folder / "relay-password").read_text() == "hunter2\n"
    assert "hunter2" not in (folder / "spocd.toml").read_text()
    assert load(folder / "spocd.toml") == config
    check_folder(config)


def test_an_empty_folder_of_ours_is_taken_with_the_run_folder_that_systemd_made(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run/control").touch()
    made(tmp_path)
    assert len(check_secret(tmp_path / "secret")) == 32


def test_the_secret_of_another_node_is_copied(tmp_path: Path) -> None:
    write_secret(tmp_path / "theirs")
    made(tmp_path / "desk", secret=tmp_path / "theirs")
    assert check_secret(tmp_path / "desk/secret") == check_secret(tmp_path / "theirs")


def test_two_desks_have_two_secrets(tmp_path: Path) -> None:
    made(tmp_path / "one")
    made(tmp_path / "two")
    assert check_secret(tmp_path / "one/secret") != check_secret(tmp_path / "two/secret")


@pytest.mark.parametrize("name", ["spocd.toml", "desk.db", "desk.db-wal", "sent"])
def test_a_folder_that_holds_a_desk_is_refused_and_left_as_it_is(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text("as it was")
    with pytest.raises(Misconfigured, match="already there"):
        made(tmp_path)
    assert (tmp_path / name).read_text() == "as it was"
    assert everything_in(tmp_path) == {name}


def linked(folder: Path) -> None:
    (folder.parent / "elsewhere").mkdir()
    folder.symlink_to(folder.parent / "elsewhere")


def open_to_all(folder: Path) -> None:
    folder.mkdir()
    folder.chmod(0o777)


def open_to_group(folder: Path) -> None:
    folder.mkdir()
    folder.chmod(0o770)


def with_a_linked_run_folder(folder: Path) -> None:
    folder.mkdir()
    (folder / "run").symlink_to("/tmp")


@pytest.mark.parametrize(
    ("prepare", "why"),
    [
        (linked, "is a symbolic link"),
        (open_to_all, "chmod go-w"),
        (open_to_group, "chmod go-w"),
        (Path.touch, "is no folder"),
        (with_a_linked_run_folder, "is a symbolic link"),
    ],
)
def test_sec58_an_unsafe_folder_is_not_taken(prepare: Callable[[Path], None], why: str, tmp_path: Path) -> None:
    folder = tmp_path / "desk"
    prepare(folder)
    before = everything_in(tmp_path)
    with pytest.raises(Misconfigured, match=why):
        made(folder)
    assert everything_in(tmp_path) == before


def test_a_folder_whose_parent_is_missing_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="No such file"):
        made(tmp_path / "missing/desk")


@pytest.mark.parametrize(
    "section",
    [DeskSection(address="desk"), DeskSection(address="desk@example.org", zone="Mars/Olympus")],
    ids=["address", "zone"],
)
def test_values_that_are_wrong_are_refused_before_anything_is_made(section: DeskSection, tmp_path: Path) -> None:
    folder = tmp_path / "desk"
    with pytest.raises(Misconfigured, match="desk"):
        made(folder, Config(path=folder / "spocd.toml", desk=section))
    assert not folder.exists()


def test_what_failed_half_way_is_taken_back_and_a_second_try_works(tmp_path: Path) -> None:
    folder = tmp_path / "desk"
    # A password cannot be written below a file, and the secret stands by then.
    config = replace(desk_in(folder), store=StoreSection(password_file="secret/password"))
    with pytest.raises(Misconfigured, match="cannot be made"):
        lay_out(folder, config, secret=None, passwords={"secret/password": "hunter2"})
    assert not folder.exists()
    made(folder)


def test_what_a_killed_try_left_behind_is_in_nobodys_way(tmp_path: Path) -> None:
    write_secret(tmp_path / "secret")
    secret = check_secret(tmp_path / "secret")
    for left in (".spocd.toml.new", "relay-password", ".secret.new"):
        (tmp_path / left).write_text("half")
    lay_out(tmp_path, desk_in(tmp_path), secret=None, passwords={"relay-password": "whole"})
    assert check_secret(tmp_path / "secret") == secret
    assert (tmp_path / "relay-password").read_text() == "whole\n"


def test_a_secret_that_is_there_is_not_exchanged_for_another(tmp_path: Path) -> None:
    write_secret(tmp_path / "theirs")
    folder = tmp_path / "desk"
    folder.mkdir()
    write_secret(folder / "secret")
    with pytest.raises(Misconfigured, match="another secret"):
        made(folder, secret=tmp_path / "theirs")


def test_a_desk_can_be_taken_back_when_what_follows_fails(tmp_path: Path) -> None:
    folder = tmp_path / "desk"
    take_back(made(folder))
    assert not folder.exists()


def test_taking_back_leaves_what_others_put_there(tmp_path: Path) -> None:
    folder = tmp_path / "desk"
    steps = made(folder)
    (folder / "notes").touch()
    take_back(steps)
    assert everything_in(folder) == {"notes"}


# The secret


def test_a_secret_is_written_once_and_closed_to_others(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    write_secret(path)
    assert mode(path) == 0o600
    with pytest.raises(FileExistsError):
        write_secret(path)


@pytest.mark.parametrize(
    ("content", "permissions", "why"),
    [
        (DIGITS, 0o644, "chmod 600"),
        (DIGITS, 0o640, "chmod 600"),
        (DIGITS, 0o620, "chmod 600"),
        ("", 0o600, "64 hexadecimal digits"),
        (DIGITS[:-2], 0o600, "64 hexadecimal digits"),
        (DIGITS + "00", 0o600, "64 hexadecimal digits"),
        (DIGITS * 1000, 0o600, "64 hexadecimal digits"),
        ("x" * 64, 0o600, "64 hexadecimal digits"),
        ("ø" * 64, 0o600, "64 hexadecimal digits"),
    ],
)
def test_sec60_a_secret_that_is_open_or_no_secret_is_refused(
    content: str, permissions: int, why: str, tmp_path: Path
) -> None:
    path = tmp_path / "secret"
    path.write_text(content)
    path.chmod(permissions)
    with pytest.raises(Misconfigured, match=why) as caught:
        check_secret(path)
    assert DIGITS[:8] not in str(caught.value)


def test_a_secret_is_no_link_no_folder_and_no_pipe(tmp_path: Path) -> None:
    write_secret(tmp_path / "real")
    (tmp_path / "link").symlink_to("real")
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe", 0o600)
    for name, why in [
        ("link", "symbolic link"),
        ("folder", "no ordinary file"),
        ("pipe", "no ordinary file"),
        ("missing", "is not there"),
    ]:
        with pytest.raises(Misconfigured, match=why):
            check_secret(tmp_path / name)


# At start


@pytest.fixture
def desk(tmp_path: Path) -> Config:
    folder = tmp_path / "desk"
    made(folder)
    (folder / "desk.db").touch(mode=0o600)
    (folder / "sent").mkdir(mode=0o700)
    return load(folder / "spocd.toml")


def exchange(path: Path) -> None:
    path.rename(path.parent.parent / "moved")
    path.symlink_to(path.parent.parent / "moved")


def test_a_folder_as_it_was_laid_out_is_fine(desk: Config) -> None:
    check_folder(desk)


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        pytest.param(lambda at: at.chmod(0o733), "desk: others can write to it; run: chmod go-w", id="folder open"),
        pytest.param(lambda at: at.chmod(0o731), "desk: others can write to it; run: chmod go-w", id="folder group"),
        pytest.param(exchange, "desk: is a symbolic link", id="folder linked"),
        pytest.param(lambda at: (at / "run").chmod(0o777), "run: others can write to it", id="run open"),
        pytest.param(lambda at: exchange(at / "run"), "run: is a symbolic link", id="run linked"),
        pytest.param(lambda at: exchange(at / "sent"), "sent: is a symbolic link", id="Maildir linked"),
        pytest.param(lambda at: (at / "secret").chmod(0o644), "secret: is open to others; run: chmod 600", id="secret"),
        pytest.param(lambda at: exchange(at / "secret"), "secret: is a symbolic link", id="secret linked"),
        pytest.param(
            lambda at: (at / "secret").unlink(), "secret: the file of the secret is not there", id="no secret"
        ),
        pytest.param(lambda at: (at / "secret").write_text("x"), "64 hexadecimal digits", id="secret of another kind"),
        pytest.param(lambda at: (at.parent / "x").hardlink_to(at / "secret"), "a second name", id="secret twice"),
        pytest.param(lambda at: (at / "lock").symlink_to("/etc/passwd"), "lock: is a symbolic link", id="lock linked"),
        pytest.param(lambda at: (at / "desk.db").chmod(0o640), "desk.db: is open to others", id="database open"),
        pytest.param(lambda at: exchange(at / "desk.db"), "desk.db: is a symbolic link", id="database linked"),
        pytest.param(lambda at: (at.parent / "x").hardlink_to(at / "desk.db"), "a second name", id="database twice"),
        pytest.param(
            lambda at: (at / "desk.db-wal").symlink_to("/etc/passwd"), "db-wal: is a symbolic", id="WAL linked"
        ),
    ],
)
def test_sec58_a_desk_does_not_start_on(spoil: Callable[[Path], None], why: str, desk: Config) -> None:
    spoil(desk.folder)
    with pytest.raises(Misconfigured, match=why):
        check_folder(desk)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
@pytest.mark.parametrize("name", [".", "secret", "desk.db", "run"])
def test_sec58_nor_on_what_belongs_to_somebody_else(name: str, desk: Config) -> None:
    os.chown(desk.folder / name, 65534, 65534)
    with pytest.raises(Misconfigured, match="belongs to uid 65534; run spocd as that user"):
        check_folder(desk)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_whoever_only_asks_need_not_own_the_folder(desk: Config) -> None:
    for path in (desk.folder, desk.folder / "secret", desk.folder / "run"):
        os.chown(path, 65534, 65534)
    check_folder(desk, starting=False)
    (desk.folder / "secret").chmod(0o644)
    with pytest.raises(Misconfigured, match="is open to others"):
        check_folder(desk, starting=False)


@pytest.mark.parametrize("starting", [True, False])
@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (lambda at: at.unlink(), "is not there; restore it"),
        (lambda at: at.write_text("x"), "64 hexadecimal digits"),
        (lambda at: at.chmod(0o644), "is open to others"),
        (lambda at: (at.unlink(), at.mkdir()), "is no ordinary file"),
    ],
    ids=["missing", "no secret", "open", "a folder"],
)
def test_whoever_asks_hears_the_one_fault_of_the_secret(
    spoil: Callable[[Path], object], why: str, starting: bool, desk: Config
) -> None:
    spoil(desk.folder / "secret")
    with pytest.raises(Misconfigured, match=why) as caught:
        check_folder(desk, starting=starting)
    assert len(caught.value.faults) == 1


def test_every_fault_of_a_folder_is_said_at_once(desk: Config) -> None:
    desk.folder.chmod(0o777)
    (desk.folder / "secret").chmod(0o644)
    with pytest.raises(Misconfigured) as caught:
        check_folder(desk)
    assert len(caught.value.faults) == 2
