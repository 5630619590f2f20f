"""A small desk behind a real control socket, and somebody else on the machine to call it."""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import shutil
import socket
import tempfile
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, NotRequired, TypedDict

import pytest

from spocd.control.client import call
from spocd.control.server import Server, serve
from spocd.errors import Exit, Refused, TryLater

NOBODY = 65534


class Mailbox(TypedDict):
    name: str
    address: str


Message = TypedDict("Message", {"id": str, "from": Mailbox, "to": list[Mailbox], "direction": Literal["in", "out"]})


class Ticket(TypedDict):
    number: int
    subject: str
    state: Literal["new", "open", "closed"]
    assignee: str | None
    waiting: float
    messages: list[Message]
    fields: dict[str, str]
    evidence: dict[str, Any]
    team: NotRequired[str]


class Tickets(TypedDict):
    tickets: list[Ticket]
    cursor: str | None


class Done(TypedDict):
    done: int


@dataclass(slots=True)
class Desk:
    """What the operations work with, and what was asked of it."""

    path: Path
    asked: list[tuple[str, dict[str, Any], int]] = field(default_factory=list)
    done: list[int] = field(default_factory=list)
    begun: asyncio.Event = field(default_factory=asyncio.Event)
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    server: Server | None = None
    told: int = 0  # numbers that were counted, for whoever listened
    counting: int = 0  # those who are being counted for

    async def count(self, operation: Operation, parameters: dict[str, Any], uid: int) -> AsyncGenerator[Counted, None]:
        """Count to a number; without one for ever, and on after the first only when the gate is open."""
        to: int | None = parameters.get("to")
        if to == 0:
            raise Refused("nothing", "There is nothing to count.")
        self.counting += 1
        try:
            for number in itertools.count(1) if to is None else range(1, to + 1):
                self.told = number
                yield {"number": number}
                if to is None:
                    await self.gate.wait()
        finally:
            self.counting -= 1

    async def ask(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Call as the shell does: from another thread, so that this loop can answer."""
        return await asyncio.to_thread(call, self.path, method, parameters)

    async def perform(self, operation: Operation, parameters: dict[str, Any], uid: int) -> Mapping[str, Any]:
        self.asked.append((operation.name, parameters, uid))
        own = {name: value for name, value in parameters.items() if name not in ("acting_as", "key", "dry_run")}
        answer: Mapping[str, Any] = await operation.function(self, uid, **own)
        return answer


async def list_tickets(desk: Desk, actor: int, *, state: str | None = None, limit: int = 30) -> Tickets:
    """List tickets."""
    ann: Mailbox = {"name": "Ann Ångström", "address": "ann@example.org"}
    message: Message = {"id": "7.1", "from": ann, "to": [], "direction": "in"}
    seven: Ticket = {
        "number": 7,
        "subject": "The printer — again",
        "state": "open",
        "assignee": None,
        "waiting": 1.5,
        "messages": [message],
        "fields": {"room": "A1"},
        "evidence": {"rung": 1},
    }
    return {"tickets": [seven][:limit], "cursor": None}


async def assign(desk: Desk, actor: int, *, ticket: int, to: str, reason: str | None = None) -> Done:
    """Give a ticket to an agent; the requester is told who has it now."""
    desk.done.append(ticket)
    return {"done": ticket}


async def take(desk: Desk, actor: int, *, ticket: int) -> Done:
    """Take a ticket, when the gate opens."""
    desk.begun.set()
    await desk.gate.wait()
    desk.done.append(ticket)
    return {"done": ticket}


async def fail(desk: Desk, actor: int, *, how: str) -> Done:
    """Fail in some way."""
    match how:
        case "refused":
            raise Refused("closed", "#7 is closed. Reopen it first.", Exit.CONFLICT)
        case "later":
            raise TryLater("The database is busy.")
        case "no json":
            return {"done": object()}  # type: ignore[typeddict-item]
    raise RuntimeError("secret at /var/lib/spocd")


class Text(TypedDict):
    text: str


async def write_text(desk: Desk, actor: int, *, length: int) -> Text:
    """Answer with a long text."""
    return {"text": "å" * length}


class Counted(TypedDict):
    number: int


async def count(desk: Desk, actor: int, *, to: int | None = None) -> Counted:
    """Count, a number at a time."""
    return {"number": 0}


async def health(desk: Desk, actor: int) -> Done:
    """Tell how the desk is."""
    return {"done": len(desk.done)}


@dataclass(frozen=True, slots=True)
class Operation:
    name: str
    function: Callable[..., Awaitable[Any]]
    writes: bool = False
    streams: bool = False

    @property
    def doc(self) -> str:
        return (self.function.__doc__ or "").partition("\n")[0]


OPERATIONS = (
    Operation("ticket.list", list_tickets),
    Operation("ticket.assign", assign, writes=True),
    Operation("ticket.take", take, writes=True),
    Operation("ticket.fail", fail),
    Operation("message.raw_text", write_text),
    Operation("desk.count", count, streams=True),
    Operation("desk.health", health),
)


@pytest.fixture
def operations() -> tuple[Operation, ...]:
    return OPERATIONS


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that everybody may reach through, unlike pytest's own."""
    made = Path(tempfile.mkdtemp(prefix="spocd-control-"))
    made.chmod(0o711)
    yield made
    shutil.rmtree(made)


@pytest.fixture
async def desk(folder: Path, caplog: pytest.LogCaptureFixture) -> AsyncIterator[Desk]:
    made = Desk(folder / "control")
    made.server = await serve(made.path, OPERATIONS, made.perform, made.count)
    yield made
    await made.server.close(grace=0)
    await asyncio.sleep(0)
    said = [*caplog.get_records("call"), *caplog.get_records("teardown")]
    assert [each.getMessage() for each in said if each.name == "asyncio"] == []


@pytest.fixture
def as_nobody() -> Callable[[Callable[[], Any]], Awaitable[Any]]:
    """Run a function in a child process that is another user of the machine; its result, which JSON can hold."""
    if os.getuid() != 0:
        pytest.skip("only root can become another user")
    return _as_nobody


async def _as_nobody(work: Callable[[], Any]) -> Any:
    ours, theirs = socket.socketpair()
    child = os.fork()
    if child == 0:
        try:
            os.setgroups([])
            os.setgid(NOBODY)
            os.setuid(NOBODY)
            theirs.sendall(json.dumps(work()).encode())
        finally:
            os._exit(0)
    theirs.close()
    with ours:
        while not os.waitpid(child, os.WNOHANG)[0]:
            await asyncio.sleep(0.01)
        return json.loads(ours.recv(1 << 16))
