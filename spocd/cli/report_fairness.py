"""The reports on fairness and on hand-overs."""

from __future__ import annotations

from typing import Any

import click

from spocd.cli import show
from spocd.cli.asked import asked, tell
from spocd.cli.call import call
from spocd.cli.duration import duration
from spocd.cli.grammar import Command
from spocd.cli.show import Column, Document, Shape
from spocd.cli.when import back, until_then

GROUP = Shape(
    identity="of",
    columns=(
        Column("of", "OF", gives_way=True),
        Column("tickets", "TICKETS"),
        Column("untaken", "UNTAKEN"),
        Column("taken", "TAKEN"),
        Column("taken_median", "MEDIAN"),
        Column("taken_p90", "9 OF 10"),
        Column("answered", "ANSWERED"),
        Column("answered_median", "MEDIAN"),
        Column("answered_p90", "9 OF 10"),
    ),
    fields=(
        *("of", "tickets", "untaken", "oldest_untaken", "taken", "taken_median", "taken_p90"),
        *("answered", "answered_median", "answered_p90"),
    ),
)
JUMP = Shape(
    identity="ticket",
    columns=(
        Column("ticket", "#"),
        Column("at", "WHEN"),
        Column("kind", "WHAT"),
        Column("by", "BY"),
        Column("to", "TO"),
        Column("passed", "PASSED"),
        Column("reason", "REASON", gives_way=True),
    ),
    fields=("ticket", "at", "kind", "by", "to", "place", "passed", "next", "reason"),
)
HANDOVER = Shape(
    identity="ticket",
    columns=(
        Column("ticket", "#"),
        Column("at", "WHEN"),
        Column("event", "WHAT"),
        Column("from", "FROM"),
        Column("to", "TO"),
        Column("untouched_for", "UNTOUCHED"),
        Column("why", "WHY", gives_way=True),
    ),
    fields=("ticket", "at", "event", "by", "from", "to", "why", "touched_at", "untouched_for"),
)
_SPANS = ("taken_median", "taken_p90", "answered_median", "answered_p90", "untouched_for")
_since = click.option("--since", type=back, metavar="TIME", help="From this time on; 30 days unless said.")
_until = click.option(
    "--until", type=until_then, metavar="TIME", help="Before this time, or that day; until now unless said."
)
BY = click.Choice(("all", "channel", "person", "organisation", "group", "team"))


@click.command(cls=Command, example="spocd report fairness --since 7d --by organisation")
@_since
@_until
@click.option("--by", type=BY, help="What tickets have in common; channel unless said.")
@click.option("--jumps", is_flag=True, help="List each ticket that went before others instead.")
def fairness(since: int | None, until: int | None, by: str | None, jumps: bool) -> None:
    """Show how long people waited, by what they have in common, and what went before others.

    Of the tickets opened in that time: how many nobody has taken, how long it took until somebody took one and until it
    was answered, as the median (of an even number the mean of the two in the middle) and as the shortest time that nine
    of ten or more stayed within. A jump is a ticket that was taken out of turn,
    with its reason, or in turn before older ones since an answer was promised for a time.
    """
    found = call("report.fairness", since=since, until=until, per=by)
    if asked().form in ("json", "jsonl") and not jumps:
        return show.facts(found)
    if found["jumps_left_out"] and jumps:
        tell(f"{found['jumps_left_out']} older jumps are not shown; ask for a shorter time")
    if jumps:
        return show.listing([found["jumps"]], JUMP)
    if found["groups_left_out"]:
        tell(f"{found['groups_left_out']} smaller groups are not shown")
    groups = found["groups"] if found["by"] == "all" else [*found["groups"], found["overall"]]
    show.listing([[_spans(each) for each in groups]], GROUP)
    return _say_counts(found)


def _say_counts(counts: Document) -> None:
    if asked().form == "table" and not asked().fields:
        told = (
            f"Taken {_times(counts['taken'])} in that time, a ticket each time that somebody took it, whenever it was"
            f" opened: {counts['in_turn']} in turn, {counts['out_of_turn']} out of turn with reason;"
            f" {counts['before_their_time']} before older ones, as they were promised."
        )
        show.out("\n" + show.set_lines([told]))
        if counts["out_of_turn"] or counts["before_their_time"]:
            tell("each of them: spocd report fairness --jumps")


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


@click.command(cls=Command, example="spocd report handovers --since 7d")
@_since
@_until
def handovers(since: int | None, until: int | None) -> None:
    """Show how cases changed hands: from whom to whom, why, and how long until somebody went on with them."""
    found = call("report.handovers", since=since, until=until)
    if asked().form in ("json", "jsonl"):
        return show.facts(found)
    if found["left_out"]:
        tell(f"{found['left_out']} older ones are not shown; ask for a shorter time")
    return show.listing([[_spans(each) for each in found["handovers"]]], HANDOVER)


def _spans(row: dict[str, Any]) -> dict[str, Any]:
    """The row with its seconds as people say them, where a table is to be read."""
    if asked().form != "table":
        return row
    return row | {name: duration(row[name]) for name in _SPANS if row.get(name) is not None}
