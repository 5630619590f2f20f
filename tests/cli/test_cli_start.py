"""What is loaded with a command: what is typed all day must not wait for what it does not use."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from spocd.__main__ import pipe_arguments
from tests.cli.fake_desk import FakeDesk, ticket

CLI = Path(__file__).parents[2] / "spocd" / "cli"
ALLOWED = ("spocd.cli", "spocd.control", "spocd.errors", "spocd.config")


def loaded_by(*line: str) -> set[str]:
    """The modules that a process holds after a command line."""
    program = (
        "import sys; from spocd.cli.ending import run\n"
        f"run({list(line)!r})\n"
        "print('\\n'.join(sys.modules), file=sys.stderr)"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return set(ended.stderr.split())


def test_a_read_loads_nothing_that_it_does_not_use(desk: FakeDesk) -> None:
    desk.answers["ticket.list"] = lambda _: {"tickets": [ticket()]}
    loaded = loaded_by("--config", str(desk.config), "ticket", "list")
    assert "spocd.cli.ticket_find" in loaded
    heavy = {"asyncio", "socket", "dataclasses", "pathlib", "sqlite3", "email", "csv", "zoneinfo", "subprocess"}
    assert loaded & heavy == set()
    ours = {"spocd.config", "spocd.cli.local", "spocd.cli.ticket_words", "spocd.cli.ticket_view", "spocd.cli.mail"}
    assert loaded & ours == set()


def test_the_help_of_the_whole_loads_no_command() -> None:
    loaded = loaded_by("--help")
    nouns = {"ticket", "mail", "message", "person", "agent", "token", "config", "db", "desk", "local", "call"}
    assert loaded & {f"spocd.cli.{noun}" for noun in nouns} == set()


def test_the_pipe_is_taken_before_click() -> None:
    program = (
        "import sys; from spocd.__main__ import run\n"
        "code = run(['pipe', '--help']); print('click' in sys.modules, code)"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ended.stdout.splitlines()[-1].startswith("False")


@pytest.mark.parametrize(
    ("line", "for_pipe"),
    [
        (["pipe"], []),
        (["pipe", "--recipient", "a@b.c"], ["--recipient", "a@b.c"]),
        (["--config", "x.toml", "pipe", "--sender", ""], ["--config", "x.toml", "--sender", ""]),
        (["--config=x.toml", "pipe"], ["--config=x.toml"]),
        (["--bogus", "pipe"], ["--bogus"]),
        (["--config", "pipe", "health"], None),
        (["ticket", "list", "--search", "pipe"], None),
        ([], None),
        (["--help"], None),
    ],
)
def test_which_lines_are_the_pipes(line: list[str], for_pipe: list[str] | None) -> None:
    assert pipe_arguments(line) == for_pipe


@pytest.mark.parametrize("module", sorted(CLI.glob("*.py")), ids=lambda path: path.stem)
def test_only_local_reaches_behind_the_control_socket(module: Path) -> None:
    tree = ast.parse(module.read_text())
    imports = {
        name
        for node in ast.walk(tree)
        for name in (
            [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else []
        )
        if name.startswith("spocd.")
    }
    if module.stem != "local":
        assert {name for name in imports if not name.startswith(ALLOWED)} == set()
    at_the_top = [node for node in tree.body if isinstance(node, ast.ImportFrom | ast.Import)]
    names = {node.module for node in at_the_top if isinstance(node, ast.ImportFrom)}
    assert not names & {"spocd.cli.local", "spocd.config", "spocd.daemon", "spocd.founding", "spocd.store"}


@pytest.mark.parametrize(
    ("line", "code", "said"),
    [
        pytest.param(["version"], 0, "spocd ", id="done"),
        pytest.param(["ticket", "list", "--sort", "x"], 2, "", id="bad usage"),
        pytest.param(["pipe", "--bogus"], 75, "", id="the pipe"),
    ],
)
def test_a_process_ends_with_the_code_and_all_that_was_said(line: list[str], code: int, said: str) -> None:
    # Standard output is no terminal here, so that Python keeps what is written until somebody flushes it.
    ended = subprocess.run([sys.executable, "-m", "spocd", *line], capture_output=True, text=True)
    assert (ended.returncode, ended.stdout[: len(said)]) == (code, said)
    assert bool(ended.stdout) == bool(said)
