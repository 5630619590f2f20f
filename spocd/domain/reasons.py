"""The reasons in the journal: which of them somebody typed, and which are sentences of the desk."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from spocd.domain.fairness import AT_ONCE
from spocd.domain.handover import has_left, is_away
from spocd.domain.redaction import Remover, in_what_was_said

ANSWERED_IT = "answered it"
CLOSED_IT = "closed it"
NEXT_IN_QUEUE = "next in the queue"
A_REPLY_CAME = "a reply came"

# The events for which somebody may type a reason. Any other has one of the desk's, if it has one.
_WITH_REASON = frozenset(
    {
        *("taken", "assigned", "handed over", "released", "returned", "escalated", "given to a team", "out of turn"),
        *("pending", "resolved", "reopened", "spam", "redacted"),
    }
)
_OWN = frozenset({ANSWERED_IT, CLOSED_IT, NEXT_IN_QUEUE, A_REPLY_CAME, *AT_ONCE.values()})
_OWN_BEGIN = {"returned": ("only the team of ", "nothing was done about it for ")}


def given_by(login: str) -> str:
    """Why somebody has a case before its turn, where whoever gave it typed nothing."""
    return f"given by {login}"


def in_line(event: str, actor: str, detail: dict[str, Any], remove: Remover) -> dict[str, Any]:
    """The detail of a line of the journal, with what somebody typed of it as `remove` leaves that."""
    without: dict[str, Any] = in_what_was_said(detail, remove)
    why = detail.get("why")
    if not isinstance(why, str):
        return without
    whose = f"{detail.get('from')}: "  # before the reason of an absence
    if _is_own(event, actor, detail, why):
        return without | {"why": why}
    if why.startswith(whose):
        return without | {"why": whose + remove(why.removeprefix(whose))}
    return without


def _is_own(event: str, actor: str, detail: Mapping[str, Any], why: str) -> bool:
    """Whether a reason is a sentence of the desk."""
    if event not in _WITH_REASON or why in _OWN or why == given_by(actor):
        return True
    of = str(detail.get("from") or "")
    return why in (is_away(of), has_left(of)) or why.startswith(_OWN_BEGIN.get(event, ("\n",)))
