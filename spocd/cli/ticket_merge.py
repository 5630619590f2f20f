"""The verbs of `spocd ticket` that make one ticket of two, and two of one."""

from __future__ import annotations

import click

from spocd.cli import show
from spocd.cli.asked import tell
from spocd.cli.call import write
from spocd.cli.each import each
from spocd.cli.grammar import Command
from spocd.cli.ids import Chosen, complete, message, number, one_ticket, some_tickets
from spocd.cli.show import Document
from spocd.cli.ticket_shape import TICKET


@click.command(cls=Command, writes=True, if_rev=True, example="spocd ticket merge 12 15")
@one_ticket
@click.argument("into", metavar="INTO", shell_complete=complete)
@click.option("--no-notify", is_flag=True, help="Mail nobody about it.")
def merge(tickets: Chosen, into: str, no_notify: bool) -> None:
    """Put a ticket together with another that is about the same.

    It lives on in INTO: its messages are there, with their ids, and so is whoever answers one of its mails. Its people
    get INTO's answers from now on, and its requester is told, if they know of it by a mail. That one has to be on INTO:
    to keep people apart who do not know of each other, link the tickets instead.
    """
    survivor = number(into)

    def put(one: int) -> Document:
        answer = write("ticket.merge", ticket=one, into=survivor, notify=False if no_notify else None)
        if joined := answer.pop("joined", []):
            tell(f"on #{survivor} from now on: {', '.join(joined)}")
        return answer

    each(tickets, put, TICKET)


@click.command(cls=Command, writes=True, if_rev=True, example="spocd ticket unmerge 12")
@some_tickets
@click.option("--no-notify", is_flag=True, help="Mail nobody about it.")
def unmerge(tickets: Chosen, no_notify: bool) -> None:
    """Undo a merge: each ticket has its own messages, people and state again. What came since stays on the other.

    Its requester is told, where they were told of the merge.
    """
    notify = False if no_notify else None
    each(tickets, lambda one: write("ticket.unmerge", ticket=one, notify=notify), TICKET)


def _messages(_: click.Context, __: click.Parameter, written: tuple[str, ...]) -> list[str]:
    return [message(each) for each in written]


@click.command(
    cls=Command, writes=True, if_rev=True, example='spocd ticket split 12.3 12.4 --subject "The other printer"'
)
@click.argument("messages", metavar="MESSAGE…", nargs=-1, required=True, callback=_messages)
@click.option("--subject", metavar="TEXT", help="What it is about; that of the first message unless said.")
@click.option("--notify", is_flag=True, default=None, help="Mail an acknowledgement to whose ticket it is.")
def split(messages: list[str], subject: str | None, notify: bool | None) -> None:
    """Make a ticket of its own of some messages; their ids stay valid.

    Whoever wrote the first of them is its requester. It is linked to the ticket that they were on.
    """
    show_moved(write("ticket.split", messages=messages, subject=subject, notify=notify))


def show_moved(answer: Document) -> None:
    """Show the ticket that messages are on now, and say where another was left with none."""
    if empty := answer.get("left_empty"):
        tell(f"#{empty} has no message left. If it is not needed any more: spocd ticket close {empty}")
    show.document(answer, TICKET)
