"""How tickets are shown in rows, wherever tickets are listed."""

from __future__ import annotations

import click

from spocd.cli.show import Column, Shape

STATES = ("new", "open", "pending", "resolved", "closed", "spam", "all")  # without one: new, open, pending
KINDS = click.Choice(("incident", "request", "question"))
PRIORITIES = click.Choice(("low", "normal", "high", "urgent"))
CHANNELS = click.Choice(("phone", "chat", "walk-in", "letter", "sms", "social", "other", "mail"))
RESOLUTIONS = click.Choice(("fixed", "answered", "duplicate", "not-ours", "no-answer", "withdrawn"))
DIRECTIONS = click.Choice(("in", "out"))
ORDERS = click.Choice(("newest", "oldest", "updated", "waiting", "due", "rank"))
ORDERS_OF_FOUND = click.Choice(("newest", "rank"))

TICKET = Shape(
    identity="number",
    columns=(
        Column("number", "#"),
        Column("state", "STATE"),
        Column("assignee", "ASSIGNEE"),
        Column("requester.address", "REQUESTER", gives_way=True),
        Column("updated_at", "CHANGED", spare=True),
        Column("subject", "SUBJECT", gives_way=True),
    ),
    fields=(
        *("number", "subject", "state", "kind", "priority", "requester.name", "requester.address", "assignee"),
        *("team", "service", "tags", "resolution", "channel", "opened_at", "updated_at", "due_at", "waiting_since"),
        *("pend_until", "rev"),
    ),
)

no_notify = click.option("--no-notify", is_flag=True, help="Mail nobody about it.")


def told(no_notify: bool) -> bool | None:
    """What an operation is told of --no-notify: nothing where it was not given."""
    return False if no_notify else None
