"""The statements: `sql/*.sql`, each `-- name: so_and_so`, read once when a store opens."""

from __future__ import annotations

import re
from pathlib import Path

_NAME = re.compile(r"^-- name: (\w+)\s*$", re.MULTILINE)
FOLDER = Path(__file__).parent / "sql"


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


def _split(text: str) -> list[tuple[str, str]]:
    pieces = _NAME.split(text)
    return [(name, body.strip().rstrip(";")) for name, body in zip(pieces[1::2], pieces[2::2], strict=True)]
