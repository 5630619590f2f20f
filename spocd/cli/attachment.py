"""`spocd ticket attachment`: what came with a ticket's messages, listed and fetched."""

from __future__ import annotations

import os

import click

from spocd.cli import show, visible
from spocd.cli.blob import download, save
from spocd.cli.call import call
from spocd.cli.grammar import Noun
from spocd.cli.ids import complete, number
from spocd.cli.show import Column, Document, Shape
from spocd.errors import Exit, Refused

_SHORTEST_HASH = 6  # digits of a SHA-256 that may stand for it

ATTACHMENT = Shape(
    identity="sha256",
    columns=(
        Column("message", "MESSAGE"),
        Column("size", "SIZE"),
        Column("content_type", "TYPE", gives_way=True),
        Column("filename", "NAME", gives_way=True),
    ),
    fields=("message", "filename", "content_type", "size", "sha256"),
)


@click.group(cls=Noun)
def attachment() -> None:
    """List and fetch what was attached."""


@attachment.command("list", example="spocd ticket attachment list 12")
@click.argument("ticket", metavar="TICKET", shell_complete=complete)
def list_attachments(ticket: str) -> None:
    """List a ticket's attachments."""
    show.listing([_attachments(ticket)], ATTACHMENT)


@attachment.command("get", example="spocd ticket attachment get 12 report.pdf --dir /tmp")
@click.argument("ticket", metavar="TICKET", shell_complete=complete)
@click.argument("which", metavar="[NAME|SHA256]…", nargs=-1)
@click.option(
    "--dir",
    "folder",
    default=".",
    metavar="DIR|-",
    type=click.Path(exists=True, allow_dash=True),  # click allows a dash only where it allows a file
    help="Where to; `-` is standard output.",
)
def get(ticket: str, which: tuple[str, ...], folder: str) -> None:
    """Fetch attachments, all or those named; prints where they are. Nothing is overwritten."""
    wanted = _named(_attachments(ticket), which)
    if not wanted:
        raise Refused("no-attachment", f"#{number(ticket)} has no attachment.", Exit.NOT_FOUND)
    for one in wanted:
        if folder == "-":
            for piece in download(one["sha256"]):
                show.out_bytes(piece)
            continue
        path = save(str(one.get("filename") or ""), one["sha256"], folder)
        show.out(visible.line(os.path.normpath(path)) + "\n")


def _attachments(ticket: str) -> list[Document]:
    found: list[Document] = call("ticket.attachment_list", ticket=number(ticket))["attachments"]
    return found


def _named(attachments: list[Document], which: tuple[str, ...]) -> list[Document]:
    # The same file in two messages is one file.
    distinct = list({(one["sha256"], one.get("filename")): one for one in attachments}.values())
    if not which:
        return distinct
    wanted: list[Document] = []
    for name in which:
        found = [one for one in distinct if _is_named(one, name) and one not in wanted]
        if not found:
            there = ", ".join(visible.line(str(one.get("filename"))) for one in distinct) or "none"
            raise Refused("no-attachment", f"There is no attachment “{name}”. There are: {there}.", Exit.NOT_FOUND)
        wanted += found
    return wanted


def _is_named(attachment: Document, name: str) -> bool:
    by_hash = len(name) >= _SHORTEST_HASH and attachment["sha256"].startswith(name.lower())
    return by_hash or attachment.get("filename") == name
