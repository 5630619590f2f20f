"""The way of a real ticket, as its journal has it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.desk.running_desk import HOUR, RunningDesk, founded, new_url, opened


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[RunningDesk]:
    url = new_url(tmp_path)
    await founded(url)
    store = await opened(url)
    yield RunningDesk(store)
    await store.close()


async def test_who_waited_for_whom_on_a_real_ticket(desk: RunningDesk) -> None:
    await desk.mail()
    desk.now += HOUR
    await desk.ask("ticket.take", ticket=1)
    desk.now += HOUR
    await desk.ask("ticket.consult", ticket=1, to="lifts@supplier.example", body="Is it the motor?")
    desk.now += HOUR
    await desk.ask("ticket.reply", ticket=1, body="Have you tried water?")
    answer = (await desk.letters())[-1]
    desk.now += 2 * HOUR
    await desk.mail("Yes.", to=answer.reply_to, Subject="Re: Printer")
    desk.now += HOUR
    await desk.ask("ticket.reply", ticket=1, body="Good.", close=True)
    desk.now += HOUR
    way = await desk.ask("report.journey", ticket=1)
    assert [(leg["waits"], leg["for"], leg["seconds"]) for leg in way["legs"]] == [
        ("requester", "the queue", HOUR),
        ("requester", "agent", 2 * HOUR),
        ("desk", "requester", 2 * HOUR),
        ("requester", "agent", HOUR),
        ("desk", "lifts@supplier.example", 4 * HOUR),
    ]
    assert (way["over"], way["seconds"]) == (True, 6 * HOUR)


async def test_what_was_spam_charges_nobody_once_it_is_reopened(desk: RunningDesk) -> None:
    await desk.mail()
    await desk.ask("ticket.take", ticket=1)
    await desk.ask("ticket.spam", ticket=1)
    await desk.ask("ticket.reopen", ticket=1)
    desk.now += HOUR
    way = await desk.ask("report.journey", ticket=1)
    assert [(leg["for"], leg["seconds"]) for leg in way["legs"]] == [("the queue", HOUR)]


async def test_who_waits_on_a_ticket_waits_on_the_one_that_it_lives_on_in(desk: RunningDesk) -> None:
    await desk.mail()
    await desk.mail("And the other one too.")
    await desk.ask("ticket.reply", ticket=1, body="Have you tried water?")
    desk.now += HOUR
    await desk.ask("ticket.merge", ticket=2, into=1)
    desk.now += HOUR
    await desk.ask("ticket.unmerge", ticket=2)
    desk.now += HOUR
    ways = [(await desk.ask("report.journey", ticket=number))["legs"] for number in (1, 2)]
    assert [[(leg["waits"], leg["seconds"]) for leg in way] for way in ways] == [
        [("desk", HOUR), ("requester", HOUR), ("desk", HOUR)],
        [("requester", HOUR), ("nobody", HOUR), ("requester", HOUR)],
    ]


async def test_the_way_begins_when_the_mail_was_accepted_and_a_reply_counts_from_then_too(desk: RunningDesk) -> None:
    await desk.accept(desk.written("It is on fire."))
    desk.now += HOUR
    [mail] = await desk.lease()
    await desk.decide(mail)
    await desk.ask("ticket.reply", ticket=1, body="Have you tried water?")
    answer = (await desk.letters())[-1]
    desk.now += HOUR
    await desk.accept(desk.written("Yes."), answer.reply_to)
    desk.now += 2 * HOUR
    [mail] = await desk.lease()
    await desk.decide(mail)
    way = await desk.ask("report.journey", ticket=1)
    assert [(leg["waits"], leg["for"], leg["seconds"]) for leg in way["legs"]] == [
        ("requester", "the queue", HOUR),
        ("desk", "requester", HOUR),
        ("requester", "agent", 2 * HOUR),
    ]
