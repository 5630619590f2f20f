"""`spocd canned`: answers that are given often."""

from __future__ import annotations

import click

from spocd.cli import show
from spocd.cli.asked import complete_key
from spocd.cli.body import Words
from spocd.cli.body import words as body
from spocd.cli.call import call, write
from spocd.cli.catalogue import LANGUAGES
from spocd.cli.grammar import Noun
from spocd.cli.show import Column, Document, Shape
from spocd.errors import Exit, Refused

CANNED = Shape(
    identity="key",
    columns=(
        Column("key", "CANNED"),
        Column("service", "SERVICE"),
        Column("languages", "LANGUAGES"),
        Column("title", "TITLE", gives_way=True),
    ),
    fields=("key", "service", "title", "body"),
)
_language = click.option("--lang", "language", type=LANGUAGES, help="The text in this language.")


@click.group(cls=Noun)
def canned() -> None:
    """Canned answers: what is written often."""


@canned.command("list", example="spocd canned list --service printers")
@click.option(
    "--service",
    metavar="KEY",
    shell_complete=complete_key("service.list"),
    help="Those that a ticket of this service is offered.",
)
def list_canned(service: str | None) -> None:
    """List canned answers."""
    show.listing([[_with_languages(each) for each in call("canned.list", service=service)["canned"]]], CANNED)


@canned.command(example="spocd canned view paper --lang da")
@click.argument("answer", metavar="CANNED", shell_complete=complete_key("canned.list"))
@_language
def view(answer: str, language: str | None) -> None:
    """Show a canned answer."""
    show.document(_with_languages(call("canned.view", answer=answer, language=language)), CANNED, _text)


@canned.command(writes=True, example='spocd canned edit paper --title "Out of paper" -F paper.txt')
@click.argument("answer", metavar="CANNED", shell_complete=complete_key("canned.list"))
@body
@_language
@click.option("--title", metavar="TEXT", help="What it is about.")
@click.option(
    "--service",
    metavar="KEY",
    shell_complete=complete_key("service.list"),
    help='Offered for its tickets alone; "" for all.',
)
def edit(answer: str, words: Words, language: str | None, title: str | None, service: str | None) -> None:
    """Change a canned answer, or make one: its text in one language, its title, its service.

    With nothing named its text opens in your editor. A new one needs --title.
    """
    text_may_stay = title is not None or service is not None
    with (words.written_if_any if text_may_stay else words.written)(str, lambda: _before(answer, language)) as text:
        changed = write("canned.edit", answer=answer, title=title, service=service, body=text, language=language)
        show.document(_with_languages(changed), CANNED)


def _before(answer: str, language: str | None) -> str:
    """What stands in that language now; nothing where it is new."""
    try:
        found = call("canned.view", answer=answer, language=language)
    except Refused as refused:
        if refused.exit == Exit.NOT_FOUND:
            return ""
        raise
    bodies: dict[str, str] = found["bodies"]
    return bodies.get(language, "") if language else str(found["body"])


def _with_languages(found: Document) -> Document:
    return found | {"languages": sorted(found["bodies"])}


def _text(found: Document) -> str:
    told = {name: found[name] for name in ("key", "title", "service", "languages", "body")}
    return show.facts_and_text(told | {"languages": ", ".join(found["languages"])}, "body")
