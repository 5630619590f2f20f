"""`spocd agent`: who works at the desk."""

from __future__ import annotations

from typing import Any

import click

from spocd.cli import show
from spocd.cli.asked import asked, complete_login, tell
from spocd.cli.call import call, write
from spocd.cli.grammar import Noun
from spocd.cli.numbers import whole
from spocd.cli.show import Column, Document, Shape
from spocd.errors import Exit, Refused

MOST_UID = 2**32 - 2  # the kernel's; the one above stands for nobody
MOST_TIERS = 9
ROLES = click.Choice(("agent", "lead", "editor", "announcer", "admin", "robot"))
AGENT = Shape(
    identity="login",
    columns=(
        Column("login", "LOGIN"),
        Column("name", "NAME", gives_way=True),
        Column("address", "ADDRESS", gives_way=True, spare=True),
        Column("role", "ROLE", spare=True),
        Column("tier", "TIER", spare=True),
        Column("teams", "TEAMS", gives_way=True),
        Column("presence", "PRESENCE"),
        Column("away_until", "UNTIL"),
        Column("absences", "PLANNED", gives_way=True),
    ),
    fields=(
        *("login", "name", "address", "role", "uid", "since", "title", "hours", "picture", "language", "tier"),
        *("skills", "teams", "digest", "quiet", "presence", "away_until", "absences"),
    ),
)
_CARD = (
    click.option("--name", metavar="NAME", help="As requesters see it."),
    click.option("--address", metavar="ADDR", help="The mail address of this agent."),
    click.option("--role", type=ROLES, help="What the agent may do; a new one is an agent."),
    click.option(
        "--uid", type=whole(0, MOST_UID), metavar="UID", help="The system account; for a new agent that of LOGIN."
    ),
    click.option("--title", metavar="TEXT", help="What they are called at work."),
    click.option("--hours", metavar="TEXT", help="When they are there, in words."),
    click.option("--picture", metavar="URL", help="A link to their picture."),
    click.option("--signature", metavar="TEXT", help="What stands below their mails."),
    click.option("--language", metavar="CODE", help="Of notices to them."),
    click.option(
        "--tier", type=whole(1, MOST_TIERS), metavar="N", help="1 solves first; higher ones are escalated to."
    ),
    click.option("--skill", "skills", metavar="WORD", multiple=True, help="What they can do; may be given again."),
    click.option("--digest", metavar="HH:MM", help="Notices come as one mail at this hour."),
    click.option("--quiet-hours", metavar="HH:MM-HH:MM", help="No notice comes then."),
)

_OWN = {"title", "hours", "picture", "signature", "language", "digest", "quiet"}


def _card(command: Any) -> Any:
    """Gives a command the options of a card."""
    for option in reversed(_CARD):
        command = option(command)
    return command


def _stated(given: dict[str, Any]) -> dict[str, Any]:
    """The card as desk.toml has it; --quiet stands on every command, so that its hours have another name here."""
    named = {"quiet" if name == "quiet_hours" else name: value for name, value in given.items()}
    return {
        name: list(value) if name == "skills" else value for name, value in named.items() if value not in (None, ())
    }


_HERE = "spocd.cli.agent_presence"
_PRESENCE = {
    "away": (f"{_HERE}:away", "Say that an agent is away; their open cases move."),
    "back": (f"{_HERE}:back", "Say that an agent is back."),
    "leave": (f"{_HERE}:leave", "Part with an agent; their cases go to a team."),
    "load": (f"{_HERE}:load", "Show what each agent has, and who is away."),
}


@click.group(cls=Noun, lazy=_PRESENCE)
def agent() -> None:
    """Agents: who works at the desk."""


@agent.command("list", example="spocd agent list")
@click.option("--left", is_flag=True, help="Those who have left.")
def list_agents(left: bool) -> None:
    """List agents, with who is here, who is away and who is going to be."""
    show.listing([[planned(each) for each in call("agent.list", left=left or None)["agents"]]], AGENT)


def planned(row: Document) -> Document:
    """An agent as a table shows one: the absences that are planned in words."""
    if asked().form != "table":
        return row
    return row | {"absences": [_in_words(each) for each in row.get("absences", ()) if not each["begun"]]}


def _in_words(absence: Document) -> str:
    until = f" until {show.local_time(absence['until'])}" if absence["until"] else ""
    deputy = f", deputy {absence['deputy']}" if absence["deputy"] else ""
    return f"away from {show.local_time(absence['since'])}{until}{deputy}"


def _card_text(card: Document) -> str:
    return show.facts_and_text(card | {"absences": [_in_words(each) for each in card.get("absences", [])]}, "signature")


@agent.command(example="spocd agent view maria")
@click.argument("login", metavar="LOGIN", shell_complete=complete_login)
def view(login: str) -> None:
    """Show the card of an agent, with when they are away."""
    show.document(call("agent.view", login=login), AGENT, _card_text)


@agent.command(writes=True, example='spocd agent new bob --name "Bob Berg" --address bob@example.org')
@click.argument("login", metavar="LOGIN")
@_card
def new(login: str, **given: Any) -> None:
    """Make somebody an agent; the system account says who is calling."""
    card = _stated(given)
    who = {name: card.pop(name, None) for name in ("name", "address", "role", "uid")}
    if who["uid"] is None:
        who["uid"] = _account(login)
    made = write("agent.new", login=login, **who, card=card or None)
    if left := made.get("left_before"):
        tell(f"{login} had left the desk on {show.local_day(left)}, and is the same agent again")
    if who["uid"] is None:
        tell(f"this machine has no account “{login}”, so this agent cannot use the shell until --uid is given")
    show.document(made, AGENT)


@agent.command(writes=True, example="spocd agent edit bob --tier 2 --skill vpn --skill dns")
@click.argument("login", metavar="[LOGIN]", required=False, shell_complete=complete_login)
@_card
def edit(login: str | None, **given: Any) -> None:
    """Change the card of an agent, or without LOGIN your own; what is not named stays.

    How you look to requesters and when notices come you may change yourself; the rest is for administrators.
    """
    card = _stated(given)
    if login is not None:
        return show.document(_edited(login, card), AGENT)
    if other := sorted(card.keys() - _OWN):
        raise click.UsageError(f"Only administrators change the {other[0]} of a card. Name the LOGIN.")
    return show.document(write("agent.edit_own", card=card), AGENT)


def _edited(login: str, card: dict[str, Any]) -> Document:
    try:
        return write("agent.edit", login=login, card=card)
    except Refused as error:
        if error.exit is not Exit.NOT_PERMITTED or card.keys() - _OWN:
            raise
        raise Refused(
            error.code, f"{error} Of your own card this is yours to change: leave out the LOGIN.", error.exit
        ) from None


def _account(login: str) -> int | None:
    import pwd

    try:
        return pwd.getpwnam(login).pw_uid
    except KeyError:
        return None
