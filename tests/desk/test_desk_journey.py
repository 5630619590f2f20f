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
