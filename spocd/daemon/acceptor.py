"""The desk's side of the listeners: which recipients are ours, and the way of a mail into the inbox."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from typing import BinaryIO

from spocd.daemon.membership import Trouble
from spocd.desk import blob, intake
from spocd.desk.blob import Files
from spocd.desk.intake import Accepted
from spocd.desk.operation import Settings
from spocd.domain.intake import Envelope
from spocd.errors import NoRoom
from spocd.store import Store

LARGE = 64 * 1024  # octets from which hashing and packing would hold up the other sessions


class DeskAcceptor:
    """Stores what comes for the desk. `told` is called after each mail: there is work for intake."""

    def __init__(
        self, store: Store, settings: Callable[[], Settings], clock: Callable[[], float], told: Callable[[], None]
    ) -> None:
        self._store = store
        self._files = Files(store, clock)
        self._settings = settings
        self._clock = clock
        self._told = told
        self.trouble: Trouble | None = None  # the last mail found no room

    def refusal(self, recipient: str) -> str | None:
        """The reply for a recipient that is not ours. A good token and a bad one get the same answer: none."""
        settings = self._settings()
        if "@" not in recipient or settings.own.own(recipient):
            return None  # without a domain it can only be postmaster (RFC 5321 section 4.1.1.3)
        domain = recipient.rpartition("@")[2].lower()
        if any(base.endswith(f"@{domain}") for base in settings.own.bases):
            return "550 5.1.1 Nobody here has this address"
        return "550 5.7.1 This desk takes no mail for other domains"

    async def accept(self, envelope: Envelope, raw: BinaryIO) -> None:
        """Return once the mail is on disk; whatever is raised leaves it with its sender."""
        try:
            await self._take(envelope, raw)
        except NoRoom as full:
            self.trouble = Trouble(int(self._clock()), str(full))
            raise
        self.trouble = None
        self._told()

    async def _take(self, envelope: Envelope, raw: BinaryIO) -> None:
        if raw.seek(0, os.SEEK_END) > LARGE:
            async with self._files.put(raw) as row:
                await self._keep(await asyncio.to_thread(intake.accepted, envelope, blob.pieces_of(raw), row))
        else:
            raw.seek(0)
            content = raw.read()
            await self._keep(intake.accepted(envelope, (content,), blob.pack(content)))

    async def _keep(self, mail: Accepted) -> None:
        await self._store.write_beside(lambda tx: intake.accept(tx, mail, int(self._clock())))
