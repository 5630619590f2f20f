"""The same desk kept in SQLite and in PostgreSQL, on one machine: what the second costs, which nodes may share."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from bench import growth, intake
from bench.loads import OCTETS, smtp_source
from bench.ratios import in_turns, ratio, row
from tests.postgres import own_server
from tests.running import RunningDesk, running_desk


def bench(rounds: int, mails: int = intake.MAILS) -> Iterator[str]:
    """Accepting, ticketing and reading. Above one, PostgreSQL is the quicker; there is no goal."""
    with tempfile.TemporaryDirectory(prefix="spocd-bench-") as name, contextlib.ExitStack() as stack:
        folder = Path(name)
        url = stack.enter_context(own_server()).fresh_database()
        desks = {
            "sqlite": stack.enter_context(running_desk(folder / "sqlite", "--store", "sqlite:desk.db", **intake.FREE)),
            "postgres": stack.enter_context(running_desk(folder / "postgres", "--store", url, **intake.FREE)),
        }
        for desk in desks.values():
            desk.call("mail.hold", key="bench")
        measures = {
            "accepted": partial(_accepted, mails=mails),
            "accepted → ticket": partial(intake.ticketed, mails=mails, sent=False),
            **{name: partial(_asked, name) for name in ("ticket list", "ticket view", "next")},
        }
        for what, measure in measures.items():
            found = in_turns({kind: partial(measure, desk) for kind, desk in desks.items()}, rounds)
            note = (
                f"{mails} mails of {OCTETS} octets, 20 sessions"
                if "accepted" in what
                else "calls over the control socket"
            )
            yield row(f"{what}, in PostgreSQL ÷ in SQLite", ratio(found["sqlite"], found["postgres"]), note=note)


def _accepted(desk: RunningDesk, *, mails: int) -> float:
    seconds = smtp_source(desk.smtp, mails, sessions=intake.SESSIONS, reuse=False)
    intake.decided(desk)
    return seconds


def _asked(name: str, desk: RunningDesk) -> float:
    there = [ticket["number"] for ticket in desk.call("ticket.list", limit=50)["tickets"]]
    return growth.asked(desk, growth.QUESTIONS[name], there)
