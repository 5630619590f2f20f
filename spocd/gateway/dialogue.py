"""One SMTP session with the relay, in steps, so that what is known when it breaks off is known exactly."""

from __future__ import annotations

import asyncio
import binascii
import re
import socket
import ssl
import sys
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from spocd.domain.delivery import Deferred, Outcome, Rejected, Sent, Unknown
from spocd.gateway.wire import Broken, Reply, Wire, flattened

_BLOCK: Final = 1 << 16  # octets of a letter that must leave within one time limit

_BREAKS = re.compile(rb"\r\n|[\r\n]")
_HOST = re.compile(r"[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
# Said about our session or our rights, not about a recipient: a mended configuration will let the letter through.
_ABOUT_US: Final = frozenset({503, 521, 530, 534, 535, 538})
# The same in so many words, and where MAIL is refused for our sender or our rights (RFC 3463 sections 3.2 and 3.8).
_NO_RELAYING: Final = re.compile(
    r"(?:5\.7\.\d|(?!\d\.\d)).*\brelay(?:ing)?\b.{0,20}\b(?:denied|prohibited|not (?:allowed|permitted))", re.I
)
_OUR_SENDER: Final = re.compile(r"5\.(?:7\.\d|1\.[78]\b)")


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
        _expect(await self._wire.reply(within=self._limits.greeting), 220)
        await self._hello()
        if peer.tls is not None and not peer.at_once and (peer.must or "starttls" in self._extensions):
            await self._start_tls(peer, peer.tls)
        if peer.user:
            await self._log_in(peer)

    async def _hello(self) -> None:
        reply = await self._wire.ask(b"EHLO " + self._own_name(), within=self._limits.command)
        if reply.code in (500, 502, 504):
            _expect(await self._wire.ask(b"HELO " + self._own_name(), within=self._limits.command), 250)
            self._extensions = {}
            return
        _expect(reply, 250)
        # Some old relays write AUTH=LOGIN.
        words = [line.lower().replace("auth=", "auth ").partition(" ") for line in reply.text.split("\n")[1:]]
        self._extensions = {keyword: parameters for keyword, _, parameters in words}

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
        try:
            reply = await self._wire.ask(b"STARTTLS", within=self._limits.command)
            if reply.code != 220:
                raise Broken(f"it refused STARTTLS: {reply}")
            await self._wire.start_tls(context, peer.host, within=self._limits.command)
        except Broken as broken:
            raise Broken(f"4.7.5 TLS with the relay failed: {broken.reply}") from broken
        except OSError as error:
            raise Broken(f"4.7.5 TLS with the relay failed: {_reason(error)}") from error
        self._wire.hold_nothing_back()
        await self._hello()

    async def _log_in(self, peer: Peer) -> None:
        methods = self._extensions.get("auth", "").split()
        if "plain" in methods:
            command = b"AUTH PLAIN " + _base64(f"\0{peer.user}\0{peer.password}")
            reply = await self._wire.ask(command, within=self._limits.command)
        elif "login" in methods:
            reply = await self._wire.ask(b"AUTH LOGIN " + _base64(peer.user), within=self._limits.command)
            if reply.code == 334:
                reply = await self._wire.ask(_base64(peer.password), within=self._limits.command)
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
            sys.audit("spocd.data_sent")
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
        steps = (
            (b"MAIL FROM:<" + mail.sender.encode() + b">" + options, self._limits.command),
            (b"RCPT TO:<" + mail.recipient.encode() + b">", self._limits.command),
            (b"DATA", self._limits.data),
        )
        if "pipelining" in self._extensions:
            return await self._all_at_once(steps)
        for command, within in steps:
            reply = await self._wire.ask(command, within=within)
            if not _agrees(command, reply):
                return self._refusal(reply, final=_final(command, reply))
        return None

    async def _all_at_once(self, steps: Sequence[tuple[bytes, float]]) -> Outcome | None:
        """Say MAIL, RCPT and DATA in one breath (RFC 2920); the first that is refused decides."""
        self._wire.say(*(command for command, _ in steps))
        refusal: Outcome | None = None
        agreed = False
        try:
            for command, within in steps:
                reply = await self._wire.reply(within=within)
                agreed = _agrees(command, reply)
                if refusal is None and not agreed:
                    refusal = self._refusal(reply, final=_final(command, reply))
        except Broken:
            self.drop()
            if refusal is None:
                raise
        if refusal is not None and agreed:
            # It waits for the letter all the same; to end it here with a dot would send an empty one.
            self.drop()
        return refusal

    async def _body(self, content: bytes) -> None:
        octets = stuffed(content)
        for start in range(0, len(octets), _BLOCK):
            await self._wire.put(octets[start : start + _BLOCK], within=self._limits.block)

    async def _dot(self) -> Outcome:
        """From here on only a reply that can be understood is an answer; everything else leaves it unknown.

        The first whole one counts, whatever follows: a relay that says 250 and 421 in one breath has the letter.
        """
        try:
            self._wire.say(b".")
            reply = await self._wire.reply(within=self._limits.dot, last=True)
            sys.audit("spocd.reply_read")
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
        return self._refusal(reply, final=True)

    def _refusal(self, reply: Reply, *, final: bool) -> Outcome:
        """What a reply that is no yes means; `final` is whether a 5xx was about this letter or its recipient."""
        if reply.code // 100 in (2, 3) or reply.code == 421 or reply.code in _ABOUT_US:
            # Either the relay is out of step or it has had enough; the next letter starts afresh.
            self.drop()
            return Deferred(str(reply))
        return Rejected(str(reply)) if final and reply.code >= 500 else Deferred(str(reply))


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
    sys.audit("spocd.connected")
    return dialogue


def stuffed(content: bytes) -> bytes:
    """The letter as DATA wants it, without the final dot: CRLF after every line, a dot doubled at a line's start.

    A bare CR or LF becomes a line end too: some relays would take it for one, and what follows for a command.
    """
    octets = _BREAKS.sub(b"\r\n", content)
    if not octets.endswith(b"\r\n"):
        octets += b"\r\n"
    return (b"." if octets.startswith(b".") else b"") + octets.replace(b"\r\n.", b"\r\n..")


def _base64(text: str) -> bytes:
    return binascii.b2a_base64(text.encode(), newline=False)


def _agrees(command: bytes, reply: Reply) -> bool:
    return reply.code == 354 if command == b"DATA" else reply.code // 100 == 2


def _final(command: bytes, reply: Reply) -> bool:
    """Whether a 5xx to this command is about the letter or its recipient, so that no later try would do better."""
    if command.startswith(b"MAIL") and _OUR_SENDER.match(reply.text):
        return False
    return not _NO_RELAYING.match(reply.text)


def _expect(reply: Reply, code: int) -> None:
    if reply.code != code:
        raise Broken(str(reply))


def _reason(error: BaseException) -> str:
    """What went wrong, without Python's names for it."""
    text = getattr(error, "verify_message", "") or getattr(error, "strerror", "") or str(error)
    return flattened(str(text))
