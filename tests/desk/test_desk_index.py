"""What the index of words is on disk: a search looks into each of its parts."""

from __future__ import annotations

import pytest

from tests.desk.by_hand import rows
from tests.desk.indexed import found, indexed
from tests.desk.running_desk import RunningDesk


async def parts(desk: RunningDesk) -> int:
    [(count,)] = await rows(desk, "select count(distinct segid) from ticket_search_idx")
    return int(count)


@pytest.mark.sqlite(reason="PostgreSQL merges its indexes by itself")
async def test_once_a_day_all_parts_of_the_index_become_one(desk: RunningDesk) -> None:
    for number in range(3):
        await desk.mail(f"Lamp {number}")
        await indexed(desk)
    assert await parts(desk) > 1
    await desk.store.sweep()
    assert await parts(desk) == 1
    await desk.mail("Lamp 4")
    await indexed(desk)
    await desk.store.sweep()
    assert await parts(desk) > 1, "it was done today"
    assert await found(desk, "lamp") == [4, 3, 2, 1]
