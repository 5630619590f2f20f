"""`spocd ticket`: the map of its verbs, each loaded when it is named."""

from __future__ import annotations

import click

from spocd.cli.grammar import Noun

_HERE = "spocd.cli.ticket"
_VERBS = {
    "assign": (f"{_HERE}_turn:assign", "Give a ticket to an agent or a team."),
    "attachment": ("spocd.cli.attachment:attachment", "List and fetch what was attached."),
    "bulk": (f"{_HERE}_bulk:bulk", "Do one thing to all tickets that a list finds."),
    "cc": ("spocd.cli.cc:cc", "Add and remove people who get a ticket's mails."),
    "close": (f"{_HERE}_words:close", "Resolve tickets, with a last word or without."),
    "consult": (f"{_HERE}_consult:consult", "Ask an expert by mail; the answer becomes an internal note."),
    "edit": (f"{_HERE}_case:edit", "Change subject, kind, priority, service, tags or requester."),
    "escalate": (f"{_HERE}_turn:escalate", "Pass tickets on to the next tier."),
    "explain": (f"{_HERE}_find:explain", "Say where a ticket stands in the fair order, and why."),
    "hints": ("spocd.cli.ticket_hints:hints", "Show what helps to write a contact down."),
    "link": (f"{_HERE}_case:link", "Link a ticket to another, or to something outside."),
    "list": (f"{_HERE}_find:list_tickets", "List tickets."),
    "merge": (f"{_HERE}_merge:merge", "Put a ticket together with another about the same."),
    "new": (f"{_HERE}_words:new", "Open a ticket for somebody who called or came by."),
    "next": (f"{_HERE}_find:next_ticket", "Show the ticket whose turn it is, or claim it."),
    "note": (f"{_HERE}_words:note", "Write an internal note; the requester never sees it."),
    "pend": (f"{_HERE}_turn:pend", "Put tickets aside until a time, or an earlier answer."),
    "redact": (f"{_HERE}_case:redact", "Remove words, files or all of a message for good."),
    "release": (f"{_HERE}_turn:release", "Give tickets back to the queue."),
    "reopen": (f"{_HERE}_turn:reopen", "Open resolved or closed tickets again."),
    "reply": (f"{_HERE}_words:reply", "Answer the requester."),
    "search": (f"{_HERE}_find:search", "Find tickets that hold all these words."),
    "spam": (f"{_HERE}_case:spam", "File tickets as spam."),
    "split": (f"{_HERE}_merge:split", "Make a ticket of its own of some messages."),
    "status": (f"{_HERE}_find:status", "Say how a ticket stands."),
    "take": (f"{_HERE}_turn:take", "Take tickets: they are yours from now on."),
    "unmerge": (f"{_HERE}_merge:unmerge", "Undo a merge."),
    "view": (f"{_HERE}_find:view", "Show a ticket with its people and its messages."),
    "views": (f"{_HERE}_bulk:views", "Show saved lists, or forget one."),
    "watch": ("spocd.cli.watch:watch", "Show what happens to tickets, as it happens."),
}


@click.group(cls=Noun, lazy=_VERBS)
def ticket() -> None:
    """Tickets: find, read, take, answer, close.

    TICKET is 12 or #12; where several may be named, `-` reads them from standard input.
    """
