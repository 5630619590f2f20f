"""What the desk offers: services, calendars, organisations, canned answers. Most of it only desk.toml changes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, TypedDict

from spocd.desk.access import Actor, Role
from spocd.desk.desk_file import put
from spocd.desk.entries import calendars, canned, organisations, services
from spocd.desk.known import no_such
from spocd.desk.operation import Desk, operation
from spocd.domain.catalogue import text_for
from spocd.errors import Exit, Refused

Language = Literal["da", "de", "en", "fi", "ru", "sv"]


class ServiceDocument(TypedDict):
    """`name` and `description` are in the language asked for where they can be; the others say it in all."""

    key: str
    name: str
    description: str
    names: dict[str, str]
    descriptions: dict[str, str]
    team: str | None
    calendar: str | None
    kind: str
    priority: str
    skills: list[str]
    restricted: bool
    facts: list[str]


class ServiceList(TypedDict):
    services: list[ServiceDocument]


class CalendarDocument(TypedDict):
    key: str
    zone: str
    hours: dict[str, str]
    holidays: dict[str, str]


class CalendarList(TypedDict):
    calendars: list[CalendarDocument]


class OrganisationDocument(TypedDict):
    key: str
    name: str
    domains: list[str]
    briefing: str
    manager: str | None


class OrganisationList(TypedDict):
    organisations: list[OrganisationDocument]


class CannedDocument(TypedDict):
    key: str
    title: str
    service: str | None
    body: str
    bodies: dict[str, str]


class CannedList(TypedDict):
    canned: list[CannedDocument]


@operation("service.list", role=Role.ROBOT)
async def list_services(desk: Desk, actor: Actor, *, language: Language | None = None) -> ServiceList:
    """List the services, restricted ones too: the offer is no secret, their tickets are."""
    found = await services(desk)
    return {"services": [_service(key, fields, language or desk.settings.language) for key, fields in found.items()]}


@operation("service.view", role=Role.ROBOT)
async def view_service(desk: Desk, actor: Actor, *, service: str, language: Language | None = None) -> ServiceDocument:
    """Show a service: whose it is, when somebody is there, what to ask for."""
    fields = _one(await services(desk), "service", service)
    return _service(service, fields, language or desk.settings.language)


def _service(key: str, fields: Mapping[str, Any], language: str) -> ServiceDocument:
    return {
        "key": key,
        "name": text_for(fields["name"], language),
        "description": text_for(fields["description"], language),
        "names": fields["name"],
        "descriptions": fields["description"],
        "team": fields["team"] or None,
        "calendar": fields["calendar"] or None,
        "kind": fields["kind"],
        "priority": fields["priority"],
        "skills": fields["skills"],
        "restricted": fields["restricted"],
        "facts": fields["facts"],
    }


@operation("calendar.list", role=Role.ROBOT)
async def list_calendars(desk: Desk, actor: Actor) -> CalendarList:
    """List the calendars."""
    return {"calendars": [_calendar(key, fields) for key, fields in (await calendars(desk)).items()]}


@operation("calendar.view", role=Role.ROBOT)
async def view_calendar(desk: Desk, actor: Actor, *, calendar: str) -> CalendarDocument:
    """Show a calendar: its hours and holidays."""
    return _calendar(calendar, _one(await calendars(desk), "calendar", calendar))


def _calendar(key: str, fields: Mapping[str, Any]) -> CalendarDocument:
    return {"key": key, "zone": fields["zone"], "hours": fields["hours"], "holidays": fields["holidays"]}


@operation("organisation.list", role=Role.ROBOT)
async def list_organisations(desk: Desk, actor: Actor) -> OrganisationList:
    """List the organisations that the desk works for."""
    return {"organisations": [_organisation(key, fields) for key, fields in (await organisations(desk)).items()]}


@operation("organisation.view", role=Role.ROBOT)
async def view_organisation(desk: Desk, actor: Actor, *, organisation: str) -> OrganisationDocument:
    """Show an organisation, with what whoever helps them should know."""
    return _organisation(organisation, _one(await organisations(desk), "organisation", organisation))


def _organisation(key: str, fields: Mapping[str, Any]) -> OrganisationDocument:
    return {
        "key": key,
        "name": fields["name"],
        "domains": fields["domains"],
        "briefing": fields["briefing"],
        "manager": fields["manager"] or None,
    }


@operation("canned.list", role=Role.ROBOT)
async def list_canned(
    desk: Desk, actor: Actor, *, service: str | None = None, language: Language | None = None
) -> CannedList:
    """List the canned answers: all, or those that a ticket of a service is offered."""
    if service is not None:
        _one(await services(desk), "service", service)
    found = [
        _canned(key, fields, language or desk.settings.language)
        for key, fields in (await canned(desk)).items()
        if service is None or fields["service"] in ("", service)
    ]
    return {"canned": found}


@operation("canned.view", role=Role.ROBOT)
async def view_canned(desk: Desk, actor: Actor, *, answer: str, language: Language | None = None) -> CannedDocument:
    """Show a canned answer."""
    return _canned(answer, _one(await canned(desk), "canned answer", answer), language or desk.settings.language)


@operation("canned.edit", role=Role.EDITOR, writes=True)
async def edit_canned(
    desk: Desk,
    actor: Actor,
    *,
    answer: str,
    title: str | None = None,
    service: str | None = None,
    body: str | None = None,
    language: Language | None = None,
) -> CannedDocument:
    """Change a canned answer, or make one: its text in one language, its title, its service ("" is all)."""
    spoken = language or desk.settings.language
    there = (await canned(desk)).get(answer)
    given: dict[str, Any] = {"title": title, "service": service}
    if body is not None:
        given["body"] = {**(there["body"] if there else {}), spoken: body}
    given = {field: value for field, value in given.items() if value is not None}
    if there is None and not {"title", "body"} <= given.keys():
        raise Refused(
            "no-such-canned-answer",
            f"There is no canned answer “{answer}”. See: spocd canned list. To make it, give --title and a text.",
            Exit.NOT_FOUND,
        )
    if not given:
        raise Refused("nothing", "Say what shall change: the text, --title or --service.", Exit.USAGE)
    await put(desk, actor, "canned", answer, given)
    return await view_canned(desk, actor, answer=answer, language=language)


def _canned(key: str, fields: Mapping[str, Any], language: str) -> CannedDocument:
    return {
        "key": key,
        "title": fields["title"],
        "service": fields["service"] or None,
        "body": text_for(fields["body"], language),
        "bodies": fields["body"],
    }


def _one(found: Mapping[str, dict[str, Any]], noun: str, key: str) -> dict[str, Any]:
    """The entry of this key, or the refusal that says where they are listed."""
    if key not in found:
        raise no_such(noun, key, found)
    return found[key]
