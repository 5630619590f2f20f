"""A wire between the desk and its relay that keeps what the desk said, so that it can be held against what arrived."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

# A DATA that was refused is followed by the next command.
_LETTER = re.compile(rb"^DATA\r\n(?!RSET\r\n|QUIT\r\n)(.*?\r\n)\.\r\n", re.DOTALL | re.MULTILINE)


@dataclass
class Tap:
    """Passes every connection on to `to`."""

    to: int
    port: int = 0
    said: list[bytearray] = field(default_factory=list)  # a connection each

    def letters(self) -> list[bytes]:
        """The letters as they were written, in the order of their connections."""
        stuffed = [each for said in self.said for each in _LETTER.findall(bytes(said))]
        return [re.sub(rb"(?m)^\.", b"", each) for each in stuffed]

    def serve(self, listener: socket.socket) -> None:
        """Take connections until the listener is shut."""
        with suppress(OSError):
            while True:
                client, _ = listener.accept()
                threading.Thread(target=self._pass_on, args=(client,), daemon=True).start()

    def _pass_on(self, client: socket.socket) -> None:
        said = bytearray()
        self.said.append(said)
        with client, suppress(OSError), socket.create_connection(("127.0.0.1", self.to)) as server:
            back = threading.Thread(target=_copy, args=(server, client, bytearray()), daemon=True)
            back.start()
            _copy(client, server, said)
            back.join()


def _copy(source: socket.socket, target: socket.socket, kept: bytearray) -> None:
    with suppress(OSError):
        while piece := source.recv(1 << 16):
            kept += piece
            target.sendall(piece)
        target.shutdown(socket.SHUT_WR)


@contextmanager
def tapped(to: int) -> Iterator[Tap]:
    """A tap in front of a port of loopback."""
    tap = Tap(to)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        tap.port = listener.getsockname()[1]
        thread = threading.Thread(target=tap.serve, args=(listener,))
        thread.start()
        try:
            yield tap
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()
