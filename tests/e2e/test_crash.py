"""F1, F28: a desk that is killed, or told to stop, while mail pours in."""

from __future__ import annotations

import time
from pathlib import Path

from tests.e2e.crash import crash, desk_with_relay
from tests.e2e.load import Outcome, load_on


def test_f1_a_desk_that_is_killed_five_times_loses_and_doubles_nothing(tmp_path: Path) -> None:
    outcome, load, _ = crash(tmp_path / "desk", 5)
    assert outcome.faults == {}
    assert load.acknowledged


def test_f28_a_desk_that_is_told_to_stop_under_load_ends_in_time_and_loses_nothing(tmp_path: Path) -> None:
    with desk_with_relay(tmp_path / "desk") as (desk, sink):
        with load_on(desk, clients=8) as load:
            for _ in range(3):
                time.sleep(0.5)
                started = time.monotonic()
                assert desk.stop() == 0
                assert time.monotonic() - started < 10
                desk.start()
        desk.settled()
        outcome = Outcome(desk, load, sink)
        assert outcome.faults == {}
        assert (outcome.sent_twice, outcome.unknown) == (0, 0), "a stop in good order is no reason to send twice"
        assert "Traceback" not in desk.log
