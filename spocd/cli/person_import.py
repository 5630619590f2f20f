"""`spocd person import`: people from a file of a directory or a spreadsheet."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click

from spocd.cli import show, visible
from spocd.cli.asked import asked, standard_input, tell
from spocd.cli.call import write
from spocd.cli.grammar import Command
from spocd.cli.person_file import People, Row, batches, from_csv, from_ldif, looks_like_ldif
from spocd.errors import Exit, Refused

MOST = 64 * 1024 * 1024  # octets of a file: half a million people
ROWS_A_CALL = 1000
ROOM = 600 * 1024  # octets of rows in a call, so that it stays below the largest frame


@click.command(
    "import", cls=Command, writes=True, example="ldapsearch -LLL -x mail=* | spocd person import - --format ldif"
)
@click.argument("file", metavar="FILE|-")
@click.option(
    "--format", "kind", type=click.Choice(("csv", "ldif")), help="What the file is; seen by itself unless said."
)
def import_people(file: str, kind: str | None) -> None:
    """Take people in from a CSV or LDIF file; they are known to the desk from then on.

    A CSV file has a heading line. Columns are address (or mail, email, E-mail Address), aliases, name (or First Name
    and Last Name), language, organisation (or Company) and groups; a semicolon parts several aliases or groups. A row
    that is not good is told with its line, and the others are done: then the exit is 7.
    """
    text = _text(file)
    found = from_ldif(text) if kind == "ldif" or (kind is None and looks_like_ldif(text)) else from_csv(text)
    if found.passed:
        tell(f"{found.passed} entries without a mail address were left out")
    if found.unread:
        tell(f"columns that are not read: {visible.line(', '.join(found.unread))}")
    _show(_taken_in(found))


def _text(file: str) -> str:
    if file == "-":
        if sys.stdin is not None and sys.stdin.isatty() and asked().no_input:
            raise click.UsageError("There is nothing on standard input.")
        content = standard_input("the people", most=MOST)
    else:
        content = _content(file)
    if len(content) > MOST:
        raise Refused("too-large", f"{file} has more than {MOST // 1024**2} MiB. Import it in parts.")
    from spocd.config.options import text_of

    try:
        return text_of(content)
    except ValueError as why:
        raise Refused("not-utf-8", f"{file}: {why}.") from None


def _content(path: str) -> bytes:
    # Not to wait for who writes into a pipe, and not to read a device for ever.
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(handle, "rb") as file:
        status = os.fstat(handle)
        if not stat.S_ISREG(status.st_mode):
            raise Refused("not-a-file", f"{path} is no regular file. What a program writes goes through `-`.")
        if status.st_size > MOST:
            raise Refused("too-large", f"{path} has more than {MOST // 1024**2} MiB. Import it in parts.")
        return file.read(MOST + 1)


def _taken_in(found: People) -> dict[str, Any]:
    total: dict[str, Any] = {"added": 0, "changed": 0, "unchanged": 0, "refused": list(found.bad), "unspoken": []}
    key = asked().key
    with _progress(len(found.rows)) as done:
        for at, part in enumerate(batches(found.rows, ROWS_A_CALL, ROOM)):
            if key:
                asked().key = f"{key}.{at}"
            answer = write("person.import", people=part)
            for name, value in answer.items():
                total[name] += value
            done(part)
    total["refused"].sort(key=lambda row: row["line"])
    total["unspoken"] = sorted(set(total["unspoken"]))
    return total


@contextmanager
def _progress(rows: int) -> Iterator[Any]:
    """A bar on standard error where somebody watches; what is called with each part that is done."""
    if asked().quiet or rows <= ROWS_A_CALL or sys.stderr is None or not sys.stderr.isatty():
        yield lambda part: None
        return
    with click.progressbar(length=rows, label="people", file=sys.stderr) as bar:
        yield lambda part: bar.update(len(part))


def _show(total: dict[str, Any]) -> None:
    bad: list[Row] = total["refused"]
    for row in bad:
        address = f" {visible.line(row['address'])}:" if row["address"] else ""
        click.echo(f"spocd: line {row['line']}:{address} {visible.line(row['why'])}", err=True)
    if unspoken := total["unspoken"]:
        tell(f"languages that the desk does not write in, left out: {visible.line(', '.join(unspoken))}")
    if asked().form in ("json", "jsonl"):
        show.facts(total)
    else:
        del total["unspoken"]
        show.facts(total | {"refused": len(bad)})
    if bad:
        done = total["added"] + total["changed"] + total["unchanged"]
        raise click.exceptions.Exit(Exit.PARTLY if done else Exit.REFUSED)
