"""The signing keys and the reply addresses that they make."""

from __future__ import annotations

from typing import TypedDict

from spocd.desk.access import Actor, Role, is_hidden
from spocd.desk.documents import find_ticket, moment
from spocd.desk.evidence import claims_of
from spocd.desk.journal import record
from spocd.desk.operation import Desk, operation
from spocd.desk.person import known_person
from spocd.domain.address import parse
from spocd.domain.thread import Evidence
from spocd.domain.token import Purpose, Ring, Token, good_keys, next_key_id, read
from spocd.errors import Exit, Refused


class Key(TypedDict):
    id: str
    created_at: str
    signs: bool


class KeyList(TypedDict):
    key_id: str
    keys: list[Key]


class Revoked(TypedDict):
    revoked: int


class TokenExplanation(TypedDict):
    purpose: str
    valid: bool
    why: str
    key_id: str
    ticket: int | None
    letter: int | None
    person: str | None


@operation("token.rotate", role=Role.ADMIN, writes=True)
async def rotate(desk: Desk, actor: Actor) -> KeyList:
    """Sign with a new key from now on; addresses signed with older keys work for 400 days more."""
    keys = await desk.tx.all("signing_keys")
    good = good_keys([(row["id"], row["created_at"]) for row in keys], desk.now)
    for row in keys:
        if row["id"] not in good:
            await desk.tx.run("drop_signing_key", id=row["id"])
    key_id = next_key_id(good)
    if key_id is None:
        raise Refused("no-key-left", "All 32 key ids are in use: there were 31 rotations within 400 days.")
    # Ordered by when they came, and two within a second must not tie.
    created = max(desk.now, keys[-1]["created_at"] + 1)
    await desk.tx.run("add_signing_key", id=key_id, now=created)
    await record(desk, None, actor, "key rotated", key_id=key_id)
    rows = await desk.tx.all("signing_keys")
    return {
        "key_id": key_id,
        "keys": [{"id": r["id"], "created_at": moment(r["created_at"]), "signs": r["id"] == key_id} for r in rows],
    }


@operation("token.revoke", writes=True)
async def revoke(desk: Desk, actor: Actor, *, ticket: int, address: str | None = None) -> Revoked:
    """Make the reply addresses of a ticket worthless, of everybody or of one person; new letters carry new ones."""
    await find_ticket(desk, ticket)
    person = None
    if address is not None:
        found = await known_person(desk, actor, str(parse(address)))
        if found is None:
            raise Refused("no-such-person", f"Nobody with the address {address} is known.", Exit.NOT_FOUND)
        person = found["id"]
    revoked = await desk.tx.run("revoke_tokens", ticket=ticket, person=person)
    await record(desk, ticket, actor, "tokens revoked", address=address, people=revoked)
    return {"revoked": revoked}


@operation("token.explain")
async def explain(desk: Desk, actor: Actor, *, address: str) -> TokenExplanation:
    """Say what a signed address is for, and whether it still works."""
    split = desk.settings.own.split(address)
    token = read(split[1]) if split else None
    if token is None:
        why = "This is no address of this desk." if split is None else "It carries no token: it means the desk itself."
        return _explained(None, False, why)
    if _of_ticket(token) and await is_hidden(desk.tx, actor, token.first):
        return _explained(None, False, "It carries no token that you may look into.")
    ring = await desk.ring()
    if token.key_id not in ring.keys:
        return _explained(token, False, f"The key {token.key_id} is not in use, or older than 400 days.")
    return await _explain_signed(desk, ring, token)


async def _explain_signed(desk: Desk, ring: Ring, token: Token) -> TokenExplanation:
    if token.second is not None and token.purpose in (Purpose.AGENT, Purpose.EXPERT):
        return await _explain_inside(desk, ring, token)
    if token.purpose is not Purpose.REPLY or token.second is None:
        valid = ring.verifies(token)
        return _explained(token, valid, "We signed it." if valid else "The signature is not ours.")
    row = await desk.tx.one("participant_generation", ticket=token.first, person=token.second)
    if row is None:
        return _explained(token, False, "Nobody on such a ticket has this number.")
    if ring.verifies(token, generation=row["generation"]):
        person = await desk.tx.one("person", id=token.second)
        return _explained(token, True, "We signed it, and it is good.", person=person["name"] if person else None)
    older = any(ring.verifies(token, generation=each) for each in range(row["generation"]))
    return _explained(token, False, "It was revoked." if older else "The signature is not ours.")


async def _explain_inside(desk: Desk, ring: Ring, token: Token) -> TokenExplanation:
    """Of an agent's or an expert's token: whether what comes by it would be filed as a note."""
    [claim] = await claims_of(desk, ring, Evidence(tokens=(token,), own_ids=(), ids=(), tag=None))
    if claim.refused:
        why = "The signature is not ours, or whom it was made for is not here any more."
        return _explained(token, False, why)
    why = "We signed it: what comes by it becomes an internal note."
    return _explained(token, True, why, person=claim.address or None)


def _of_ticket(token: Token) -> bool:
    return token.purpose in (Purpose.REPLY, Purpose.AGENT, Purpose.EXPERT)


def _explained(token: Token | None, valid: bool, why: str, *, person: str | None = None) -> TokenExplanation:
    of_letter = token is not None and token.purpose in (Purpose.BOUNCE, Purpose.MESSAGE_ID)
    return {
        "purpose": token.purpose.name.lower() if token else "none",
        "valid": valid,
        "why": why,
        "key_id": token.key_id if token else "",
        "ticket": token.first if token and _of_ticket(token) else None,
        "letter": token.first if token and of_letter else None,
        "person": person,
    }
