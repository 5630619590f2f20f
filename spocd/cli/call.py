"""Asks the desk: one operation, one answer, over the control socket or, for the owner of the desk, without a daemon."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator
from typing import Any

from spocd.cli import node
from spocd.cli.asked import asked, tell
from spocd.control import client
from spocd.errors import Exit, InUse, Refused, TryLater

ANSWER_WITHIN = 30.0  # seconds
FREE_WITHIN = 10.0  # seconds that a folder is waited for which another process has
ROWS_A_CALL = 200  # so that an answer stays far below the largest frame

# What these ask for is a thing of the running daemon; without one there is nothing to answer.
_OF_THE_DAEMON = {"desk.health", "desk.reload", "mail.flush"}


def call(operation: str, /, **parameters: Any) -> dict[str, Any]:
    """The desk's answer to `operation`. Parameters that are None are left out.

    Raises Refused, TryLater (also when the answer was lost) or Misconfigured.
    """
    return _ask(operation, _stated(parameters), repeatable=False)


def write(operation: str, /, **parameters: Any) -> dict[str, Any]:
    """As `call`, for an operation that writes: under --key or a random key, so that it can be repeated safely."""
    this = asked()
    key = this.key or os.urandom(16).hex()
    if this.key and this.several and "ticket" in parameters:
        key = f"{key}.{parameters['ticket']}"
    stated = _stated({"if_rev": this.if_rev} | parameters | {"dry_run": this.dry_run or None, "key": key})
    answer = _ask(operation, stated, repeatable=True)
    if this.dry_run and not this.dry_run_told:
        this.dry_run_told = True
        tell("a dry run: this is what it would have been; nothing was changed")
    return answer


def rehearse(operation: str, /, **parameters: Any) -> None:
    """Refused as `write` would be, where somebody is only about to write a text for it. Changes nothing."""
    _ask(operation, _stated({"if_rev": asked().if_rev, "body": "…", **parameters, "dry_run": True}), repeatable=True)


def pages(operation: str, field: str, /, **parameters: Any) -> Iterator[list[dict[str, Any]]]:
    """The rows of a list, a page at a time, up to --limit; says how to go on where there are more."""
    this = asked()
    left, cursor = this.limit, this.cursor
    told = False
    while True:
        size = ROWS_A_CALL if this.everything else min(left, ROWS_A_CALL)
        answer = call(operation, limit=size, cursor=cursor, **parameters)
        rows: list[dict[str, Any]] = answer[field]
        if not told:
            _tell_too_short(answer.get("too_short", ()))
            told = True
        yield rows
        cursor = answer.get("cursor")
        left -= len(rows)
        if not cursor or not rows:
            if best_of := answer.get("best_of"):
                tell(f"these are of the newest {best_of:,} that hold the words; for older ones too: --sort newest")
            return
        if left <= 0 and not this.everything:
            tell(f"there are more: --all, or go on with --cursor {cursor}")
            return


def _tell_too_short(words: Iterable[str]) -> None:
    for word in words:
        tell(f"more words begin with “{word}” than are looked for: the commonest were; for others give more letters")


def _stated(parameters: dict[str, Any]) -> dict[str, Any]:
    stated = {name: value for name, value in parameters.items() if value is not None}
    if asked().acting_as:
        stated["acting_as"] = asked().acting_as
    return stated


def _ask(operation: str, parameters: dict[str, Any], *, repeatable: bool, until: float | None = None) -> dict[str, Any]:
    """The answer of the daemon, or without one our own; `until` is when the folder is waited for no longer."""
    path = node.control_socket()
    try:
        return client.call(path, operation, parameters, timeout=ANSWER_WITHIN)
    except client.NotRunning:
        try:
            return _without_daemon(operation, parameters)
        except InUse:
            # It may be a daemon that begins: it answers as soon as it listens.
            until = time.monotonic() + FREE_WITHIN if until is None else until
            if time.monotonic() > until:
                raise
        return _ask(operation, parameters, repeatable=repeatable, until=until)
    except client.LostAfterSending as lost:
        if not repeatable:
            raise TryLater("The desk did not answer. Try again.") from lost
    try:
        return client.call(path, operation, parameters, timeout=ANSWER_WITHIN)
    except (client.NotRunning, client.LostAfterSending) as lost:
        # It may have been done; without a daemon it must not be done here as well.
        raise TryLater(
            "The desk took this and did not answer, so it may or may not be done. "
            f"Repeat it with --key {parameters['key']}, which never does it twice."
        ) from lost


def not_running() -> Refused:
    """What is said where only a running daemon can answer, and there is none."""
    return Refused(
        "not-running",
        f"The desk is not running: nothing listens on {node.control_socket()}. Start it with "
        f"`spocd --config {node.config_file()} serve` or `systemctl start spocd`.",
        Exit.UNAVAILABLE,
    )


def _without_daemon(operation: str, parameters: dict[str, Any]) -> dict[str, Any]:
    config = node.config_file()
    owner = os.stat(os.path.dirname(config) or ".").st_uid
    if operation in _OF_THE_DAEMON or asked().of_the_daemon or os.geteuid() not in (0, owner):
        raise not_running()
    from spocd.cli.local import in_process

    return in_process(config, operation, parameters)
