"""One connection of the gateway, from its greeting to its end. aiosmtpd carries it; the dialog is ours."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
import sys

from aiosmtpd.smtp import SMTP

from spocd.gateway import trace
from spocd.gateway.incoming import Incoming
from spocd.gateway.receiving import Dialog
from spocd.gateway.reception import CLOSING, STORED, Reception

log = logging.getLogger("spocd.gateway")

_FLUSH = 5.0  # seconds in which a client must take our last words
_BUFFER = 1 << 16
_BREATH = 64  # commands after which a client that has sent many at once lets the others speak

_SLOWEST = 500  # octets a second that a mail must come at
_BEHIND = 0.1  # of the time that a mail has in all: how far it may fall behind that
_PATIENCE = 1 / 6  # of the time that a client may be idle: who has begun a mail keeps its place so long

_IDLE = "421 4.4.2 Nothing heard for too long, or too little; please come again"


class Session(SMTP, asyncio.BufferedProtocol):
    """A connection: who it is from, how long it may be silent, how it ends.

    aiosmtpd's own constructor inspects all members of two objects for every connection, and its command loop answers
    in its own words; of it we use the connection's life: made, lost, timed, written to.
    """

    def __init__(self, reception: Reception, *, lmtp: bool) -> None:
        self.loop = asyncio.get_running_loop()
        reader = asyncio.StreamReader(limit=_BUFFER, loop=self.loop)
        asyncio.StreamReaderProtocol.__init__(self, reader, self._cb_client_connected, self.loop)
        # What the inherited methods expect.
        self.enable_SMTPUTF8 = True
        self.transport = None
        self._original_transport = None
        self._timeout_handle = None
        self._handler_coroutine = None

        self.host = ""
        self.heard = self.loop.time()
        self.encrypted = False
        self.lost: asyncio.Future[None] = self.loop.create_future()
        self.incoming = Incoming(reader)
        self._reception = reception
        self._dialog = Dialog(self, reception, lmtp=lmtp)
        self._leaving = False
        self._deadline = math.inf
        self._begun = 0.0
        self._octets = 0

    # The connection's life.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        peer = transport.get_extra_info("peername")
        self.host = peer[0] if isinstance(peer, tuple) else ""
        super().connection_made(transport)
        self._reception.sessions.add(self)

    def get_buffer(self, sizehint: int) -> memoryview:
        """Where the next octets go: one place for all sessions, since they are taken from it at once.

        Without it asyncio makes room for 256 KiB and gives it back, for each command.
        """
        return self._reception.arriving

    def buffer_updated(self, nbytes: int) -> None:
        # Not what the reader was in the beginning: after STARTTLS it is another.
        self._reader.feed_data(self._reception.arriving[:nbytes])

    def eof_received(self) -> bool:
        """Let the client hear our answers even if it has closed its own side. TLS cannot close one side alone."""
        self._reader.feed_eof()
        return not self.encrypted

    def connection_lost(self, error: Exception | None) -> None:
        # A broken handshake and a lost connection can both report the end.
        if self.lost.done():
            return
        self._reception.admission.leave(self)
        self._reception.sessions.discard(self)
        super().connection_lost(error)
        self.lost.set_result(None)

    async def ended(self) -> None:
        """Return once the connection is closed and nothing of this session runs any more."""
        await asyncio.wait([self.lost])
        if self._handler_coroutine is not None:
            await asyncio.gather(self._handler_coroutine, return_exceptions=True)

    @property
    def engaged(self) -> bool:
        """Whether a mail has been begun, and goes on."""
        patience = _PATIENCE * self._reception.house.limits.idle
        return self._dialog.engaged and self.loop.time() - self.heard < patience

    @property
    def in_hand(self) -> bool:
        """Whether a mail is on its way in or being stored."""
        return self._dialog.in_hand

    def dismiss(self, reply: str) -> None:
        """Say a last word and close, whatever the session is doing."""
        if self._leaving or self.lost.done():
            return
        self._writer.write(reply.encode() + b"\r\n")
        self._leave()

    def abort(self) -> None:
        """Close at once, said or unsaid."""
        if not self.lost.done():
            self._writer.transport.abort()

    def _leave(self) -> None:
        if self._leaving or self.lost.done():
            return
        self._leaving = True
        self._reception.admission.leave(self)
        self._writer.close()
        # Who does not read our last word would otherwise keep the connection for ever.
        self._arm(_FLUSH)

    def _reset_timeout(self, duration: float | None = None) -> None:
        """Move the deadline; the timer looks at it when it fires, so that a command costs no new timer."""
        seconds = duration or self._reception.house.limits.idle
        self._deadline = self.loop.time() + seconds
        if self._timeout_handle is None or self._deadline < self._timeout_handle.when():
            self._arm(seconds)

    def _arm(self, seconds: float) -> None:
        if self._timeout_handle is not None:
            self._timeout_handle.cancel()
        self._timeout_handle = self.loop.call_later(seconds, self._timeout_cb)

    def _timeout_cb(self) -> None:
        if self._leaving:
            self.abort()
            return
        left = self._deadline - self.loop.time()
        if left > 0:
            self._arm(min(left, self._reception.house.limits.idle))
        else:
            self.dismiss(_IDLE)

    # What is said.

    async def _handle_client(self) -> None:
        try:
            refusal = CLOSING if self._reception.closing else self._reception.admission.refusal(self)
            if refusal is not None:
                log.info("%s", trace.line("turned-away", peer=self.host or "local", reply=refusal))
                self.dismiss(refusal)
                return
            await self.push(self._dialog.greeting)
            await self._converse()
        except (EOFError, OSError) as gone:  # the client's end of it, a broken TLS handshake included
            log.debug("connection lost: %r", gone)
        finally:
            self._leave()

    async def _converse(self) -> None:
        served = 0
        while not self._leaving:
            line = await self.incoming.line()
            if self._leaving:
                return
            self._reset_timeout()
            reply = await self._dialog.reply_to(line)
            if reply.startswith(("2", "3")):
                self.heard = self.loop.time()  # what gets a client nowhere earns it no place
            await self._say(reply)
            served += 1
            if served % _BREATH == 0:
                await asyncio.sleep(0)

    async def _say(self, reply: str) -> None:
        if reply.startswith(STORED):
            sys.audit("spocd.before_250")
            await self.push(reply)
            sys.audit("spocd.after_250")
        elif reply:
            await self.push(reply)
        if reply.startswith(("221", "421")):
            self._leave()
        elif self._reception.closing:
            self.dismiss(CLOSING)

    def allow(self, seconds: float) -> None:
        """Give the client this long for what comes next; for ever, where it waits for us."""
        self.heard = self.loop.time() if seconds < math.inf else math.inf
        self._reset_timeout(seconds)

    def begin_mail(self) -> None:
        """A mail comes from here on."""
        self._begun, self._octets = self.loop.time(), 0
        # No new timer: the one that runs looks at the deadline in time, and nearly every mail comes at once.
        self._deadline = self._begun + _BEHIND * self._reception.house.limits.transfer

    def progress(self, octets: int) -> None:
        """So much more of the mail has come. Who sends too little for too long is left, however steadily it comes."""
        self._octets += octets
        now, most = self.loop.time(), self._reception.house.limits.transfer
        self.heard = min(now, self._begun + self._octets / _SLOWEST)
        left = min(self._begun + most, self.heard + _BEHIND * most) - now
        self._reset_timeout(max(left, 0.001))

    async def encrypt(self) -> None:
        """Go over to TLS. Whatever was said in clear is forgotten, unread octets included (RFC 3207 section 4.2)."""
        context = self._reception.house.tls
        assert context is not None
        # Made now and not afterwards: the first encrypted octets may come together with the end of the handshake.
        self._reader = asyncio.StreamReader(limit=_BUFFER, loop=self.loop)
        self.incoming = Incoming(self._reader)
        try:
            await self._writer.start_tls(context, ssl_handshake_timeout=self._reception.house.limits.idle)
        except BaseException as error:
            # asyncio tells nobody of a connection that is lost during the handshake.
            with contextlib.suppress(OSError):
                self.abort()
            self.connection_lost(error if isinstance(error, Exception) else None)
            raise
        self.encrypted = True
        self._reader.set_transport(self._writer.transport)
