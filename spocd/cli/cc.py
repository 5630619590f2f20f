"""`spocd ticket cc`: who gets a ticket's mails besides its requester."""

from __future__ import annotations

import click

from spocd.cli.call import write
from spocd.cli.each import each
from spocd.cli.grammar import Noun
from spocd.cli.ids import Chosen, one_ticket
from spocd.cli.ticket_shape import TICKET


@click.group(cls=Noun)
def cc() -> None:
    """Add and remove people who get a ticket's mails."""


@cc.command(writes=True, if_rev=True, example="spocd ticket cc add 12 carl@example.org")
@one_ticket
@click.argument("address", metavar="ADDR")
def add(tickets: Chosen, address: str) -> None:
    """Add a person: they get its mails and may answer."""
    each(tickets, lambda number: write("ticket.cc_add", ticket=number, address=address), TICKET)


@cc.command(writes=True, if_rev=True, example="spocd ticket cc remove 12 carl@example.org")
@one_ticket
@click.argument("address", metavar="ADDR")
def remove(tickets: Chosen, address: str) -> None:
    """Take a person off: no further mails, and their reply address stops working."""
    each(tickets, lambda number: write("ticket.cc_remove", ticket=number, address=address), TICKET)
