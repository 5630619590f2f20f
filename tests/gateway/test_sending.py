"""Sending through a relay, good or bad, and into a Maildir."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import mailbox
import os
import resource
import socket
import ssl
import subprocess
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, AuthResult

from spocd.config import Config, DeskSection, RelaySection
from spocd.domain.delivery import Deferred, Outcome, Rejected, Sent, Unknown
from spocd.errors import Misconfigured
from spocd.gateway.dialogue import Limits, stuffed
from spocd.gateway.maildir import Maildir
from spocd.gateway.sending import MOST_LETTERS, Relay, transport
from spocd.gateway.wire import Broken, Wire
from tests.gateway.scripted_relay import DROP, ENDLESS, HANG, RESET, ScriptedRelay

LETTER = b"Subject: x\r\n\r\nHello.\r\n.\r\n..dots\r\n"
SENDER = "bounces+b1abc-0123456789abcdef@desk.example"
RECIPIENT = "ann@example.net"
SHORT = Limits(
    connect=1, greeting=0.2, command=0.2, data=0.2, block=0.2, dot=0.2, goodbye=0.2, idle=5
)  # for relays that hang
PATIENT = Limits(connect=5, greeting=5, command=5, data=5, block=5, dot=5, goodbye=1, idle=5)


@dataclass
class BeforeDot:
    """Counts how often it is awaited, and may fail."""

    error: BaseException | None = None
    times: int = 0
    look: Callable[[], Any] = lambda: None
    seen: list[Any] = field(default_factory=list)

    async def __call__(self) -> None:
        self.times += 1
        await asyncio.sleep(0.002)
        self.seen.append(self.look())
        if self.error is not None:
            raise self.error


def relay(to: ScriptedRelay | int, *, limits: Limits = PATIENT, **settings: Any) -> Relay:
    port = to if isinstance(to, int) else to.port
    context = settings.pop("context", None)
    folder = settings.pop("folder", Path("/nonexistent"))
    section = RelaySection(url=settings.pop("url", f"smtp://127.0.0.1:{port}"), **settings)
    return Relay(section, folder, limits=limits, context=context)


async def send(through: Relay, letter: bytes = LETTER, *, before_dot: Any = None, **envelope: str) -> Outcome:
    return await through.send(
        letter,
        name="7",
        sender=envelope.get("sender", SENDER),
        recipient=envelope.get("recipient", RECIPIENT),
        before_dot=before_dot or BeforeDot(),
    )


async def one(
    replies: dict[str, Any], limits: Limits = PATIENT, letter: bytes = LETTER
) -> tuple[Outcome, ScriptedRelay, int]:
    """One letter to a relay that answers so: what came of it, the relay, and how often the phase was recorded."""
    before_dot = BeforeDot()
    async with ScriptedRelay(replies) as scripted:
        through = relay(scripted, limits=limits)
        outcome = await send(through, letter, before_dot=before_dot)
        await through.close()
    return outcome, scripted, before_dot.times


async def test_a_letter_arrives_as_it_was_written_with_its_envelope() -> None:
    outcome, scripted, recorded = await one({})
    assert outcome == Sent("250 2.0.0 queued as 1")
    assert scripted.letters == [b"Subject: x\r\n\r\nHello.\r\n..\r\n...dots\r\n"]
    assert scripted.commands[1:] == [
        b"MAIL FROM:<bounces+b1abc-0123456789abcdef@desk.example> SIZE=%d" % len(LETTER),
        b"RCPT TO:<ann@example.net>",
        b"DATA",
        b".",
        b"QUIT",
    ]
    assert recorded == 1


@pytest.mark.parametrize("code", [421, 450, 451, 452, 550, 551, 552, 553, 554])
@pytest.mark.parametrize("verb", ["CONNECT", "EHLO", "MAIL", "RCPT", "DATA", "."])
async def test_f11_f12_a_refusal_at_each_verb(verb: str, code: int) -> None:
    outcome, scripted, recorded = await one({verb: b"%d 4.0.0 no" % code})
    # Before MAIL nothing is known of this letter: such a relay may be mended, and the letter waits.
    expected = Rejected if code >= 500 and verb not in ("CONNECT", "EHLO") else Deferred
    assert outcome == expected(f"{code} 4.0.0 no")
    assert recorded == (verb == ".")
    assert (b"." in scripted.commands) == (verb == ".")
    assert (b"DATA" in scripted.commands) == (verb in ("DATA", "."))


@pytest.mark.parametrize("code", [503, 530, 535])
async def test_what_is_wrong_with_our_session_does_not_give_up_a_letter(code: int) -> None:
    outcome, _, _ = await one({"MAIL": b"%d 5.7.0 Authentication required" % code})
    assert outcome == Deferred(f"{code} 5.7.0 Authentication required")


@pytest.mark.parametrize("how", [DROP, RESET])
@pytest.mark.parametrize("verb", ["CONNECT", "EHLO", "MAIL", "RCPT", "DATA", "BODY", "."])
async def test_f13_a_lost_connection_is_unknown_only_after_the_dot(verb: str, how: bytes) -> None:
    # Longer than the network holds on the way, so that the relay is seen to go in the middle of it.
    outcome, _, recorded = await one({verb: how}, letter=(b"x" * 78 + b"\r\n") * 250_000)
    assert outcome == (Unknown if verb == "." else Deferred)("4.4.2 The relay closed the connection.")
    assert recorded == (verb == ".")


@pytest.mark.parametrize("verb", ["CONNECT", "EHLO", "MAIL", "RCPT", "DATA", "."])
async def test_sec_70_a_relay_that_says_nothing_is_given_up_in_each_phase(verb: str) -> None:
    outcome, _, recorded = await one({verb: HANG}, SHORT)
    assert outcome == (Unknown if verb == "." else Deferred)("4.4.2 The relay did not answer within 0.2 seconds.")
    assert recorded == (verb == ".")


JUNK: list[Any] = [
    pytest.param(b"hello", id="words"),
    pytest.param(b"", id="an empty line"),
    pytest.param(b"25", id="half a code"),
    pytest.param(b"\xff\xfe\x00\x80", id="octets"),
    pytest.param(b"HTTP/1.1 400 Bad Request", id="HTTP"),
    pytest.param(b"999 no such code", id="999"),
    pytest.param(b"100 too low", id="100"),
    pytest.param(b"250 ok\r\n250 ok", id="two replies"),
    pytest.param(b"250 ok\r\n354 go on\r\n250 queued", id="three replies at once"),
    pytest.param(b"250-\r\n" * 200 + b"250 ok", id="too many lines"),
    pytest.param(b"250 " + b"x" * 3000, id="a long line"),
    pytest.param(ENDLESS + b"250-more\r\n" * 1000, id="lines without end"),
    pytest.param(ENDLESS + b"x" * 65536, id="a line without end"),
]


@pytest.mark.parametrize("reply", JUNK)
@pytest.mark.parametrize("verb", ["CONNECT", "EHLO", "MAIL", "RCPT", "DATA", "."])
async def test_sec_70_a_reply_that_is_not_smtp_never_counts_as_sent_or_rejected(verb: str, reply: bytes) -> None:
    outcome, scripted, recorded = await one({verb: reply})
    assert type(outcome) is (Unknown if verb == "." else Deferred)
    assert outcome.reply.startswith("4.5.0")
    assert recorded == (verb == ".")
    assert (b"." in scripted.commands) == (verb == ".")


async def test_sec_70_a_banner_of_two_gigabytes_costs_no_memory() -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    async with ScriptedRelay({"CONNECT": ENDLESS + b"x" * (1 << 20)}) as scripted:
        through = relay(scripted)
        for _ in range(5):
            assert isinstance(await send(through), Deferred)
        assert scripted.written < 200 << 20
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 30_000  # KiB, the relay's own part included


async def test_sec_70_a_yes_before_the_dot_is_not_the_answer_to_it() -> None:
    before_dot = BeforeDot()
    async with ScriptedRelay({"BODY": b"250 2.0.0 queued", ".": b"451 4.3.0 no"}) as scripted:
        outcome = await send(relay(scripted), (b"x" * 78 + b"\r\n") * 250_000, before_dot=before_dot)
    assert outcome == Deferred("4.5.0 The relay's reply is not SMTP: it spoke without being asked: 250 2.0.0 queued.")
    assert b"." not in scripted.commands


async def test_control_characters_of_a_relay_go_nowhere() -> None:
    outcome, _, _ = await one({"RCPT": b"550-5.1.1 \x1b]0;x\x07no\r\n550 5.1.1 such \x9b person"})
    assert outcome.reply.split() == ["550", "5.1.1", "]0;x", "no", "5.1.1", "such", "person"]
    assert outcome.reply.isprintable()


async def test_f13_the_phase_is_recorded_when_all_but_the_dot_has_left() -> None:
    letter = b"x" * 78 + b"\r\n"
    async with ScriptedRelay() as scripted:
        before_dot = BeforeDot(look=lambda: (len(scripted.unfinished), list(scripted.letters)))
        assert isinstance(await send(relay(scripted), letter * 5000, before_dot=before_dot), Sent)
    assert before_dot.seen == [(400_000, [])]


async def test_what_was_put_has_left_for_the_network() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        _, wire = await asyncio.get_running_loop().create_connection(Wire, sock=ours)
        wire.hold_nothing_back()
        assert isinstance(wire.transport, asyncio.WriteTransport)

        async def fill(transport: asyncio.WriteTransport) -> None:
            while True:
                await wire.put(b"x" * 10_007, within=0.1)
                assert transport.get_write_buffer_size() == 0

        with pytest.raises(Broken, match="took no more"):
            await fill(wire.transport)
        wire.drop()
        await asyncio.sleep(0)


@pytest.mark.parametrize("error", [RuntimeError("database is gone"), asyncio.CancelledError()])
async def test_a_phase_that_cannot_be_recorded_keeps_the_letter_back(error: BaseException) -> None:
    async with ScriptedRelay() as scripted:
        through = relay(scripted)
        with pytest.raises(type(error)):
            await send(through, before_dot=BeforeDot(error))
        assert isinstance(await send(through), Sent)
    assert len(scripted.letters) == 1
    assert scripted.connections == 2


async def test_cancelling_while_the_answer_to_the_dot_is_due_leaves_nothing_open() -> None:
    async with ScriptedRelay({".": HANG}) as scripted:
        task = asyncio.create_task(send(relay(scripted)))
        while b"." not in scripted.commands:
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task


async def test_f10_a_relay_that_stops_reading_defers_the_letter() -> None:
    before_dot = BeforeDot()
    async with ScriptedRelay({"BODY": HANG}) as scripted:
        outcome = await send(relay(scripted, limits=SHORT), (b"x" * 78 + b"\r\n") * 250_000, before_dot=before_dot)
    assert outcome == Deferred("4.4.2 The relay took no more of the letter for 0.2 seconds.")
    assert before_dot.times == 0


async def test_f9_a_relay_that_is_down_defers_the_letter() -> None:
    async with ScriptedRelay() as scripted:
        port = scripted.port
    outcome = await send(relay(port))
    assert isinstance(outcome, Deferred)
    assert outcome.reply.startswith(f"4.4.1 Cannot connect to the relay 127.0.0.1:{port}: ")


async def test_f9_a_relay_whose_name_is_unknown_defers_the_letter() -> None:
    # Longer than a name can be (RFC 1035 section 2.3.4), so that the library refuses it and no resolver is asked.
    name = ".".join(["r" * 60] * 5)
    outcome = await send(relay(25, url=f"smtp://{name}", tls="never"))
    assert isinstance(outcome, Deferred)
    assert outcome.reply.startswith("4.4.1 ")
    assert f"{name}:25" in outcome.reply


HOSTILE = [
    "alice@example.org)bob@evil.example",
    "a@b.example,d@evil.example",
    "a@b.example> NOTIFY=SUCCESS",
    "a@b.example>\r\nRCPT TO:<d@evil.example",
    "a@b.example\nDATA",
    "<a@b.example>",
    "a b@c.example",
    "@evil.example:a@b.example",
    '"a@evil.example"@b.example',
    "a@b.example\x00",
    "a",
    "",
]


@pytest.mark.parametrize("recipient", HOSTILE)
async def test_sec_38_a_recipient_that_is_not_one_address_is_never_put_on_the_wire(recipient: str) -> None:
    async with ScriptedRelay() as scripted:
        assert isinstance(await send(relay(scripted), recipient=recipient), Rejected)
    assert scripted.connections == 0


@pytest.mark.parametrize("sender", [each for each in HOSTILE if each])
async def test_sec_38_neither_is_such_a_sender(sender: str) -> None:
    async with ScriptedRelay() as scripted:
        assert isinstance(await send(relay(scripted), sender=sender), Rejected)
    assert scripted.connections == 0


@pytest.mark.parametrize("recipient", ["o'neil@x.example", "a+b=c@x.example", "UPPER@X.example", "{a}|b@x.example"])
async def test_sec_38_the_relay_is_told_the_very_address_of_the_row(recipient: str) -> None:
    async with ScriptedRelay() as scripted:
        assert isinstance(await send(relay(scripted), recipient=recipient, sender=""), Sent)
    local, _, domain = recipient.partition("@")
    assert f"RCPT TO:<{local}@{domain.lower()}>".encode() in scripted.commands
    assert any(command.startswith(b"MAIL FROM:<> ") for command in scripted.commands)


async def test_an_address_beyond_ascii_needs_a_relay_that_takes_it() -> None:
    async with ScriptedRelay() as scripted:
        assert isinstance(await send(relay(scripted), recipient="åsa@exempel.example"), Sent)
    assert "RCPT TO:<åsa@exempel.example>".encode() in scripted.commands
    assert any(b" SMTPUTF8 BODY=8BITMIME" in command for command in scripted.commands)
    async with ScriptedRelay({"EHLO": b"250 relay.example"}) as scripted:
        outcome = await send(relay(scripted), recipient="åsa@exempel.example")
    assert outcome == Rejected("5.6.7 The relay takes no addresses beyond ASCII (SMTPUTF8).")
    assert not any(command.startswith(b"MAIL") for command in scripted.commands)


async def test_a_relay_that_knows_no_ehlo_is_greeted_with_helo() -> None:
    outcome, scripted, _ = await one({"EHLO": b"502 5.5.1 no", "HELO": b"250 relay.example"})
    assert isinstance(outcome, Sent)
    assert b"MAIL FROM:<bounces+b1abc-0123456789abcdef@desk.example>" in scripted.commands


@pytest.mark.parametrize(
    ("content", "wire"),
    [
        (b"a\r\n", b"a\r\n"),
        (b"a", b"a\r\n"),
        (b".", b"..\r\n"),
        (b".\r\n.", b"..\r\n..\r\n"),
        (b"a\n.\nb", b"a\r\n..\r\nb\r\n"),
        (b"a\r.\rb", b"a\r\n..\r\nb\r\n"),
        (b"a\r\n.\nb", b"a\r\n..\r\nb\r\n"),
        (b"a\n.\r\nb", b"a\r\n..\r\nb\r\n"),
        (b"a\r\r\n.\r\nb", b"a\r\n\r\n..\r\nb\r\n"),
        (b"", b"\r\n"),
    ],
)
def test_sec_53_no_octets_of_a_letter_end_it_early(content: bytes, wire: bytes) -> None:
    assert stuffed(content) == wire


async def test_letters_one_after_the_other_share_a_connection() -> None:
    async with ScriptedRelay() as scripted:
        through = relay(scripted)
        for _ in range(3):
            assert isinstance(await send(through), Sent)
        await through.close()
    assert scripted.connections == 1
    assert scripted.commands.count(b"RSET") == 2
    assert scripted.commands[-1] == b"QUIT"
    assert len(scripted.letters) == 3


async def test_a_refused_recipient_leaves_the_connection_good_for_the_next_letter() -> None:
    async with ScriptedRelay({"RCPT": [b"550 5.1.1 no", b"250 ok"]}) as scripted:
        through = relay(scripted)
        assert isinstance(await send(through), Rejected)
        assert isinstance(await send(through), Sent)
        await through.close()
    assert scripted.connections == 1


@pytest.mark.parametrize(
    "replies",
    [
        {"RSET": DROP},
        {"RSET": HANG},
        {"RSET": b"421 4.4.2 bye"},
        {"RSET": b"hello"},
        {".": [b"250 ok\r\n421 bye", b"250 ok"]},
    ],
)
async def test_a_connection_that_went_stale_costs_no_letter(replies: dict[str, Any]) -> None:
    async with ScriptedRelay(replies) as scripted:
        through = relay(scripted, limits=SHORT)
        first = await send(through)
        assert isinstance(first, Sent) or "." in replies
        assert isinstance(await send(through), Sent)
        await through.close()
    assert scripted.connections == 2


async def test_a_connection_is_closed_when_no_letter_comes() -> None:
    async with ScriptedRelay() as scripted:
        through = relay(scripted, limits=replace(PATIENT, idle=0.05))
        assert isinstance(await send(through), Sent)
        await asyncio.sleep(0.3)
        assert scripted.commands[-1] == b"QUIT"
        assert scripted.at_once == 0
        assert isinstance(await send(through), Sent)
        await through.close()


async def test_a_connection_is_not_kept_for_ever() -> None:
    async with ScriptedRelay() as scripted:
        through = relay(scripted)
        for _ in range(MOST_LETTERS + 1):
            assert isinstance(await send(through), Sent)
        await through.close()
    assert scripted.connections == 2


async def test_no_more_connections_are_opened_than_configured() -> None:
    async with ScriptedRelay() as scripted:
        through = relay(scripted, connections=2)
        outcomes = await asyncio.gather(*(send(through) for _ in range(12)))
        await through.close()
    assert all(isinstance(outcome, Sent) for outcome in outcomes)
    assert scripted.most_at_once == 2
    assert scripted.connections == 2
    assert len(scripted.letters) == 12


async def test_closing_does_not_wait_for_a_relay_that_says_no_goodbye() -> None:
    async with ScriptedRelay({"QUIT": HANG}) as scripted:
        through = relay(scripted, limits=SHORT)
        assert isinstance(await send(through), Sent)
        async with asyncio.timeout(1):
            await through.close()


async def test_the_log_shows_no_address_and_no_token(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "spocd.gateway")
    reply = f"550 5.1.1 <{RECIPIENT}>: {SENDER}\nforged line".encode()
    async with ScriptedRelay({"RCPT": reply.replace(b"\n", b"\x0b")}) as scripted:
        await send(relay(scripted))
        port = scripted.port
    assert caplog.messages == [
        f"rejected letter=7 relay=127.0.0.1:{port} reply='550 5.1.1 <…@example.net>: …@desk.example forged line'"
    ]


# TLS. The address 0.0.0.0 reaches this machine too, and is not one that spocd takes for loopback.


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for 0.0.0.0 with its key, in one file."""
    path = tmp_path_factory.mktemp("tls") / "relay.pem"
    key = path.with_name("key.pem")
    arguments = [
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-nodes",
        "-days",
        "2",
        "-subj",
        "/CN=relay",
    ]
    subprocess.run(
        ["openssl", "req", "-x509", *arguments, "-addext", "subjectAltName=IP:0.0.0.0", "-keyout", key, "-out", path],
        check=True,
        capture_output=True,
    )
    path.write_bytes(path.read_bytes() + key.read_bytes())
    return path


@dataclass
class Received:
    """An aiosmtpd handler: an implementation of SMTP that is not ours."""

    letters: list[bytes] = field(default_factory=list)
    logins: list[tuple[bytes, bytes]] = field(default_factory=list)
    in_tls: list[bool] = field(default_factory=list)

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802 (aiosmtpd's name)
        self.letters.append(envelope.content)
        self.in_tls.append(session.ssl is not None or server.transport.get_extra_info("sslcontext") is not None)
        return "250 2.0.0 taken"

    def authenticate(self, _server: Any, _session: Any, _envelope: Any, _mechanism: str, login: Any) -> AuthResult:
        self.logins.append((login.login, login.password))
        return AuthResult(success=login.password == b"secret", handled=False)


@contextlib.asynccontextmanager
async def aiosmtpd(received: Received, *, tls: ssl.SSLContext | None = None, **options: Any) -> AsyncIterator[int]:
    at_once = options.pop("at_once", None)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: SMTP(received, hostname="relay.example", tls_context=tls, **options), "127.0.0.1", 0, ssl=at_once
    )
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await asyncio.sleep(0.05)


def serving(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


def trusting(certificate: Path) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=certificate)


@pytest.fixture
def password(tmp_path: Path) -> str:
    path = tmp_path / "password"
    path.write_text("secret\n")
    path.chmod(0o600)
    return str(path)


async def test_a_letter_goes_over_starttls_with_a_checked_certificate_and_a_password(
    certificate: Path, password: str
) -> None:
    received = Received()
    options = {"require_starttls": True, "auth_required": True, "authenticator": received.authenticate}
    async with aiosmtpd(received, tls=serving(certificate), **options) as port:
        through = relay(
            port,
            url=f"smtp://0.0.0.0:{port}",
            context=trusting(certificate),
            user="desk",
            password_file=password,
        )
        assert await send(through) == Sent("250 2.0.0 taken")
        assert isinstance(await send(through, (b"x" * 78 + b"\r\n") * 30_000), Sent)
        await through.close()
    assert received.letters[0] == LETTER
    assert received.logins == [(b"desk", b"secret")]
    assert received.in_tls == [True, True]


async def test_a_letter_goes_over_tls_from_the_first_octet(certificate: Path) -> None:
    received = Received()
    async with aiosmtpd(received, at_once=serving(certificate)) as port:
        through = relay(port, url=f"smtps://0.0.0.0:{port}", context=trusting(certificate))
        assert isinstance(await send(through), Sent)
        await through.close()
    assert received.in_tls == [True]


@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
async def test_sec_71_a_certificate_that_nobody_vouches_for_stops_the_letter(certificate: Path, scheme: str) -> None:
    received = Received()
    context = serving(certificate)
    async with aiosmtpd(received, **({"tls": context} if scheme == "smtp" else {"at_once": context})) as port:
        outcome = await send(relay(port, url=f"{scheme}://0.0.0.0:{port}"))
    assert isinstance(outcome, Deferred)
    assert outcome.reply.startswith("4.7.5 TLS with the relay failed: ")
    assert "self-signed certificate" in outcome.reply
    assert received.letters == []


async def test_sec_71_a_certificate_for_another_name_stops_the_letter(certificate: Path) -> None:
    received = Received()
    async with aiosmtpd(received, tls=serving(certificate)) as port:
        # 127.1 is 127.0.0.1 to the resolver, and no loopback address as it is written.
        outcome = await send(relay(port, url=f"smtp://127.1:{port}", context=trusting(certificate)))
    assert isinstance(outcome, Deferred)
    assert "mismatch" in outcome.reply or "doesn't match" in outcome.reply


@pytest.mark.parametrize(
    "replies",
    [
        pytest.param({}, id="no STARTTLS"),
        pytest.param({"EHLO": b"250-x\r\n250 STARTTLS", "STAR": b"454 4.7.0 not now"}, id="refused"),
        pytest.param({"EHLO": b"250-x\r\n250 STARTTLS", "STAR": b"220 go\r\n250 injected"}, id="injected"),
        pytest.param({"EHLO": b"250-x\r\n250 STARTTLS", "STAR": b"220 go\r\njunk"}, id="junk"),
        pytest.param({"EHLO": b"250-x\r\n250 STARTTLS", "STAR": DROP}, id="dropped"),
        pytest.param({"EHLO": b"250-x\r\n250 STARTTLS", "STAR": HANG}, id="silent"),
    ],
)
async def test_sec_71_without_tls_nothing_goes_to_a_relay_elsewhere(replies: dict[str, Any], password: str) -> None:
    async with ScriptedRelay(replies) as scripted:
        url = f"smtp://0.0.0.0:{scripted.port}"
        outcome = await send(relay(scripted, limits=SHORT, url=url, user="desk", password_file=password))
    assert isinstance(outcome, Deferred)
    assert outcome.reply.startswith("4.7.5")
    assert not any(command[:4] in (b"MAIL", b"DATA", b"AUTH") for command in scripted.commands)


async def test_never_means_clear_text_even_where_tls_is_offered() -> None:
    async with ScriptedRelay({"EHLO": b"250-x\r\n250 STARTTLS"}) as scripted:
        assert isinstance(await send(relay(scripted, url=f"smtp://0.0.0.0:{scripted.port}", tls="never")), Sent)
    assert b"STARTTLS" not in scripted.commands


@pytest.mark.parametrize("methods", [b"PLAIN LOGIN", b"LOGIN"])
async def test_a_password_goes_in_clear_text_only_to_this_machine(methods: bytes, password: str) -> None:
    replies = {"EHLO": b"250-x\r\n250 AUTH " + methods, "AUTH": b"334 UGFzc3dvcmQ6", "C2VJ": b"235 ok"}
    if b"PLAIN" in methods:
        replies["AUTH"] = b"235 ok"
    async with ScriptedRelay(replies) as scripted:
        assert isinstance(await send(relay(scripted, user="desk", password_file=password)), Sent)
    plain = b"PLAIN" in methods
    assert (b"AUTH PLAIN AGRlc2sAc2VjcmV0" if plain else b"AUTH LOGIN ZGVzaw==") in scripted.commands


@pytest.mark.parametrize(
    ("replies", "code"),
    [
        ({"EHLO": b"250-x\r\n250 AUTH PLAIN", "AUTH": b"535 5.7.8 wrong"}, "4.7.8"),
        ({"EHLO": b"250-x\r\n250 AUTH PLAIN", "AUTH": b"454 4.7.0 later"}, "4.7.8"),
        ({"EHLO": b"250-x\r\n250 AUTH GSSAPI"}, "4.7.0"),
        ({}, "4.7.0"),
    ],
)
async def test_a_relay_that_lets_us_not_in_defers_the_letter(replies: Any, code: str, password: str) -> None:
    async with ScriptedRelay(replies) as scripted:
        outcome = await send(relay(scripted, user="desk", password_file=password))
    assert isinstance(outcome, Deferred)
    assert outcome.reply.startswith(code)
    assert "secret" not in outcome.reply


async def test_a_password_goes_inside_tls_where_this_machine_offers_it(certificate: Path, password: str) -> None:
    received = Received()
    async with aiosmtpd(received, tls=serving(certificate), authenticator=received.authenticate) as port:
        through = relay(port, user="desk", password_file=password)
        assert isinstance(await send(through), Sent)
        await through.close()
    assert received.in_tls == [True]
    assert received.logins == [(b"desk", b"secret")]


# Settings.


@pytest.mark.parametrize(
    ("settings", "fault"),
    [
        ({"url": "relay.example"}, "relay.url"),
        ({"url": "http://relay.example"}, "relay.url"),
        ({"url": "smtp://"}, "relay.url"),
        ({"url": "smtp://x:99999"}, "relay.url"),
        ({"url": "smtp://x:nine"}, "relay.url"),
        ({"url": "smtp://[::1"}, "relay.url"),
        ({"url": "smtp://x/y"}, "relay.url"),
        ({"url": "smtp://a..b"}, "relay.url"),
        ({"url": f"smtp://{'x' * 64}.example"}, "relay.url"),
        ({"url": "smtp://desk:secret@x"}, "relay.url"),
        ({"url": "smtp://x", "tls": "maybe"}, "relay.tls"),
        ({"url": "smtps://x", "tls": "never"}, "relay.tls"),
        ({"url": "smtp://x", "connections": 0}, "relay.connections"),
        ({"url": "smtp://x", "user": "desk"}, "relay.password_file"),
        ({"url": "smtp://x", "user": "desk", "password_file": "missing"}, "relay.password_file"),
        ({"url": "smtp://x", "user": "desk", "password_file": "open"}, "relay.password_file"),
        ({"url": "smtp://x", "user": "desk", "password_file": "shut", "tls": "never"}, "relay.user"),
    ],
)
def test_settings_that_cannot_be_used_are_told_by_their_key(
    tmp_path: Path, settings: dict[str, Any], fault: str
) -> None:
    for name, mode in (("open", 0o640), ("shut", 0o600)):
        (tmp_path / name).write_text("secret")
        (tmp_path / name).chmod(mode)
    with pytest.raises(Misconfigured) as misconfigured:
        Relay(RelaySection(**settings), tmp_path)
    (found,) = misconfigured.value.faults
    assert found.startswith(fault + ": ")
    assert "secret" not in found or "secret@" in settings["url"]


def test_a_desk_without_a_relay_writes_into_its_maildir_and_one_with_a_relay_sends(tmp_path: Path) -> None:
    config = Config(path=tmp_path / "spocd.toml", desk=DeskSection(address="desk@example.org"))
    found = transport(config)
    assert isinstance(found, Maildir)
    assert found.folder == tmp_path / "sent"
    assert isinstance(transport(replace(config, relay=RelaySection(url="smtp://127.0.0.1"))), Relay)


# The Maildir.


async def put(folder: Maildir, name: str = "letter-7", before_dot: Any = None, **envelope: str) -> Outcome:
    return await folder.send(
        LETTER,
        name=name,
        sender=envelope.get("sender", SENDER),
        recipient=envelope.get("recipient", RECIPIENT),
        before_dot=before_dot or BeforeDot(),
    )


async def test_a_letter_in_the_maildir_is_read_back_by_other_programs(tmp_path: Path) -> None:
    folder = Maildir(tmp_path / "a" / "sent")
    assert isinstance(await put(folder), Sent)
    (message,) = mailbox.Maildir(tmp_path / "a" / "sent", create=False)
    assert message["Return-Path"] == f"<{SENDER}>"
    assert message["Delivered-To"] == RECIPIENT
    assert message["Subject"] == "x"
    assert message.get_payload() == "Hello.\n.\n..dots\n"
    (path,) = (tmp_path / "a" / "sent" / "new").iterdir()
    assert path.stat().st_mode & 0o777 == 0o600
    assert list((tmp_path / "a" / "sent" / "tmp").iterdir()) == []


@pytest.mark.parametrize("moved", ["new/letter-7", "cur/letter-7", "cur/letter-7:2,S"])
async def test_the_same_letter_twice_is_there_once(tmp_path: Path, moved: str) -> None:
    folder = Maildir(tmp_path)
    await put(folder)
    (tmp_path / "new" / "letter-7").rename(tmp_path / moved)
    assert isinstance(await put(folder), Sent)
    assert len(mailbox.Maildir(tmp_path, create=False)) == 1
    assert isinstance(await put(folder, "letter-70"), Sent)
    assert len(mailbox.Maildir(tmp_path, create=False)) == 2
    assert list((tmp_path / "tmp").iterdir()) == []


async def test_a_try_that_was_cut_off_leaves_no_half_letter(tmp_path: Path) -> None:
    folder = Maildir(tmp_path)
    with pytest.raises(RuntimeError):
        await put(folder, before_dot=BeforeDot(RuntimeError("database is gone")))
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
    (tmp_path / "tmp" / "letter-7").write_text("what a crash left, longer than the letter " * 100)
    assert isinstance(await put(folder), Sent)
    (message,) = mailbox.Maildir(tmp_path, create=False)
    assert message.get_payload() == "Hello.\n.\n..dots\n"


async def test_the_phase_is_recorded_before_a_letter_can_be_seen(tmp_path: Path) -> None:
    before_dot = BeforeDot(
        look=lambda: sorted(str(p.relative_to(tmp_path)) for p in tmp_path.rglob("*") if p.is_file())
    )
    await put(Maildir(tmp_path), before_dot=before_dot)
    assert before_dot.seen == [["tmp/letter-7"]]


async def test_f4_a_maildir_that_cannot_be_written_defers_the_letter(tmp_path: Path) -> None:
    (tmp_path / "sent").write_text("a file stands where the folder should")
    outcome = await put(Maildir(tmp_path / "sent"))
    assert isinstance(outcome, Deferred)
    assert outcome.reply.startswith("4.3.0 Cannot write ")


async def test_a_link_in_the_way_is_not_followed(tmp_path: Path) -> None:
    folder = Maildir(tmp_path / "sent")
    await put(folder, "other")
    target = tmp_path / "target"
    target.write_text("precious")
    os.symlink(target, tmp_path / "sent" / "tmp" / "letter-7")
    assert isinstance(await put(folder), Deferred)
    assert target.read_text() == "precious"


@pytest.mark.parametrize("name", ["", ".", "../x", "a/b", ".hidden", "a\nb", "a:2,S"])
async def test_a_name_that_is_no_plain_file_name_is_a_mistake(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="cannot be the name"):
        await put(Maildir(tmp_path), name)


@pytest.mark.parametrize("recipient", HOSTILE)
async def test_sec_38_the_maildir_takes_no_such_recipient_either(tmp_path: Path, recipient: str) -> None:
    assert isinstance(await put(Maildir(tmp_path), recipient=recipient), Rejected)
