"""What a second node must have in common with the first, and what a node says of a database that it cannot use."""

from __future__ import annotations

from pathlib import Path

from tests import postgres
from tests.e2e.nodes import made_nodes, running
from tests.running import RunningDesk, eventually

RELAY = ("--relay", "smtp://127.0.0.1:9")


def ended(desk: RunningDesk) -> int:
    """The code that the daemon ends with by itself."""
    desk.start(ready=False)
    assert desk.process is not None
    code, desk.process = desk.process.wait(timeout=60), None
    return code


def test_a_further_node_without_the_relay_does_not_take_the_letters_into_its_own_folder(tmp_path: Path) -> None:
    first, second = made_nodes(tmp_path, postgres.fresh_database(), *RELAY, further=())
    with running(first):
        assert ended(second) == 78
        assert "relay.url is not set here, and set on the node " in second.log
        assert f":{first.folder}, which runs." in second.log
        assert "Traceback" not in second.log
        with_relay(second)
        with running(second):
            assert len(first.json("health")["nodes"]) == 2


def with_relay(desk: RunningDesk) -> None:
    text = desk.config.read_text()
    assert text.count('url = ""') == 1
    desk.config.write_text(text.replace('url = ""', f'url = "{RELAY[1]}"'))


def test_a_change_is_told_at_the_reload_and_warned_of_until_all_have_it(tmp_path: Path) -> None:
    pair = made_nodes(tmp_path, postgres.fresh_database())
    with running(*pair):
        for node in pair:
            node.change(name="IT")
        assert pair[0].run("reload").code == 0
        for node in pair:
            answer = node.run("health", "--json")
            assert answer.code == 9
            assert "desk.name" in answer.json["faults"][0]
        assert pair[1].run("reload").code == 0
        assert [node.run("health").code for node in pair] == [0, 0]


def test_a_reload_that_is_taken_back_leaves_nothing_for_the_next_start(tmp_path: Path) -> None:
    [first, _] = made_nodes(tmp_path, postgres.fresh_database())
    with running(first):
        before = first.config.read_text()
        first.change(recipients=7)
        assert first.json("reload")["restart_needed"] == ["limits"]
        first.config.write_text(before)
        assert first.json("reload")["restart_needed"] == []


def test_f8_health_says_since_when_and_why_nothing_can_be_written(tmp_path: Path) -> None:
    with postgres.own_server() as server:
        [node, _] = made_nodes(tmp_path, server.fresh_database())
        with running(node):
            server.sql("alter system set default_transaction_read_only = on", "select pg_reload_conf()")
            eventually(lambda: node.run("health").code == 9, "a beat to fail", within=60)
            [fault] = node.call("desk.health")["faults"]
            assert fault.startswith("nothing can be written since 20")
            assert f"PostgreSQL at {server.folder}, port 5432 cannot do it now" in fault
            assert "read-only transaction" in fault
            told = node.run("ticket", "list")
            assert told.code == 0, "reading goes on"
            server.sql("alter system reset default_transaction_read_only", "select pg_reload_conf()")
            eventually(lambda: node.run("health").code == 0, "a beat to come through", within=60)
            server.stop()
            told = node.run("health")
            assert told.code == 75
            assert f"PostgreSQL at {server.folder}, port 5432 cannot be reached" in told.err
            server.start()
            eventually(lambda: node.run("health").code == 0, "the node to find its database", within=60)
            failures = [line for line in node.log.splitlines() if "the database failed" in line]
            assert len(failures) <= 3, "of an outage, a line a minute"
            assert "the database works again after" in node.log
