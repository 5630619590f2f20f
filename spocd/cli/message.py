"""`spocd message`: single messages, and mails that are no messages yet."""

from __future__ import annotations

import click

from spocd.cli import show, visible, wrap
from spocd.cli.asked import asked, standard_input
from spocd.cli.call import write
from spocd.cli.grammar import Noun
from spocd.cli.ids import number, one_message
from spocd.cli.show import Document
from spocd.cli.ticket_view import attachment_text


@click.group(cls=Noun)
def message() -> None:
    """Single messages. MESSAGE is 12.3: the third of ticket 12."""


@message.command(example="spocd message raw 12.1 | spocd message inspect")
@one_message
def raw(message: str) -> None:
    """Print a mail as it came, octet for octet."""
    from spocd.cli.raw import raw_mail

    show.out_bytes(raw_mail(message))


@message.command(writes=True, if_rev=True, example="spocd message move 12.3 new")
@one_message
@click.argument("to", metavar="TICKET|new")
def move(message: str, to: str) -> None:
    """Move a message that landed on the wrong ticket; its id stays valid."""
    from spocd.cli.ticket_merge import show_moved

    target = to if to == "new" else str(number(to))
    show_moved(write("message.move", message=message, to=target))


@message.command(example="spocd message inspect --json < mail.eml")
@click.argument("mail", type=click.Path(exists=True, dir_okay=False, allow_dash=True), default="-", metavar="[FILE]")
def inspect(mail: str) -> None:
    """Say how the desk reads a mail on standard input. Asks no daemon and changes nothing."""
    from spocd.cli.local import inspect as read

    if mail == "-":
        reading = read(standard_input("the mail"))
    else:
        with open(mail, "rb") as file:
            reading = read(file.read())
    if asked().form == "table" and not asked().fields:
        return show.out(_reading_text(reading))
    return show.facts(reading)


def _reading_text(reading: Document) -> str:
    aside = {"text", "visible_text", "attachments", "forwarded"}
    told = {name: content for name, content in reading.items() if name not in aside and content not in (None, [], "")}
    if passed := reading.get("forwarded"):
        told["forwarded"] = {name: passed[name] for name in ("from", "subject", "date") if passed[name]}
    attachments = [f"+ {attachment_text(one)}\n" for one in reading["attachments"]]
    words = visible.text(str(reading["visible_text"] or "")).strip("\n")
    text = "".join(f"{line}\n" for line in wrap.lines(words, show.terminal_width(), "    "))
    return "".join([show.facts_text(told), *attachments, "\n" if text else "", text])
