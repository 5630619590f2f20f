"""The statements: `sql/*.sql`, each `-- name: so_and_so`, read once when a store opens."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_NAME = re.compile(r"^-- name: (\w+)\s*$", re.MULTILINE)
# A parameter, or what may look like one and is none: a comment, a quoted text, a cast.
_PARAMETER = re.compile(r"""--[^\n]*|'[^']*'|"[^"]*"|::|(?<!\w):([a-z_][a-z_0-9]*)""")
FOLDER = Path(__file__).parent / "sql"


@dataclass(frozen=True, slots=True)
class Numbered:
    """A statement as PostgreSQL takes it: `$1`, `$2` … in place of `:name`, and the names in that order."""

    text: str
    names: tuple[str, ...]

    def values(self, parameters: dict[str, Any]) -> list[Any]:
        """What stands for `$1`, `$2` …"""
        given = storable(parameters)
        return [given[name] for name in self.names]


def load(dialect: str) -> dict[str, str]:
    """Statement texts by name. What stands in `sql/<dialect>/` takes the place of the common one of that name."""
    found: dict[str, str] = {}
    for folder in (FOLDER, FOLDER / dialect):
        names: set[str] = set()
        for file in sorted(folder.glob("*.sql")):
            for name, text in _split(file.read_text(encoding="utf-8")):
                if name in names:
                    raise ValueError(f"{file}: the statement {name} stands twice")
                names.add(name)
                found[name] = text
    return found


def numbered(text: str) -> Numbered:
    """The statement with numbers for names; a name that stands twice has one number."""
    names: dict[str, int] = {}

    def number(found: re.Match[str]) -> str:
        name = found[1]
        return found[0] if name is None else f"${names.setdefault(name, len(names) + 1)}"

    return Numbered(_PARAMETER.sub(number, text), tuple(names))


def storable(parameters: dict[str, Any]) -> dict[str, Any]:
    """The parameters with no text that only one of the databases could hold: PostgreSQL's has no NUL."""
    for value in parameters.values():
        if type(value) is str and "\0" in value:
            return {name: _without_nul(each) for name, each in parameters.items()}
    return parameters


def _without_nul(value: Any) -> Any:
    return value.replace("\0", "") if isinstance(value, str) else value


def _split(text: str) -> list[tuple[str, str]]:
    pieces = _NAME.split(text)
    return [(name, body.strip().rstrip(";")) for name, body in zip(pieces[1::2], pieces[2::2], strict=True)]
