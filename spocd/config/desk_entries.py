"""The entries of desk.toml: of each kind its keys, with the words that explain them, and what each may be.

This is the one place that a key of desk.toml is written down in. Reading, writing and comparing follow from it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, field
from typing import Any

from spocd.config import desk_values as of
from spocd.config import values
from spocd.config.options import described
from spocd.domain.catalogue import week, written_week
from spocd.domain.line import one_line
from spocd.domain.ticket import KINDS as TICKET_KINDS
from spocd.domain.ticket import PRIORITIES

ROLES = ("agent", "lead", "editor", "announcer", "admin", "robot")
MOST_TIERS = 9


def _line(value: Any) -> Any:
    return one_line(value) if isinstance(value, str) else value


def _about(
    words: str,
    check: Callable[[Any], None],
    *,
    form: Callable[[Any], Any] = _line,
    refers: str = "",
    example: str = "",
    write: str = "",
) -> dict[str, Any]:
    """`form` gives a value its one form; `refers` is the kind that it names; `example` stands where it is missing."""
    found = {"words": words, "check": check, "form": form, "refers": refers, "example": example}
    return found | ({"write": write} if write else {})


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _texts(given: Mapping[str, str]) -> dict[str, str]:
    return {language: _lines(given[language]) for language in sorted(given) if given[language]}


def _titles(given: Mapping[str, str]) -> dict[str, str]:
    return {language: _line(given[language]) for language in sorted(given) if given[language]}


def _each_line(given: list[str]) -> list[str]:
    return [_line(each) for each in given]


def _names(given: list[str]) -> list[str]:
    return sorted(set(given))


def _domains(given: list[str]) -> list[str]:
    return sorted({each.lower() for each in given})


def _days(given: Mapping[str, str]) -> dict[str, str]:
    return {day: _line(given[day]) for day in sorted(given)}


def _hours(given: Mapping[str, str]) -> dict[str, str]:
    return written_week(week(given))


@dataclass(frozen=True, slots=True)
class CalendarEntry:
    """When somebody is there."""

    zone: str = field(
        metadata=_about(
            "The time zone of its hours, such as Europe/Helsinki.", values.zone, example='"Europe/Copenhagen"'
        )
    )
    hours: Mapping[str, str] = field(
        metadata=_about(
            "By day, or several as `mon-fri`: `08:00-12:00, 13:00-16:00`. A day that is missing is closed.",
            of.opening,
            form=_hours,
            example='{ mon-fri = "08:00-16:00" }',
            write='the hours of days, such as mon-fri = "08:00-16:00"',
        )
    )
    holidays: Mapping[str, str] = field(
        default_factory=dict,
        metadata=_about(
            "Days on which nobody is there, by date, with their names.",
            of.holiday,
            form=_days,
            write='days with their names, such as 2026-12-25 = "Christmas Day"',
        ),
    )


@dataclass(frozen=True, slots=True)
class AgentEntry:
    """Somebody who works at the desk; the key is their login."""

    name: str = field(metadata=_about("As requesters see it.", of.line, example='"Maria Holm"'))
    address: str = field(
        default="", metadata=_about("Where the desk's notices to them go.", of.or_none(of.mail_address))
    )
    role: str = field(
        default="agent", metadata=_about("agent, lead, editor, announcer, admin or robot.", of.one_of(*ROLES))
    )
    uid: int | None = field(
        default=None,
        metadata=_about(
            "The system account that is theirs; without one they have no shell.", values.between(0, of.MOST_UID)
        ),
    )
    title: str = field(default="", metadata=_about("What they are called at work.", of.or_none(of.line)))
    hours: str = field(default="", metadata=_about("When they are there, in words.", of.or_none(of.line)))
    picture: str = field(default="", metadata=_about("A link (https) to their picture.", of.or_none(of.link)))
    signature: str = field(default="", metadata=_about("What stands below their mails.", of.prose, form=_lines))
    language: str = field(
        default="",
        metadata=_about("The language of notices to them: da, de, en, fi, ru or sv.", of.or_none(values.language)),
    )
    tier: int = field(
        default=1,
        metadata=_about(
            "1 to 9: the first tier solves first, and escalates to the next.", values.between(1, MOST_TIERS)
        ),
    )
    skills: tuple[str, ...] = field(
        default=(), metadata=_about("What they can do, in short words.", of.word, form=_names)
    )
    digest: str = field(
        default="", metadata=_about("The hour at which notices come as one mail, such as 08:00.", of.or_none(of.hour))
    )
    quiet: str = field(default="", metadata=_about("When no notice comes, such as 18:00-07:00.", of.or_none(of.quiet)))


@dataclass(frozen=True, slots=True)
class TeamEntry:
    """People who do the same work."""

    name: str = field(metadata=_about("As everybody sees it.", of.line, example='"Network"'))
    address: str = field(
        default="", metadata=_about("Where notices to the whole team go.", of.or_none(of.mail_address))
    )
    members: tuple[str, ...] = field(
        default=(), metadata=_about("The logins of those in it.", of.or_none(of.line), form=_names, refers="agents")
    )


@dataclass(frozen=True, slots=True)
class ServiceEntry:
    """Something that the desk looks after."""

    name: str | Mapping[str, str] = field(
        metadata=_about(
            "As people know it, in one language or several.", of.texts(of.line), form=_titles, example='"VPN"'
        )
    )
    description: str | Mapping[str, str] = field(
        default_factory=dict,
        metadata=_about("What belongs to it, in one language or several.", of.texts(of.prose), form=_texts),
    )
    team: str = field(
        default="", metadata=_about("The team that its tickets wait for.", of.or_none(of.line), refers="teams")
    )
    calendar: str = field(
        default="", metadata=_about("The calendar of who looks after it.", of.or_none(of.line), refers="calendars")
    )
    kind: str = field(
        default="request",
        metadata=_about("What its tickets are: incident, request or question.", of.one_of(*TICKET_KINDS)),
    )
    priority: str = field(
        default="normal", metadata=_about("How its tickets begin: low, normal, high or urgent.", of.one_of(*PRIORITIES))
    )
    skills: tuple[str, ...] = field(
        default=(), metadata=_about("Whoever is offered its tickets has all of these.", of.word, form=_names)
    )
    restricted: bool = field(default=False, metadata=_about("Only its team and leads see its tickets.", values.truth))
    facts: tuple[str, ...] = field(
        default=(),
        metadata=_about("What to ask for at once, so that nobody has to ask again.", of.line, form=_each_line),
    )


@dataclass(frozen=True, slots=True)
class OrganisationEntry:
    """Whom the desk works for."""

    name: str = field(metadata=_about("As it calls itself.", of.line, example='"Acme A/S"'))
    domains: tuple[str, ...] = field(
        default=(), metadata=_about("Whoever writes from one of these belongs to it.", of.domain, form=_domains)
    )
    briefing: str = field(
        default="",
        metadata=_about(
            "What whoever helps them should know; shown with each of their tickets.", of.prose, form=_lines
        ),
    )
    manager: str = field(
        default="",
        metadata=_about("The login of the agent who looks after them.", of.or_none(of.line), refers="agents"),
    )


@dataclass(frozen=True, slots=True)
class CannedEntry:
    """An answer that is given often."""

    title: str = field(
        metadata=_about("What it is about, for agents alone.", of.line, example='"The printer is out of paper"')
    )
    body: str | Mapping[str, str] = field(
        metadata=_about(
            "The answer, in one language or several.",
            of.texts(of.canned_text),
            form=_texts,
            example='"Please fill tray 2."',
        )
    )
    service: str = field(
        default="", metadata=_about("Offered for its tickets alone.", of.or_none(of.line), refers="services")
    )


# In the order of the file: what others name comes before them.
KINDS: Mapping[str, type[Any]] = {
    "calendars": CalendarEntry,
    "agents": AgentEntry,
    "teams": TeamEntry,
    "services": ServiceEntry,
    "organisations": OrganisationEntry,
    "canned": CannedEntry,
}
EXAMPLES: Mapping[str, str] = {
    "calendars": "calendars.office",
    "agents": "agents.maria",
    "teams": "teams.network",
    "services": "services.vpn",
    "organisations": "organisations.acme",
    "canned": "canned.paper",
}


def defaults() -> dict[str, dict[str, Any]]:
    """The value of each key that an entry does not have, by kind."""
    return {name: {option.name: _default(option) for option in described(kind)} for name, kind in KINDS.items()}


def _default(option: Any) -> Any:
    if option.default is not MISSING:
        return list(option.default) if isinstance(option.default, tuple) else option.default
    return option.default_factory() if option.default_factory is not MISSING else ""
