"""What is said about a case: its subject, kind, priority, service, tags; and what a change of them changed."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from typing import Any

from spocd.domain.ticket import Ticket
from spocd.errors import Exit, Refused

MOST_TAGS = 20
LONGEST_TAG = 40
LONGEST_SUBJECT = 400
_TAG = re.compile(r"\w[\w.:/@-]*", re.UNICODE)


@dataclass(frozen=True, slots=True)
class Brings:
    """What a service brings to a ticket of which nobody says otherwise; as it stands here, what no service brings."""

    key: str | None = None
    team: str | None = None
    kind: str = "request"
    priority: str = "normal"


@dataclass(frozen=True, slots=True)
class Edit:
    """What is to be said from now on; what is None stays. With a `service`, also none, its team changes too."""

    subject: str | None = None
    kind: str | None = None
    priority: str | None = None
    service: Brings | None = None


def edited(ticket: Ticket, edit: Edit, had: Brings, now: int) -> Ticket:
    """The ticket as the edit has it; `had` is what the service that it was about brought.

    Whatever is about another service is its team's. Kind and priority are that service's as well, where nobody says
    otherwise now, and what is there is what the service before brought: else somebody has chosen it.
    """
    about = edit.service or replace(had, key=ticket.service, team=ticket.team)
    moves = about.key != ticket.service
    return replace(
        ticket,
        subject=ticket.subject if edit.subject is None else subject_of(edit.subject),
        kind=edit.kind or (about.kind if moves and ticket.kind == had.kind else ticket.kind),
        priority=edit.priority or (about.priority if moves and ticket.priority == had.priority else ticket.priority),
        service=about.key,
        team=about.team,
        updated_at=now,
    )


def subject_of(text: str) -> str:
    """A subject in one line; Refused where nothing stands in it."""
    subject = " ".join(text.split())[:LONGEST_SUBJECT]
    if not subject:
        raise Refused("no-subject", "A ticket needs a subject: --subject 'What it is about'.", Exit.USAGE)
    return subject


def tag_of(written: str) -> str:
    """A tag as it is kept: in lower case, one word."""
    tag = written.strip().lower()
    if not _TAG.fullmatch(tag) or len(tag) > LONGEST_TAG:
        raise Refused(
            "bad-tag",
            f"“{written}” is no tag. A tag is one word of letters, digits and - . : / @, {LONGEST_TAG} at most.",
            Exit.USAGE,
        )
    return tag


def tagged(had: Iterable[str], more: Iterable[str], less: Iterable[str]) -> list[str]:
    """The tags afterwards, in order. To add one that is there, or take off one that is not, changes nothing."""
    tags = sorted((set(had) | {tag_of(each) for each in more}) - {tag_of(each) for each in less})
    if len(tags) > MOST_TAGS:
        raise Refused("too-many-tags", f"A ticket has {MOST_TAGS} tags at most; these would be {len(tags)}.")
    return tags


_TOLD = ("subject", "kind", "priority", "service", "team")


def differences(before: Ticket, after: Ticket) -> dict[str, dict[str, Any]]:
    """What an edit changed, each with what it was and what it is."""
    pairs = ((name, getattr(before, name), getattr(after, name)) for name in _TOLD)
    return {name: {"was": was, "now": now} for name, was, now in pairs if was != now}


def tag_difference(had: Collection[str], tags: Collection[str]) -> dict[str, dict[str, Any]]:
    """As `differences`, for tags."""
    return {} if list(had) == list(tags) else {"tags": {"was": list(had), "now": list(tags)}}
