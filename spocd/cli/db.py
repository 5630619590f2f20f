"""`spocd db`: the database, without the daemon."""

from __future__ import annotations

import click

from spocd.cli import node, show
from spocd.cli.grammar import Noun


@click.group(cls=Noun)
def db() -> None:
    """Migrate or check the database."""


@db.command(example="spocd db migrate")
def migrate() -> None:
    """Bring the database to the schema of this version."""
    from spocd.cli.local import migrate as run

    show.facts(run(node.config_file()))


@db.command(example="spocd db check")
def check() -> None:
    """Check that the database is whole; every fault is a line, and the exit 78."""
    from spocd.cli.local import check_database

    show.facts(check_database(node.config_file()))
