"""Which package may import which, and what decisions may not look at."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

SPOCD = Path(__file__).parents[1] / "spocd"
COMPOSITION = "domain store desk gateway control config errors"
ALLOWED = {
    "errors": "",
    "config": "domain errors",
    "domain": "errors",
    "store": "domain config errors",
    "desk": "domain store config errors",
    "gateway": "domain desk config errors",
    "control": "errors",
    "pipe": "",
    "daemon": COMPOSITION,
    "founding": COMPOSITION,
    "cli": "control config errors",
    "cli/local.py": "control config errors daemon founding store gateway",
    "__main__": "cli pipe errors",
}
# A decision gives the same answer anywhere and at any time.
NOT_IN_DOMAIN = {
    "asyncio",
    "os",
    "time",
    "random",
    "secrets",
    "socket",
    "sqlite3",
    "logging",
    "click",
    "jinja2",
    "datetime",
}


def imports(file: Path) -> Iterator[str]:
    """Every module that a file imports, late imports included, but for those that only the type checker sees."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (each.name for each in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: import by the whole name"
            yield from (f"{node.module}.{each.name}" for each in node.names)


FILES = {str(file.relative_to(SPOCD)): file for file in sorted(SPOCD.rglob("*.py"))}


@pytest.mark.parametrize("name", [each for each in FILES if each != "__init__.py"])
def test_a_module_imports_only_what_its_layer_may(name: str) -> None:
    layer = name if name in ALLOWED else Path(name).parts[0].removesuffix(".py")
    own = Path(name).parts[0].removesuffix(".py")
    used = {each.split(".")[1] for each in imports(FILES[name]) if each.startswith("spocd.")}
    assert used - {own, "__version__"} <= set(ALLOWED[layer].split()), name


@pytest.mark.parametrize("name", [each for each in FILES if each.startswith("domain/")])
def test_the_domain_has_no_clock_no_chance_and_no_world(name: str) -> None:
    assert not {each.split(".")[0] for each in imports(FILES[name])} & NOT_IN_DOMAIN
