"""Letters leave the desk: over SMTP to the relay, or into a Maildir until one is set."""

from __future__ import annotations

import asyncio
import logging
import re
import ssl
import stat
from collections.abc import Awaitable, Callable
from ipaddress import ip_address
from pathlib import Path
from typing import Final
from urllib.parse import SplitResult, urlsplit

from spocd.config import Config, RelaySection
from spocd.domain.address import parse
from spocd.domain.delivery import Deferred, Outcome, Rejected
from spocd.errors import Misconfigured, Refused
from spocd.gateway.dialogue import Dialogue, Limits, Mail, Peer, open_dialogue
from spocd.gateway.maildir import Maildir
from spocd.gateway.wire import Broken

MOST_LETTERS: Final = 100  # over one connection; some relays take offence at more
_PORTS: Final = {"smtp": 25, "smtps": 465}
_LOCAL_PART = re.compile(r"[^\s<>]+@")

log = logging.getLogger("spocd.gateway")


def transport(config: Config) -> Relay | Maildir:
    """Where this node's letters go. Misconfigured where the relay's settings cannot be used."""
    if not config.relay.url:
        return Maildir(config.file(config.relay.sent))
    return Relay(config.relay, config.folder)


class Relay:
    """The relay of `section`, with up to `connections` sessions that are kept open between letters."""

    def __init__(
        self,
        section: RelaySection,
        folder: Path,
        *,
        limits: Limits | None = None,
        context: ssl.SSLContext | None = None,
    ) -> None:
        """`context` checks the relay's certificate; without one, the authorities that the system trusts do."""
        self._peer = peer(section, folder, context)
        self._limits = limits or Limits()
        self._places = asyncio.Semaphore(section.connections)
        self._idle: dict[Dialogue, asyncio.TimerHandle] = {}
        self._leaving: set[asyncio.Task[None]] = set()
        self._closed = False

    async def send(
        self,
        letter_bytes: bytes,
        *,
        name: str,
        sender: str,
        recipient: str,
        before_dot: Callable[[], Awaitable[None]],
    ) -> Outcome:
        """Hand one letter to the relay; `name` stands for it in the log.

        `before_dot` is awaited when all but the final dot has left. When it raises, the letter has not gone, the
        connection is dropped and the exception passed on.
        """
        try:
            mail = Mail(str(parse(sender)) if sender else "", str(parse(recipient)), letter_bytes)
        except Refused as refused:
            return Rejected(f"5.1.3 {refused.sentence}")
        async with self._places:
            outcome = await self._carry(mail, before_dot)
        what = type(outcome).__name__.lower()
        # A relay likes to repeat addresses; ours hold tokens, and a log is no place for a person's.
        reply = _LOCAL_PART.sub("…@", outcome.reply)
        log.info("%s letter=%s relay=%s reply=%r", what, name, self._peer, reply)
        return outcome

    async def close(self) -> None:
        """Say goodbye to the relay, in bounded time. No letter may be on its way."""
        self._closed = True
        for dialogue in list(self._idle):
            self._retire(dialogue)
        await asyncio.gather(*self._leaving)

    async def _carry(self, mail: Mail, before_dot: Callable[[], Awaitable[None]]) -> Outcome:
        try:
            dialogue = await self._ready()
        except Broken as broken:
            return Deferred(broken.reply)
        outcome = await dialogue.carry(mail, before_dot)
        self._park(dialogue)
        return outcome

    async def _ready(self) -> Dialogue:
        """An open session that waits for MAIL: the one used last if it still answers, else a new one."""
        while self._idle:
            dialogue, timer = self._idle.popitem()
            timer.cancel()
            if dialogue.is_open and await self._answers(dialogue):
                return dialogue
            dialogue.drop()
        return await open_dialogue(self._peer, self._limits)

    async def _answers(self, dialogue: Dialogue) -> bool:
        try:
            return await dialogue.reset()
        except BaseException:
            dialogue.drop()
            raise

    def _park(self, dialogue: Dialogue) -> None:
        if not dialogue.is_open:
            return
        loop = asyncio.get_running_loop()
        self._idle[dialogue] = loop.call_later(self._limits.idle, self._retire, dialogue)
        if self._closed or dialogue.letters >= MOST_LETTERS:
            self._retire(dialogue)

    def _retire(self, dialogue: Dialogue) -> None:
        self._idle.pop(dialogue).cancel()
        task = asyncio.get_running_loop().create_task(dialogue.leave())
        self._leaving.add(task)
        task.add_done_callback(self._leaving.discard)


def peer(section: RelaySection, folder: Path, context: ssl.SSLContext | None) -> Peer:
    """The relay as its section describes it; Misconfigured with every fault."""
    url, faults = _split(section.url)
    host = url.hostname or ""
    near = is_loopback(host)
    if section.tls not in ("verify", "never"):
        faults.append(f"relay.tls: {section.tls!a} is neither verify nor never.")
    if section.tls == "never" and url.scheme == "smtps":
        faults.append("relay.tls: smtps:// is TLS, so it cannot be never. Write smtp:// or verify.")
    if section.user and section.tls == "never" and not near:
        faults.append("relay.user: a password is not sent in clear text over the network. Set relay.tls to verify.")
    if section.connections < 1:
        faults.append("relay.connections: there must be at least 1.")
    password = _password(section, folder, faults)
    if faults:
        raise Misconfigured(faults)
    at_once = url.scheme == "smtps"
    # To this machine itself TLS protects nothing, but a relay may offer AUTH only inside it.
    wanted = section.tls == "verify" and (not near or at_once or bool(section.user))
    return Peer(
        host=host,
        port=url.port or _PORTS[url.scheme],
        tls=(_unchecked() if near else context or ssl.create_default_context()) if wanted else None,
        at_once=at_once,
        must=wanted and not near,
        user=section.user,
        password=password,
    )


def is_loopback(host: str) -> bool:
    """Whether a host as written is this machine; a name that merely resolves to it is not believed."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def _split(text: str) -> tuple[SplitResult, list[str]]:
    example = "Write smtp://HOST:PORT or smtps://HOST:PORT."
    try:
        url = urlsplit(text)
        (url.hostname or "").encode("idna")  # what the resolver will do; it raises for a name that cannot be looked up
        usable = url.scheme in _PORTS and bool(url.hostname) and url.port != 0 and url.path in ("", "/")
    except ValueError:
        return SplitResult("smtp", "", "", "", ""), [f"relay.url: {text!a} is no address of a relay. {example}"]
    if url.username or url.password:
        return url, ["relay.url: a name or password does not belong here. Set relay.user and relay.password_file."]
    return url, [] if usable else [f"relay.url: {text!a} is no address of a relay. {example}"]


def _password(section: RelaySection, folder: Path, faults: list[str]) -> str:
    """The password's file, read; one that others may read is a fault, and so is one without its user."""
    if not section.user:
        return ""
    if not section.password_file:
        faults.append("relay.password_file: relay.user needs one, with mode 0600.")
        return ""
    path = folder / section.password_file
    try:
        if stat.S_IMODE(path.stat().st_mode) & 0o077:
            faults.append(f"relay.password_file: others can read {path}. Run chmod 600 {path}.")
        return path.read_text(encoding="utf-8").strip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        faults.append(f"relay.password_file: cannot read {path}: {error}.")
        return ""


def _unchecked() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
