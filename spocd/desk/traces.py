"""Where the words of a message stand besides: letters, notices, the journal, stored answers, of all of its case.

A case is one ticket for most; with what was merged, split, moved or gone on with, several share their words.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from spocd.desk.blob import erase
from spocd.desk.brief import BRIEF
from spocd.desk.documents import find_ticket, read_json, write_json
from spocd.desk.operation import Desk
from spocd.domain.audit import ERASED_DETAIL, erased_actor
from spocd.domain.reasons import in_line
from spocd.domain.redaction import REMOVED, Remover, in_what_was_said, inside, without_texts
from spocd.domain.ticket import Ticket
from spocd.errors import TryLater
from spocd.store import Row

LETTERS_A_READ = 100
MOVED = "[moved to another ticket]"
# A letter that may have gone. One that waits has, where an earlier try of it ended in doubt.
_GONE = frozenset({"sending", "sent", "unknown", "bounced"})
_NAMED = ("to", "was", "into", "other")  # under which a line of the journal names the other ticket


async def case_of(desk: Desk, number: int) -> list[Ticket]:
    """The tickets that share words with this one, itself the first."""
    found, left = [number], [number]
    while left:
        beside = await _beside(desk, left.pop())
        new = sorted(beside.difference(found))
        found += new
        left += new
    return [await find_ticket(desk, each) for each in found]


async def _beside(desk: Desk, number: int) -> set[int]:
    beside = {row["number"] for row in await desk.tx.all("tickets_beside", ticket=number)}
    for row in await desk.tx.all("ways_of_ticket", ticket=number):
        detail: dict[str, Any] = read_json(row["detail"])
        beside |= {detail[name] for name in _NAMED if isinstance(detail.get(name), int)}
    return beside


async def clean_letters(desk: Desk, case: list[Ticket], remove: Remover) -> tuple[list[Row], set[int]]:
    """Remove it from letters, waiting and sent, and from what digests say of the case.

    The letters that said it, and the numbers of those that had lost something before.
    """
    said, before = [], set()
    for ticket in case:
        for row in await desk.tx.all("letters_of_ticket", ticket=ticket.number):
            variables = read_json(row["variables"])
            said += [row] if await _rewrite(desk, row, variables, inside(variables, remove), remove) else []
            before |= {row["id"]} if REMOVED in row["variables"] else set()
    numbers = {ticket.number for ticket in case}
    since, after = min(ticket.opened_at for ticket in case), 0
    while page := await desk.tx.all("letters_about_several", since=since, after=after, most=LETTERS_A_READ):
        after = page[-1]["id"]
        for row in page:
            variables = read_json(row["variables"])
            told = [
                inside(each, remove) if each.get("number") in numbers else each for each in variables.get("notices", ())
            ]
            said += [row] if await _rewrite(desk, row, variables, variables | {"notices": told}, remove) else []
            before |= {row["id"]} if REMOVED in row["variables"] else set()
    return said, before


async def _rewrite(desk: Desk, row: Row, variables: dict[str, Any], without: dict[str, Any], remove: Remover) -> bool:
    """Write a letter's variables anew; whether they said it."""
    reply = remove(row["reply"]) if row["reply"] else row["reply"]  # a server may quote what it refuses
    if without == variables and reply == row["reply"]:
        return False
    await desk.tx.run("redact_letter", id=row["id"], variables=write_json(without), reply=reply)
    return True


def gone_to(letters: list[Row]) -> list[str]:
    """The addresses that these letters have gone to, or may have."""
    return sorted({row["recipient"] for row in letters if row["state"] in _GONE or row["unknowns"]})


async def clean_notices(desk: Desk, case: list[Ticket], remove: Remover) -> None:
    """Remove it from the notices that are held."""
    for ticket in case:
        for row in await desk.tx.all("notices_of_ticket", ticket=ticket.number):
            said = read_json(row["text"])
            if (without := inside(said, remove)) != said:
                await desk.tx.run("redact_notice", id=row["id"], text=write_json(without))


async def follow(desk: Desk, ticket: Ticket, messages: Sequence[Row]) -> None:
    """Take what the desk itself repeats of messages off a ticket that they leave, for others may see where they go.

    That is notices which are held or wait, and the briefs of hand-overs, which are notes of the ticket.
    """
    remove = without_texts([each[name] for each in messages for name in ("text", "visible_text")], instead=MOVED)
    await clean_notices(desk, [ticket], remove)
    for row in await desk.tx.all("letters_of_ticket", ticket=ticket.number):
        variables = read_json(row["variables"])
        if row["state"] == "waiting" and "events" in variables and (without := inside(variables, remove)) != variables:
            await desk.tx.run("amend_letter", id=row["id"], variables=write_json(without))
    gone = {each["id"] for each in messages}
    for row in await desk.tx.all("texts_of_ticket", ticket=ticket.number):
        if row["id"] not in gone and read_json(row["evidence"]).get("by") == BRIEF:
            texts = {name: remove(row[name]) for name in ("text", "visible_text")}
            await desk.tx.run("redact_texts", id=row["id"], subject=row["subject"], **texts)


async def clean_journal(desk: Desk, case: list[Ticket], remove: Remover) -> int:
    """Remove it from what people typed in the journal; how many lines that are sealed were erased for it.

    Of a sealed line all goes that its digest covers, with the salt of that: docs/decisions/010-audit.md.
    """
    erased = 0
    for ticket in case:
        for row in await desk.tx.all("lines_of_ticket", ticket=ticket.number):
            detail = read_json(row["detail"])
            if (without := in_line(row["event"], row["actor"], detail, remove)) == detail:
                continue
            if not row["sealed"]:
                await desk.tx.run("redact_line", id=row["id"], actor=row["actor"], detail=write_json(without))
                continue
            await desk.tx.run("redact_line", id=row["id"], actor=erased_actor(row["actor"]), detail=ERASED_DETAIL)
            await desk.tx.run("drop_salt", id=row["id"])
            erased += 1
    return erased


async def clean_answers(desk: Desk, case: list[Ticket], remove: Remover) -> None:
    """Remove it from what operations answered under a key, and would answer again."""
    for ticket in case:
        for row in await desk.tx.all("answers_of_ticket", ticket=ticket.number):
            result = json.loads(row["result"])
            if (without := in_what_was_said(result, remove)) != result:
                await desk.tx.run(
                    "redact_answer", operation=row["operation"], key=row["key"], result=json.dumps(without)
                )


async def erase_raw_mails(desk: Desk, message: Row, case: list[Ticket], *, letters: set[int]) -> None:
    """Forget the mail of a message, as often as it came, and what came back of these letters and is no message.

    What came back and does not say of which letter might be of any.
    """
    again = await desk.tx.one("same_mail_to_read", content_key=message["content_key"])
    if again is not None:
        raise TryLater(
            f"The same mail has come once more (mail {again['id']}) and is not read yet. Try again in a minute; where"
            f" it failed, replay it first: spocd mail failed view {again['id']}"
        )
    raws = {row["raw"] for row in await desk.tx.all("raws_of_message", message=message["id"])}
    since = min(ticket.opened_at for ticket in case)
    for row in await desk.tx.all("raws_of_no_message", since=since):
        letter = read_json(row["evidence"]).get("letter")
        raws |= {row["raw"]} if letter is None or letter in letters else set()
    for each in sorted(raws | ({message["raw"]} if message["raw"] is not None else set())):
        await erase(desk, each)
