"""F8: nodes that are killed and a PostgreSQL that is stopped while mail pours in."""

from __future__ import annotations

from pathlib import Path

from tests.e2e.crash_nodes import crash, two_nodes


def test_f8_two_nodes_and_their_database_die_in_turn_and_nothing_is_lost_or_doubled(tmp_path: Path) -> None:
    with two_nodes(tmp_path) as run:
        _, load = crash(run, 200, kills=1, stops=2)
        assert run.faults == []
        assert (run.kills, run.stops) == (2, 2)
        assert len(load.acknowledged) >= 200
