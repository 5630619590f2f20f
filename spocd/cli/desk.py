"""Commands for the desk as a whole."""

from __future__ import annotations

from typing import Any

import click

from spocd.cli import node, show
from spocd.cli.call import call
from spocd.cli.duration import duration
from spocd.cli.grammar import Command
from spocd.errors import Exit


@click.command(cls=Command, example="spocd health --json")
def health() -> None:
    """Say whether the desk is well; exit 9 when it is not."""
    found = call("desk.health")
    show.facts(found, readable)
    if found["status"] != "ok":
        raise click.exceptions.Exit(Exit.THRESHOLD)


def readable(found: dict[str, Any]) -> dict[str, Any]:
    """The desk's health as a person reads it: local times, how old the oldest is, a line a node."""
    boxes = {name: _with_age(found[name]) for name in ("inbox", "outbox")}
    nodes = [
        f"{node['place']}  {node['state']}, since {show.local_time(node['started_at'])}, "
        f"last seen {show.local_time(node['seen_at'])}"
        for node in found["nodes"]
    ]
    faults = [show.local_times(each) for each in found["faults"]]
    return found | boxes | {"nodes": nodes, "faults": faults}


def _with_age(box: dict[str, Any]) -> dict[str, Any]:
    if box["oldest"] is None:
        return box
    from datetime import UTC, datetime

    seconds = (datetime.now(UTC) - datetime.fromisoformat(box["oldest"])).total_seconds()
    return box | {"oldest": f"{show.local_time(box['oldest'])}, {duration(max(int(seconds), 0))} ago"}


@click.command(cls=Command, example="spocd reload")
def reload() -> None:
    """Have the running daemon read its configuration again; a bad one changes nothing."""
    show.facts(call("desk.reload"))


@click.command(cls=Command, example="spocd --config var/spocd.toml serve")
def serve() -> None:
    """Run the daemon in the foreground, until SIGTERM or Ctrl-C."""
    from spocd.cli.local import serve as run

    raise click.exceptions.Exit(run(node.config_file()))
