"""What is said about a case is put right: subject, kind, priority, service, tags, and whose it is."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from spocd.desk import search
from spocd.desk.access import Actor
from spocd.desk.answer import workable
from spocd.desk.documents import TicketDocument, document_of, save
from spocd.desk.handover import keep_true
from spocd.desk.journal import record
from spocd.desk.known import check_service
from spocd.desk.notice import notify_team
from spocd.desk.opening import brought_by
from spocd.desk.operation import Desk, operation
from spocd.desk.person import ensure_person
from spocd.desk.sight import is_out_of_sight, to_who_sees_it
from spocd.desk.ticket import Kind, Priority
from spocd.domain.address import parse
from spocd.domain.casework import Brings, Edit, differences, edited, tag_difference, tagged
from spocd.domain.notice import What
from spocd.domain.ticket import Ticket
from spocd.errors import Exit, Refused

NO_SERVICE = "none"


class EditedTicket(TicketDocument):
    out_of_sight: bool  # it is a restricted service's now, and whoever changed it does not see it any more


@operation("ticket.edit", writes=True)
async def edit(
    desk: Desk,
    actor: Actor,
    *,
    ticket: int,
    subject: str | None = None,
    kind: Kind | None = None,
    priority: Priority | None = None,
    service: str | None = None,
    requester: str | None = None,
    tag: list[str] | None = None,
    untag: list[str] | None = None,
    if_rev: int | None = None,
) -> EditedTicket:
    """Change what is said about a ticket; another service brings its team, which is told, “none” takes it off."""
    before = await workable(desk, ticket, if_rev)
    had = (await document_of(desk, ticket))["tags"]
    wanted = Edit(subject, kind, priority, None if service is None else await _named(desk, service))
    after = edited(before, wanted, await brought_by(desk, before.service), desk.now)
    tags = tagged(had, tag or [], untag or [])
    changed = differences(before, after) | tag_difference(had, tags)
    if requester is not None:
        after, told = await _of(desk, actor, after, requester)
        changed |= told
    if not changed:
        raise Refused("nothing", f"Nothing of #{ticket} would change: it is so already, or nothing was asked for.")
    await put_tags(desk, ticket, tags)
    await record(desk, ticket, actor, "changed", **changed)
    if await is_out_of_sight(desk, after):
        after = await to_who_sees_it(desk, actor, before, after=after)
    else:
        await save(desk, before, after)
        if after.team != before.team and after.is_open and after.assignee is None:
            await notify_team(desk, actor, after, What.PASSED_ON)
    await keep_true(desk, before, after)
    if "subject" in changed:
        await search.forget(desk, ticket)
    return {**(await document_of(desk, ticket)), "out_of_sight": after.service in actor.hidden}


async def _named(desk: Desk, service: str) -> Brings:
    """The service that was named, or none."""
    if service == NO_SERVICE:
        return Brings()
    await check_service(desk, service)
    return await brought_by(desk, service)


async def _of(desk: Desk, actor: Actor, ticket: Ticket, requester: str) -> tuple[Ticket, dict[str, Any]]:
    """The ticket as another person's; whose it was stays on it, in copy, until an agent takes them off."""
    address = parse(requester)
    if desk.settings.own.own(str(address)):
        raise Refused("own-address", f"{address} is an address of this desk. Name the person who asks.", Exit.USAGE)
    person = await ensure_person(desk, address, "", by=actor)
    if person["id"] == ticket.requester:
        return ticket, {}
    was = (await document_of(desk, ticket.number))["requester"]["address"]
    await desk.tx.run("set_participant_role", ticket=ticket.number, person=ticket.requester, role="cc")
    await desk.tx.run("add_participant", ticket=ticket.number, person=person["id"], role="requester", now=desk.now)
    await desk.tx.run("set_participant_role", ticket=ticket.number, person=person["id"], role="requester")
    return replace(ticket, requester=person["id"]), {"requester": {"was": was, "now": str(address)}}


async def put_tags(desk: Desk, ticket: int, tags: list[str]) -> None:
    """The one place that writes tags: the rows that lists look in, and the column that documents are made from."""
    await desk.tx.run("drop_tags", ticket=ticket)
    await desk.tx.batch("add_tag", [{"ticket": ticket, "tag": each} for each in tags])
    await desk.tx.run("set_tags", ticket=ticket, tags=" ".join(tags))


async def check_sight(desk: Desk, ticket: Ticket, into: Ticket) -> None:
    """Refuse where people would come to see, on the other ticket, what only one team sees."""
    if ticket.service is None or ticket.service == into.service:
        return
    service = await desk.tx.one("service", key=ticket.service)
    if service is not None and service["restricted"]:
        raise Refused(
            "restricted",
            f"#{ticket.number} is for the team of {ticket.service} alone, and #{into.number} is not. Make it one of"
            f" that service first: spocd ticket edit {into.number} --service {ticket.service}",
            Exit.CONFLICT,
        )
