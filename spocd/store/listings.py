"""Listings: the queries whose filters the caller chooses, put together from parts that stand here and nowhere else."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import Any

from spocd.errors import Exit, Refused

# A state among several: JSON keeps it one parameter. PostgreSQL's form of it stands in sql/postgres/.
_AMONG_STATES = "t.state in (select value from json_each(:states))"

# The address that a person came with first.
PERSON_ADDRESS = """coalesce(
    (select a.shown from person_address a where a.person = p.id order by a.created_at, a.address limit 1), '')"""

TICKET_COLUMNS = f"""
  t.number, t.subject, t.state, t.kind, t.priority, t.requester, t.assignee, t.team, t.service, t.channel, t.address,
  t.opened_at, t.updated_at, t.due_at, t.waiting_since, t.pend_until, t.resolved_at, t.closed_at, t.merged_into, t.rev,
  p.name as requester_name,
  {PERSON_ADDRESS} as requester_address,
  g.login as assignee_login"""


@dataclass(frozen=True, slots=True)
class Listing:
    """What may be listed: the filters by name, and the sorts, each with the columns that make it unambiguous."""

    columns: str
    source: str
    filters: dict[str, str]
    sorts: dict[str, tuple[str, str]]  # name: (column, id column); a leading "-" on the column is newest first


_LISTINGS = {
    "ticket": Listing(
        TICKET_COLUMNS,
        "ticket t join person p on p.id = t.requester left join agent g on g.id = t.assignee",
        {
            "states": _AMONG_STATES,
            "assignee": "t.assignee = :assignee",
            "unassigned": "t.assignee is null",
            "requester": "t.requester = :requester",
            "service": "t.service = :service",
            "team": "t.team = :team",
            "priority": "t.priority = :priority",
            "kind": "t.kind = :kind",
            "since": "t.opened_at >= :since",
            "until": "t.opened_at < :until",
            "search": "(t.subject like :search escape '\\' or exists (select 1 from message m"
            " where m.ticket = t.number and m.visible_text like :search escape '\\'))",
            # Two ranges that an index holds, not a condition that every row is tried against.
            "person": "t.number in (select x.number from ticket x where x.requester = :person union"
            " select y.ticket from participant y where y.person = :person and y.removed_at is null)",
        },
        {
            "newest": ("-t.number", "t.number"),
            "oldest": ("t.number", "t.number"),
            "updated": ("-t.updated_at", "t.number"),
            "waiting": ("coalesce(t.waiting_since, 9223372036854775807)", "t.number"),
        },
    ),
    "person": Listing(
        f"p.id, p.name, p.language, p.known_at, p.created_at, {PERSON_ADDRESS} as address,"  # noqa: S608
        " (select count(*) from ticket t where t.requester = p.id) as tickets",
        "person p",
        {
            "search": "(p.name like :search escape '\\' or exists (select 1 from person_address s"
            " where s.person = p.id and s.address like :search escape '\\'))"
        },
        {"newest": ("-p.id", "p.id")},
    ),
    "inbox": Listing(
        "i.id, i.received_at, i.sender, i.recipients, i.size, i.state, i.fate, i.ticket, i.tries, i.error,"
        " i.channel, i.peer, m.origin, m.position",
        "inbox i left join message m on m.id = i.message",
        {"state": "i.state = :state"},
        {"newest": ("-i.id", "i.id")},
    ),
    "outbox": Listing(
        "o.id, o.ticket, o.kind, o.recipient, o.state, o.tries, o.not_before, o.created_at, o.sent_at, o.reply",
        "outbox o",
        {"state": "o.state = :state", "ticket": "o.ticket = :ticket"},
        {"newest": ("-o.id", "o.id")},
    ),
}


def compose(
    name: str, filters: dict[str, Any], *, sort: str, limit: int, after: str | None
) -> tuple[str, dict[str, Any]]:
    """The query and its parameters. Only names from the tables above become SQL; each value is a bound parameter.

    `after` is a cursor, made by `cursor` from the last row of the page before.
    """
    listing = _LISTINGS[name]
    if sort not in listing.sorts:
        raise Refused("bad-sort", f"“{sort}” is no order of this list. Take {', '.join(listing.sorts)}.", Exit.USAGE)
    column, number = listing.sorts[sort]
    bare, newest = column.removeprefix("-"), column.startswith("-")
    where = [listing.filters[each] for each in filters]
    parameters = dict(filters) | {"limit": limit}
    if after is not None:
        parameters["after"], parameters["after_id"] = _read_cursor(after)
        sign = "<" if newest else ">"
        where.append(f"({bare} {sign} :after or ({bare} = :after and {number} {sign} :after_id))")
    direction = "desc" if newest else "asc"
    order = f" order by {bare} {direction}" + ("" if bare == number else f", {number} {direction}")
    conditions = f" where {' and '.join(where)}" if where else ""
    text = f"select {listing.columns}, {bare} as sort_key from {listing.source}{conditions}{order} limit :limit"  # noqa: S608
    return text, parameters


def cursor(sort_value: int, number: int) -> str:
    """Where the next page begins, opaque to the caller."""
    return base64.urlsafe_b64encode(json.dumps([sort_value, number]).encode()).decode().rstrip("=")


def _read_cursor(text: str) -> tuple[int, int]:
    try:
        first, second = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        return int(first), int(second)
    except (ValueError, TypeError) as error:
        raise Refused(
            "bad-cursor", "That cursor is not one that a list gave. Start again without --cursor.", Exit.USAGE
        ) from error
