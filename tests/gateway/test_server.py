"""What the listeners listen on, what becomes of a mail, and how they close."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import socket
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from spocd.config import ListenSection
from spocd.domain.intake import Envelope
from spocd.errors import Misconfigured
from spocd.gateway.server import listen
from tests.gateway.listening import MAIL, Desk, SlowDesk, client, config, serving


async def test_a_mail_over_smtp_reaches_the_desk_as_it_was_sent(tmp_path: Path) -> None:
    desk = Desk()
    async with serving(config(tmp_path), desk) as listeners, client(listeners) as one:
        assert await one.begin("desk@example.org", "it@example.org") == (
            "354 Send the mail and end it with a line that holds one dot"
        )
        assert await one.send() == "250 2.6.0 The mail is stored"
        assert await one.say("QUIT") == "221 2.0.0 Goodbye"
        assert await one.is_closed()
    envelope = Envelope("ann@example.com", ("desk@example.org", "it@example.org"), "smtp", "127.0.0.1")
    assert desk.mails == [(envelope, MAIL)]


async def test_mails_that_come_at_the_same_time_in_many_pieces_do_not_mix(tmp_path: Path) -> None:
    desk = Desk()
    mails = [b"Subject: %d\r\n\r\n" % n + b"%d" % n * 5000 + b"\r\n" for n in range(5)]
    async with serving(config(tmp_path), desk) as listeners, contextlib.AsyncExitStack() as stack:
        clients = [await stack.enter_async_context(client(listeners)) for _ in mails]
        for each in clients:
            await each.begin("desk@example.org")
        for at in range(0, len(mails[0]), 700):
            for each, raw in zip(clients, mails, strict=True):
                each.writer.write(raw[at : at + 700])
                await each.writer.drain()
        assert [await each.say(b".") for each in clients] == ["250 2.6.0 The mail is stored"] * len(mails)
    assert sorted(raw for _, raw in desk.mails) == mails


async def test_sec_16_lmtp_answers_once_for_every_accepted_recipient_duplicates_included(tmp_path: Path) -> None:
    desk = Desk()
    async with serving(config(tmp_path), desk) as listeners, client(listeners, "lmtp") as one:
        wanted = ("desk@example.org", "nobody@example.org", "it@example.org", "desk@example.org")
        await one.begin(*wanted, greeting="LHLO mta")
        replies = [await one.send(), await one.reply(), await one.reply()]
        assert replies == ["250 2.6.0 The mail is stored"] * 3
        assert await one.say("NOOP") == "250 2.0.0 OK"
    assert [each for each, _ in desk.mails] == [
        Envelope("ann@example.com", ("desk@example.org", "it@example.org"), "lmtp", "local")
    ]


@pytest.mark.parametrize("recipient", ["nobody@example.org", "ann@elsewhere.example", '"odd one"@example.org', "x"])
async def test_the_pipe_may_bring_mail_for_anybody(tmp_path: Path, recipient: str) -> None:
    desk = Desk()
    async with serving(config(tmp_path), desk) as listeners, client(listeners, "lmtp") as one:
        await one.begin(recipient, greeting="LHLO pipe")
        assert (await one.send())[:3] == "250"
    assert desk.mails == [(Envelope("ann@example.com", (recipient,), "pipe", "local"), MAIL)]


async def test_nobody_is_the_pipe_over_tcp(tmp_path: Path) -> None:
    async with serving(config(tmp_path), Desk()) as listeners, client(listeners) as one:
        await one.say("EHLO pipe")
        await one.say("MAIL FROM:<>")
        assert (await one.say("RCPT TO:<nobody@example.org>"))[:9] == "550 5.1.1"


@pytest.mark.parametrize("end", ["whole", "one by one"])
async def test_commands_that_come_in_one_go_are_answered_in_order(tmp_path: Path, end: str) -> None:
    said = b"EHLO a\r\nMAIL FROM:<>\r\nRCPT TO:<desk@example.org>\r\nDATA\r\n" + MAIL + b".\r\nNOOP\r\nQUIT\r\n"
    desk = Desk()
    async with serving(config(tmp_path), desk) as listeners, client(listeners) as one:
        for piece in [said] if end == "whole" else [said[at : at + 1] for at in range(len(said))]:
            one.writer.write(piece)
            await one.writer.drain()
        one.writer.write_eof()
        replies = [(await one.reply())[:3] for _ in range(7)]
        assert await one.is_closed()
    assert replies == ["250", "250", "250", "354", "250", "250", "221"]
    assert [raw for _, raw in desk.mails] == [MAIL]


async def test_one_connection_carries_more_mails_than_it_may_say_other_commands(tmp_path: Path) -> None:
    desk = Desk()
    async with serving(config(tmp_path, commands=3), desk) as listeners, client(listeners) as one:
        for _ in range(10):
            await one.begin()
            assert (await one.send())[:3] == "250"
            assert (await one.say("RSET"))[:3] == "250"
    assert len(desk.mails) == 10


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(b"Subject: x\r\n\r\n" + b"y" * 100_000 + b"\r\n", id="a line far over 998 octets"),
        pytest.param(b"Subject: x\n\nbare\nnewlines\rand returns\r\n", id="bare CR and LF"),
        pytest.param(bytes(range(256)) + b"\r\n", id="every octet"),
        pytest.param(b"", id="nothing at all"),
    ],
)
async def test_strange_mails_are_taken_untouched(tmp_path: Path, raw: bytes) -> None:
    desk = Desk()
    async with serving(config(tmp_path), desk) as listeners, client(listeners) as one:
        await one.begin()
        assert (await one.send(raw))[:3] == "250"
    assert [kept for _, kept in desk.mails] == [raw]


async def test_a_mail_is_one_line_in_the_log_and_its_token_is_cut(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "spocd.gateway")
    token = "r1" + "4d2-7-0123456789abcdef"
    async with serving(config(tmp_path), Desk()) as listeners, client(listeners) as one:
        await one.begin(f"desk+{token}@example.org")
        await one.send()
    assert [record.getMessage() for record in caplog.records if record.name == "spocd.gateway"] == [
        "received peer=127.0.0.1 channel=smtp sender=ann@example.com recipients=1 "
        f"to=desk+r14d...@example.org size={len(MAIL)} outcome=stored"
    ]


# Sockets.


async def test_the_lmtp_socket_is_for_its_owner_and_group_and_goes_when_the_listeners_go(tmp_path: Path) -> None:
    async with serving(config(tmp_path), Desk()) as listeners:
        path = Path(listeners.addresses["lmtp"][0])
        assert stat.S_IMODE(path.stat().st_mode) == 0o660
    assert not path.exists()


async def test_a_socket_file_left_by_a_crash_is_replaced(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(tmp_path / "lmtp"))
    async with serving(config(tmp_path), Desk()) as listeners, client(listeners, "lmtp"):
        pass


async def test_a_socket_path_may_be_longer_than_an_address_holds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deep = tmp_path / ("d" * 120)
    deep.mkdir()
    async with serving(config(deep), Desk()) as listeners:
        monkeypatch.chdir(deep)
        reader, writer = await asyncio.open_unix_connection("lmtp")
        assert (await reader.readline()).startswith(b"220 ")
        writer.close()
        await writer.wait_closed()
        assert listeners.addresses["lmtp"] == (str(deep / "lmtp"),)


async def test_sockets_that_systemd_has_opened_are_used_and_left_alone(tmp_path: Path) -> None:
    smtp, lmtp = socket.create_server(("127.0.0.1", 0)), socket.socket(socket.AF_UNIX)
    lmtp.bind(str(tmp_path / "lmtp"))
    lmtp.listen()
    port = smtp.getsockname()[1]
    async with serving(config(tmp_path), Desk(), sockets={"smtp": smtp, "lmtp": lmtp}) as listeners:
        assert listeners.addresses == {"smtp": (f"127.0.0.1:{port}",), "lmtp": (str(tmp_path / "lmtp"),)}
        async with client(listeners) as one, client(listeners, "lmtp") as other:
            assert (await one.say("NOOP"))[:3] == (await other.say("NOOP"))[:3] == "250"
    assert (tmp_path / "lmtp").exists()


@pytest.mark.parametrize(
    ("listening", "said"),
    [
        pytest.param(ListenSection(smtp=("nonsense",), lmtp="lmtp"), "“nonsense” is no HOST:PORT", id="no port"),
        pytest.param(ListenSection(smtp=("192.0.2.1:0",), lmtp="lmtp"), "cannot listen on 192.0.2.1:0", id="not ours"),
        pytest.param(ListenSection(smtp=(), lmtp="file"), "exists and is no socket", id="a file in the way"),
        pytest.param(ListenSection(smtp=("127.0.0.1:0",), lmtp="no/lmtp"), "No such file", id="no folder"),
        pytest.param(ListenSection(require_tls=True, smtp=()), "needs a certificate", id="TLS without a certificate"),
        pytest.param(ListenSection(certificate="file", smtp=()), "certificate: cannot be used", id="no certificate"),
    ],
)
async def test_what_cannot_be_listened_on_is_said_with_its_key(
    tmp_path: Path, listening: ListenSection, said: str
) -> None:
    (tmp_path / "file").write_text("no socket")
    with pytest.raises(Misconfigured) as caught:
        await listen(replace(config(tmp_path), listen=listening), Desk())
    assert f"{tmp_path / 'spocd.toml'}: [listen] " in caught.value.faults[0]
    assert said in caught.value.faults[0]


# The end.


async def test_closing_lets_a_mail_finish_that_is_on_its_way_in(tmp_path: Path) -> None:
    desk = SlowDesk()
    listeners = await listen(config(tmp_path), desk)
    async with client(listeners) as idle, client(listeners) as sending, client(listeners) as storing:
        await storing.begin()
        storing.writer.write(MAIL + b".\r\n")
        await desk.begun.wait()
        await sending.begin()
        closing = asyncio.create_task(listeners.close(grace=5))
        assert (await idle.reply())[:9] == "421 4.3.2"
        desk.allowed.set()
        assert (await storing.reply())[:3] == (await sending.send())[:3] == "250"
        assert (await storing.reply())[:9] == (await sending.reply())[:9] == "421 4.3.2"
        await closing
    assert len(desk.mails) == 2


async def test_closing_waits_no_longer_than_its_grace_and_leaves_nothing_behind(tmp_path: Path) -> None:
    before = asyncio.all_tasks()
    desk = SlowDesk()
    listeners = await listen(config(tmp_path), desk)
    async with client(listeners) as sending, client(listeners) as storing:
        await sending.begin()
        await storing.begin()
        storing.writer.write(MAIL + b".\r\n")
        await desk.begun.wait()
        await asyncio.wait_for(listeners.close(grace=0.1), 3)
        assert (await sending.reply())[:9] == "421 4.3.2"
    assert desk.mails == []
    assert asyncio.all_tasks() == before
    gc.collect()  # an unclosed socket would warn here, and warnings are errors


@pytest.mark.parametrize("turns", range(6))
async def test_closing_overlooks_no_connection_that_is_just_being_made(tmp_path: Path, turns: int) -> None:
    before = asyncio.all_tasks()
    listeners = await listen(config(tmp_path), Desk())
    host, _, port = listeners.addresses["smtp"][0].rpartition(":")
    clients = [socket.create_connection((host, int(port))) for _ in range(20)]
    for _ in range(turns):
        await asyncio.sleep(0)
    await asyncio.wait_for(listeners.close(grace=1), 3)
    assert asyncio.all_tasks() == before
    for each in clients:
        each.close()
    gc.collect()


async def test_closing_breaks_off_a_client_that_reads_nothing(tmp_path: Path) -> None:
    listeners = await listen(config(tmp_path, commands=10_000_000), Desk())
    host, _, port = listeners.addresses["smtp"][0].rpartition(":")
    reader, writer = await asyncio.open_connection(host, int(port), limit=1)
    flood = asyncio.create_task(_flood(writer))
    await asyncio.sleep(0.3)
    await asyncio.wait_for(listeners.close(grace=0.2), 3)
    flood.cancel()
    await asyncio.gather(flood, return_exceptions=True)
    writer.transport.abort()
    with contextlib.suppress(ConnectionError):
        await writer.wait_closed()
    assert reader is not None


async def _flood(writer: asyncio.StreamWriter) -> None:
    while True:
        writer.write(b"NOOP\r\n" * 10_000)
        await writer.drain()
