"""`spocd ticket bulk`: one verb for all tickets that a list finds; and the lists that were saved under a name."""

from __future__ import annotations

import shlex
from typing import Any

import click

from spocd.cli import show
from spocd.cli.asked import asked, confirm, tell
from spocd.cli.call import call, pages, write
from spocd.cli.grammar import Command
from spocd.cli.ids import Chosen
from spocd.cli.show import Column, Document, Shape
from spocd.cli.ticket_filters import Filtered, asked_for, narrows

MOST = 10_000  # tickets of one line
VIEW = Shape(
    identity="name",
    columns=(Column("name", "NAME"), Column("owner", "WHOSE"), Column("words", "LISTS", gives_way=True)),
    fields=("name", "owner", "words"),
)


@click.command(
    cls=Filtered,
    writes=True,
    may_find_nothing=True,
    example='spocd ticket bulk --tag vpn --state open -- close -b "The VPN is back."',
)
@click.option("--all", "whole", is_flag=True, help="All that are new, open or pending, where nothing narrows the list.")
@click.argument("verb", nargs=-1, required=True, metavar="-- VERB …")
def bulk(verb: tuple[str, ...], whole: bool, **filters: Any) -> None:
    """Do one thing to all tickets that a list finds.

    The filters are those of `spocd ticket list`; behind -- stands a verb of `spocd ticket` without its ticket. On a
    terminal it is asked first. Without a filter it needs --all. What is refused for one ticket is told, and the others
    are done: then the exit is 7. With the same --key it is never done twice to one ticket.
    """
    command, inner = _command(verb)
    asked().everything = True
    wanted = asked_for(filters)
    if not whole and not narrows(wanted):
        raise click.UsageError("Nothing narrows the list: say which tickets, such as --tag vpn, or all of them: --all.")
    # Who has waited longest first: what takes a ticket is refused where it is another's turn.
    wanted["sort"] = wanted["sort"] or "waiting"
    rows = [row for page in pages("ticket.list", "tickets", **wanted) for row in page]
    if len(rows) > MOST:
        raise click.UsageError(f"These are {len(rows)} tickets; {MOST} at once are the most. Narrow the list.")
    numbers = [int(row["number"]) for row in rows]
    tell(f"{len(numbers)} ticket{'' if len(numbers) == 1 else 's'} found")
    if not numbers:
        return show.nothing()
    confirm(f"{verb[0]} {len(numbers)} tickets?")
    inner.params["tickets"] = Chosen(numbers, several=True)
    asked().several = True
    with inner:
        command.invoke(inner)
    return None


def _command(verb: tuple[str, ...]) -> tuple[click.Command, click.Context]:
    """The verb and what stands behind it, read as if for one ticket."""
    from spocd.cli.ticket import ticket

    context = click.get_current_context()
    command = ticket.get_command(context, verb[0])
    named = {parameter.name for parameter in command.params} if command else set()
    if command is None or "tickets" not in named or "key" not in named:
        raise click.UsageError(f"“{verb[0]}” is nothing that can be done to many tickets. Take such as close, or edit.")
    return command, command.make_context(verb[0], ["1", *verb[1:]], parent=context)


@click.command(cls=Command, writes=True, example="spocd ticket views --forget late-vpn")
@click.option("--forget", metavar="NAME", help="Forget this one.")
@click.option("--for-all", is_flag=True, default=None, help="With --forget: everybody's, not your own (leads).")
def views(forget: str | None, for_all: bool | None) -> None:
    """Show the lists that were saved under a name (`spocd ticket list --save-as`), or forget one."""
    if forget is None:
        return show.listing([[_readable(each) for each in call("view.list")["views"]]], VIEW)
    return show.document(_readable(write("view.forget", name=forget, for_all=for_all)), VIEW)


def _readable(view: Document) -> Document:
    """A saved view with its words as they stand on a line, where a table is to be read."""
    if asked().form != "table" or asked().fields:
        return view
    return view | {"words": shlex.join(view["words"]), "owner": view["owner"] or "everybody"}
