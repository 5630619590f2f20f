"""Writes the manual pages, one for each command and each noun, from the commands' own help.

Run as `python -m spocd.cli.man DIR`; `make man` does. The pages are roff with the macros of man(7), ASCII alone.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import click

import spocd
from spocd.cli.grammar import Command, Noun
from spocd.cli.root import root

SECTION = "1"
_EXITS = (
    ("0", "Done, also where a list is empty."),
    ("1", "Refused, or it failed."),
    ("2", "The line is not one that the command takes."),
    ("3", "What was named is not there."),
    ("4", "Not permitted."),
    ("5", "A conflict: it has changed, or is there already."),
    ("6", "With --fail-empty: nothing was found."),
    ("7", "Of several, only some were done."),
    ("9", "The desk is not well."),
    ("69", "No daemon, or no database."),
    ("75", "Not now: try later."),
    ("78", "The configuration cannot be used."),
    ("130", "Interrupted."),
)


def pages() -> Iterator[tuple[str, str]]:
    """Every page: the name of its file, and its text."""
    context = root.context_class(root, info_name="spocd")
    yield from _pages(root, context)


def _pages(command: click.Command, context: click.Context) -> Iterator[tuple[str, str]]:
    yield f"{_name(context)}.{SECTION}", _page(command, context)
    if isinstance(command, Noun):
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            if inner is not None:
                yield from _pages(inner, inner.context_class(inner, info_name=name, parent=context))


def _name(context: click.Context) -> str:
    return context.command_path.replace(" ", "-")


def _page(command: click.Command, context: click.Context) -> str:
    first, *rest = (command.help or "").split("\n\n")
    summary = " ".join(first.split()).rstrip(".")
    title = f'.TH "{_escaped(_name(context).upper())}" {SECTION} "" "spocd {spocd.__version__}" "spocd"'
    lines = [title, ".SH NAME", f"{_escaped(_name(context))} \\- {_escaped(summary)}", ".SH SYNOPSIS"]
    lines += [f".B {_escaped(context.command_path)}", _text(" ".join(command.collect_usage_pieces(context)))]
    if rest:
        lines += [".SH DESCRIPTION", *_paragraphs(rest)]
    lines += _commands(command, context) if isinstance(command, Noun) else []
    lines += _options(command, context)
    if isinstance(command, Command):
        lines += [".SH EXAMPLE", ".nf", *(_text(line) for line in command.example.splitlines()), ".fi"]
    if context.parent is None:
        lines += [".SH EXIT STATUS"]
        for code, meaning in _EXITS:
            lines += [".TP", f".B {code}", _text(meaning)]
    lines += [".SH SEE ALSO", f".BR {_escaped(_near(context))} ({SECTION})"]
    return "\n".join(lines) + "\n"


def _near(context: click.Context) -> str:
    return "spocd-serve" if context.parent is None else _name(context.parent)


def _commands(noun: Noun, context: click.Context) -> Iterator[str]:
    yield ".SH COMMANDS"
    for name in noun.list_commands(context):
        _, short = noun.lazy.get(name, ("", ""))
        command = noun.get_command(context, name)
        yield from (".TP", f".B {_escaped(f'{context.command_path} {name}')}")
        yield _text(short or (command.get_short_help_str(200) if command else ""))


def _options(command: click.Command, context: click.Context) -> Iterator[str]:
    records = [each.get_help_record(context) for each in command.get_params(context) if isinstance(each, click.Option)]
    if records:
        yield ".SH OPTIONS"
    for record in records:
        if record is not None:
            yield from (".TP", f".B {_escaped(record[0])}", _text(record[1]))


def _paragraphs(paragraphs: list[str]) -> Iterator[str]:
    for each in paragraphs:
        yield from (".PP", _text(" ".join(each.split())))


def _text(line: str) -> str:
    """A line of text: `code` in bold, and nothing at its beginning that roff takes for a request."""
    marked = re.sub(r"`([^`]*)`", r"\\fB\1\\fR", _escaped(line))
    return f"\\&{marked}" if marked.startswith((".", "'")) else marked


def _escaped(text: str) -> str:
    """Text with what roff would read otherwise written as its own; what is not ASCII by its number."""
    plain = text.replace("\\", "\\e").replace("-", "\\-").replace('"', "\\(dq")
    return "".join(each if ord(each) < 127 else f"\\[u{ord(each):04X}]" for each in plain)


def write(folder: Path) -> int:
    """Write all pages into a folder; how many."""
    folder.mkdir(parents=True, exist_ok=True)
    count = 0
    for name, text in pages():
        (folder / name).write_text(text, encoding="ascii")
        count += 1
    return count


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m spocd.cli.man DIR")
    print(f"{write(Path(sys.argv[1]))} pages in {sys.argv[1]}")
