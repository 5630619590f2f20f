"""Watching: `spocd ticket watch`, and a list that stays true while it is looked at."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import click

from spocd.cli import node, show, table
from spocd.cli.asked import asked, tell
from spocd.cli.call import ROWS_A_CALL, not_running
from spocd.cli.grammar import Command
from spocd.cli.ids import a_ticket_or_none
from spocd.cli.numbers import whole
from spocd.cli.show import Column, Document, Shape
from spocd.control import client
from spocd.errors import Exit, Refused, TryLater

GIVES_UP = 30.0  # seconds without a desk, after which nobody waits for it any more
_BETWEEN_TRIES = 0.5
_BESIDE_ROWS = 2  # lines of a screen: the heading, and where the cursor stands
_ABOVE = "\x1b[H\x1b[2J"  # the cursor to the top, and the screen empty

EVENT = Shape(
    identity="ticket",
    columns=(
        Column("at", "AT"),
        Column("ticket", "#"),
        Column("event", "EVENT"),
        Column("actor", "BY", gives_way=True),
        Column("subject", "SUBJECT", gives_way=True),
    ),
    fields=("id", "at", "ticket", "event", "actor", "state", "assignee", "service", "subject", "detail"),
)


@click.command(cls=Command, example="spocd ticket watch --limit 5 -o jsonl")
@a_ticket_or_none
@click.option("--after", type=whole(0), metavar="ID", help="From the event after this one, not from now on.")
@click.option("-L", "--limit", type=whole(1), metavar="N", help="End after so many events.")
def watch(ticket: int | None, after: int | None, limit: int | None) -> None:
    """Show what happens to tickets, or to one, as it happens; Ctrl-C ends it.

    Each event is a line; -o jsonl makes each a JSON object, whose `id` is what --after takes. When the daemon restarts,
    the watch says so, waits for it for 30 seconds and goes on after the last event: nothing is missed and nothing told
    twice.
    """
    if asked().form in ("json", "csv"):
        raise click.UsageError("A watch has no end: take -o jsonl, tsv, ids or table.")
    left = limit
    for page in pages_of_events(ticket=ticket, after=after):
        for event in page["events"][:left]:
            _show(event)
        show.flush()
        left = None if left is None else left - len(page["events"])
        if left is not None and left <= 0:
            return


def _show(event: Document) -> None:
    """One line for an event, since nothing is known of those to come: there are no columns to be laid out."""
    if asked().form != "table" or asked().fields:
        return show.listing([[event]], EVENT)
    number, room = f"#{event['ticket']}", show.terminal_width()
    head = f"{show.local_time(event['at'])}  {number:<7}  {show.cell(event['event'])} by {show.cell(event['actor'])}"
    [[line]] = table.lay_out([[f"{head}: {show.cell(event['subject'])}"]], [True], room)
    return show.out(f"{line.rstrip()}\n")


def pages_of_events(*, ticket: int | None = None, after: int | None = None) -> Iterator[Document]:
    """What happens, in pages, the first at once; goes on after the last event when the desk was away for a while."""
    began, away_since = False, None
    while True:
        try:
            for page in client.stream(node.control_socket(), "ticket.watch", _stated(ticket, after)):
                if away_since is not None:
                    tell("the desk is there again")
                began, away_since, after = True, None, page["last"]
                yield page
        except client.NotRunning:
            if not began:
                raise not_running() from None
        except TryLater:
            if not began:
                raise
        now = time.monotonic()
        if away_since is None:
            away_since = now
            tell(f"the desk has gone; waiting for it for {GIVES_UP:.0f} seconds")
        if now - away_since > GIVES_UP:
            raise not_running()
        time.sleep(_BETWEEN_TRIES)


def _stated(ticket: int | None, after: int | None) -> dict[str, Any]:
    named = {"ticket": ticket, "after": after, "acting_as": asked().acting_as}
    return {name: value for name, value in named.items() if value is not None}


def watch_list(read: Callable[[int], list[Document]], shape: Shape) -> None:
    """Show a list, and again whenever something happened: the screen anew, or with -o jsonl the rows that changed.

    `read(most)` gives its first rows as they are now.
    """
    this = asked()
    if this.everything or this.cursor or this.fail_empty:
        raise click.UsageError("--watch shows the first rows of a list: leave out --all, --cursor and --fail-empty.")
    most = min(this.limit, ROWS_A_CALL)
    this.of_the_daemon = True
    if this.form == "jsonl":
        return _tell_changes(lambda: _patiently(read, most), shape)
    if this.form != "table" or show.terminal_width() is None:
        raise click.UsageError("--watch draws on a terminal. Elsewhere take -o jsonl: the rows that change.")
    for _ in pages_of_events():
        rows = _patiently(read, max(1, min(most, os.get_terminal_size(sys.stdout.fileno()).lines - _BESIDE_ROWS)))
        show.out(_ABOVE)
        show.listing([rows], shape)
        show.flush()
    return None


def _patiently(read: Callable[[int], list[Document]], most: int) -> list[Document]:
    """The rows, once the desk gives them: what it told of last may have been its last word before a restart."""
    ends = time.monotonic() + GIVES_UP
    while True:
        try:
            return read(most)
        except TryLater:
            if time.monotonic() > ends:
                raise
        except Refused as error:
            if error.exit != Exit.UNAVAILABLE or time.monotonic() > ends:
                raise
        time.sleep(_BETWEEN_TRIES)


def _tell_changes(read: Callable[[], list[Document]], shape: Shape) -> None:
    before: dict[Any, Document] = {}
    for _ in pages_of_events():
        now = {row[shape.identity]: row for row in read()}
        show.listing([[row for number, row in now.items() if before.get(number) != row]], shape)
        for number in before.keys() - now.keys():
            show.out(json.dumps({shape.identity: number, "listed": False}) + "\n")
        show.flush()
        before = now
