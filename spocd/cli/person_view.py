"""`spocd person view`: the whole history of a person on one page."""

from __future__ import annotations

from collections.abc import Iterator

import click

from spocd.cli import show, visible
from spocd.cli.asked import asked
from spocd.cli.call import call
from spocd.cli.grammar import Command
from spocd.cli.person import CARD
from spocd.cli.show import Document, styled
from spocd.cli.ticket_shape import TICKET

_MARGIN = "    "


@click.command(cls=Command, example="spocd person view ann@example.org")
@click.argument("address", metavar="ADDR")
def view(address: str) -> None:
    """Show a person with their whole history: tickets, mails, who had their cases, promises."""
    found = call("person.view", address=address)
    if asked().form != "table" or asked().fields:
        return show.document(found, CARD)
    show.out(_text(found))
    return show.listing([found["tickets"]], TICKET)


def _text(found: Document) -> str:
    told = show.facts_text(_card(found))
    lines = [*organisation_lines(found["organisation"]), *_history(found), *_heading(found["tickets"], "Tickets")]
    return told + show.set_lines(lines, later=_MARGIN * 2)


def _card(found: Document) -> Document:
    told = {name: found[name] for name in ("name", "addresses", "language", "groups", "known", "since")}
    told["tickets"] = f"{found['asked']} asked, {found['follows']} in copy"
    told["contact"] = _span(found["first_contact"], found["last_contact"])
    told["mails"] = f"{found['mails']['received']} received, {found['mails']['sent']} sent"
    if found["merged"]:
        told["merged"] = found["merged"]
    return told


def _span(first: str | None, last: str | None) -> str:
    if not (first and last):
        return "-"
    return f"first {show.local_time(first)}, last {show.local_time(last)}"


def organisation_lines(organisation: Document | None) -> Iterator[str]:
    """What an agent should know of somebody's organisation."""
    if not organisation:
        return
    manager = f", looked after by {visible.line(organisation['manager'])}" if organisation.get("manager") else ""
    yield styled(f"{visible.line(organisation['name'])} ({visible.line(organisation['key'])}){manager}", bold=True)
    for line in visible.text(organisation["briefing"]).splitlines():
        yield f"{_MARGIN}{line}".rstrip()


def _history(found: Document) -> Iterator[str]:
    yield from _heading(found["mails"]["last"], "Last mails")
    for mail in found["mails"]["last"]:
        way = "from them" if mail["direction"] == "in" else "to them"
        yield f"{_MARGIN}{show.local_time(mail['at'])}  {mail['id']}  {way}  {visible.line(mail['subject'])}"
    yield from _heading(found["hand_overs"], "Changes of hands on their tickets")
    for each in found["hand_overs"]:
        why = f": {visible.line(each['why'])}" if each["why"] else ""
        was, to = visible.line(each["was"]), visible.line(each["to"])
        yield f"{_MARGIN}{show.local_time(each['at'])}  #{each['ticket']}  {was} → {to}{why}"
    yield from _heading(found["promises"], "Promises made to them")
    for each in found["promises"]:
        yield f"{_MARGIN}#{each['ticket']}  for {show.local_time(each['due_at'])}  {each['state']}"
    yield from _heading(found["consults"], "Asked as an expert")
    for each in found["consults"]:
        answered = f"answered {show.local_time(each['answered_at'])}" if each["answered_at"] else "no answer yet"
        yield f"{_MARGIN}#{each['ticket']}  {show.local_time(each['asked_at'])}  {answered}"
    yield from _heading(found["journal"], "What was changed about them")
    for each in found["journal"]:
        yield f"{_MARGIN}{show.local_time(each['at'])}  {visible.line(each['event'])} by {visible.line(each['actor'])}"


def _heading(rows: list[Document], heading: str) -> Iterator[str]:
    if rows:
        yield ""
        yield styled(heading, bold=True)
