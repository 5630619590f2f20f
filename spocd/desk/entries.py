"""The entries of desk.toml as the desk's tables hold them: read as a whole, and written where they change."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from spocd.desk.documents import read_json, write_json
from spocd.desk.operation import Desk
from spocd.domain.catalogue import week, written_week
from spocd.domain.desk_file import Change, Entries, touched
from spocd.errors import Exit, Refused
from spocd.store import Row

Kind = dict[str, dict[str, Any]]


async def standing(desk: Desk) -> dict[str, Kind]:
    """Every entry that the desk has, in the form of desk.toml."""
    return {
        "calendars": await calendars(desk),
        "agents": await agents(desk),
        "teams": await teams(desk),
        "services": await services(desk),
        "organisations": await organisations(desk),
        "canned": await canned(desk),
    }


async def calendars(desk: Desk) -> Kind:
    return {
        row["key"]: {
            "zone": row["zone"],
            "hours": written_week(read_json(row["hours"])),
            "holidays": read_json(row["holidays"]),
        }
        for row in await desk.tx.all("calendars")
    }


async def agents(desk: Desk) -> Kind:
    skills = _grouped(await desk.tx.all("agent_skills"), "login", "skill")
    plain = ("name", "address", "role", "uid", "title", "hours", "picture", "signature", "tier", "digest", "quiet")
    return {
        row["login"]: {name: row[name] for name in plain}
        | {"language": row["language"] or "", "skills": skills.get(row["login"], [])}
        for row in await desk.tx.all("agent_cards")
        if row["left_at"] is None
    }


async def teams(desk: Desk) -> Kind:
    members = _grouped(await desk.tx.all("team_members"), "team", "login")
    return {
        row["key"]: {"name": row["name"], "address": row["address"], "members": members.get(row["key"], [])}
        for row in await desk.tx.all("teams")
    }


async def services(desk: Desk) -> Kind:
    skills = _grouped(await desk.tx.all("service_skills"), "service", "skill")
    return {
        row["key"]: {
            "name": read_json(row["name"]),
            "description": read_json(row["description"]),
            "team": row["team"] or "",
            "calendar": row["calendar"] or "",
            "kind": row["kind"],
            "priority": row["priority"],
            "skills": skills.get(row["key"], []),
            "restricted": bool(row["restricted"]),
            "facts": read_json(row["facts"]),
        }
        for row in await desk.tx.all("services")
    }


async def organisations(desk: Desk) -> Kind:
    domains = _grouped(await desk.tx.all("organisation_domains"), "organisation", "domain")
    return {
        row["key"]: {
            "name": row["name"],
            "domains": domains.get(row["key"], []),
            "briefing": row["briefing"],
            "manager": row["manager"] or "",
        }
        for row in await desk.tx.all("organisations")
    }


async def canned(desk: Desk) -> Kind:
    return {
        row["key"]: {"title": row["title"], "body": read_json(row["body"]), "service": row["service"] or ""}
        for row in await desk.tx.all("canned_answers")
    }


def _grouped(rows: Iterable[Row], by: str, what: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for row in rows:
        found.setdefault(row[by], []).append(row[what])
    return {key: sorted(values) for key, values in found.items()}


async def write(desk: Desk, now: Entries, found: list[Change]) -> None:
    """Make the tables what `now` says, where `found` says that something changes.

    What others name is written before them, and taken away after them.
    """
    changed = {kind: {key: now[kind][key] for key in touched(found, kind, removed=False)} for kind in now}
    gone = {kind: touched(found, kind, removed=True) for kind in now}
    await _write_calendars(desk, changed["calendars"])
    await _write_agents(desk, changed["agents"])
    await _write_teams(desk, changed["teams"])
    await _write_services(desk, changed["services"])
    await _write_organisations(desk, changed["organisations"], gone["organisations"])
    await _write_canned(desk, changed["canned"])
    await desk.tx.batch("drop_canned", _keys(gone["canned"]))
    await desk.tx.batch("drop_organisation", _keys(gone["organisations"]))
    await desk.tx.batch("drop_skills_of_service", _keys(gone["services"]))
    await desk.tx.batch("drop_service", _keys(gone["services"]))
    await desk.tx.batch("drop_calendar", _keys(gone["calendars"]))
    await desk.tx.batch("drop_members", _keys(gone["teams"]))
    await desk.tx.batch("drop_team", _keys(gone["teams"]))
    await desk.tx.batch("agent_leaves", [{"login": login, "now": desk.now} for login in gone["agents"]])


def _keys(keys: Iterable[str]) -> list[Row]:
    return [{"key": key} for key in keys]


def _each(entries: Mapping[str, Mapping[str, Any]], field: str, name: str, key: str = "key") -> list[Row]:
    """A row for each value of a list that every entry has."""
    return [{key: entry, name: value} for entry, fields in entries.items() for value in fields[field]]


async def _write_calendars(desk: Desk, entries: Mapping[str, Mapping[str, Any]]) -> None:
    rows = [
        {
            "key": key,
            "zone": fields["zone"],
            "hours": write_json(week(fields["hours"])),
            "holidays": write_json(fields["holidays"]),
            "now": desk.now,
        }
        for key, fields in entries.items()
    ]
    await desk.tx.batch("put_calendar", rows)


def _check_not_own(desk: Desk, entries: Mapping[str, Mapping[str, Any]]) -> None:
    """Refuse addresses that are the desk's: no notice would ever go there, since the desk does not write to itself."""
    for key, fields in entries.items():
        if fields["address"] and desk.settings.own.own(fields["address"]):
            raise Refused(
                "own-address",
                f"{key}: {fields['address']} is an address of this desk. Name one that is read by people.",
                Exit.USAGE,
            )


async def _write_agents(desk: Desk, entries: Mapping[str, Mapping[str, Any]]) -> None:
    _check_not_own(desk, entries)
    plain = ("name", "address", "role", "title", "hours", "picture", "signature", "tier", "digest", "quiet")
    rows = [
        {name: fields[name] for name in plain}
        | {"login": login, "language": fields["language"] or None, "now": desk.now}
        for login, fields in entries.items()
    ]
    await desk.tx.batch("put_agent", rows)
    uids = {login: fields["uid"] for login, fields in entries.items()}
    await desk.tx.batch("free_uid", [{"uid": uid} for uid in uids.values() if uid is not None])
    await desk.tx.batch("set_uid", [{"login": login, "uid": uid} for login, uid in uids.items()])
    await desk.tx.batch("drop_skills_of_agent", [{"login": login} for login in entries])
    await desk.tx.batch("add_skill_of_agent", _each(entries, "skills", "skill", "login"))


async def _write_teams(desk: Desk, entries: Mapping[str, Mapping[str, Any]]) -> None:
    _check_not_own(desk, entries)
    rows = [
        {"key": key, "name": fields["name"], "address": fields["address"], "now": desk.now}
        for key, fields in entries.items()
    ]
    await desk.tx.batch("put_team", rows)
    await desk.tx.batch("drop_members", _keys(entries))
    await desk.tx.batch("add_member", _each(entries, "members", "login"))


async def _write_services(desk: Desk, entries: Mapping[str, Mapping[str, Any]]) -> None:
    rows = [
        {
            "key": key,
            "name": write_json(fields["name"]),
            "description": write_json(fields["description"]),
            "team": fields["team"] or None,
            "calendar": fields["calendar"] or None,
            "kind": fields["kind"],
            "priority": fields["priority"],
            "restricted": int(fields["restricted"]),
            "facts": write_json(fields["facts"]),
            "now": desk.now,
        }
        for key, fields in entries.items()
    ]
    await desk.tx.batch("put_service", rows)
    await desk.tx.batch("drop_skills_of_service", _keys(entries))
    await desk.tx.batch("add_skill_of_service", _each(entries, "skills", "skill"))


async def _write_organisations(desk: Desk, entries: Mapping[str, Mapping[str, Any]], gone: list[str]) -> None:
    rows = [
        {
            "key": key,
            "name": fields["name"],
            "briefing": fields["briefing"],
            "manager": fields["manager"],
            "now": desk.now,
        }
        for key, fields in entries.items()
    ]
    await desk.tx.batch("put_organisation", rows)
    # All of them before any is written: a domain may move from one to another.
    await desk.tx.batch("drop_domains", _keys([*entries, *gone]))
    await desk.tx.batch("add_domain", _each(entries, "domains", "domain"))
    await desk.tx.batch("people_leave_organisation", _keys(gone))


async def _write_canned(desk: Desk, entries: Mapping[str, Mapping[str, Any]]) -> None:
    rows = [
        {
            "key": key,
            "title": fields["title"],
            "body": write_json(fields["body"]),
            "service": fields["service"] or None,
            "now": desk.now,
        }
        for key, fields in entries.items()
    ]
    await desk.tx.batch("put_canned", rows)
