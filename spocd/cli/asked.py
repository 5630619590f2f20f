"""What this run was asked for by the options that stand on every command, every write or every list.

They are remembered here and not handed to the commands, so that a command's parameters are its own alone.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

import click

from spocd.cli import visible
from spocd.cli.numbers import whole
from spocd.errors import Refused

if TYPE_CHECKING:
    from collections.abc import Callable

    from click.shell_completion import CompletionItem

    Completion = Callable[[click.Context, click.Parameter, str], list[CompletionItem[str]]]

FORMS = ("table", "json", "jsonl", "csv", "tsv", "ids")
ROWS = 50  # of a list, where --limit says nothing
_KEY = "spocd.asked"


class Asked:
    """The values of those options; the same one in all contexts of a run."""

    __slots__ = (
        *("config", "acting_as", "form", "fields", "quiet", "no_color", "no_input"),
        *("key", "if_rev", "dry_run", "dry_run_told", "yes", "several", "input_taken_by", "of_the_daemon"),
        *("limit", "everything", "cursor", "fail_empty"),
    )

    def __init__(self) -> None:
        self.config: str | None = None
        self.acting_as: str | None = None
        self.form = "table"
        self.fields: list[str] = []
        self.quiet = self.no_color = self.no_input = False
        self.key: str | None = None
        self.if_rev: int | None = None
        self.dry_run = self.dry_run_told = self.yes = False
        self.several = False  # more than one ticket may have been named
        self.input_taken_by = ""
        self.of_the_daemon = False  # nothing is done in this process: what is asked of is a daemon that will be back
        self.limit = ROWS
        self.everything = self.fail_empty = False
        self.cursor: str | None = None

    @property
    def may_ask(self) -> bool:
        """Somebody sits at a terminal and may be asked, or shown a pager."""
        streams = (sys.stdin, sys.stdout, sys.stderr)  # None where a descriptor is closed
        return not self.no_input and all(stream is not None and stream.isatty() for stream in streams)

    @property
    def coloured(self) -> bool:
        # NO_COLOR counts when it is there and not empty (no-color.org); click does not look at it.
        if self.no_color or os.environ.get("NO_COLOR") or os.environ.get("TERM", "") in ("", "dumb"):
            return False
        return sys.stdout.isatty()


def asked() -> Asked:
    """What this run was asked for, wherever on the line it stood: the contexts of one run share their meta."""
    found: Asked = click.get_current_context().meta.setdefault(_KEY, Asked())
    return found


def tell(message: str) -> None:
    """Tells something that is not data: on standard error, unless --quiet."""
    if not asked().quiet:
        click.echo(f"spocd: {visible.line(message)}", err=True)


def confirm(question: str) -> None:
    """Asks before what cannot be taken back. Asks nobody where there is no terminal: a script means what it says."""
    this = asked()
    if this.yes or this.dry_run or not this.may_ask:
        return
    if not click.confirm(visible.line(question), err=True):
        raise Refused("not-confirmed", "Nothing was done.")


def standard_input(purpose: str, *, most: int | None = None) -> bytes:
    """All of standard input, which only one thing on the line can be read from; hardly more than `most` octets."""
    this = asked()
    if this.input_taken_by:
        raise click.UsageError(f"Standard input cannot be both {this.input_taken_by} and {purpose}.")
    this.input_taken_by = purpose
    if sys.stdin is None:
        raise click.UsageError(f"Standard input is closed, so {purpose} cannot be read from it.")
    return sys.stdin.buffer.read(-1 if most is None else most + 1)


def _remember(context: click.Context, option: click.Parameter, value: Any) -> None:
    # An option that is not given must not undo what an earlier place on the line said.
    if value is None or value is False:
        return
    if value == "":
        # A variable that is not set in a script must not make this an act of whoever runs it, or one without a key.
        raise empty(option, context)
    this = context.meta.setdefault(_KEY, Asked())
    match option.name:
        case "json":
            this.form = "json"
        case "fields":
            this.fields = [field.strip() for field in value.split(",") if field.strip()]
        case name:
            setattr(this, str(name), value)


def empty(option: click.Parameter, context: click.Context) -> click.UsageError:
    """What is said of an option that is given and has nothing in it: most likely a variable that is not set."""
    return click.UsageError(f"{option.opts[0]} is empty. Give it a value, or leave it out.", context)


def complete_login(context: click.Context, _: click.Parameter, incomplete: str) -> list[CompletionItem[str]]:
    """The agents that a shell offers where one is to be named."""
    from spocd.cli.completing import logins

    return logins(context, incomplete)


def complete_receiver(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem[str]]:
    """The agents and teams that a shell offers where a ticket is given to one."""
    return [
        *complete_login(context, parameter, incomplete),
        *complete_key("team.list")(context, parameter, incomplete),
    ]


def complete_key(operation: str) -> Completion:
    """What a shell offers where an entry of desk.toml is to be named: those that a list has."""

    def complete(context: click.Context, _: click.Parameter, incomplete: str) -> list[CompletionItem[str]]:
        from spocd.cli.completing import keys

        return keys(context, operation, incomplete)

    return complete


def _option(*names: str, **settings: Any) -> click.Option:
    # Eager, since a time among the other options is read in the zone of the desk that --config names.
    return click.Option(names, expose_value=False, is_eager=True, callback=_remember, **settings)


EVERYWHERE = (
    _option("--config", metavar="FILE", help="The desk's spocd.toml."),
    _option(
        "--as",
        "acting_as",
        metavar="LOGIN",
        shell_complete=complete_login,
        help="Act as this agent (administrators).",
    ),
    _option("-o", "--output", "form", type=click.Choice(FORMS), help="The form of the output."),
    _option("--json", is_flag=True, help="Short for -o json."),
    _option("--fields", metavar="A,B", help="Only these fields, in this order."),
    _option("--quiet", is_flag=True, help="No messages, errors alone."),
    _option("--no-color", is_flag=True, help="No colours; so does NO_COLOR."),
    _option("--no-input", is_flag=True, help="Never a prompt or a pager."),
)


def _show_help(context: click.Context, _: click.Parameter, wanted: bool) -> None:
    if wanted and not context.resilient_parsing:
        click.echo(context.get_help(), color=context.color)
        context.exit()


# Our own, since click's is translated, and finding that there is no translation costs a millisecond.
HELP = click.Option(
    ["--help", "-h"], is_flag=True, is_eager=True, expose_value=False, callback=_show_help, help="Show this help."
)
WRITE = (
    _option("--key", metavar="STR", help="A repeat with the same key returns the first result."),
    _option("--dry-run", is_flag=True, help="Run it, show the true result, and take it back."),
    _option("-y", "--yes", is_flag=True, help="Ask nothing."),
)
IF_REV = _option("--if-rev", type=whole(0), metavar="N", help="Only while the ticket is at revision N.")
LIST = (
    _option("-L", "--limit", type=whole(1), metavar="N", help=f"At most so many rows ({ROWS})."),
    _option("--all", "everything", is_flag=True, help="All rows."),
    _option("--cursor", metavar="STR", help="Go on where an earlier list ended."),
)
FAIL_EMPTY = _option("--fail-empty", is_flag=True, help="Exit 6 when nothing is found.")
