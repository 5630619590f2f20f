"""The first answer, within a second: number, what happens now, how to add to it. Or the reason why there is none."""

from __future__ import annotations

from spocd.desk.access import SPOCD
from spocd.desk.journal import record
from spocd.desk.letter import Reader, chain_after, post
from spocd.desk.operation import Desk
from spocd.domain.address import find
from spocd.domain.intake import Envelope, Judgement, Sent, over_limit
from spocd.domain.reading import Reading
from spocd.domain.ticket import Ticket
from spocd.domain.token import Ring

HOUR, DAY = 3600, 86400
MOST_BAD_TOKENS = 10  # within an hour; past them somebody is guessing, and hears nothing more


async def acknowledge(
    desk: Desk,
    ring: Ring,
    ticket: Ticket,
    reading: Reading,
    judgement: Judgement,
    envelope: Envelope,
    *,
    guessing: bool,
) -> None:
    """Answer a mail that opened a ticket, where it may be answered. Always to From or the envelope, never to Reply-To.

    `guessing`: the mail came to a token address that is not ours.
    """
    if judgement.spam:
        return
    address = find(reading.identity or envelope.sender)
    person = await desk.tx.one("person", id=ticket.requester)
    assert person is not None
    known = person["known_at"] is not None or (address is not None and address.domain in desk.settings.domains)
    why_not = judgement.unanswerable or await _held_back(desk, address.key if address else "", known, guessing)
    if why_not:
        await record(desk, ticket.number, SPOCD, "not acknowledged", why=why_not)
        return
    reader = Reader(ticket.requester, person["name"] if known else "", str(address), person["language"], known, 0)
    letter = await post(
        desk, ring, ticket, reader, kind="acknowledgement", cause="mail", message=None,
        chain=chain_after(reading.message_id, reading.references),
        variables={
            "known": known,
            # The desk must not carry anybody's words to a forged sender.
            **({} if known else {"subject": ""}),
            "requester_name": person["name"] if known else "",
        },
    )  # fmt: skip
    await record(desk, ticket.number, SPOCD, "acknowledged", letter=letter, to=str(address))


async def _held_back(desk: Desk, recipient_key: str, known: bool, guessing: bool) -> str:
    if not recipient_key:
        return "there is no address to answer to"
    refused = await desk.tx.one("refused_tokens_since", since=desk.now - HOUR) if guessing else None
    if refused is not None and refused["n"] > MOST_BAD_TOKENS:
        return "too many mails with tokens that are not ours came within the hour"
    to = await desk.tx.one(
        "automatic_letters_to", recipient_key=recipient_key, hour=desk.now - HOUR, day=desk.now - DAY
    )
    unknown = await desk.tx.one("automatic_letters_to_unknown", hour=desk.now - HOUR)
    assert to is not None
    assert unknown is not None
    return over_limit(Sent(to["hour"], to["day"], unknown["hour"]), desk.settings.limits, known=known)
