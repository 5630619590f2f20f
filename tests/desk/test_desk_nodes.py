"""Which runs live, what they hold, and what becomes of it when they do not live any more."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from spocd.daemon.membership import HEARTBEAT, STEADY, Membership
from spocd.desk import delivery, letter, node
from spocd.desk.operation import Desk
from spocd.domain.delivery import Deferred, Sent
from spocd.errors import Refused, TryLater
from tests.desk.by_hand import by_hand
from tests.desk.running_desk import DAY, HOUR, START, RunningDesk


async def further(desk: RunningDesk, run: str) -> RunningDesk:
    """Another node of the same desk."""
    other = RunningDesk(desk.store, replace(desk.settings, run=run), desk.now)
    await other.write(lambda d: node.join(d, host="there", place=f"there:/{run}", pid=2))
    return other


async def lose_all(desk: RunningDesk) -> None:
    """Have every run taken for lost, however lately it was seen."""
    await desk.write(lambda d: d.tx.all("mark_lost_nodes", run="", now=d.now, seconds=-(2**40)))
    await desk.write(delivery.recover)


async def test_a_node_that_joins_leaves_the_others_what_they_hold(desk: RunningDesk) -> None:
    await desk.accept(desk.written("Mine"))
    [mail] = await desk.lease()
    other = await further(desk, "b")
    assert await other.lease() == []
    assert (await desk.decide(mail)).name == "opened"


async def test_two_nodes_never_hold_the_same(desk: RunningDesk) -> None:
    other = await further(desk, "b")
    for number in range(6):
        await desk.accept(desk.written(f"{number}"))
    [first] = [await desk.lease()]
    assert len(first) == 6
    assert await other.lease() == []


async def test_what_a_lost_node_held_is_taken_by_the_next(desk: RunningDesk) -> None:
    await desk.accept(desk.written("Whose?"))
    [mail] = await desk.lease()
    await lose_all(desk)
    other = await further(desk, "b")
    [same] = await other.lease()
    assert same.id == mail.id
    with pytest.raises(TryLater, match="not ours"):
        await desk.decide(mail)
    assert (await other.decide(same)).name == "opened"
    assert len((await desk.ask("ticket.list"))["tickets"]) == 1


async def test_a_lost_node_takes_nothing_before_it_has_begun_anew(desk: RunningDesk) -> None:
    await desk.mail()
    await desk.accept(desk.written("Waits"))
    await lose_all(desk)
    assert not await desk.write(node.beat)
    assert await desk.lease() == []
    assert await desk.lease_letters() == []
    await desk.restart()
    assert await desk.write(node.beat)
    assert len(await desk.lease()) == 1
    assert [each.id for each in await desk.lease_letters()] == [1]


async def test_a_lost_node_lets_no_dot_go_and_settles_nothing(desk: RunningDesk) -> None:
    await desk.mail()
    [leased] = await desk.lease_letters()
    await lose_all(desk)
    with pytest.raises(TryLater, match="not ours to send"):
        await desk.write(lambda d: letter.dot_goes(d, leased))
    with pytest.raises(Refused, match="not this node's any more"):
        await desk.write(lambda d: delivery.settle(d, leased, Sent("250 ok"), jitter=0.0))


async def test_a_letter_that_the_database_held_up_goes_at_once_and_that_was_no_try(desk: RunningDesk) -> None:
    await desk.mail()
    [leased] = await desk.lease_letters()
    await desk.write(lambda d: letter.dot_goes(d, leased))
    await desk.write(lambda d: letter.give_back(d, leased))
    [row] = (await desk.ask("mail.outbox"))["letters"]
    assert (row["state"], row["tries"]) == ("waiting", 0)
    assert [each.id for each in await desk.lease_letters()] == [leased.id]


async def test_a_node_that_leaves_in_good_order_gives_everything_back(desk: RunningDesk) -> None:
    await desk.mail()
    await desk.accept(desk.written("Unread"))
    await desk.lease()
    await desk.lease_letters()
    await desk.write(node.leave)
    other = await further(desk, "b")
    assert len(await other.lease()) == 1
    assert [each.id for each in await other.lease_letters()] == [1]
    assert [each["run"] for each in (await desk.ask("desk.health"))["nodes"]] == ["b"]


# PostgreSQL goes by a clock of its own, which no test moves; tests/e2e/test_nodes.py has the same with real daemons.
@pytest.mark.sqlite
@pytest.mark.parametrize(("seconds", "lost"), [(60, []), (61, ["there:/b"])])
async def test_a_node_is_lost_after_a_minute_of_silence(desk: RunningDesk, seconds: int, lost: list[str]) -> None:
    await further(desk, "b")
    desk.now += seconds
    assert await desk.write(node.take_over) == lost
    assert await desk.write(node.take_over) == [], "it was told of already"


async def test_no_run_takes_itself_for_lost_however_far_its_clock_is_put_forward(desk: RunningDesk) -> None:
    await desk.restart()
    await desk.accept(desk.written("In hand."))
    [mail] = await desk.lease()
    desk.now += DAY
    await by_hand(desk, f"update node set seen_at = seen_at - {DAY}")
    assert await desk.write(node.take_over) == []
    assert await desk.write(node.beat), "nobody said that it was lost"
    assert (await desk.decide(mail)).name == "opened"


@pytest.mark.sqlite
async def test_health_warns_of_a_lost_node_for_an_hour_or_until_it_is_back(desk: RunningDesk) -> None:
    async def warnings() -> list[str]:
        await desk.write(node.take_over)
        return [each for each in (await desk.ask("desk.health"))["faults"] if "there:/" in each]

    for run in ("b", "c"):
        await further(desk, run)
    desk.now += 61
    assert [each.split()[2] for each in await warnings()] == ["there:/b", "there:/c"]
    assert all("the others have its work" in each for each in await warnings())
    await further(desk, "b")
    assert [each.split()[2] for each in await warnings()] == ["there:/c"]
    desk.now += HOUR + 1
    assert not [each for each in await warnings() if "the others have its work" in each and "/c" in each]


@pytest.mark.sqlite
async def test_health_warns_of_a_silent_node_before_anybody_has_its_work(desk: RunningDesk) -> None:
    await further(desk, "b")
    desk.now += 61
    assert "no sign of life for a minute from the node there:/b" in (await desk.ask("desk.health"))["faults"]


@pytest.mark.sqlite
async def test_nobody_is_taken_for_lost_by_a_node_that_could_not_beat_itself(desk: RunningDesk) -> None:
    """The database was away for an hour: whoever beats first must not take everything from the others."""
    moment = 0.0
    told: list[float] = []

    @contextlib.asynccontextmanager
    async def anew() -> AsyncIterator[None]:
        desk.settings = replace(desk.settings, run=desk.settings.run + "+")
        yield

    def at(tx: object) -> Desk:
        return Desk(tx, desk.now, desk.settings)  # type: ignore[arg-type]

    member = Membership(Path("/a"), desk.store, at, anew, lambda: told.append(moment), lambda: moment)
    await member.start()
    other = await further(desk, "b")
    for _ in range(4):
        await member.beat()
        moment, desk.now = moment + HEARTBEAT, desk.now + int(HEARTBEAT)
        await other.write(node.beat)
    moment, desk.now = moment + HOUR, desk.now + HOUR
    while moment < HOUR + 4 * HEARTBEAT + STEADY:
        await member.beat()
        assert await other.lease() == [], "the other still may lease"
        assert await other.write(node.beat)
        moment, desk.now = moment + HEARTBEAT, desk.now + int(HEARTBEAT)
    told.clear()
    moment, desk.now = moment + HEARTBEAT, desk.now + 100
    await member.beat()
    assert told == [moment], "now it has been silent for too long"
    assert not await other.write(node.beat)


async def test_f14_what_a_clock_that_ran_ahead_left_behind_is_done_once_it_is_right_again(desk: RunningDesk) -> None:
    desk.now += 3650 * DAY
    await desk.mail("Sent in the year that was not.")
    await desk.accept(desk.written("Read later.", From="bo@client.example"))
    desk.now = START
    assert await desk.lease() == []
    assert await desk.send(Sent("250 ok")) == []
    await desk.write(node.mend_times)
    [mail] = await desk.lease()
    assert (await desk.decide(mail)).ticket == 2
    assert len(await desk.send(Sent("250 ok"))) == 2


async def test_what_was_put_off_on_purpose_stays_put_off(desk: RunningDesk) -> None:
    await desk.mail("Hello.")
    assert len(await desk.send(Deferred("451 later"))) == 1
    await desk.write(node.mend_times)
    assert await desk.send(Sent("250 ok")) == []
