"""Reading a mail: any octets to a Reading, and to the document that `spocd message inspect` prints."""

from __future__ import annotations

from typing import Any

from spocd.gateway.reading.reader import read

__all__ = ["inspect", "read"]


def inspect(raw: bytes) -> dict[str, Any]:
    """What a mail says, as one JSON object; docs/mail.md explains its fields."""
    return read(raw).document()
