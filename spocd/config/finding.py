"""Find the spocd.toml to use; apart from the rest, for every command does this and most need no more."""

from __future__ import annotations

import os
from pathlib import Path

MAKE_ONE = "spocd init ./var --address desk@example.org"
_LOOKED_FOR = ("./var/spocd.toml", "/etc/spocd/spocd.toml")


def find(explicit: str | None) -> Path:
    """The spocd.toml to use: the one named, SPOCD_CONFIG's, ./var/spocd.toml or /etc/spocd/spocd.toml."""
    named = explicit or os.environ.get("SPOCD_CONFIG")
    if named:
        return Path(named)
    for path in _LOOKED_FOR:
        if os.path.lexists(path):
            return Path(path)
    from spocd.errors import Misconfigured

    sentence = f"There is no spocd.toml: looked for {' and '.join(_LOOKED_FOR)}."
    raise Misconfigured([f"{sentence} Name one with --config or SPOCD_CONFIG, or make a desk: {MAKE_ONE}"])
