"""One SMTP session with the relay, in steps, so that what is known when it breaks off is known exactly.

aiosmtplib's own client is not used: it raises the same error for a connection lost before the final dot and after it,
and reads recipients again in its own way.
"""

from __future__ import annotations

import asyncio
import re
import socket
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final

from aiosmtplib.auth import auth_login_encode, auth_plain_encode
from aiosmtplib.errors import SMTPException, SMTPResponseException
from aiosmtplib.esmtp import parse_esmtp_extensions

from spocd.domain.delivery import Deferred, Outcome, Rejected, Sent, Unknown
from spocd.gateway.wire import Broken, Reply, Wire, flattened

_BLOCK: Final = 1 << 16  # octets of a letter that must leave within one time limit

_BREAKS = re.compile(rb"\r\n|[\r\n]")
_HOST = re.compile(r"[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
# Said about our session or our rights, not about a recipient: a mended configuration will let the letter through.
_ABOUT_US: Final = frozenset({503, 530, 534, 535, 538})


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds to wait in each phase; RFC 5321 section 4.5.3.2 gives the least that each should have."""

    connect: float = 60
    greeting: float = 300
    command: float = 300
    data: float = 120
    block: float = 180
    dot: float = 600
    goodbye: float = 5
    idle: float = 30  # that an open connection waits for the next letter


@dataclass(frozen=True, slots=True)
class Peer:
    """Whom to talk to, and how much to trust the way there."""

    host: str
    port: int
    tls: ssl.SSLContext | None  # what TLS is made with; None: never
    at_once: bool = False  # TLS from the first octet instead of STARTTLS
    must: bool = False  # nothing goes without TLS
    user: str = ""
    password: str = field(default="", repr=False)

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Mail:
    """What goes over: the letter and its envelope, both as they stand on the wire."""

    sender: str
    recipient: str
    content: bytes

    @property
    def international(self) -> bool:
        """Whether only a relay with SMTPUTF8 can take it (RFC 6531)."""
        return not (self.content.isascii() and self.sender.isascii() and self.recipient.isascii())


class Dialogue:
    """An open session, ready for a letter."""

    def __init__(self, wire: Wire, limits: Limits) -> None:
        self._wire = wire
        self._limits = limits
        self._extensions: dict[str, str] = {}
        self._methods: list[str] = []
        self.letters = 0

    @property
    def is_open(self) -> bool:
        return self._wire.is_connected

    def drop(self) -> None:
        """Close at once, without a word."""
        self._wire.drop()

    async def leave(self) -> None:
        """Say goodbye, and do not wait long for the answer."""
        try:
            await self._wire.ask(b"QUIT", within=self._limits.goodbye)
        except Broken:
            pass
        finally:
            self.drop()

    async def reset(self) -> bool:
        """Make the session ready for another letter; False where the relay has gone or will have no more of it."""
        try:
            return (await self._wire.ask(b"RSET", within=self._limits.command)).code == 250
        except Broken:
            return False

    async def greet(self, peer: Peer) -> None:
        """From the greeting to the point where a letter can go; Broken where that cannot be reached."""
        _expect(await self._wire.ask(within=self._limits.greeting), 220)
        await self._hello()
        if peer.tls is not None and not peer.at_once and (peer.must or "starttls" in self._extensions):
            await self._start_tls(peer, peer.tls)
        if peer.user:
            await self._log_in(peer)

    async def _hello(self) -> None:
        reply = await self._wire.ask(b"EHLO", self._own_name(), within=self._limits.command)
        if reply.code in (500, 502, 504):
            _expect(await self._wire.ask(b"HELO", self._own_name(), within=self._limits.command), 250)
            self._extensions, self._methods = {}, []
            return
        _expect(reply, 250)
        self._extensions, self._methods = parse_esmtp_extensions(reply.text)

    def _own_name(self) -> bytes:
        """The host's full name or, where it has none, its address as RFC 5321 section 4.1.4 asks; no DNS for this."""
        name = socket.gethostname()
        if _HOST.fullmatch(name):
            return name.encode()
        transport = self._wire.transport
        address = transport.get_extra_info("sockname")[0] if transport else "127.0.0.1"
        return (f"[IPv6:{address}]" if ":" in address else f"[{address}]").encode()

    async def _start_tls(self, peer: Peer, context: ssl.SSLContext) -> None:
        if "starttls" not in self._extensions:
            raise Broken("4.7.5 The relay offers no STARTTLS, and nothing is sent to it in clear text.")
        self._wire.asked = True
        try:
            await self._wire.start_tls(context, server_hostname=peer.host, timeout=self._limits.command)
        except SMTPResponseException as error:
            raise Broken(f"4.7.5 The relay refused STARTTLS: {Reply(error.code, error.message)}") from error
        except (SMTPException, OSError) as error:
            raise Broken(f"4.7.5 TLS with the relay failed: {_reason(error)}") from error
        finally:
            self._wire.rest()
        self._wire.hold_nothing_back()
        await self._hello()

    async def _log_in(self, peer: Peer) -> None:
        if "plain" in self._methods:
            credentials = auth_plain_encode(peer.user, peer.password)
            reply = await self._wire.ask(b"AUTH", b"PLAIN", credentials, within=self._limits.command)
        elif "login" in self._methods:
            user, password = auth_login_encode(peer.user, peer.password)
            reply = await self._wire.ask(b"AUTH", b"LOGIN", user, within=self._limits.command)
            if reply.code == 334:
                reply = await self._wire.ask(password, within=self._limits.command)
        else:
            raise Broken("4.7.0 The relay offers neither AUTH PLAIN nor AUTH LOGIN. Check relay.user.")
        if reply.code != 235:
            raise Broken(f"4.7.8 The relay refused relay.user: {reply}")

    async def carry(self, mail: Mail, before_dot: Callable[[], Awaitable[None]]) -> Outcome:
        """One letter from MAIL to the answer to the dot. Whatever `before_dot` raises ends the session unsent."""
        if mail.international and "smtputf8" not in self._extensions:
            return Rejected("5.6.7 The relay takes no addresses beyond ASCII (SMTPUTF8).")
        self.letters += 1
        try:
            refusal = await self._envelope(mail)
            if refusal is not None:
                return refusal
            await self._body(mail.content)
            await before_dot()
            self._wire.check()
        except Broken as broken:
            self.drop()
            return Deferred(broken.reply)
        except BaseException:
            self.drop()
            raise
        return await self._dot()

    async def _envelope(self, mail: Mail) -> Outcome | None:
        # Written here and not by a library: what stands between the brackets is the address of the row, as it is.
        options = b" SMTPUTF8 BODY=8BITMIME" if mail.international else b""
        if "size" in self._extensions:
            options += b" SIZE=%d" % len(mail.content)
        for command in (
            b"MAIL FROM:<" + mail.sender.encode() + b">" + options,
            b"RCPT TO:<" + mail.recipient.encode() + b">",
        ):
            reply = await self._wire.ask(command, within=self._limits.command)
            if reply.code // 100 != 2:
                return self._refusal(reply)
        reply = await self._wire.ask(b"DATA", within=self._limits.data)
        return None if reply.code == 354 else self._refusal(reply)

    async def _body(self, content: bytes) -> None:
        octets = stuffed(content)
        for start in range(0, len(octets), _BLOCK):
            await self._wire.put(octets[start : start + _BLOCK], within=self._limits.block)

    async def _dot(self) -> Outcome:
        """From here on only a reply that can be understood is an answer; everything else leaves it unknown."""
        try:
            reply = await self._wire.ask(b".", within=self._limits.dot)
        except Broken as broken:
            self.drop()
            return Unknown(broken.reply)
        except BaseException:
            self.drop()
            raise
        match reply.code // 100:
            case 2:
                return Sent(str(reply))
            case 3:
                self.drop()
                return Unknown(str(reply))
        return self._refusal(reply)

    def _refusal(self, reply: Reply) -> Outcome:
        if reply.code // 100 in (2, 3) or reply.code == 421 or reply.code in _ABOUT_US:
            # Either the relay is out of step or it has had enough; the next letter starts afresh.
            self.drop()
            return Deferred(str(reply))
        return Rejected(str(reply)) if reply.code >= 500 else Deferred(str(reply))


async def open_dialogue(peer: Peer, limits: Limits) -> Dialogue:
    """Connect and get ready for a letter; Broken, with a sentence, where that does not work."""
    loop = asyncio.get_running_loop()
    tls = peer.tls if peer.at_once else None
    try:
        async with asyncio.timeout(limits.connect):
            _, wire = await loop.create_connection(Wire, peer.host, peer.port, ssl=tls)
    except TimeoutError as error:
        raise Broken(f"4.4.1 The relay {peer} did not answer within {limits.connect:g} seconds.") from error
    except ssl.SSLError as error:
        raise Broken(f"4.7.5 TLS with the relay failed: {_reason(error)}") from error
    except OSError as error:
        raise Broken(f"4.4.1 Cannot connect to the relay {peer}: {_reason(error)}") from error
    wire.hold_nothing_back()
    dialogue = Dialogue(wire, limits)
    try:
        await dialogue.greet(peer)
    except BaseException:
        dialogue.drop()
        raise
    return dialogue


def stuffed(content: bytes) -> bytes:
    """The letter as DATA wants it, without the final dot: CRLF after every line, a dot doubled at a line's start.

    A bare CR or LF becomes a line end too: some relays would take it for one, and what follows for a command.
    """
    octets = _BREAKS.sub(b"\r\n", content)
    if not octets.endswith(b"\r\n"):
        octets += b"\r\n"
    return (b"." if octets.startswith(b".") else b"") + octets.replace(b"\r\n.", b"\r\n..")


def _expect(reply: Reply, code: int) -> None:
    if reply.code != code:
        raise Broken(str(reply))


def _reason(error: BaseException) -> str:
    """What went wrong, without Python's names for it."""
    text = getattr(error, "verify_message", "") or getattr(error, "strerror", "") or str(error)
    return flattened(str(text))
