"""The verbs of `spocd ticket` that put a case in order: what is said about it, what it belongs to."""

from __future__ import annotations

import click

from spocd.cli.asked import tell
from spocd.cli.call import write
from spocd.cli.each import each
from spocd.cli.grammar import Command
from spocd.cli.ids import Chosen, number, one_ticket, some_tickets
from spocd.cli.show import Document
from spocd.cli.ticket_shape import KINDS, PRIORITIES, TICKET


@click.command(cls=Command, writes=True, if_rev=True, example="spocd ticket edit 12 --priority high --tag vpn")
@some_tickets
@click.option("--subject", metavar="TEXT", help="What it is about, in a line.")
@click.option("--kind", type=KINDS, help="What kind of contact it is.")
@click.option("--priority", type=PRIORITIES, help="How much depends on it.")
@click.option("--service", metavar="KEY|none", help="What it is about; it goes to that service's team.")
@click.option("--requester", metavar="ADDR", help="Whose it is; who had it before stays in copy.")
@click.option("--tag", "tags", multiple=True, metavar="TAG", help="Add a tag; may be given again.")
@click.option("--untag", "untags", multiple=True, metavar="TAG", help="Take a tag off; may be given again.")
def edit(tickets: Chosen, tags: tuple[str, ...], untags: tuple[str, ...], **said: str | None) -> None:
    """Change what is said about tickets. Nobody is mailed."""
    if not (tags or untags or any(value is not None for value in said.values())):
        raise click.UsageError("Say what is to change, such as --priority high. See: spocd ticket edit --help")

    def change(number: int) -> Document:
        answer = write("ticket.edit", ticket=number, tag=list(tags) or None, untag=list(untags) or None, **said)
        if answer.pop("out_of_sight", False):
            tell(f"#{number} is only for the team of {answer['service']} now: you do not see it any more")
        return answer

    each(tickets, change, TICKET)


_BETWEEN = ("parent", "blocks", "duplicate", "caused-by")
_OUTSIDE = ("change", "ticket", "url")


@click.command(cls=Command, writes=True, if_rev=True, example="spocd ticket link 12 blocks 15")
@one_ticket
@click.argument("relation", type=click.Choice((*_BETWEEN, *_OUTSIDE)), metavar="REL")
@click.argument("other", metavar="OTHER")
@click.option("--remove", is_flag=True, default=None, help="Take the link away.")
def link(tickets: Chosen, relation: str, other: str, remove: bool | None) -> None:
    """Link a ticket to another, or to something outside of this desk.

    REL says what the first is to the other. `parent`: the other is what it is part of. `blocks`: the other cannot be
    closed before it. `duplicate`: both are about the same. `caused-by`: the other is why it is there. With `change`,
    `ticket` or `url`, OTHER names something outside, such as CHG-77.
    """
    if relation in _OUTSIDE:
        named: dict[str, object] = {"target": other}
        operation = "ticket.link_outside"
    else:
        named, operation = {"other": number(other)}, "ticket.link"
    each(tickets, lambda n: write(operation, ticket=n, relation=relation, remove=remove, **named), TICKET)
