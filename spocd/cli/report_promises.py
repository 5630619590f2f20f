"""`spocd report promises`: what became of what agents promised."""

from __future__ import annotations

import click

from spocd.cli import show
from spocd.cli.call import call
from spocd.cli.grammar import Command
from spocd.cli.show import Column, Shape
from spocd.cli.when import back, until_then

_COUNTS = ("made", "kept", "kept_late", "broken", "open", "withdrawn")
PROMISES = Shape(
    identity="agent",
    columns=(
        Column("agent", "AGENT"),
        *(Column(name, name.upper().replace("_", " ")) for name in _COUNTS),
    ),
    fields=("agent", "name", *_COUNTS),
)


@click.command(cls=Command, may_find_nothing=True, example="spocd report promises --since 30d")
@click.option("--since", type=back, metavar="TIME", help="Made at this time or later.")
@click.option("--until", type=until_then, metavar="TIME", help="Made before this time, or that day.")
def promises(since: int | None, until: int | None) -> None:
    """Say what became of what was promised: kept, kept late, broken, still open, for each agent."""
    show.listing([call("report.promises", since=since, until=until)["promises"]], PROMISES)
