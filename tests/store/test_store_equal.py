"""The two databases are equal: the same tables, the same statements, the same rows for the same work."""

from __future__ import annotations

import asyncio
import contextlib
import re
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from spocd.desk import clock, delivery
from spocd.domain.delivery import Deferred, Rejected, Sent, Unknown
from spocd.store import Operation, Row, Store, Transaction
from spocd.store.migrate import migrate_sqlite
from spocd.store.postgres import PostgresStore
from spocd.store.sqlite import SqliteStore
from spocd.store.statements import load, numbered
from tests.desk.running_desk import ADMIN, DAY, LEAD, RunningDesk, open_the_desk

SQLITE, POSTGRES = load("sqlite"), load("postgres")
# What SQLite's search makes for itself stands for a column and its index on PostgreSQL.
_SEARCH = re.compile(r"_search(_\w+)?$")
_KINDS = {"bigint": "integer", "bytea": "blob", "tsvector": "text"}  # as SQLite calls them


# Tables


@pytest.fixture(scope="module")
def file() -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    migrate_sqlite(connection)
    yield connection
    connection.close()


def lines_of_sqlite(file: sqlite3.Connection) -> Iterator[str]:
    """Every column, key, reference and index, a line each."""
    for (table,) in file.execute("select name from sqlite_master where type = 'table' and name not like 'sqlite_%'"):
        if _SEARCH.search(table):
            continue
        columns = file.execute(f"pragma table_info({table})").fetchall()
        for _, name, kind, not_null, default, key in columns:
            yield f"{table}.{name} {kind.lower()} {'required' if not_null or key else 'or null'} {default}"
        yield f"{table} key {sorted(name for _, name, *_, key in columns if key)}"
        for row in file.execute(f"pragma foreign_key_list({table})"):
            yield f"{table}.{row[3]} refers to {row[2]}"
        for _, name, unique, origin, _ in file.execute(f"pragma index_list({table})"):
            over = [row[2] for row in file.execute(f"pragma index_info({name})")]
            if origin == "u":
                yield f"{table} unique {over}"
            elif origin == "c":
                [(text,)] = file.execute("select sql from sqlite_master where name = ?", (name,))
                yield f"{table} index {name} {unique} {over} {condition(text.lower().partition(' where ')[2])}"


def condition(text: str) -> str:
    """The condition of an index, spelt one way: PostgreSQL gives it back with casts, brackets and arrays."""
    plain = re.sub(r"= any \(array\[(.*?)\]\)", r"in \1", text.lower().replace("::text", ""))
    return re.sub(r"[()\s]", "", plain)


COLUMNS = """
select c.relname, a.attname, format_type(a.atttypid, null), a.attnotnull,
       pg_get_expr(d.adbin, d.adrelid), a.attcollation = 'pg_catalog."C"'::regcollation
  from pg_attribute a join pg_class c on c.oid = a.attrelid
       left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
 where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace and a.attnum > 0 and not a.attisdropped"""
KEYS = """
select conrelid::regclass::text, contype, confrelid::regclass::text,
       array(select a.attname::text from unnest(conkey) k join pg_attribute a on a.attrelid = conrelid and a.attnum = k)
  from pg_constraint where connamespace = 'public'::regnamespace and contype in ('p', 'u', 'f')"""
INDEXES = """
select x.indrelid::regclass::text, i.relname::text, x.indisunique, coalesce(pg_get_expr(x.indpred, x.indrelid), ''),
       array(select (select a.attname::text from pg_attribute a where a.attrelid = x.indrelid and a.attnum = k)
               from unnest(x.indkey::int2[]) k)
  from pg_index x join pg_class i on i.oid = x.indexrelid
 where i.relnamespace = 'public'::regnamespace and not exists (select from pg_constraint where conindid = i.oid)"""


@contextlib.asynccontextmanager
async def connected(url: str) -> AsyncIterator[Any]:
    connection = await asyncpg.connect(url)
    try:
        yield connection
    finally:
        await connection.close()


async def lines_of_postgres(url: str) -> list[str]:
    lines = []
    async with connected(url) as connection:
        columns = await connection.fetch(COLUMNS)
        keys = await connection.fetch(KEYS)
        indexes = await connection.fetch(INDEXES)
    for table, name, kind, not_null, default, in_order in columns:
        default = default and default.replace("::text", "")
        lines.append(f"{table}.{name} {_KINDS.get(kind, kind)} {'required' if not_null else 'or null'} {default}")
        assert in_order or kind != "text" or table == "schema_migration", f"{table}.{name}: text sorts as on SQLite"
    for table, kind, other, over in keys:
        line = {"p": f"{table} key {sorted(over)}", "u": f"{table} unique {over}"}
        lines.append(line.get(kind.decode()) or f"{table}.{over[0]} refers to {other}")
    for table, name, unique, where, over in indexes:
        if not _SEARCH.search(name):
            lines.append(f"{table} index {name} {int(unique)} {over} {condition(where)}")
    return lines


def test_the_tables_are_equal(file: sqlite3.Connection, migrated: str) -> None:
    on_sqlite, on_postgres = sorted(lines_of_sqlite(file)), sorted(asyncio.run(lines_of_postgres(migrated)))
    assert [line for line in on_sqlite if line not in on_postgres] == []
    assert [line for line in on_postgres if line not in on_sqlite] == []
    assert len(on_sqlite) > 200


# Statements


def test_the_statements_have_the_same_names() -> None:
    assert sorted(SQLITE) == sorted(POSTGRES)


def test_every_statement_prepares_on_postgresql(migrated: str) -> None:
    async def prepare() -> dict[str, str]:
        wrong = {}
        async with connected(migrated) as connection:
            for name, text in POSTGRES.items():
                try:
                    await connection.prepare(numbered(text).text)
                except asyncpg.PostgresError as error:
                    wrong[name] = str(error)
        return wrong

    assert asyncio.run(prepare()) == {}


@pytest.mark.parametrize(
    ("text", "numbers", "names"),
    [
        ("select :a, :b, :a", "select $1, $2, $1", ("a", "b")),
        ("select a::text, :a::bigint", "select a::text, $1::bigint", ("a",)),
        ("select ':a', 'it''s :b', \":c\", :d", "select ':a', 'it''s :b', \":c\", $1", ("d",)),
        ("-- somebody's :a\nselect :b -- :c\n", "-- somebody's :a\nselect $1 -- :c\n", ("b",)),
        ("select x[1:2], :a_1", "select x[1:2], $1", ("a_1",)),
        ("select 'a' || :a || ':' || :b", "select 'a' || $1 || ':' || $2", ("a", "b")),
        ("like :s escape '\\' and x = :t", "like $1 escape '\\' and x = $2", ("s", "t")),
        ("select 1", "select 1", ()),
    ],
)
def test_names_become_numbers_where_they_are_names(text: str, numbers: str, names: tuple[str, ...]) -> None:
    found = numbered(text)
    assert (found.text, found.names) == (numbers, names)


# Rows


class Watched:
    """A transaction that writes down what each statement gave."""

    def __init__(self, tx: Transaction, seen: list[tuple[str, Any]]) -> None:
        self._tx = tx
        self._seen = seen

    async def one(self, statement: str, **parameters: Any) -> Row | None:
        return self._noted(statement, await self._tx.one(statement, **parameters))

    async def all(self, statement: str, **parameters: Any) -> list[Row]:
        found = await self._tx.all(statement, **parameters)
        self._noted(statement, sorted(found, key=repr) if "order by" not in SQLITE[statement] else found)
        return found

    async def run(self, statement: str, **parameters: Any) -> int:
        return self._noted(statement, await self._tx.run(statement, **parameters))

    async def batch(self, statement: str, rows: Any) -> None:
        await self._tx.batch(statement, rows)

    async def listing(self, name: str, filters: Any, **how: Any) -> list[Row]:
        return self._noted(f"listing {name}", await self._tx.listing(name, filters, **how))

    def _noted(self, statement: str, found: Any) -> Any:
        # The lock is none on SQLite; the clock is the database's own on PostgreSQL; and rows that nobody fetches
        # are not counted by SQLite.
        uncounted = isinstance(found, int) and "returning" in SQLITE.get(statement, "")
        if statement not in ("hold_delivery", "nodes") and not uncounted:
            self._seen.append((statement, [list(row.items()) for row in found] if isinstance(found, list) else found))
        return found


class WatchedStore:
    """A store whose every row is written down."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.seen: list[tuple[str, Any]] = []

    def _watched(self, operation: Operation[Any]) -> Operation[Any]:
        return lambda tx: operation(Watched(tx, self.seen))

    async def write(self, operation: Operation[Any]) -> Any:
        return await self._store.write(self._watched(operation))

    async def write_beside(self, operation: Operation[Any]) -> Any:
        return await self._store.write_beside(self._watched(operation))

    async def read(self, operation: Operation[Any]) -> Any:
        return await self._store.read(self._watched(operation))

    def listen(self, heard: Callable[[str], None]) -> None:
        self._store.listen(heard)

    def tell(self, word: str) -> None:
        self._store.tell(word)

    async def close(self) -> None:
        await self._store.close()


async def a_week_of_work(store: WatchedStore) -> None:
    """Mails, answers, bounces, letters that fail, lists, and what a node does that finds the work of a dead one."""
    await store.write(open_the_desk)
    desk = RunningDesk(store)
    await desk.mail("It burns.", Subject="Ärger mit dem Drücker 🖨")
    await desk.mail("Again.", From="Bo <bo@example.org>", Cc="Cid <cid@other.example>")
    await desk.ask("ticket.reply", ticket=1, body="Have you tried water?", key="k1")
    await desk.ask("ticket.reply", ticket=1, body="Have you tried water?", key="k1")
    address = (await desk.letters())[-1].reply_to
    await desk.mail("No.", to=address)
    await desk.mail("Not me.", to=address, From="Mallory <m@evil.example>")
    for outcome in (Deferred("451 later"), Unknown("lost"), Sent("250 ok"), Rejected("550 no")):
        await desk.send(outcome)
        desk.now += 3600
    await desk.ask("ticket.note", ticket=2, body="Call back.")
    await desk.ask("ticket.take", ticket=2)
    await desk.ask("ticket.close", ticket=2)
    await desk.ask("agent.new", by=ADMIN, login="eve", name="Eve", uid=77)
    await desk.ask("ticket.cc_add", ticket=1, address="bo@example.org")
    await desk.ask("ticket.cc_remove", ticket=1, address="bo@example.org")
    await desk.ask("ticket.pend", ticket=1, until=desk.now + 60)
    await desk.ask("token.revoke", by=LEAD, ticket=1)
    await desk.ask("message.move", by=LEAD, message="1.1", to="new")
    await desk.ask("mail.hold", by=LEAD)
    await desk.ask("mail.flush", by=LEAD)
    desk.now += 3600
    await desk.write(clock.look)
    await desk.mail("One more.", From="Dan <dan@client.example>")
    await desk.lease_letters()
    await store.write(lambda tx: tx.run("node_leaves", run="run-1"))
    await desk.write(delivery.recover)
    desk.now += 8 * DAY
    for operation, more in (
        ("agent.list", {}),
        ("ticket.attachment_list", {"ticket": 1}),
        ("ticket.explain", {"ticket": 1}),
        ("ticket.list", {"state": ["new", "open", "closed"]}),
        ("ticket.view", {"ticket": 1}),
        ("ticket.next", {}),
        ("person.list", {}),
        ("mail.inbox", {}),
        ("mail.outbox", {}),
        ("token.explain", {"address": address}),
    ):
        await desk.ask(operation, **more)


async def test_the_same_work_gives_the_same_rows(tmp_path: Path, url: str) -> None:
    seen = []
    for opened in (
        await SqliteStore.open(tmp_path / "desk.db", create=True),
        await PostgresStore.open(url, create=False),
    ):
        store = WatchedStore(opened)
        await a_week_of_work(store)
        await store.close()
        seen.append(store.seen)
    on_sqlite, on_postgres = seen
    for number, (one, other) in enumerate(zip(on_sqlite, on_postgres, strict=True)):
        assert one == other, f"row {number}"
        assert kinds(one) == kinds(other), f"row {number}"
    assert len({name for name, _ in on_sqlite}) > 60, "this speaks of few statements"


def kinds(found: Any) -> Any:
    """The types of a value and of what it holds: True equals 1, and is something else."""
    if isinstance(found, list | tuple):
        return [kinds(each) for each in found]
    return kinds(list(found.items())) if isinstance(found, dict) else type(found)
