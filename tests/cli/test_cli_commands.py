"""What every command has: help, an example that works, and a place in docs/cli.md."""

from __future__ import annotations

import contextlib
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from spocd.cli import asked
from spocd.cli.grammar import Command, Noun
from spocd.cli.root import root
from tests.cli.fake_desk import process

DOCS = (Path(__file__).parents[2] / "docs" / "cli.md").read_text()


def every_command(noun: Noun, context: click.Context) -> Iterator[tuple[str, click.Command, click.Context]]:
    for name in noun.list_commands(context):
        command = noun.get_command(context, name)
        if command is None:
            continue
        inner = command.context_class(command, info_name=name, parent=context)
        if isinstance(command, Noun):
            yield from every_command(command, inner)
        else:
            yield inner.command_path, command, inner


ROOT = root.context_class(root, info_name="spocd")
COMMANDS = {path: (command, context) for path, command, context in every_command(root, ROOT)}
EACH = pytest.mark.parametrize("path", COMMANDS)


def section(path: str) -> str:
    """What docs/cli.md says of a command."""
    found = re.search(rf"^### {re.escape(path)}(?: [^a-z\n][^\n]*)?\n(.*?)(?=^##|\Z)", DOCS, re.MULTILINE | re.DOTALL)
    return found[0] if found else ""


def test_there_are_commands_to_look_at() -> None:
    assert {"spocd ticket list", "spocd ticket cc add", "spocd mail failed view", "spocd health"} <= set(COMMANDS)


@EACH
def test_a_command_has_help_and_an_example_of_itself(path: str) -> None:
    command, context = COMMANDS[path]
    assert isinstance(command, Command)
    assert command.help
    assert command.help.split("\n\n")[0].endswith(".")
    assert example_line(path) is not None
    assert command.example in command.get_help(context)


def example_line(path: str) -> list[str] | None:
    """What the example gives to this command; None where the example is one of another."""
    command, _ = COMMANDS[path]
    assert isinstance(command, Command)
    for line in re.split(r" \| ", command.example):
        words = shlex.split(re.split(r" [<>] ", line)[0])
        if words[1] == "--config":
            del words[1:3]
        if " ".join(words).startswith(path):
            return words[len(path.split()) :]
    return None


@EACH
def test_an_example_is_a_line_that_the_command_takes(path: str, tmp_path: Path) -> None:
    config = tmp_path / "spocd.toml"
    config.write_text("")
    (tmp_path / "trace.log").write_text("")
    command, context = COMMANDS[path]
    with contextlib.chdir(tmp_path), click.Context(root, info_name="spocd") as outer:
        asked.asked().config = str(config)
        # Ids that the example reads from standard input are named here; nothing is run.
        arguments = ["12" if word == "-" else word for word in example_line(path) or []]
        command.make_context(context.info_name, arguments, parent=outer)


@EACH
def test_a_command_stands_in_the_manual_with_its_example_and_its_options(path: str) -> None:
    command, _ = COMMANDS[path]
    assert isinstance(command, Command)
    told = section(path)
    assert told, f"docs/cli.md has no section “### {path}”"
    assert command.example in told
    assert " ".join((command.help or "").split()) in " ".join(told.split())
    shared = {*asked.WRITE, *asked.LIST, asked.IF_REV, asked.FAIL_EMPTY}
    own = [option for option in command.params if isinstance(option, click.Option) and option not in shared]
    assert [option.opts[-1] for option in own if f"{option.opts[-1]}" not in told] == []


@pytest.mark.parametrize("option", [*asked.EVERYWHERE, *asked.WRITE, *asked.LIST, asked.IF_REV, asked.FAIL_EMPTY])
def test_a_shared_option_stands_in_the_manual(option: click.Option) -> None:
    assert f"{option.opts[-1]}" in DOCS.partition("## The desk")[0]


def test_the_manual_has_no_command_that_there_is_not() -> None:
    told = re.findall(r"^### (spocd(?: [a-z]+)+)", DOCS, re.MULTILINE)
    assert set(told) == {*COMMANDS, "spocd pipe"}


def nouns(noun: Noun, context: click.Context) -> Iterator[tuple[str, Noun]]:
    yield context.command_path, noun
    for name in noun.list_commands(context):
        command = noun.get_command(context, name)
        if isinstance(command, Noun):
            yield from nouns(command, click.Context(command, info_name=name, parent=context))


@pytest.mark.parametrize(("path", "noun"), list(nouns(root, ROOT)))
def test_a_noun_lists_its_verbs_with_a_short_help_each(path: str, noun: Noun) -> None:
    context = click.Context(noun, info_name=path, terminal_width=100)
    lines = noun.get_help(context).splitlines()
    for name in noun.list_commands(context):
        assert any(re.match(rf"  {name} +\w.*\.", line) for line in lines), name


@EACH
def test_a_help_fits_a_terminal_of_80_columns(path: str) -> None:
    ended = process(*path.split()[1:], "--help", COLUMNS="80")
    assert ended.code == 0
    assert [line for line in ended.out.splitlines() if len(line) > 80] == []


def test_the_help_of_the_pipe_fits_too() -> None:
    assert [line for line in process("pipe", "--help").out.splitlines() if len(line) > 80] == []


@pytest.mark.parametrize("columns", range(52, 82, 3))
def test_no_help_tears_a_word_at_its_hyphen(columns: int) -> None:
    for command, context in [*COMMANDS.values(), (root, ROOT)]:
        narrow = type(context)(command, info_name=context.info_name, parent=context.parent, terminal_width=columns)
        told = command.get_help(narrow)
        assert not re.search(r"\w-\n", told), told
        assert told.isascii() or "\u2011" not in told


def test_the_help_names_every_exit_code_and_every_shared_option() -> None:
    told = root.get_help(ROOT)
    for option in asked.EVERYWHERE:
        assert option.opts[-1] in told
    for code in ("0 done", "69 no daemon", "75 try later", "78"):
        assert code in " ".join(told.split())
