"""The verbs of `spocd ticket` that find and read, and change nothing (but for `next --claim`)."""

from __future__ import annotations

from typing import Any

import click

from spocd.cli import show
from spocd.cli.asked import asked, tell
from spocd.cli.call import call, pages, write
from spocd.cli.each import each, each_text
from spocd.cli.grammar import Command
from spocd.cli.ids import Chosen, some_tickets
from spocd.cli.ticket_shape import STATES, TICKET
from spocd.cli.when import back


def _states(written: str) -> list[str]:
    named = [state.strip().lower() for state in written.split(",")]
    for state in named:
        if state not in STATES:
            raise click.BadParameter(f"“{state}” is not a state. There are: {', '.join(STATES)}.")
    return named


@click.command("list", cls=Command, lists=True, example="spocd ticket list --state new,open --assignee none --since 7d")
@click.option("--state", "states", multiple=True, type=_states, metavar="STATE,…", help=", ".join(STATES) + ".")
@click.option("--assignee", metavar="@me|none|LOGIN", help="Who has it.")
@click.option("--requester", metavar="ADDR", help="Who asked.")
@click.option("--service", metavar="KEY")
@click.option("--priority", metavar="PRIORITY")
@click.option("--kind", metavar="KIND")
@click.option("--since", type=back, metavar="TIME", help="Opened at this time or later.")
@click.option("--until", type=back, metavar="TIME", help="Opened before this time.")
@click.option("--search", metavar="WORDS", help="With these words.")
@click.option("--sort", metavar="FIELD", help="In the order of this field; -FIELD turns it round.")
def list_tickets(states: tuple[list[str], ...], **filters: Any) -> None:
    """List tickets."""
    state = [one for several in states for one in several] or None
    show.listing(pages("ticket.list", "tickets", state=state, **filters), TICKET)


@click.command(cls=Command, lists=True, example="spocd ticket search printer third floor")
@click.argument("words", nargs=-1, required=True)
def search(words: tuple[str, ...]) -> None:
    """Find tickets by their words."""
    show.listing(pages("ticket.search", "tickets", words=" ".join(words)), TICKET)


@click.command(cls=Command, example="spocd ticket view 12 --log")
@some_tickets
@click.option("--log", is_flag=True, help="With all that happened to it.")
@click.option("--raw", is_flag=True, help="The mails as they came, as an mbox.")
@click.option("--internal", is_flag=True, help="Of its messages only the internal notes.")
def view(tickets: Chosen, log: bool, raw: bool, internal: bool) -> None:
    """Show a ticket with its people and its messages."""
    from spocd.cli.ticket_view import ticket_text

    if raw:
        if asked().form != "table":
            raise click.UsageError("--raw has one form, the mails themselves.")
        from spocd.cli.raw import show_mbox

        return each_text(tickets, lambda number: call("ticket.view", ticket=number), show_mbox)

    def whole(number: int) -> show.Document:
        found = call("ticket.view", ticket=number)
        if internal:
            found["messages"] = [message for message in found["messages"] if message["kind"] == "note"]
        return found

    if asked().form != "table" or asked().fields:
        return each(tickets, whole, TICKET)
    return each_text(tickets, whole, lambda found: show.page(ticket_text(found, log=log)))


@click.command("next", cls=Command, writes=True, may_find_nothing=True, example="spocd ticket next --claim")
@click.option("--claim", is_flag=True, help="Take it: nobody else gets it.")
def next_ticket(claim: bool) -> None:
    """Show the ticket whose turn it is, with all its history."""
    found = write("ticket.next", claim=True) if claim else call("ticket.next")
    if asked().form != "table" or asked().fields or not found["tickets"]:
        if not found["tickets"]:
            tell("nothing waits")
        return show.listing([found["tickets"]], TICKET)
    from spocd.cli.ticket_view import ticket_text

    return show.page(ticket_text(call("ticket.view", ticket=found["tickets"][0]["number"])))


@click.command(cls=Command, example="spocd ticket status 12")
@some_tickets
def status(tickets: Chosen) -> None:
    """Say how a ticket stands: its state, who has it, what was done last."""
    each_text(tickets, lambda number: call("ticket.status", ticket=number), show.facts)


@click.command(cls=Command, example="spocd ticket explain 12")
@some_tickets
def explain(tickets: Chosen) -> None:
    """Say where a ticket stands in the fair order, and why."""
    each_text(tickets, lambda number: call("ticket.explain", ticket=number), show.facts)
