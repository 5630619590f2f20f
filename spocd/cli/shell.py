"""`spocd version` and `spocd completion`: the command itself."""

from __future__ import annotations

import click

import spocd
from spocd.cli import show
from spocd.cli.grammar import Command


@click.command(cls=Command, example="spocd version")
def version() -> None:
    """Print the version."""
    show.out(f"spocd {spocd.__version__}\n")


@click.command(cls=Command, example="spocd completion bash > /etc/bash_completion.d/spocd")
@click.argument("shell", type=click.Choice(("bash", "zsh", "fish")))
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Print the script that completes spocd's commands in a shell."""
    from click.shell_completion import get_completion_class

    found = get_completion_class(shell)
    if found is None:
        raise click.UsageError(f"There is no completion for {shell}.")
    show.out(found(context.find_root().command, {}, "spocd", "_SPOCD_COMPLETE").source() + "\n")
