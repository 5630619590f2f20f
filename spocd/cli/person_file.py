"""Files of people, CSV and LDIF (RFC 2849), read into rows as `person.import` takes them. Pure: text in, rows out.

A row that cannot be read is told with its line, and the next one follows.
"""

from __future__ import annotations

import base64
import binascii
import csv
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

Row = dict[str, Any]

# What directories, Outlook and Google call a thing, and what it is here. Read without case.
_NAMES = {
    "address": (
        *("address", "mail", "email", "e-mail", "emailaddress", "email address", "e-mail address", "rfc822mailbox"),
        "e-mail 1 - value",
    ),
    "aliases": (
        *("aliases", "alias", "mailalternateaddress", "othermailbox", "e-mail 2 address", "e-mail 3 address"),
        *("e-mail 2 - value", "e-mail 3 - value"),
    ),
    "name": ("name", "displayname", "display name", "full name", "cn"),
    "given": ("givenname", "given name", "first name"),
    "family": ("sn", "surname", "family name", "last name"),
    "language": ("language", "preferredlanguage"),
    "organisation": (*("organisation", "organization", "o", "company", "organization name", "organization 1 - name"),),
    "groups": ("groups", "group", "memberof"),
}
_MEANT = {word: name for name, words in _NAMES.items() for word in words}


@dataclass(slots=True)
class People:
    """What a file holds. `passed` are entries that are nobody's: without a mail address, as units and groups are."""

    rows: list[Row] = field(default_factory=list)
    bad: list[Row] = field(default_factory=list)
    passed: int = 0
    unread: list[str] = field(default_factory=list)  # headings of columns that say nothing to us

    def refuse(self, line: int, address: str, why: str) -> None:
        self.bad.append({"line": line, "address": address, "why": why})


def looks_like_ldif(text: str) -> bool:
    """Whether a text begins as LDIF does: with its version or an entry, after comments."""
    first = next((line for line in text.splitlines() if line.strip() and not line.startswith("#")), "")
    return re.match(r"(?i)(version:\s*\d|dn::?)", first) is not None


def from_csv(text: str) -> People:
    """The people of a CSV file with a heading line; commas, semicolons or tabs part its columns."""
    found = People()
    heading = text.partition("\n")[0]
    parting = max(",;\t", key=heading.count)
    lines = csv.reader(text.splitlines(keepends=True), delimiter=parting)
    headings = next(lines, [])
    columns = [_MEANT.get(" ".join(each.lower().split()), "") for each in headings]
    if "address" not in columns:
        known = ", ".join(_NAMES["address"])
        found.refuse(1, "", f"The heading line names no column address. It may be called one of these: {known}.")
        return found
    found.unread = [each.strip() for each, meant in zip(headings, columns, strict=True) if not meant and each.strip()]
    try:
        for cells in lines:
            _csv_row(found, lines.line_num, columns, cells)
    except csv.Error as error:
        found.refuse(lines.line_num, "", f"This is no CSV: {error}.")
    return found


def _csv_row(found: People, line: int, columns: list[str], cells: list[str]) -> None:
    if not any(cell.strip() for cell in cells):
        return None
    if len(cells) > len(columns):
        return found.refuse(line, "", f"It has {len(cells)} cells, and the heading line {len(columns)}.")
    if any("\0" in cell for cell in cells):
        return found.refuse(line, "", "It holds a NUL, which no text has.")
    said: dict[str, list[str]] = {}
    for name, cell in zip(columns, cells, strict=False):
        if name and cell.strip():
            several = re.split(r"[;,]", cell) if name in ("groups", "aliases") else [cell]
            said.setdefault(name, []).extend(each.strip() for each in several if each.strip())
    if not said.get("address"):
        return found.refuse(line, "", "There is no address in it.")
    return found.rows.append(_row(line, said))


def from_ldif(text: str) -> People:
    """The people of an LDIF file: of each entry with a mail address its names, language, organisation and groups."""
    found = People()
    for line, entry in _entries(text):
        _ldif_entry(found, line, entry)
    return found


def _entries(text: str) -> Iterator[tuple[int, list[str]]]:
    """The entries, each with the number of its first line, folded lines made whole and comments left out."""
    start, entry, comment = 0, list[str](), False
    for number, line in enumerate([*text.splitlines(), ""], 1):
        if not line:
            if entry:
                yield start, entry
            start, entry, comment = 0, [], False
        elif line.startswith(" "):
            if not comment and entry:
                entry[-1] += line[1:]
        elif line.startswith("#"):
            comment = True
        else:
            comment = False
            start = start or number
            entry.append(line)


def _ldif_entry(found: People, line: int, entry: list[str]) -> None:
    said: dict[str, list[str]] = {}
    change = ""
    for written in entry:
        try:
            name, value = _attribute(written)
            if "\0" in value:
                raise ValueError(f"{name} holds a NUL, which no text has")
        except ValueError as error:
            return found.refuse(line, "", f"{error}.")
        if name == "changetype":
            change = value
        elif meant := _MEANT.get(name):
            said.setdefault(meant, []).append(value)
    if change and change.lower() != "add":
        return found.refuse(line, "", f"It is a change ({change[:20]}), and not a person: give the entries themselves.")
    if not said.get("address"):
        # The line with the version is an entry of its own to us.
        found.passed += not entry[0].lower().startswith("version:")
        return None
    said["groups"] = [_common_name(each) for each in said.get("groups", [])]
    return found.rows.append(_row(line, said))


def _attribute(written: str) -> tuple[str, str]:
    """Name and value of one line, options such as ;lang-sv left out; ValueError where it is none."""
    name, colon, value = written.partition(":")
    if not colon or not name.strip():
        raise ValueError(f"“{written[:40]}” is no line of LDIF")
    name = name.partition(";")[0].strip().lower()
    if value.startswith("<"):
        if name in _MEANT:
            raise ValueError(f"{name} stands in another file, and only this one is read")
        return name, ""
    if not value.startswith(":"):
        return name, value.strip()
    if name not in _MEANT and name != "changetype":
        return name, ""  # a photograph, a key
    try:
        return name, base64.b64decode(value[1:].strip(), validate=True).decode().strip()
    except (binascii.Error, UnicodeDecodeError):
        raise ValueError(f"{name} is no text in base64 and UTF-8") from None


def _common_name(written: str) -> str:
    """The name of a group, from its place in the directory: CN=Staff,OU=Groups is Staff."""
    first = re.match(r"(?i)(?:cn|ou)=((?:\\.|[^,\\])*)", written)
    return re.sub(r"\\(.)", r"\1", first[1]).strip() if first else written


def _row(line: int, said: dict[str, list[str]]) -> Row:
    address, *further = said["address"]
    name = next(iter(said.get("name", [])), "")
    parts = [part for key in ("given", "family") for part in said.get(key, [])[:1]]
    row: Row = {
        "line": line,
        "address": address,
        "aliases": [*further, *said.get("aliases", [])],
        "name": name or " ".join(parts),
        "language": ", ".join(said.get("language", [])),
        "organisation": next(iter(said.get("organisation", [])), ""),
        "groups": said.get("groups", []),
    }
    return {key: value for key, value in row.items() if value}


def batches(rows: Iterable[Row], most: int, room: int) -> Iterator[list[Row]]:
    """The rows in parts of at most `most` rows and about `room` characters."""
    part: list[Row] = []
    taken = 0
    for row in rows:
        size = len(str(row).encode()) + 50
        if part and (len(part) >= most or taken + size > room):
            yield part
            part, taken = [], 0
        part.append(row)
        taken += size
    if part:
        yield part
