"""`spocd person group`: who is in which group."""

from __future__ import annotations

import click

from spocd.cli import show
from spocd.cli.asked import asked
from spocd.cli.call import write
from spocd.cli.grammar import Noun
from spocd.cli.person import CARD
from spocd.cli.show import Document


@click.group(cls=Noun)
def group() -> None:
    """Put people into groups, and take them out. A group is there as long as somebody is in it."""


_group = click.argument("group", metavar="GROUP")
_addresses = click.argument("addresses", metavar="ADDR…", nargs=-1, required=True)


@group.command(writes=True, example="spocd person group add second-floor ann@example.org bo@example.org")
@_group
@_addresses
def add(group: str, addresses: tuple[str, ...]) -> None:
    """Put people into a group; prints who is in it now."""
    _show_group(write("person.group_add", group=group, addresses=list(addresses)))


@group.command(writes=True, example="spocd person group remove second-floor bo@example.org")
@_group
@_addresses
def remove(group: str, addresses: tuple[str, ...]) -> None:
    """Take people out of a group; prints who is left in it."""
    _show_group(write("person.group_remove", group=group, addresses=list(addresses)))


def _show_group(found: Document) -> None:
    if asked().form == "json":
        return show.document(found, CARD)
    return show.listing([found["members"]], CARD)
