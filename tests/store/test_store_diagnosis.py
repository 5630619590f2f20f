"""What is said of a PostgreSQL that cannot be used: what it is, where, and the remedy."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import asyncpg
import pytest

from spocd.config import Config, DeskSection, StoreSection
from spocd.errors import Misconfigured, NoRoom
from spocd.founding import found
from spocd.store import check, open_store
from spocd.store.diagnosis import later, unusable
from tests import postgres

URL = "postgresql://ann@db.example.org/desk"


def config(folder: Path, url: str) -> Config:
    return Config(path=folder / "spocd.toml", desk=DeskSection(address="desk@example.org"), store=StoreSection(url=url))


@pytest.mark.parametrize("encoding", ["LATIN1", "SQL_ASCII"])
async def test_a_database_that_cannot_hold_every_mail_is_refused_with_the_command_that_makes_one(
    encoding: str, tmp_path: Path
) -> None:
    server = postgres.server()
    name = f"enc_{encoding.lower()}"
    server.sql(f"create database {name} template template0 encoding '{encoding}' lc_collate 'C' lc_ctype 'C'")
    try:
        found_config = config(tmp_path, server.url(name))
        for create in (False, True):
            with pytest.raises(Misconfigured) as refused:
                await open_store(found_config, create=create)
            assert f"has the encoding {encoding}" in str(refused.value)
            assert f"createdb --owner postgres --encoding UTF8 --template template0 {name}" in str(refused.value)
    finally:
        server.sql(f"drop database {name} with (force)")


def test_a_database_with_tables_of_something_else_is_left_alone(tmp_path: Path) -> None:
    url = postgres.fresh_database()
    postgres.sql(url, "create table person (name text)")
    with pytest.raises(Misconfigured, match=r"holds something else already: relation .* already exists"):
        found(tmp_path / "desk", address="desk@example.org", smtp="127.0.0.1:0", store=url)
    assert not (tmp_path / "desk").exists()
    assert postgres.sql(url, "select relname from pg_class where relnamespace = 'public'::regnamespace") == "person\n"


@contextmanager
def answering(*said: bytes) -> Iterator[int]:
    """Something on a port that answers each connection with these octets; the port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            for each in said:
                client, _ = listener.accept()
                with client:
                    client.recv(1024)
                    client.sendall(each)
                    client.recv(1024)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield listener.getsockname()[1]
        thread.join(10)


@pytest.mark.parametrize(
    ("said", "mode", "sentence"),
    [
        pytest.param(b"N", "require", "speaks no TLS, or is no PostgreSQL", id="no TLS where it must be"),
        pytest.param(b"220 mail.example.org ESMTP\r\n", "prefer", "is no PostgreSQL", id="a mail server"),
        pytest.param(b"HTTP/1.1 400 Bad Request\r\n\r\n", "prefer", "is no PostgreSQL", id="a web server"),
    ],
)
async def test_what_is_no_postgresql_is_not_waited_for(said: bytes, mode: str, sentence: str, tmp_path: Path) -> None:
    with answering(said) as port:
        with pytest.raises(Misconfigured, match=sentence) as refused:
            await open_store(config(tmp_path, f"postgresql://ann@127.0.0.1:{port}/desk?sslmode={mode}"))
        assert f"127.0.0.1, port {port}" in str(refused.value)


@pytest.mark.parametrize(
    ("password", "remedy"),
    [
        pytest.param("hunter2", "Look whether the password in store.password_file is this user's", id="a wrong one"),
        pytest.param(None, "No password was given: put it into a file", id="none"),
    ],
)
def test_the_remedy_for_a_refused_login_depends_on_whether_a_password_was_given(
    password: str | None, remedy: str
) -> None:
    said = str(unusable(asyncpg.InvalidPasswordError('password authentication failed for user "ann"'), URL, password))
    assert remedy in said
    assert "hunter2" not in said


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        pytest.param(
            ConnectionRefusedError(111, "Connection refused"), "cannot be reached: Connection refused", id="gone"
        ),
        pytest.param(
            asyncpg.ReadOnlySQLTransactionError("cannot execute UPDATE in a read-only transaction\nHINT: x"),
            "cannot do it now, and nothing was changed: cannot execute UPDATE in a read-only transaction.",
            id="a standby",
        ),
        pytest.param(asyncpg.AdminShutdownError("terminating"), "cannot be reached: terminating", id="shut down"),
        pytest.param(asyncpg.InvalidCatalogNameError("no desk"), "cannot be reached: no desk", id="being restored"),
    ],
)
def test_who_is_put_off_hears_where_and_why(error: BaseException, sentence: str) -> None:
    said = str(later(error, URL))
    assert f"PostgreSQL at db.example.org, port 5432 {sentence}" in said
    assert "HINT" not in said


def test_a_full_disk_is_no_room_and_a_broken_statement_is_no_fault_of_the_database() -> None:
    assert isinstance(later(asyncpg.DiskFullError("could not extend file"), URL), NoRoom)
    assert later(asyncpg.UndefinedColumnError("no such column"), URL) is None


def test_the_check_compares_the_secret(tmp_path: Path) -> None:
    for name, url in (("pg", postgres.fresh_database()), ("file", "sqlite:desk.db")):
        folder = tmp_path / name
        found(folder, address="desk@example.org", smtp="127.0.0.1:0", store=url)
        kept = Config(folder / "spocd.toml", DeskSection(address="desk@example.org"), store=StoreSection(url=url))
        assert check(kept)["integrity"] == "ok"
        (folder / "secret").write_text("0" * 64 + "\n")
        with pytest.raises(Misconfigured, match="this secret is not the one of the desk in the database"):
            check(kept)
