"""The server, over real sockets: the protocol, who calls, and whoever means it harm."""

from __future__ import annotations

import asyncio
import logging
import os
import resource
import socket
import stat
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from spocd.control import wire
from spocd.control.client import LostAfterSending, NotRunning, call
from spocd.control.server import CONNECTIONS_PER_UID, FRAME_TIME, read_call, serve
from spocd.errors import Misconfigured, Refused

HEALTH = b'{"method":"org.spocd.desk.Health"}\0'


def assign(ticket: int, **more: Any) -> bytes:
    parameters = {"ticket": ticket, "to": "ann"}
    return wire.encode({"method": "org.spocd.ticket.Assign", "parameters": parameters, **more})


async def converse(path: Path, sent: bytes, *, end: bool = True) -> list[dict[str, Any]]:
    """Every answer to what is sent at once, until the other end hangs up (`end`: after we said that this was all)."""
    reader, writer = await asyncio.open_unix_connection(path)
    writer.write(sent)
    if end:
        writer.write_eof()
    try:
        received = await reader.read()
    except ConnectionResetError:
        received = b""
    finally:
        writer.transport.abort()
    return [wire.decode(each) for each in received.split(b"\0")[:-1]]


async def test_calls_sent_together_are_answered_in_their_order(desk: Any) -> None:
    answers = await converse(desk.path, b"".join(assign(n) for n in range(2000)))
    assert answers == [{"parameters": {"done": n}} for n in range(2000)]


async def test_a_client_that_sends_thousands_of_calls_at_once_does_not_keep_the_others_waiting(desk: Any) -> None:
    flood = asyncio.create_task(converse(desk.path, assign(1) * 10_000))
    while not desk.done:
        await asyncio.sleep(0)
    assert await converse(desk.path, HEALTH)
    assert len(desk.done) < 1000
    await flood


async def test_a_call_that_comes_in_pieces_is_answered(desk: Any) -> None:
    reader, writer = await asyncio.open_unix_connection(desk.path)
    for octet in HEALTH:
        writer.write(bytes([octet]))
        await writer.drain()
        await asyncio.sleep(0.001)
    assert await reader.readuntil(b"\0") == b'{"parameters":{"done":0}}\0'
    writer.transport.abort()


async def test_a_oneway_call_is_done_and_never_answered(desk: Any) -> None:
    failing = wire.encode({"method": "org.spocd.ticket.Fail", "parameters": {"how": "refused"}, "oneway": True})
    unknown = wire.encode({"method": "org.spocd.ticket.Fly", "oneway": True})
    answers = await converse(desk.path, assign(1, oneway=True) + failing + unknown + assign(2))
    assert answers == [{"parameters": {"done": 2}}]
    assert desk.done == [1, 2]


async def test_an_upgrade_is_not_granted_and_nothing_is_done(desk: Any) -> None:
    answers = await converse(desk.path, assign(1, upgrade=True) + assign(2))
    method = "org.spocd.ticket.Assign"
    assert answers[0] == {"error": "org.varlink.service.MethodNotImplemented", "parameters": {"method": method}}
    assert answers[1] == {"parameters": {"done": 2}}
    assert desk.done == [2]


async def test_more_is_answered_once_and_says_that_nothing_follows(desk: Any) -> None:
    assert await converse(desk.path, assign(1, more=True)) == [{"parameters": {"done": 1}}]


@pytest.mark.parametrize(
    ("method", "parameters", "error", "told"),
    [
        ("org.spocd.ticket.Fly", {}, "MethodNotFound", {"method": "org.spocd.ticket.Fly"}),
        ("org.spocd.Refused", {}, "MethodNotFound", {"method": "org.spocd.Refused"}),
        ("org.varlink.service.GetAll", {}, "MethodNotFound", {"method": "org.varlink.service.GetAll"}),
        ("org.spocd.kitchen.Cook", {}, "InterfaceNotFound", {"interface": "org.spocd.kitchen"}),
        ("Health", {}, "InterfaceNotFound", {"interface": ""}),
        ("", {}, "InterfaceNotFound", {"interface": ""}),
        ("org.spocd.caf\udce9.Cook", {}, "InterfaceNotFound", {"interface": "org.spocd.caf\udce9"}),
        ("org.spocd.desk.Health", {"colour": "red"}, "InvalidParameter", {"parameter": "colour"}),
        ("org.spocd.desk.Health", {"key": "k"}, "InvalidParameter", {"parameter": "key"}),
        ("org.spocd.ticket.Assign", {"ticket": 7}, "InvalidParameter", {"parameter": "to"}),
        ("org.varlink.service.GetInfo", {"a": 1}, "InvalidParameter", {"parameter": "a"}),
        ("org.varlink.service.GetInterfaceDescription", {}, "InvalidParameter", {"parameter": "interface"}),
        (
            "org.varlink.service.GetInterfaceDescription",
            {"interface": "org.spocd.kitchen"},
            "InterfaceNotFound",
            {"interface": "org.spocd.kitchen"},
        ),
    ],
)
async def test_a_call_that_fits_nothing_is_answered_as_varlink_says(
    desk: Any, method: str, parameters: dict[str, Any], error: str, told: dict[str, Any]
) -> None:
    wrong = wire.encode({"method": method, "parameters": parameters})
    answers = await converse(desk.path, wrong + HEALTH)
    assert answers[0] == {"error": f"org.varlink.service.{error}", "parameters": told}
    assert answers[1] == {"parameters": {"done": 0}}
    assert [name for name, _, _ in desk.asked] == ["desk.health"]


@pytest.mark.parametrize("how", ["broken", "no json"])
async def test_a_fault_is_logged_and_answered_without_its_text(
    desk: Any, how: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR, "spocd.control"), pytest.raises(Refused) as raised:
        await desk.ask("ticket.fail", how=how)
    assert (raised.value.code, raised.value.exit) == ("internal-error", 1)
    assert "log" in raised.value.sentence
    assert "secret" not in raised.value.sentence
    (record,) = caplog.records
    assert record.exc_info
    assert "org.spocd.ticket.Fail" in record.getMessage()
    assert await desk.ask("desk.health")


async def test_the_callee_gets_what_was_bound_and_who_calls(desk: Any) -> None:
    await desk.ask("ticket.assign", ticket=7, to="ann", reason=None, acting_as="bo", key="k1")
    bound = {"ticket": 7, "to": "ann", "acting_as": "bo", "key": "k1"}
    assert desk.asked == [("ticket.assign", bound, os.getuid())]


async def test_another_user_is_known_by_the_kernel_sec_56(desk: Any, as_nobody: Any) -> None:
    assert stat.S_IMODE(desk.path.stat().st_mode) == 0o666
    assert await as_nobody(lambda: call(desk.path, "desk.health", {"acting_as": "root"})) == {"done": 0}
    assert desk.asked == [("desk.health", {"acting_as": "root"}, 65534)]


async def test_another_user_has_a_number_of_connections_sec_57(desk: Any, as_nobody: Any) -> None:
    def crowd() -> list[str]:
        held = [socket.socket(socket.AF_UNIX) for _ in range(CONNECTIONS_PER_UID + 1)]
        for each in held:
            each.settimeout(5)
            each.connect(str(desk.path))
        last = held[-1].recv(1000)
        held[0].sendall(HEALTH)
        return [last.decode(), held[0].recv(1000).decode()]

    last, first = await as_nobody(crowd)
    assert "org.spocd.TryLater" in last
    assert first == '{"parameters":{"done":0}}\0'
    assert await desk.ask("desk.health")


async def test_a_client_that_goes_away_cancels_nothing(desk: Any) -> None:
    _, writer = await asyncio.open_unix_connection(desk.path)
    writer.write(wire.encode({"method": "org.spocd.ticket.Take", "parameters": {"ticket": 7}}))
    await desk.begun.wait()
    writer.transport.abort()
    await asyncio.sleep(0.05)
    desk.gate.set()
    while not desk.done:
        await asyncio.sleep(0.01)
    assert await desk.ask("desk.health") == {"done": 1}


async def test_close_lets_a_call_in_hand_be_answered_and_takes_no_other(desk: Any) -> None:
    take = asyncio.create_task(desk.ask("ticket.take", ticket=7))
    await desk.begun.wait()
    idle_reader, idle_writer = await asyncio.open_unix_connection(desk.path)
    closing = asyncio.create_task(desk.server.close(grace=5))
    assert await idle_reader.read() == b""
    assert not desk.path.exists()
    with pytest.raises(NotRunning):
        await desk.ask("desk.health")
    desk.gate.set()
    assert await take == {"done": 7}
    await asyncio.wait_for(closing, timeout=1)
    idle_writer.transport.abort()


async def test_close_gives_slow_clients_the_whole_of_their_answers(desk: Any) -> None:
    """Some of these lengths end in the kernel's buffer, some in the daemon's."""
    lengths = range(50_000, 250_000, 10_000)
    streams = []
    for length in lengths:
        reader, writer = await asyncio.open_unix_connection(desk.path, limit=1 << 20)
        writer.transport.pause_reading()
        writer.write(wire.encode({"method": "org.spocd.message.RawText", "parameters": {"length": length}}))
        streams.append((reader, writer))
    while len(desk.asked) < len(lengths):
        await asyncio.sleep(0.01)
    await asyncio.sleep(0.05)
    closing = asyncio.create_task(desk.server.close(grace=5))
    await asyncio.sleep(0.05)
    for length, (reader, writer) in zip(lengths, streams, strict=True):
        writer.transport.resume_reading()
        answer = wire.decode((await reader.readuntil(b"\0"))[:-1])
        assert len(answer["parameters"]["text"]) == length
        writer.transport.abort()
    await closing


async def test_close_does_not_wait_longer_than_its_grace(desk: Any) -> None:
    take = asyncio.create_task(desk.ask("ticket.take", ticket=7))
    await desk.begun.wait()
    await asyncio.wait_for(desk.server.close(grace=0.05), timeout=1)
    with pytest.raises(LostAfterSending):
        await take
    assert desk.done == []


@pytest.mark.parametrize("turns", range(8))
async def test_close_hangs_up_on_a_client_that_has_only_just_come(desk: Any, turns: int) -> None:
    """Whatever point of being accepted the client has come to, after so many turns of the loop."""
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(1)
        client.connect(str(desk.path))
        for _ in range(turns):
            await asyncio.sleep(0)
        await desk.server.close(grace=1)
        with suppress(ConnectionResetError):  # it was not accepted yet
            assert await asyncio.to_thread(client.recv, 100) == b""


async def test_a_dead_daemons_socket_is_replaced(folder: Path, operations: Any, desk: Any) -> None:
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(folder / "old"))
    server = await serve(folder / "old", operations, desk.perform)
    assert await converse(folder / "old", HEALTH) == [{"parameters": {"done": 0}}]
    await server.close(grace=0)


async def test_what_is_no_socket_is_never_replaced(tmp_path: Path, operations: Any, desk: Any) -> None:
    (tmp_path / "control").write_text("somebody's notes")
    with pytest.raises(Misconfigured, match="remove it"):
        await serve(tmp_path / "control", operations, desk.perform)
    assert (tmp_path / "control").read_text() == "somebody's notes"


async def test_a_socket_that_systemd_opened_is_served_and_stays(tmp_path: Path, operations: Any, desk: Any) -> None:
    path = tmp_path / "control"
    with socket.socket(socket.AF_UNIX) as opened:
        opened.bind(str(path))
        opened.listen()
        server = await serve(opened.dup(), operations, desk.perform)
        assert await converse(path, HEALTH) == [{"parameters": {"done": 0}}]
        await server.close(grace=0)
        assert path.is_socket()


GARBAGE = {
    "nothing before the NUL": b"\0",
    "another protocol": b"EHLO client.example\r\n\0",
    "random octets": bytes(range(255, 0, -1)) + b"\0",
    "a list": b"[1, 2]\0",
    "no method": b"{}\0",
    "a method that is a number": b'{"method": 7}\0',
    "parameters that are a list": b'{"method": "org.spocd.desk.Health", "parameters": [1]}\0',
    "a flag that is text": b'{"method": "org.spocd.desk.Health", "oneway": "no"}\0',
    "nested without end": b'{"method": ' + b"[" * 200_000 + b"\0",
    "a number without end": b'{"method": ' + b"1" * 200_000 + b"}\0",
    "NaN": b'{"method": "org.spocd.desk.Health", "parameters": {"a": NaN}}\0',
}


@pytest.mark.parametrize("garbage", GARBAGE.values(), ids=GARBAGE)
async def test_garbage_closes_its_connection_and_no_other_sec_57(desk: Any, garbage: bytes) -> None:
    assert await converse(desk.path, garbage + HEALTH, end=False) == []
    assert await converse(desk.path, HEALTH) == [{"parameters": {"done": 0}}]
    assert len(desk.asked) == 1


async def test_unknown_words_beside_a_call_are_overlooked() -> None:
    read = read_call(b'{"method":"a.B","parameters":null,"oneway":null,"com.example":{"trace":1}}')
    assert (read.method, read.parameters, read.oneway, read.upgrade) == ("a.B", {}, False, False)


async def test_100_000_garbage_frames_do_no_harm_sec_57(desk: Any) -> None:
    before = len(os.listdir("/proc/self/fd"))
    kinds = [each for each in GARBAGE.values() if len(each) < 1000]
    for n in range(1000):
        await converse(desk.path, kinds[n % len(kinds)] * 100, end=False)
    assert await converse(desk.path, HEALTH) == [{"parameters": {"done": 0}}]
    assert len(os.listdir("/proc/self/fd")) <= before + 1


async def test_a_gigabyte_is_cut_off_after_the_first_mebibyte_sec_57(desk: Any) -> None:
    def pour() -> tuple[int, bytes]:
        poured, block = 0, b"x" * (1 << 20)
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(10)
            client.connect(str(desk.path))
            try:
                while poured < 1 << 30:
                    poured += client.send(block)
            except OSError:
                pass
            return poured, client.recv(1 << 16)

    poured, answer = await asyncio.to_thread(pour)
    assert poured < 8 << 20
    told = wire.decode(answer[:-1])
    assert (told["error"], told["parameters"]["code"]) == ("org.spocd.Refused", "too-large")
    assert await desk.ask("desk.health")


@pytest.mark.parametrize(("length", "taken"), [(wire.MOST_FRAME, True), (wire.MOST_FRAME + 1, False)])
async def test_a_frame_has_exactly_one_mebibyte(desk: Any, length: int, taken: bool) -> None:
    frame = HEALTH[:-2] + b" " * (length - len(HEALTH) + 1) + b"}\0"
    assert len(frame) == length + 1
    (answer,) = await converse(desk.path, frame)
    assert ("error" not in answer) is taken


async def test_half_a_frame_is_waited_for_5_seconds_and_an_idle_client_for_ever_sec_57(desk: Any) -> None:
    async def until_cut_off(drip: bool) -> float:
        reader, writer = await asyncio.open_unix_connection(desk.path)
        begun = time.monotonic()
        writer.write(HEALTH + b'{"method":')
        await reader.readuntil(b"\0")
        end = asyncio.create_task(reader.read())
        while not (await asyncio.wait({end}, timeout=0.2))[0]:
            if drip:
                writer.write(b" ")
        assert end.result() == b""
        writer.transport.abort()
        return time.monotonic() - begun

    reader, writer = await asyncio.open_unix_connection(desk.path)
    for seconds in await asyncio.gather(until_cut_off(False), until_cut_off(True)):
        assert FRAME_TIME - 0.1 < seconds < FRAME_TIME + 5
    writer.write(HEALTH)
    assert await reader.readuntil(b"\0") == b'{"parameters":{"done":0}}\0'
    writer.transport.abort()


async def test_a_desk_out_of_descriptors_says_so_once_a_second_and_serves_again(
    desk: Any, caplog: pytest.LogCaptureFixture
) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with socket.socket(socket.AF_UNIX) as client, open(os.devnull) as highest:
        client.setblocking(False)
        resource.setrlimit(resource.RLIMIT_NOFILE, (highest.fileno() + 1, hard))
        try:
            client.connect(str(desk.path))
            client.send(HEALTH)
            await asyncio.sleep(0.5)
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        assert [each.getMessage() for each in caplog.records] == [
            "Cannot accept a connection: Too many open files. Trying again in 1 s."
        ]
        answer = await asyncio.wait_for(asyncio.get_running_loop().sock_recv(client, 100), timeout=5)
        assert answer == b'{"parameters":{"done":0}}\0'


async def test_a_client_that_takes_no_answer_keeps_nobody_else_waiting(desk: Any) -> None:
    _, writer = await asyncio.open_unix_connection(desk.path)
    writer.transport.pause_reading()
    long = wire.encode({"method": "org.spocd.message.RawText", "parameters": {"length": 2_000_000}})
    writer.write(long * 20)
    await writer.drain()
    begun = time.monotonic()
    assert await desk.ask("desk.health")
    assert time.monotonic() - begun < 2
    assert len([name for name, _, _ in desk.asked if name == "message.raw_text"]) == 1
    writer.transport.abort()
