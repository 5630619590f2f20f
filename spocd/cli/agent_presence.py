"""The verbs of `spocd agent` that say who is there: away, back, leave, load."""

from __future__ import annotations

import click

from spocd.cli import show
from spocd.cli.agent import planned
from spocd.cli.asked import complete_login, confirm
from spocd.cli.call import call, write
from spocd.cli.grammar import Command
from spocd.cli.show import Column, Document, Shape
from spocd.cli.ticket_shape import no_notify, told
from spocd.cli.when import ahead, through

LOAD = Shape(
    identity="login",
    columns=(
        Column("login", "LOGIN"),
        Column("name", "NAME", gives_way=True),
        Column("tier", "TIER", spare=True),
        Column("open", "OPEN"),
        Column("waiting", "WAITING"),
        Column("oldest", "OLDEST"),
        Column("away", "AWAY"),
        Column("away_until", "UNTIL"),
        Column("deputy", "DEPUTY"),
        Column("absences", "PLANNED", gives_way=True),
    ),
    fields=("login", "name", "tier", "open", "waiting", "oldest", "away", "away_until", "deputy", "absences"),
)
_login = click.argument("login", metavar="LOGIN", shell_complete=complete_login)


@click.command(
    cls=Command, writes=True, example='spocd agent away bob --until "2030-08-24" --deputy ida --reason "on leave"'
)
@_login
@click.option("--from", "since", type=ahead, metavar="TIME", help="From when; from now unless said.")
@click.option(
    "--until", type=through, metavar="TIME", help="Until when, or through that day; until `agent back` unless said."
)
@click.option("--deputy", metavar="LOGIN", shell_complete=complete_login, help="Who gets the open cases first.")
@click.option(
    "--reason", metavar="TEXT", help="Why, in the words that requesters read; unless said, that they are away."
)
@no_notify
def away(
    login: str, since: int | None, until: int | None, deputy: str | None, reason: str | None, no_notify: bool
) -> None:
    """Say that an agent is away: their open cases move, and nothing new comes to them.

    A case goes to the deputy, else to whoever is there, may have it and has the least to do, those of its own tier
    first, else into the queue; with a hand-over brief, and one short mail to its requester, who reads the reason after
    the name: “Bob Berg: on leave”. Of very many cases the first are moved at once and the others by the clock in the
    minutes after, as `to_move` says; their requesters are told in any case. Who comes back gets nothing back by itself.
    Only leads say this of others.
    """
    answer = write(
        "agent.away",
        agent=login,
        since=since,
        until=until,
        deputy=deputy,
        reason=reason,
        notify=told(no_notify),
    )
    show.facts(answer, _readable_absence)


@click.command(cls=Command, writes=True, example="spocd agent back bob")
@_login
def back(login: str) -> None:
    """Say that an agent is back, or that a planned absence is off."""
    show.facts(write("agent.back", agent=login), _readable_return)


@click.command(cls=Command, writes=True, example="spocd agent leave bob --to first-line")
@_login
@click.option("--to", required=True, metavar="TEAM", help="Who gets the open cases.")
@no_notify
def leave(login: str, to: str, no_notify: bool) -> None:
    """Part with an agent who leaves for good: their cases go to a team (leads).

    Prints what they alone knew: skills that nobody else has, teams and services without anybody else, open cases on
    which no colleague ever wrote.
    """
    confirm(f"Part with {login} for good, and give their cases to {to}?")
    show.facts(write("agent.leave", agent=login, to=to, notify=told(no_notify)), _readable_departure)


def _readable_absence(answer: Document) -> Document:
    told = {"agent": answer["agent"], "away from": answer["since"], "until": answer["until"] or "they are back"}
    told |= {"deputy": answer["deputy"], "reason": answer["reason"]}
    return told | _moves(answer) if answer["begun"] else told | {"moved": "nothing yet: it begins later"}


def _readable_return(answer: Document) -> Document:
    ended = answer["ended"]
    return {"agent": answer["agent"], "ended": "one absence" if ended == 1 else f"{ended} absences"}


def _readable_departure(answer: Document) -> Document:
    alone = answer["alone"]
    told = {"agent": answer["agent"], "left": answer["left_at"], "cases to": answer["team"], **_moves(answer)}
    return told | {
        "skills that nobody else has": alone["skills"],
        "teams without anybody now": alone["teams"],
        "services without anybody now": alone["services"],
        "cases that only they knew": [f"#{each}" for each in alone["cases"]],
    }


def _moves(answer: Document) -> Document:
    """What became of their cases: where each is now, and how many the clock still moves."""
    moved: Document = {"moved": [_move(each) for each in answer["moved"]]}
    moved |= {"still to move": f"{answer['to_move']}, in the minutes to come"} if answer["to_move"] else {}
    nobody = [_nobody(each) for each in answer.get("unattended", ())]
    return moved | ({"unattended": nobody} if nobody else {})


def _move(moved: Document) -> str:
    passed_over = f", not to {moved['not_to']}" if moved.get("not_to") else ""
    return f"#{moved['ticket']} to {moved['to'] or 'the queue'}{passed_over}"


def _nobody(unattended: Document) -> str:
    wait = "1 case waits" if unattended["waiting"] == 1 else f"{unattended['waiting']} cases wait"
    where = f"of the team {unattended['team']}" if unattended["team"] else "at the desk"
    return f"nobody {where} is there now, and {wait} in the queue"


@click.command(cls=Command, example="spocd agent load")
def load() -> None:
    """Show what each agent has: open cases, how many wait and since when, who is away until when, or is going to be."""
    show.listing([[planned(each) for each in call("agent.load")["agents"]]], LOAD)
