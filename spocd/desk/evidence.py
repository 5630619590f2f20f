"""The evidence of a mail, looked up: which tickets its tokens, Message-IDs and subject tag speak for."""

from __future__ import annotations

from typing import Any

from spocd.desk.operation import Desk
from spocd.desk.person import identity
from spocd.domain.notice import THE_TEAM
from spocd.domain.thread import AGENT, EXPERT, Claim, Evidence, Rung, Standing
from spocd.domain.token import Purpose, Ring, Token
from spocd.store import Row

NOT_VALID = "the token is not valid"
MOST_MERGES = 50  # tickets merged one into the next that are followed


async def claims_of(desk: Desk, ring: Ring, found: Evidence) -> list[Claim]:
    """Each piece of evidence with the ticket that it speaks for, merged tickets followed, or why it does not count."""
    claims = [claim for token in found.tokens if (claim := await _token_claim(desk, ring, token))]
    for token in found.own_ids:
        letter = await desk.tx.one("letter", id=token.first) if ring.verifies(token) else None
        if letter is not None and letter["ticket"] is None:
            continue  # a digest: an answer to it is about no single ticket
        claims.append(await _letter_claim(desk, Rung.OWN_ID, letter, refused="the Message-ID is not ours"))
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
        return await _letter_claim(desk, Rung.TOKEN, letter, refused="the token is not ours")
    if token.purpose is Purpose.AGENT and token.second is not None:
        return await _agent_claim(desk, ring, token, token.second)
    if token.purpose is Purpose.EXPERT and token.second is not None:
        return await _expert_claim(desk, ring, token, token.second)
    return Claim(Rung.TOKEN, None, refused="the token is not for replies")


async def _reply_claim(desk: Desk, ring: Ring, token: Token, person: int) -> Claim:
    row = await desk.tx.one("participant_generation", ticket=token.first, person=person)
    generation = row["generation"] if row else 0
    if not ring.verifies(token, generation=generation):
        # One sentence for forged, altered, revoked and too old: the difference would teach a forger.
        return Claim(Rung.TOKEN, None, refused=NOT_VALID)
    if row is None:
        return Claim(Rung.TOKEN, None, refused="its person is not on the ticket")
    return Claim(Rung.TOKEN, await survivor(desk, token.first), row["identity"])


async def _agent_claim(desk: Desk, ring: Ring, token: Token, agent: int) -> Claim:
    """What the Reply-To of a notice speaks for; of one who has left, nothing."""
    address = await _agents_address(desk, token.first, agent) if ring.verifies(token) else None
    if address is None:
        return Claim(Rung.TOKEN, None, refused=NOT_VALID)
    return Claim(Rung.TOKEN, await survivor(desk, token.first), agent, inside=AGENT, address=address)


async def _expert_claim(desk: Desk, ring: Ring, token: Token, person: int) -> Claim:
    rows = await desk.tx.all("consults_of_expert", origin=token.first, person=person)
    if not any(ring.verifies(token, generation=row["generation"]) for row in rows):
        return Claim(Rung.TOKEN, None, refused=NOT_VALID)
    ticket = await survivor(desk, token.first)
    return Claim(Rung.TOKEN, ticket, person, inside=EXPERT, address=rows[0]["address"])


async def _letter_claim(desk: Desk, rung: Rung, letter: Row | None, *, refused: str) -> Claim:
    """What a letter of ours speaks for: its ticket; to its reader's side of it, where that is the desk's own."""
    if letter is None:
        return Claim(rung, None, refused=refused)
    if letter["ticket"] is None:
        return Claim(rung, None, refused="the letter is about no single ticket")
    ticket = await survivor(desk, letter["ticket"])
    match letter["purpose"]:
        case Purpose.AGENT:
            agent = letter["agent"] or THE_TEAM
            address = await _agents_address(desk, letter["ticket"], agent)
            if address is None:
                return Claim(rung, None, refused="its agent has left")
            return Claim(rung, ticket, agent, inside=AGENT, address=address)
        case Purpose.EXPERT:
            return Claim(rung, ticket, letter["person"], inside=EXPERT, address=letter["recipient"].lower())
        case _:
            # Rung 2 does not say who was written to: everybody on the ticket may quote the letter.
            person = letter["person"] if rung is Rung.TOKEN else None
            return Claim(rung, ticket, None if person is None else await identity(desk, person))


async def _agents_address(desk: Desk, ticket: int, agent: int) -> str | None:
    """The address of an agent who works here, of the ticket's team where it is THE_TEAM; None for who has left."""
    if agent == THE_TEAM:
        team = await desk.tx.one("team_of_ticket", ticket=ticket)
        return str(team["address"]).lower() if team else ""
    row = await desk.tx.one("agent_here", id=agent)
    return str(row["address"]).lower() if row else None


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
