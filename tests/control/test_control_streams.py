"""Calls that are answered again and again: how they begin, what ends them, and whoever does not listen."""

from __future__ import annotations

import asyncio
import itertools
from typing import Any

import pytest
import varlink

from spocd.control import client, wire
from spocd.errors import Refused, TryLater
from tests.control.test_control_varlink import through

COUNT = "org.spocd.desk.Count"


def counting(**parameters: Any) -> bytes:
    return wire.encode({"method": COUNT, "parameters": parameters, "more": True})


async def listening(desk: Any, **parameters: Any) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A connection on which the first number was told."""
    reader, writer = await asyncio.open_unix_connection(desk.path)
    writer.write(counting(**parameters))
    assert await frame(reader) == {"parameters": {"number": 1}, "continues": True}
    return reader, writer


async def frame(reader: asyncio.StreamReader) -> dict[str, Any]:
    return wire.decode((await reader.readuntil(b"\0"))[:-1])


async def until(claim: Any) -> None:
    async with asyncio.timeout(10):
        while not claim():
            await asyncio.sleep(0.01)


async def test_who_asks_for_more_is_told_all_in_its_order_and_then_that_there_is_no_more(desk: Any) -> None:
    def listen() -> list[int]:
        numbers = []
        with pytest.raises(TryLater, match="nothing more"):
            numbers += [each["number"] for each in _kept(client.stream(desk.path, "desk.count", {"to": 500}), numbers)]
        return numbers

    assert await asyncio.to_thread(listen) == list(range(1, 501))


def _kept(documents: Any, numbers: list[int]) -> Any:
    """The documents, each noted as it comes: an error at the end must not lose them."""
    for each in documents:
        numbers.append(each["number"])
    return []


async def test_who_does_not_ask_for_more_is_told_to(desk: Any) -> None:
    with pytest.raises(wire.ExpectedMore):
        await desk.ask("desk.count")
    assert desk.told == 0


async def test_a_stream_that_is_refused_leaves_the_connection_to_other_calls(desk: Any) -> None:
    reader, writer = await asyncio.open_unix_connection(desk.path)
    health = wire.encode({"method": "org.spocd.desk.Health"})
    writer.write(counting(to=0) + counting(speed=1) + health)
    assert (await frame(reader))["parameters"]["code"] == "nothing"
    assert (await frame(reader))["error"] == "org.varlink.service.InvalidParameter"
    assert await frame(reader) == {"parameters": {"done": 0}}
    writer.transport.abort()


async def test_others_are_answered_while_somebody_listens(desk: Any) -> None:
    _, writer = await listening(desk)
    assert await desk.ask("desk.health") == {"done": 0}
    writer.transport.abort()


@pytest.mark.parametrize("farewell", [b"", b"\0", counting()], ids=["hanging up", "an empty frame", "a further call"])
async def test_whatever_a_listener_says_further_ends_it(desk: Any, farewell: bytes) -> None:
    reader, writer = await listening(desk)
    if farewell:
        writer.write(farewell)
        assert await reader.read() == b""
    writer.transport.abort()
    await until(lambda: desk.counting == 0)


async def test_nothing_is_kept_for_a_listener_who_takes_nothing(desk: Any) -> None:
    _, writer = await listening(desk)
    writer.transport.pause_reading()
    desk.gate.set()
    told = 0
    while told != desk.told:
        told = desk.told
        await asyncio.sleep(0.3)
    # What the kernel holds, and not a number more.
    assert 10 < told < 50_000
    writer.transport.abort()
    await until(lambda: desk.counting == 0)


async def test_a_desk_that_stops_tells_its_listeners_and_stops_at_once(desk: Any) -> None:
    listeners = [await listening(desk) for _ in range(20)]
    async with asyncio.timeout(2):
        await desk.server.close(grace=10)
    for reader, writer in listeners:
        end = await frame(reader)
        assert (end["error"], "stopping" in end["parameters"]["sentence"]) == ("org.spocd.TryLater", True)
        assert await reader.read() == b""
        writer.transport.abort()
    assert desk.counting == 0


async def test_the_client_says_that_the_desk_has_gone(desk: Any) -> None:
    def listen() -> None:
        numbers = client.stream(desk.path, "desk.count", {})
        assert next(numbers) == {"number": 1}
        asyncio.run_coroutine_threadsafe(desk.server.close(grace=0), loop).result()
        with pytest.raises(TryLater):
            next(numbers)
        with pytest.raises(client.NotRunning):
            next(client.stream(desk.path, "desk.count", {}))

    loop = asyncio.get_running_loop()
    await asyncio.to_thread(listen)


async def test_another_client_listens_too(desk: Any) -> None:
    desk.gate.set()
    told = await through(desk, "org.spocd.desk", lambda d: list(itertools.islice(d.Count(_more=True), 50)))
    assert [each["number"] for each in told] == list(range(1, 51))


async def test_another_client_is_told_that_it_must_ask_for_more(desk: Any) -> None:
    with pytest.raises(varlink.VarlinkError) as raised:
        await through(desk, "org.spocd.desk", lambda d: d.Count())
    assert raised.value.error() == "org.varlink.service.ExpectedMore"


async def test_a_stream_asked_for_oneway_is_not_begun(desk: Any) -> None:
    reader, writer = await asyncio.open_unix_connection(desk.path)
    call = {"method": COUNT, "more": True, "oneway": True}
    writer.write(wire.encode(call) + wire.encode({"method": "org.spocd.desk.Health"}))
    assert await frame(reader) == {"parameters": {"done": 0}}
    assert desk.told == 0
    writer.transport.abort()


async def test_a_refusal_of_a_stream_is_raised_by_the_client(desk: Any) -> None:
    def listen() -> None:
        list(client.stream(desk.path, "desk.count", {"to": 0}))

    with pytest.raises(Refused, match="nothing to count"):
        await asyncio.to_thread(listen)
