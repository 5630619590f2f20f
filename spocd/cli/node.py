"""What the command line needs to know of spocd.toml: where the daemon listens and which zone times are read in.

The whole file is checked by the daemon, and by `spocd config check`. Here only the keys in question are read, since
loading and checking everything would cost a command more than its question does.
"""

from __future__ import annotations

import os
from typing import Any

from spocd.cli.asked import asked
from spocd.errors import Misconfigured

_PLACES = ("var/spocd.toml", "/etc/spocd/spocd.toml")


def config_file() -> str:
    """The spocd.toml of this run: --config, else SPOCD_CONFIG, ./var/spocd.toml, /etc/spocd/spocd.toml."""
    named = asked().config or os.environ.get("SPOCD_CONFIG")
    if named:
        return named
    for place in _PLACES:
        if os.path.exists(place):
            return place
    from spocd.config import find

    return str(find(None))  # It finds nothing either, and says where it looked and what to do.


def control_socket() -> str:
    """The path of the daemon's control socket."""
    path = config_file()
    return os.path.join(os.path.dirname(path), _text(path, "listen", "control", "run/control"))


def zone() -> str:
    """The name of the desk's time zone."""
    return _text(config_file(), "desk", "zone", "UTC")


def _text(path: str, section: str, key: str, default: str) -> str:
    try:
        with open(path, encoding="utf-8") as file:
            text = file.read()
    except (OSError, ValueError) as error:
        raise _faults(path, error) from error
    plain = _plain(text, section, key)
    if plain is not None:
        return plain
    value = _sections(path, text).get(section, {}).get(key, default)
    return value if isinstance(value, str) else default


def _plain(text: str, section: str, key: str) -> str | None:
    """The value of a key that stands as `key = "value"` on a line of its section; None where it takes a TOML parser.

    That is how spocd writes its file, and tomllib would be a tenth of what a command costs.
    """
    lines = [line.strip() for line in text.splitlines()]
    if lines.count(f"[{section}]") != 1 or '"""' in text or "'''" in text:
        return None
    for line in lines[lines.index(f"[{section}]") + 1 :]:
        name, _, value = line.partition("=")
        value = value.strip()
        if name.strip() == key:
            inside = value[1:-1]
            is_plain = value == f'"{inside}"' and '"' not in inside and "\\" not in inside
            return inside if is_plain else None
        if line.startswith("["):
            return None
    return None


def _sections(path: str, text: str) -> dict[str, Any]:
    import tomllib

    try:
        document = tomllib.loads(text)
    except ValueError as error:
        raise _faults(path, error) from error
    if all(isinstance(document.get(section, {}), dict) for section in ("desk", "listen")):
        return document
    raise _faults(path, TypeError("[desk] and [listen] are sections"))


def _faults(path: str, error: Exception) -> Misconfigured:
    """What is wrong with the file, from the full check, which knows lines and keys."""
    from pathlib import Path

    from spocd.config import load

    try:
        load(Path(path))
    except Misconfigured as faults:
        return faults
    return Misconfigured([f"{path}: {error}"])
