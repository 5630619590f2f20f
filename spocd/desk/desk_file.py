"""The desk as a file: `spocd apply` makes it what the file says, `spocd export` writes that file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, TypedDict

from spocd.config.desk_entries import defaults
from spocd.config.desk_file import checked, read, render
from spocd.desk.access import Actor, Role
from spocd.desk.documents import write_json
from spocd.desk.entries import standing, write
from spocd.desk.operation import Desk, operation
from spocd.domain.desk_file import Change, Entries, changes, loses_administrator, merged, touched
from spocd.errors import Exit, Misconfigured, Refused

_MOST_NAMED = 3  # tickets in a refusal


class ChangeDocument(TypedDict):
    what: Literal["added", "changed", "removed"]
    kind: str
    key: str
    field: str | None
    was: str | None
    now: str | None


class Applied(TypedDict):
    changes: list[ChangeDocument]


class Exported(TypedDict):
    text: str


@operation("desk.apply", role=Role.ADMIN, writes=True)
async def apply(desk: Desk, actor: Actor, *, text: str, name: str = "desk.toml", remove: bool = False) -> Applied:
    """Make the desk what the text of a desk.toml says; what is not in it is left, or removed."""
    was = await standing(desk)
    try:
        language, own = desk.settings.language, desk.settings.own.own
        given = read(text, name, was, language=language, remove=remove, own=own)
    except Misconfigured as wrong:
        raise Refused("bad-desk-file", str(wrong), Exit.CONFIGURATION) from None
    return {"changes": [_document(each) for each in await _make(desk, actor, was, given, remove=remove)]}


@operation("desk.export", role=Role.ADMIN)
async def export(desk: Desk, actor: Actor) -> Exported:
    """Write the desk as a desk.toml, the same for the same desk to the last octet."""
    return {"text": render(await standing(desk), language=desk.settings.language)}


async def put(desk: Desk, actor: Actor, kind: str, key: str, fields: Mapping[str, Any]) -> bool:
    """Set these keys of one entry, or make it, under the rules of the file; whether anything changed.

    Refused, with what is wrong of each, where the file would be.
    """
    was = await standing(desk)
    given, faults = checked({kind: {key: dict(fields)}}, was, language=desk.settings.language)
    if faults:
        noun = kind.removesuffix("s")
        each = (f"{fault.key.removeprefix(f'{kind}.{key}.')} {fault.sentence}" for fault in faults)
        said = " ".join(sentence if sentence.endswith("?") else f"{sentence}." for sentence in each)
        raise Refused(f"bad-{noun}", said, Exit.USAGE)
    return bool(await _make(desk, actor, was, given, remove=False))


async def _make(desk: Desk, actor: Actor, was: Entries, given: Entries, *, remove: bool) -> list[Change]:
    now = merged(was, given, defaults(), remove=remove)
    found = changes(was, now)
    if loses_administrator(was, now):
        raise Refused(
            "last-administrator",
            "Nobody would be administrator any more. Leave one agent with the role admin and a uid.",
        )
    await _check_unused(desk, found)
    await write(desk, now, found)
    await _record(desk, actor, found)
    return found


async def _check_unused(desk: Desk, found: list[Change]) -> None:
    """Refuse to take away what tickets or spocd.toml still name; all of it in one sentence each."""
    said = []
    for key in touched(found, "teams", removed=True):
        if row := await desk.tx.one("last_ticket_of_team", key=key):
            said.append(f"The team “{key}” stays: tickets are with it, the last of them #{row['number']}.")
    for key in touched(found, "services", removed=True):
        if row := await desk.tx.one("last_ticket_of_service", key=key):
            said.append(f"The service “{key}” stays: tickets are about it, the last of them #{row['number']}.")
        elif address := next((name for name, of in desk.settings.addresses.items() if of == key), None):
            said.append(f"The service “{key}” stays: spocd.toml has the address {address} for it.")
    for login in touched(found, "agents", removed=True):
        if rows := await desk.tx.all("open_tickets_of_login", login=login, n=_MOST_NAMED + 1):
            named = ", ".join(f"#{row['number']}" for row in rows[:_MOST_NAMED])
            more = " and more" if len(rows) > _MOST_NAMED else ""
            said.append(f"{login} still has {named}{more}. Hand them over: spocd agent leave {login} --to TEAM")
    if said:
        raise Refused("in-use", "\n".join(said))


async def _record(desk: Desk, actor: Actor, found: list[Change]) -> None:
    """A line of the journal for each entry that changed, with what it was and is."""
    lines: dict[tuple[str, str], dict[str, Any]] = {}
    for each in found:
        event = f"{each.kind.removesuffix('s')} {each.what}"
        detail = lines.setdefault((event, each.key), {"key": each.key, "uid": actor.uid})
        if each.field:
            detail.setdefault("fields", {})[each.field] = [each.was, each.now]
    rows = [
        {"ticket": None, "at": desk.now, "actor": actor.login, "event": event, "detail": write_json(detail)}
        for (event, _), detail in lines.items()
    ]
    await desk.tx.batch("write_journal", rows)


def _document(change: Change) -> ChangeDocument:
    return {
        "what": change.what,
        "kind": change.kind.removesuffix("s"),
        "key": change.key,
        "field": change.field or None,
        "was": _written(change.was),
        "now": _written(change.now),
    }


def _written(value: Any) -> str | None:
    """A value in a line: a text as it is, anything else as JSON; None where there is nothing."""
    if value is None or value == "" or value == [] or value == {}:
        return None
    return value if isinstance(value, str) else write_json(value)
