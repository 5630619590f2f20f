"""What a ticket is by its journal alone: a pure function over its lines, to be held beside its row."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

Line = Mapping[str, Any]
Row = dict[str, Any]

FIELDS = ("state", "assignee", "team", "tier", "service", "kind", "priority", "tags", "resolution", "merged_into")
_OPENS = {"answered", "reopened", "woken"}
_INTO_HANDS = {"taken", "assigned", "handed over"}
_INTO_THE_QUEUE = {"released", "returned", "escalated", "given to a team"}


def replayed(journal: Iterable[Line]) -> Row:
    """The fields of a ticket after these lines, the first of which opened it."""
    row: Row = dict.fromkeys(FIELDS) | {"state": "new", "tier": 1, "tags": []}
    before_merge = row
    for line in journal:
        if line["event"] == "merged":
            before_merge = row
        elif line["event"] == "unmerged" and row["merged_into"] is not None:
            row = before_merge
            continue
        row = row | _changes(row, line)
    return row


def _changes(row: Row, line: Line) -> Row:
    """The fields that a line changes, as they are after it."""
    match line["event"]:
        case "opened":
            return {name: line[name] for name in ("state", "kind", "priority", "service", "team") if name in line}
        case "received" if row["state"] not in ("new", "spam"):
            return {"state": "open", "resolution": None}
        case event if event in _OPENS:
            return {"state": "open", "resolution": None}
        case "pending":
            return {"state": "pending", "resolution": None}
        case "resolved":
            return {"state": "resolved", "resolution": line.get("resolution")}
        case "closed":
            return {"state": "closed"}
        case "merged":
            return {"state": "closed", "resolution": "duplicate", "merged_into": line["into"]}
        case event if event in _INTO_HANDS:
            state = "open" if row["state"] == "new" else row["state"]
            return {"state": state, "assignee": line["to"]} | _moved(line)
        case event if event in _INTO_THE_QUEUE:
            passed_on = event in ("escalated", "given to a team") and row["state"] == "pending"
            return {"state": "open" if passed_on else row["state"], "assignee": None} | _moved(line)
        case "changed":
            return {name: line[name]["now"] for name in FIELDS if name in line}
    return {}


def _moved(line: Line) -> Row:
    return {name: line[name] for name in ("tier", "team") if name in line}
