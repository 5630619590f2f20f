"""What a look costs in statements, for those who do not see everything: the same however much there is to show."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from spocd.desk.access import identify
from spocd.desk.mail import inbox
from spocd.desk.operation import Desk
from spocd.desk.report import fairness, handovers
from spocd.desk.ticket_view import view
from spocd.store import Transaction
from tests.desk.running_desk import AGENT, LEAD, OTHER, RunningDesk
from tests.desk.staff import with_team


class Counted:
    """A transaction that counts what is asked of it."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx
        self.statements = 0

    def __getattr__(self, name: str) -> Any:
        self.statements += 1
        return getattr(self._tx, name)


async def statements(desk: RunningDesk, operation: Any, **parameters: Any) -> int:
    """How many statements an operation takes for an agent from whom a service is hidden."""

    async def run(of: Desk) -> int:
        actor = await identify(of.tx, OTHER, None)
        assert actor.hidden
        counted = Counted(of.tx)
        await operation(replace(of, tx=counted), actor, **parameters)
        return counted.statements

    return int(await desk.read(run))


async def busy(desk: RunningDesk, rounds: int) -> None:
    """Mails, notes that name tickets, hand-overs and jumps."""
    for _ in range(rounds):
        await desk.mail("A question", Subject="Re: Printer [desk#1]")
        await desk.mail("Another", Subject="Elsewhere")
        await desk.ask("ticket.note", by=AGENT, ticket=1, body="As in #2, and 2.1.")
        newest = (await desk.ask("ticket.list", by=LEAD, limit=1))["tickets"][0]["number"]
        await desk.ask("ticket.take", by=AGENT, ticket=newest, reason="I know it")
        await desk.ask("ticket.release", by=AGENT, ticket=newest)


async def test_no_look_takes_a_statement_for_each_row_that_it_shows(desk: RunningDesk) -> None:
    await with_team(desk, "agent", restricted=True)
    await desk.mail("It burns", Subject="Printer")
    await desk.mail("A secret", Subject="Whistle", to="it@example.org")
    looks = ((view, {"ticket": 1}), (inbox, {}), (fairness, {}), (handovers, {}))
    await busy(desk, 2)
    few = [await statements(desk, operation, **parameters) for operation, parameters in looks]
    await busy(desk, 6)
    assert [await statements(desk, operation, **parameters) for operation, parameters in looks] == few
