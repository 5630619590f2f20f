"""`spocd ticket hints`: what helps whoever writes a contact down, by itself and below the text in the editor."""

from __future__ import annotations

from collections.abc import Iterator

import click

from spocd.cli import show, visible
from spocd.cli.asked import asked, complete_key
from spocd.cli.call import call
from spocd.cli.grammar import Command
from spocd.cli.person_view import organisation_lines
from spocd.cli.show import Document


@click.command(cls=Command, example="spocd ticket hints --service vpn --requester ann@example.org")
@click.option(
    "--service",
    metavar="KEY",
    shell_complete=complete_key("service.list"),
    help="What it is about: what to ask, and its canned answers.",
)
@click.option("--requester", metavar="ADDR", help="Who asks: their open tickets, their organisation.")
@click.option("--subject", metavar="TEXT", help="What it is about, in a line: cases that were alike.")
def hints(service: str | None, requester: str | None, subject: str | None) -> None:
    """Show what helps to write a contact down: what to ask, canned answers, cases that were alike, open tickets."""
    if not (service or requester or subject):
        raise click.UsageError("Say what is known: --service, --requester or --subject.")
    found = call("ticket.hints", service=service, requester=requester, subject=subject)
    if asked().form != "table" or asked().fields:
        return show.facts(found)
    return show.out(show.set_lines(_lines(found)) or "There is nothing to go by.\n")


def about_new(requester: str, subject: str, service: str | None) -> str:
    """What the editor shows below the text of a new ticket; Refused, before anything is written, where it cannot be."""
    heading = f"New ticket of {visible.line(requester)}: {visible.line(subject)}"
    found = call("ticket.hints", service=service, requester=requester, subject=subject)
    return "\n".join([heading, *_lines(found)]) + "\n"


def _lines(found: Document) -> Iterator[str]:
    if found["facts"]:
        yield "Ask:"
        yield from (f"  - {visible.line(fact)}" for fact in found["facts"])
    yield from organisation_lines(found["organisation"])
    if found["open"]:
        yield "Open tickets of theirs:"
        yield from (f"  #{one['number']}  {one['state']}  {visible.line(one['subject'])}" for one in found["open"])
    if found["similar"]:
        yield "Alike before:"
        for one in found["similar"]:
            how = f"{one['state']}, {one['resolution']}" if one["resolution"] else one["state"]
            yield f"  #{one['number']}  {visible.line(one['subject'])} ({how})"
            if one["answer"]:
                yield f"      {visible.line(one['answer'])}"
    if found["canned"]:
        yield "Canned answers (spocd ticket reply --canned KEY):"
        yield from (f"  {visible.line(one['key'])}  {visible.line(one['title'])}" for one in found["canned"])
