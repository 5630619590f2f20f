"""All that a desk keeps, as text: a line for every row of every table; and of a desk in a file its bytes."""

from __future__ import annotations

import zlib
from pathlib import Path
from typing import Any

from tests import postgres
from tests.desk.by_hand import rows
from tests.desk.running_desk import RunningDesk

_TABLES = (
    "select tablename from pg_tables where schemaname = 'public'",
    "select name from sqlite_master where type = 'table' and name not like 'ticket_search%'"
    " and name not like 'person_search%'",
)


async def everything_kept(desk: RunningDesk) -> str:
    """Every row of every table; files as they were before they were compressed."""
    told = []
    for (table,) in await rows(desk, _TABLES[0 if postgres.is_wanted() else 1]):
        told += [f"{table}: {_row(row)}" for row in await rows(desk, f"select * from {table}")]
    assert len(told) > 20
    return "\n".join(told)


def _row(row: tuple[Any, ...]) -> str:
    return " ".join(" | ".join(_value(each) for each in row).split())


def _value(value: Any) -> str:
    if not isinstance(value, bytes):
        return str(value)
    try:
        return zlib.decompress(value).decode("latin-1")
    except zlib.error:
        return value.decode("latin-1")


def bytes_of(folder: Path) -> bytes:
    """What lies in the files of a desk on SQLite: the database, its log, and what it has not given back of either."""
    return b"".join(each.read_bytes() for each in sorted(folder.glob("desk.db*")))
