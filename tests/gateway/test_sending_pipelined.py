"""A relay that takes several commands at once (RFC 2920): the same is known of a letter, after fewer round trips."""

from __future__ import annotations

from typing import Any

import pytest

from spocd.domain.delivery import Deferred, Outcome, Rejected, Sent, Unknown
from tests.gateway.scripted_relay import DROP, HANG, SILENT, ScriptedRelay
from tests.gateway.sending_case import SHORT, one, relay, send

OFFERS = {"EHLO": b"250-relay.example\r\n250-PIPELINING\r\n250 SIZE 50000000"}


async def test_mail_rcpt_and_data_are_said_in_one_breath() -> None:
    outcome, scripted, recorded = await one(OFFERS | {"MAIL": SILENT, "RCPT": b"250 2.1.0 ok\r\n250 2.1.5 ok"})
    assert isinstance(outcome, Sent), "it waited for the answer to MAIL before it said RCPT"
    assert [command[:4] for command in scripted.commands[1:5]] == [b"MAIL", b"RCPT", b"DATA", b"."]
    assert recorded == 1


async def test_the_letter_itself_waits_for_all_three_answers() -> None:
    outcome, scripted, recorded = await one(OFFERS | {"DATA": SILENT}, SHORT)
    assert outcome == Deferred("4.4.2 The relay did not answer within 0.2 seconds.")
    assert (scripted.letters, scripted.unfinished, recorded) == ([], b"", 0)


@pytest.mark.parametrize("code", [421, 450, 451, 452, 550, 551, 552, 553, 554])
@pytest.mark.parametrize("verb", ["MAIL", "RCPT", "DATA", "."])
async def test_f11_f12_the_first_refusal_decides(verb: str, code: int) -> None:
    no = b"503 5.5.1 no"
    afterwards = {"MAIL": {"RCPT": no, "DATA": no}, "RCPT": {"DATA": no}}.get(verb, {})
    outcome, scripted, recorded = await one(OFFERS | afterwards | {verb: b"%d 4.0.0 no" % code})
    assert outcome == (Rejected if code >= 500 else Deferred)(f"{code} 4.0.0 no")
    assert recorded == (verb == ".")
    assert bool(scripted.letters) == (verb == ".")


async def test_a_relay_that_wants_the_letter_for_nobody_is_told_nothing_more() -> None:
    outcome, scripted, _ = await one(OFFERS | {"RCPT": b"550 5.1.1 no"})
    assert outcome == Rejected("550 5.1.1 no")
    assert scripted.unfinished == b"", "it takes whatever comes now for the letter"


async def test_a_relay_that_wants_the_letter_for_nobody_gets_none() -> None:
    async with ScriptedRelay(OFFERS | {"RCPT": [b"550 5.1.1 no", b"250 ok"]}) as scripted:
        through = relay(scripted)
        assert await send(through) == Rejected("550 5.1.1 no")
        assert isinstance(await send(through), Sent)
        await through.close()
    assert scripted.connections == 2
    assert len(scripted.letters) == 1


async def test_a_refused_recipient_leaves_the_session_good_for_the_next_letter() -> None:
    replies: dict[str, Any] = {"RCPT": [b"550 5.1.1 no", b"250 ok"], "DATA": [b"554 5.5.1 no", b"354 go on"]}
    async with ScriptedRelay(OFFERS | replies) as scripted:
        through = relay(scripted)
        assert await send(through) == Rejected("550 5.1.1 no")
        assert isinstance(await send(through), Sent)
        await through.close()
    assert scripted.connections == 1


@pytest.mark.parametrize("end", [DROP, HANG])
async def test_what_was_said_of_the_recipient_holds_though_the_session_breaks_off_after_it(end: bytes) -> None:
    outcome, _, _ = await one(OFFERS | {"RCPT": b"550 5.1.1 no", "DATA": end}, SHORT)
    assert outcome == Rejected("550 5.1.1 no")


BREAKS_OFF = [(verb, how) for verb in ("MAIL", "RCPT", "DATA", ".") for how in (DROP, HANG, b"hello")]
TOO_MANY = [(verb, b"250 ok\r\n250 ok\r\n250 ok") for verb in ("MAIL", "RCPT", "DATA")]


@pytest.mark.parametrize(("verb", "how"), BREAKS_OFF + TOO_MANY)
async def test_f13_a_session_that_breaks_off_is_unknown_only_after_the_dot(verb: str, how: bytes) -> None:
    expected: type[Outcome] = Unknown if verb == "." else Deferred
    outcome, scripted, recorded = await one(OFFERS | {verb: how}, SHORT)
    assert isinstance(outcome, expected)
    assert recorded == (verb == ".")
    assert bool(scripted.letters) == (verb == ".")
