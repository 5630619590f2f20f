"""A test's means: the daemon dies at a named point, as it would by `kill -9`, where SPOCD_CRASH_AT=POINT[:N] says so.

A point stands in the code as an audit event, `sys.audit("spocd.POINT")`. Python's own list of listeners is the switch:
it is empty in every daemon that is not being tested, and then an event costs less than the call of a function.
"""

from __future__ import annotations

import itertools
import os
import sys

from spocd.errors import Misconfigured

VARIABLE = "SPOCD_CRASH_AT"
KILLED = 137  # what a shell reports of a process that SIGKILL ended
# In the order in which a mail passes them: on its way in, then its acknowledgement on its way out.
POINTS = (
    "after_insert",
    "before_commit",
    "after_commit",
    "before_250",
    "after_250",
    "outbox_claimed",
    "connected",
    "data_sent",
    "dot_sent",
    "reply_read",
    "before_mark",
)


def arm(wanted: str) -> None:
    """Have this process end without another step when it passes a point for the N-th time; "" arms nothing.

    Misconfigured where there is no such point: a test that never crashes would prove nothing.
    """
    if not wanted:
        return
    point, _, count = wanted.partition(":")
    nth = count or "1"
    if point not in POINTS or not nth.isdecimal() or int(nth) < 1:
        raise Misconfigured([f'{VARIABLE}: "{wanted}" is no point to crash at. Use POINT or POINT:N, of {POINTS}.'])
    passings = itertools.count(1)

    def listen(event: str, _values: tuple[object, ...]) -> None:
        if event == f"spocd.{point}" and next(passings) == int(nth):
            os._exit(KILLED)

    sys.addaudithook(listen)
