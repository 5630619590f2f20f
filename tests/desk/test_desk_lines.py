"""A text of one line is in one line, whichever way it came: from a command, a desk.toml, a directory."""

from __future__ import annotations

from typing import Any

import pytest

from spocd.errors import Exit, Refused
from tests.desk.running_desk import ADMIN, LEAD, RunningDesk

ANN = "ann@client.example"
CARD = {"title": "Head\nof\tIT", "hours": "8\r\n16", "signature": "Zoe\nIT"}
WRITES: dict[str, dict[str, Any]] = {
    "ticket.new": {"requester": ANN, "subject": "A{}B"},
    "ticket.edit": {"ticket": 1, "tag": ["a{}"]},
    "ticket.spam": {"ticket": 1, "reason": "A{}B"},
    "ticket.link_outside": {"ticket": 1, "relation": "url", "target": "A{}B"},
    "ticket.split": {"messages": ["1.1"], "subject": "A{}B"},
    "person.edit": {"address": ANN, "name": "A{}B"},
    "person.group_add": {"group": "a{}b", "addresses": [ANN]},
    "agent.new": {"login": "zoe", "name": "A{}B"},
    "agent.edit": {"login": "agent", "card": {"title": "A{}B"}},
    "agent.away": {"agent": "agent", "reason": "A{}B"},
    "team.new": {"team": "floor", "name": "A{}B"},
    "canned.edit": {"answer": "paper", "title": "A{}B", "body": "b"},
    "view.save": {"name": "late{}", "words": ["--tag", "a"]},
}


def filled(parameters: dict[str, Any], what: str) -> dict[str, Any]:
    def one(value: Any) -> Any:
        match value:
            case str():
                return value.replace("{}", what)
            case list():
                return [one(each) for each in value]
            case dict():
                return {name: one(each) for name, each in value.items()}
        return value

    return {name: one(value) for name, value in parameters.items()}


@pytest.mark.parametrize("operation", WRITES)
async def test_sec_a_control_character_gets_into_no_line_that_somebody_writes(
    desk: RunningDesk, operation: str
) -> None:
    await desk.mail()
    before = await desk.ask("audit.list", by=ADMIN)
    for control in ("\x1b[2J", "\x07", "\u202e"):
        with pytest.raises(Refused, match="holds the control character") as refused:
            await desk.ask(operation, by=ADMIN, **filled(WRITES[operation], control))
        assert (refused.value.code, refused.value.exit) == ("bad-text", Exit.USAGE)
    assert await desk.ask("audit.list", by=ADMIN) == before


@pytest.mark.parametrize("operation", WRITES)
async def test_a_line_break_becomes_a_space_in_every_line_that_somebody_writes(
    desk: RunningDesk, operation: str
) -> None:
    await desk.mail()
    broken = await desk.ask(operation, by=ADMIN, dry_run=True, **filled(WRITES[operation], "\r\n"))
    end = "" if operation in ("ticket.edit", "view.save") else " "
    assert broken == await desk.ask(operation, by=ADMIN, dry_run=True, **filled(WRITES[operation], end))


async def test_a_signature_and_a_note_keep_their_lines(desk: RunningDesk) -> None:
    card = await desk.ask("agent.edit", by=ADMIN, login="agent", card=CARD)
    assert (card["title"], card["hours"], card["signature"]) == ("Head of IT", "8 16", "Zoe\nIT")
    await desk.ask("ticket.new", requester=ANN, subject="Printer", name="Ann\nEk", body="One\ntwo")
    seen = await desk.view(1)
    assert (seen["requester"]["name"], seen["messages"][0]["text"]) == ("Ann Ek", "One\ntwo")


async def test_a_desk_toml_is_read_by_the_same_rule(desk: RunningDesk) -> None:
    text = '''
[teams.floor]
name = """
The
floor"""

[services.vpn]
name = { en = "V\\tPN" }
facts = ["Which\\nmachine?"]
description = "One\\ntwo"

[calendars.office]
zone = "UTC"
hours = {}
holidays = { 2026-12-25 = "Christmas\\nDay" }
'''
    await desk.ask("desk.apply", by=ADMIN, text=text)
    written = (await desk.ask("desk.export", by=ADMIN))["text"]
    assert 'name = "The floor"' in written
    assert 'name = "V PN"' in written
    assert '"Which machine?"' in written
    assert '2026-12-25 = "Christmas Day"' in written
    assert (await desk.ask("service.view", service="vpn"))["description"] == "One\ntwo"
    assert await desk.ask("desk.apply", by=ADMIN, text=written) == {"changes": []}


async def test_a_row_of_a_directory_is_folded_or_told_and_the_others_come_in(desk: RunningDesk) -> None:
    people = [
        {"line": 1, "address": ANN, "name": "Ann\nEk"},
        {"line": 2, "address": "bo@client.example", "name": "Bo\x1b[31m"},
        {"line": 3, "address": "cid@client.example", "name": "می\u200cخواهم"},
    ]
    done = await desk.ask("person.import", by=LEAD, people=people)
    assert (done["added"], [(each["line"], each["why"]) for each in done["refused"]]) == (
        2,
        [(2, "The name holds the control character \\u001b; take it out.")],
    )
    assert (await desk.ask("person.view", address=ANN))["name"] == "Ann Ek"
