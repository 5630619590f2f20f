"""Canned answers, in the words for one ticket."""

from __future__ import annotations

from typing import TypedDict

from spocd.desk.access import Actor
from spocd.desk.documents import find_ticket, read_json
from spocd.desk.letter import readers
from spocd.desk.operation import Desk, operation
from spocd.domain.canned import filled
from spocd.domain.catalogue import text_for
from spocd.domain.ticket import NO_SUBJECT
from spocd.errors import Exit, Refused


class CannedText(TypedDict):
    key: str
    text: str


@operation("ticket.canned")
async def canned(desk: Desk, actor: Actor, *, ticket: int, answer: str) -> CannedText:
    """A canned answer as it would go to the requester of a ticket: in their language, with their name."""
    found = await find_ticket(desk, ticket)
    row = await desk.tx.one("canned_answer", key=answer)
    if row is None:
        raise Refused(
            "no-such-canned-answer", f"There is no canned answer “{answer}”. See: spocd canned list", Exit.NOT_FOUND
        )
    to = next((each for each in await readers(desk, found, answer=True) if each.person == found.requester), None)
    text = text_for(read_json(row["body"]), (to and to.language) or desk.settings.language)
    known = {
        "requester": (to.name or to.address) if to else "",
        "agent": actor.name,
        "number": str(ticket),
        "subject": "" if found.subject == NO_SUBJECT else found.subject,
    }
    try:
        return {"key": answer, "text": filled(text, known).strip("\n")}
    except ValueError as error:
        sentence = f"Mend it first (spocd canned edit {answer}): the canned answer “{answer}” {error}"
        raise Refused("unfilled", sentence) from None
