"""`spocd version` and `spocd completion`: the command itself."""

from __future__ import annotations

import click

import spocd
from spocd.cli import show
from spocd.cli.asked import asked
from spocd.cli.grammar import Command, Noun


@click.command(cls=Command, example="spocd version")
def version() -> None:
    """Print the version."""
    if asked().form != "table":
        return show.facts({"version": spocd.__version__})
    return show.out(f"spocd {spocd.__version__}\n")


@click.command("help", cls=Command, example="spocd help ticket reply")
@click.argument("words", nargs=-1, metavar="[COMMAND]…")
def show_help(words: tuple[str, ...]) -> None:
    """Show the help of a command, as its --help does; without one, that of all."""
    context = click.get_current_context().find_root()
    for word in words:
        command = context.command
        found = command.get_command(context, word) if isinstance(command, Noun) else None
        if found is None:
            raise click.UsageError(f"There is no command “{' '.join(words)}”. See: spocd --help")
        context = found.make_context(word, [], parent=context, resilient_parsing=True)
    show.out(f"{context.get_help()}\n")


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
