"""What large mails and ill-meant clients cost a whole desk: its memory, and the time that everybody else waits."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.running import ADDRESS, RunningDesk, eventually, running_desk

MEMORY = 300  # MB that the daemon may hold at most, its children not counted
SLOWEST = 2.0  # seconds for a small mail meanwhile; the tests share their machine, so this says only that nothing hangs
MEGABYTE = 1_000_000


class Client:
    """A mail client on one plain connection, that waits two minutes for an answer."""

    def __init__(self, where: tuple[str, int], *, at: str = "127.0.0.1") -> None:
        self.socket = socket.create_connection(where, timeout=120, source_address=(at, 0))
        self._replies = self.socket.makefile("rb")

    def reply(self) -> str:
        """The last line of the next reply; empty where the desk has hung up."""
        line = b" "
        while (line and line[3:4] != b" ") or line == b" ":
            line = self._replies.readline()
        return line.decode()

    def say(self, text: bytes) -> str:
        self.socket.sendall(text + b"\r\n")
        return self.reply()

    def begin(self) -> str:
        """From the greeting to the reply to DATA."""
        self.reply()
        self.say(b"EHLO client")
        self.say(b"MAIL FROM:<ann@client.example>")
        self.say(b"RCPT TO:<%s>" % ADDRESS.encode())
        return self.say(b"DATA")

    def send(self, *blocks: bytes) -> str:
        """The text of a mail, and what is answered to its end."""
        for block in blocks:
            self.socket.sendall(block)
        return self.say(b"\r\n.")

    def close(self) -> None:
        self._replies.close()
        self.socket.close()


@contextlib.contextmanager
def connected(desk: RunningDesk, *, at: str = "127.0.0.1") -> Iterator[Client]:
    client = Client(desk.smtp, at=at)
    try:
        yield client
    finally:
        client.close()


def peak(desk: RunningDesk) -> int:
    """The most memory that the daemon has held until now, in MB."""
    assert desk.process is not None
    status = Path(f"/proc/{desk.process.pid}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) // 1024


def small_mail(desk: RunningDesk) -> float:
    """Seconds from connecting to the 250 of a small mail."""
    start = time.perf_counter()
    with connected(desk) as client:
        client.begin()
        assert client.send(b"Subject: Small\r\n\r\n%s" % os.urandom(8).hex().encode()).startswith("250")
    return time.perf_counter() - start


def waits_while(desk: RunningDesk, work: Callable[[], None]) -> list[float]:
    """How long small mails took, one after the other, while something else went on."""
    other = threading.Thread(target=work)
    other.start()
    waits = [small_mail(desk)]
    while other.is_alive():
        waits.append(small_mail(desk))
        time.sleep(0.02)
    other.join()
    waits.sort()
    print(f"small mails: {len(waits)}, p99 {waits[len(waits) * 99 // 100]:.3f} s; peak {peak(desk)} MB")
    return waits


def large_mail(number: int, text: bytes) -> list[bytes]:
    """A mail with one file in it, in blocks. No two are alike."""
    head = (
        b"From: Ann <ann-%d@client.example>\r\nSubject: Large\r\nMessage-ID: <%s@client.example>\r\n"
        b"Content-Type: application/octet-stream; name=file\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        % (number, os.urandom(8).hex().encode())
    )
    return [head, base64.encodebytes(b"%057d" % number).replace(b"\n", b"\r\n"), text]


def test_fifty_mails_of_ten_megabytes_at_once_cost_little_memory_and_hold_up_nobody(tmp_path: Path) -> None:
    text = base64.encodebytes(os.urandom(7_300_000)).replace(b"\n", b"\r\n")
    mails = [large_mail(number, text) for number in range(50)]
    answers: list[str] = []

    def send(blocks: list[bytes]) -> None:
        with connected(desk) as client:
            client.begin()
            answers.append(client.send(*blocks))

    def send_all() -> None:
        threads = [threading.Thread(target=send, args=(each,)) for each in mails]
        for each in threads:
            each.start()
        for each in threads:
            each.join()

    with running_desk(tmp_path / "desk", unknown_an_hour=0) as desk:
        waits = waits_while(desk, send_all)
        assert [each[:3] for each in answers] == ["250"] * 50
        eventually(lambda: not desk.call("desk.health")["inbox"]["waiting"], "every mail to have its fate", within=240)
        print(f"peak {peak(desk)} MB once all are read")
        assert peak(desk) < MEMORY
        assert waits[len(waits) * 99 // 100] < SLOWEST
        assert list(Path(desk.folder).glob("tmp*")) == []
        _is_there(desk, mails[17], 17)


def _is_there(desk: RunningDesk, blocks: list[bytes], number: int) -> None:
    """A large mail, and the file in it, come out as they went in."""
    [ticket] = desk.call("ticket.list", requester=f"ann-{number}@client.example")["tickets"]
    answer = desk.run("message", "raw", f"{ticket['number']}.1")
    assert answer.code == 0, answer.err
    assert answer.out.encode() == b"".join(blocks) + b"\r\n"
    [attachment] = desk.view(ticket["number"])["messages"][0]["attachments"]
    content = base64.b64decode(b"".join(blocks[1:]))
    assert attachment["size"] == len(content)
    assert attachment["sha256"] == hashlib.sha256(content).hexdigest()


@pytest.mark.parametrize(
    "block", [pytest.param(b"\r\n" * 500_000, id="bare CRLF"), pytest.param(b"x" * MEGABYTE, id="no end of a line")]
)
def test_sec_04_a_mail_without_end_is_refused_and_costs_little(desk: RunningDesk, block: bytes) -> None:
    answers: list[str] = []

    def send() -> None:
        with connected(desk) as client:
            client.begin()
            answers.append(client.send(*[block] * 33))

    waits = waits_while(desk, send)
    assert [each[:9] for each in answers] == ["552 5.3.4"]
    assert peak(desk) < MEMORY
    assert max(waits) < SLOWEST


def test_sec_07_f20_a_thousand_idle_clients_cost_little_and_keep_nobody_out(desk: RunningDesk) -> None:
    before = peak(desk)
    with contextlib.ExitStack() as idle:
        clients = [
            idle.enter_context(connected(desk, at=f"127.0.{number // 100}.{number % 100 + 1}"))
            for number in range(1000)
        ]
        assert {each.reply()[:3] for each in clients} == {"220"}
        print(f"a thousand clients: {peak(desk) - before} MB; the next one is served in {small_mail(desk):.3f} s")
        assert small_mail(desk) < SLOWEST
        assert peak(desk) < MEMORY
        assert clients[0].reply()[:9] == "421 4.3.2"


def test_sec_07_a_thousand_clients_that_send_mails_and_stop_cost_little_and_keep_nobody_out(tmp_path: Path) -> None:
    with running_desk(tmp_path / "desk", idle=6) as desk, contextlib.ExitStack() as slow:
        clients = [slow.enter_context(connected(desk)) for _ in range(1000)]
        for each in clients:
            assert each.begin()[:3] == "354"
            each.socket.sendall(b"x" * 60_000)
        eventually(lambda: finds_a_place(desk), "a small mail to find a place")
        print(f"peak {peak(desk)} MB")
        assert peak(desk) < MEMORY


def finds_a_place(desk: RunningDesk) -> bool:
    """Whether a small mail is taken; a client that is turned away at the door says the rest to nobody."""
    try:
        return small_mail(desk) < SLOWEST
    except OSError:
        return False


def test_sec_06_of_twenty_thousand_recipients_a_hundred_are_stored(desk: RunningDesk) -> None:
    with connected(desk) as client:
        client.reply()
        client.say(b"EHLO client")
        client.say(b"MAIL FROM:<ann@client.example>")
        lines = b"".join(b"RCPT TO:<desk+%d@example.org>\r\n" % number for number in range(20_000))
        sending = threading.Thread(target=client.socket.sendall, args=(lines,))
        sending.start()
        replies = [client.reply() for _ in range(20_000)]
        sending.join()
        assert {each[:9] for each in replies[:100]} == {"250 2.1.5"}
        assert {each[:9] for each in replies[100:]} == {"452 4.5.3"}
        client.say(b"DATA")
        assert client.send(b"Subject: To everybody\r\n").startswith("250")
    assert len(desk.placed()["to"]) == 100
    assert peak(desk) < MEMORY


@pytest.mark.parametrize("line", [b"NOOP", b"RSET", b"NONSENSE", b"x" * 3000])
def test_sec_08_a_flood_of_commands_ends_and_holds_up_nobody(desk: RunningDesk, line: bytes) -> None:
    def flood() -> None:
        for _ in range(5):
            with connected(desk) as client, contextlib.suppress(OSError):
                client.socket.sendall((line + b"\r\n") * 20_000)
                while client.reply():
                    pass

    waits = waits_while(desk, flood)
    assert max(waits) < SLOWEST
    assert peak(desk) < MEMORY
