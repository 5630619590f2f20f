"""`spocd config`: this node's spocd.toml."""

from __future__ import annotations

import click

from spocd.cli import node, show
from spocd.cli.grammar import Noun


@click.group(cls=Noun)
def config() -> None:
    """Check or show this node's configuration."""


@config.command(example="spocd --config /etc/spocd/spocd.toml config check")
def check() -> None:
    """Check spocd.toml and its folder; every fault is a line, and the exit 78."""
    from spocd.cli.local import check_config

    show.facts(check_config(node.config_file()))


@config.command("show", example="spocd config show --json")
def show_config() -> None:
    """Print spocd.toml with every value explicit, defaults too."""
    from spocd.cli.asked import asked
    from spocd.cli.local import config_text

    text = config_text(node.config_file())
    if asked().form == "table":
        return show.out(text)
    import tomllib

    return show.facts(tomllib.loads(text))
