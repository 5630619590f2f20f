"""One running node: the composition root. Everything is made here, wired by hand, and ended here."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import secrets
import shutil
import signal
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from spocd.config import Config, check_folder, load
from spocd.control import server as control
from spocd.daemon import crash, memory, systemd
from spocd.daemon.acceptor import DeskAcceptor
from spocd.daemon.burst import Burst
from spocd.daemon.ending import Ending
from spocd.daemon.indexing import Indexing
from spocd.daemon.intake import Intake
from spocd.daemon.jobs import each_alone
from spocd.daemon.membership import HEARTBEAT, Membership
from spocd.daemon.operations import HEALTH, RELOAD, all_operations
from spocd.daemon.sealing import EVERY, Sealing
from spocd.daemon.sending import Sending
from spocd.daemon.settings import read_identity, settings_of
from spocd.daemon.stderr import StandardError
from spocd.daemon.timers import Timer, Timers
from spocd.daemon.watching import Watching
from spocd.desk import blob
from spocd.desk.clock import JOBS
from spocd.desk.documents import moment
from spocd.desk.node import mend_times
from spocd.desk.operation import Desk, Operation, Settings, perform
from spocd.domain.token import fingerprint
from spocd.errors import Exit, Misconfigured, Refused, TryLater
from spocd.gateway.reading.pool import Pool
from spocd.gateway.sending import transport
from spocd.gateway.server import Listeners, listen
from spocd.gateway.writing import Writer
from spocd.store import Store, Transaction, open_store
from spocd.store.lock import owned

log = logging.getLogger("spocd.daemon")

LOOK_AT_THE_CLOCK = 20.0  # seconds between two looks for what is due to wake or to close
HOUSEKEEPING = 3600.0
WHILE_A_COMMAND_WORKS = 3.0  # seconds that the folder is waited for: who works there without a daemon is soon through
GRACE = 7.0  # seconds to finish what is in hand; the whole stop takes less than 10
# Fewer than the store has readers, so that people's searches never hold up the loops.
READS_AT_ONCE = 2
ROOM_FOR_MAILS = 2  # of the largest size: with less room on the disk, health warns
ANSWERS_KEPT = 400 * 86400  # seconds that the result of a keyed operation is remembered
PIECES_KEPT = 86400  # seconds that the pieces of an unfinished file are kept
NO_ROOM_FOR = 600  # seconds that health tells of a mail which found no room, where none has come since
# What a reload cannot change: it is opened at the start.
_FIXED = ("store", "listen", "limits", "secret")


class Node:
    """A node that serves. `clock` gives UTC seconds; `store` is open and holds a desk; `pool` has not been started."""

    def __init__(
        self,
        config: Config,
        store: Store,
        settings: Settings,
        writer: Writer,
        clock: Callable[[], float],
        pool: Pool,
    ) -> None:
        self.config = self._started_with = config
        self.settings = settings
        self._store = store
        self._writer = writer
        self._clock = clock
        self._pool = pool
        self._sending = Sending(store, writer, transport(config), self._current, clock, partial(store.tell, "letters"))
        more_mails = partial(store.tell, "mails")
        self._intake = Intake(store, self._pool, self._current, clock, self._decided, more_mails, Burst())
        self._indexing = Indexing(store, self._current, clock)
        self._acceptor = DeskAcceptor(store, self._current, clock, self._intake.arrived)
        self._membership = Membership(config.folder, store, self._desk, self._anew, self._wake, clock=clock)
        self._sealing = Sealing(store, self._current, clock)
        self._timers = Timers(self._all_timers())
        self._control: control.Server | None = None
        self._asking = asyncio.Semaphore(READS_AT_ONCE)
        self._watching = Watching(store, self._current, clock, self._asking)
        self.listeners: Listeners | None = None

    def _current(self) -> Settings:
        return self.settings

    async def start(self, stack: AsyncExitStack, sockets: Mapping[str, socket.socket], ending: Ending) -> None:
        """Open everything; `stack` ends it, in the time that `ending` gives."""
        await self._membership.start()
        stack.push_async_callback(ending.step, self._sealing.finish)
        stack.push_async_callback(ending.step, self._membership.leave)
        stack.push_async_callback(self._pool.close)
        await self._pool.start()
        stack.push_async_callback(ending.step, self._finish)
        self._store.listen(self._hear)
        self._sending.loop.start()
        self._intake.loop.start()
        self._indexing.loop.start()
        self._timers.start()
        at = sockets.get("control") or self.config.file(self.config.listen.control)
        self._control = await control.serve(at, all_operations(), self._answer, self._watching.tell)
        self.listeners = await listen(self.config, self._acceptor, sockets=sockets)

    async def _finish(self) -> None:
        """Stop everything at once, so that each may take nearly all the time to finish what is in hand."""
        ending: list[Awaitable[None]] = [self._timers.stop(), self._intake.loop.stop(GRACE), self._sending.stop(GRACE)]
        ending.append(self._indexing.loop.stop(GRACE))
        if self._control is not None:
            ending.append(self._control.close(GRACE))
        if self.listeners is not None:
            ending.append(self.listeners.close(GRACE))
        for trouble in await asyncio.gather(*ending, return_exceptions=True):
            if trouble is not None:
                log.error("something did not stop as it should", exc_info=trouble)

    @contextlib.asynccontextmanager
    async def _anew(self) -> AsyncIterator[None]:
        """A run under a new name begins, with nothing in hand: nothing of the former can settle what is taken now."""
        async with self._intake.loop.dropped(), self._sending.loop.dropped():
            self.settings = replace(self.settings, run=new_run())
            yield

    def _decided(self) -> None:
        self._sending.loop.wake()
        self._indexing.loop.wake()
        self._watching.wake()

    def _wake(self) -> None:
        self._decided()
        self._intake.loop.wake()

    def _hear(self, word: str) -> None:
        """Another node has more to do than it has room for; "" where what it said may have been missed."""
        if word != "letters":
            self._intake.loop.offered()
        if word != "mails":
            self._sending.loop.offered()

    def _all_timers(self) -> list[Timer]:
        timers = [
            Timer("heartbeat", HEARTBEAT, self._membership.beat),
            Timer("clock", LOOK_AT_THE_CLOCK, self._look_at_the_clock),
            Timer("sealing", EVERY, self._sealing.seal),
            Timer("housekeeping", HOUSEKEEPING, self._keep_house),
        ]
        if seconds := systemd.watchdog_seconds():
            timers.append(Timer("watchdog", seconds, _alive))
        return timers

    async def _look_at_the_clock(self) -> None:
        await each_alone(self._write, (*JOBS, mend_times))
        self._decided()  # a reminder goes when its time comes, not when the sending loop next wakes by itself

    async def _write(self, work: Callable[[Desk], Awaitable[Any]]) -> Any:
        return await self._store.write(lambda tx: work(self._desk(tx)))

    def _desk(self, tx: Transaction) -> Desk:
        return Desk(tx, int(self._clock()), self.settings)

    async def _answer(self, asked: Operation, parameters: dict[str, Any], uid: int) -> dict[str, Any]:
        async with contextlib.nullcontext() if asked.writes else self._asking:
            answer = await perform(self._store, self.settings, asked, parameters, uid=uid, clock=self._clock)
        if asked is RELOAD:
            reloaded = self._reload_for_somebody()
            with contextlib.suppress(TryLater):
                await self._membership.beat()  # it tells the others how this node is set up now
            return reloaded
        if asked is HEALTH:
            return self._with_own_faults(answer)
        if asked.writes:
            self._wake()
        return answer

    def _with_own_faults(self, health: dict[str, Any]) -> dict[str, Any]:
        """The desk's health with what only this node can see: whether it can write, and the room on its disk."""
        folder, trouble = self.config.folder, self._membership.trouble
        full = no_room(folder, free=shutil.disk_usage(folder).free, max_mail=self.config.limits.max_mail)
        stuck = f"nothing can be written since {moment(trouble.since)}: {trouble.reason}" if trouble else ""
        # Where PostgreSQL's disk is full a beat may still find its place, and a mail does not.
        late = self._acceptor.trouble
        is_news = late is not None and self._clock() - late.since < NO_ROOM_FOR
        refused = f"a mail was put off at {moment(late.since)}: {late.reason}" if late and is_news else ""
        faults = [*(each for each in (full, stuck, refused) if each), *health["faults"]]
        return health | {"status": "warning" if faults else "ok", "faults": faults}

    async def _keep_house(self) -> None:
        await self._write(_drop_old)
        await self._store.sweep()

    def _reload_for_somebody(self) -> dict[str, Any]:
        try:
            return {"config": str(self.config.path), "restart_needed": self.reload()}
        except Misconfigured as wrong:
            sentence = f"The configuration stays as it was:\n{wrong}"
            raise Refused("misconfigured", sentence, Exit.CONFIGURATION) from wrong

    def reload(self) -> list[str]:
        """Read spocd.toml again; which sections take effect at the next start. Misconfigured changes nothing."""
        config = load(self.config.path)
        identity = {
            "instance": self.settings.rules.instance,
            "secret_fingerprint": fingerprint(self.settings.master),
        }
        settings = settings_of(config, identity, self.settings.run, self._writer.template_version)
        sending = transport(config)
        if self.listeners is not None:
            self.listeners.renew_certificate(config)
        later = [each for each in _FIXED if getattr(config, each) != getattr(self._started_with, each)]
        self.config, self.settings = config, settings
        self._sending.change_transport(sending)
        log.info("reloaded %s", config.path)
        return later


def no_room(folder: Path, *, free: int, max_mail: int) -> str:
    """Why `free` octets of disk are too few for a desk that takes mails of `max_mail` octets, or ""."""
    if free >= ROOM_FOR_MAILS * max_mail:
        return ""
    return f"{folder}: only {free // 2**20} MiB of disk are free; mail will soon be put off"


async def _drop_old(desk: Desk) -> None:
    await desk.tx.run("drop_old_answers", before=desk.now - ANSWERS_KEPT)
    await blob.drop_unfinished(desk.tx, desk.now - PIECES_KEPT)


async def _alive() -> None:
    systemd.notify("WATCHDOG=1")


def new_run() -> str:
    """The id of a run: what its leases carry."""
    return secrets.token_hex(8)


def serve(path: Path) -> int:
    """Run a node in the foreground until SIGTERM or SIGINT; its exit code."""
    _log_to_stderr()
    memory.give_back_large_blocks()
    config = load(path)
    check_folder(config)
    crash.arm(os.environ.get(crash.VARIABLE, ""))
    with owned(config.folder, wait=WHILE_A_COMMAND_WORKS):
        try:
            asyncio.run(_serve(config, Ending(os._exit)))
        except SystemExit:
            # A library's idea of an end, out of some task. Its code may be 0, and systemd would leave it at that.
            log.exception("the daemon was ended from within; that is a fault in spocd")
            return Exit.REFUSED
    return Exit.DONE


async def _serve(config: Config, ending: Ending) -> None:
    async with AsyncExitStack() as stack:
        store = await open_store(config)
        stack.push_async_callback(ending.step, store.close)
        writer = Writer()
        settings = settings_of(config, await read_identity(store), new_run(), writer.template_version)
        node = Node(config, store, settings, writer, time.time, Pool())
        stopping = asyncio.Event()
        _listen_to_signals(node, stopping)
        await node.start(stack, systemd.sockets(), ending)
        _say_ready(node)
        try:
            await stopping.wait()
        finally:
            ending.begin()  # also where something within ends the event loop
        systemd.notify("STOPPING=1")
        log.info("stopping: finishing what is in hand")


def _listen_to_signals(node: Node, stopping: asyncio.Event) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    loop.add_signal_handler(signal.SIGHUP, _reload_or_say_why, node)


def _reload_or_say_why(node: Node) -> None:
    try:
        for each in node.reload():
            log.warning("the change of [%s] takes effect at the next start", each)
    except Misconfigured as wrong:
        log.error("the configuration stays as it was:\n%s", wrong)


def _say_ready(node: Node) -> None:
    assert node.listeners is not None
    addresses = node.listeners.addresses
    for where in addresses["smtp"]:
        log.info("listening smtp=%s", where)
    for where in addresses["lmtp"]:
        log.info("listening lmtp=%s", where)
    log.info("ready address=%s control=%s", node.settings.address, node.config.file(node.config.listen.control))
    systemd.notify("READY=1")


def _log_to_stderr() -> None:
    logging.basicConfig(handlers=[StandardError()], level=logging.INFO, format="%(levelname)s %(name)s %(message)s")
    logging.getLogger("aiosqlite").setLevel(logging.WARNING)
    # Its pool tells of every database that is away, with a traceback; the store says so in a line.
    logging.getLogger("asyncpg").setLevel(logging.ERROR)
    # One mail, one line: the library's own would be a line a command.
    logging.getLogger("mail.log").setLevel(logging.WARNING)
