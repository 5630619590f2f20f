"""`spocd person`: the people who write to the desk."""

from __future__ import annotations

import click

from spocd.cli import show
from spocd.cli.asked import asked
from spocd.cli.call import call, pages
from spocd.cli.grammar import Noun
from spocd.cli.show import Column, Document, Shape
from spocd.cli.ticket_shape import TICKET

PERSON = Shape(
    identity="address",
    columns=(
        Column("address", "ADDRESS", gives_way=True),
        Column("name", "NAME", gives_way=True),
        Column("language", "LANGUAGE"),
        Column("tickets", "TICKETS"),
    ),
    fields=("name", "address", "language", "tickets"),
)


@click.group(cls=Noun)
def person() -> None:
    """People who write to the desk."""


@person.command("list", lists=True, example="spocd person list --search example.org")
@click.option("--search", metavar="WORDS", help="With these words, or their beginnings, in name or address.")
def list_people(search: str | None) -> None:
    """List people."""
    show.listing(pages("person.list", "people", search=search), PERSON)


@person.command(example="spocd person view ann@example.org")
@click.argument("address", metavar="ADDR")
def view(address: str) -> None:
    """Show a person and all of their tickets."""
    found = call("person.view", address=address)
    if asked().form != "table" or asked().fields:
        return show.document(found, PERSON)
    show.out(_person_text(found))
    return show.listing([found["tickets"]], TICKET)


def _person_text(found: Document) -> str:
    told = {name: content for name, content in found.items() if name != "tickets"}
    return show.facts_text(told) + ("\n" if found["tickets"] else "")
