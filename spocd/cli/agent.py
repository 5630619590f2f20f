"""`spocd agent`: who works at the desk."""

from __future__ import annotations

import click

from spocd.cli import show
from spocd.cli.asked import tell
from spocd.cli.call import call, write
from spocd.cli.grammar import Noun
from spocd.cli.numbers import whole
from spocd.cli.show import Column, Shape

MOST_UID = 2**32 - 2  # the kernel's; the one above stands for nobody
AGENT = Shape(
    identity="login",
    columns=(
        Column("login", "LOGIN"),
        Column("name", "NAME", gives_way=True),
        Column("address", "ADDRESS", gives_way=True),
        Column("role", "ROLE"),
        Column("uid", "UID"),
        Column("since", "SINCE"),
    ),
    fields=("login", "name", "address", "role", "uid", "since"),
)


@click.group(cls=Noun)
def agent() -> None:
    """Agents: who works at the desk."""


@agent.command("list", example="spocd agent list")
def list_agents() -> None:
    """List agents."""
    show.listing([call("agent.list")["agents"]], AGENT)


@agent.command(writes=True, example='spocd agent new bob --name "Bob Berg" --address bob@example.org')
@click.argument("login", metavar="LOGIN")
@click.option("--name", metavar="NAME", help="As requesters see it.")
@click.option("--address", metavar="ADDR", help="The mail address of this agent.")
@click.option("--role", type=click.Choice(("agent", "lead", "admin")), help="What the agent may do; agent unless said.")
@click.option("--uid", type=whole(0, MOST_UID), metavar="UID", help="The system account; that of LOGIN unless said.")
def new(login: str, name: str | None, address: str | None, role: str | None, uid: int | None) -> None:
    """Make somebody an agent; the system account says who is calling."""
    account = _account(login) if uid is None else uid
    show.document(write("agent.new", login=login, name=name, address=address, role=role, uid=account), AGENT)


def _account(login: str) -> int | None:
    import pwd

    try:
        return pwd.getpwnam(login).pw_uid
    except KeyError:
        tell(f"this machine has no account “{login}”, so this agent cannot use the shell until --uid is given")
        return None
