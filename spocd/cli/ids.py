"""Reads ids as people write them: 12, #12, a message 12.3, and `-` for those on standard input."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from spocd.cli.asked import asked, standard_input

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

# Eighteen digits fit the databases' integers.
_TICKET = r"#?([1-9][0-9]{0,17})"
_MESSAGE = r"#?([1-9][0-9]{0,17}\.[1-9][0-9]{0,8})"


class Chosen(NamedTuple):
    """The tickets that a line names; `several` when it could have named any number of them."""

    numbers: list[int]
    several: bool


def number(written: str) -> int:
    """The ticket that `written` names; a usage error where it names none."""
    found = re.fullmatch(_TICKET, written)
    if found is None:
        raise click.BadParameter(f"“{written}” is not the number of a ticket, such as 12 or #12.")
    return int(found[1])


def message(written: str) -> str:
    """The message that `written` names, as `12.3`; a usage error where it names none."""
    found = re.fullmatch(_MESSAGE, written)
    if found is None:
        raise click.BadParameter(f"“{written}” is not a message, such as 12.3: ticket 12, its third.")
    return found[1]


def _choose(context: click.Context, _: click.Parameter, value: Any) -> Any:
    if context.resilient_parsing or value is None:
        return value
    written = [value] if isinstance(value, str) else list(value)
    several = len(written) > 1 or "-" in written
    asked().several = several
    if several and asked().if_rev is not None:
        raise click.UsageError("--if-rev is the revision of one ticket; name one.", context)
    if "-" in written:
        at = written.index("-")
        written[at : at + 1] = standard_input("the ids").decode(errors="replace").split()
    return Chosen(list(dict.fromkeys(number(each) for each in written)), several)


def complete(context: click.Context, _: click.Parameter, incomplete: str) -> list[CompletionItem[str]]:
    """The tickets that a shell offers where one is to be named."""
    from spocd.cli.completing import tickets

    return tickets(context, incomplete)


def some_tickets(command: Any) -> Any:
    """Gives a command one or more tickets, as `tickets: Chosen`."""
    return click.argument(
        "tickets", metavar="TICKET…", nargs=-1, required=True, callback=_choose, shell_complete=complete
    )(command)


def one_ticket(command: Any) -> Any:
    """Gives a command one ticket, or `-` for those on standard input, as `tickets: Chosen`."""
    return click.argument("tickets", metavar="TICKET", callback=_choose, shell_complete=complete)(command)


def a_ticket_or_none(command: Any) -> Any:
    """Gives a command one ticket, as `ticket: int`, or None where none is named."""
    return click.argument(
        "ticket", metavar="[TICKET]", required=False, callback=_number_or_none, shell_complete=complete
    )(command)


def _number_or_none(context: click.Context, _: click.Parameter, value: Any) -> Any:
    return value if context.resilient_parsing or value is None else number(value)


def one_message(command: Any) -> Any:
    """Gives a command one message, as `message: str`."""
    return click.argument("message", metavar="MESSAGE", callback=_message)(command)


def _message(context: click.Context, _: click.Parameter, value: Any) -> Any:
    return value if context.resilient_parsing or value is None else message(value)
