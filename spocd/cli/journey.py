"""`spocd report journey`: the way of a ticket, as a line of time."""

from __future__ import annotations

from datetime import datetime

import click

from spocd.cli import show, table, visible, wrap
from spocd.cli.call import call
from spocd.cli.duration import duration
from spocd.cli.each import each_text
from spocd.cli.grammar import Command
from spocd.cli.ids import Chosen, some_tickets
from spocd.cli.show import Document, styled

_WIDTH = 20  # cells of the bars
_LEAST_ROOM = 70  # cells of a terminal that bars are drawn on
_MARKS = {"requester": "#", "desk": "=", "nobody": "."}
_EXPERT = "~"
_DATE = "."
_TOTALS = (
    ("requester_for_desk", "the requester waited for the desk"),
    ("requester_in_queue", "of that in the queue"),
    ("desk_for_requester", "the desk waited for the requester"),
    ("desk_for_experts", "the desk waited for experts"),
    ("for_a_date", "it was put off until a date"),
    ("nobody", "nobody waited"),
)


@click.command(cls=Command, example="spocd report journey 12")
@some_tickets
def journey(tickets: Chosen) -> None:
    """Show who waited for whom on a ticket, from its opening to its end, and how long.

    Experts who were asked have lines of their own beside the others: the desk waits for them while the requester waits
    for the desk.
    """
    each_text(tickets, lambda number: call("report.journey", ticket=number), _show)


def _show(way: Document) -> None:
    from spocd.cli.asked import asked

    if asked().form == "table" and not asked().fields:
        return show.out(journey_text(way, show.terminal_width()))
    return show.facts(way)


def journey_text(way: Document, room: int | None) -> str:
    """The way as a person reads it: a line for each leg with its place in the whole, then what it comes to."""
    ended = "ended" if way["over"] else "still going on"
    span = f"{show.local_time(way['from'])} to {show.local_time(way['to'])}, {duration(way['seconds'])}, {ended}"
    head = wrap.fill(wrap.words(f"#{way['ticket']}  {visible.line(way['subject'])}"), room)
    lines = [*(styled(line, bold=True) for line in head), *wrap.fill(wrap.words(span), room), ""]
    drawn = room is None or room >= _LEAST_ROOM
    rows = [_row(leg, way, drawn=drawn) for leg in sorted(way["legs"], key=lambda leg: (leg["from"], leg["lane"]))]
    gives_way = [False] * (len(rows[0]) - 1) + [True] if rows else []
    lines += [table.GAP.join(cells).rstrip() for cells in table.lay_out(rows, gives_way, room)]
    told = [[duration(way["totals"][name]), what] for name, what in _TOTALS if way["totals"].get(name)]
    lines += ["", *(table.GAP.join(cells).rstrip() for cells in table.lay_out(told, [False, True], room))]
    return "\n".join(lines) + "\n"


def _row(leg: Document, way: Document, *, drawn: bool) -> list[str]:
    cells = [show.local_time(leg["from"]), duration(leg["seconds"]), _sentence(leg)]
    return [cells[0], _bar(leg, way), *cells[1:]] if drawn else cells


def _sentence(leg: Document) -> str:
    if leg["waits"] == "nobody":
        return "nobody waits"
    if leg["for"] == "a date":
        return f"{leg['waits']} waits until a date"
    return f"{leg['waits']} waits for {visible.line(leg['for'])}"


def _bar(leg: Document, way: Document) -> str:
    """Where a leg lies in the whole way, and how much of it it is; never nothing."""
    before = _seconds(way["from"], leg["from"])
    whole = max(way["seconds"], 1)
    start = min(before * _WIDTH // whole, _WIDTH - 1)
    end = max(start + 1, -(-(before + leg["seconds"]) * _WIDTH // whole))
    mark = _EXPERT if leg["lane"] != "case" else _DATE if leg["for"] == "a date" else _MARKS.get(leg["waits"], "?")
    return f"|{' ' * start}{mark * (end - start)}{' ' * (_WIDTH - end)}|"


def _seconds(start: str, end: str) -> int:
    return int((datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds())
