"""`spocd mail failed`: mails that could be neither read nor filed, and stand waiting for somebody."""

from __future__ import annotations

import click

from spocd.cli import show
from spocd.cli.call import call, pages, write
from spocd.cli.grammar import Noun
from spocd.cli.mail import MAIL
from spocd.cli.numbers import whole

_ID = whole(1)


@click.group(cls=Noun)
def failed() -> None:
    """Mails that could not be read or filed. Nothing of them is lost."""


@failed.command("list", lists=True, example="spocd mail failed list --fail-empty")
def list_failed() -> None:
    """List the mails that failed."""
    show.listing(pages("mail.failed_list", "mails"), MAIL)


@failed.command(example="spocd mail failed view 7")
@click.argument("id", metavar="MAIL", type=_ID)
def view(id: int) -> None:  # noqa: A002 (the operation's name for it)
    """Show a mail that failed, and why it did."""
    show.facts(call("mail.failed_view", id=id), lambda found: found["mail"] | {"sha256": found["sha256"]})


@failed.command(writes=True, example="spocd mail failed replay 7")
@click.argument("id", metavar="MAIL", type=_ID)
def replay(id: int) -> None:  # noqa: A002 (the operation's name for it)
    """Try a mail that failed once more, as if it came now."""
    show.facts(write("mail.failed_replay", id=id))
