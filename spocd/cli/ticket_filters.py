"""What a list of tickets can be narrowed to, on the line or under a name that it was saved by."""

from __future__ import annotations

from typing import Any

import click

from spocd.cli.asked import complete_key, complete_login
from spocd.cli.call import call
from spocd.cli.grammar import Command
from spocd.cli.ticket_shape import KINDS, ORDERS, PRIORITIES, STATES
from spocd.cli.when import back, until_then, within
from spocd.errors import Exit, Refused

_WRITTEN = "spocd.written"


def _states(written: str) -> list[str]:
    named = [state.strip().lower() for state in written.split(",")]
    for state in named:
        if state not in STATES:
            raise click.BadParameter(f"“{state}” is not a state. There are: {', '.join(STATES)}.")
    return named


def _filters() -> list[click.Parameter]:
    option = click.Option
    return [
        option(["--state", "states"], multiple=True, type=_states, metavar="STATE,…", help=f"{', '.join(STATES)}."),
        option(["--assignee"], metavar="@me|none|LOGIN", shell_complete=complete_login, help="Who has it."),
        option(["--requester"], metavar="ADDR", help="Who asked."),
        option(["--group"], metavar="GROUP", help="Of people in this group."),
        option(
            ["--organisation"],
            metavar="KEY",
            shell_complete=complete_key("organisation.list"),
            help="Of people of this organisation.",
        ),
        option(["--service"], metavar="KEY", shell_complete=complete_key("service.list"), help="Of this service."),
        option(["--team"], metavar="KEY", shell_complete=complete_key("team.list"), help="Of this team."),
        option(["--tag"], metavar="TAG", help="With this tag."),
        option(["--priority"], type=PRIORITIES, help="Of this priority."),
        option(["--kind"], type=KINDS, help="Of this kind."),
        option(["--since"], type=back, metavar="TIME", help="Opened at this time or later."),
        option(["--until"], type=until_then, metavar="TIME", help="Opened before this time, or that day."),
        option(["--due-within", "due_before"], type=within, metavar="TIME", help="Promised for this time or before."),
        option(["--breached"], is_flag=True, default=None, help="Promised for a time that has passed."),
        option(["--search"], metavar="WORDS", help="With all these words, in any of their forms."),
        option(
            ["--sort"],
            type=ORDERS,
            help="The order; newest first unless said. By rank: with --search, what is about the words first.",
        ),
        option(["--view"], metavar="NAME", help="As it was saved under this name; what the line says goes before."),
    ]


class Filtered(Command):
    """A command over a list of tickets: it has the filters, and keeps how they were written on the line."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.params[:0] = _filters()
        self.may_be_empty = False

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        ctx.meta[_WRITTEN] = list(args)
        return super().parse_args(ctx, args)


def written() -> list[str]:
    """The filters of this line as they were written: a time such as 4h means another one each day."""
    context = click.get_current_context()
    said, _, _ = context.command.make_parser(context).parse_args(list(context.meta[_WRITTEN]))
    words: list[str] = []
    for option in _filters():
        value = said.get(option.name, ())
        if option.name == "view" or value in (None, ()):
            continue
        for each in value if isinstance(value, list) else [value]:
            words += [option.opts[0]] if each is True else [option.opts[0], str(each)]
    return words


def asked_for(filters: dict[str, Any]) -> dict[str, Any]:
    """The parameters of `ticket.list`: what the line says, and for the rest what was saved under the view's name."""
    view = filters.pop("view", None)
    if view is not None:
        saved = _saved(view)
        filters = {name: saved[name] if value in (None, ()) else value for name, value in filters.items()}
    state = [one for several in filters.pop("states") for one in several]
    return {"state": state or None, **filters}


def narrows(wanted: dict[str, Any]) -> bool:
    """Whether anything is asked for but an order: without it a list is of all that is open at the desk."""
    return any(value is not None for name, value in wanted.items() if name != "sort")


def _saved(name: str) -> dict[str, Any]:
    views = call("view.list")["views"]
    found = next((each for each in views if each["name"] == name), None)
    if found is None:
        raise Refused("no-such-view", f"There is no view “{name}”. See: spocd ticket views", Exit.NOT_FOUND)
    return click.Command(name, params=_filters()).make_context(name, list(found["words"])).params
