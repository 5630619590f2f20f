"""What the gateway answers when the desk fails, when the client goes away, and when a client tries to smuggle."""

from __future__ import annotations

import asyncio
import logging
import random
import socket
import ssl
import struct
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from spocd.config import Config, ListenSection
from spocd.errors import Misconfigured, TryLater
from spocd.gateway.server import Listeners
from tests.gateway.listening import (
    MAIL,
    SECRET,
    TWENTY_KINDS,
    Client,
    Desk,
    FailingDesk,
    SlowDesk,
    client,
    config,
    serving,
)


def _name(kind: Callable[[], BaseException]) -> str:
    return type(kind()).__name__


@pytest.mark.parametrize("kind", TWENTY_KINDS, ids=_name)
@pytest.mark.parametrize("protocol", ["smtp", "lmtp"])
async def test_sec_19_whatever_the_desk_raises_is_451_and_its_text_stays_here(
    tmp_path: Path, protocol: str, kind: Callable[[], BaseException], caplog: pytest.LogCaptureFixture
) -> None:
    error = kind()
    async with serving(config(tmp_path), FailingDesk(error)) as listeners, client(listeners, protocol) as one:
        await one.begin("desk@example.org", "it@example.org", greeting="EHLO a" if protocol == "smtp" else "LHLO a")
        for reply in [await one.send()] + ([await one.reply()] if protocol == "lmtp" else []):
            assert reply == "451 4.3.0 The mail could not be stored just now; please send it again later"
        assert await one.say("NOOP") == "250 2.0.0 OK"
    logged = [record for record in caplog.records if record.exc_info]
    assert len(logged) == (0 if isinstance(error, TryLater) else 1)


async def test_a_desk_that_cannot_look_up_a_recipient_refuses_nobody_for_good(tmp_path: Path) -> None:
    class Blind(Desk):
        def refusal(self, recipient: str) -> str | None:
            raise RuntimeError(SECRET)

    async with serving(config(tmp_path), Blind()) as listeners, client(listeners) as one:
        await one.say("EHLO a")
        await one.say("MAIL FROM:<>")
        reply = await one.say("RCPT TO:<desk@example.org>")
    assert reply[:9] == "451 4.3.0"
    assert SECRET not in reply


@pytest.mark.parametrize("leaving", ["close", "reset"])
async def test_a_client_that_hangs_up_does_not_stop_the_storing(
    tmp_path: Path, leaving: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "spocd.gateway")
    desk = SlowDesk()
    async with serving(config(tmp_path), desk) as listeners:
        async with client(listeners) as one:
            await one.begin()
            one.writer.write(MAIL + b".\r\n")
            await desk.begun.wait()
            if leaving == "reset":
                # Closing with a linger of zero sends RST, and the server's session is cancelled at once.
                raw = one.writer.get_extra_info("socket")
                raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                one.writer.transport.abort()
        await asyncio.sleep(0.05)
        desk.allowed.set()
        await asyncio.sleep(0.05)
        assert [raw for _, raw in desk.mails] == [MAIL]
    assert [record.getMessage().rpartition(" ")[2] for record in caplog.records] == ["outcome=stored"]


async def test_a_mail_that_breaks_off_is_not_stored(tmp_path: Path) -> None:
    desk = Desk()
    async with serving(config(tmp_path), desk) as listeners:
        for end in (b"", b"\r\n", b"\r\n.", b"\r\n.\r"):
            async with client(listeners) as one:
                await one.begin()
                one.writer.write(b"Subject: half a mail" + end)
                one.writer.write_eof()
                assert await one.is_closed()
    assert desk.mails == []


# Smuggling: two servers must never disagree about where a mail ends.

FALSE_ENDS = [
    b"\n.\n",
    b"\n.\r\n",
    b"\r\n.\n",
    b"\r.\r",
    b"\r.\r\n",
    b"\r\n.\r",
    b"\r\n\x00.\r\n",
    b"\n.\r",
    b"\r\n.\r\r\n",
]


@pytest.mark.parametrize("end", FALSE_ENDS, ids=ascii)
async def test_sec_01_only_crlf_dot_crlf_ends_a_mail(tmp_path: Path, end: bytes) -> None:
    smuggled = b"MAIL FROM:<admin@example.org>\r\nRCPT TO:<desk@example.org>\r\nDATA\r\nhello\r\n"
    desk = Desk()
    async with serving(config(tmp_path), desk) as listeners, client(listeners) as one:
        await one.begin()
        assert (await one.send(b"Subject: outer\r\n\r\ntext" + end + smuggled))[:3] == "250"
        assert (await one.say("NOOP"))[:3] == "250"
    assert [envelope.sender for envelope, _ in desk.mails] == ["ann@example.com"]
    assert smuggled in desk.mails[0][1]


# TLS.


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    return _certificate_in(tmp_path_factory.mktemp("tls"))


def _certificate_in(folder: Path) -> tuple[str, str]:
    names = str(folder / "cert.pem"), str(folder / "key.pem")
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    command += ["-days", "1", "-subj", "/CN=localhost", "-out", names[0], "-keyout", names[1]]
    subprocess.run(command, check=True, capture_output=True)
    return names


def _with_tls(node: Config, certificate: tuple[str, str], *, require: bool) -> Config:
    listening = ListenSection(
        smtp=("127.0.0.1:0",),
        lmtp="lmtp",
        certificate=certificate[0],
        certificate_key=certificate[1],
        require_tls=require,
    )
    return replace(node, listen=listening)


def _trusting() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


async def test_a_mail_over_starttls(tmp_path: Path, certificate: tuple[str, str]) -> None:
    desk = Desk()
    node = _with_tls(config(tmp_path), certificate, require=True)
    async with serving(node, desk) as listeners, client(listeners) as one:
        assert "STARTTLS" in await one.say("EHLO a")
        assert (await one.say("MAIL FROM:<>"))[:9] == "530 5.7.0"
        assert (await one.say("STARTTLS"))[:3] == "220"
        await one.writer.start_tls(_trusting())
        assert (await one.say("MAIL FROM:<>"))[:9] == "503 5.5.1"
        assert "STARTTLS" not in await one.say("EHLO a")
        assert (await one.say("STARTTLS"))[:9] == "503 5.5.1"
        await one.begin()
        large = b"x" * 300_000 + b"\r\n"
        assert (await one.send(large))[:3] == "250"
        assert (await one.say("QUIT"))[:3] == "221"
        assert await one.is_closed()
    assert [raw for _, raw in desk.mails] == [large]


async def _shown_certificate(listeners: Listeners) -> bytes:
    async with client(listeners) as one:
        await one.say("EHLO a")
        await one.say("STARTTLS")
        await one.writer.start_tls(_trusting())
        shown: bytes = one.writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
        return shown


async def test_a_renewed_certificate_is_shown_and_a_broken_one_is_not(tmp_path: Path) -> None:
    node = _with_tls(config(tmp_path), _certificate_in(tmp_path), require=False)
    async with serving(node, Desk()) as listeners:
        first = await _shown_certificate(listeners)
        _certificate_in(tmp_path)
        listeners.renew_certificate(node)
        second = await _shown_certificate(listeners)
        assert second != first
        Path(node.listen.certificate).write_text("broken")
        with pytest.raises(Misconfigured, match="certificate"):
            listeners.renew_certificate(node)
        assert await _shown_certificate(listeners) == second


async def test_sec_02_what_was_said_before_the_handshake_is_never_obeyed(
    tmp_path: Path, certificate: tuple[str, str]
) -> None:
    desk = Desk()
    async with (
        serving(_with_tls(config(tmp_path), certificate, require=False), desk) as listeners,
        client(listeners) as one,
    ):
        await one.say("EHLO a")
        assert (await one.say("STARTTLS\r\nHELO injected\r\nMAIL FROM:<evil@example.com>"))[:3] == "220"
        await one.writer.start_tls(_trusting())
        # Had the injected greeting counted, this would be accepted; had its answer been sent, it would stand here.
        assert (await one.say("MAIL FROM:<ann@example.com>"))[:9] == "503 5.5.1"


async def test_sec_03_lmtp_on_this_machine_needs_no_tls(tmp_path: Path, certificate: tuple[str, str]) -> None:
    node = _with_tls(config(tmp_path), certificate, require=True)
    async with serving(node, Desk()) as listeners, client(listeners, "lmtp") as one:
        assert "STARTTLS" not in await one.say("LHLO a")
        await one.begin(greeting="LHLO a")
        assert (await one.send())[:3] == "250"


@pytest.mark.parametrize("broken", [b"no TLS at all\r\n" * 10, b"\x16\x03\x01\x02\x00\x01"])
async def test_a_broken_handshake_ends_the_session_and_nothing_else(
    tmp_path: Path, certificate: tuple[str, str], broken: bytes
) -> None:
    async with serving(_with_tls(config(tmp_path), certificate, require=False), Desk()) as listeners:
        async with client(listeners) as one:
            await one.say("STARTTLS")
            one.writer.write(broken)
            one.writer.write_eof()
            await asyncio.wait_for(_until_closed(one), 10)
        async with client(listeners) as other:
            await other.begin()
            assert (await other.send())[:3] == "250"


async def _until_closed(one: Client) -> None:
    try:
        while await one.reader.read(1000):
            pass
    except ConnectionError:
        pass


# Whatever is thrown at it.

PIECES = [
    b"EHLO a\r\n",
    b"LHLO pipe\r\n",
    b"MAIL FROM:<a@b.example>\r\n",
    b"MAIL FROM:<",
    b"RCPT TO:<desk@example.org>\r\n",
    b"RCPT TO:<%s%n>\r\n",
    b"DATA\r\n",
    b"\r\n.\r\n",
    b".\r\n",
    b"\r\n",
    b"\x00",
    b"\xff\xfe",
    b"x" * 5000,
    b"STARTTLS\r\n",
    b"RSET\r\n",
    b"NOOP\r\n",
    b"\xf0\x9f\x98\x80 \r\n",
]


async def test_sec_09_after_a_thousand_garbled_dialogs_a_mail_passes(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    chance = random.Random(9)
    desk = Desk()
    async with serving(config(tmp_path), desk) as listeners:
        host, _, port = listeners.addresses["smtp"][0].rpartition(":")
        for _ in range(1000):
            _reader, writer = await asyncio.open_connection(host, int(port))
            writer.write(b"".join(chance.choices(PIECES, k=chance.randrange(1, 30))))
            writer.close()
        async with client(listeners) as one:
            await one.begin("desk+after@example.org")
            assert (await one.send())[:3] == "250"
    assert desk.mails[-1][0].recipients == ("desk+after@example.org",)
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR] == []
