"""One letter and a relay, good or bad: what is known of it afterwards."""

from __future__ import annotations

import asyncio
import resource
import socket
from typing import Any

import pytest

from spocd.domain.delivery import Deferred, Outcome, Rejected, Sent, Unknown
from spocd.gateway.dialogue import Limits
from spocd.gateway.wire import Broken, Wire
from tests.gateway.scripted_relay import DRIP, DROP, ENDLESS, HANG, ORDINARY, RESET, ScriptedRelay
from tests.gateway.sending_case import LETTER, SHORT, BeforeDot, one, relay, send


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
    # Before MAIL the relay can speak of us alone, and that may be mended.
    about_the_letter = verb in ("MAIL", "RCPT", "DATA", ".")
    expected = Rejected if code >= 500 and about_the_letter else Deferred
    assert outcome == expected(f"{code} 4.0.0 no")
    assert recorded == (verb == ".")
    assert (b"." in scripted.commands) == (verb == ".")
    assert (b"DATA" in scripted.commands) == (verb in ("DATA", "."))


@pytest.mark.parametrize("verb", ["RCPT", "DATA"])
@pytest.mark.parametrize(
    "reply",
    [
        "521 5.3.2 this host takes no mail",
        "554-5.7.1 <ann@example.net>: Relay access denied\r\n554 5.7.1 Ask your administrator",
        "550 relay not permitted",
        "550 Relaying denied",
        "553 sorry, relaying is not allowed",
    ],
)
async def test_f12_what_is_said_of_our_rights_gives_up_no_letter(verb: str, reply: str) -> None:
    outcome, _, _ = await one({verb: reply.encode()})
    assert isinstance(outcome, Deferred)


@pytest.mark.parametrize(
    "reply",
    [
        "550 5.1.1 <relay@example.net>: User unknown, relaying to it is not allowed",
        "550 5.1.10 no such person",
        "550 5.7.1 <ann@example.net>: Recipient address rejected: Access denied",
        "554 5.7.26 unauthenticated mail is prohibited",
        "550 the relay says: no such person",
        "552 5.2.2 mailbox full",
        "550 15.7.1 is no enhanced code",
    ],
)
async def test_f12_what_is_said_of_the_recipient_is_final(reply: str) -> None:
    outcome, _, _ = await one({"RCPT": reply.encode()})
    assert isinstance(outcome, Rejected)


async def test_f12_a_letter_that_the_relay_takes_for_forbidden_is_given_up_after_the_dot() -> None:
    outcome, _, _ = await one({".": b"550 5.7.1 this is spam"})
    assert outcome == Rejected("550 5.7.1 this is spam")


@pytest.mark.parametrize(
    "reply",
    [
        "550 5.7.1 you may not send as that",
        "553 5.7.27 no such sender",
        "553 5.1.8 no such domain",
        "550 5.1.7 bad sender",
        "550 relaying denied",
    ],
)
async def test_f12_what_is_said_of_our_sender_gives_up_no_letter(reply: str) -> None:
    outcome, _, _ = await one({"MAIL": reply.encode()})
    assert isinstance(outcome, Deferred)


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


@pytest.mark.parametrize("verb", ["CONNECT", "EHLO", "MAIL", "RCPT", "DATA", "."])
async def test_f10_an_octet_at_a_time_does_not_prolong_a_phase(verb: str) -> None:
    outcome, _, _ = await one({verb: DRIP + b"250 " + b"x" * 1000}, SHORT)
    assert outcome == (Unknown if verb == "." else Deferred)("4.4.2 The relay did not answer within 0.2 seconds.")


@pytest.mark.parametrize("verb", ["CONNECT", "EHLO", "MAIL", "RCPT", "DATA", "."])
async def test_f10_a_slow_reply_that_is_whole_in_time_is_an_answer(verb: str) -> None:
    outcome, _, _ = await one({verb: DRIP + ORDINARY[verb]})
    assert isinstance(outcome, Sent)


def test_f10_each_phase_has_the_time_that_the_standard_asks_for() -> None:
    limits = Limits()
    # RFC 5321 section 4.5.3.2; its minutes for MAIL, RCPT, DATA, a block and the dot.
    assert (limits.greeting, limits.command, limits.data, limits.block, limits.dot) == (300, 300, 120, 180, 600)


JUNK: list[Any] = [
    pytest.param(b"hello", id="words"),
    pytest.param(b"", id="an empty line"),
    pytest.param(b"25", id="half a code"),
    pytest.param(b"\xff\xfe\x00\x80", id="octets"),
    pytest.param(b"HTTP/1.1 400 Bad Request", id="HTTP"),
    pytest.param(b"999 no such code", id="999"),
    pytest.param(b"100 too low", id="100"),
    pytest.param(b"250-\r\n" * 200 + b"250 ok", id="too many lines"),
    pytest.param(b"250 " + b"x" * 3000, id="a long line"),
    pytest.param(ENDLESS + b"250-more\r\n" * 1000, id="lines without end"),
    pytest.param(ENDLESS + b"x" * 65536, id="a line without end"),
]


TOO_MANY: list[Any] = [
    pytest.param(b"250 ok\r\n250 ok", id="two replies"),
    pytest.param(b"550 5.1.1 no\r\n250 ok", id="a no and a yes"),
    pytest.param(b"250 ok\r\n354 go on\r\n250 queued", id="three replies at once"),
]


@pytest.mark.parametrize("reply", TOO_MANY)
@pytest.mark.parametrize("verb", ["CONNECT", "EHLO", "MAIL", "RCPT", "DATA"])
async def test_sec_70_more_replies_than_were_asked_for_are_no_answer_before_the_dot(verb: str, reply: bytes) -> None:
    outcome, scripted, recorded = await one({verb: reply})
    assert isinstance(outcome, Deferred)
    assert outcome.reply.startswith("4.5.0")
    assert not recorded
    assert b"." not in scripted.commands


@pytest.mark.parametrize(
    ("reply", "outcome"),
    [
        pytest.param(b"250 2.0.0 queued\r\n421 4.3.2 bye", Sent("250 2.0.0 queued"), id="a relay that closes down"),
        pytest.param(b"250-2.0.0\r\n250 queued\r\nhello", Sent("250 2.0.0 queued"), id="words after a yes"),
        pytest.param(b"250 queued\r\n" + b"x" * 3000, Sent("250 queued"), id="a long line after a yes"),
        pytest.param(b"550 5.7.1 spam\r\n250 ok", Rejected("550 5.7.1 spam"), id="a no and a yes"),
        pytest.param(b"451 4.3.0 later\r\n421 bye", Deferred("451 4.3.0 later"), id="twice later"),
    ],
)
async def test_f13_the_first_whole_reply_to_the_dot_is_the_answer(reply: bytes, outcome: Outcome) -> None:
    async with ScriptedRelay({".": [reply, b"250 ok"]}) as scripted:
        through = relay(scripted)
        assert await send(through) == outcome
        assert isinstance(await send(through), Sent)
        await through.close()
    assert scripted.connections == 2, "what followed is no answer to the next letter's MAIL"


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


async def test_the_beginning_of_a_reply_that_is_not_due_cannot_become_the_answer_to_a_later_command() -> None:
    wire = Wire()
    wire.data_received(b"220 relay.example\r\n25")
    with pytest.raises(Broken, match="more replies than it was asked for"):
        await wire.reply(within=1)


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
