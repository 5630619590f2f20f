"""`spocd audit`: what was done, by whom, and whether the journal is as it was written."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import click

from spocd.cli import show
from spocd.cli.asked import asked, complete_login, tell
from spocd.cli.call import ROWS_A_CALL, call, pages
from spocd.cli.grammar import Noun
from spocd.cli.ids import number
from spocd.cli.show import Column, Document, Shape
from spocd.cli.when import back, until_then
from spocd.errors import Refused

LINE = Shape(
    identity="id",
    columns=(
        Column("id", "ID"),
        Column("at", "AT", spare=True),
        Column("ticket", "#"),
        Column("actor", "BY", gives_way=True),
        Column("event", "EVENT", gives_way=True),
        Column("detail", "DETAIL", gives_way=True),
    ),
    fields=("id", "at", "ticket", "actor", "event", "detail"),
)
SEALED = LINE._replace(fields=(*LINE.fields, "salt", "digest", "seal"))


@click.group(cls=Noun)
def audit() -> None:
    """The journal as evidence: what was done, by whom, and whether it is as it was written."""


@audit.command("list", lists=True, example="spocd audit list --since 7d --actor bob")
@click.option("--since", type=back, metavar="TIME", help="At this time or later.")
@click.option("--until", type=until_then, metavar="TIME", help="Before this time, or that day.")
@click.option("--actor", "who", metavar="LOGIN|ADDR", shell_complete=complete_login, help="Done by this one.")
@click.option("--ticket", type=number, metavar="TICKET", help="Done to this ticket.")
def list_lines(**filters: Any) -> None:
    """List what was done at the desk and by whom, the newest first (leads)."""
    show.listing(pages("audit.list", "lines", **filters), LINE)


@audit.command(example="spocd audit export > audit.jsonl")
def export() -> None:
    """Write all sealed lines, the oldest first, a JSON object a line with its digest and its seal (administrators).

    The last line's seal is the head: kept elsewhere, it shows one day whether the journal was rewritten since.
    """
    if asked().form == "table":
        asked().form = "jsonl"
    show.listing(_sealed(), SEALED)


def _sealed() -> Iterator[list[Document]]:
    after: int | None = 0
    while after is not None:
        answer = call("audit.export", after=after, limit=ROWS_A_CALL)
        yield answer["lines"]
        after = answer.get("last")


@audit.command(example="spocd audit verify")
@click.option("--head", metavar="SEAL", help="The seal of an earlier export; it must still be there.")
def verify(head: str | None) -> None:
    """Verify that no line of the journal was changed or taken out since it was sealed; exit 1 where one was.

    Lines are sealed within seconds, and when the daemon stops; how many are not yet stands in `unsealed`. Whoever can
    write to the database can make all seals anew; --head finds that, if the head of an earlier export or of an earlier
    run was kept elsewhere.
    """
    lines = erased = after = 0
    seal, met, more = "", False, True
    while more:
        page = call("audit.verify", after=after, seal=seal, head=head)
        if page["broken"] is not None:
            raise Refused("broken", f"Line {page['broken']} of the journal is broken: {page['what']}.")
        lines, erased, met = lines + page["lines"], erased + page["erased"], met or page["has_head"]
        after, seal, more = page["last"], page["seal"], page["more"]
    if head is not None and not met:
        sentence = "No line has the seal given with --head: the journal was rewritten, or lines of it were removed."
        raise Refused("rewritten", sentence)
    unsealed = page.get("unsealed", 0)
    if unsealed:
        lines_are = "1 line is" if unsealed == 1 else f"{unsealed} lines are"
        tell(f"{lines_are} not sealed yet: whether one of those was changed or taken out nobody can see")
    show.facts(
        {"status": "ok", "lines": lines, "erased": erased, "unsealed": unsealed, "last_line": after, "head": seal}
    )
