"""Whom a letter is addressed to on the wire, and how long a session is kept."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from typing import Any

import pytest

from spocd.domain.delivery import Rejected, Sent
from spocd.gateway.dialogue import stuffed
from spocd.gateway.sending import MOST_LETTERS
from tests.gateway.scripted_relay import DROP, HANG, ScriptedRelay
from tests.gateway.sending_case import HOSTILE, PATIENT, RECIPIENT, SENDER, SHORT, one, relay, send


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
        assert isinstance(await send(through), Sent)
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
