"""What must not be kept is taken out: of a message, of the letters that say it, of its files and of the search."""

from __future__ import annotations

from dataclasses import replace
from typing import TypedDict

from spocd.desk import search
from spocd.desk.access import Actor, Role
from spocd.desk.blob import erase
from spocd.desk.documents import find_ticket, read_json, save, write_json
from spocd.desk.journal import record
from spocd.desk.message import find_message
from spocd.desk.operation import Desk, operation
from spocd.domain.redaction import REMOVED, Remover, inside, without_passages, without_texts
from spocd.domain.ticket import Ticket, filed
from spocd.errors import Exit, Refused
from spocd.store import Row

_TEXTS = ("subject", "text", "visible_text")


class Redacted(TypedDict):
    message: str
    attachments: int
    letters: int  # that said it too, sent ones included
    also_in: list[str]  # the other messages of the ticket that still say it


@operation("ticket.redact", role=Role.LEAD, writes=True)
async def redact(
    desk: Desk,
    actor: Actor,
    *,
    message: str,
    reason: str,
    text: list[str] | None = None,
    whole: bool = False,
    attachments: list[str] | None = None,
) -> Redacted:
    """Remove passages of a message, or all of it, and its raw mail; nothing of it stays but that it was removed."""
    row = await find_message(desk, message)
    ticket = await find_ticket(desk, row["ticket"])
    if not reason.strip():
        raise Refused("no-reason", "Say why it is removed: --reason TEXT. That stays in the journal.", Exit.USAGE)
    if not (text or whole or attachments):
        raise Refused("nothing", "Say what is to be removed: --text WORDS, --attachment NAME or --all.", Exit.USAGE)
    remove = without_texts([row["text"], row["visible_text"]]) if whole else without_passages(text) if text else str
    if text and all(remove(row[each]) == row[each] for each in _TEXTS):
        raise Refused("not-there", f"These words do not stand in {message}.", Exit.NOT_FOUND)
    files = await _drop_files(desk, row, message, None if whole else attachments or [])
    letters = await _clean_letters(desk, ticket, remove)
    also_in = await _others_that_say_it(desk, ticket, row, remove)
    await _rewrite(desk, ticket, row, remove, whole=whole)
    await search.forget(desk, ticket.number)
    await record(
        desk, ticket.number, actor, "redacted", message=message, why=reason, whole=whole or None, attachments=files,
        letters=letters,
    )  # fmt: skip
    return {"message": message, "attachments": files, "letters": letters, "also_in": also_in}


async def _rewrite(desk: Desk, ticket: Ticket, row: Row, remove: Remover, *, whole: bool) -> None:
    texts = {each: REMOVED if whole and row[each] else remove(row[each]) for each in _TEXTS}
    evidence = write_json(read_json(row["evidence"]) | {"redacted": True})
    await desk.tx.run("redact_message", id=row["id"], evidence=evidence, **texts)
    if row["raw"] is not None:
        await erase(desk, row["raw"])
    await save(desk, ticket, replace(filed(ticket, desk.now), subject=remove(ticket.subject)))


async def _drop_files(desk: Desk, row: Row, message: str, names: list[str] | None) -> int:
    """Take files off a message, all where no names are given; what no other message has is forgotten."""
    there = await desk.tx.all("attachments_of_message", message=row["id"])
    missing = set(names or []) - {each["filename"] for each in there}
    if missing:
        raise Refused("no-such-file", f"{message} has no attachment “{min(missing)}”.", Exit.NOT_FOUND)
    gone = [each for each in there if names is None or each["filename"] in names]
    for each in gone:
        await desk.tx.run("drop_attachment", message=row["id"], position=each["position"])
        if await desk.tx.one("attachment_with", sha256=each["sha256"]) is None:
            await erase(desk, each["sha256"])
    return len(gone)


async def _clean_letters(desk: Desk, ticket: Ticket, remove: Remover) -> int:
    """Remove it from the ticket's letters, sent and waiting, and from notices that are held; how many letters."""
    letters = 0
    for each in await desk.tx.all("letters_of_ticket", ticket=ticket.number):
        variables = read_json(each["variables"])
        if (without := inside(variables, remove)) != variables:
            await desk.tx.run("redact_letter", id=each["id"], variables=write_json(without))
            letters += 1
    for each in await desk.tx.all("notices_of_ticket", ticket=ticket.number):
        said = read_json(each["text"])
        if (without := inside(said, remove)) != said:
            await desk.tx.run("redact_notice", id=each["id"], text=write_json(without))
    return letters


async def _others_that_say_it(desk: Desk, ticket: Ticket, row: Row, remove: Remover) -> list[str]:
    """The other messages of the ticket that hold it: an answer often quotes what it answers."""
    others = await desk.tx.all("texts_of_ticket", ticket=ticket.number)
    said = [each for each in others if each["id"] != row["id"] and any(remove(each[t]) != each[t] for t in _TEXTS)]
    return [f"{each['origin']}.{each['position']}" for each in said]
