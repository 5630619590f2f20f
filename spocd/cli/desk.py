"""Commands for the desk as a whole."""

from __future__ import annotations

import click

from spocd.cli import node, show
from spocd.cli.call import call
from spocd.cli.grammar import Command
from spocd.errors import Exit


@click.command(cls=Command, example="spocd health --json")
def health() -> None:
    """Say whether the desk is well; exit 9 when it is not."""
    found = call("desk.health")
    show.facts(found)
    if found["status"] != "ok":
        raise click.exceptions.Exit(Exit.THRESHOLD)


@click.command(cls=Command, example="spocd reload")
def reload() -> None:
    """Have the running daemon read its configuration again; a bad one changes nothing."""
    show.facts(call("desk.reload"))


@click.command(cls=Command, example="spocd --config var/spocd.toml serve")
def serve() -> None:
    """Run the daemon in the foreground, until SIGTERM or Ctrl-C."""
    from spocd.cli.local import serve as run

    raise click.exceptions.Exit(run(node.config_file()))
