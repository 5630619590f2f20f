"""What an operation is, and the one way to perform it: identify, check, look for the key, run, remember."""

from __future__ import annotations

import hmac
import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from spocd.desk.access import NOT_THERE, Actor, Role, check, check_sees, identify
from spocd.desk.withheld import without_hidden
from spocd.domain.intake import Limits, Rules
from spocd.domain.line import in_one_line
from spocd.domain.token import OwnAddresses, Ring, derive, good_keys, ring
from spocd.errors import Exit, Refused
from spocd.store import Rollback, Store, Transaction

log = logging.getLogger("spocd.desk")
F = TypeVar("F", bound=Callable[..., Awaitable[Any]])


@dataclass(frozen=True, slots=True)
class Settings:
    """What of the node's configuration and of the database's identity the operations decide with."""

    name: str
    address: str
    language: str
    zone: str
    delimiter: str
    addresses: Mapping[str, str]  # the keys of the addresses that answer, each with its service ("" for the desk's own)
    domains: frozenset[str]
    rules: Rules
    limits: Limits
    close_after: int  # days
    reopen_within: int  # days
    untouched: int  # hours after which a ticket that its agent did nothing about is in the queue again; 0: never
    moves_within: int  # seconds in which several hand-overs of a ticket are told its people as one
    master: bytes
    run: str
    shared: str  # what all nodes must have alike, as `domain.node.written` writes it
    template_version: Callable[[str, str], str]  # of a kind of letter in a language
    brief: Callable[[Mapping[str, Any]], str]  # what `domain.handover.brief` tells, as the shell says it

    @property
    def own(self) -> OwnAddresses:
        return self.rules.own

    @property
    def domain(self) -> str:
        return self.address.partition("@")[2]

    @property
    def tag_word(self) -> str:
        return self.address.partition("@")[0]

    def tag(self, ticket: int) -> str:
        return f"[{self.tag_word}#{ticket}]"


@dataclass(frozen=True, slots=True)
class Desk:
    """What an operation works with: its transaction, the time in UTC seconds, the settings."""

    tx: Transaction
    now: int
    settings: Settings

    def clock(self, at: int) -> str:
        """A moment (UTC seconds) as letters and briefs say it, in the desk's zone: 2026-12-01 14:00 CET."""
        return datetime.fromtimestamp(at, ZoneInfo(self.settings.zone)).strftime("%Y-%m-%d %H:%M %Z")

    async def ring(self) -> Ring:
        """The keys as all nodes have them: those that signed within the last 400 days."""
        rows = await self.tx.all("signing_keys")
        good = good_keys([(row["id"], row["created_at"]) for row in rows], self.now)
        return ring(self.settings.master, self.settings.rules.instance, good)


@dataclass(frozen=True, slots=True)
class Operation:
    """A function of the desk under its name. `writes` decides which transaction it gets, and whether keys apply."""

    name: str
    role: Role
    writes: bool
    function: Callable[..., Awaitable[Any]]
    streams: bool = False  # answers again and again, in the daemon alone: see daemon/watching.py

    @property
    def doc(self) -> str:
        return (self.function.__doc__ or "").strip().partition("\n")[0]


def operation(name: str, *, role: Role = Role.AGENT, writes: bool = False, streams: bool = False) -> Callable[[F], F]:
    """Declare an operation: `async def f(desk, actor, *, …)` with what it takes as keyword-only parameters."""

    def declare(function: F) -> F:
        function.__dict__["operation"] = Operation(name, role, writes, function, streams)
        return function

    return declare


def declared(*modules: Any) -> list[Operation]:
    """The operations that stand in these modules."""
    found = [value.operation for module in modules for value in vars(module).values() if hasattr(value, "operation")]
    return sorted({each.name: each for each in found}.values(), key=lambda each: each.name)


async def perform(
    store: Store,
    settings: Settings,
    asked: Operation,
    parameters: dict[str, Any],
    *,
    uid: int,
    clock: Callable[[], float],
) -> dict[str, Any]:
    """Run an operation for whoever has this uid; its document.

    `parameters` are the function's own, with `acting_as`, and for what writes `key` and `dry_run`.
    """
    own = in_one_line(parameters) if asked.writes else dict(parameters)
    acting_as, key, dry_run = own.pop("acting_as", None), own.pop("key", None), own.pop("dry_run", None)

    async def work(tx: Transaction) -> dict[str, Any]:
        desk = Desk(tx, int(clock()), settings)
        actor = await admitted(tx, asked, own, uid=uid, acting_as=acting_as)
        try:
            result = await (_once(desk, actor, asked, own, key) if key else asked.function(desk, actor, **own))
        except Refused as refused:
            raise await _as_seen(tx, actor, refused) from refused
        if dry_run:
            raise Rollback(result)
        return dict(result)

    return await (store.write(work) if asked.writes else store.read(work))


async def _as_seen(tx: Transaction, actor: Actor, refused: Refused) -> Refused:
    """A refusal without the numbers of tickets that the actor does not see, but for the one that they named."""
    if refused.code in NOT_THERE:
        return refused
    return Refused(refused.code, await without_hidden(tx, actor, str(refused)), refused.exit)


async def admitted(
    tx: Transaction, asked: Operation, parameters: Mapping[str, Any], *, uid: int, acting_as: str | None
) -> Actor:
    """Who has this uid; Refused where they may not ask this, or what they name is hidden from them."""
    actor = await identify(tx, uid, acting_as)
    check(actor, asked.role, asked.name)
    await check_sees(tx, actor, parameters)
    return actor


async def _once(desk: Desk, actor: Actor, asked: Operation, parameters: dict[str, Any], key: str) -> dict[str, Any]:
    """The result of the first time that the same actor asked this under this key.

    A key is used once at the desk. What another actor asks under it is no repeat: they would take a colleague's result
    for their own, and nothing of theirs would be done.
    """
    # By the secret, since a plain digest would let a short text that was redacted be guessed from it.
    secret = derive(desk.settings.master, "request keys")
    digest = hmac.digest(secret, json.dumps([actor.login, parameters], sort_keys=True).encode(), "sha256").hex()
    stored = await desk.tx.one("stored_answer", operation=asked.name, key=key)
    if stored is not None:
        if stored["parameters"] != digest:
            raise Refused(
                "key-used",
                f"The key “{key}” was used for another {asked.name}, or by somebody else. Take a new key, or repeat the"
                " same under the same login.",
                Exit.CONFLICT,
            )
        return dict(json.loads(stored["result"]))
    result = await asked.function(desk, actor, **parameters)
    await desk.tx.run(
        "store_answer", operation=asked.name, key=key, parameters=digest, result=json.dumps(result),
        ticket=_ticket_of(result), now=desk.now,
    )  # fmt: skip
    return dict(result)


def _ticket_of(result: Mapping[str, Any]) -> int | None:
    """The ticket whose document is in an answer: what is taken out of the ticket is taken out of that, too."""
    return next((each["number"] for each in (result, *result.get("tickets", ())) if "number" in each), None)
