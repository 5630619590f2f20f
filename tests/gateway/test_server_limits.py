"""How much one client may take: connections, time, octets; and that the others notice nothing of it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import resource
import socket
import statistics
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from spocd.config import LimitsSection
from spocd.gateway.reception import Admission
from tests.gateway.listening import MAIL, Client, Desk, client, config, serving


@dataclass(eq=False)
class Guest:
    """A visitor that remembers what it was told."""

    host: str = "127.0.0.1"
    heard: float = 0
    engaged: bool = False
    told: list[str] = field(default_factory=list)

    def dismiss(self, reply: str) -> None:
        self.told.append(reply)


# Who may come in.


def test_when_all_places_are_taken_the_longest_idle_makes_room() -> None:
    admission = Admission(LimitsSection(connections=3))
    busy, idle, longest = Guest(heard=1, engaged=True), Guest(heard=3), Guest(heard=2)
    newcomer = Guest(heard=4)
    assert [admission.refusal(each) for each in (busy, idle, longest, newcomer)] == [None] * 4
    assert [bool(each.told) for each in (busy, idle, longest, newcomer)] == [False, False, True, False]
    assert longest.told[0].startswith("421 4.3.2 ")


def test_when_everybody_is_sending_a_mail_the_newcomer_is_turned_away() -> None:
    admission = Admission(LimitsSection(connections=2))
    inside = [Guest(engaged=True), Guest(engaged=True)]
    assert [admission.refusal(each) for each in inside] == [None, None]
    turned_away = admission.refusal(Guest())
    assert turned_away is not None
    assert turned_away.startswith("421 4.3.2 ")
    admission.leave(inside[0])
    assert admission.refusal(Guest()) is None


@pytest.mark.parametrize(
    ("host", "is_limited"),
    [
        ("192.0.2.7", True),
        ("2001:db8::7", True),
        ("fe80::7%eth0", True),
        ("::ffff:192.0.2.7", True),
        ("127.0.0.1", False),
        ("127.8.9.10", False),
        ("::1", False),
        ("::ffff:127.0.0.1", False),
        pytest.param("", False, id="a unix socket"),
    ],
)
def test_sec_07_one_address_has_a_few_places_unless_it_is_this_machine(host: str, is_limited: bool) -> None:
    admission = Admission(LimitsSection(connections_per_peer=2))
    assert [admission.refusal(Guest(host)) for _ in range(2)] == [None, None]
    third = admission.refusal(Guest(host))
    assert (third is not None and third.startswith("421 4.7.0 ")) == is_limited
    assert admission.refusal(Guest("198.51.100.1")) is None


async def test_places_are_given_back(tmp_path: Path) -> None:
    async with serving(config(tmp_path, connections=1), Desk()) as listeners:
        for _ in range(5):
            async with client(listeners) as one:
                await one.begin()
                assert (await one.send())[:3] == "250"
                assert (await one.say("QUIT"))[:3] == "221"
        async with client(listeners) as sending:
            await sending.begin()
            host, _, port = listeners.addresses["smtp"][0].rpartition(":")
            reader, writer = await asyncio.open_connection(host, int(port))
            turned_away = Client(reader, writer)
            assert (await turned_away.reply())[:9] == "421 4.3.2"
            assert await turned_away.is_closed()
            writer.close()
            await writer.wait_closed()


async def test_sec_07_a_thousand_idle_clients_keep_nobody_out(tmp_path: Path) -> None:
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < 2500:
        pytest.skip("this machine does not allow 2500 open files")
    if _soft < 2500:
        resource.setrlimit(resource.RLIMIT_NOFILE, (2500, hard))
    desk = Desk()
    async with serving(config(tmp_path), desk) as listeners, contextlib.AsyncExitStack() as idle:
        first = await idle.enter_async_context(client(listeners))
        for _ in range(999):
            await idle.enter_async_context(client(listeners))
        start = time.monotonic()
        async with client(listeners) as one:
            await one.begin()
            assert (await one.send())[:3] == "250"
        assert time.monotonic() - start < 2
        assert (await first.reply())[:9] == "421 4.3.2"
    assert [raw for _, raw in desk.mails] == [MAIL]


# Time.


@pytest.mark.parametrize("said", [b"", b"NOO", b"x" * 5000], ids=["nothing", "half a line", "no end of a line"])
async def test_a_silent_client_is_told_before_it_is_left(tmp_path: Path, said: bytes) -> None:
    async with serving(config(tmp_path, idle=1), Desk()) as listeners, client(listeners) as one:
        one.writer.write(said)
        assert (await one.reply())[:9] == "421 4.4.2"
        assert await one.is_closed()


async def test_a_client_that_speaks_now_and_then_stays(tmp_path: Path) -> None:
    async with serving(config(tmp_path, idle=1), Desk()) as listeners, client(listeners) as one:
        for _ in range(4):
            await asyncio.sleep(0.4)
            assert (await one.say("NOOP"))[:3] == "250"


async def test_sec_07_a_mail_must_arrive_within_its_time(tmp_path: Path) -> None:
    desk = Desk()
    async with serving(config(tmp_path, transfer=1), desk) as listeners, client(listeners) as one:
        await one.begin()
        trickle = asyncio.create_task(_trickle(one))
        assert (await one.reply())[:9] == "421 4.4.2"
        await trickle
    assert desk.mails == []


async def _trickle(one: Client, text: bytes = b"x", times: int = 15) -> None:
    with contextlib.suppress(ConnectionError):
        for _ in range(times):
            one.writer.write(text)
            await asyncio.sleep(0.1)


async def test_sec_07_a_mail_that_comes_too_slowly_is_not_waited_for(tmp_path: Path) -> None:
    desk = Desk()
    async with serving(config(tmp_path, transfer=20), desk) as listeners, client(listeners) as one:
        await one.begin()
        start = time.monotonic()
        trickle = asyncio.create_task(_trickle(one, times=150))
        assert (await one.reply())[:9] == "421 4.4.2"
        assert 1.5 < time.monotonic() - start < 12
        await trickle
    assert desk.mails == []


async def test_a_mail_that_comes_slowly_but_steadily_is_taken(tmp_path: Path) -> None:
    desk = Desk()
    async with serving(config(tmp_path, transfer=20), desk) as listeners, client(listeners) as one:
        await one.begin()
        await _trickle(one, b"x" * 200 + b"\r\n", times=30)
        assert (await one.send(b""))[:3] == "250"
    assert len(desk.mails[0][1]) == 30 * 202


@pytest.mark.parametrize(
    "begun",
    [["MAIL FROM:<ann@example.com>"], ["MAIL FROM:<ann@example.com>", "RCPT TO:<desk@example.org>", "DATA"]],
    ids=["MAIL", "DATA"],
)
async def test_sec_07_who_begins_a_mail_and_is_silent_does_not_keep_others_out(
    tmp_path: Path, begun: list[str]
) -> None:
    async with serving(config(tmp_path, connections=1, idle=6), Desk()) as listeners, client(listeners) as silent:
        await silent.say("EHLO client")
        for line in begun:
            assert (await silent.say(line))[0] in "23"
        await asyncio.sleep(1.1)
        async with client(listeners) as one:
            await one.begin()
            assert (await one.send())[:3] == "250"
        assert (await silent.reply())[:9] == "421 4.3.2"


async def test_sec_07_commands_that_lead_nowhere_keep_no_place(tmp_path: Path) -> None:
    async with serving(config(tmp_path, connections=1, idle=6), Desk()) as listeners, client(listeners) as stubborn:
        await stubborn.say("EHLO client")
        await stubborn.say("MAIL FROM:<ann@example.com>")
        for _ in range(8):
            await asyncio.sleep(0.2)
            assert (await stubborn.say("RCPT TO:<nobody@example.org>"))[:3] == "550"
        async with client(listeners) as one:
            assert (await one.say("NOOP"))[:3] == "250"


async def test_sec_06_a_hundred_recipients_of_twenty_thousand_are_taken(tmp_path: Path) -> None:
    desk = Desk()
    async with serving(config(tmp_path), desk) as listeners, client(listeners) as one:
        await one.say("EHLO client")
        await one.say("MAIL FROM:<ann@example.com>")
        one.writer.write(b"".join(b"RCPT TO:<desk+%d@example.org>\r\n" % number for number in range(20_000)))
        replies = [await one.reply() for _ in range(20_000)]
        assert {each[:9] for each in replies[:100]} == {"250 2.1.5"}
        assert {each[:9] for each in replies[100:]} == {"452 4.5.3"}
        await one.say("DATA")
        assert (await one.send())[:3] == "250"
    assert len(desk.mails[0][0].recipients) == 100


async def test_f4_where_a_large_mail_finds_no_room_the_sender_keeps_it_and_small_ones_come_in(tmp_path: Path) -> None:
    desk = Desk()
    node = config(tmp_path / "desk")
    (tmp_path / "desk").mkdir()
    async with serving(node, desk) as listeners, client(listeners) as one:
        (tmp_path / "desk").rename(tmp_path / "elsewhere")
        await one.begin()
        assert (await one.send(b"x" * 200_000 + b"\r\n"))[:9] == "452 4.3.1"
        await one.begin()
        assert (await one.send())[:3] == "250"
        (tmp_path / "elsewhere").rename(tmp_path / "desk")
    assert [raw for _, raw in desk.mails] == [MAIL]


async def test_a_client_that_reads_nothing_does_not_keep_its_connection(tmp_path: Path) -> None:
    async with serving(config(tmp_path, idle=1, commands=10_000_000), Desk()) as listeners:
        host, _, port = listeners.addresses["smtp"][0].rpartition(":")
        before = _open_files()
        with socket.create_connection((host, int(port))) as deaf:
            deaf.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                while True:
                    deaf.send(b"HELP\r\n" * 10_000)
                    await asyncio.sleep(0.01)
            assert _open_files() == before + 2
            for _ in range(100):
                await asyncio.sleep(0.1)
                if _open_files() == before + 1:
                    return
    raise AssertionError("the server's end of the connection is still open")


def _open_files() -> int:
    return len(os.listdir("/proc/self/fd"))


async def test_a_client_that_hangs_up_in_the_middle_of_a_large_mail_leaves_no_open_file(tmp_path: Path) -> None:
    async with serving(config(tmp_path), Desk()) as listeners:
        before = _open_files()
        for _ in range(3):
            async with client(listeners) as one:
                await one.begin()
                one.writer.write(b"x" * 300_000)
                await one.writer.drain()
        for _ in range(100):
            if _open_files() == before:
                return
            await asyncio.sleep(0.1)
    raise AssertionError("a file is still open")


async def test_a_mail_may_take_longer_than_a_command(tmp_path: Path) -> None:
    desk = Desk()
    async with serving(config(tmp_path, idle=1, transfer=60), desk) as listeners, client(listeners) as one:
        await one.begin()
        await asyncio.sleep(1.5)
        assert (await one.send())[:3] == "250"


async def test_storing_may_take_longer_than_a_mail(tmp_path: Path) -> None:
    class Thorough(Desk):
        async def accept(self, envelope: object, raw: object) -> None:
            await asyncio.sleep(1.5)

    async with serving(config(tmp_path, idle=1, transfer=10), Thorough()) as listeners, client(listeners) as one:
        await one.begin()
        assert (await one.send())[:3] == "250"


# Octets.

SERVER = """
import asyncio, sys
from pathlib import Path
from tests.gateway.listening import Desk, config, serving

async def main():
    async with serving(config(Path(sys.argv[1])), Desk()) as listeners:
        print(listeners.addresses["smtp"][0], flush=True)
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)

asyncio.run(main())
"""


@contextlib.asynccontextmanager
async def _other_process(folder: Path):  # type: ignore[no-untyped-def]
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", SERVER, str(folder),
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parent)},
    )  # fmt: skip
    assert process.stdin is not None
    assert process.stdout is not None
    host, _, port = (await process.stdout.readline()).decode().strip().rpartition(":")
    try:
        yield process.pid, host, int(port)
    finally:
        process.stdin.close()
        await process.wait()


def _peak(pid: int) -> int:
    """The most memory that a process has held, in MB."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) // 1024


@pytest.mark.parametrize(
    ("unit", "megabytes"),
    [
        pytest.param(b"\r\n", 33, id="bare CRLF"),
        pytest.param(b"\r\n..", 44, id="stuffed dots"),
        pytest.param(b"x", 33, id="no line end at all"),
        pytest.param(b"\r\n.\r", 44, id="nearly ends"),
    ],
)
async def test_sec_04_33_megabytes_of_nothing_cost_little_and_disturb_nobody(
    tmp_path: Path, unit: bytes, megabytes: int
) -> None:
    async with _other_process(tmp_path) as (pid, host, port):
        reader, writer = await asyncio.open_connection(host, port)
        large = Client(reader, writer)
        await large.reply()
        await large.begin()
        quick = Client(*await asyncio.open_connection(host, port))
        await quick.reply()
        block = unit * (1_000_000 // len(unit))
        waits: list[float] = []
        for _ in range(megabytes):
            writer.write(block)
            start = time.perf_counter()
            assert (await quick.begin()).startswith("354")
            assert (await quick.send()).startswith("250")
            waits.append(time.perf_counter() - start)
            await writer.drain()
        writer.write(b"\r\n.\r\n")
        assert (await large.reply()) == "552 5.3.4 message too large: 26214400 octets at most"
        peak = _peak(pid)
        for each in (writer, quick.writer):
            each.close()
            await each.wait_closed()
    print(f"peak {peak} MB, median {statistics.median(waits):.4f} s, worst {max(waits):.4f} s")
    assert peak < 150
    assert max(waits) < 0.5


async def test_a_mail_of_the_largest_size_is_taken_whole(tmp_path: Path) -> None:
    desk = Desk()
    raw = b"Subject: large\r\n\r\n" + (b"." + b"x" * 75 + b"\r\n") * 336_000
    async with serving(config(tmp_path), desk) as listeners, client(listeners) as one:
        await one.begin()
        one.writer.write(raw.replace(b"\r\n.", b"\r\n.."))
        assert (await one.send(b""))[:3] == "250"
    assert len(raw) > 26_000_000
    assert desk.mails[0][1] == raw
