"""The verbs of `spocd ticket` that put a case in order: what is said about it, what it belongs to."""

from __future__ import annotations

import click

from spocd.cli import show
from spocd.cli.asked import complete_key, confirm, tell
from spocd.cli.call import write
from spocd.cli.each import each
from spocd.cli.grammar import Command
from spocd.cli.ids import Chosen, number, one_message, one_ticket, some_tickets
from spocd.cli.show import Document
from spocd.cli.ticket_shape import KINDS, PRIORITIES, TICKET


@click.command(cls=Command, writes=True, if_rev=True, example="spocd ticket edit 12 --priority high --tag vpn")
@some_tickets
@click.option("--subject", metavar="TEXT", help="What it is about, in a line.")
@click.option("--kind", type=KINDS, help="What kind of contact it is.")
@click.option("--priority", type=PRIORITIES, help="How much depends on it.")
@click.option(
    "--service",
    metavar="KEY|none",
    shell_complete=complete_key("service.list"),
    help="What it is about; it goes to that service's team.",
)
@click.option("--requester", metavar="ADDR", help="Whose it is; who had it before stays in copy.")
@click.option("--tag", "tags", multiple=True, metavar="TAG", help="Add a tag; may be given again.")
@click.option("--untag", "untags", multiple=True, metavar="TAG", help="Take a tag off; may be given again.")
def edit(tickets: Chosen, tags: tuple[str, ...], untags: tuple[str, ...], **said: str | None) -> None:
    """Change what is said about tickets. Requesters are not mailed, and a team is told of what becomes its own.

    A service brings its team, and its kind and priority too, unless you give them, or the ticket has others than its
    service until now brought (request and normal, where it had none): those somebody chose. `none` takes it off.
    Where whoever has the ticket does not see it any more by that, it goes to the team, and the requester is told.
    """
    if not (tags or untags or any(value is not None for value in said.values())):
        raise click.UsageError("Say what is to change, such as --priority high. See: spocd ticket edit --help")

    def change(number: int) -> Document:
        answer = write("ticket.edit", ticket=number, tag=list(tags) or None, untag=list(untags) or None, **said)
        if answer.pop("out_of_sight", False):
            tell(f"#{number} is only for the team of {answer['service']} now: you do not see it any more")
        return answer

    each(tickets, change, TICKET)


_BETWEEN = ("parent", "blocks", "duplicate", "caused-by")
_OUTSIDE = ("change", "ticket", "url")


@click.command(cls=Command, writes=True, if_rev=True, example="spocd ticket link 12 blocks 15")
@one_ticket
@click.argument("relation", type=click.Choice((*_BETWEEN, *_OUTSIDE)), metavar="REL")
@click.argument("other", metavar="OTHER")
@click.option("--remove", is_flag=True, default=None, help="Take the link away.")
def link(tickets: Chosen, relation: str, other: str, remove: bool | None) -> None:
    """Link a ticket to another, or to something outside of this desk.

    REL says what the first is to the other. `parent`: the other is what it is part of. `blocks`: the other cannot be
    closed before it. `duplicate`: both are about the same. `caused-by`: the other is why it is there. With `change`,
    `ticket` or `url`, OTHER names something outside, such as CHG-77.
    """
    if relation in _OUTSIDE:
        named: dict[str, object] = {"target": other}
        operation = "ticket.link_outside"
    else:
        named, operation = {"other": number(other)}, "ticket.link"
    each(tickets, lambda n: write(operation, ticket=n, relation=relation, remove=remove, **named), TICKET)


@click.command(
    cls=Command, writes=True, if_rev=True, example="spocd ticket list --search casino -o ids | spocd ticket spam -"
)
@some_tickets
@click.option("--reason", metavar="TEXT", help="Why, for the log.")
def spam(tickets: Chosen, reason: str | None) -> None:
    """File tickets as spam: nobody is mailed, and they are deleted after 30 days. Reopening brings one back."""
    each(tickets, lambda one: write("ticket.spam", ticket=one, reason=reason), TICKET)


@click.command(
    cls=Command,
    writes=True,
    if_rev=True,
    example='spocd ticket redact 12.3 --text "4929 1234 5678" --reason "a card number"',
)
@one_message
@click.option("--text", "texts", multiple=True, metavar="WORDS", help="Remove these words; may be given again.")
@click.option("--all", "whole", is_flag=True, default=None, help="Remove all that it says, and its attachments.")
@click.option("--attachment", "attachments", multiple=True, metavar="NAME", help="Remove a file; may be given again.")
@click.option("--reason", required=True, metavar="TEXT", help="Why; that stays in the log.")
def redact(message: str, texts: tuple[str, ...], whole: bool | None, attachments: tuple[str, ...], reason: str) -> None:
    """Remove words, files or all of a message for good, with the mail that it came in.

    Words are found whatever their case and wherever the lines are broken. They leave the subject, letters, digests,
    held notices, briefs, the log and the search, of tickets that it was merged with, split from or goes on with too.
    With --all what quotes the message from its beginning goes as well, and the subject that came with it.

    A sealed line of the log whose reason says it is emptied, and counted. Letters that said it and came back to the
    desk are forgotten; for one that comes back later, redact the message with --all once more.

    Other messages that say it are named: look at each. What stands inside of files stays, and so do tags, links, and
    names and addresses of people. What has been sent cannot be called back: you are told whom it went to. Leads may.
    """
    if not (texts or whole or attachments):
        raise click.UsageError("Say what is to be removed: --text WORDS, --attachment NAME or --all.")
    confirm(f"Remove this from {message} for good?")
    done = write(
        "ticket.redact", message=message, text=list(texts) or None, whole=whole,
        attachments=list(attachments) or None, reason=reason,
    )  # fmt: skip
    if done["sent_to"]:
        tell(f"it has gone to {', '.join(done['sent_to'])}, and cannot be called back")
    if lines := done["lines"]:
        tell(f"emptied {lines} sealed line{'' if lines == 1 else 's'} of the log, whose reason said it")
    for had in done["subjects"]:
        tell(f"#{had} had it in its subject. Give it another: spocd ticket edit {had} --subject TEXT")
    if done["also_in"]:
        tell(f"it also stands in {', '.join(done['also_in'])}: look at each")
    show.facts(done)
