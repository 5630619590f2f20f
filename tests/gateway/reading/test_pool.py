"""The pool of reading children: what a mail does to one costs that mail alone."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from spocd.errors import TryLater
from spocd.gateway.reading import read
from spocd.gateway.reading.pool import Limits, Pool, Unreadable

FAULTY = (sys.executable, "-I", str(Path(__file__).with_name("faulty_child.py")))
SMALL = Limits(memory=256 * 1024 * 1024, cpu=1, wall=60.0, mails=1000)


def mail(text: str) -> bytes:
    return f"From: ann@example.org\r\nSubject: printer\r\n\r\n{text}\r\n".encode()


@asynccontextmanager
async def faulty(*, children: int = 1, limits: Limits = SMALL) -> AsyncIterator[Pool]:
    pool = Pool(children=children, limits=limits, command=FAULTY)
    await pool.start()
    try:
        yield pool
    finally:
        await pool.close()


def processes() -> set[int]:
    """The reading children of this process."""
    found = set()
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            parent = stat.read_text().rpartition(")")[2].split()[1]
            if int(parent) == os.getpid() and b"child" in stat.with_name("cmdline").read_bytes():
                found.add(int(stat.parent.name))
    return found


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(mail("It is on fire."), id="a plain mail"),
        pytest.param(b"", id="nothing"),
        pytest.param(b"\xff\x00\r\n" * 50, id="no mail at all"),
        pytest.param(
            b'From: "\xc5sa" <asa@example.org>\nTo: a@b.example, B <c@d.example>\nCc: e@f.example\n'
            b"Message-ID: <1@x>\nReferences: <2@x> <3@x>\nAuthentication-Results: mx; dmarc=pass\n"
            b"Content-Type: multipart/mixed; boundary=b\n\n--b\n\ntext\n--b\nContent-Type: image/png; name=a.png\n\n"
            b"\x00\x01\x02\n--b\nContent-Type: image/gif\n\n--b--\n",
            id="attachments, names and headers",
        ),
        pytest.param(
            b"From: MAILER-DAEMON@example.org\nContent-Type: multipart/report; boundary=b\n\n--b\n\nsorry\n--b\n"
            b"Content-Type: message/delivery-status\n\nReporting-MTA: dns; a\n\nFinal-Recipient: rfc822; x@y.example\n"
            b"Action: failed\nStatus: 5.1.1\n\n--b--\n",
            id="a bounce",
        ),
    ],
)
async def test_a_child_answers_what_reading_here_answers(raw: bytes) -> None:
    pool = Pool(children=1)
    await pool.start()
    try:
        assert await pool.read(raw) == read(raw)
    finally:
        await pool.close()


@pytest.mark.parametrize(
    ("what", "reason"),
    [
        ("please abort", "the program that read it ended in the middle"),
        ("please exit", "the program that read it ended in the middle"),
        ("please compute", "it needed more than 1 seconds of computing"),
        ("please hoard", "it needed more than 256 MiB of memory"),
    ],
)
async def test_f29_a_mail_that_ends_its_child_is_unreadable_and_the_next_is_read(what: str, reason: str) -> None:
    async with faulty() as pool:
        with pytest.raises(Unreadable) as caught:
            await pool.read(mail(what))
        assert caught.value.reason == reason
        assert (await pool.read(mail("It is on fire."))).visible_text == "It is on fire."


async def test_f29_a_mail_that_hangs_is_given_up_after_the_wall_time() -> None:
    limits = Limits(memory=SMALL.memory, cpu=5, wall=0.7, mails=1000)
    async with faulty(limits=limits) as pool:
        began = time.monotonic()
        with pytest.raises(Unreadable, match=r"longer than 0\.7 seconds"):
            await pool.read(mail("please hang"))
        assert time.monotonic() - began < 3
        assert (await pool.read(mail("ok"))).visible_text == "ok"


async def test_f29_a_mail_in_another_child_does_not_notice() -> None:
    async with faulty(children=2) as pool:
        harmed = asyncio.create_task(pool.read(mail("please compute")))
        texts = [(await pool.read(mail(f"number {n}"))).visible_text for n in range(20)]
        assert texts == [f"number {n}" for n in range(20)]
        with pytest.raises(Unreadable):
            await harmed


async def test_processor_time_is_counted_anew_for_each_mail() -> None:
    async with faulty() as pool:
        before = processes()
        for _ in range(4):
            await pool.read(mail("please work"))  # 0.6 s of the one second that each mail has
        assert processes() == before != set()


async def test_what_a_library_prints_does_not_garble_the_answer() -> None:
    async with faulty() as pool:
        assert (await pool.read(mail("please print"))).subject == "printer"
        assert (await pool.read(mail("again"))).visible_text == "again"


async def test_a_child_is_replaced_after_its_number_of_mails() -> None:
    async with faulty(limits=Limits(memory=SMALL.memory, cpu=1, wall=60.0, mails=3)) as pool:
        seen = []
        for _ in range(4):
            await pool.read(mail("hello"))
            seen.append(processes())
    assert seen[0] == seen[1] == seen[2]
    assert len(seen[3]) == 1
    assert seen[3].isdisjoint(seen[0])


async def test_a_mail_given_up_by_its_caller_leaves_no_answer_for_the_next() -> None:
    async with faulty() as pool:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.3):
                await pool.read(mail("please hang"))
        assert (await pool.read(mail("the next"))).visible_text == "the next"


async def test_more_mails_than_children_wait_their_turn() -> None:
    async with faulty(children=2) as pool:
        readings = await asyncio.gather(*(pool.read(mail(f"number {n}")) for n in range(30)))
    assert [each.visible_text for each in readings] == [f"number {n}" for n in range(30)]


TOGETHER = [
    pytest.param([mail("one")], id="one"),
    pytest.param([mail(f"number {n}") for n in range(16)], id="sixteen"),
    pytest.param([mail("before"), b"", mail("after")], id="an empty one among them"),
    pytest.param([mail("x" * 60_000) for _ in range(16)], id="more than a pipe holds"),
    pytest.param(
        [
            b"Content-Type: image/png\n\nfirst",
            mail("between"),
            b"Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: image/gif\n\nsecond\n--b\n"
            b"Content-Type: image/gif\n\nthird\n--b--\n",
        ],
        id="each with its own attachments",
    ),
]


@pytest.mark.parametrize("mails", TOGETHER)
async def test_mails_that_are_read_together_are_read_as_if_alone(mails: list[bytes]) -> None:
    async with faulty() as pool:
        assert await pool.read_together(mails) == [read(each) for each in mails]


async def test_f29_mails_together_with_one_that_ends_its_child_are_unreadable_together() -> None:
    async with faulty() as pool:
        with pytest.raises(Unreadable):
            await pool.read_together([mail("good"), mail("please abort"), mail("better")])
        assert [each.visible_text for each in await pool.read_together([mail("good"), mail("better")])] == [
            "good",
            "better",
        ]


async def test_processor_time_is_counted_for_each_mail_of_those_that_are_read_together() -> None:
    async with faulty() as pool:
        assert len(await pool.read_together([mail(f"please work {n}") for n in range(4)])) == 4


async def test_mails_together_count_one_by_one_towards_a_childs_end() -> None:
    async with faulty(limits=Limits(memory=SMALL.memory, cpu=1, wall=60.0, mails=3)) as pool:
        await pool.read_together([mail("a"), mail("b"), mail("c")])
        before = processes()
        await pool.read(mail("d"))
        assert processes().isdisjoint(before)


async def test_closing_leaves_no_process_and_tells_waiting_callers_to_come_again() -> None:
    pool = Pool(children=1, limits=SMALL, command=FAULTY)
    await pool.start()
    assert processes()
    reading = [asyncio.create_task(pool.read(mail("please hang"))) for _ in range(3)]
    await asyncio.sleep(0.2)
    await pool.close()
    assert [type(each) for each in await asyncio.gather(*reading, return_exceptions=True)] == [TryLater] * 3
    assert not processes()
    with pytest.raises(TryLater):
        await pool.read(mail("too late"))
    await pool.close()  # once more does no harm
    gc.collect()  # an unclosed pipe would warn here, and warnings are errors


async def test_a_child_that_cannot_start_is_not_the_mails_fault() -> None:
    pool = Pool(children=2, limits=SMALL, command=(*FAULTY, "--refuse"))
    with pytest.raises(TryLater, match="could not be started"):
        await pool.start()
    assert not processes()


async def test_a_mail_of_25_megabytes_fits_into_a_childs_memory() -> None:
    raw = b"Content-Type: application/octet-stream\nContent-Transfer-Encoding: base64\n\n" + b"QUJD" * 6_500_000
    pool = Pool(children=1)
    await pool.start()
    try:
        for each in (raw, b"Subject: x\n\n" + b"\r\n" * 13_000_000):
            assert (await pool.read(each)).attachments[0].size > 19_000_000
    finally:
        await pool.close()


def test_children_end_with_a_parent_that_is_killed() -> None:
    script = (
        "import asyncio, sys\n"
        "from spocd.gateway.reading.pool import Pool\n"
        "async def main():\n"
        "    pool = Pool(children=2)\n"
        "    await pool.start()\n"
        "    print([child._process.pid for child in pool._children], flush=True)\n"
        "    await asyncio.sleep(60)\n"
        "asyncio.run(main())\n"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        children = [int(each) for each in parent.stdout.readline().decode().strip("[]\n").split(",")]
        assert all(Path(f"/proc/{pid}").exists() for pid in children)
        parent.kill()
    deadline = time.monotonic() + 5
    while any(_lives(pid) for pid in children) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not any(_lives(pid) for pid in children)


def _lives(pid: int) -> bool:
    try:
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
