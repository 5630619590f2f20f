"""The verbs of `spocd ticket` that say whose turn it is: take, release, assign, reopen, pend."""

from __future__ import annotations

import click

from spocd.cli.asked import complete_login
from spocd.cli.call import write
from spocd.cli.each import each
from spocd.cli.grammar import Command
from spocd.cli.ids import Chosen, one_ticket, some_tickets
from spocd.cli.ticket_shape import TICKET
from spocd.cli.when import ahead


@click.command(cls=Command, writes=True, if_rev=True, example="spocd ticket take 12")
@some_tickets
@click.option("--reason", metavar="TEXT", help="Why out of turn, or from somebody else.")
def take(tickets: Chosen, reason: str | None) -> None:
    """Take tickets: they are yours from now on."""
    each(tickets, lambda number: write("ticket.take", ticket=number, reason=reason), TICKET)


@click.command(cls=Command, writes=True, if_rev=True, example='spocd ticket release 12 --reason "on leave"')
@some_tickets
@click.option("--reason", metavar="TEXT", help="Why.")
def release(tickets: Chosen, reason: str | None) -> None:
    """Give tickets back to the queue."""
    each(tickets, lambda number: write("ticket.release", ticket=number, reason=reason), TICKET)


@click.command(cls=Command, writes=True, if_rev=True, example='spocd ticket assign 12 bob --reason "knows it"')
@one_ticket
@click.argument("to", metavar="LOGIN", shell_complete=complete_login)
@click.option("--reason", metavar="TEXT", help="Kept in the journal; needed when somebody has it.")
def assign(tickets: Chosen, to: str, reason: str | None) -> None:
    """Give a ticket to an agent."""
    each(tickets, lambda number: write("ticket.assign", ticket=number, to=to, reason=reason), TICKET)


@click.command(cls=Command, writes=True, if_rev=True, example='spocd ticket reopen 12 --reason "it is back"')
@some_tickets
@click.option("--reason", metavar="TEXT", help="Why.")
def reopen(tickets: Chosen, reason: str | None) -> None:
    """Open resolved or closed tickets again."""
    each(tickets, lambda number: write("ticket.reopen", ticket=number, reason=reason), TICKET)


@click.command(cls=Command, writes=True, if_rev=True, example='spocd ticket pend 12 --until "fri 15:00"')
@some_tickets
@click.option("--until", required=True, type=ahead, metavar="TIME", help="When it comes back by itself.")
@click.option("--reason", metavar="TEXT", help="What it waits for.")
def pend(tickets: Chosen, until: int, reason: str | None) -> None:
    """Put tickets aside until a time; an earlier answer of the requester brings them back."""
    each(tickets, lambda number: write("ticket.pend", ticket=number, until=until, reason=reason), TICKET)
