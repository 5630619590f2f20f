"""The verbs of `spocd ticket` that say whose turn it is: take, release, assign, escalate, reopen, pend."""

from __future__ import annotations

import click

from spocd.cli.asked import complete_login, complete_receiver
from spocd.cli.call import write
from spocd.cli.each import each
from spocd.cli.grammar import Command
from spocd.cli.ids import Chosen, one_ticket, some_tickets
from spocd.cli.ticket_shape import TICKET, no_notify, told
from spocd.cli.when import ahead


@click.command(cls=Command, writes=True, if_rev=True, example='spocd ticket take 12 --reason "the boiler is below it"')
@some_tickets
@click.option("--reason", metavar="TEXT", help="Why out of turn, or from somebody else: then the requester is told.")
@click.option(
    "--from", "holder", metavar="LOGIN", shell_complete=complete_login, help="Take it over from whoever has it."
)
@no_notify
def take(tickets: Chosen, holder: str | None, reason: str | None, no_notify: bool) -> None:
    """Take tickets: they are yours from now on.

    One that is not your next (`spocd ticket next`) needs a reason. One that a colleague has is taken over from them by
    name, with a reason: a reason alone takes nothing away. Reasons are kept, and `spocd report fairness` shows each
    ticket that went before others.
    """
    each(
        tickets,
        lambda number: write("ticket.take", ticket=number, holder=holder, reason=reason, notify=told(no_notify)),
        TICKET,
    )


@click.command(cls=Command, writes=True, if_rev=True, example='spocd ticket release 12 --reason "I am on leave"')
@some_tickets
@click.option("--reason", metavar="TEXT", help="Why; the requester is told.")
@no_notify
def release(tickets: Chosen, reason: str | None, no_notify: bool) -> None:
    """Give tickets back to the queue; of what a colleague has, say why."""
    each(
        tickets,
        lambda number: write("ticket.release", ticket=number, reason=reason, notify=told(no_notify)),
        TICKET,
    )


@click.command(
    cls=Command, writes=True, if_rev=True, example='spocd ticket assign 12 bob --reason "Bob knows these machines"'
)
@one_ticket
@click.argument("to", metavar="LOGIN|TEAM", shell_complete=complete_receiver)
@click.option("--reason", metavar="TEXT", help="Needed when somebody has it: then the requester is told.")
@no_notify
def assign(tickets: Chosen, to: str, reason: str | None, no_notify: bool) -> None:
    """Give a ticket to an agent, or to a team; the requester is told who has it now.

    In a team it waits for whoever of them is next. An agent who is away is given nothing.
    """
    each(
        tickets,
        lambda number: write("ticket.assign", ticket=number, to=to, reason=reason, notify=told(no_notify)),
        TICKET,
    )


@click.command(
    cls=Command, writes=True, if_rev=True, example='spocd ticket escalate 12 --reason "the switch itself is broken"'
)
@some_tickets
@click.option("--reason", required=True, metavar="TEXT", help="Why; the requester is told.")
@no_notify
def escalate(tickets: Chosen, reason: str, no_notify: bool) -> None:
    """Pass tickets on to the next tier, where they wait for whoever is next.

    Their requester is told, and whoever takes one finds a hand-over brief among its notes. Where nobody of that tier
    may have one, it is refused.
    """
    each(
        tickets,
        lambda number: write("ticket.escalate", ticket=number, reason=reason, notify=told(no_notify)),
        TICKET,
    )


@click.command(cls=Command, writes=True, if_rev=True, example='spocd ticket reopen 12 --reason "it is back"')
@some_tickets
@click.option("--reason", metavar="TEXT", help="Why.")
def reopen(tickets: Chosen, reason: str | None) -> None:
    """Open resolved or closed tickets again."""
    each(tickets, lambda number: write("ticket.reopen", ticket=number, reason=reason), TICKET)


@click.command(cls=Command, writes=True, if_rev=True, example='spocd ticket pend 12 --until "fri 15:00"')
@some_tickets
@click.option(
    "--until",
    required=True,
    type=ahead,
    metavar="TIME",
    help="When it comes back by itself; of a day, in its first minute.",
)
@click.option("--reason", metavar="TEXT", help="What it waits for.")
def pend(tickets: Chosen, until: int, reason: str | None) -> None:
    """Put tickets aside until a time; an earlier answer of the requester brings them back."""
    each(tickets, lambda number: write("ticket.pend", ticket=number, until=until, reason=reason), TICKET)
