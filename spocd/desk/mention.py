"""Agents who are named in a note as @login: they are told of it by mail, and its writer of who is not."""

from __future__ import annotations

from typing import Literal, TypedDict

from spocd.desk.access import Actor
from spocd.desk.documents import moment_or_none
from spocd.desk.notice import is_hidden_from, notify
from spocd.desk.operation import Desk
from spocd.domain.notice import What, bare, mentions
from spocd.domain.ticket import Ticket
from spocd.errors import Refused
from spocd.store import Row


class NotTold(TypedDict):
    """Somebody whom a note names, and whom no mail about it reaches now: who is away hears of it once back."""

    login: str
    name: str
    why: Literal["away", "left", "no-address", "robot", "unknown"]
    until: str | None
    meant: str | None  # of a login that there is not, the one that was probably meant


async def not_told(desk: Desk, actor: Actor, text: str) -> list[NotTold]:
    """Those whom a text names as @login and who are not told of it now."""
    words = mentions(text)
    found = {word: row for word in words if (row := await desk.tx.one("agent_of_login", login=word))}
    known = [await _why_not(desk, row) for row in found.values() if row["id"] != actor.agent]
    met = {bare(word) for word in found}
    unknown = [word for word in dict.fromkeys(bare(each) for each in words) if word not in met]
    here = [row["login"] for row in await desk.tx.all("logins_here")] if unknown else []
    return [each for each in known if each] + [_nobody(word, here) for word in unknown]


async def _why_not(desk: Desk, agent: Row) -> NotTold | None:
    """Why a mail about it does not reach an agent now; None where it does."""
    row = await desk.tx.one("agent_to_tell", id=agent["id"])
    until = None
    why: Literal["away", "left", "no-address", "robot"]
    if agent["left_at"] is not None:
        why = "left"
    elif row is None:
        why = "robot"
    elif not row["address"]:
        why = "no-address"
    elif row["away"]:
        why = "away"
        absence = await desk.tx.one("absence_now", agent=agent["id"], now=desk.now)
        until = moment_or_none(absence["until_at"]) if absence else None
    else:
        return None
    return {"login": agent["login"], "name": agent["name"], "why": why, "until": until, "meant": None}


def _nobody(word: str, logins: list[str]) -> NotTold:
    import difflib

    near = next(iter(difflib.get_close_matches(word, logins, 1)), None)
    return {"login": word, "name": "", "why": "unknown", "until": None, "meant": near}


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
