"""Write spocd.toml with every value explicit, and take apart the URLs that `spocd init` is given."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

from spocd.config.sections import SECTIONS, Config, RelaySection, StoreSection

_HEAD = """\
spocd.toml: what this node of the desk is. `spocd config check` tests it, `spocd reload` puts it in force.
Every option stands here with its value. Paths are relative to the folder of this file.
Everybody on this machine may read it, since commands find the desk through it. Passwords stand in other files."""
_WIDTH = 110


def render(config: Config) -> str:
    """The whole spocd.toml of a configuration, each value with its explanation above it."""
    blocks = [_comment(_HEAD), *_options(config)]
    for name, kind in SECTIONS.items():
        blocks.append(f"{_comment(kind.__doc__ or '')}\n[{name}]")
        blocks += _options(getattr(config, name), f"{name}.")
    return "\n\n".join(blocks) + "\n"


def _options(section: Any, prefix: str = "") -> Iterator[str]:
    import tomli_w

    for option in dataclasses.fields(section):
        if "words" not in option.metadata:
            continue
        value = getattr(section, option.name)
        comment = _comment(option.metadata["words"])
        if isinstance(value, Mapping):
            yield f"{comment}\n[{prefix}{option.name}]\n{tomli_w.dumps(value)}".rstrip("\n")
        else:
            yield f"{comment}\n{tomli_w.dumps({option.name: value})}".rstrip("\n")


def _comment(words: str) -> str:
    import textwrap

    lines = (line for paragraph in words.splitlines() for line in textwrap.wrap(paragraph, _WIDTH))
    return "\n".join(f"# {line}" for line in lines)


def split_password(url: str) -> tuple[str, str | None]:
    """The URL without its password, and the password, which belongs in a file. What is no URL comes back as it is."""
    from urllib.parse import unquote, urlsplit, urlunsplit

    try:
        parts = urlsplit(url)
    except ValueError:
        return url, None
    if parts.password is None:
        return url, None
    login, _, host = parts.netloc.rpartition("@")
    user = login.partition(":")[0]
    bare = urlunsplit(parts._replace(netloc=f"{user}@{host}" if user else host))
    return bare, unquote(parts.password) or None


def store_from(url: str) -> tuple[StoreSection, str | None]:
    """The section that a database's URL asks for, and the password that was in it."""
    bare, password = split_password(url)
    return StoreSection(url=bare, password_file="store-password" if password else ""), password


def relay_from(url: str) -> tuple[RelaySection, str | None]:
    """The section that a relay's URL asks for, its user as an option of its own, and the password that was in it."""
    from urllib.parse import unquote

    bare, password = split_password(url)
    scheme, separator, rest = bare.partition("://")
    user, at, host = rest.rpartition("@")
    section = RelaySection(
        url=f"{scheme}{separator}{host}" if at else bare,
        user=unquote(user),
        password_file="relay-password" if password else "",
    )
    return section, password
