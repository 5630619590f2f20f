"""`spocd service`, `calendar` and `organisation`: what the desk offers, when, and to whom, as desk.toml says it."""

from __future__ import annotations

import click

from spocd.cli import show
from spocd.cli.asked import complete_key
from spocd.cli.call import call
from spocd.cli.grammar import Noun
from spocd.cli.show import Column, Document, Shape

LANGUAGES = click.Choice(("da", "de", "en", "fi", "ru", "sv"))
SERVICE = Shape(
    identity="key",
    columns=(
        Column("key", "SERVICE"),
        Column("name", "NAME", gives_way=True),
        Column("team", "TEAM"),
        Column("calendar", "CALENDAR", spare=True),
        Column("kind", "KIND"),
        Column("priority", "PRIORITY"),
        Column("restricted", "RESTRICTED"),
    ),
    fields=("key", "name", "team", "calendar", "kind", "priority", "skills", "restricted", "facts", "description"),
)
CALENDAR = Shape(
    identity="key",
    columns=(Column("key", "CALENDAR"), Column("zone", "ZONE"), Column("hours", "HOURS", gives_way=True)),
    fields=("key", "zone", "hours", "holidays"),
)
ORGANISATION = Shape(
    identity="key",
    columns=(
        Column("key", "ORGANISATION"),
        Column("name", "NAME", gives_way=True),
        Column("domains", "DOMAINS", gives_way=True),
        Column("manager", "MANAGER"),
    ),
    fields=("key", "name", "domains", "manager", "briefing"),
)
_language = click.option("--lang", "language", type=LANGUAGES, help="In this language, where there is a text in it.")


@click.group(cls=Noun)
def service() -> None:
    """Services: what the desk looks after."""


@service.command("list", example="spocd service list")
@_language
def list_services(language: str | None) -> None:
    """List services, restricted ones too: their tickets are the secret."""
    show.listing([call("service.list", language=language)["services"]], SERVICE)


@service.command("view", example="spocd service view vpn")
@click.argument("service", metavar="SERVICE", shell_complete=complete_key("service.list"))
@_language
def view_service(service: str, language: str | None) -> None:
    """Show a service: whose it is, when somebody is there, what to ask for."""
    show.document(call("service.view", service=service, language=language), SERVICE, _service_text)


def _service_text(found: Document) -> str:
    told = {name: value for name, value in found.items() if name not in ("names", "descriptions")}
    return show.facts_and_text(told, "description")


@click.group(cls=Noun)
def calendar() -> None:
    """Calendars: hours and holidays."""


@calendar.command("list", example="spocd calendar list")
def list_calendars() -> None:
    """List calendars."""
    show.listing([call("calendar.list")["calendars"]], CALENDAR)


@calendar.command("view", example="spocd calendar view copenhagen")
@click.argument("calendar", metavar="CALENDAR", shell_complete=complete_key("calendar.list"))
def view_calendar(calendar: str) -> None:
    """Show a calendar: its hours and holidays."""
    show.document(call("calendar.view", calendar=calendar), CALENDAR, show.facts_text)


@click.group(cls=Noun)
def organisation() -> None:
    """Organisations: whom the desk works for."""


@organisation.command("list", example="spocd organisation list")
def list_organisations() -> None:
    """List organisations."""
    show.listing([call("organisation.list")["organisations"]], ORGANISATION)


@organisation.command("view", example="spocd organisation view acme")
@click.argument("organisation", metavar="ORGANISATION", shell_complete=complete_key("organisation.list"))
def view_organisation(organisation: str) -> None:
    """Show an organisation, with what whoever helps them should know."""
    found = call("organisation.view", organisation=organisation)
    show.document(found, ORGANISATION, lambda shown: show.facts_and_text(shown, "briefing"))
