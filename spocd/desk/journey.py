"""The report on the way of one ticket: who waited for whom."""

from __future__ import annotations

import json
from typing import TypedDict

from spocd.desk.access import Actor
from spocd.desk.documents import find_ticket, moment, seconds_of
from spocd.desk.operation import Desk, operation
from spocd.domain.journey import Step, totals
from spocd.domain.journey import journey as way_of
from spocd.store import Row

LegDocument = TypedDict("LegDocument", {"lane": str, "waits": str, "for": str, "from": str, "to": str, "seconds": int})
JourneyDocument = TypedDict(
    "JourneyDocument",
    {
        "ticket": int,
        "subject": str,
        "from": str,
        "to": str,
        "seconds": int,
        "over": bool,
        "legs": list[LegDocument],
        "totals": dict[str, int],
    },
)


def _step(row: Row) -> Step:
    """A line of the journal. What a mail brought about counts since it was accepted, not since it was read."""
    detail = json.loads(row["detail"])
    accepted = detail.get("accepted")
    return Step(row["at"] if accepted is None else seconds_of(accepted), row["event"], detail)


@operation("report.journey")
async def journey(desk: Desk, actor: Actor, *, ticket: int) -> JourneyDocument:
    """Tell the way of a ticket from its opening to its end: who waited for whom, and how long."""
    subject = (await find_ticket(desk, ticket)).subject
    rows = await desk.tx.all("ticket_journal", ticket=ticket)
    way = way_of([_step(row) for row in rows], desk.now)
    legs: list[LegDocument] = [
        {
            "lane": leg.lane,
            "waits": leg.waits,
            "for": leg.awaited,
            "from": moment(leg.start),
            "to": moment(leg.end),
            "seconds": leg.seconds,
        }
        for leg in way.legs
    ]
    return {
        "ticket": ticket,
        "subject": subject,
        "from": moment(way.start),
        "to": moment(way.end),
        "seconds": way.end - way.start,
        "over": way.is_over,
        "legs": legs,
        "totals": totals(way),
    }
