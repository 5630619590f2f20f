"""Tickets that staff open, and who is on a ticket. Each operation answers with the ticket as it is afterwards."""

from __future__ import annotations

from typing import Literal

from spocd.desk.access import SPOCD, Actor, Role
from spocd.desk.answer import Enclosed, enclose, tell, workable
from spocd.desk.documents import TicketDocument, document_of, save
from spocd.desk.journal import record
from spocd.desk.known import check_service
from spocd.desk.message import add_own
from spocd.desk.notice import notify_team
from spocd.desk.opening import open_ticket
from spocd.desk.operation import Desk, operation
from spocd.desk.person import ensure_person, known_person
from spocd.domain import ticket as case
from spocd.domain.address import Address, parse
from spocd.domain.casework import subject_of
from spocd.domain.notice import What
from spocd.domain.person import check_name
from spocd.domain.ticket import Ticket
from spocd.errors import Exit, Refused

Channel = Literal["phone", "chat", "walk-in", "letter", "sms", "social", "other", "mail"]
Direction = Literal["in", "out"]
Kind = Literal["incident", "request", "question"]
Priority = Literal["low", "normal", "high", "urgent"]


@operation("ticket.new", role=Role.ROBOT, writes=True)
async def new(
    desk: Desk,
    actor: Actor,
    *,
    requester: str,
    subject: str,
    body: str = "",
    channel: Channel = "phone",
    name: str = "",
    service: str | None = None,
    kind: Kind | None = None,
    priority: Priority | None = None,
    direction: Direction = "in",
    on_behalf: bool = False,
    notify: bool = True,
    attachments: list[Enclosed] | None = None,
) -> TicketDocument:
    """Open a ticket for somebody who called, came by or wrote elsewhere; they get the same acknowledgement."""
    address = parse(requester)
    if desk.settings.own.own(str(address)):
        raise Refused("own-address", f"{address} is an address of this desk. Name the person who asks.", Exit.USAGE)
    said = subject_of(subject)
    await check_service(desk, service)
    person = await ensure_person(desk, address, check_name(name), by=actor)
    ticket = await open_ticket(
        desk,
        actor,
        requester=person["id"],
        subject=said,
        channel=channel,
        address=_address_of(desk, service),
        service=service,
        kind=kind,
        priority=priority,
        reporter=actor.as_agent() if on_behalf else actor.agent,
        direction=direction,
    )
    if body.strip() or attachments:
        position, message = await add_own(desk, actor, ticket, kind="note", body=body, recipients=[])
        await enclose(desk, actor, message, attachments)
        await record(desk, ticket.number, actor, "note", message=position)
    await notify_team(desk, actor, ticket, What.NEW, body=body)
    await _acknowledge(desk, actor, ticket, address, notify=notify, named=on_behalf)
    return await document_of(desk, ticket.number)


def _address_of(desk: Desk, service: str | None) -> str:
    """The address at which the desk answers for a service: the service's own, where it has one."""
    own = (address for address, each in desk.settings.addresses.items() if service and each == service)
    return next(own, desk.settings.address)


async def _acknowledge(
    desk: Desk, actor: Actor, ticket: Ticket, address: Address, *, notify: bool, named: bool
) -> None:
    """The letter that a mail would have been answered with; `named`: it says who wrote this down."""
    if not notify:
        return await record(desk, ticket.number, SPOCD, "not acknowledged", why=f"{actor.login} wished none")
    said = {"direction": ticket.direction, "reporter": actor.name if named else ""}
    letters = await tell(desk, actor, ticket, kind="acknowledgement", message=None, variables=said)
    if not letters:
        return await record(desk, ticket.number, SPOCD, "not acknowledged", why=f"{address} cannot be written to")
    return await record(desk, ticket.number, SPOCD, "acknowledged", letter=letters[0], to=str(address))


@operation("ticket.cc_add", writes=True)
async def cc_add(desk: Desk, actor: Actor, *, ticket: int, address: str, if_rev: int | None = None) -> TicketDocument:
    """Add somebody to a ticket: from now on they get its answers, and may write to it."""
    before = await workable(desk, ticket, if_rev)
    parsed = parse(address)
    if desk.settings.own.own(str(parsed)):
        raise Refused("own-address", f"{parsed} is an address of this desk; it would write to itself.", Exit.USAGE)
    name = next(
        (r["name"] for r in await desk.tx.all("correspondents", ticket=ticket) if r["address"] == parsed.key), ""
    )
    person = await ensure_person(desk, parsed, name, by=actor)
    there = await desk.tx.one("is_participant", ticket=ticket, person=person["id"])
    if there or not await desk.tx.run("add_participant", ticket=ticket, person=person["id"], role="cc", now=desk.now):
        raise Refused("there", f"{parsed} is on #{ticket} already.", Exit.CONFLICT)
    await save(desk, before, case.filed(before, desk.now))
    await record(desk, ticket, actor, "cc added", address=str(parsed))
    return await document_of(desk, ticket)


@operation("ticket.cc_remove", writes=True)
async def cc_remove(
    desk: Desk, actor: Actor, *, ticket: int, address: str, if_rev: int | None = None
) -> TicketDocument:
    """Take somebody off a ticket; their reply addresses for it stop working."""
    before = await workable(desk, ticket, if_rev)
    person = await known_person(desk, actor, str(parse(address)))
    if person is None or not await desk.tx.run("remove_participant", ticket=ticket, person=person["id"], now=desk.now):
        raise Refused("not-there", f"{address} is not in copy on #{ticket}.", Exit.NOT_FOUND)
    await save(desk, before, case.filed(before, desk.now))
    await record(desk, ticket, actor, "cc removed", address=address)
    return await document_of(desk, ticket)
