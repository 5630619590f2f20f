"""TLS and passwords on the way to the relay, and the settings that say so."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import subprocess
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, AuthResult

from spocd.config import Config, DeskSection, RelaySection
from spocd.domain.delivery import Deferred, Sent
from spocd.errors import Misconfigured
from spocd.gateway.maildir import Maildir
from spocd.gateway.sending import Relay, transport
from tests.gateway.scripted_relay import DROP, HANG, ScriptedRelay
from tests.gateway.sending_case import LETTER, SHORT, relay, send

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
