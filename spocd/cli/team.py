"""`spocd team`: agents who do the same work."""

from __future__ import annotations

import click

from spocd.cli import show
from spocd.cli.asked import complete_key, complete_login
from spocd.cli.call import call, write
from spocd.cli.grammar import Noun
from spocd.cli.show import Column, Shape

TEAM = Shape(
    identity="key",
    columns=(
        Column("key", "TEAM"),
        Column("name", "NAME", gives_way=True),
        Column("address", "ADDRESS", gives_way=True, spare=True),
        Column("members", "MEMBERS", gives_way=True),
    ),
    fields=("key", "name", "address", "members"),
)
_team = click.argument("team", metavar="TEAM", shell_complete=complete_key("team.list"))
_login = click.argument("login", metavar="LOGIN", shell_complete=complete_login)


@click.group(cls=Noun)
def team() -> None:
    """Teams: who does the same work."""


@team.command("list", example="spocd team list")
def list_teams() -> None:
    """List teams with their members."""
    show.listing([call("team.list")["teams"]], TEAM)


@team.command(writes=True, example='spocd team new network --name "Network" --member ida --member timo')
@click.argument("team", metavar="TEAM")
@click.option("--name", metavar="NAME", required=True, help="As everybody sees it.")
@click.option("--address", metavar="ADDR", help="Where notices to the whole team go.")
@click.option(
    "--member", "members", metavar="LOGIN", multiple=True, shell_complete=complete_login, help="May be given again."
)
def new(team: str, name: str, address: str | None, members: tuple[str, ...]) -> None:
    """Make a team; TEAM is its short name, in small letters."""
    show.document(write("team.new", team=team, name=name, address=address, members=list(members) or None), TEAM)


@team.command(writes=True, example="spocd team edit network --address network@example.org")
@_team
@click.option("--name", metavar="NAME", help="As everybody sees it.")
@click.option("--address", metavar="ADDR", help='Where notices to the whole team go; "" for nowhere.')
def edit(team: str, name: str | None, address: str | None) -> None:
    """Change a team's name or address; what is not named stays."""
    show.document(write("team.edit", team=team, name=name, address=address), TEAM)


@team.group(cls=Noun)
def member() -> None:
    """Take agents into a team, or out of it."""


@member.command(writes=True, example="spocd team member add network ida")
@_team
@_login
def add(team: str, login: str) -> None:
    """Take an agent into a team, whose restricted services they see from now on."""
    show.document(write("team.member_add", team=team, login=login), TEAM)


@member.command(writes=True, example="spocd team member remove network ida")
@_team
@_login
def remove(team: str, login: str) -> None:
    """Take an agent out of a team."""
    show.document(write("team.member_remove", team=team, login=login), TEAM)
