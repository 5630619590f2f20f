"""A letter: one mail to one person, with all that is needed to write and send it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Enclosure:
    """A file that goes with a letter."""

    filename: str
    content_type: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Letter:
    """A leased row of the outbox, with its addresses signed. Message-IDs stand without angle brackets.

    `kind` names the template and decides the headers (docs/mail.md). `ticket` is None in what is about no single one.
    `date` is when the letter was decided, in UTC seconds, so that every try writes the same bytes.
    """

    id: int
    kind: str
    language: str
    ticket: int | None
    from_name: str
    from_address: str
    to_name: str
    to_address: str
    reply_to: str
    return_path: str
    message_id: str
    in_reply_to: str | None
    references: tuple[str, ...]
    date: int
    instance: str
    variables: Mapping[str, Any]
    enclosures: tuple[Enclosure, ...] = ()
