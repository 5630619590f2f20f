"""What all sessions of the gateway share: who may come in, and the mails that are being stored."""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import ssl
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

from spocd.config import LimitsSection
from spocd.domain.intake import Envelope
from spocd.errors import NoRoom, TryLater
from spocd.gateway import trace

log = logging.getLogger("spocd.gateway")

STORED = "250 2.6.0 The mail is stored"
NO_ROOM = "452 4.3.1 There is no room for the mail just now; please send it again later"
LATER = "451 4.3.0 The mail could not be stored just now; please send it again later"
CLOSING = "421 4.3.2 The desk is closing down; please come again later"
_ROOM_NEEDED = "421 4.3.2 The place is needed for others; please come again"
_FULL = "421 4.3.2 Too many connections; please come again later"
_FULL_FOR_PEER = "421 4.7.0 Too many connections from your address; close some first"
_ARRIVING = 1 << 18  # octets that are read at once


class Acceptor(Protocol):
    """The desk's side of the gateway: it says which recipients are its own and stores what comes for them."""

    def refusal(self, recipient: str) -> str | None:
        """The SMTP reply that refuses a recipient, or None where the recipient is the desk's. Must be cheap.

        550 5.1.1 for a local part that nobody has, 550 5.7.1 for a domain that is not ours; a good token and a bad
        one must get the same answer. `recipient` is one plain address, or postmaster without a domain.
        """
        ...

    async def accept(self, envelope: Envelope, raw: BinaryIO) -> None:
        """Store a mail, read from its beginning, and return once it is durable.

        TryLater, like everything else that is raised, becomes 451: only a sender that gets no answer for good keeps
        the mail.
        """
        ...


class Visitor(Protocol):
    """What admission needs to know of a session."""

    @property
    def host(self) -> str: ...

    @property
    def heard(self) -> float: ...

    @property
    def engaged(self) -> bool: ...

    def dismiss(self, reply: str) -> None: ...


class Guest(Visitor, Protocol):
    """What closing needs to know of a session besides."""

    @property
    def in_hand(self) -> bool: ...

    def abort(self) -> None: ...

    async def ended(self) -> None: ...


class Admission:
    """Who may be connected at one time.

    When the house is full, whoever has been silent longest without having begun a mail makes room: a thousand idle
    clients never lock out one that has something to say.
    """

    def __init__(self, limits: LimitsSection) -> None:
        self._limits = limits
        self._inside: set[Visitor] = set()

    def refusal(self, visitor: Visitor) -> str | None:
        """Let a visitor in and answer None, or the reply that turns it away."""
        # Our own MTA talks from loopback or a unix socket, for everybody.
        if not _is_loopback(visitor.host):
            near = sum(each.host == visitor.host for each in self._inside)
            if near >= self._limits.connections_per_peer:
                return _FULL_FOR_PEER
        if len(self._inside) >= self._limits.connections:
            idle = _longest_idle(self._inside)
            if idle is None:
                return _FULL
            self._inside.discard(idle)
            idle.dismiss(_ROOM_NEEDED)
        self._inside.add(visitor)
        return None

    def leave(self, visitor: Visitor) -> None:
        """Give the visitor's place away. Harmless where it has none."""
        self._inside.discard(visitor)


def _longest_idle(inside: Iterable[Visitor]) -> Visitor | None:
    return min((each for each in inside if not each.engaged), key=lambda each: each.heard, default=None)


def _is_loopback(host: str) -> bool:
    """Whether a peer is on this machine; the empty host is a unix socket's."""
    if not host:
        return True
    found = ipaddress.ip_address(host.partition("%")[0])
    mapped = found.ipv4_mapped if isinstance(found, ipaddress.IPv6Address) else None
    return (mapped or found).is_loopback


@dataclass(frozen=True, slots=True)
class House:
    """How this gateway presents itself: its rules, the same for every session."""

    name: str  # what it calls itself in its greeting
    limits: LimitsSection
    delimiter: str
    tls: ssl.SSLContext | None
    require_tls: bool
    folder: Path  # where large mails are held while they arrive


class Reception:
    """The acceptor as sessions see it: it always has a reply, and a client that hangs up stops no storing."""

    def __init__(self, acceptor: Acceptor, house: House) -> None:
        self.house = house
        self.admission = Admission(house.limits)
        self.sessions: set[Guest] = set()  # all that are connected, those that are being turned away included
        self.closing = False
        self.arriving = memoryview(bytearray(_ARRIVING))  # what sessions read from their sockets, one after the other
        self._acceptor = acceptor
        self._storing: set[asyncio.Task[str]] = set()

    def refusal(self, recipient: str) -> str | None:
        """The reply that refuses a recipient, or None; 451 where the acceptor itself fails."""
        try:
            return self._acceptor.refusal(recipient)
        except Exception:
            log.exception("recipient outcome=failed")
            return "451 4.3.0 The recipient could not be looked up just now; please send the mail again later"

    async def store(self, envelope: Envelope, raw: BinaryIO, size: int) -> str:
        """Store a mail and close it; the reply says what came of it.

        The storing runs on when the caller is cancelled because the client has hung up: the mail may be stored
        without its sender knowing, and the sender's retry is then recognised as the same mail.
        """
        task = asyncio.create_task(self._store(envelope, raw, size), name="store a mail")
        self._storing.add(task)
        task.add_done_callback(self._storing.discard)
        task.add_done_callback(lambda _: raw.close())
        return await asyncio.shield(task)

    async def _store(self, envelope: Envelope, raw: BinaryIO, size: int) -> str:
        try:
            await self._acceptor.accept(envelope, raw)
        except TryLater as reason:
            self.note(envelope, size, "later", reason=reason)
            return NO_ROOM if isinstance(reason, NoRoom) else LATER
        except BaseException:
            this = asyncio.current_task()
            if this is not None and this.cancelling():
                raise
            log.exception("storing outcome=failed")
            self.note(envelope, size, "failed")
            return LATER
        self.note(envelope, size, "stored")
        return STORED

    def note(self, envelope: Envelope, size: int, outcome: str, **more: object) -> None:
        """Write the one log line of a mail."""
        if not log.isEnabledFor(logging.INFO):
            return
        delimiter = self.house.delimiter
        text = trace.line(
            "received",
            peer=envelope.peer,
            channel=envelope.channel,
            sender=trace.without_token(envelope.sender, delimiter) or "<>",
            recipients=len(envelope.recipients),
            to=trace.recipients(envelope.recipients, delimiter),
            size=size,
            outcome=outcome,
            **more,
        )
        log.info("%s", text)

    async def close(self, grace: float) -> None:
        """Let mails that are on their way in finish for up to `grace` seconds, then end everything.

        Whoever is told nothing sends again: no mail is lost here, and none is answered that was not stored.
        """
        self.closing = True
        for session in list(self.sessions):
            if not session.in_hand:
                session.dismiss(CLOSING)
        if self.sessions:
            ending = [asyncio.create_task(session.ended()) for session in self.sessions]
            await asyncio.wait(ending, timeout=grace)
            for session in list(self.sessions):
                session.dismiss(CLOSING)
                session.abort()
            await asyncio.gather(*ending)
        for task in self._storing:
            task.cancel()
        await asyncio.gather(*self._storing, return_exceptions=True)
