"""The same mail over and over, as senders repeat it that missed our answer: one message."""

from __future__ import annotations

import smtplib
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.running import ADDRESS, RunningDesk, written

TIMES = 100
CONNECTIONS = 20


def send(desk: RunningDesk, raw: bytes, times: int) -> int:
    """Send the same bytes several times over one connection; how often they were accepted."""
    accepted = 0
    with smtplib.SMTP(*desk.smtp, timeout=30) as client:
        for _ in range(times):
            accepted += client.sendmail("ann@client.example", [ADDRESS], raw) == {}
    return accepted


def test_a_mail_that_comes_a_hundred_times_is_one_message(desk: RunningDesk) -> None:
    raw = written("The very same.").as_bytes()
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        at_once = sum(pool.map(lambda _: send(desk, raw, TIMES // CONNECTIONS), range(CONNECTIONS)))
    one_by_one = send(desk, raw, TIMES)
    assert (at_once, one_by_one) == (TIMES, TIMES), "a repeat was refused"
    send(desk, b"Received: from mx1.example by mx2.example; Mon, 2 Mar 2026 10:00:00 +0000\r\n" + raw, 1)
    send(desk, b"Return-Path: <ann@client.example>\r\nDelivered-To: desk@example.org\r\n" + raw, 1)
    desk.settled()
    assert len(desk.json("mail", "inbox", "--all")) == 1
    [ticket] = desk.json("ticket", "list", "--state", "all")
    assert len(desk.view(ticket["number"])["messages"]) == 1
    assert desk.letters_now() == 1


@pytest.mark.parametrize(
    ("second", "count"),
    [
        pytest.param({"subject": "Printer two"}, 2, id="another subject"),
        pytest.param({"body": "Other words."}, 2, id="other words"),
    ],
)
def test_a_mail_that_differs_in_a_word_is_another_mail(desk: RunningDesk, second: dict[str, Any], count: int) -> None:
    same = {"message_id": "<always-the-same@client.example>", "date": "Mon, 2 Mar 2026 10:00:00 +0000"}
    desk.deliver(written("Words.", **same).as_bytes(), to=[ADDRESS])
    desk.deliver(written(**({"body": "Words."} | same | second)).as_bytes(), to=[ADDRESS])
    desk.settled()
    assert len(desk.json("mail", "inbox", "--all")) == 2
    assert sum(len(desk.view(t["number"])["messages"]) for t in desk.json("ticket", "list")) == count
