"""`spocd person`: the people who write to the desk."""

from __future__ import annotations

import click

from spocd.cli import show
from spocd.cli.asked import asked, complete_key
from spocd.cli.call import pages, write
from spocd.cli.grammar import Noun
from spocd.cli.show import Column, Document, Shape

LANGUAGES = click.Choice(("da", "de", "en", "fi", "ru", "sv", "none"))
PERSON = Shape(
    identity="address",
    columns=(
        Column("address", "ADDRESS", gives_way=True),
        Column("name", "NAME", gives_way=True),
        Column("organisation", "ORGANISATION", gives_way=True),
        Column("language", "LANGUAGE", spare=True),
        Column("tickets", "TICKETS"),
    ),
    fields=("name", "address", "language", "organisation", "tickets"),
)
CARD = Shape(
    identity="address",
    columns=(Column("address", "ADDRESS"), Column("name", "NAME", gives_way=True)),
    fields=("name", "address", "addresses", "language", "organisation.key", "groups", "known", "since"),
)
_VERBS = {
    "group": ("spocd.cli.person_group:group", "Put people into groups, and take them out."),
    "import": ("spocd.cli.person_import:import_people", "Take people in from a CSV or LDIF file."),
    "view": ("spocd.cli.person_view:view", "Show a person with their whole history."),
}
_address = click.argument("address", metavar="ADDR")


@click.group(cls=Noun, lazy=_VERBS)
def person() -> None:
    """People who write to the desk."""


@person.command("list", lists=True, example="spocd person list --search example.org")
@click.option("--search", metavar="WORDS", help="With these words, or their beginnings, in name or address.")
@click.option("--group", metavar="GROUP", help="In this group.")
@click.option(
    "--organisation", metavar="KEY", shell_complete=complete_key("organisation.list"), help="Of this organisation."
)
def list_people(search: str | None, group: str | None, organisation: str | None) -> None:
    """List people."""
    show.listing(pages("person.list", "people", search=search, group=group, organisation=organisation), PERSON)


@person.command(writes=True, example="spocd person edit ann@example.org --language sv --organisation acme")
@_address
@click.option("--name", metavar="NAME", help="As letters to them say it.")
@click.option("--language", type=LANGUAGES, help="What they are answered in; none: what they write in.")
@click.option(
    "--organisation",
    metavar="KEY|none",
    shell_complete=complete_key("organisation.list"),
    help="Where they belong; none: by the domain of their address.",
)
def edit(address: str, name: str | None, language: str | None, organisation: str | None) -> None:
    """Change what is known of a person."""
    changed = write(
        "person.edit", address=address, name=name, language=_or_none(language), organisation=_or_none(organisation)
    )
    show_card(changed)


def _or_none(said: str | None) -> str | None:
    return "" if said == "none" else said


@person.command(writes=True, example="spocd person alias ann@example.org ann.ek@home.example")
@_address
@click.argument("alias", metavar="NEWADDR")
@click.option("--main", is_flag=True, help="Write to them there, unless they last wrote from another of theirs.")
@click.option("--remove", is_flag=True, help="Take the address from them.")
def alias(address: str, alias: str, main: bool, remove: bool) -> None:
    """Note a further address of a person: what comes from there is theirs.

    With --main NEWADDR may be one that they have already. The main address is not removed while it is that.
    """
    show_card(write("person.alias", address=address, alias=alias, main=main or None, remove=remove or None))


@person.command(writes=True, example="spocd person merge ann.ek@home.example ann@example.org")
@_address
@click.argument("into", metavar="INTO_ADDR")
def merge(address: str, into: str) -> None:
    """Make two people one: what the first has is the second's from now on.

    Whoever knows the second can learn of the first then, also where the first wrote to a confidential service alone;
    what they wrote stays confidential.
    """
    show_card(write("person.merge", address=address, to=into))


@person.command(writes=True, example="spocd person unmerge ann.ek@home.example")
@_address
def unmerge(address: str) -> None:
    """Undo a merge: ADDR is an address of the one who was merged into another."""
    show_card(write("person.unmerge", address=address))


def show_card(found: Document) -> None:
    """What is known of a person, without the history."""
    if asked().form in ("table",) and not asked().fields:
        return show.out(show.facts_text(found))
    return show.document(found, CARD)
