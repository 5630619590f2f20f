"""Shows what the desk answered, in the form that was asked for. Standard output holds data alone."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

import click

from spocd.cli import table, visible
from spocd.cli.asked import Asked, asked, tell
from spocd.errors import Exit

Document = dict[str, Any]

# What a spreadsheet takes for a formula, full-width forms too. Only texts: a number may be negative.
_FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠")
_NOTHING = "-"
_UTC = r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z"
_COLOURS = {"new": "green", "open": "cyan", "pending": "yellow", "failed": "red", "spam": "red", "unknown": "red"}


class Column(NamedTuple):
    """One column of a table. Where a terminal is narrow what gives way is cut, and what is spare is left out first."""

    field: str
    heading: str
    gives_way: bool = False
    spare: bool = False


class Shape(NamedTuple):
    """How the documents of one noun are shown: what names one, the columns of a table, the fields of csv and tsv."""

    identity: str
    columns: tuple[Column, ...]
    fields: tuple[str, ...]


class ReaderGone(Exception):
    """Whoever read our standard output has gone; nothing is left to be shown to."""


def out(text: str) -> None:
    """Writes data to standard output."""
    try:
        try:
            sys.stdout.write(text)
        except UnicodeEncodeError as error:
            sys.stdout.write(text.encode(error.encoding, "backslashreplace").decode(error.encoding))
    except OSError as error:
        raise _unwritten(error) from None


def page(text: str) -> None:
    """Shows a long text: in a pager where somebody sits at a terminal that it does not fit."""
    this = asked()
    if this.may_ask:
        from spocd.cli.wrap import lines_on_screen

        columns, lines = os.get_terminal_size(sys.stdout.fileno())
        if lines_on_screen(text, columns) >= lines > 0:
            return click.echo_via_pager(text.rstrip("\n"), color=this.coloured)
    return out(text)


def out_bytes(content: bytes) -> None:
    """Writes data to standard output as it is."""
    try:
        sys.stdout.flush()
        sys.stdout.buffer.write(content)
    except OSError as error:
        raise _unwritten(error) from None


def flush() -> None:
    """Sends off what was written; what cannot be written is an error while there is still somebody to tell."""
    try:
        sys.stdout.flush()
    except OSError as error:
        raise _unwritten(error) from None


def _unwritten(error: OSError) -> Exception:
    """What is raised for an error of standard output: that its reader has gone, or the error with a name."""
    if isinstance(error, BrokenPipeError):
        return ReaderGone()
    return OSError(error.errno, error.strerror, "standard output")


def listing(pages: Iterable[list[Document]], shape: Shape) -> None:
    """Shows the rows of a list; ends with 6 where there is none and --fail-empty was given."""
    this = asked()
    count = 0

    def rows() -> Iterator[Document]:
        nonlocal count
        for page in pages:
            for row in page:
                count += 1
                yield row

    match this.form:
        case "json":
            _json_array(_chosen(row, this) for row in rows())
        case "jsonl":
            for row in rows():
                out(_json(_chosen(row, this)) + "\n")
        case "ids":
            for row in rows():
                out(visible.line(str(value(row, shape.identity))) + "\n")
        case "csv" | "tsv":
            _separated(rows(), shape, this)
        case _:
            _table(list(rows()), shape, this)
    if this.fail_empty and not count:
        tell("nothing was found")
        raise click.exceptions.Exit(Exit.NOTHING_FOUND)


def document(shown: Document, shape: Shape, readable: Callable[[Document], str] | None = None) -> None:
    """Shows one document; `readable` makes the text that stands for it where no other form was asked for."""
    this = asked()
    if this.form == "json":
        return out(_json(_chosen(shown, this), indent=2) + "\n")
    if this.form == "table" and readable is not None and not this.fields:
        return out(readable(shown))
    return listing([[shown]], shape)


def nothing() -> None:
    """Shows that the one document asked for is not there; ends with 6 where --fail-empty was given."""
    if asked().form == "json":
        out("null\n")
    if asked().fail_empty:
        raise click.exceptions.Exit(Exit.NOTHING_FOUND)


def facts(shown: Document, readable: Callable[[Document], Document] | None = None) -> None:
    """Shows a document that is no row of anything: names and values, or JSON.

    `readable` says it in the words of a person, where no form and no fields were asked for.
    """
    this = asked()
    if readable is not None and this.form == "table" and not this.fields:
        return out(facts_text(readable(shown)))
    shown = _chosen(shown, this)
    match this.form:
        case "json":
            out(_json(shown, indent=2) + "\n")
        case "jsonl":
            out(_json(shown) + "\n")
        case "table":
            out(facts_text(shown))
        case "csv" | "tsv":
            fields = tuple(name for name, _ in _flat(shown))
            _separated([dict(_flat(shown))], Shape("", (), fields), this)
        case _:
            raise click.UsageError("There are no ids here. Use -o table, json, jsonl, csv or tsv.")
    return None


def facts_of_several(several: list[Document]) -> None:
    """The facts of several things of one kind, as csv or tsv: one heading, and a row for each."""
    rows = [dict(_flat(_chosen(shown, asked()))) for shown in several]
    fields = tuple(dict.fromkeys(name for row in rows for name in row))
    _separated(rows, Shape("", (), fields), asked())


def facts_text(shown: Document) -> str:
    """The names and values of a document, a line each; a list of texts has a line for each of them."""
    rows = []
    for name, content in _flat(shown):
        parts = content if isinstance(content, list) and content else [content]
        rows += [("" if at else _spoken(name), cell(part)) for at, part in enumerate(parts)]
    widest = max((len(name) for name, _ in rows), default=0)
    return set_lines((f"{name:<{widest}}  {text}" for name, text in rows), later=" " * (widest + 2))


def _spoken(name: str) -> str:
    """The name of a field as a person reads it: `outbox.next_try_at` is outbox next try at."""
    return visible.line(re.sub("[._]", " ", name))


def facts_and_text(shown: Document, field: str) -> str:
    """As `facts_text`, and below it the one value that is a text of several lines."""
    from spocd.cli.wrap import lines

    below = "".join(f"{line}\n" for line in lines(visible.text(shown[field]).strip(), terminal_width(), ""))
    return facts_text({name: each for name, each in shown.items() if name != field}) + (f"\n{below}" if below else "")


def set_lines(lines: Iterable[str], *, later: str = "    ") -> str:
    """Lines of ours as a text; one that a terminal is too narrow for goes on in the next, behind `later`."""
    room = terminal_width()
    if room is None:
        return "".join(f"{line}\n" for line in lines)
    from spocd.cli.wrap import fill, words

    behind = later if len(later) <= room // 2 else "    "
    return "".join(f"{part.rstrip()}\n" for line in lines for part in fill(words(line), room, later=behind))


def value(row: Document, field: str) -> Any:
    """The value of a field; `requester.address` looks inside `requester`. None where there is none."""
    if field in row:
        return row[field]
    found: Any = row
    for part in field.split("."):
        found = found.get(part) if isinstance(found, dict) else None
    return found


def cell(content: Any) -> str:
    """A value as a person reads it, in one line: local times, names with addresses, - for nothing."""
    match content:
        case None | "":
            return _NOTHING
        case list() | dict() if not content:
            return _NOTHING
        case bool():
            return "yes" if content else "no"
        case list():
            return ", ".join(cell(part) for part in content)
        case {"address": str(address)} if set(content) <= {"name", "address"}:
            return person(content.get("name"), address) or "-"
        case dict():
            return " · ".join(f"{_spoken(str(name))} {cell(part)}" for name, part in content.items())
        case str() if content[10:11] == "T" and content[:4].isdigit() and content[4:5] == "-":
            return local_time(content)
        case _:
            return visible.line(str(content))


def person(name: str | None, address: str) -> str:
    """A person as a mail client shows one; the name or the address alone where the other is not known."""
    return f"{visible.line(name)} <{visible.line(address)}>" if name and address else visible.line(name or address)


def local_times(sentence: str) -> str:
    """A sentence with the RFC 3339 times in it on the clock of whoever reads it."""
    return re.sub(_UTC, lambda found: local_time(found[0]), sentence)


def local_time(written: str, *, zone: bool = False) -> str:
    """An RFC 3339 time on the clock of whoever reads it, to the minute; with the name of its zone if that is wanted."""
    from datetime import datetime

    try:
        return f"{datetime.fromisoformat(written).astimezone():%Y-%m-%d %H:%M{' %Z' if zone else ''}}"
    except (ValueError, OverflowError):
        return visible.line(written)


def local_day(written: str) -> str:
    """The day of an RFC 3339 time, in words, where whoever reads it is."""
    from datetime import datetime

    try:
        there = datetime.fromisoformat(written).astimezone()
    except (ValueError, OverflowError):
        return visible.line(written)
    return f"{there.day} {there:%B %Y}"


def terminal_width() -> int | None:
    """The cells of the terminal's line, or None where standard output is none."""
    if not sys.stdout.isatty():
        return None
    if os.environ.get("COLUMNS", "").isdigit():
        return int(os.environ["COLUMNS"])
    return os.get_terminal_size(sys.stdout.fileno()).columns or 80


def styled(text: str, **style: Any) -> str:
    """`text` in colour or bold, where colours are wanted."""
    return click.style(text, **style) if asked().coloured else text


def _json(shown: Any, indent: int | None = None) -> str:
    return visible.json_text(json.dumps(shown, ensure_ascii=False, indent=indent))


def _json_array(rows: Iterator[Document]) -> None:
    # A row a line, written as it comes: a million rows need no memory, and grep works.
    opening = "["
    for row in rows:
        out(f"{opening}\n{_json(row)}")
        opening = ","
    out("[]\n" if opening == "[" else "\n]\n")


def _chosen(row: Document, this: Asked) -> Document:
    if not this.fields:
        return row
    _check_fields(row, this.fields)
    return {field: value(row, field) for field in this.fields}


def _check_fields(row: Document, fields: list[str]) -> None:
    known = {*row, *(name for name, _ in _flat(row))}
    for field in fields:
        if field not in known and field.split(".")[0] not in row:
            raise click.UsageError(f"There is no field “{field}”. There are: {', '.join(sorted(known))}.")


def _flat(shown: Document, before: str = "") -> Iterator[tuple[str, Any]]:
    """The values of a document with those of the documents inside it, named as `inbox.waiting`."""
    for name, content in shown.items():
        if isinstance(content, dict) and content:
            yield from _flat(content, f"{before}{name}.")
        else:
            yield before + name, content


def _separated(rows: Iterable[Document], shape: Shape, this: Asked) -> None:
    import csv

    fields = this.fields or list(shape.fields)
    csv_form = csv.writer(_Standard(), lineterminator="\n")
    if this.form == "csv":
        csv_form.writerow(fields)
    for row in rows:
        if this.fields:
            _check_fields(row, this.fields)
        cells = [_spreadsheet_cell(value(row, field)) for field in fields]
        if this.form == "csv":
            csv_form.writerow(cells)
        else:
            out("\t".join(cells) + "\n")


class _Standard:
    """What csv.writer wants of a file."""

    def write(self, text: str) -> None:
        out(text)


def _spreadsheet_cell(content: Any) -> str:
    match content:
        case None:
            return ""
        case bool():
            return "true" if content else "false"
        case dict() | list():
            return _json(content)
        case str():
            text = visible.line(content)
            return f"'{text}" if text.lstrip(" ").startswith(_FORMULA) else text
        case _:
            return str(content)


def _table(rows: list[Document], shape: Shape, this: Asked) -> None:
    columns = shape.columns
    if this.fields:
        columns = tuple(Column(field, field.upper(), gives_way=True) for field in this.fields)
        _check_fields(rows[0] if rows else {}, this.fields if rows else [])
    cells = [[cell(value(row, column.field)) for column in columns] for row in rows]
    room = terminal_width()
    headed = room is not None and bool(rows)
    if headed:
        cells.insert(0, [column.heading for column in columns])
    there = table.with_room(cells, _places([] if this.fields else cells[headed:], columns), room)
    columns = tuple(columns[at] for at in there)
    cells = [[row[at] for at in there] for row in cells]
    laid = table.lay_out(cells, [column.gives_way for column in columns], room)
    for at, line in enumerate(laid):
        out(_painted(line, columns, heading=headed and at == 0).rstrip() + "\n")


def _places(cells: list[list[str]], columns: tuple[Column, ...]) -> list[table.Place]:
    """How much each column matters: one that says nothing of any row is spare."""
    empty = [all(cell == _NOTHING for cell in column) for column in zip(*cells, strict=True)] or [False] * len(columns)
    return [
        table.Place.SPARE if nothing or column.spare else table.Place.CUT if column.gives_way else table.Place.WHOLE
        for column, nothing in zip(columns, empty, strict=True)
    ]


def _painted(line: list[str], columns: tuple[Column, ...], *, heading: bool) -> str:
    if heading:
        return styled(table.GAP.join(line).rstrip(), bold=True)
    shown = [
        styled(text, fg=_COLOURS.get(text.strip())) if column.field == "state" else text
        for text, column in zip(line, columns, strict=True)
    ]
    return table.GAP.join(shown)
