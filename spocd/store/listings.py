"""Listings: the queries whose filters the caller chooses, put together from parts that stand here and nowhere else."""

from __future__ import annotations

import base64
import contextlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from spocd.domain.ranking import OPENING
from spocd.errors import Exit, Refused
from spocd.store.search import Dialect, by_words, query

# The address that a person came with first.
PERSON_ADDRESS = """coalesce(
    (select a.shown from person_address a where a.person = p.id order by a.created_at, a.address limit 1), '')"""

# Of a row that was kept apart the oldest, whosever it is by now.
_REQUESTER_ADDRESS = """coalesce(
    (select a.shown from person_address a where a.person in (p.id, case when o.apart = 1 then o.id else p.id end)
      order by a.created_at, a.address limit 1), '')"""

# The ticket of a row is none that is hidden from an agent; a row of no ticket is not.
_SEEN = (
    "not exists (select 1 from ticket x join hidden_service h on h.service = x.service"
    " where x.number = {ticket} and h.agent = :viewer)"
)
# The ticket `t` is none of a service that is hidden from an agent.
_NOT_HIDDEN = "not exists (select 1 from hidden_service h where h.service = t.service and h.agent = :viewer)"
# As `rows_of_person` has it: a directory has them, or they are on a ticket or were asked on one that is not hidden.
_KNOWN = f"""exists (select 1 from person one where coalesce(one.survivor, one.id) = +p.id and (
    one.entered_at is not null
    or exists (select 1 from participant x join ticket t on t.number = x.ticket
                where x.person = one.id and {_NOT_HIDDEN})
    or exists (select 1 from consult c join ticket t on t.number = c.ticket
                where c.person = one.id and {_NOT_HIDDEN})))"""  # noqa: S608
_ONE = "(select one.id from person one where coalesce(one.survivor, one.id) = :{})"
_MEMBERS = """select one.id from person_group m join person w on w.id = m.person
    join person one on coalesce(one.survivor, one.id) = coalesce(w.survivor, w.id) where m.name = :group"""
# Who may belong there, by themselves or by their domain, and of these who does.
_OF_ORGANISATION = """select b.person from belonging b where b.organisation = :organisation and b.person in (
    select one.id from person one where coalesce(one.survivor, one.id) in (
      select e.id from person e where e.organisation = :organisation
      union select coalesce(w.survivor, w.id) from organisation_domain d
        join person_address a on a.domain = d.domain join person w on w.id = a.person
       where d.organisation = :organisation))"""

TICKET_COLUMNS = f"""
  t.number, t.subject, t.state, t.kind, t.priority, t.requester, t.assignee, t.team, t.service, t.channel, t.address,
  t.opened_at, t.updated_at, t.due_at, t.waiting_since, t.pend_until, t.resolved_at, t.closed_at, t.merged_into, t.rev,
  t.direction, t.tier, t.resolution, t.tags,
  case when o.apart = 1 then o.name else coalesce(nullif(p.name, ''), o.name) end as requester_name,
  {_REQUESTER_ADDRESS} as requester_address,
  g.login as assignee_login,
  (select r.login from agent r where r.id = t.reporter) as reporter_login"""  # noqa: S608


@dataclass(frozen=True, slots=True)
class Listing:
    """What may be listed: the filters by name, and the sorts, each with the columns that make it unambiguous.

    `states` are the words of the filter `states`, which takes a list of them. `words` is whose index of words the
    filter `search` looks in.
    """

    columns: str
    source: str
    states: tuple[str, ...]
    filters: dict[str, str]
    sorts: dict[str, tuple[str, str]]  # name: (column, id column); a leading "-" on the column is newest first
    words: str = ""


_INTEGERS = range(-(2**63), 2**63)  # what a database's integer holds
_LONGEST_CURSOR = 100  # characters; two such integers have 58

# The numbers of a list, as rows.
_EACH: Mapping[Dialect, str] = {
    "sqlite": "select value from json_each(:numbers)",
    "postgres": "select cast(x as bigint) from json_array_elements_text(cast(cast(:numbers as text) as json)) x",
}
_ACTIVE = ("new", "open", "pending")
_LISTINGS = {
    "ticket": Listing(
        TICKET_COLUMNS,
        "ticket t join person o on o.id = t.requester join person p on p.id = coalesce(o.survivor, o.id)"
        " left join agent g on g.id = t.assignee",
        (*_ACTIVE, "resolved", "closed", "spam"),
        {
            "assignee": "t.assignee = :assignee",
            "unassigned": "t.assignee is null",
            "requester": "t.requester = :requester",
            # Of all that one person is: those who were merged into them, too.
            "identity": f"t.requester in {_ONE.format('identity')}",
            "service": "t.service = :service",
            "team": "t.team = :team",
            "priority": "t.priority = :priority",
            "tag": "t.number in (select x.ticket from ticket_tag x where x.tag = :tag)",
            "viewer": _NOT_HIDDEN,
            "kind": "t.kind = :kind",
            "since": "t.opened_at >= :since",
            "until": "t.opened_at < :until",
            # As the index of what is due has it.
            "due_before": "coalesce(t.due_at, 9223372036854775807) < :due_before",
            # Two ranges that an index holds, not a condition that every row is tried against.
            "person": f"t.number in (select x.number from ticket x where x.requester in {_ONE.format('person')} union"  # noqa: S608
            f" select y.ticket from participant y where y.person in {_ONE.format('person')} and y.removed_at is null)",
            "group": f"t.requester in ({_MEMBERS})",
            "organisation": f"t.requester in ({_OF_ORGANISATION})",
        },
        {
            "newest": ("-t.number", "t.number"),
            "oldest": ("t.number", "t.number"),
            "updated": ("-t.updated_at", "t.number"),
            "waiting": ("coalesce(t.waiting_since, 9223372036854775807)", "t.number"),
            "due": ("coalesce(t.due_at, 9223372036854775807)", "t.number"),
        },
        words="ticket",
    ),
    "person": Listing(
        f"p.id, p.name, p.language, p.known_at, p.created_at, {PERSON_ADDRESS} as address,"  # noqa: S608
        " (select b.organisation from belonging b where b.person = p.id) as organisation,"
        " (select count(*) from person one join ticket t on t.requester = one.id"
        " where coalesce(one.survivor, one.id) = +p.id) as tickets",
        "person p",
        (),
        {
            "living": "p.survivor is null",
            "group": f"p.id in ({_MEMBERS})",
            "organisation": f"p.id in ({_OF_ORGANISATION})",
            "viewer": _KNOWN,
        },
        {"newest": ("-p.id", "p.id")},
        words="person",
    ),
    "journal": Listing(
        "j.id, j.at, j.ticket, j.actor, j.event, j.detail",
        "journal j",
        (),
        {
            "ticket": "j.ticket = :ticket",
            "actor": "j.actor = :actor",
            "since": "j.at >= :since",
            "until": "j.at < :until",
        },
        {"newest": ("-j.at", "j.id")},
    ),
    "inbox": Listing(
        "i.id, i.received_at, i.sender, i.recipients, i.size, i.state, i.fate, i.ticket, i.tries, i.error,"
        " i.channel, i.peer, m.origin, m.position, m.ticket as message_ticket",
        "inbox i left join message m on m.id = i.message",
        ("waiting", "reading", "done", "failed"),
        {"viewer": _SEEN.format(ticket="coalesce(m.ticket, i.ticket)")},
        {"newest": ("-i.id", "i.id")},
    ),
    "outbox": Listing(
        "o.id, o.ticket, o.kind, o.recipient, o.state, o.tries, o.not_before, o.created_at, o.sent_at, o.reply",
        "outbox o",
        ("waiting", "sending", "sent", "failed", "unknown", "held", "bounced"),
        {"ticket": "o.ticket = :ticket", "viewer": _SEEN.format(ticket="o.ticket")},
        {"newest": ("-o.id", "o.id")},
    ),
}
# What tickets are put in order by that a search found (domain/ranking.py).
_LISTINGS["candidate"] = replace(
    _LISTINGS["ticket"],
    source="ticket t",
    columns=f"t.number, t.subject, coalesce((select substr(m.visible_text, 1, {OPENING}) from message m"  # noqa: S608
    " where m.ticket = t.number order by m.id limit 1), '') as opening",
)


def compose(
    name: str,
    filters: dict[str, Any],
    *,
    sort: str,
    limit: int,
    after: str | None,
    dialect: Dialect = "sqlite",
) -> tuple[str, dict[str, Any]]:
    """The query and its parameters. Only names from the tables above become SQL; each value is a bound parameter.

    `after` is a cursor, made by `cursor` from the last row of the page before. The filter `search` takes the words
    that are wanted (domain/search.py), and any listing that has an index of words; `numbers` a list of tickets.
    """
    listing = _LISTINGS[name]
    if sort not in listing.sorts:
        raise Refused("bad-sort", f"“{sort}” is no order of this list. Take {', '.join(listing.sorts)}.", Exit.USAGE)
    column, number = listing.sorts[sort]
    bare, newest = column.removeprefix("-"), column.startswith("-")
    source, (where, parameters) = listing.source, _conditions(listing, filters, dialect)
    if "search" in filters:
        found = by_words(dialect, listing.words, number)
        source, where = f"{found.source}{source}", [found.condition, *where]
        bare, number = found.row if bare == number else bare, found.row
    parameters["limit"] = limit
    if after is not None:
        parameters["after"], parameters["after_id"] = read_cursor(after)
        sign = "<" if newest else ">"
        where.append(
            f"{number} {sign} :after_id" if bare == number else f"({bare}, {number}) {sign} (:after, :after_id)"
        )
    direction = "desc" if newest else "asc"
    order = f" order by {bare} {direction}" + ("" if bare == number else f", {number} {direction}")
    conditions = f" where {' and '.join(where)}" if where else ""
    text = f"select {listing.columns}, {bare} as sort_key from {source}{conditions}{order} limit :limit"  # noqa: S608
    return text, parameters


def _conditions(listing: Listing, filters: Mapping[str, Any], dialect: Dialect) -> tuple[list[str], dict[str, Any]]:
    """The conditions of these filters, and their parameters."""
    where: list[str] = []
    parameters: dict[str, Any] = {}
    for name, value in filters.items():
        if name == "states":
            where.append(_among(listing, value))
        elif name == "search":
            parameters[name] = query(dialect, value)
        elif name == "numbers":
            where.append(f"t.number in ({_EACH[dialect]})")
            parameters[name] = json.dumps(value)
        else:
            where.append(listing.filters[name])
            parameters[name] = value
    return where, parameters


def _among(listing: Listing, asked: Sequence[str]) -> str:
    """The condition that a row is in one of these states.

    The words stand in it as they are, not as parameters, since only so do the indexes of single states serve it.
    """
    wrong = [each for each in asked if each not in listing.states]
    if wrong or not asked:
        word = f"“{wrong[0]}” is no state here." if wrong else "No state was named."
        raise Refused("bad-state", f"{word} Take {', '.join(listing.states)}.", Exit.USAGE)
    column = f"{listing.source.split()[1]}.state"
    chosen = [each for each in listing.states if each in asked]
    condition = _one_of(column, chosen)
    # The index of all active tickets serves a part of them too, where the whole is named beside it.
    return f"{_one_of(column, _ACTIVE)} and {condition}" if set(chosen) < set(_ACTIVE) else condition


def _one_of(column: str, words: Sequence[str]) -> str:
    quoted = [f"'{each}'" for each in words]
    return f"{column} = {quoted[0]}" if len(quoted) == 1 else f"{column} in ({', '.join(quoted)})"


def cursor(sort_value: int, number: int) -> str:
    """Where the next page begins, opaque to the caller."""
    return base64.urlsafe_b64encode(json.dumps([sort_value, number]).encode()).decode().rstrip("=")


def read_cursor(text: str) -> tuple[int, int]:
    """What `cursor` was given. It comes from outside, so that only two integers of a database's size are taken."""
    found: Any = None
    with contextlib.suppress(ValueError):
        if len(text) <= _LONGEST_CURSOR:
            found = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    match found:
        case [int(first), int(second)] if first in _INTEGERS and second in _INTEGERS:
            return first, second
    raise bad_cursor()


def bad_cursor() -> Refused:
    sentence = "That cursor is not one that this list gave, in this order. Start again without --cursor."
    return Refused("bad-cursor", sentence, Exit.USAGE)
