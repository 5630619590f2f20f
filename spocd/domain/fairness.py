"""The fair order, stated once: who is next, who is offered what, and what counts as a jump.

What is promised for a time comes first, by that time; the rest by how long its requester has waited; then by number.
Nobody's name, rank or channel is in it. Skills, teams and tiers say what an agent is offered, never in which order.
`next_in_queue` (store/sql/queue.sql) is the same in SQL; a test holds the two together.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from spocd.domain.ticket import State, Ticket

NEVER = 2**63 - 1  # when what is promised for no time is due
ORDER = ("promise due", "waiting since", "number")
WHILE_THEY_ARE_THERE = 3600  # seconds that a call or a visit may last
# Where the requester is there while it is written down, it is answered as they speak. That is a jump too, and said so.
AT_ONCE: Mapping[str, str] = MappingProxyType(
    {"phone": "answered on the phone", "chat": "answered in the chat", "walk-in": "answered while they were here"}
)


@dataclass(frozen=True, slots=True)
class Wants:
    """What a ticket asks of whoever takes it. `only` is the team of a restricted service, "" where that has none."""

    tier: int
    team: str | None = None
    skills: frozenset[str] = frozenset()
    only: str | None = None


@dataclass(frozen=True, slots=True)
class Card:
    """What an agent is, as far as it says what they are offered."""

    login: str
    tier: int
    teams: frozenset[str] = frozenset()
    skills: frozenset[str] = frozenset()


def is_queued(ticket: Ticket) -> bool:
    """Whether a ticket stands in the queue: nobody has it, and its requester waits."""
    waits = ticket.waiting_since is not None and ticket.state in (State.NEW, State.OPEN)
    return waits and ticket.assignee is None and ticket.merged_into is None


def rank(ticket: Ticket) -> tuple[int, int, int]:
    """The place of a queued ticket in the fair order: the smaller is the earlier."""
    due_at = NEVER if ticket.due_at is None else ticket.due_at
    return due_at, NEVER if ticket.waiting_since is None else ticket.waiting_since, ticket.number


def may_see(wants: Wants, card: Card) -> bool:
    """Whether an agent is in the team that alone works on a restricted service, leads too."""
    return wants.only is None or wants.only in card.teams


def hindrances(wants: Wants, card: Card) -> list[str]:
    """Why a ticket is not offered to an agent, each a clause after “it”; empty where it is."""
    found = []
    if not may_see(wants, card):
        found.append(f"is confidential to the team {wants.only}" if wants.only else "is confidential")
    if wants.team is not None and wants.team not in card.teams and wants.team != wants.only:
        found.append(f"is for the team {wants.team}")
    if missing := sorted(wants.skills - card.skills):
        found.append(f"needs the skill{'s' if len(missing) > 1 else ''} {' and '.join(missing)}")
    if wants.tier > card.tier:
        found.append(f"was escalated to tier {wants.tier}")
    return found


def at_once(ticket: Ticket, agent: int, now: int) -> str | None:
    """The reason that stands by itself where an agent answers whom they have just spoken with; None elsewhere."""
    just_now = ticket.state == State.NEW and now - ticket.opened_at <= WHILE_THEY_ARE_THERE
    return AT_ONCE.get(ticket.channel) if ticket.reporter == agent and just_now else None
