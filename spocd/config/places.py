"""On which line of a TOML text each key stands, which tomllib does not tell."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

# A value of more lines than this ends the search: reading it again for each of its lines would take too long.
_MOST_LINES = 200


def places(text: str) -> dict[str, int]:
    """The line, from 1, of each dotted key and section of a text that tomllib accepts; not all where values are huge.

    A statement is the fewest lines that are TOML by themselves, so strings and lists over several lines need no
    grammar of our own.
    """
    found: dict[str, int] = {}
    section = ""
    statement: list[str] = []
    for number, line in enumerate(text.split("\n"), 1):
        statement.append(line)
        if len(statement) > _MOST_LINES:
            break
        try:
            table = tomllib.loads("\n".join(statement))
        except tomllib.TOMLDecodeError:
            continue
        first = number - len(statement) + 1
        if statement[0].lstrip().startswith("["):
            section = ".".join(_header(table))
            found.setdefault(section, first)
        else:
            for key in _keys(table):
                found.setdefault(f"{section}.{key}" if section else key, first)
        statement.clear()
    return found


def _header(table: Any) -> Iterator[str]:
    """The names in a header: [a.b] reads as {a: {b: {}}}, [[a]] as {a: [{}]}."""
    while table:
        if isinstance(table, list):
            table = table[0]
            continue
        ((name, table),) = table.items()
        yield name


def _keys(table: Mapping[str, Any]) -> Iterator[str]:
    for name, value in table.items():
        yield name
        if isinstance(value, dict):
            yield from (f"{name}.{key}" for key in _keys(value))
