"""Lists of tickets: by what they are, and by the words that they hold."""

from __future__ import annotations

from typing import Any, Literal

from spocd.desk.access import Actor, Role, seen_by
from spocd.desk.documents import TicketDocument, TicketList, page_size, ticket_document
from spocd.desk.known import check_service, check_team, no_such
from spocd.desk.operation import Desk, operation
from spocd.desk.organisation import organisation_named
from spocd.desk.person import known_person
from spocd.desk.search import tickets_with
from spocd.domain.address import parse
from spocd.domain.person import check_group
from spocd.domain.ranking import Candidate, Ranked, ranked
from spocd.domain.ticket import OPEN_STATES
from spocd.errors import Exit, Refused
from spocd.store import Row
from spocd.store.listings import bad_cursor, read_cursor
from spocd.store.listings import cursor as page_cursor

PAGE = 50
MOST_RANKED = 1000  # tickets of one search that are put in order, the newest; so it costs no more on a large desk
Found = Literal["newest", "rank"]
Sort = Literal["newest", "oldest", "updated", "waiting", "due", "rank"]


@operation("ticket.list", role=Role.ROBOT)
async def list_tickets(
    desk: Desk,
    actor: Actor,
    *,
    state: list[str] | None = None,
    assignee: str | None = None,
    requester: str | None = None,
    service: str | None = None,
    team: str | None = None,
    priority: str | None = None,
    kind: str | None = None,
    tag: str | None = None,
    group: str | None = None,
    organisation: str | None = None,
    since: int | None = None,
    until: int | None = None,
    due_before: int | None = None,
    breached: bool = False,
    search: str | None = None,
    sort: Sort = "newest",
    limit: int = PAGE,
    cursor: str | None = None,
) -> TicketList:
    """List tickets, the newest first; without a state those that are open.

    `due_before` is a moment (UTC seconds) by which something is promised; `breached` are those promised by now. By
    `rank` only what is searched for can be put in order.
    """
    if sort == "rank" and not search:
        raise Refused("no-words", "By rank only what is searched for is put in order. Say --search WORDS.", Exit.USAGE)
    if breached:
        due_before = desk.now if due_before is None else min(due_before, desk.now)
    plain: dict[str, Any] = {"service": service, "team": team, "priority": priority, "kind": kind, "tag": tag}
    plain |= {"since": since, "until": until, "due_before": due_before}
    filters: dict[str, Any] = {name: value for name, value in plain.items() if value is not None}
    if states := _states(state):
        filters["states"] = states
    if search is not None:
        filters["search"] = await tickets_with(desk, search)
    filters |= await _assignee(desk, actor, assignee)
    if group is not None:
        filters["group"] = check_group(group)
    await check_service(desk, service)
    await check_team(desk, team)
    if organisation is not None:
        filters["organisation"] = await organisation_named(desk, organisation)
    if requester is not None:
        person = await known_person(desk, actor, str(parse(requester)))
        merged = person and await desk.tx.all("merged_people", person=person["id"])
        filters["identity" if merged else "requester"] = person["id"] if person else -1
    return await _page(desk, actor, filters, sort=sort, limit=limit, cursor=cursor)


@operation("ticket.search", role=Role.ROBOT)
async def search_tickets(
    desk: Desk,
    actor: Actor,
    *,
    words: str,
    sort: Found = "newest",
    limit: int = PAGE,
    cursor: str | None = None,
) -> TicketList:
    """Find tickets that hold all these words, in subject, messages, names of files or people.

    By `rank` those come first that are about them, of the newest thousand that were found.
    """
    filters = {"search": await tickets_with(desk, words)}
    return await _page(desk, actor, filters, sort=sort, limit=limit, cursor=cursor)


def _states(asked: list[str] | None) -> list[str]:
    """The states that a list is of: those asked for, where `active` stands for three; none where it is of all."""
    if asked and "all" in asked:
        return []
    active = list(OPEN_STATES) if not asked or "active" in asked else []
    return [*active, *(each for each in asked or [] if each != "active")]


async def _assignee(desk: Desk, actor: Actor, assignee: str | None) -> dict[str, Any]:
    if assignee is None:
        return {}
    if assignee == "none":
        return {"unassigned": 1}
    if assignee == "@me":
        return {"assignee": actor.as_agent()}
    agent = await desk.tx.one("agent_of_login", login=assignee)
    if agent is None:
        raise no_such("agent", assignee, [row["login"] for row in await desk.tx.all("logins_here")])
    return {"assignee": agent["id"]}


async def _page(
    desk: Desk, actor: Actor, filters: dict[str, Any], *, sort: str, limit: int, cursor: str | None
) -> TicketList:
    """A page in an order, whose name stands before its cursors: their numbers mean something else in every other."""
    filters |= seen_by(actor)
    order, _, place = cursor.partition(".") if cursor is not None else (sort, "", None)
    if order != sort:
        raise bad_cursor()
    if sort == "rank":
        answer = await _ranked_page(desk, filters, limit=limit, cursor=place)
    else:
        answer = await _sorted_page(desk, filters, sort=sort, limit=limit, cursor=place)
    if answer["cursor"] is not None:
        answer["cursor"] = f"{sort}.{answer['cursor']}"
    too_short = [word.forms[0] for word in filters.get("search", ()) if word.too_short]
    return {**answer, "too_short": too_short} if too_short else answer


async def _sorted_page(desk: Desk, filters: dict[str, Any], *, sort: str, limit: int, cursor: str | None) -> TicketList:
    most = page_size(limit)
    rows = await desk.tx.listing("ticket", filters, sort=sort, limit=most + 1, after=cursor)
    page = rows[:most]
    more = page_cursor(page[-1]["sort_key"], page[-1]["number"]) if len(rows) > most else None
    return {"tickets": [ticket_document(row) for row in page], "cursor": more}


async def _ranked_page(desk: Desk, filters: dict[str, Any], *, limit: int, cursor: str | None) -> TicketList:
    """A page of the best of the newest that a search found.

    The cursor says how many were shown, and which was the newest then: what came meanwhile moves nobody.
    """
    shown, newest = read_cursor(cursor) if cursor is not None else (0, None)
    if not 0 <= shown < MOST_RANKED:
        raise bad_cursor()
    after = None if newest is None else page_cursor(newest + 1, newest + 1)
    rows = await desk.tx.listing("candidate", filters, sort="newest", limit=MOST_RANKED + 1, after=after)
    order = ranked(filters["search"], [_candidate(row) for row in rows[:MOST_RANKED]])
    upto = shown + page_size(limit)
    answer: TicketList = {
        "tickets": await _documents(desk, order[shown:upto]),
        "cursor": page_cursor(upto, rows[0]["number"]) if len(order) > upto else None,
    }
    return {**answer, "best_of": MOST_RANKED} if len(rows) > MOST_RANKED else answer


def _candidate(row: Row) -> Candidate:
    return Candidate(row["number"], row["subject"], row["opening"])


async def _documents(desk: Desk, order: list[Ranked]) -> list[TicketDocument]:
    numbers = [each.number for each in order]
    rows = await desk.tx.listing("ticket", {"numbers": numbers}, sort="newest", limit=len(numbers), after=None)
    by_number = {row["number"]: row for row in rows}
    return [{**ticket_document(by_number[each.number]), "rank": each.value} for each in order]
