"""Nodes that work for one desk must be set up alike, and a node knows since when it cannot write."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from spocd.config import Config, DeskSection, RelaySection
from spocd.daemon.membership import Membership, Trouble
from spocd.daemon.settings import shared_by_nodes
from spocd.desk import node
from spocd.desk.documents import moment
from spocd.desk.operation import Desk
from spocd.domain.node import written
from spocd.errors import Misconfigured, TryLater
from spocd.store import Store
from tests.desk.running_desk import RunningDesk


def shared(*, relay: str = "", **desk: Any) -> str:
    """What the row of a node with such a configuration says."""
    section = DeskSection(**{"address": "desk@example.org", **desk})
    return written(shared_by_nodes(Config(Path("/x"), section, relay=RelaySection(url=relay))))


def as_node(desk: RunningDesk, run: str, row: str) -> RunningDesk:
    return RunningDesk(desk.store, replace(desk.settings, run=run, shared=row), desk.now)


async def begin(other: RunningDesk, place: str) -> None:
    async def work(desk: Desk) -> None:
        await node.check_alike(desk, place=place)
        await node.join(desk, host="there", place=place, pid=2)

    await other.write(work)


@pytest.mark.parametrize(
    ("other", "named"),
    [
        pytest.param(
            shared(relay="smtp://r:25"), "relay.url is set here, and not set on the node there:/a", id="relay"
        ),
        pytest.param(shared(delimiter="-"), 'desk.delimiter is "-" here, and "+" on the node there:/a', id="delimiter"),
        pytest.param(
            shared(address="it@example.org"),
            'desk.address is "it@example.org" here, and "desk@example.org" on the node there:/a',
            id="address",
        ),
        pytest.param(shared(domains=("b.example",)), 'desk.domains is ["b.example"] here, and [] on', id="domains"),
        pytest.param(
            shared(addresses={"it@example.org": "it"}),
            'desk.addresses is {"it@example.org": "it"} here',
            id="addresses",
        ),
    ],
)
async def test_a_node_that_is_set_up_otherwise_than_one_that_lives_does_not_begin(
    desk: RunningDesk, other: str, named: str
) -> None:
    await begin(as_node(desk, "a", shared()), "there:/a")
    with pytest.raises(Misconfigured) as refused:
        await begin(as_node(desk, "b", other), "there:/b")
    [fault, remedy] = refused.value.faults
    assert named in fault
    assert "spocd reload" in remedy
    await begin(as_node(desk, "c", shared()), "there:/c")


async def test_a_node_is_not_measured_by_its_own_former_run_nor_by_one_that_is_lost(desk: RunningDesk) -> None:
    await begin(as_node(desk, "a", shared()), "there:/a")
    await begin(as_node(desk, "b", shared(delimiter="-")), "there:/a")
    await desk.write(lambda d: d.tx.all("mark_lost_nodes", run="", now=d.now, seconds=-(2**40)))
    await begin(as_node(desk, "c", shared()), "there:/c")


async def test_the_order_of_domains_and_addresses_makes_no_difference(desk: RunningDesk) -> None:
    one = shared(domains=("a.example", "b.example"), addresses={"x@a.example": "x", "y@a.example": "y"})
    assert one == shared(domains=("b.example", "a.example"), addresses={"y@a.example": "y", "x@a.example": "x"})


async def test_health_warns_while_nodes_differ_and_until_the_beat_after_a_reload(desk: RunningDesk) -> None:
    one, other = as_node(desk, "a", shared()), as_node(desk, "b", shared())
    await begin(one, "there:/a")
    await begin(other, "there:/b")
    assert (await one.ask("desk.health"))["faults"] == []
    other.settings = replace(other.settings, shared=shared(name="IT"))
    assert await other.write(node.beat)
    assert (await one.ask("desk.health"))["faults"] == [
        'the node there:/b must be set up as this one: desk.name is "IT" there and "Service desk" here'
    ]
    one.settings = replace(one.settings, shared=shared(name="IT"))
    assert await one.write(node.beat)
    assert (await one.ask("desk.health"))["faults"] == []


class Failing:
    """A store whose writes fail while `reason` is set."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.reason = ""

    async def write(self, work: Callable[..., Any]) -> Any:
        return await self._store.write(work)

    async def write_beside(self, work: Callable[..., Any]) -> Any:
        if self.reason:
            raise TryLater(self.reason)
        return await self._store.write_beside(work)


async def test_a_node_knows_since_when_it_cannot_write_and_why(desk: RunningDesk) -> None:
    @contextlib.asynccontextmanager
    async def anew() -> AsyncIterator[None]:
        desk.settings = replace(desk.settings, run="anew")
        yield

    store, now = Failing(desk.store), [500.0]

    def at(tx: Any) -> Desk:
        return Desk(tx, desk.now, desk.settings)

    member = Membership(Path("/a"), store, at, anew, lambda: None, clock=lambda: now[0])  # type: ignore[arg-type]
    await member.start()
    await member.beat()
    assert member.trouble is None
    store.reason = "the disk is full"
    for _ in range(2):
        now[0] += 60
        with pytest.raises(TryLater):
            await member.beat()
        assert member.trouble == Trouble(500, "the disk is full")
    store.reason = ""
    await member.beat()
    assert member.trouble is None


async def test_the_oldest_that_waits_is_told(desk: RunningDesk) -> None:
    health = await desk.ask("desk.health")
    assert (health["inbox"]["oldest"], health["outbox"]["oldest"]) == (None, None)
    await desk.accept(desk.written("First"))
    first = desk.now
    desk.now += 3600
    await desk.accept(desk.written("Second", From="bo@client.example"))
    assert (await desk.ask("desk.health"))["inbox"]["oldest"] == moment(first)
