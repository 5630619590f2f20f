"""Which ticket does a mail belong to? The ladder of evidence, strongest first; docs/mail.md tells it to people.

1 a reply token in the envelope; 2 our own signed Message-ID; 3 any Message-ID ever seen on a ticket; 4 the subject tag.
What can be guessed or copied (3, 4) counts only for people who are on the ticket already, or stood on its mails.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

from spocd.domain.intake import Envelope
from spocd.domain.reading import Reading
from spocd.domain.subject import tag_number
from spocd.domain.token import OwnAddresses, Token, read, read_message_id

PARTICIPANT = "participant"
THIRD_PARTY = "third party"
# Who answers what only the desk's own side was sent: it is filed for staff and never seen outside, whoever wrote it.
AGENT = "agent"
EXPERT = "expert"
MOST_IDS = 100  # Message-IDs of one mail that are looked up; References of a long thread end with the newest


class Rung(IntEnum):
    TOKEN = 1
    OWN_ID = 2
    SEEN_ID = 3
    TAG = 4
    NONE = 5


INSIDE = {AGENT: "reply to a notice", EXPERT: "answer of an expert"}
NAMES = {
    Rung.TOKEN: "reply token",
    Rung.OWN_ID: "our Message-ID",
    Rung.SEEN_ID: "a Message-ID seen before",
    Rung.TAG: "subject tag",
    Rung.NONE: "nothing",
}


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a mail offers as evidence, before anything is looked up."""

    tokens: tuple[Token, ...]  # of the envelope's recipients
    own_ids: tuple[Token, ...]  # of In-Reply-To and References, in the form of ours
    ids: tuple[str, ...]  # all of In-Reply-To and References
    tag: int | None


@dataclass(frozen=True, slots=True)
class Claim:
    """One piece of evidence, looked up: it speaks for `ticket`, unless `refused` says why it does not count.

    `inside` is AGENT or EXPERT where it was made for one of them, whose number `person` then is, and `address` theirs.
    """

    rung: Rung
    ticket: int | None
    person: int | None = None  # whom a token was made for
    refused: str = ""
    inside: str = ""
    address: str = ""


@dataclass(frozen=True, slots=True)
class Standing:
    """Who is on a ticket: its participants, and every address that stood in To or Cc of one of its mails.

    `continues` are the tickets that it was opened to go on from.
    """

    participants: Collection[int]
    correspondents: Collection[str]
    continues: Collection[int] = ()


@dataclass(frozen=True, slots=True)
class ToTicket:
    ticket: int
    rung: Rung
    role: str
    refused: tuple[Claim, ...] = ()
    by_own_token: bool = False  # the token's own person wrote: from now on we know them
    inside: Claim | None = None  # what was made for an agent or an expert, by which it came


@dataclass(frozen=True, slots=True)
class NewTicket:
    why: str
    links: tuple[int, ...] = ()
    refused: tuple[Claim, ...] = ()


Place = ToTicket | NewTicket


@dataclass(frozen=True, slots=True)
class Author:
    """Who wrote, as far as From says so strictly: nobody where `address` is ""."""

    address: str
    person: int | None


@dataclass(slots=True)
class _Rungs:
    good: dict[Rung, dict[int, str]] = field(default_factory=dict)
    inside: dict[tuple[Rung, int], Claim] = field(default_factory=dict)
    refused: list[Claim] = field(default_factory=list)


def evidence(reading: Reading, envelope: Envelope, own: OwnAddresses, tag_word: str) -> Evidence:
    """What of a mail could tell its ticket. Only the envelope's recipients count; the To header is anybody's text."""
    extensions = [split[1] for each in envelope.recipients if (split := own.split(each))]
    ids = tuple(dict.fromkeys([*reading.in_reply_to, *reversed(reading.references)]))[:MOST_IDS]
    return Evidence(
        tokens=tuple(token for each in extensions if each and (token := read(each))),
        own_ids=tuple(token for each in ids if (token := read_message_id(each))),
        ids=ids,
        tag=tag_number(reading.subject, tag_word),
    )


def place(author: Author, claims: Sequence[Claim], standings: Mapping[int, Standing], *, forward: bool) -> Place:
    """The ticket that a mail lands on, or a new one; the claims that did not count go along with their reasons."""
    rungs = _climb(author, claims, standings)
    refused = tuple(rungs.refused)
    for rung, found in sorted(rungs.good.items()):
        tickets = _without_predecessors(found, standings)
        if len(tickets) > 1:
            return NewTicket(f"{NAMES[rung]} speaks for more than one ticket", tuple(sorted(tickets)), refused)
        [(ticket, role)] = tickets.items()
        # Whoever writes to a token address means that ticket, whatever their program put before the subject.
        if forward and rung is not Rung.TOKEN:
            return NewTicket("a forwarded mail", (ticket,), refused)
        own_token = any(
            c.rung is Rung.TOKEN and not c.refused and c.person is not None and c.person == author.person
            for c in claims
            if not c.inside
        )
        by_own_token = own_token and rung is Rung.TOKEN
        inside = rungs.inside.get((rung, ticket))
        return ToTicket(ticket, rung, role, refused, by_own_token=by_own_token, inside=inside)
    return NewTicket("no evidence of an earlier ticket", (), refused)


def _without_predecessors(found: Mapping[int, str], standings: Mapping[int, Standing]) -> dict[int, str]:
    """The tickets but for those that another of them continues: an answer names its thread's whole history."""
    continued = {each for ticket in found for each in standings[ticket].continues}
    return {ticket: role for ticket, role in found.items() if ticket not in continued} or dict(found)


def _climb(author: Author, claims: Sequence[Claim], standings: Mapping[int, Standing]) -> _Rungs:
    rungs = _Rungs()
    for claim in claims:
        if claim.refused or claim.ticket is None:
            rungs.refused.append(claim)
            continue
        role = _role(author, claim, standings[claim.ticket])
        if role is None:
            rungs.refused.append(Claim(claim.rung, claim.ticket, claim.person, "the sender is not on that ticket"))
            continue
        # What came by both sides' evidence stays inside: that can be put right, and the contrary cannot.
        if role in INSIDE:
            rungs.inside.setdefault((claim.rung, claim.ticket), claim)
        known = rungs.inside.get((claim.rung, claim.ticket))
        rungs.good.setdefault(claim.rung, {})[claim.ticket] = known.inside if known else role
    return rungs


def _role(author: Author, claim: Claim, standing: Standing) -> str | None:
    """As whom the author is let in by this claim, or None."""
    is_on_it = author.person is not None and author.person in standing.participants
    # Our Message-ID may have been passed on to people of the ticket, whose words these are. A token nobody guesses.
    if claim.inside and (claim.rung is Rung.TOKEN or not is_on_it or author.address == claim.address):
        return claim.inside
    if is_on_it:
        return PARTICIPANT
    if claim.rung in (Rung.TOKEN, Rung.OWN_ID):
        return THIRD_PARTY
    if claim.rung is Rung.SEEN_ID and author.address and author.address in standing.correspondents:
        return THIRD_PARTY
    return None


def explain(where: Place) -> dict[str, Any]:
    """The evidence as it is stored with the message, for `ticket view` and `mail explain`."""
    refused = [{"rung": c.rung, "by": NAMES[c.rung], "ticket": c.ticket, "why": c.refused} for c in where.refused]
    match where:
        case ToTicket():
            by = INSIDE.get(where.role) or NAMES[where.rung]
            return {"rung": where.rung, "by": by, "role": where.role, "refused": refused}
        case NewTicket():
            links = list(where.links)
            return {"rung": Rung.NONE, "by": where.why, "role": PARTICIPANT, "links": links, "refused": refused}
