"""Mutated mails by the hundred thousand: python -m tests.gateway.reading.fuzz N. Exits 1 where one is read badly.

Each mail is made from its own number, so that a fault can be had again: `fuzz.mutated(NUMBER)`.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import resource
import sys
import time
import traceback
from collections.abc import Iterable
from dataclasses import dataclass

from spocd.gateway.reading.reader import read_mail
from tests.gateway.reading.sample_mails import ALL

SLOWEST = 1.0  # seconds of processor time that one mail may take
IN_A_CHUNK = 500
MOST_GROWTH = 50  # MiB that a process may grow by while it reads everything
# What parsers have stumbled over: specials of every grammar, charsets that are none, line ends of every kind.
MORSELS = [
    *(b"\r", b"\n", b"\r\n", b"\n\n", b"\0", b"\xff", b"\xed\xa0\x80"),
    *(b'"', b"(", b")", b"<", b">", b";", b":", b",", b"\\", b"> ", b"=?="),
    *(b"=?utf-8?q?=0D=0ABcc:_x?=", b"=?utf-7?q?+2AA-?=", b"=?zlib?b?eJw=?=", b"=?\0?q?a?=", b"=?idna?q?xn--a?="),
    *(b"\nMessage-ID: <\n", b"\nMessage-ID: <[x]@y>\n", b"\nTo: ((((\n", b"\nFrom: \n", b"\nDate: \n"),
    *(b"\nDate: Mon, 32 Feb 99999999999\n", b'\nContent-Type: multipart/mixed; boundary=""\n', b"boundary=b"),
    *(b'\nContent-Type: text/plain; charset="\0"\n', b"\nContent-Type: x; charset*0*=utf-8'en'%ff; name*1*=%\n"),
    *(b"\n--b", b"\n--b--", b"begin 644 a\n", b"charset=utf-16", b"charset=utf-7", b"charset=hz"),
    *(b"\nContent-Transfer-Encoding: base64\n", b"\nContent-Transfer-Encoding: x-uuencode\n"),
    *(b"<!--", b'<a href="', b"<style>", b"</", b"&#xD800;", b"&#99999999;", b"\x1b$B!", b"\x1b(I"),
    *(b"\nOn 1:10 <a@b> wrote:\n", b"\nFinal-Recipient: rfc822;\n", b"\nStatus: 5.\n", b"\nFrom: a\nSent: b\nTo: c\n"),
    *(b"\nContent-Type: application/ms-tnef\n", b"\x78\x9f\x3e\x22", b"\nContent-Type: message/delivery-status\n\n"),
    *(b"\n-----Original Message-----\n", b"\n-- \n", b"format=flowed; delsp=yes", b"<blockquote type=cite>"),
]


def mutated(number: int) -> bytes:
    """A real mail with a few things wrong: cut, doubled, moved, overwritten, morsels in it."""
    chance = random.Random(number)
    raw = bytearray(chance.choice(ALL))
    for _ in range(chance.randint(1, 6)):
        at = chance.randrange(len(raw) + 1)
        match chance.randrange(5):
            case 0:
                raw[at:at] = chance.choice(MORSELS)
            case 1:
                del raw[at : at + chance.randint(1, 40)]
            case 2:
                raw[at:at] = raw[chance.randrange(len(raw) + 1) :][:200]
            case 3:
                raw[at:at] = chance.choice(ALL)[chance.randrange(200) :]
            case _:
                raw[at : at + 1] = bytes([chance.randrange(256)])
    return bytes(raw)


def check(raw: bytes) -> None:
    """The reading exists, can be written as UTF-8 JSON, and its parts are what they say."""
    reading = read_mail(raw)
    document = json.dumps(reading.document(), ensure_ascii=False)
    assert "\0" not in document.encode().decode()
    assert "\\u0000" not in document
    for line in (reading.subject, reading.sender.name, reading.sender.address, reading.message_id or ""):
        assert line.isprintable() or not any(each < " " for each in line)
    assert reading.answerable is (reading.unanswerable_because is None)
    assert reading.kind != "bounce" or reading.bounces
    assert all(part.size == len(part.content) for part in reading.attachments)


@dataclass(frozen=True, slots=True)
class Read:
    """What became of a chunk of mails."""

    mails: int
    slowest: float
    process: int
    memory: int  # MiB that the process took at most so far
    faults: tuple[str, ...]


def read_chunk(numbers: Iterable[int]) -> Read:
    """Read the mails of these numbers, one after the other."""
    mails, slowest, faults = 0, 0.0, []
    for number in numbers:
        began = time.process_time()
        try:
            check(mutated(number))
        except Exception:
            faults.append(f"mail {number}: {traceback.format_exc(limit=-3)}")
        taken = time.process_time() - began
        if taken > SLOWEST:
            faults.append(f"mail {number} took {taken:.1f} s")
        slowest = max(slowest, taken)
        mails += 1
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return Read(mails, slowest, os.getpid(), memory, tuple(faults))


def main(count: int, first: int) -> int:
    began = time.monotonic()
    chunks = [range(start, min(start + IN_A_CHUNK, first + count)) for start in range(first, first + count, IN_A_CHUNK)]
    done: list[Read] = []
    with multiprocessing.Pool() as pool:
        for chunk in pool.imap_unordered(read_chunk, chunks):
            done.append(chunk)
            if sys.stderr.isatty():
                print(f"\r{sum(each.mails for each in done):,} of {count:,}", end="", file=sys.stderr, flush=True)
    faults = [fault for each in done for fault in each.faults]
    growth = {one: _growth([each.memory for each in done if each.process == one]) for one in {e.process for e in done}}
    faults += [f"a process grew by {grown} MiB" for grown in growth.values() if grown > MOST_GROWTH]
    print(
        f"\n{sum(each.mails for each in done):,} mails read in {time.monotonic() - began:.0f} s,"
        f" the slowest in {max(each.slowest for each in done) * 1000:.0f} ms,"
        f" memory at most {max(each.memory for each in done)} MiB, grown by {max(growth.values())} MiB after the first"
    )
    for fault in faults[:20]:
        print(f"FAULT {fault}")
    print(f"{0 if faults else 1} passed, {1 if faults else 0} failed")
    return 1 if faults else 0


def _growth(memory: list[int]) -> int:
    return memory[-1] - memory[0]


if __name__ == "__main__":
    wanted = [int(word) for word in sys.argv[1:3]]
    sys.exit(main(wanted[0] if wanted else 200_000, wanted[1] if len(wanted) > 1 else 0))
