"""The desk as a file: what `apply` makes of it, what it leaves, what it refuses, and that `export` writes it again."""

from __future__ import annotations

import dataclasses
import json
from collections import Counter
from pathlib import Path
from typing import Any, get_args

import pytest

from spocd.config.desk_entries import KINDS, ROLES
from spocd.config.options import described
from spocd.desk.access import Role
from spocd.desk.agent import RoleName
from spocd.errors import Exit, Refused
from tests.desk.running_desk import ADMIN, AGENT, LEAD, RunningDesk

DESK = """\
[calendars.office]
zone = "Europe/Copenhagen"
hours = { mon-thu = "08:00-12:00, 12:30-16:00", fri = "08:00-15:00" }
holidays = { 2026-12-25 = "Christmas Day" }

[agents.maria]
name = "Maria Holm"
address = "maria@example.org"
role = "lead"
uid = 1001
title = "Network engineer"
hours = "Mon to Fri, 8 to 16"
picture = "https://example.org/maria.jpg"
signature = "Maria\\nNetwork"
language = "da"
tier = 2
skills = ["vpn", "dns"]
digest = "08:00"
quiet = "18:00-07:00"

[agents.ben]
name = "Ben"

[teams.network]
name = "Network"
address = "network@example.org"
members = ["maria", "ben"]

[services.vpn]
name = { da = "VPN-adgang", en = "VPN" }
description = "The way in from outside."
team = "network"
calendar = "office"
kind = "incident"
priority = "high"
skills = ["vpn"]
restricted = true
facts = ["Which device?", "Since when?"]

[organisations.acme]
name = "Acme A/S"
domains = ["Acme.example", "acme.test"]
briefing = \"\"\"
Two sites.
Ask for the serial number.
\"\"\"
manager = "maria"

[canned.paper]
title = "Out of paper"
service = "vpn"
body = \"\"\"
Please fill tray 2.

Thanks
\"\"\"
"""


async def apply(desk: RunningDesk, text: str, **options: Any) -> list[dict[str, Any]]:
    changes: list[dict[str, Any]] = (await desk.ask("desk.apply", by=ADMIN, text=text, **options))["changes"]
    return changes


async def export(desk: RunningDesk) -> str:
    text: str = (await desk.ask("desk.export", by=ADMIN))["text"]
    return text


def in_short(changes: list[dict[str, Any]]) -> list[str]:
    """The changes as a person would say them."""
    return [
        f"{c['what']} {c['kind']} {c['key']}"
        + ("" if c["field"] is None else f" {c['field']}: {c['was']} → {c['now']}")
        for c in changes
    ]


async def test_what_was_applied_is_exported_and_applying_that_changes_nothing(desk: RunningDesk) -> None:
    assert await apply(desk, DESK)
    written = await export(desk)
    assert await apply(desk, DESK) == []
    assert await apply(desk, written) == []
    assert await apply(desk, written, remove=True) == []
    assert await export(desk) == written


def test_the_roles_of_the_file_are_those_of_the_desk() -> None:
    assert set(ROLES) == set(Role) - {Role.ANYONE} == set(get_args(RoleName))


async def test_each_entry_that_comes_is_said_with_its_fields(desk: RunningDesk) -> None:
    changes = await apply(desk, DESK)
    said = in_short(changes)
    assert [each for each, change in zip(said, changes, strict=True) if change["field"] is None] == [
        "added calendar office",
        "added agent ben",
        "added agent maria",
        "added team network",
        "added service vpn",
        "added organisation acme",
        "added canned paper",
    ]
    assert 'added team network members: None → ["ben", "maria"]' in said
    assert "added calendar office hours.mon-thu: None → 08:00-12:00, 12:30-16:00" in said
    assert 'added organisation acme domains: None → ["acme.example", "acme.test"]' in said
    assert "added service vpn restricted: None → true" in said
    assert not [each for each in said if "ben digest" in each]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param(
            '[agents.maria]\nrole = "admin"\ntier = 3\n',
            ["changed agent maria role: lead → admin", "changed agent maria tier: 2 → 3"],
            id="what is not named stays",
        ),
        pytest.param(
            '[agents.maria]\ntitle = ""\n', ["changed agent maria title: Network engineer → None"], id="empty"
        ),
        pytest.param(
            '[teams.network]\nmembers = ["maria"]\n',
            ['changed team network members: ["ben", "maria"] → ["maria"]'],
            id="a member leaves a team",
        ),
        pytest.param(
            '[services.vpn]\nname = "VPN"\nteam = ""\n',
            ["changed service vpn name.da: VPN-adgang → None", "changed service vpn team: network → None"],
            id="a text in one language, and no team",
        ),
        pytest.param(
            '[calendars.office.holidays]\n2026-12-26 = "Boxing Day"\n',
            [
                "changed calendar office holidays.2026-12-25: Christmas Day → None",
                "changed calendar office holidays.2026-12-26: None → Boxing Day",
            ],
            id="a table stands as a whole",
        ),
        pytest.param(
            '[organisations.acme]\ndomains = ["acme.test"]\n[organisations.bolt]\nname = "Bolt"\n'
            'domains = ["acme.example"]\n',
            [
                'changed organisation acme domains: ["acme.example", "acme.test"] → ["acme.test"]',
                "added organisation bolt",
                "added organisation bolt name: None → Bolt",
                'added organisation bolt domains: None → ["acme.example"]',
            ],
            id="a domain moves",
        ),
        pytest.param(
            "[agents.maria]\nuid = 1002\n[agents.ben]\nuid = 1001\n",
            ["changed agent ben uid: None → 1001", "changed agent maria uid: 1001 → 1002"],
            id="a uid moves",
        ),
    ],
)
async def test_what_changes_is_said_with_what_it_was_and_is(desk: RunningDesk, text: str, said: list[str]) -> None:
    await apply(desk, DESK)
    foreseen = await apply(desk, text, dry_run=True)
    assert in_short(foreseen) == said
    assert await apply(desk, text) == foreseen
    assert await apply(desk, text) == []
    written = await export(desk)
    assert await apply(desk, written, remove=True) == []


async def test_a_dry_run_changes_nothing(desk: RunningDesk) -> None:
    before = await export(desk)
    assert await apply(desk, DESK, dry_run=True)
    assert await export(desk) == before


async def test_two_agents_may_change_their_uids_with_each_other(desk: RunningDesk) -> None:
    await apply(desk, f"[agents.agent]\nuid = {LEAD}\n[agents.lead]\nuid = {AGENT}\n")
    listed = {each["login"]: each["uid"] for each in (await desk.ask("agent.list", by=ADMIN))["agents"]}
    assert (listed["agent"], listed["lead"]) == (LEAD, AGENT)


async def test_the_others_read_the_tables_in_their_form(desk: RunningDesk) -> None:
    await apply(desk, DESK)
    rows = await desk.read(lambda d: d.tx.all("services"))
    assert json.loads(rows[0]["name"]) == {"da": "VPN-adgang", "en": "VPN"}
    assert json.loads(rows[0]["description"]) == {"en": "The way in from outside."}
    assert json.loads(rows[0]["facts"]) == ["Which device?", "Since when?"]
    [calendar] = await desk.read(lambda d: d.tx.all("calendars"))
    assert json.loads(calendar["hours"])["mon"] == [["08:00", "12:00"], ["12:30", "16:00"]]
    assert json.loads(calendar["holidays"]) == {"2026-12-25": "Christmas Day"}


# What is removed

STAFF = """[agents.admin]
name = "Admin"
role = "admin"
uid = 1

[agents.agent]
name = "Agent"
uid = 3

[agents.lead]
name = "Lead"
role = "lead"
uid = 2

[agents.other]
name = "Other"
uid = 5
"""


async def test_with_remove_what_the_file_does_not_have_goes(desk: RunningDesk) -> None:
    await apply(desk, DESK)
    assert in_short(await apply(desk, STAFF, remove=True)) == [
        "removed calendar office",
        "removed agent ben",
        "removed agent maria",
        "removed team network",
        "removed service vpn",
        "removed organisation acme",
        "removed canned paper",
    ]
    assert await apply(desk, STAFF, remove=True) == []


async def test_with_remove_a_key_that_an_entry_does_not_have_goes_back_to_its_default(desk: RunningDesk) -> None:
    await apply(desk, STAFF.replace('"Other"', '"Other"\ntier = 2\nskills = ["vpn"]'))
    assert in_short(await apply(desk, STAFF, remove=True)) == [
        "changed agent other tier: 2 → 1",
        'changed agent other skills: ["vpn"] → None',
    ]


async def test_who_is_removed_has_left_and_stays_on_record_and_may_come_back(desk: RunningDesk) -> None:
    await apply(desk, DESK)
    await apply(desk, STAFF, remove=True)
    card = await desk.ask("agent.view", login="maria")
    assert (card["presence"], card["uid"], card["teams"], card["title"]) == ("left", None, [], "Network engineer")
    assert "maria" not in await export(desk)
    # Their uid is free for whoever has the account now.
    await apply(desk, '[agents.maja]\nname = "Maja"\nuid = 1001\n')
    assert "added agent maria" in in_short(await apply(desk, '[agents.maria]\nname = "Maria Holm"\n'))
    assert (await desk.ask("agent.view", login="maria"))["presence"] == "here"
    assert (await desk.ask("agent.view", login="maria"))["title"] == ""


async def test_who_left_otherwise_is_in_no_file_and_looks_after_nobody(desk: RunningDesk) -> None:
    await apply(desk, DESK)
    await desk.write(lambda d: d.tx.run("agent_leaves", login="maria", now=d.now))
    written = await export(desk)
    assert "maria" not in written
    assert await apply(desk, written, remove=True) == []
    assert (await desk.ask("organisation.view", organisation="acme"))["manager"] is None


async def test_what_tickets_name_stays_and_all_of_it_is_said(desk: RunningDesk) -> None:
    await apply(desk, DESK.replace("restricted = true\n", "") + '\n[services.it]\nname = "IT"\n')
    await desk.ask("ticket.new", requester="ann@client.example", subject="No way in", service="vpn")
    await desk.ask("ticket.assign", ticket=1, to="maria")
    before = await export(desk)
    with pytest.raises(Refused) as refused:
        await apply(desk, STAFF, remove=True)
    assert (refused.value.code, refused.value.exit) == ("in-use", Exit.REFUSED)
    assert refused.value.sentence.splitlines() == [
        "The team “network” stays: tickets are with it, the last of them #1.",
        "The service “it” stays: spocd.toml has the address it@example.org for it.",
        "The service “vpn” stays: tickets are about it, the last of them #1.",
        "maria still has #1. Hand them over: spocd agent leave maria --to TEAM",
    ]
    assert await export(desk) == before


@pytest.mark.parametrize(
    "text",
    [
        pytest.param('[agents.admin]\nrole = "lead"\n', id="gives up the role"),
        pytest.param(STAFF.replace("uid = 1\n", ""), id="loses the uid"),
        pytest.param(STAFF[STAFF.index("[agents.agent]") :], id="is removed"),
    ],
)
async def test_the_last_administrator_stays(desk: RunningDesk, text: str) -> None:
    before = await export(desk)
    with pytest.raises(Refused, match="Nobody would be administrator") as refused:
        await apply(desk, text, remove=text != '[agents.admin]\nrole = "lead"\n')
    assert refused.value.code == "last-administrator"
    assert await export(desk) == before


async def test_an_administrator_may_go_where_another_comes(desk: RunningDesk) -> None:
    await apply(desk, '[agents.admin]\nrole = "lead"\n[agents.other]\nrole = "admin"\n')
    assert (await desk.ask("agent.view", login="admin"))["role"] == "lead"


async def test_each_entry_that_changes_is_a_line_of_the_journal_with_the_uid(desk: RunningDesk) -> None:
    await apply(desk, '[teams.network]\nname = "Network"\n[teams.desktop]\nname = "Desktop"\n')
    await apply(desk, '[teams.network]\nname = "Networks"\naddress = "n@example.org"\n')
    await apply(desk, '[teams.network]\nname = "Networks"\n')
    lines = (await desk.ask("audit.list", by=LEAD))["lines"]
    assert [(line["actor"], line["event"], line["detail"]) for line in reversed(lines)] == [
        ("admin", "team added", {"key": "desktop", "uid": ADMIN, "fields": {"name": [None, "Desktop"]}}),
        ("admin", "team added", {"key": "network", "uid": ADMIN, "fields": {"name": [None, "Network"]}}),
        (
            "admin",
            "team changed",
            {
                "key": "network",
                "uid": ADMIN,
                "fields": {"name": ["Network", "Networks"], "address": ["", "n@example.org"]},
            },
        ),
    ]


# The example


EXAMPLE = (Path(__file__).parents[2] / "etc/desk.toml").read_text(encoding="utf-8")


async def test_the_example_makes_a_fresh_desk_what_it_says(desk: RunningDesk) -> None:
    changes = await apply(desk, EXAMPLE)
    entries = [change for change in changes if change["field"] is None]
    assert {each["what"] for each in entries} == {"added"}
    counts = Counter(each["kind"] for each in entries)
    assert counts["calendar"] == 3
    assert counts["agent"] == 20
    assert counts["team"] == 5
    assert counts["service"] == 12
    assert counts["organisation"] >= 2
    assert counts["canned"] >= 6


async def test_the_example_is_exported_and_applied_again_without_a_change(desk: RunningDesk) -> None:
    await apply(desk, EXAMPLE)
    written = await export(desk)
    assert await apply(desk, EXAMPLE) == []
    assert await apply(desk, written, remove=True) == []
    assert await export(desk) == written


def test_the_example_names_every_key_that_an_entry_may_have() -> None:
    for kind, entry in KINDS.items():
        told = EXAMPLE[EXAMPLE.index(f"\n# {kind.capitalize()}") :]
        assert [each.name for each in described(entry) if each.name not in told] == [], kind


def test_the_example_fits_a_window() -> None:
    assert [line for line in EXAMPLE.splitlines() if len(line) > 120] == []


def row(option: dataclasses.Field[Any]) -> str:
    """The line of a key in the manual."""
    required = option.default is option.default_factory is dataclasses.MISSING
    without = "needed" if required else str(option.default).lower() if option.default else "-"
    return f"| `{option.name}` | {option.metadata['words']} | {'-' if '<' in without or without == '()' else without} |"


@pytest.mark.parametrize("kind", KINDS)
def test_the_manual_explains_every_key(kind: str) -> None:
    manual = (Path(__file__).parents[2] / "docs/operating.md").read_text(encoding="utf-8")
    told = manual[manual.index(f"| `[{kind}.") :].splitlines()
    assert told[2 : 2 + len(described(KINDS[kind]))] == [row(each) for each in described(KINDS[kind])]
