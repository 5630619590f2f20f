"""How tickets belong together, in the words for both sides, and what keeps one of them from being closed."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from spocd.errors import Exit, Refused

PARENT, BLOCKS = "parent", "blocks"
# A relation as it reads on the ticket that has it, and on the other one.
BOTH_SIDES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        PARENT: ("part of", "consists of"),
        BLOCKS: ("blocks", "blocked by"),
        "duplicate": ("duplicate of", "duplicated by"),
        "caused-by": ("caused by", "cause of"),
        "continues": ("continues", "continued by"),
    }
)
# As a sentence says it of one ticket and another.
_CLAUSES: Mapping[str, str] = MappingProxyType(
    {PARENT: "is part of", BLOCKS: "blocks", "duplicate": "is a duplicate of", "caused-by": "was caused by"}
)
LONGEST_TARGET = 400  # characters of what names something outside


@dataclass(frozen=True, slots=True)
class Other:
    """A ticket that another is linked to."""

    number: int
    state: str


def check_link(ticket: int, relation: str, other: int, *, leads_back: bool, parent: int | None) -> None:
    """Refuse a link to itself, one that would close a circle, and a second parent."""
    if ticket == other:
        raise Refused("itself", f"#{ticket} cannot be linked to itself.", Exit.USAGE)
    if leads_back:
        raise Refused(
            "circle", f"#{other} {_CLAUSES[relation]} #{ticket} already, by itself or through others.",
            Exit.CONFLICT,
        )  # fmt: skip
    if relation == PARENT and parent is not None and parent != other:
        raise Refused(
            "has-parent",
            f"#{ticket} is part of #{parent}. Take that away first:"
            f" spocd ticket link {ticket} parent {parent} --remove",
            Exit.CONFLICT,
        )


def target_of(written: str) -> str:
    """The name of something outside, in one line."""
    target = " ".join(written.split())
    if not target or len(target) > LONGEST_TARGET:
        raise Refused("bad-target", f"Name what it is in one line of {LONGEST_TARGET} characters at most.", Exit.USAGE)
    return target


def check_closable(ticket: int, *, children: Sequence[Other], blockers: Sequence[Other]) -> None:
    """Refuse to close what has open parts, or waits for something that is open."""
    if blockers:
        first = blockers[0].number
        raise Refused(
            "blocked",
            f"#{ticket} is blocked by {_named(blockers)}. Close that first, or take the link away"
            f" (spocd ticket link {first} blocks {ticket} --remove), or close it all the same: --though-blocked",
        )
    if children:
        raise Refused(
            "open-parts",
            f"#{ticket} has open parts: {_named(children)}. Say what is to become of them: --children close, or"
            " --children leave",
        )


def _named(tickets: Collection[Other]) -> str:
    return ", ".join(f"#{each.number} ({each.state})" for each in tickets)
