"""Nodes whose hosts have different clocks."""

from __future__ import annotations

from pathlib import Path

from tests import postgres
from tests.e2e.missing import faketime
from tests.e2e.nodes import made_nodes, running
from tests.running import eventually


def test_f14_a_node_whose_clock_is_ahead_takes_nobody_for_silent(tmp_path: Path) -> None:
    right, ahead = made_nodes(tmp_path, postgres.fresh_database())
    ahead.environment = {"LD_PRELOAD": faketime(), "FAKETIME": "+2h", "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
    with running(right, ahead):
        right.send()
        for node in (right, ahead):
            eventually(lambda node=node: node.call("desk.health")["status"] == "ok", "health to be well")  # type: ignore[misc]
            assert len(node.call("desk.health")["nodes"]) == 2
