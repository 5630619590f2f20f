"""A ticket is opened, whatever brought it: the row, and its requester as the first on it."""

from __future__ import annotations

from spocd.desk.access import Actor
from spocd.desk.journal import accepted_before, record
from spocd.desk.operation import Desk
from spocd.domain.casework import Brings
from spocd.domain.ticket import Ticket


async def open_ticket(
    desk: Desk,
    by: Actor | str,
    *,
    requester: int,
    subject: str,
    channel: str,
    address: str,
    service: str | None,
    state: str = "new",
    kind: str | None = None,
    priority: str | None = None,
    waiting_since: int | None = None,
    accepted_at: int | None = None,
    why: str | None = None,
    reporter: int | None = None,
    direction: str = "in",
) -> Ticket:
    """Open a ticket; `by` stands in the journal. The requester has waited since `waiting_since`, or from its opening.

    That is when the mail that opens it was accepted (`accepted_at`), else now. All of it in UTC seconds.
    What is about a service goes to that service's team; `kind` and `priority` are the service's where none are given.
    """
    about = await brought_by(desk, service)
    opened_at = desk.now if accepted_at is None else accepted_at
    row = await desk.tx.one(
        "open_ticket",
        subject=subject,
        state=state,
        kind=kind or about.kind,
        priority=priority or about.priority,
        requester=requester,
        team=about.team,
        service=service,
        channel=channel,
        address=address,
        reporter=reporter,
        direction=direction,
        opened_at=opened_at,
        waiting_since=opened_at if waiting_since is None else waiting_since,
        now=desk.now,
    )
    assert row is not None
    await desk.tx.run("add_participant", ticket=row["number"], person=requester, role="requester", now=desk.now)
    ticket = Ticket(**row)
    await record(
        desk, ticket.number, by, "opened", channel=channel, why=why, accepted=accepted_before(desk, opened_at),
        kind=ticket.kind, priority=ticket.priority, service=ticket.service, team=ticket.team,
        state=None if state == "new" else state,
    )  # fmt: skip
    return ticket


async def brought_by(desk: Desk, service: str | None) -> Brings:
    """What a service brings to a ticket; one that only an address of the desk's names brings itself alone."""
    row = await desk.tx.one("service", key=service) if service else None
    if row is None:
        return Brings(service)
    return Brings(service, row["team"], row["kind"], row["priority"])
