"""A burst goes before what was accepted, for so long and no longer."""

from __future__ import annotations

import pytest

from spocd.daemon.burst import LATELY, MANY, PATIENCE, Burst


class Time:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def flood(burst: Burst, time: Time, *, mails: int, seconds: float) -> None:
    """So many mails, evenly, the last of them now."""
    for _ in range(mails):
        time.now += seconds / mails
        burst.stored()


@pytest.mark.parametrize(
    ("mails", "seconds", "waits"),
    [
        pytest.param(0, 0, False, id="nothing has come yet"),
        pytest.param(1, 0, False, id="one mail"),
        pytest.param(MANY - 1, 0, False, id="a few that share a commit"),
        pytest.param(MANY, 0, True, id="many that share a commit"),
        pytest.param(10 * MANY, 10 * LATELY * 0.9, True, id="many, steadily"),
        pytest.param(10 * MANY, 10 * LATELY * 1.5, False, id="a busy desk"),
    ],
)
def test_intake_waits_while_mails_come_fast(mails: int, seconds: float, waits: bool) -> None:
    time = Time()
    burst = Burst(time)
    flood(burst, time, mails=mails, seconds=seconds)
    assert burst.goes_first() is waits


def test_a_burst_is_over_soon_after_its_last_mail() -> None:
    time = Time()
    burst = Burst(time)
    flood(burst, time, mails=100 * MANY, seconds=LATELY)
    time.now += LATELY * 0.9
    assert burst.goes_first()
    time.now += LATELY * 0.2
    assert not burst.goes_first()


def test_a_flood_that_does_not_end_is_shared_after_some_seconds() -> None:
    time = Time()
    burst = Burst(time)
    waited = 0.0
    while waited < PATIENCE - 1:
        flood(burst, time, mails=10 * MANY, seconds=LATELY)
        assert burst.goes_first()
        waited = time.now - 1000
    flood(burst, time, mails=100 * MANY, seconds=1 + LATELY)
    assert not burst.goes_first()


def test_what_waits_does_not_wait_anew_for_the_next_burst() -> None:
    time = Time()
    burst = Burst(time)
    flood(burst, time, mails=MANY, seconds=0)
    assert burst.goes_first()
    time.now += PATIENCE
    flood(burst, time, mails=MANY, seconds=0)
    assert not burst.goes_first()
    burst.caught_up()
    assert burst.goes_first()
