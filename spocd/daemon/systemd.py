"""systemd's side of a daemon, without a library: readiness (sd_notify(3)) and sockets it opened (sd_listen_fds(3))."""

from __future__ import annotations

import os
import socket

FIRST_DESCRIPTOR = 3


def notify(state: str) -> None:
    """Tell systemd, where it started us: READY=1, STOPPING=1, RELOADING=1, WATCHDOG=1."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address:
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as connection:
        connection.connect(f"\0{address[1:]}" if address.startswith("@") else address)
        connection.sendall(state.encode())


def watchdog_seconds() -> float | None:
    """How often systemd wants to hear that we live, halved so that one late beat kills nobody; None: never."""
    if os.environ.get("WATCHDOG_PID", str(os.getpid())) != str(os.getpid()):
        return None
    microseconds = os.environ.get("WATCHDOG_USEC", "")
    return int(microseconds) / 2_000_000 if microseconds.isdecimal() else None


def sockets() -> dict[str, socket.socket]:
    """The sockets that systemd opened for us, by their FileDescriptorName; none where it did not."""
    if os.environ.get("LISTEN_PID") != str(os.getpid()):
        return {}
    names = os.environ.get("LISTEN_FDNAMES", "").split(":")
    count = int(os.environ.get("LISTEN_FDS", "0"))
    found = {}
    for descriptor, name in zip(range(FIRST_DESCRIPTOR, FIRST_DESCRIPTOR + count), names, strict=False):
        os.set_inheritable(descriptor, False)
        found[name] = socket.socket(fileno=descriptor)
    return found
