"""The desk's side of the listeners: which recipients are ours, and the way of a mail into the inbox."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from spocd.desk import blob, intake
from spocd.desk.intake import Accepted
from spocd.desk.operation import Settings
from spocd.domain.intake import Envelope
from spocd.store import Store

LARGE = 256 * 1024  # octets from which hashing and packing would hold up the other sessions


class DeskAcceptor:
    """Stores what comes for the desk. `told` is called after each mail: there is work for intake."""

    def __init__(
        self, store: Store, settings: Callable[[], Settings], clock: Callable[[], float], told: Callable[[], None]
    ) -> None:
        self._store = store
        self._settings = settings
        self._clock = clock
        self._told = told

    def refusal(self, recipient: str) -> str | None:
        """The reply for a recipient that is not ours. A good token and a bad one get the same answer: none."""
        settings = self._settings()
        if "@" not in recipient or settings.own.own(recipient):
            return None  # without a domain it can only be postmaster (RFC 5321 section 4.1.1.3)
        domain = recipient.rpartition("@")[2].lower()
        if any(base.endswith(f"@{domain}") for base in settings.own.bases):
            return "550 5.1.1 Nobody here has this address"
        return "550 5.7.1 This desk takes no mail for other domains"

    async def accept(self, envelope: Envelope, raw: bytes) -> None:
        """Return once the mail is on disk; whatever is raised leaves it with its sender."""
        mail = await asyncio.to_thread(_prepare, envelope, raw) if len(raw) > LARGE else _prepare(envelope, raw)
        await self._store.write(lambda tx: intake.accept(tx, mail, int(self._clock())))
        self._told()


def _prepare(envelope: Envelope, raw: bytes) -> Accepted:
    return intake.accepted(envelope, raw, blob.pack(raw))
