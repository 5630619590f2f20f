"""The dialog of SMTP and LMTP: a command line in, a reply out.

RFC 5321, with 1870 (SIZE), 2033 (LMTP), 2034 (enhanced codes), 2920 (pipelining), 3207 (STARTTLS), 6152, 6531.
No reply carries an exception's text.
"""

from __future__ import annotations

import logging
import math
from dataclasses import dataclass, field
from typing import Protocol

from spocd.domain.intake import Envelope
from spocd.gateway import command
from spocd.gateway.data import Arrival, times_received
from spocd.gateway.incoming import MOST_COMMAND, Incoming
from spocd.gateway.reception import NO_ROOM, Reception

log = logging.getLogger("spocd.gateway")

MOST_RECEIVED = 50  # Received lines; more is a mail that goes round in circles
_MOST_UNKNOWN = 20  # verbs that do not exist
_GREETINGS = ("EHLO", "HELO", "LHLO")
_CARRYING = ("MAIL", "RCPT", "DATA", "QUIT")  # all others are counted: they cost us and bring nobody's mail

_OK = "250 2.0.0 OK"
_NO_GREETING = "503 5.5.1 Say EHLO first"
_NO_MAIL = "503 5.5.1 Say MAIL FROM:<ann@example.org> first"
_TOO_LONG = f"500 5.5.2 A command line has at most {MOST_COMMAND} octets"
_NOT_TEXT = "500 5.5.2 A command is one line of UTF-8 without control characters"
_TOO_MUCH = "421 4.7.0 Too many commands that carry no mail; please come again"
_LOOP = "554 5.4.6 The mail has gone round in circles: too many Received lines"


class Connection(Protocol):
    """What the dialog needs of the connection that it is held on."""

    host: str
    encrypted: bool
    incoming: Incoming

    async def push(self, status: str) -> None: ...

    def allow(self, seconds: float) -> None: ...

    def begin_mail(self) -> None: ...

    def progress(self, octets: int) -> None: ...

    async def encrypt(self) -> None: ...


@dataclass(slots=True)
class Transaction:
    """What MAIL has begun."""

    sender: str
    recipients: list[str] = field(default_factory=list)


class Dialog:
    """What has been said on one connection, and the reply to whatever is said next."""

    def __init__(self, connection: Connection, reception: Reception, *, lmtp: bool) -> None:
        self.in_hand = False
        self._connection = connection
        self._reception = reception
        self._house = reception.house
        self._limits = reception.house.limits
        self._lmtp = lmtp
        self._channel = "lmtp" if lmtp else "smtp"
        self._greeted = False
        self._mail: Transaction | None = None
        self._budget = self._limits.commands
        self._unknown = _MOST_UNKNOWN

    @property
    def greeting(self) -> str:
        return f"220 {self._house.name} {'LMTP' if self._lmtp else 'ESMTP'} spocd"

    @property
    def engaged(self) -> bool:
        """Whether a mail has been begun."""
        return self._mail is not None or self.in_hand

    async def reply_to(self, line: bytes | None) -> str:
        """The reply to a command line, None being one that was too long. Empty where all has been said."""
        words = None if line is None else command.words(line)
        if words is None:
            return self._counted(_TOO_LONG if line is None else _NOT_TEXT)
        verb, argument = words
        free = verb in _CARRYING or (verb in _GREETINGS and not self._greeted)
        try:
            reply = await self._obey(verb, argument)
        except (EOFError, OSError):
            raise
        except Exception:
            log.exception("session outcome=failed")
            return "451 4.3.0 That did not work just now; please come again later"
        return reply if free and not reply.startswith("5") else self._counted(reply)

    def _counted(self, reply: str) -> str:
        """The reply to a command that carries no mail, while there may be more of them."""
        self._budget -= 1
        return reply if self._budget >= 0 else _TOO_MUCH

    async def _obey(self, verb: str, argument: str) -> str:
        match verb:
            case "MAIL":
                return self._begin(argument)
            case "RCPT":
                return self._add(argument)
            case "DATA":
                return await self._take(argument)
            case "EHLO" | "HELO" if not self._lmtp:
                return self._greet(argument, extended=verb == "EHLO")
            case "LHLO" if self._lmtp:
                return self._greet(argument, extended=True)
            case "STARTTLS":
                return await self._encrypt(argument)
            case "RSET":
                self._mail = None
                return _OK
            case "NOOP":
                return _OK
            case "VRFY":
                return "252 2.5.0 Send the mail and see"
            case "HELP":
                return "214 2.0.0 MAIL, RCPT, DATA, RSET, NOOP and QUIT are known; so is RFC 5321"
            case "EXPN":
                return "502 5.5.1 Lists are not shown"
            case "QUIT":
                return "221 2.0.0 Goodbye"
            case _:
                self._unknown -= 1
                return "500 5.5.1 There is no such command" if self._unknown >= 0 else _TOO_MUCH

    def _greet(self, name: str, *, extended: bool) -> str:
        if not name:
            return "501 5.5.4 Say who you are, as in EHLO mail.example.org"
        house = self._house
        self._greeted = True
        self._mail = None
        if self._lmtp:
            self._channel = "pipe" if name.lower() == "pipe" else "lmtp"
        if not extended:
            return f"250 {house.name}"
        offers = ["PIPELINING", f"SIZE {house.limits.max_mail}", "8BITMIME", "SMTPUTF8"]
        if self._may_encrypt():
            offers.append("STARTTLS")
        return "\r\n".join([f"250-{house.name}", *(f"250-{each}" for each in offers), "250 ENHANCEDSTATUSCODES"])

    def _may_encrypt(self) -> bool:
        return self._house.tls is not None and not self._lmtp and not self._connection.encrypted

    async def _encrypt(self, argument: str) -> str:
        if argument:
            return "501 5.5.4 STARTTLS stands alone"
        if self._connection.encrypted:
            return "503 5.5.1 The connection is encrypted"
        if not self._may_encrypt():
            return "502 5.5.1 There is no certificate"
        await self._connection.push("220 2.0.0 Go ahead with TLS")
        await self._connection.encrypt()
        self._greeted = False
        self._mail = None
        return ""

    # One mail.

    def _begin(self, argument: str) -> str:
        if self._house.require_tls and not (self._connection.encrypted or self._lmtp):
            return "530 5.7.0 Say STARTTLS first"
        if not self._greeted:
            return _NO_GREETING
        if self._mail is not None:
            return "503 5.5.1 A mail has been begun; finish it or say RSET"
        given = command.path("FROM", argument)
        if given is None:
            return "501 5.5.4 Say MAIL FROM:<ann@example.org>"
        fault = command.sender_fault(given, self._limits.max_mail)
        # What comes by LMTP an MTA has taken already: a sender that pleased it must not cost the mail.
        if fault is None and not self._lmtp:
            fault = command.sender_too_long(given)
        if fault is not None:
            return fault
        self._mail = Transaction(given.text)
        return "250 2.1.0 OK"

    def _add(self, argument: str) -> str:
        if self._mail is None:
            return _NO_MAIL if self._greeted else _NO_GREETING
        given = command.path("TO", argument)
        if given is None or not given.text:
            return "501 5.5.4 Say RCPT TO:<desk@example.org>"
        if len(self._mail.recipients) >= self._limits.recipients:
            return f"452 4.5.3 At most {self._limits.recipients} recipients a mail; send it to the others after this"
        # The pipe runs where a refusal makes the MTA bounce, so what it brings goes to the default desk.
        if self._channel != "pipe":
            fault = command.recipient_fault(given) or self._reception.refusal(given.text)
            if fault is not None:
                return fault
        self._mail.recipients.append(given.text)
        return "250 2.1.5 OK"

    async def _take(self, argument: str) -> str:
        if argument:
            return "501 5.5.4 DATA stands alone"
        if self._mail is None or not self._mail.recipients:
            return "503 5.5.1 Say RCPT TO:<desk@example.org> first" if self._mail else _NO_MAIL
        mail, self._mail, self.in_hand = self._mail, None, True
        arrival = Arrival(self._limits.max_mail, self._house.folder)
        try:
            await self._connection.push("354 Send the mail and end it with a line that holds one dot")
            await self._arrive(arrival)
            self._connection.allow(math.inf)  # what takes time from here on is ours
            reply = await self._keep(mail, arrival)
            # LMTP answers once for every RCPT that was accepted, in their order (RFC 2033 section 4.2).
            return "\r\n".join([reply] * len(mail.recipients)) if self._lmtp else reply
        finally:
            arrival.close()
            self.in_hand = False
            self._connection.allow(self._limits.idle)

    async def _arrive(self, arrival: Arrival) -> None:
        self._connection.begin_mail()
        rest = None
        while rest is None:
            block = await self._connection.incoming.block()
            rest = arrival.feed(block)
            await arrival.settle()
            if rest is None:
                self._connection.progress(len(block))
        self._connection.incoming.give_back(rest)

    async def _keep(self, mail: Transaction, arrival: Arrival) -> str:
        once = tuple(dict.fromkeys(mail.recipients))
        peer = self._connection.host or "local"
        envelope = Envelope(sender=mail.sender, recipients=once, channel=self._channel, peer=peer)
        if arrival.too_large:
            self._reception.note(envelope, arrival.size, "too-large")
            return command.too_large(self._limits.max_mail)
        try:
            raw = await arrival.mail()
        except OSError as error:
            self._reception.note(envelope, arrival.size, "no-room", reason=error.strerror)
            return NO_ROOM
        if times_received(raw) > MOST_RECEIVED:
            raw.close()
            self._reception.note(envelope, arrival.size, "loop")
            return _LOOP
        # Commands are counted between mails: a connection that carries mail may live for ever.
        self._budget, self._unknown = self._limits.commands, _MOST_UNKNOWN
        return await self._reception.store(envelope, raw, arrival.size)
