"""The root of the command line: every noun and every command of the desk as a whole, with its short help."""

from __future__ import annotations

import click

import spocd
from spocd.cli.grammar import Noun

_HERE = "spocd.cli"

_NOUNS = {
    "agent": (f"{_HERE}.agent:agent", "Agents: who works at the desk."),
    "apply": (f"{_HERE}.desk_file:apply", "Make the desk what a desk.toml says, or show what would change."),
    "audit": (f"{_HERE}.audit:audit", "What was done, by whom, and whether the journal is whole."),
    "calendar": (f"{_HERE}.catalogue:calendar", "Calendars: hours and holidays."),
    "canned": (f"{_HERE}.canned:canned", "Canned answers: what is written often."),
    "completion": (f"{_HERE}.shell:completion", "Print the completion script for a shell."),
    "config": (f"{_HERE}.config:config", "Check or show this node's configuration."),
    "db": (f"{_HERE}.db:db", "Migrate or check the database."),
    "export": (f"{_HERE}.desk_file:export", "Write the desk as a desk.toml."),
    "health": (f"{_HERE}.desk:health", "Say whether the desk is well; exit 9 when it is not."),
    "help": (f"{_HERE}.shell:show_help", "Show the help of a command."),
    "init": (f"{_HERE}.founding:init", "Make a working desk in a folder."),
    "mail": (f"{_HERE}.mail:mail", "Mail that came in, letters that go out."),
    "message": (f"{_HERE}.message:message", "Single messages: raw, moved, inspected."),
    "organisation": (f"{_HERE}.catalogue:organisation", "Organisations: whom the desk works for."),
    # Named here for the help alone: __main__ runs it before this module is imported.
    "pipe": ("", "Take one mail on standard input, for an MTA (exit 0 or 75)."),
    "person": (f"{_HERE}.person:person", "People who write to the desk."),
    "reload": (f"{_HERE}.desk:reload", "Have the running daemon read its configuration again."),
    "report": (f"{_HERE}.report:report", "Reports: how the desk does."),
    "serve": (f"{_HERE}.desk:serve", "Run the daemon in the foreground."),
    "service": (f"{_HERE}.catalogue:service", "Services: what the desk looks after."),
    "team": (f"{_HERE}.team:team", "Teams: who does the same work."),
    "ticket": (f"{_HERE}.ticket:ticket", "Tickets: find, read, take, answer, close."),
    "token": (f"{_HERE}.token:token", "Reply tokens: rotate, revoke, explain."),
    "version": (f"{_HERE}.shell:version", "Print the version."),
}


def _show_version(context: click.Context, _: click.Parameter, wanted: bool) -> None:
    if wanted and not context.resilient_parsing:
        click.echo(f"spocd {spocd.__version__}")
        context.exit()


@click.group(name="spocd", cls=Noun, lazy=_NOUNS)
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_show_version, help="Show the version."
)
def root() -> None:
    """spocd, a service desk that lives in the mailbox and the shell.

    `spocd NOUN VERB [ID…]`, as in `spocd ticket list`. Exit codes: 0 done, 1 refused, 2 usage, 3 not found,
    4 not permitted, 5 conflict, 6 --fail-empty found nothing, 7 partly done, 9 not well, 69 no daemon, 75 try later,
    78 configuration, 130 interrupted.
    """
