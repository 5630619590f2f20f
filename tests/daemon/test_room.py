"""Room for large mails is given in turn, and comes back."""

from __future__ import annotations

import asyncio

from spocd.daemon.room import Room


async def _settled() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


class Holder:
    """Somebody who holds room until told to go."""

    def __init__(self, room: Room, octets: int) -> None:
        self.inside = False
        self._go = asyncio.Event()
        self._task = asyncio.create_task(self._hold(room, octets))

    async def _hold(self, room: Room, octets: int) -> None:
        async with room.of(octets):
            self.inside = True
            await self._go.wait()
        self.inside = False

    async def leave(self) -> None:
        self._go.set()
        await self._task

    async def give_up(self) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)


async def _inside(*holders: Holder) -> list[bool]:
    await _settled()
    return [each.inside for each in holders]


async def test_no_more_is_held_than_there_is_and_nobody_is_overtaken() -> None:
    room = Room(10)
    first, second, large, small = (Holder(room, octets) for octets in (4, 4, 5, 1))
    assert await _inside(first, second, large, small) == [True, True, False, False]
    await first.leave()
    assert await _inside(second, large, small) == [True, True, True]
    for each in (second, large, small):
        await each.leave()


async def test_what_is_larger_than_all_the_room_goes_alone() -> None:
    room = Room(10)
    first, huge, last = (Holder(room, octets) for octets in (1, 99, 1))
    assert await _inside(first, huge, last) == [True, False, False]
    await first.leave()
    assert await _inside(huge, last) == [True, False]
    await huge.leave()
    assert await _inside(last) == [True]
    await last.leave()


async def test_who_gives_up_waiting_or_fails_keeps_nothing() -> None:
    room = Room(10)
    inside, waiting, last = (Holder(room, octets) for octets in (10, 5, 10))
    assert await _inside(inside, waiting, last) == [True, False, False]
    await waiting.give_up()
    await inside.give_up()
    assert await _inside(last) == [True]
    await last.leave()
