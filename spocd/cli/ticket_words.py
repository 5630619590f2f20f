"""The verbs of `spocd ticket` that write something down: for the requester, or for colleagues."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import click

from spocd.cli import show, visible
from spocd.cli.asked import complete_key, tell
from spocd.cli.blob import attach as attached
from spocd.cli.blob import upload
from spocd.cli.body import Words
from spocd.cli.body import words as body
from spocd.cli.call import call, rehearse, write
from spocd.cli.each import each
from spocd.cli.grammar import Command
from spocd.cli.ids import Chosen, one_ticket, some_tickets
from spocd.cli.ticket_editor import Seen
from spocd.cli.ticket_hints import about_new
from spocd.cli.ticket_shape import CHANNELS, DIRECTIONS, KINDS, PRIORITIES, RESOLUTIONS, TICKET, no_notify, told
from spocd.cli.ticket_view import quoted
from spocd.cli.when import ahead


@contextmanager
def _written(tickets: Chosen, words: Words, canned: str | None, seen: Seen) -> Iterator[Callable[[int], str]]:
    """The text for each ticket: a canned answer in its requester's words first, then what was written."""
    if canned is None:
        with words.written(seen.about) as text:
            yield lambda _: text
        return

    def begins(number: int) -> str:
        return str(call("ticket.canned", ticket=number, answer=canned)["text"])

    if not words.given:
        yield begins
    elif words.editor:
        if tickets.several:
            raise click.UsageError("A canned answer differs from ticket to ticket: with -e, name one.")
        with words.written(seen.about, lambda: begins(tickets.numbers[0])) as text:
            yield lambda _: text
    else:
        with words.written(seen.about) as text:
            yield lambda number: f"{begins(number)}\n\n{text}"


def about(tickets: Chosen, check: Callable[[int], None]) -> str:
    """What the editor shows below the text: the ticket, where it is one; `check` refuses what could not be sent."""
    if len(tickets.numbers) != 1:
        return " ".join(f"#{number}" for number in tickets.numbers) + "\n"
    check(tickets.numbers[0])
    return quoted(call("ticket.view", ticket=tickets.numbers[0]))


@click.command(cls=Command, writes=True, if_rev=True, example='spocd ticket reply 12 -b "It is mended." --close')
@one_ticket
@body
@attached
@click.option("--canned", metavar="KEY", shell_complete=complete_key("canned.list"), help="Begin with a canned answer.")
@click.option("--close", "closes", is_flag=True, help="Resolve it as well.")
@click.option("--resolution", type=RESOLUTIONS, help="With --close: what came of it.")
@click.option(
    "--pend-until",
    type=ahead,
    metavar="TIME",
    help="Put it aside until then as well; until a day, to its first minute.",
)
@click.option("--promise", type=ahead, metavar="TIME", help="Tell them that they hear again by then.")
@click.option("--reason", metavar="TEXT", help="Why out of turn, where nobody has it.")
def reply(
    tickets: Chosen,
    words: Words,
    attach: tuple[str, ...],
    canned: str | None,
    closes: bool,
    resolution: str | None,
    pend_until: int | None,
    promise: int | None,
    reason: str | None,
) -> None:
    """Answer the requester."""
    if closes and pend_until is not None:
        raise click.UsageError("A ticket is closed or put aside, not both: --close or --pend-until.")
    if resolution and not closes:
        raise click.UsageError("What came of it is said where it is closed: --close --resolution …")
    how: dict[str, Any] = {"close": closes or None, "resolution": resolution, "pend_until": pend_until}
    how |= {"promise": promise, "reason": reason}
    seen = Seen(tickets, lambda number: rehearse("ticket.reply", ticket=number, **how))
    with _written(tickets, words, canned, seen) as text:
        attachments = upload(attach)

        def answer(number: int) -> show.Document:
            return seen.write("ticket.reply", number, body=text(number), attachments=attachments, **how)

        each(tickets, answer, TICKET)


@click.command(cls=Command, writes=True, if_rev=True, example="spocd ticket note 12 -F findings.txt -a trace.log")
@one_ticket
@body
@attached
def note(tickets: Chosen, words: Words, attach: tuple[str, ...]) -> None:
    """Write an internal note; the requester never sees it. Whoever it names as `@login` is told by mail.

    Who is away is told once back; of them, and of a login that there is not, you are told.
    """
    said: set[str] = set()
    with words.written(lambda: about(tickets, lambda one: rehearse("ticket.note", ticket=one))) as text:
        attachments = upload(attach)

        def write_down(number: int) -> show.Document:
            answer = write("ticket.note", ticket=number, body=text, attachments=attachments)
            for sentence in dict.fromkeys(_not_told(one) for one in answer.get("not_told", [])):
                if sentence not in said:
                    tell(sentence)
                said.add(sentence)
            return answer

        each(tickets, write_down, TICKET)


def _not_told(one: show.Document) -> str:
    """What the writer of a note is told of somebody whom it names and whom no mail about it reaches now."""
    login = visible.line(one["login"])
    name = visible.line(one["name"]) or login
    match one["why"]:
        case "away":
            until = f" until {show.local_day(one['until'])}" if one["until"] else ""
            return f"{name} is away{until}; told once back"
        case "left":
            return f"{name} has left the desk and is not told"
        case "robot":
            return f"{name} is a script and is not told"
        case "no-address":
            return f"{name} has no address and is not told; give them one: spocd agent edit {login} --address ADDR"
        case _:
            meant = f"; did you mean {visible.line(one['meant'])}?" if one["meant"] else ""
            return f"there is no agent “{login}”{meant}"


@click.command(
    cls=Command, writes=True, if_rev=True, example="spocd ticket list --search vpn -o ids | spocd ticket close -"
)
@some_tickets
@body
@click.option("--resolution", type=RESOLUTIONS, help="What came of it.")
@click.option("--reason", metavar="TEXT", help="Why, for the log.")
@click.option("--children", type=click.Choice(("close", "leave")), help="What becomes of its open parts.")
@click.option("--though-blocked", is_flag=True, default=None, help="Even where an open ticket blocks it.")
@no_notify
def close(tickets: Chosen, words: Words, no_notify: bool, **how: Any) -> None:
    """Resolve tickets, with a last word or without; the requester is told."""
    seen = Seen(tickets)
    with words.written_if_any(seen.about) as text:

        def done(number: int) -> show.Document:
            answer = seen.write("ticket.close", number, body=text, notify=told(no_notify), **how)
            if parts := answer.get("parts"):
                tell(f"closed with #{number}: {', '.join(f'#{one}' for one in parts)}")
            return answer

        each(tickets, done, TICKET)


@click.command(
    cls=Command,
    writes=True,
    example='spocd ticket new --requester ann@example.org --subject "No sound" -b Mute.',
)
@click.option("--requester", required=True, metavar="ADDR", help="Whose ticket it is.")
@click.option("--subject", required=True, metavar="TEXT", help="What it is about, in a line.")
@body
@attached
@click.option("--channel", type=CHANNELS, default="phone", show_default=True, help="How they came to us.")
@click.option("--direction", type=DIRECTIONS, help="Who turned to whom: out where we called them; in unless said.")
@click.option("--on-behalf", is_flag=True, help="Tell them that you wrote it down for them.")
@click.option("--name", metavar="NAME", help="The requester's name.")
@click.option(
    "--service", metavar="KEY", shell_complete=complete_key("service.list"), help="The service that it is about."
)
@click.option("--priority", type=PRIORITIES, help="normal unless said.")
@click.option("--kind", type=KINDS, help="request unless said.")
@no_notify
def new(
    requester: str,
    subject: str,
    words: Words,
    attach: tuple[str, ...],
    no_notify: bool,
    on_behalf: bool,
    **details: str | None,
) -> None:
    """Open a ticket for somebody who called or came by; they get the same first answer as by mail."""
    with words.written(lambda: about_new(requester, subject, details["service"])) as text:
        opened = write(
            "ticket.new",
            requester=requester,
            subject=subject,
            body=text,
            attachments=upload(attach),
            notify=told(no_notify),
            on_behalf=on_behalf or None,
            **details,
        )
        show.document(opened, TICKET)
