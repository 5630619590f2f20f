"""Ctrl-C in the middle of a long line of work: each ticket is done or it is not, and the exit says so."""

from __future__ import annotations

import json
import os
import signal
import subprocess

from tests.running import SPOCD, RunningDesk, eventually

TICKETS = 150


def test_an_interrupted_reply_to_many_leaves_none_half_done(desk: RunningDesk) -> None:
    for number in range(TICKETS):
        desk.call("ticket.new", requester=f"p{number}@client.example", subject=f"{number}")
        desk.call("ticket.take", ticket=number + 1, reason="all of these are mine")
    command = subprocess.Popen(
        [SPOCD, "ticket", "reply", "-", "-b", "It is mended.", "--close", "-o", "jsonl"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=os.environ | {"SPOCD_CONFIG": str(desk.config)},
        text=True,
        start_new_session=True,
    )
    assert command.stdin is not None
    command.stdin.write("\n".join(str(number + 1) for number in range(TICKETS)))
    command.stdin.close()
    command.stdin = None

    def answered() -> int:
        return int(desk.sql("select count(*) from journal where event = 'answered'")[0][0])

    eventually(lambda: answered() >= 3, "some of them to be answered")
    command.send_signal(signal.SIGINT)
    out, err = command.communicate(timeout=30)
    assert command.returncode == 130, err
    assert "interrupted" in err
    told = {json.loads(line)["number"] for line in out.splitlines()}
    done = {number for number in range(1, TICKETS + 1) if _is_done(desk, number)}
    assert 3 <= len(done) < TICKETS
    # What is said to be done is; of the one at which it was interrupted nobody was told.
    assert told <= done
    assert len(done - told) <= 1


def _is_done(desk: RunningDesk, ticket: int) -> bool:
    """Whether a ticket was answered and closed, with one letter; anything between is a failure."""
    view = desk.call("ticket.view", ticket=ticket)
    events = [line["event"] for line in view["journal"] if line["event"] in ("answered", "resolved")]
    letters = [
        each for each in desk.call("mail.outbox", ticket=ticket)["letters"] if each["kind"] in ("answer", "closed")
    ]
    assert (events, view["state"], len(letters)) in (([], "open", 0), (["answered", "resolved"], "resolved", 1)), ticket
    return bool(events)
