"""`spocd mail`: what came in, what goes out, and what went wrong."""

from __future__ import annotations

import re

import click

from spocd.cli import show
from spocd.cli.asked import asked, confirm, tell
from spocd.cli.call import call, pages, write
from spocd.cli.grammar import Noun
from spocd.cli.ids import complete, message, number
from spocd.cli.numbers import whole
from spocd.cli.show import Column, Document, Shape

MAIL = Shape(
    identity="id",
    columns=(
        Column("id", "ID"),
        Column("received_at", "RECEIVED", spare=True),
        Column("state", "STATE"),
        Column("from", "FROM", gives_way=True),
        Column("fate", "FATE"),
        Column("message", "MESSAGE"),
        Column("error", "ERROR", gives_way=True),
    ),
    fields=(
        *("id", "received_at", "from", "to", "size", "state", "fate", "ticket", "message", "tries", "error"),
        *("channel", "peer"),
    ),
)
_LETTER_STATES = ("waiting", "sending", "sent", "failed", "unknown", "held", "bounced")
LETTER = Shape(
    identity="id",
    columns=(
        Column("id", "ID"),
        Column("ticket", "TICKET"),
        Column("kind", "KIND", gives_way=True, spare=True),
        Column("to", "TO", gives_way=True),
        Column("state", "STATE"),
        Column("tries", "TRIES", spare=True),
        Column("next_try_at", "NEXT TRY"),
        Column("reply", "REPLY", gives_way=True),
    ),
    fields=("id", "ticket", "kind", "to", "state", "tries", "next_try_at", "created_at", "sent_at", "reply"),
)


@click.group(cls=Noun, lazy={"failed": ("spocd.cli.mail_failed:failed", "Mails that could not be read or filed.")})
def mail() -> None:
    """Mail that came in, letters that go out."""


@mail.command(lists=True, example="spocd mail inbox --state waiting")
@click.option("--state", type=click.Choice(("waiting", "reading", "done", "failed")), help="In this state.")
def inbox(state: str | None) -> None:
    """List mails that came in, with what became of each."""
    show.listing(pages("mail.inbox", "mails", state=state), MAIL)


@mail.command(lists=True, example="spocd mail outbox --ticket 12")
@click.option("--state", type=click.Choice(_LETTER_STATES), help="In this state.")
@click.option("--ticket", metavar="TICKET", shell_complete=complete, help="Of this ticket.")
def outbox(state: str | None, ticket: str | None) -> None:
    """List letters that go out, with the relay's last reply."""
    of_ticket = number(ticket) if ticket is not None else None
    show.listing(pages("mail.outbox", "letters", state=state, ticket=of_ticket), LETTER)


@mail.command(example="spocd mail explain 12.1")
@click.argument("id", metavar="MAIL|MESSAGE")
def explain(id: str) -> None:  # noqa: A002 (the operation's name for it)
    """Say why a mail landed where it is: the evidence, and the tickets that were refused."""
    show.facts(call("mail.explain", id=message(id) if "." in id else _mail_id(id)), _readable_way)


def _readable_way(found: Document) -> Document:
    """Where a mail went and why. Which rung of the ladder it was is said in words; its number is for programs."""
    evidence = {name: value for name, value in (found.get("evidence") or {}).items() if name != "rung"}
    told = {name: value for name, value in found.items() if name != "evidence"}
    told["why"] = evidence.pop("by", None)
    told["writer is"] = evidence.pop("role", None)
    return {name: value for name, value in {**told, **evidence}.items() if value not in (None, "", [], {})}


@mail.command(writes=True, example="spocd mail hold")
@click.argument("letters", metavar="[LETTER]…", nargs=-1, type=whole(1))
def hold(letters: tuple[int, ...]) -> None:
    """Hold letters back: those named or, with none named, all sending until `spocd mail flush`.

    What is written meanwhile waits too. Letters held by name go out when they are flushed by name.
    """
    if not letters:
        confirm("Hold all sending until `spocd mail flush`?")
    held = write("mail.hold", letters=list(letters) or None)
    show.facts(held)
    if not asked().dry_run:
        count = held["letters"]
        one = count == 1
        if letters:
            tell(f"{_count(count)} {'is' if one else 'are'} held until flushed by name")
        else:
            tell(f"Sending is held until `spocd mail flush`; {_count(count)} {'waits' if one else 'wait'}")


@mail.command(writes=True, example="spocd mail flush")
@click.argument("letters", metavar="[LETTER]…", nargs=-1, type=whole(1))
def flush(letters: tuple[int, ...]) -> None:
    """Send letters now: those named, held and given up ones too, or, with none named, all that wait.

    With none named a hold on all sending ends.
    """
    show.facts(write("mail.flush", letters=list(letters) or None))


def _count(letters: int) -> str:
    return f"{letters} {'letter' if letters == 1 else 'letters'}"


def _mail_id(written: str) -> str:
    if re.fullmatch(r"[1-9][0-9]{0,17}", written) is None:
        raise click.BadParameter(f"“{written}” is neither a mail of the inbox, such as 7, nor a message, such as 12.1.")
    return written
