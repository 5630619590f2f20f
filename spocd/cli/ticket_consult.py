"""`spocd ticket consult`: ask an expert or a supplier, who answers by mail."""

from __future__ import annotations

from typing import Any

import click

from spocd.cli import show
from spocd.cli.blob import attach as attached
from spocd.cli.blob import upload
from spocd.cli.body import Words
from spocd.cli.body import words as body
from spocd.cli.call import rehearse, write
from spocd.cli.each import each
from spocd.cli.grammar import Command
from spocd.cli.ids import Chosen, one_ticket
from spocd.cli.ticket_shape import TICKET
from spocd.cli.ticket_words import about
from spocd.cli.when import span


@click.command(
    cls=Command,
    writes=True,
    if_rev=True,
    example='spocd ticket consult 12 --to eva@example.net -b "Is this a known fault?"',
)
@one_ticket
@click.option("--to", metavar="ADDR", help="The expert or supplier who is asked.")
@body
@attached
@click.option("--name", metavar="NAME", help="The expert's name.")
@click.option("--quote", is_flag=True, help="Show them the requester's last message below the question.")
@click.option("--remind", type=span, metavar="SPAN", help="Remind them after this time, 2d unless said; or never.")
@click.option("--cancel", metavar="ADDR", help="Wait no longer for this expert.")
def consult(
    tickets: Chosen,
    to: str | None,
    words: Words,
    attach: tuple[str, ...],
    cancel: str | None,
    name: str | None,
    quote: bool,
    remind: int | None,
) -> None:
    """Ask an expert by mail. The answer becomes an internal note; the requester sees nothing of it."""
    if (to is None) == (cancel is None):
        raise click.UsageError("Name whom you ask with --to ADDR, or wait no longer for somebody with --cancel ADDR.")
    if cancel is not None:
        return each(tickets, lambda number: write("ticket.consult_cancel", ticket=number, to=cancel), TICKET)
    how: dict[str, Any] = {"to": to, "name": name, "quote": quote or None, "remind": remind}
    with words.written(lambda: about(tickets, lambda one: rehearse("ticket.consult", ticket=one, **how))) as text:
        attachments = upload(attach)

        def ask(number: int) -> show.Document:
            return write("ticket.consult", ticket=number, body=text, attachments=attachments, **how)

        return each(tickets, ask, TICKET)
