"""The schema: made step by step, whole steps only, and checked when somebody asks."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from spocd.errors import Misconfigured, TryLater
from spocd.store.care import check_file, migrate_file
from spocd.store.lock import owned
from spocd.store.migrate import check_version, migrate_sqlite, migrations, newest_version, split_statements, version_of
from spocd.store.postgres import PostgresStore
from spocd.store.sqlite import SqliteStore
from tests.postgres import fresh_database
from tests.postgres import sql as postgres_sql

NEWEST = newest_version("sqlite")
WORK = 3  # the step that brings daily work


def made(file: Path) -> Path:
    with contextlib.closing(sqlite3.connect(file, isolation_level=None)) as connection:
        migrate_sqlite(connection)
    return file


def schema(file: Path) -> list[tuple[str, str]]:
    with contextlib.closing(sqlite3.connect(file)) as connection:
        return sorted(connection.execute("select name, sql from sqlite_master where sql is not null"))


def test_the_steps_are_numbered_without_a_gap() -> None:
    assert [each.version for each in migrations("sqlite")] == list(range(1, len(migrations("sqlite")) + 1))


def test_a_database_is_migrated_once(file: Path) -> None:
    with contextlib.closing(sqlite3.connect(file, isolation_level=None)) as connection:
        assert migrate_sqlite(connection) == [each.name for each in migrations("sqlite")]
        assert migrate_sqlite(connection) == []
        assert version_of(connection) == migrations("sqlite")[-1].version


def left_by(file: Path) -> tuple[int, list[tuple[str, str]]]:
    """The version of a file that may have been left in the middle, and its schema."""
    with contextlib.closing(sqlite3.connect(file)) as connection:
        return version_of(connection), schema(file)


KILLED = """
import os, sqlite3, sys
from spocd.store.migrate import migrate_sqlite, version_of

def statements(file, last):
    connection = sqlite3.connect(file, isolation_level=None)
    connection.execute("pragma journal_mode = wal")
    seen = []
    def look(statement):
        seen.append(statement)
        if len(seen) == last:
            os._exit(9)  # as a power cut would: nothing is closed, nothing rolled back
    connection.set_trace_callback(look)
    migrate_sqlite(connection)
    return len(seen)

total = statements(sys.argv[1] + "-whole", 0)
for last in range(1, total + 1):
    file = f"{sys.argv[1]}-{last}"
    child = os.fork()
    if child == 0:
        statements(file, last)
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 9 << 8
print(total)
"""


def test_f30_a_migration_that_is_killed_at_any_statement_leaves_whole_steps(file: Path) -> None:
    done = subprocess.run([sys.executable, "-c", KILLED, str(file)], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    total = int(done.stdout)
    assert total > 40
    whole = schema(Path(f"{file}-whole"))
    steps = [migration.version for migration in migrations("sqlite")]
    found = [left_by(Path(f"{file}-{last}")) for last in range(1, total + 1)]
    # A step's own commit is the last of its statements: until then it has done nothing, not even its record.
    assert [version for version, _ in found] == sorted(version for version, _ in found)
    assert {version for version, _ in found} == {0, *steps[:-1]}
    for version in {0, *steps[:-1]}:
        assert len({str(names) for each, names in found if each == version}) == 1
    for last in range(1, total + 1):
        assert schema(made(Path(f"{file}-{last}"))) == whole


def test_the_statements_of_a_step_are_told_apart_by_their_ends_and_not_by_semicolons() -> None:
    text = """-- a; comment
create table a (x text default ';');
create trigger b after insert on a begin
  delete from a;
end;
create table c (y)"""
    assert [each.split("\n")[-1] for each in split_statements(text)] == [
        "create table a (x text default ';');",
        "end;",
        "create table c (y)",
    ]


def test_f30_migrating_by_command_works_under_the_lock_of_the_folder(file: Path) -> None:
    made(file)
    before = schema(file)
    assert migrate_file(file, file.parent) == {"database": str(file), "applied": [], "version": NEWEST}
    assert schema(file) == before
    with owned(file.parent), pytest.raises(Misconfigured, match="another spocd runs on this folder"):
        migrate_file(file, file.parent)


def test_a_missing_database_is_neither_migrated_nor_checked(file: Path) -> None:
    for act in (lambda: migrate_file(file, file.parent), lambda: check_file(file)):
        with pytest.raises(Misconfigured, match="there is no database"):
            act()
    assert not file.exists()


@pytest.mark.parametrize("folder", ["plain", "100% #1? a b", "æøå"])
async def test_a_whole_database_is_found_whole_in_use_and_at_rest(tmp_path: Path, folder: str) -> None:
    file = tmp_path / folder / "desk.db"
    file.parent.mkdir()
    store = await SqliteStore.open(file, create=True)
    expected = {"database": str(file), "version": NEWEST, "integrity": "ok", "secret_fingerprint": None}
    assert check_file(file) == expected
    await store.close()
    assert check_file(file) == expected


def test_f7_a_spoilt_page_is_found_by_the_check(file: Path) -> None:
    made(file)
    with contextlib.closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.executemany(
            "insert into blob values (?, 9, 'identity', ?)", [(f"{number}", os.urandom(3000)) for number in range(50)]
        )
        [(page,)] = connection.execute("select rootpage from sqlite_master where name = 'sqlite_autoindex_blob_1'")
    content = bytearray(file.read_bytes())
    content[(page - 1) * 4096 : (page - 1) * 4096 + 200] = os.urandom(200)
    file.write_bytes(content)
    with pytest.raises(Misconfigured, match=r"desk\.db: "):
        check_file(file)


def test_f7_a_reference_to_nothing_is_found_by_the_check(file: Path) -> None:
    made(file)
    with contextlib.closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.execute(
            "insert into person_address (address, person, shown, created_at) values ('a@x', 77, 'a@x', 0)"
        )
    with pytest.raises(Misconfigured, match=r"desk\.db: person_address row 1 refers to nothing"):
        check_file(file)


def test_f7_a_file_that_is_no_database_is_found_by_the_check(file: Path) -> None:
    file.write_bytes(b"no database " * 1000)
    with pytest.raises(Misconfigured, match="file is not a database"):
        check_file(file)


@pytest.mark.parametrize(
    ("version", "sentence"),
    [(99, "Upgrade spocd"), (-1, "Run: spocd db migrate"), (0, "there is no desk in this database")],
)
def test_f30_another_version_says_what_to_do(file: Path, version: int, sentence: str) -> None:
    with pytest.raises(Misconfigured, match=sentence):
        check_version(version, file, NEWEST)


def test_f17_who_waits_for_the_folder_is_told_to_try_later(tmp_path: Path) -> None:
    with (
        owned(tmp_path),
        pytest.raises(TryLater, match="Another process is working on"),
        owned(tmp_path, wait=0.1, briefly=True),
    ):
        raise AssertionError("two own one folder")


def test_f17_the_one_that_is_refused_hears_the_pid_of_the_other(tmp_path: Path) -> None:
    with owned(tmp_path), pytest.raises(Misconfigured, match=rf"\(pid {os.getpid()}\)"), owned(tmp_path):
        raise AssertionError("two own one folder")


def test_f17_the_lock_of_a_dead_process_is_free(tmp_path: Path) -> None:
    script = "import os, sys; from pathlib import Path; from spocd.store.lock import owned\n"
    script += "with owned(Path(sys.argv[1])): os._exit(9)"
    assert subprocess.run([sys.executable, "-c", script, str(tmp_path)]).returncode == 9
    with owned(tmp_path):
        pass


# Ann's #1 was answered twice, #2 has a note and no answer, of #3 the desk wrote first.
BEFORE_THE_WORK = """
insert into agent (login, name, address, role, uid, created_at)
  values ('eva', 'Eva', 'eva@example.org', 'agent', 1000, 5);
insert into person (name, language, known_at, created_at) values ('Ann', 'en', 11, 10), ('Bo', null, null, 12);
insert into person_address (address, person, shown, created_at) values
  ('ann@client.example', 1, 'Ann@Client.example', 10), ('ann@home.example', 1, 'ann@home.example', 11),
  ('bo@client.example', 2, 'bo@client.example', 12);
insert into ticket (number, subject, state, kind, priority, requester, assignee, channel, address, opened_at,
    updated_at, waiting_since, rev)
  select n, 'Printer', 'open', 'incident', 'normal', 1, 1, 'mail', 'desk@example.org', 19 + n, 19 + n, 19 + n, 3
    from (select 1 as n union all select 2 union all select 3) as numbers order by n;
insert into participant (ticket, person, role, generation, since)
  values (1, 1, 'requester', 2, 20), (1, 2, 'cc', 0, 20), (2, 1, 'requester', 0, 21), (3, 1, 'requester', 0, 22);
insert into message (ticket, origin, position, kind, direction, person, agent, author_name, author_address, recipients,
    subject, text, visible_text, reference_ids, evidence, created_at) values
  (1, 1, 1, 'mail', 'in', 1, null, 'Ann', 'ann@client.example', '[]', 'Printer', 'Smoke', 'Smoke', '[]', '{}', 20),
  (1, 1, 2, 'note', 'out', null, 1, 'Eva', 'eva@example.org', '[]', '', 'A note', 'A note', '[]', '{}', 30),
  (1, 1, 3, 'mail', 'out', null, 1, 'Eva', 'eva@example.org', '[]', '', 'Since when?', 'Since when?', '[]', '{}', 40),
  (1, 1, 4, 'mail', 'out', null, 1, 'Eva', 'eva@example.org', '[]', '', 'And why?', 'And why?', '[]', '{}', 50),
  (2, 2, 1, 'note', 'out', null, 1, 'Eva', 'eva@example.org', '[]', '', 'A note', 'A note', '[]', '{}', 60),
  (3, 3, 1, 'mail', 'out', null, 1, 'Eva', 'eva@example.org', '[]', '', 'Hello', 'Hello', '[]', '{}', 70);
insert into outbox (ticket, message, person, kind, cause, recipient, recipient_key, known, language, template_version,
    variables, key_id, generation, reference_ids, state, not_before, created_at, lease) values
  (1, 3, 1, 'answer', 'staff', 'Ann@client.example', 'ann@client.example', 1, 'en', 'v', '{}',
    'k', 2, '[]', 'sent', 1, 1, 4),
  (1, 4, 1, 'answer', 'staff', 'Ann@client.example', 'ann@client.example', 1, 'en', 'v', '{}',
    'k', 2, '[]', 'held', 2, 2, 0);
insert into journal (at, ticket, actor, event, detail)
  values (20, 1, 'ann@client.example', 'opened', '{}'), (40, 1, 'eva', 'answered', '{"message": "1.3"}');
"""
FILLED = ("agent", "person", "person_address", "ticket", "participant", "message", "outbox", "journal")


@pytest.mark.parametrize("dialect", ["sqlite", "postgres"])
async def test_f30_a_desk_with_cases_loses_nothing_by_the_newest_steps(dialect: str, file: Path) -> None:
    url = fresh_database() if dialect == "postgres" else ""

    def ask(*statements: str) -> list[str]:
        if url:
            return postgres_sql(url, *statements).splitlines()
        with contextlib.closing(sqlite3.connect(file, isolation_level=None)) as connection:
            rows = [row for each in statements for row in connection.execute(each)]
        return ["|".join("" if value is None else str(value) for value in row) for row in rows]

    old = [step for step in migrations(dialect) if step.version < WORK]
    for step in old:
        ask(*split_statements(step.sql))
    ask(
        "create table schema_migration (version integer primary key, name text not null, applied_at integer not null)",
        *(f"insert into schema_migration values ({each.version}, '{each.name}', 1)" for each in old),
        *split_statements(BEFORE_THE_WORK),
    )
    columns = {table: ", ".join(ask(COLUMNS[dialect].format(table))) for table in FILLED}
    before = [ask(f"select {names} from {table} order by 1, 2") for table, names in columns.items()]
    assert all(before)
    opened = await (PostgresStore.open(url, create=True) if url else SqliteStore.open(file, create=True))
    await opened.close()
    assert [ask(f"select {names} from {table} order by 1, 2") for table, names in columns.items()] == before
    assert ask("select number, first_answered_at, tier, direction, tags from ticket order by number") == [
        *("1|40|1|in|", "2||1|in|", "3|70|1|in|"),
    ]
    assert ask("select address, domain from person_address order by address") == [
        *("ann@client.example|client.example", "ann@home.example|home.example", "bo@client.example|client.example"),
    ]
    assert ask("select id, agent, purpose from outbox order by id") == ["1||r", "2||r"]
    assert ask("select id, survivor, organisation from person order by id") == ["1||", "2||"]
    assert ask("select tier, title, left_at from agent") == ["1||"]


COLUMNS = {
    "sqlite": "select name from pragma_table_info('{}') order by cid",
    "postgres": "select column_name from information_schema.columns where table_name = '{}' order by ordinal_position",
}
