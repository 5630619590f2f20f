"""The evidence of a mail, looked up: which tickets its tokens, Message-IDs and subject tag speak for."""

from __future__ import annotations

from typing import Any

from spocd.desk.operation import Desk
from spocd.domain.thread import Claim, Evidence, Rung, Standing
from spocd.domain.token import Purpose, Ring, Token
from spocd.store import Row

MOST_MERGES = 50  # tickets merged one into the next that are followed


async def claims_of(desk: Desk, ring: Ring, found: Evidence) -> list[Claim]:
    """Each piece of evidence with the ticket that it speaks for, merged tickets followed, or why it does not count."""
    claims = [claim for token in found.tokens if (claim := await _token_claim(desk, ring, token))]
    for token in found.own_ids:
        letter = await desk.tx.one("letter", id=token.first) if ring.verifies(token) else None
        if letter is not None and letter["ticket"] is None:
            continue  # a digest: an answer to it is about no single ticket
        claims.append(
            await _claim(desk, Rung.OWN_ID, letter["ticket"] if letter else None, refused="the Message-ID is not ours")
        )
    for each in found.ids:
        rows = await desk.tx.all("tickets_of_id", message_id=each)
        claims += [await _claim(desk, Rung.SEEN_ID, row["ticket"]) for row in rows]
    if found.tag is not None:
        there = await desk.tx.one("ticket", number=found.tag)
        claims.append(
            await _claim(desk, Rung.TAG, there["number"] if there else None, refused="there is no such ticket")
        )
    return claims


async def _claim(desk: Desk, rung: Rung, ticket: int | None, *, refused: str = "") -> Claim:
    if ticket is None:
        return Claim(rung, None, refused=refused)
    return Claim(rung, await survivor(desk, ticket))


async def _token_claim(desk: Desk, ring: Ring, token: Token) -> Claim | None:
    """What a token in the envelope speaks for; None where it is of a purpose that speaks for no ticket."""
    if token.purpose is Purpose.REPLY and token.second is not None:
        return await _reply_claim(desk, ring, token, token.second)
    if token.purpose is Purpose.BOUNCE and token.second is None:
        # An answer to the return path: people with odd programs, since no report comes this far.
        letter = await desk.tx.one("letter", id=token.first) if ring.verifies(token) else None
        if letter is None:
            return Claim(Rung.TOKEN, None, refused="the token is not ours")
        return Claim(Rung.TOKEN, await survivor(desk, letter["ticket"]), letter["person"])
    return Claim(Rung.TOKEN, None, refused="the token is not for replies")


async def _reply_claim(desk: Desk, ring: Ring, token: Token, person: int) -> Claim:
    row = await desk.tx.one("participant_generation", ticket=token.first, person=person)
    generation = row["generation"] if row else 0
    if not ring.verifies(token, generation=generation):
        # One sentence for forged, altered, revoked and too old: the difference would teach a forger.
        return Claim(Rung.TOKEN, None, refused="the token is not valid")
    if row is None:
        return Claim(Rung.TOKEN, None, refused="its person is not on the ticket")
    return Claim(Rung.TOKEN, await survivor(desk, token.first), person)


async def survivor(desk: Desk, ticket: int) -> int:
    """The ticket that a merged one lives on in; itself where it was not merged."""
    for _ in range(MOST_MERGES):
        row = await desk.tx.one("merged_into", ticket=ticket)
        if row is None or row["merged_into"] is None:
            break
        ticket = row["merged_into"]
    return ticket


async def standings_of(desk: Desk, claims: list[Claim]) -> dict[int, Standing]:
    """Who is on each ticket that a claim speaks for."""
    standings = {}
    for ticket in {claim.ticket for claim in claims if claim.ticket is not None}:
        rows = await desk.tx.all("standing", ticket=ticket)
        standings[ticket] = Standing(_those(rows, "person"), _those(rows, "address"), _those(rows, "other"))
    return standings


def _those(rows: list[Row], column: str) -> set[Any]:
    return {row[column] for row in rows if row[column] is not None}
