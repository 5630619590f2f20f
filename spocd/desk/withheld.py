"""What is left out of documents that name other tickets, where one of those is hidden from whoever reads them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from spocd.desk.access import Actor, tickets_of
from spocd.store import Transaction

# The fields of the journal's details, of evidence and of views that name tickets.
NAMING = frozenset({"ticket", "to", "was", "other", "into", "next", "links", "merged", "merged_into", "parent"})
# #12, and messages: 12.3
_NAMED = re.compile(r"#([1-9][0-9]{0,17})(?![0-9])|(?<![0-9.@:])([1-9][0-9]{0,17})\.[1-9][0-9]{0,8}(?![0-9.])")
_INSTEAD = "#…"


async def without_hidden(tx: Transaction, actor: Actor, document: Any) -> Any:
    """The document without the numbers of tickets that the actor does not see; a list of them costs as much as one."""
    return await without_tickets_of(tx, actor.hidden, document)


async def without_tickets_of(tx: Transaction, services: frozenset[str], document: Any) -> Any:
    """The document without the numbers of tickets of these services."""
    hidden = await tickets_of(tx, services, named_tickets(document)) if services else None
    return pruned(document, hidden.__contains__) if hidden else document


def is_about(detail: Mapping[str, Any], hides: Callable[[int], bool]) -> bool:
    """Whether a line of the journal says what another ticket that `hides` says is to this one: linked, merged into it.

    Without the number it would still say that there is one, so that it is left out. That a ticket was merged into
    another, or a message moved away, stays: nobody could make sense of what is left without it.
    """
    return isinstance(detail.get("other"), int) and hides(detail["other"])


def names_tickets(document: Any) -> bool:
    """Whether there is a number in a document that could be a ticket's."""
    return any(True for _ in named_tickets(document))


def pruned(document: Any, hides: Callable[[int], bool], *, names: bool = False) -> Any:
    """The document without the tickets that `hides` says; `names` is whether a number in it is that of a ticket."""
    match document:
        case bool() | None:
            return document
        case int():
            return None if names and hides(document) else document
        case str():
            return _NAMED.sub(lambda found: _INSTEAD if hides(int(found[1] or found[2])) else found[0], document)
        case list():
            kept = [pruned(each, hides, names=names) for each in document]
            return [each for each, was in zip(kept, document, strict=True) if each is not None or was is None]
        case dict():
            return {key: pruned(each, hides, names=key in NAMING) for key, each in document.items()}
    return document


def named_tickets(document: Any, *, names: bool = False) -> Iterator[int]:
    """The numbers in a document that could be tickets'."""
    match document:
        case bool():
            return
        case int():
            yield from [document] if names else []
        case str():
            yield from (int(found[1] or found[2]) for found in _NAMED.finditer(document))
        case list():
            for each in document:
                yield from named_tickets(each, names=names)
        case dict():
            for key, each in document.items():
                yield from named_tickets(each, names=key in NAMING)
