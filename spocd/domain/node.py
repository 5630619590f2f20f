"""What all nodes of a desk must have alike, and where two of them differ."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Difference:
    """A key of spocd.toml that two nodes have otherwise: its value here and there, as a sentence says it."""

    key: str
    here: str
    there: str


def written(shared: Mapping[str, str]) -> str:
    """What a node must have in common with the others, by key, as its row keeps it."""
    return json.dumps(shared, ensure_ascii=False, sort_keys=True)


def differences(here: str, there: str) -> list[Difference]:
    """Where two of these differ; a key that only one of them has is of another version, which may have its own."""
    own, other = json.loads(here), json.loads(there)
    return [Difference(key, own[key], other[key]) for key in own if key in other and own[key] != other[key]]
