"""Lists that somebody asks for often, under a name: one's own, or everybody's."""

from __future__ import annotations

import re
from typing import TypedDict

from spocd.desk.access import Actor, Role
from spocd.desk.documents import read_json, write_json
from spocd.desk.journal import record
from spocd.desk.operation import Desk, operation
from spocd.errors import Exit, Refused

MOST_WORDS = 60  # of one view
LONGEST_WORD = 500
MOST_VIEWS = 100  # of one owner
_NAME = re.compile(r"[\w][\w.-]{0,39}")


class SavedView(TypedDict):
    name: str
    owner: str | None  # the login; None where it is everybody's
    words: list[str]  # as they were written on the line


class ViewList(TypedDict):
    views: list[SavedView]


@operation("view.list")
async def list_views(desk: Desk, actor: Actor) -> ViewList:
    """List the saved views that one has: one's own first, then everybody's that have no namesake among them."""
    rows = await desk.tx.all("saved_views", owner=actor.agent)
    views: dict[str, SavedView] = {}
    for row in rows:
        views.setdefault(row["name"], {"name": row["name"], "owner": row["login"], "words": read_json(row["filters"])})
    return {"views": list(views.values())}


@operation("view.save", writes=True)
async def save_view(desk: Desk, actor: Actor, *, name: str, words: list[str], for_all: bool = False) -> SavedView:
    """Keep the words of a list under a name, in place of what stood under it; for everybody where a lead says so."""
    if not _NAME.fullmatch(name):
        raise Refused("bad-name", f"“{name}” is no name for a view. Take one word, such as late-vpn.", Exit.USAGE)
    if not 0 < len(words) <= MOST_WORDS or any(len(each) > LONGEST_WORD for each in words):
        raise Refused("bad-words", f"A view is made of 1 to {MOST_WORDS} words, such as --tag vpn.", Exit.USAGE)
    owner = _owner(actor, for_all)
    there = [row for row in await desk.tx.all("saved_views", owner=owner) if row["owner"] == owner]
    if len(there) >= MOST_VIEWS and name not in {row["name"] for row in there}:
        raise Refused("too-many", f"There are {MOST_VIEWS} views already. Forget one: spocd ticket views --forget NAME")
    await desk.tx.run("save_view", owner=owner, name=name, filters=write_json(words), now=desk.now)
    await record(desk, None, actor, "view saved", name=name, for_all=for_all or None)
    return {"name": name, "owner": None if for_all else actor.login, "words": words}


@operation("view.forget", writes=True)
async def forget_view(desk: Desk, actor: Actor, *, name: str, for_all: bool = False) -> SavedView:
    """Forget a saved view, one's own or everybody's."""
    owner = _owner(actor, for_all)
    row = next(
        (r for r in await desk.tx.all("saved_views", owner=owner) if (r["owner"], r["name"]) == (owner, name)), None
    )
    if row is None:
        raise Refused("no-such-view", f"There is no view “{name}” here. See: spocd ticket views", Exit.NOT_FOUND)
    await desk.tx.run("forget_view", id=row["id"])
    await record(desk, None, actor, "view forgotten", name=name, for_all=for_all or None)
    return {"name": name, "owner": row["login"], "words": read_json(row["filters"])}


def _owner(actor: Actor, for_all: bool) -> int | None:
    if not for_all:
        return actor.as_agent()
    if not actor.may(Role.LEAD):
        raise Refused("not-permitted", "Only leads change what everybody sees.", Exit.NOT_PERMITTED)
    return None
