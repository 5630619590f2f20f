"""The daemon's end of the control socket: it takes calls, has each performed, and answers in their order.

Everybody on the machine may connect; who it is comes from the kernel, and what they may is decided by who performs
the call. So this end expects the worst: a frame has a length and a time, a uid a number of connections, an answer
a time to be taken. A call that was begun is finished, whether or not its client is still there.

A stream is one call with many answers (varlink.org, "more"): each is a frame that says `continues`, until the client
leaves or says anything else, an error ends it, or the daemon stops, which is told as an error too.
"""

from __future__ import annotations

import asyncio
import logging
import socket
import struct
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeVar

from spocd import __version__
from spocd.control import wire
from spocd.control.introspection import Field, Operation, bound, describe, parameters_of
from spocd.errors import Misconfigured, Refused, TryLater

log = logging.getLogger("spocd.control")

FRAME_TIME = 5.0  # seconds from a frame's first octet to its last
ANSWER_TIME = 30.0  # seconds in which a client must have taken its answer
CONNECTIONS_PER_UID = 64
_BACKLOG = 256
_PAUSE = 1  # seconds without accepting, when the daemon is out of descriptors
_CREDENTIALS = struct.Struct("=iII")  # struct ucred: pid, uid, gid

O = TypeVar("O", bound=Operation)  # noqa: E741 (an operation, in the shape that the caller gave)
Callee = Callable[[O, dict[str, Any], int], Awaitable[Mapping[str, Any]]]
Teller = Callable[[O, dict[str, Any], int], AsyncGenerator[Mapping[str, Any], None]]


@dataclass(frozen=True, slots=True)
class Call:
    """A call as it came: a method's whole name, what it brings, and how it wants to be answered."""

    method: str
    parameters: dict[str, Any]
    oneway: bool
    upgrade: bool
    more: bool


def read_call(frame: bytes) -> Call:
    """The call in a frame (without its NUL); ValueError where it is none."""
    document = wire.decode(frame)
    method, parameters = document.get("method"), document.get("parameters")
    flags = [document.get(name) or False for name in ("oneway", "upgrade", "more")]
    if not isinstance(method, str) or not all(isinstance(each, bool) for each in flags):
        raise ValueError("not a call")
    if not isinstance(parameters, dict | None):
        raise ValueError("parameters that are no object")
    return Call(method, parameters or {}, oneway=flags[0], upgrade=flags[1], more=flags[2])


class Service(Generic[O]):
    """What a desk answers: its operations, and the interface in which Varlink tells of them.

    `callee` performs what is answered once, `teller` what is a stream.
    """

    def __init__(self, operations: Sequence[O], callee: Callee[O], teller: Teller[O] | None = None) -> None:
        self._descriptions = describe(operations)
        self._methods = {wire.method_name(each.name): (each, parameters_of(each)) for each in operations}
        self._callee = callee
        self._teller = teller

    def streams(self, call: Call) -> bool:
        """Whether a call is one for many answers. `more` of what is answered once is answered once."""
        operation, _ = self._methods.get(call.method, (None, None))
        return operation is not None and operation.streams and call.more and not call.oneway and not call.upgrade

    async def answer(self, call: Call, uid: int) -> bytes:
        """The frame that answers a call. Whatever goes wrong in performing it is an answer too."""
        try:
            return wire.encode({"parameters": await self._perform(call, uid)})
        except Exception as error:
            return _failed(call, uid, error)

    async def tell(self, call: Call, uid: int) -> AsyncGenerator[tuple[bytes, bool], None]:
        """The frames of a stream, each with whether another may follow. Only an error is followed by none."""
        try:
            operation, parameters = self._methods[call.method]
            assert self._teller is not None, "this desk has streams and nobody who tells them"
            async with aclosing(self._teller(operation, bound(parameters, call.parameters), uid)) as documents:
                async for document in documents:
                    yield wire.encode({"parameters": document, "continues": True}), True
            raise TryLater("There is nothing more to be told now. Ask again.")
        except Exception as error:
            yield _failed(call, uid, error), False

    async def _perform(self, call: Call, uid: int) -> Mapping[str, Any]:
        interface = call.method.rpartition(".")[0]
        if interface not in self._descriptions:
            raise wire.InterfaceNotFound(interface)
        if call.upgrade:
            raise wire.MethodNotImplemented(call.method)
        match call.method:
            case "org.varlink.service.GetInfo":
                bound({}, call.parameters)
                return self._info()
            case "org.varlink.service.GetInterfaceDescription":
                asked = bound({"interface": Field(str)}, call.parameters)
                return {"description": self._description(asked["interface"])}
        if call.method not in self._methods:
            raise wire.MethodNotFound(call.method)
        operation, parameters = self._methods[call.method]
        if operation.streams:
            raise wire.ExpectedMore
        return await self._callee(operation, bound(parameters, call.parameters), uid)

    def _info(self) -> dict[str, Any]:
        interfaces = sorted(self._descriptions)
        return {"vendor": "spocd", "product": "spocd", "version": __version__, "url": "", "interfaces": interfaces}

    def _description(self, interface: str) -> str:
        if interface not in self._descriptions:
            raise wire.InterfaceNotFound(interface)
        return self._descriptions[interface]


def _failed(call: Call, uid: int, error: Exception) -> bytes:
    """The frame that tells what went wrong; of a fault in spocd only that it is one."""
    if isinstance(error, Refused | TryLater):
        return wire.encode(wire.failure(error))
    log.error("%s failed for uid %d", call.method, uid, exc_info=error)
    sentence = "This is a fault in spocd, not in what you asked. The desk's log says more: tell who runs it."
    return wire.encode(wire.failure(Refused("internal-error", sentence)))


@dataclass(slots=True, eq=False)
class _Connection:
    """One client. `busy` while a call of its is being performed or answered, by `task`."""

    uid: int
    busy: bool = False
    task: asyncio.Task[None] = field(init=False)


class Server:
    """The control socket, listening from the start. Made inside a running loop."""

    def __init__(self, service: Service[Any], listener: socket.socket, path: Path | None) -> None:
        self._service = service
        self._listener = listener
        self._path = path  # None: the socket is systemd's, and stays
        self._connections: set[_Connection] = set()
        self._closing = False
        self._stopping = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        listener.setblocking(False)
        listener.listen(_BACKLOG)
        self._listen()

    async def close(self, grace: float) -> None:
        """Take no further call, let those in hand be finished and answered for `grace` seconds, cancel the rest."""
        if self._closing:
            return
        self._closing = True
        self._stopping.set()
        self._loop.remove_reader(self._listener)
        self._listener.close()
        if self._path is not None:
            _remove(self._path)
        # A task that is cancelled before its first step would never come to hang up.
        await asyncio.sleep(0)
        for each in self._connections:
            if not each.busy:
                each.task.cancel()
        tasks = {each.task for each in self._connections}
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=grace)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    def _listen(self) -> None:
        if not self._closing:
            self._loop.add_reader(self._listener, self._accept)

    def _accept(self) -> None:
        # Not asyncio's own server: one that is closed while it accepts leaves that client hanging (3.11).
        try:
            client, _ = self._listener.accept()
        except (BlockingIOError, InterruptedError, ConnectionAbortedError):
            return
        except OSError as error:
            log.error("Cannot accept a connection: %s. Trying again in %d s.", error.strerror, _PAUSE)
            self._loop.remove_reader(self._listener)
            self._loop.call_later(_PAUSE, self._listen)
            return
        connection = _Connection(_uid(client))
        serving = self._serve if self._admits(connection.uid) else self._turn_away
        self._connections.add(connection)
        connection.task = self._loop.create_task(self._hold(connection, client, serving))
        connection.task.add_done_callback(lambda _: self._connections.discard(connection))

    def _admits(self, uid: int) -> bool:
        """Whether a uid may have one more connection: each costs the daemon a descriptor. Root could stop us anyway."""
        return uid == 0 or sum(each.uid == uid for each in self._connections) < CONNECTIONS_PER_UID

    async def _hold(self, connection: _Connection, client: socket.socket, serving: _Serving) -> None:
        """One connection, from its beginning to its end. That its client leaves cancels nothing."""
        reader, writer = await asyncio.open_unix_connection(sock=client, limit=wire.MOST_FRAME - 1)
        # An answer is then given when the kernel has all of it, and hanging up after it loses nothing.
        writer.transport.set_write_buffer_limits(high=0)
        try:
            await serving(connection, reader, writer)
        except (OSError, EOFError, ValueError) as error:
            log.debug("hung up on uid %d: %s: %s", connection.uid, type(error).__name__, error)
        finally:
            writer.transport.abort()
            with suppress(OSError):
                await writer.wait_closed()

    async def _turn_away(self, _: _Connection, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        sentence = f"You have {CONNECTIONS_PER_UID} connections to the desk. Close some, or try again later."
        await _send(writer, wire.encode(wire.failure(TryLater(sentence))))

    async def _serve(self, connection: _Connection, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while not self._closing:
            try:
                call = read_call(await _next_frame(reader))
            except asyncio.LimitOverrunError:
                await _send(writer, wire.encode(wire.failure(wire.too_large())))
                return
            connection.busy = True
            if self._service.streams(call):
                if await self._stream(call, connection, reader, writer):
                    return
                connection.busy = False
                continue
            answer = await self._service.answer(call, connection.uid)
            if not call.oneway:
                await _send(writer, answer)
            connection.busy = False
            # Nothing above need have waited: who sends thousands of calls at once must not keep the loop.
            await asyncio.sleep(0)

    async def _stream(
        self, call: Call, connection: _Connection, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bool:
        """Answer a call until its client has heard enough; whether it began, for then the connection is at its end."""
        async with aclosing(self._service.tell(call, connection.uid)) as frames:
            frame, continues = await anext(frames)
            await _send(writer, frame)
            if not continues:
                return False
            telling = self._loop.create_task(_tell(frames, writer))
            # Nothing else can be answered on this connection any more: whatever is said on it ends the stream.
            left = self._loop.create_task(reader.read(1))
            stopping = self._loop.create_task(self._stopping.wait())
            tasks: set[asyncio.Task[Any]] = {telling, left, stopping}
            try:
                await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
        if self._stopping.is_set():
            await _send(writer, wire.encode(wire.failure(TryLater("The desk is stopping. Ask again in a moment."))))
        return True


async def _tell(frames: AsyncGenerator[tuple[bytes, bool], None], writer: asyncio.StreamWriter) -> None:
    """Send each frame as it comes. Nothing is kept for who does not listen: the next is made when this one is taken."""
    async for frame, _ in frames:
        await _send(writer, frame)


_Serving = Callable[[_Connection, asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


async def serve(
    at: Path | socket.socket, operations: Sequence[O], callee: Callee[O], teller: Teller[O] | None = None
) -> Server:
    """Listen at a path, whose folder exists, or on a socket that systemd has opened.

    The caller holds the desk's lock, so a socket that stands at the path is a dead daemon's and is replaced.
    """
    service = Service(operations, callee, teller)
    if isinstance(at, socket.socket):
        return Server(service, at, None)
    return Server(service, _bind(at), at)


def _bind(path: Path) -> socket.socket:
    if path.exists() and not path.is_socket():
        raise Misconfigured([f"{path}: something that is no socket stands where the control socket belongs: remove it"])
    _remove(path)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        wire.at(path, listener.bind)
        # Everybody may call; who may do what is decided by the role. Nobody can connect before it listens.
        path.chmod(0o666)
    except OSError:
        listener.close()
        raise
    return listener


def _remove(path: Path) -> None:
    path.unlink(missing_ok=True)


def _uid(client: socket.socket) -> int:
    """Who is at the other end, by the kernel."""
    credentials = client.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    return int(_CREDENTIALS.unpack(credentials)[1])


async def _next_frame(reader: asyncio.StreamReader) -> bytes:
    """The next frame without its NUL. To wait between frames costs nothing; a frame once begun must come whole."""
    first = await reader.readexactly(1)
    if first == b"\0":
        raise ValueError("an empty frame")
    async with asyncio.timeout(FRAME_TIME):
        return first + (await reader.readuntil(b"\0"))[:-1]


async def _send(writer: asyncio.StreamWriter, frame: bytes) -> None:
    writer.write(frame)
    async with asyncio.timeout(ANSWER_TIME):
        await writer.drain()
