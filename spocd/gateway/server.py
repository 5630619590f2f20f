"""The listeners: SMTP on TCP, LMTP on a unix socket, on sockets of our own or on those that systemd has opened."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import os
import socket
import ssl
import stat
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from spocd.config import Config
from spocd.errors import Misconfigured
from spocd.gateway.reception import Acceptor, House, Reception
from spocd.gateway.session import Session

__all__ = ["Acceptor", "Listeners", "listen"]

_BACKLOG = 1024
_IN_THE_MAKING = 4  # turns of the event loop from an accepted connection to its session
_LMTP_MODE = 0o660  # the MTA's group delivers, nobody else


class Listeners:
    """What the gateway listens on, with the sessions that have come of it.

    `addresses` says it for people and tests: under "smtp" HOST:PORT with the port really taken, under "lmtp" a path.
    """

    def __init__(self, reception: Reception) -> None:
        self.addresses: dict[str, tuple[str, ...]] = {"smtp": (), "lmtp": ()}
        self._reception = reception
        self._servers: list[asyncio.Server] = []
        self._own_path: Path | None = None

    async def open_smtp(self, given: socket.socket) -> None:
        """Serve SMTP on a bound socket."""
        # What is accepted takes this over. Without it the second reply to pipelined commands waits 40 ms for the
        # client to acknowledge the first; asyncio sees to it only for sockets that it made itself.
        given.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        session = functools.partial(Session, self._reception, lmtp=False)
        self._servers.append(await asyncio.get_running_loop().create_server(session, sock=given, backlog=_BACKLOG))
        self.addresses["smtp"] += (_shown(given),)

    async def open_lmtp(self, given: socket.socket, path: Path, *, own: bool) -> None:
        """Serve LMTP on a bound unix socket; the file of one of our own is removed in the end."""
        session = functools.partial(Session, self._reception, lmtp=True)
        # From 3.13 on asyncio would remove the file by itself, systemd's too.
        more: dict[str, Any] = {"cleanup_socket": False} if sys.version_info >= (3, 13) else {}
        loop = asyncio.get_running_loop()
        self._servers.append(await loop.create_unix_server(session, sock=given, backlog=_BACKLOG, **more))
        self.addresses["lmtp"] += (str(path),)
        self._own_path = path if own else None

    def renew_certificate(self, config: Config) -> None:
        """Read the certificate again: what comes from now on gets the new one. Misconfigured keeps the old one."""
        if self._reception.house.tls is not None and config.listen.certificate:
            _load_certificate(self._reception.house.tls, config)

    async def close(self, grace: float) -> None:
        """Stop listening and end all sessions, those that are sending a mail after up to `grace` seconds."""
        # A server that is closed between accepting a connection and making its session forgets to close it.
        for server in self._servers:
            for each in server.sockets:
                asyncio.get_running_loop().remove_reader(each.fileno())
        for _ in range(_IN_THE_MAKING):
            await asyncio.sleep(0)
        for server in self._servers:
            server.close()
        if self._own_path is not None:
            self._own_path.unlink(missing_ok=True)
        await self._reception.close(grace)
        await asyncio.gather(*(server.wait_closed() for server in self._servers))


async def listen(
    config: Config, acceptor: Acceptor, *, sockets: Mapping[str, socket.socket] | None = None
) -> Listeners:
    """Open what the configuration says and serve it; a socket given under "smtp" or "lmtp" stands for ours.

    Misconfigured where something cannot be listened on; nothing stays open then. The caller holds the desk's lock,
    so a socket file that lies about is nobody's.
    """
    given = sockets or {}
    listeners = Listeners(Reception(acceptor, _house(config)))
    try:
        for bound in [given["smtp"]] if "smtp" in given else _smtp_sockets(config):
            await listeners.open_smtp(bound)
        path = config.file(config.listen.lmtp)
        own = "lmtp" not in given
        await listeners.open_lmtp(_lmtp_socket(config, path) if own else given["lmtp"], path, own=own)
    except BaseException:
        await listeners.close(0)
        raise
    return listeners


def _house(config: Config) -> House:
    domain = config.desk.address.rpartition("@")[2]
    return House(
        # Postfix takes a server that greets it with its own name for itself, so this must be no MTA's name.
        name=f"desk.spocd.{domain}",
        limits=config.limits,
        delimiter=config.desk.delimiter,
        tls=_certificate(config),
        require_tls=config.listen.require_tls,
        folder=config.folder,
    )


def _certificate(config: Config) -> ssl.SSLContext | None:
    if not config.listen.certificate:
        if config.listen.require_tls:
            raise _fault(config, "require_tls", "needs a certificate; set certificate and certificate_key, or unset it")
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    _load_certificate(context, config)
    return context


def _load_certificate(context: ssl.SSLContext, config: Config) -> None:
    key = config.listen.certificate_key
    try:
        context.load_cert_chain(config.file(config.listen.certificate), config.file(key) if key else None)
    except (OSError, ssl.SSLError) as error:
        what = error.strerror or "not a PEM certificate with its key"
        raise _fault(config, "certificate", f"cannot be used: {what}") from error


def _smtp_sockets(config: Config) -> Iterator[socket.socket]:
    """Open the addresses of [listen] smtp, one after the other, so that the caller owns each before the next."""
    for where in config.listen.smtp:
        for family, address in _places(config, where):
            bound = socket.socket(family, socket.SOCK_STREAM)
            try:
                bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                if family == socket.AF_INET6:
                    bound.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
                bound.bind(address)
                bound.listen(_BACKLOG)
            except OSError as error:
                bound.close()
                raise _fault(config, "smtp", f"cannot listen on {where}: {error.strerror or error}") from error
            yield bound


def _places(config: Config, where: str) -> list[tuple[int, tuple[str | int | bytes, ...]]]:
    host, colon, port = where.rpartition(":")
    try:
        if not colon:
            raise ValueError(where)
        found = socket.getaddrinfo(host.strip("[]") or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, ValueError) as error:
        raise _fault(config, "smtp", f"“{where}” is no HOST:PORT of this machine") from error
    return [(family, address) for family, _kind, _protocol, _name, address in found]


def _lmtp_socket(config: Config, path: Path) -> socket.socket:
    bound = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        with contextlib.suppress(FileNotFoundError):
            if not stat.S_ISSOCK(path.lstat().st_mode):
                raise _fault(config, "lmtp", f"{path} exists and is no socket; move it away or choose another path")
            path.unlink()
        folder = os.open(path.parent, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            # A socket's address holds 108 octets; through the open folder any path fits.
            near = f"/proc/self/fd/{folder}/{path.name}"
            bound.bind(near)
            # Nobody can connect before listen, so there is no moment with a wrong mode.
            os.chmod(near, _LMTP_MODE)
            bound.listen(_BACKLOG)
        finally:
            os.close(folder)
    except OSError as error:
        bound.close()
        raise _fault(config, "lmtp", f"cannot listen on {path}: {error.strerror or error}") from error
    except BaseException:
        bound.close()
        raise
    return bound


def _shown(bound: socket.socket) -> str:
    if bound.family == socket.AF_UNIX:
        return str(bound.getsockname())
    host, port = bound.getsockname()[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _fault(config: Config, key: str, what: str) -> Misconfigured:
    return Misconfigured([f"{config.path}: [listen] {key}: {what}"])
