"""Who gets the open cases of somebody who is away, or has left: fairly, and the same each time it is asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from spocd.domain.fairness import Card, Wants, hindrances, may_see


@dataclass(frozen=True, slots=True)
class Receiver:
    """An agent who may be given something. `load` is how many open cases they have; `given_at` when they last got one.

    `deputy` stands in for them while they are away.
    """

    agent: int
    card: Card
    load: int = 0
    given_at: int | None = None
    away: bool = False
    deputy: int | None = None


@dataclass(frozen=True, slots=True)
class Move:
    """Where a case goes: to an agent, or back into the queue (None)."""

    ticket: int
    to: int | None
    as_deputy: bool = False
    passed_over: str = ""  # why it does not go to the deputy who was named, after “not to”


def deputy_of(agent: int, receivers: Mapping[int, Receiver]) -> Receiver | None:
    """Who stands in for somebody: their deputy, or that one's where they are away too; None where the chain ends.

    A chain that comes back to itself has no end, and gives nobody.
    """
    seen = {agent}
    here = receivers.get(agent)
    while here is not None and here.deputy is not None and here.deputy not in seen:
        seen.add(here.deputy)
        here = receivers.get(here.deputy)
        if here is not None and not here.away:
            return here
    return None


def makes_a_circle(agent: int, deputy: int, deputies: Mapping[int, int]) -> bool:
    """Whether a deputy's own deputies, one after the other, lead back to the agent."""
    seen = {agent}
    here: int | None = deputy
    while here is not None:
        if here in seen:
            return True
        seen.add(here)
        here = deputies.get(here)
    return False


def distribute(
    leaver: int, cases: Sequence[tuple[int, Wants]], receivers: Sequence[Receiver], *, within: str | None = None
) -> list[Move]:
    """Where each case of the leaver goes, in the order of the cases.

    To the deputy first, whom somebody chose. Else to whoever is there and is offered such a case, by team, skills and
    tier: to the case's own tier while anybody of it can have it, else to the next one that can; in it to the one with
    the least to do, then to the one who has gone longest without a new one. Else into the queue.
    With `within` only the members of that team are asked.
    """
    everybody = {each.agent: each for each in receivers}
    deputy = deputy_of(leaver, everybody) if within is None else None
    there = {
        each.agent: each
        for each in receivers
        if not each.away and each.agent != leaver and (within is None or within in each.card.teams)
    }
    moves = []
    for at, (ticket, wants) in enumerate(cases):
        chosen = deputy if deputy is not None and may_see(wants, deputy.card) else _fair_choice(wants, there)
        as_deputy = chosen is not None and chosen is deputy
        why = "" if as_deputy or within is not None else _passed_over(leaver, deputy, wants, everybody)
        moves.append(Move(ticket, chosen.agent if chosen else None, as_deputy=as_deputy, passed_over=why))
        if chosen is not None and chosen.agent in there:
            # Whoever has just got one has gone without for the shortest time, whatever the clock says.
            had = there[chosen.agent]
            there[chosen.agent] = replace(had, load=had.load + 1, given_at=2**62 + at)
    return moves


def _passed_over(leaver: int, deputy: Receiver | None, wants: Wants, everybody: Mapping[int, Receiver]) -> str:
    """Why a deputy gets nothing; "" where nobody was named."""
    if deputy is not None:
        return f"{deputy.card.login}: it {hindrances(wants, deputy.card)[0]}"
    here = everybody.get(leaver)
    named = everybody.get(here.deputy) if here is not None and here.deputy is not None else None
    return "" if named is None else f"{named.card.login}: they are away, and so is whoever stands in for them"


def _fair_choice(wants: Wants, there: Mapping[int, Receiver]) -> Receiver | None:
    fit = [each for each in there.values() if not hindrances(wants, each.card)]
    return min(fit, key=lambda each: (each.card.tier, each.load, each.given_at or 0, each.agent), default=None)
