"""The manual pages: one for every command, each of which man(1) shows without a complaint."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import click
import pytest

from spocd.cli.man import pages
from tests.cli.test_cli_commands import COMMANDS

PAGES = dict(pages())


def test_every_command_and_every_noun_has_a_page(tmp_path: Path) -> None:
    names = {f"{path.replace(' ', '-')}.1" for path in COMMANDS}
    assert names < set(PAGES)
    assert {"spocd.1", "spocd-ticket.1", "spocd-mail-failed.1"} <= set(PAGES)
    subprocess.run([sys.executable, "-m", "spocd.cli.man", str(tmp_path)], check=True, capture_output=True)
    assert {each.name: each.read_text() for each in tmp_path.iterdir()} == PAGES


@pytest.mark.parametrize("path", COMMANDS)
def test_a_page_has_the_help_the_options_and_the_example(path: str) -> None:
    command, context = COMMANDS[path]
    page = PAGES[f"{path.replace(' ', '-')}.1"].replace("\\-", "-").replace("\\(dq", '"')
    for option in command.get_params(context):
        if isinstance(option, click.Option):
            assert option.opts[-1] in page
    assert command.example.splitlines()[0].replace("`", "") in page.replace("\\fB", "").replace("\\fR", "")  # type: ignore[attr-defined]
    assert page.isascii()


@pytest.mark.skipif(shutil.which("man") is None or shutil.which("groff") is None, reason="man is not installed")
def test_no_page_makes_man_complain(tmp_path: Path) -> None:
    for name, text in PAGES.items():
        (tmp_path / name).write_text(text)
    environment = os.environ | {"MANWIDTH": "80", "LC_ALL": "C.UTF-8"}
    for name in sorted(PAGES):
        shown = subprocess.run(
            ["man", "--warnings", "-E", "UTF-8", "-l", str(tmp_path / name)],
            capture_output=True,
            text=True,
            env=environment,
            check=False,
        )
        assert (shown.returncode, shown.stderr) == (0, ""), name
        assert re.search(r"^NAME$", shown.stdout, re.MULTILINE), name


def test_a_wheel_brings_the_pages_to_where_man_looks(tmp_path: Path) -> None:
    source = Path(__file__).parents[2]
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)],
        cwd=source,
        check=True,
        capture_output=True,
    )
    [wheel] = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as packed:
        brought = {
            Path(name).name: packed.read(name).decode() for name in packed.namelist() if "/share/man/man1/" in name
        }
    assert brought == PAGES
