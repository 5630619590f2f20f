"""The first answer, within a second: number, what happens now, how to add to it. Or the reason why there is none."""

from __future__ import annotations

from dataclasses import replace

from spocd.desk.access import SPOCD
from spocd.desk.journal import record
from spocd.desk.letter import Reader, chain_after, post
from spocd.desk.operation import Desk
from spocd.domain.address import find
from spocd.domain.intake import Envelope, Judgement, Sent, over_limit
from spocd.domain.reading import Reading
from spocd.domain.ticket import Ticket
from spocd.domain.token import Ring
from spocd.store import Row

HOUR, DAY = 3600, 86400
MOST_BAD_TOKENS = 10  # within an hour; past them somebody is guessing, and hears nothing more


async def acknowledge(
    desk: Desk,
    ring: Ring,
    ticket: Ticket,
    requester: Row,
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
    known = requester["known_at"] is not None or (address is not None and address.domain in desk.settings.domains)
    why_not = judgement.unanswerable or await _held_back(desk, address.key if address else "", known, guessing)
    if why_not:
        await record(desk, ticket.number, SPOCD, "not acknowledged", why=why_not)
        return
    reader = Reader(ticket.requester, requester["name"] if known else "", str(address), requester["language"], known, 0)
    letter = await post(
        desk, ring, ticket, reader, kind="acknowledgement", cause="mail", message=None,
        chain=chain_after(reading.message_id, reading.references),
        variables={
            "known": known,
            # The desk must not carry anybody's words to a forged sender.
            **({} if known else {"subject": ""}),
            "requester_name": requester["name"] if known else "",
        },
    )  # fmt: skip
    await record(desk, ticket.number, SPOCD, "acknowledged", letter=letter, to=str(address))


async def _held_back(desk: Desk, recipient_key: str, known: bool, guessing: bool) -> str:
    if not recipient_key:
        return "there is no address to answer to"
    refused = await desk.tx.one("refused_tokens_since", since=desk.now - HOUR) if guessing else None
    if refused is not None and refused["n"] > MOST_BAD_TOKENS:
        return "too many mails with tokens that are not ours came within the hour"
    limits = desk.settings.limits
    sent = await _sent(desk, recipient_key) if limits.an_address else Sent(0, 0, 0)
    if limits.all_unknown and not known:
        row = await desk.tx.one("automatic_letters_to_unknown", hour=desk.now - HOUR)
        assert row is not None
        sent = replace(sent, unknown_hour=row["hour"])
    return over_limit(sent, limits, known=known)


async def _sent(desk: Desk, recipient_key: str) -> Sent:
    row = await desk.tx.one(
        "automatic_letters_to", recipient_key=recipient_key, hour=desk.now - HOUR, day=desk.now - DAY
    )
    assert row is not None
    return Sent(row["hour"], row["day"], 0)
