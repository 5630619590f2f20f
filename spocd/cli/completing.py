"""What a shell offers for a word that is being typed: open tickets and agents, as the desk says when it is asked.

Somebody waits at a prompt: where the desk does not answer within a second, for whatever reason, nothing is offered.
"""

from __future__ import annotations

from typing import Any

import click
from click.shell_completion import CompletionItem

from spocd.cli import node, visible
from spocd.cli.asked import asked
from spocd.control import client

ANSWER_WITHIN = 1.0  # seconds
MOST = 200  # tickets, the newest; nobody reads more


def tickets(context: click.Context, incomplete: str) -> list[CompletionItem[str]]:
    """The numbers of the tickets that could be meant, with their subjects: open ones, or those that can be reopened."""
    states = ["resolved", "closed"] if context.info_name == "reopen" else ["new", "open", "pending"]
    answer = _asked(context, "ticket.list", state=states, limit=MOST)
    sign = "#" if incomplete.startswith("#") else ""
    offered = [(f"{sign}{int(row['number'])}", str(row["subject"])) for row in answer.get("tickets", [])]
    return _beginning(incomplete, offered)


def logins(context: click.Context, incomplete: str) -> list[CompletionItem[str]]:
    """The logins of the agents, with their names."""
    answer = _asked(context, "agent.list")
    return _beginning(incomplete, [(str(row["login"]), str(row["name"] or "")) for row in answer.get("agents", [])])


def keys(context: click.Context, operation: str, incomplete: str) -> list[CompletionItem[str]]:
    """The short names that a list of services, teams or the like has, with what people call them."""
    [rows] = list(_asked(context, operation).values()) or [[]]
    return _beginning(incomplete, [(str(row["key"]), str(row.get("name") or row.get("title") or "")) for row in rows])


def _beginning(start: str, offered: list[tuple[str, str]]) -> list[CompletionItem[str]]:
    return [CompletionItem(word, help=visible.line(about)) for word, about in offered if word.startswith(start)]


def _asked(context: click.Context, operation: str, **parameters: Any) -> dict[str, Any]:
    with context.scope(cleanup=False):
        try:
            # What somebody else would see is offered where the line acts for them.
            if asked().acting_as:
                parameters["acting_as"] = asked().acting_as
            return client.call(node.control_socket(), operation, parameters, timeout=ANSWER_WITHIN)
        except Exception:
            # Anything said here would land in the middle of the line that is being typed.
            return {}
