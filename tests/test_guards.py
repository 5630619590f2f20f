"""What must agree and could drift apart: statements and callers, operations and commands, templates and languages."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from jinja2 import Environment, meta

from spocd.config import values
from spocd.control.introspection import describe
from spocd.daemon.operations import all_operations
from spocd.desk.operation import Operation
from spocd.gateway.writing import KINDS, WORDS, about, answering, quoted, wrapped
from spocd.store.statements import load

SPOCD = Path(__file__).parents[1] / "spocd"
SOURCES = {file: file.read_text(encoding="utf-8") for file in sorted(SPOCD.rglob("*.py"))}
STATEMENTS = load("sqlite")
ON_POSTGRESQL = load("postgres")
OPERATIONS = all_operations()
METHODS = {"one", "all", "run", "batch"}
PARAMETER = re.compile(r"(?<![:\w]):([a-z_0-9]+)")


def calls() -> Iterator[tuple[str, str, set[str] | None]]:
    """Each call of a statement by name: (where, statement, its parameters; None where they are not spelt out)."""
    for file, text in SOURCES.items():
        for node in ast.walk(ast.parse(text)):
            match node:
                case ast.Call(ast.Attribute(attr=method), [ast.Constant(str(name)), *more], words) if method in METHODS:
                    spelt = {each.arg for each in words if each.arg}
                    whole = not more and all(each.arg for each in words)
                    yield f"{file.relative_to(SPOCD)}:{node.lineno}", name, spelt if whole else None


CALLS = [each for each in calls() if each[1] in STATEMENTS or "_" in each[1]]


def named(statement: str) -> set[str]:
    """The parameters of a statement; one of the databases may do without some, such as the time."""
    return {each for text in (STATEMENTS[statement], ON_POSTGRESQL[statement]) for each in PARAMETER.findall(text)}


def test_every_statement_is_used() -> None:
    everything = "\n".join(SOURCES.values())
    assert [name for name in STATEMENTS if f'"{name}"' not in everything] == []


@pytest.mark.parametrize(("where", "name", "given"), CALLS, ids=[f"{w} {n}" for w, n, _ in CALLS])
def test_a_statement_that_is_called_exists_and_gets_the_parameters_that_it_names(
    where: str, name: str, given: set[str] | None
) -> None:
    assert name in STATEMENTS, where
    if given is not None:
        assert named(name) == given, where


def test_sec_what_is_hidden_from_whom_is_said_by_the_view_alone() -> None:
    # The team of what is restricted, and the clock that looks at all such cases at once, ask something else.
    others = {"services_hidden_from_team", "cases_out_of_sight"}
    spelt = {name for statements in (STATEMENTS, ON_POSTGRESQL) for name, text in statements.items()
             if "restricted = 1" in text}  # fmt: skip
    assert spelt == others
    assert "restricted = 1" not in SOURCES[SPOCD / "store" / "listings.py"]


def test_no_two_operations_have_one_name() -> None:
    names = [each.name for each in OPERATIONS]
    assert len(set(names)) == len(names) > 30


def test_the_daemon_can_describe_every_interface_without_which_it_does_not_start() -> None:
    assert len(describe(OPERATIONS)) > 5


@pytest.mark.parametrize("asked", OPERATIONS, ids=lambda each: each.name)
def test_an_operation_says_what_it_does_in_a_sentence(asked: Operation) -> None:
    assert re.fullmatch(r"[A-Z][^\n]*[.;:]?", asked.doc), asked.name
    assert asked.doc.endswith("."), asked.name


@pytest.mark.parametrize("asked", OPERATIONS, ids=lambda each: each.name)
def test_an_operation_takes_all_but_desk_and_actor_by_name(asked: Operation) -> None:
    desk, actor, *own = inspect.signature(asked.function).parameters.values()
    assert (desk.name, actor.name) == ("desk", "actor")
    assert all(each.kind is inspect.Parameter.KEYWORD_ONLY for each in own)


@pytest.mark.parametrize(
    "asked", [each for each in OPERATIONS if not each.name.startswith("blob.")], ids=lambda o: o.name
)
def test_an_operation_has_a_command(asked: Operation) -> None:
    commands = "\n".join(text for file, text in SOURCES.items() if file.parent.name == "cli")
    assert f'"{asked.name}"' in commands


def test_every_command_asks_for_an_operation_that_is_there() -> None:
    commands = "\n".join(text for file, text in SOURCES.items() if file.parent.name == "cli")
    asked = re.findall(r'\b(?:call|write|pages)\(\s*"([a-z]+\.[a-z_]+)"', commands)
    assert len(asked) > 20
    assert set(asked) <= {each.name for each in OPERATIONS}


LANGUAGES = sorted(each.name for each in (SPOCD / "templates").iterdir() if each.is_dir())


def test_letters_are_written_in_every_language_that_the_desk_speaks() -> None:
    assert list(values.LANGUAGES) == LANGUAGES


def variables(file: Path) -> set[str]:
    environment = Environment(autoescape=False)
    environment.filters.update(quoted=quoted, about=about, answering=answering, wrapped=wrapped)
    return meta.find_undeclared_variables(environment.parse(file.read_text(encoding="utf-8")))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", [*sorted(KINDS), WORDS])
def test_a_template_is_there_in_every_language_and_speaks_of_the_same(language: str, kind: str) -> None:
    file = SPOCD / "templates" / language / f"{kind}.txt"
    assert file.is_file()
    assert variables(file) == variables(SPOCD / "templates" / "en" / f"{kind}.txt")


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_template_is_there_that_nothing_sends(language: str) -> None:
    assert {each.stem for each in (SPOCD / "templates" / language).iterdir()} == {*KINDS, WORDS}
