"""Notices to agents, by mail: what is new for them, what was given to them, who named them."""

from __future__ import annotations

from spocd.desk.access import Actor
from spocd.desk.letter import Colleague, own_chain, post
from spocd.desk.operation import Desk
from spocd.domain.ticket import Ticket
from spocd.domain.token import Purpose


async def notify(
    desk: Desk, actor: Actor | str, ticket: Ticket, agent: int, what: str, *, why: str = "", body: str = ""
) -> None:
    """Tell an agent what happened on a ticket; nobody is told what they did themselves."""
    row = await desk.tx.one("agent_to_tell", id=agent)
    is_own = isinstance(actor, Actor) and actor.agent == agent
    if row is None or not row["address"] or is_own:
        return
    ring = await desk.ring()
    reader = Colleague(agent, row["name"], row["address"], row["language"])
    await post(
        desk, ring, ticket, reader, kind="notice", cause="staff", message=None,
        chain=await own_chain(desk, ticket, ring, Purpose.AGENT, agent),
        variables={"headline": what, "why": why, "body": body},
    )  # fmt: skip
