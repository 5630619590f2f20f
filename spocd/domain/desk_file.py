"""What desk.toml asks for against what stands in the desk: what it will be, and what of that is a change.

Entries are plain: `{"teams": {"network": {"name": "Network", "members": ["maria"]}}}`, each value in its one form.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

Fields = Mapping[str, Any]
Entries = Mapping[str, Mapping[str, Fields]]


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that is not as it was. `field` is "" where a whole entry comes or goes; its fields follow it.

    Of a text in several languages, of hours and of holidays each part is a field of its own, as in `body.en`.
    """

    what: Literal["added", "changed", "removed"]
    kind: str
    key: str
    field: str = ""
    was: Any = None
    now: Any = None


def merged(
    standing: Entries, given: Entries, defaults: Mapping[str, Fields], *, remove: bool
) -> dict[str, dict[str, dict[str, Any]]]:
    """What there will be. What is not given is left as it is or, with `remove`, goes; so are the keys of an entry."""
    found: dict[str, dict[str, dict[str, Any]]] = {}
    for kind, blank in defaults.items():
        before, asked = standing.get(kind, {}), given.get(kind, {})
        keys = asked if remove else {**before, **asked}
        found[kind] = {}
        for key in sorted(keys):
            old = {} if remove and key in asked else before.get(key, {})
            found[kind][key] = {**blank, **old, **asked.get(key, {})}
    return found


def changes(was: Entries, now: Entries) -> list[Change]:
    """Every change from the one to the other, in the order of the kinds, then of the keys."""
    return [change for kind in now for change in _of_kind(kind, was.get(kind, {}), now[kind])]


def _of_kind(kind: str, was: Mapping[str, Fields], now: Mapping[str, Fields]) -> Iterator[Change]:
    for key in sorted({*was, *now}):
        if key not in now:
            yield Change("removed", kind, key)
        elif key not in was:
            yield Change("added", kind, key)
            yield from _of_entry("added", kind, key, {}, now[key])
        else:
            yield from _of_entry("changed", kind, key, was[key], now[key])


def _of_entry(what: Literal["added", "changed"], kind: str, key: str, was: Fields, now: Fields) -> Iterator[Change]:
    before, after, order = dict(_parts(was)), dict(_parts(now)), list(now)
    for field in sorted({*before, *after}, key=lambda each: (order.index(each.partition(".")[0]), each)):
        old, new = before.get(field), after.get(field)
        if old != new and (old or new or what == "changed"):
            yield Change(what, kind, key, field, old, new)


def _parts(fields: Fields) -> Iterator[tuple[str, Any]]:
    for name, value in fields.items():
        if isinstance(value, Mapping):
            yield from ((f"{name}.{part}", each) for part, each in value.items())
        else:
            yield name, value


def touched(found: Iterable[Change], kind: str, *, removed: bool) -> list[str]:
    """The keys of a kind that are removed, or the others that change, each once."""
    return list(dict.fromkeys(c.key for c in found if c.kind == kind and (c.what == "removed") == removed))


def loses_administrator(was: Entries, now: Entries) -> bool:
    """Whether there was an administrator, or one with a system account, and there will be none any more."""
    before, after = _administrators(was), _administrators(now)
    return bool(before) and (not after or (any(before) and not any(after)))


def _administrators(entries: Entries) -> list[bool]:
    """Of each administrator, whether a system account is theirs."""
    return [each["uid"] is not None for each in entries.get("agents", {}).values() if each["role"] == "admin"]
