"""Reports on the work of the desk: whether everybody was treated alike, and how cases changed hands."""

from __future__ import annotations

import json
from typing import Any, Literal, TypedDict

from spocd.desk.access import Actor, seen_by
from spocd.desk.documents import moment, moment_or_none, read_json
from spocd.desk.operation import Desk, operation
from spocd.desk.withheld import without_hidden
from spocd.errors import Exit, Refused
from spocd.store import Row

By = Literal["all", "channel", "person", "organisation", "group", "team"]
SPAN = 30 * 86400  # seconds that a report goes back where nothing is said
MOST_LINES = 1000
MOST_GROUPS = 1000
_INTO_HANDS = frozenset({"taken", "assigned"})


class Group(TypedDict):
    of: str
    tickets: int
    untaken: int
    oldest_untaken: str | None
    taken: int
    taken_median: int | None
    taken_p90: int | None
    answered: int
    answered_median: int | None
    answered_p90: int | None


class Jump(TypedDict):
    ticket: int
    at: str
    by: str
    to: str
    kind: str
    reason: str
    place: int | None
    passed: int
    next: int | None


class FairnessReport(TypedDict):
    since: str
    until: str
    by: str
    taken: int
    in_turn: int
    out_of_turn: int
    before_their_time: int
    overall: Group
    groups: list[Group]
    groups_left_out: int
    jumps: list[Jump]
    jumps_left_out: int


HandOver = TypedDict(
    "HandOver",
    {
        "ticket": int,
        "at": str,
        "event": str,
        "by": str,
        "from": str | None,
        "to": str | None,
        "why": str,
        "touched_at": str | None,
        "untouched_for": int | None,
    },
)


class HandOverReport(TypedDict):
    since: str
    until: str
    counts: dict[str, int]
    handovers: list[HandOver]
    left_out: int


@operation("report.fairness")
async def fairness(
    desk: Desk, actor: Actor, *, since: int | None = None, until: int | None = None, per: By = "channel"
) -> FairnessReport:
    """Show how long people waited, by what they have in common, and each ticket that went before others."""
    span = _span(desk, since, until)
    viewer = seen_by(actor).get("viewer")
    groups = await _groups(desk, span, viewer, per)
    overall = await _groups(desk, span, viewer, "all")
    happened = await _counts(desk, span, viewer)
    jumps = await desk.tx.all("turns_between", **span, viewer=viewer, of_jumps=1, most=MOST_LINES)
    in_turn = await desk.tx.one("taken_in_turn", **span, viewer=viewer)
    assert in_turn is not None
    out_of_turn, early = happened.get("out of turn", 0), happened.get("before its time", 0)
    return {
        "since": moment(span["since"]),
        "until": moment(span["until"]),
        "by": per,
        "taken": sum(happened.get(each, 0) for each in _INTO_HANDS),
        "in_turn": in_turn["n"],
        "out_of_turn": out_of_turn,
        "before_their_time": early,
        "overall": overall[0] if overall else _group("all", {}),
        "groups": groups[:MOST_GROUPS],
        "groups_left_out": max(len(groups) - MOST_GROUPS, 0),
        "jumps": await without_hidden(desk.tx, actor, [_jump(row) for row in jumps]),
        "jumps_left_out": max(out_of_turn + early - len(jumps), 0),
    }


@operation("report.handovers")
async def handovers(desk: Desk, actor: Actor, *, since: int | None = None, until: int | None = None) -> HandOverReport:
    """Show how cases changed hands: from whom, to whom, why, and how long until somebody went on with them."""
    span = _span(desk, since, until)
    viewer = seen_by(actor).get("viewer")
    happened = await _counts(desk, span, viewer)
    rows = await desk.tx.all("turns_between", **span, viewer=viewer, of_jumps=0, most=MOST_LINES)
    moves = ("handed over", "released", "returned", "escalated", "given to a team")
    counts = {each: happened.get(each, 0) for each in moves}
    return {
        "since": moment(span["since"]),
        "until": moment(span["until"]),
        "counts": counts,
        "handovers": await without_hidden(desk.tx, actor, await _hand_overs(desk, rows)),
        "left_out": max(sum(counts.values()) - len(rows), 0),
    }


def _span(desk: Desk, since: int | None, until: int | None) -> dict[str, int]:
    end = desk.now + 1 if until is None else until
    begin = end - SPAN if since is None else since
    if begin >= end:
        raise Refused("no-span", "That span of time ends before it begins. Turn --since and --until round.", Exit.USAGE)
    return {"since": begin, "until": end}


async def _counts(desk: Desk, span: dict[str, int], viewer: int | None) -> dict[str, int]:
    rows = await desk.tx.all("turn_counts", **span, viewer=viewer)
    return {row["event"]: row["n"] for row in rows}


async def _groups(desk: Desk, span: dict[str, int], viewer: int | None, by: str) -> list[Group]:
    """The groups, those with the most tickets first."""
    found: dict[str, dict[str, Row]] = {}
    for row in await desk.tx.all("fairness_groups", **span, viewer=viewer, by=by):
        found.setdefault(row["whose"], {})[row["what"]] = row
    groups = [_group(whose, rows) for whose, rows in found.items()]
    return sorted(groups, key=lambda each: (-each["tickets"], each["of"]))


def _group(whose: str, rows: dict[str, Row]) -> Group:
    tickets, taken, answered = (rows.get(each) for each in ("tickets", "taken", "answered"))
    return {
        "of": whose,
        "tickets": tickets["n"] if tickets else 0,
        "untaken": tickets["median"] if tickets else 0,
        "oldest_untaken": moment_or_none(tickets["p90"]) if tickets else None,
        "taken": taken["n"] if taken else 0,
        "taken_median": taken["median"] if taken else None,
        "taken_p90": taken["p90"] if taken else None,
        "answered": answered["n"] if answered else 0,
        "answered_median": answered["median"] if answered else None,
        "answered_p90": answered["p90"] if answered else None,
    }


def _jump(row: Row) -> Jump:
    detail: dict[str, Any] = read_json(row["detail"])
    return {
        "ticket": row["ticket"],
        "at": moment(row["at"]),
        "by": row["actor"],
        "to": detail.get("to") or row["actor"],
        "kind": row["event"],
        "reason": detail.get("why") or "",
        "place": detail.get("place"),
        "passed": detail.get("passed") or 0,
        "next": detail.get("next"),
    }


async def _hand_overs(desk: Desk, rows: list[Row]) -> list[HandOver]:
    """The documents of these lines of the journal, each with when somebody went on with the case."""
    details: list[dict[str, Any]] = [read_json(row["detail"]) for row in rows]
    receivers = [
        {"receiver": detail.get("to") if row["event"] == "handed over" else None}
        | {name: row[name] for name in ("id", "ticket", "at")}
        for row, detail in zip(rows, details, strict=True)
    ]
    touched = {row["id"]: row["at"] for row in await desk.tx.all("touched_after", handovers=json.dumps(receivers))}
    return [_hand_over(row, detail, touched[row["id"]]) for row, detail in zip(rows, details, strict=True)]


def _hand_over(row: Row, detail: dict[str, Any], touched: int | None) -> HandOver:
    return {
        "ticket": row["ticket"],
        "at": moment(row["at"]),
        "event": row["event"],
        "by": row["actor"],
        "from": detail.get("from"),
        "to": detail.get("to"),
        "why": detail.get("why") or "",
        "touched_at": moment_or_none(touched),
        "untouched_for": None if touched is None else touched - row["at"],
    }
