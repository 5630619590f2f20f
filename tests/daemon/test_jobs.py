"""What time brings about: a job that fails stops none of the others."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from spocd.daemon.jobs import each_alone
from spocd.desk.clock import JOBS
from spocd.desk.operation import Desk
from spocd.errors import TryLater
from tests.desk.running_desk import DAY, HOUR, RunningDesk, founded, new_url, opened


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[RunningDesk]:
    url = new_url(tmp_path)
    await founded(url)
    store = await opened(url)
    yield RunningDesk(store)
    await store.close()


async def spoil(desk: Desk) -> int:
    await desk.tx.run("agent_has_left", agent=3, team=None, now=desk.now)
    raise ValueError("a row that nobody foresaw")


async def test_a_job_that_fails_is_logged_and_undone_and_the_others_are_done(
    desk: RunningDesk, caplog: pytest.LogCaptureFixture
) -> None:
    await desk.mail()
    await desk.ask("ticket.pend", ticket=1, until=desk.now + HOUR)
    desk.now += DAY
    await each_alone(desk.write, (spoil, *JOBS, spoil))
    assert (await desk.view(1))["state"] == "open", "it woke, and the agent still has a role"
    assert caplog.text.count("spoil failed; the others go on") == 2
    assert "a row that nobody foresaw" in caplog.text


async def test_a_store_that_is_away_is_for_the_caller(desk: RunningDesk) -> None:
    async def away(desk: Desk) -> int:
        raise TryLater("the database does not answer")

    with pytest.raises(TryLater):
        await each_alone(desk.write, (away, spoil))
