"""Agents who are named in a note as @login: they are told of it by mail."""

from __future__ import annotations

from spocd.desk.access import Actor
from spocd.desk.notice import is_hidden_from, notify
from spocd.desk.operation import Desk
from spocd.domain.notice import What, mentions
from spocd.domain.ticket import Ticket
from spocd.errors import Refused
from spocd.store import Row


async def mentioned(desk: Desk, text: str) -> list[Row]:
    """The agents whom a text names. A word that is nobody's login is a word."""
    found = [await desk.tx.one("agent_of_login", login=login) for login in mentions(text)]
    return list({row["id"]: row for row in found if row and row["left_at"] is None}.values())


async def check_mentioned(desk: Desk, ticket: Ticket, text: str) -> None:
    """Refuse a note that names somebody who may not see the ticket."""
    hidden = [row["login"] for row in await mentioned(desk, text) if await is_hidden_from(desk, row, ticket)]
    if hidden:
        who = " and ".join(f"@{login}" for login in hidden)
        raise Refused(
            "hidden",
            f"{who} may not see #{ticket.number}: only the team of its service does. Nothing was written; name"
            " somebody of the team, or a lead.",
        )


async def tell_mentioned(desk: Desk, actor: Actor | str, ticket: Ticket, text: str, *, but: int | None = None) -> None:
    """Tell those whom a note names, but for the agent who wrote it."""
    for row in await mentioned(desk, text):
        if row["id"] != but:
            await notify(desk, actor, ticket, row["id"], What.MENTIONED, body=text)
