"""`spocd token`: the reply addresses that lead mails to their tickets."""

from __future__ import annotations

import click

from spocd.cli import show
from spocd.cli.asked import confirm
from spocd.cli.call import call, write
from spocd.cli.grammar import Noun
from spocd.cli.ids import complete, number
from spocd.cli.show import Document


@click.group(cls=Noun)
def token() -> None:
    """Reply tokens: rotate, revoke, explain."""


@token.command(writes=True, example="spocd token rotate")
def rotate() -> None:
    """Sign new reply addresses with a new key; the old ones stay valid for 400 days."""
    confirm("Sign with a new key from now on?")
    show.facts(write("token.rotate"), _readable_keys)


def _readable_keys(found: Document) -> Document:
    signs = {True: ", which signs from now on", False: ""}
    keys = [f"{key['id']}, of {show.local_time(key['created_at'])}{signs[key['signs']]}" for key in found["keys"]]
    return {"keys that are good": keys}


@token.command(writes=True, example="spocd token revoke 12 --address ann@example.org")
@click.argument("ticket", metavar="TICKET", shell_complete=complete)
@click.option("--address", metavar="ADDR", help="That of this person alone.")
def revoke(ticket: str, address: str | None) -> None:
    """Make the reply addresses of a ticket worthless; its next mails carry new ones."""
    of_ticket = number(ticket)
    confirm(f"Revoke the reply addresses of #{of_ticket}?")
    show.facts(
        write("token.revoke", ticket=of_ticket, address=address),
        lambda found: {"reply addresses revoked of": _people(found["revoked"])},
    )


def _people(count: int) -> str:
    return "one person" if count == 1 else f"{count} people"


@token.command(example="spocd token explain desk+r0c-1a-x5k2m9q4w8e7r6t3@example.org")
@click.argument("address", metavar="ADDR")
def explain(address: str) -> None:
    """Say what a reply address is for, and whether it is valid."""
    show.facts(call("token.explain", address=address))
