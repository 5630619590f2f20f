"""The client's end of the control socket, blocking: one call and one answer, or the many answers of a stream.

`NotRunning` means that nothing was sent, and something else may be tried. After `LostAfterSending` the desk may have
done what was asked: a write may be repeated under the same key, and never by another way.
"""

from __future__ import annotations

import _socket
import os
import time

from spocd.control import wire
from spocd.errors import Exit, Refused, SpocdError, TryLater

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

_BETWEEN_TRIES = 0.02  # seconds, while the daemon's backlog is full
_BLOCK = 1 << 16


class NotRunning(SpocdError):
    """No daemon listens there, and nothing was sent."""


class LostAfterSending(TryLater):
    """The connection was lost, or no answer came in time, after the call was sent: it may have been done."""


def call(
    path: str | os.PathLike[str], method: str, parameters: dict[str, Any], *, timeout: float = 30.0
) -> dict[str, Any]:
    """The document that an operation ("ticket.assign") answers with, within `timeout` seconds.

    Raises Refused and TryLater as the operation did, NotRunning, or LostAfterSending.
    """
    frame = wire.encode({"method": wire.method_name(method), "parameters": parameters})
    if len(frame) > wire.MOST_FRAME + 1:
        raise wire.too_large()
    deadline = time.monotonic() + timeout
    # The module socket brings selectors and enums, a twentieth of what a command costs.
    connection = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
    try:
        _connect(connection, path, deadline)
        answer = _exchange(connection, frame, deadline)
    finally:
        connection.close()
    try:
        return wire.result(wire.decode(answer))
    except ValueError as error:
        raise LostAfterSending(f"The answer on {os.fspath(path)} is not a desk's ({error}).") from None


def stream(
    path: str | os.PathLike[str], method: str, parameters: dict[str, Any], *, timeout: float = 30.0
) -> Iterator[dict[str, Any]]:
    """The documents of an operation that answers again and again, each as it comes; the first within `timeout` seconds.

    Ends by an error alone: the operation's own, NotRunning, or LostAfterSending where the desk has gone.
    """
    frame = wire.encode({"method": wire.method_name(method), "parameters": parameters, "more": True})
    deadline = time.monotonic() + timeout
    connection = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
    try:
        _connect(connection, path, deadline)
        try:
            connection.settimeout(_left(deadline))
            connection.sendall(frame)
            for answer in _frames(connection):
                yield wire.result(answer)
                if not answer.get("continues"):
                    return
                connection.settimeout(None)
        except ValueError as error:
            raise LostAfterSending(f"An answer on {os.fspath(path)} is not a desk's ({error}).") from None
        except TimeoutError:
            raise LostAfterSending("The desk gave no answer in time.") from None
        except OSError:
            raise LostAfterSending("The desk has gone.") from None
    finally:
        connection.close()


def _frames(connection: _socket.socket) -> Iterator[dict[str, Any]]:
    """The frames that come, each as soon as it is whole; ConnectionResetError at the end."""
    received = bytearray()
    while block := connection.recv(_BLOCK):
        received += block
        while (end := received.find(b"\0")) >= 0:
            yield wire.decode(bytes(received[:end]))
            del received[: end + 1]
    raise ConnectionResetError


def _connect(connection: _socket.socket, path: str | os.PathLike[str], deadline: float) -> None:
    while True:
        try:
            connection.settimeout(_left(deadline))
            return wire.at(path, connection.connect)
        except (FileNotFoundError, NotADirectoryError, ConnectionRefusedError):
            raise NotRunning(f"No desk is running at {os.fspath(path)}.") from None
        except PermissionError:
            sentence = f"You may not reach {os.fspath(path)}: its folders must be open to you (mode 0711)."
            raise Refused("not-permitted", sentence, Exit.NOT_PERMITTED) from None
        except (BlockingIOError, TimeoutError):
            # A unix socket whose backlog is full says EAGAIN at once instead of waiting; nothing has been sent.
            if time.monotonic() + _BETWEEN_TRIES > deadline:
                raise TryLater("The desk takes no further connection now. Try again later.") from None
            time.sleep(_BETWEEN_TRIES)


def _exchange(connection: _socket.socket, frame: bytes, deadline: float) -> bytes:
    """Send a frame and give back the frame that answers it, without its NUL."""
    try:
        try:  # noqa: SIM105 (contextlib is slower to import than all of this is to run)
            connection.sendall(frame)
        except (BrokenPipeError, ConnectionResetError):
            pass  # It hung up on us; what it said before that is still there to be read.
        return _receive(connection, deadline)
    except TimeoutError:
        raise LostAfterSending("The desk gave no answer in time. It may have done what was asked.") from None
    except OSError:
        raise LostAfterSending("The desk hung up before it answered. It may have done what was asked.") from None


def _receive(connection: _socket.socket, deadline: float) -> bytes:
    received = bytearray()
    while True:
        connection.settimeout(_left(deadline))
        block = connection.recv(_BLOCK)
        if not block:
            raise ConnectionResetError
        received += block
        if block.endswith(b"\0"):
            return bytes(received[:-1])


def _left(deadline: float) -> float:
    """The seconds to the deadline; TimeoutError when it has passed."""
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left
