"""What helps whoever writes a contact down."""

from __future__ import annotations

import pytest

from spocd.errors import Exit, Refused
from tests.desk.by_hand import by_hand
from tests.desk.indexed import indexed
from tests.desk.running_desk import ADMIN, LEAD, START, RunningDesk

CATALOGUE = """
[teams.floor]
name = "Floor"
members = ["admin"]

[services.vpn]
name = "VPN"
team = "floor"
facts = ["Which network?", "Since when?"]

[services.hr]
name = "HR"
team = "floor"
restricted = true

[organisations.acme]
name = "Acme"
briefing = "Call before 9."
domains = ["client.example"]

[canned.tunnel]
title = "Tunnel down"
service = "vpn"
body = "Please start it again."

[canned.paper]
title = "Out of paper"
body = "Please fill tray 2."

[canned.payslip]
title = "Payslip"
service = "hr"
body = "On its way."
"""
ANN = "ann@client.example"


async def test_the_hints_say_what_to_ask_and_what_there_was(desk: RunningDesk) -> None:
    await desk.ask("desk.apply", by=ADMIN, text=CATALOGUE)
    await desk.ask("ticket.new", requester="bo@x.example", subject="Tunnel to Malmö is down", service="vpn")
    await desk.ask("ticket.reply", ticket=1, body="Start it again, please.\n\nAgent", close=True)
    await desk.ask("ticket.new", requester="bo@x.example", subject="Tunnel of love")
    await desk.ask("ticket.new", requester=ANN, subject="Mouse")
    await indexed(desk)
    found = await desk.ask("ticket.hints", service="vpn", requester=ANN, subject="The tunnels to Malmö")
    assert found["facts"] == ["Which network?", "Since when?"]
    assert [each["key"] for each in found["canned"]] == ["tunnel", "paper"]
    assert [each["number"] for each in found["similar"]] == [1, 2], "the one with more of the words first"
    assert found["similar"][0]["answer"] == "Start it again, please. Agent"
    assert [each["number"] for each in found["open"]] == [3]
    assert found["organisation"]["briefing"] == "Call before 9."


async def test_what_is_hidden_is_no_hint(desk: RunningDesk) -> None:
    await desk.ask("desk.apply", by=ADMIN, text=CATALOGUE)
    await desk.ask("ticket.new", by=LEAD, requester=ANN, subject="Salary", service="hr")
    await indexed(desk)
    for by, numbers in ((3, []), (LEAD, [1])):
        found = await desk.ask("ticket.hints", by=by, requester=ANN, subject="Salary")
        assert [each["number"] for each in found["similar"]] == numbers
        assert [each["number"] for each in found["open"]] == numbers


async def test_spam_is_no_hint_and_words_that_nobody_used_find_nothing(desk: RunningDesk) -> None:
    await desk.ask("ticket.new", requester=ANN, subject="Lottery")
    await by_hand(desk, f"update ticket set state = 'spam', opened_at = {START}")
    await indexed(desk)
    for subject in ("lottery", "zebra", "", "!?"):
        assert (await desk.ask("ticket.hints", subject=subject))["similar"] == []


@pytest.mark.parametrize("name", ["ticket.hints", "ticket.new"])
async def test_a_service_that_there_is_not_is_refused(desk: RunningDesk, name: str) -> None:
    with pytest.raises(Refused, match="There is no service “vpm”") as refused:
        await desk.ask(name, service="vpm", requester=ANN, subject="Tunnel")
    assert refused.value.exit is Exit.NOT_FOUND


async def test_a_list_of_what_there_is_not_is_refused_and_the_nearest_is_named(desk: RunningDesk) -> None:
    await desk.ask("desk.apply", by=ADMIN, text=CATALOGUE)
    for named, sentence in (
        ({"service": "vpm"}, "There is no service “vpm”. Did you mean “vpn”? See: spocd service list"),
        ({"team": "flor"}, "There is no team “flor”. Did you mean “floor”? See: spocd team list"),
        ({"assignee": "agemt"}, "There is no agent “agemt”. Did you mean “agent”? See: spocd agent list"),
    ):
        with pytest.raises(Refused) as refused:
            await desk.ask("ticket.list", **named)
        assert (refused.value.sentence, refused.value.exit) == (sentence, Exit.NOT_FOUND)
    for named in ({"service": "vpn"}, {"service": "it"}, {"team": "floor"}):
        assert (await desk.ask("ticket.list", **named))["tickets"] == []
