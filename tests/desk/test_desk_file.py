"""The desk as a file: what `apply` makes of it, what it leaves, what it refuses, and that `export` writes it again."""

from __future__ import annotations

from typing import Any

from tests.desk.running_desk import ADMIN, RunningDesk

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
