"""A desk is founded: once in a folder, once in a database, and further nodes join with its secret."""

from __future__ import annotations

import asyncio
import secrets
from pathlib import Path
from typing import Any

import pytest

from spocd.config import Config, load
from spocd.daemon.settings import read_identity, settings_of
from spocd.errors import Misconfigured, TryLater
from spocd.founding import found
from spocd.store import open_store
from tests import postgres


def founded(folder: Path, **choices: Any) -> dict[str, Any]:
    return found(folder, address="desk@example.org", smtp="127.0.0.1:0", **choices)


def identity(folder: Path) -> tuple[Config, Any]:
    """The configuration in a folder, and the desk's row in the database that it names."""
    config = load(folder / "spocd.toml")

    async def read() -> Any:
        store = await open_store(config)
        try:
            return await read_identity(store)
        finally:
            await store.close()

    return config, asyncio.run(read())


def test_a_desk_on_postgresql_is_a_folder_and_a_database(tmp_path: Path) -> None:
    url = postgres.fresh_database()
    made = founded(tmp_path / "one", store=url)
    assert made["address"] == "desk@example.org"
    config, row = identity(tmp_path / "one")
    assert config.store.url == url
    assert settings_of(config, row, "run", lambda kind, language: "1").rules.instance == row["instance"]
    names = {each.name for each in (tmp_path / "one").iterdir()}
    assert names == {"spocd.toml", "secret", "run", "lock"}


def test_a_further_node_joins_with_the_secret_of_the_desk(tmp_path: Path) -> None:
    url = postgres.fresh_database()
    first = founded(tmp_path / "one", store=url)
    again = founded(tmp_path / "two", store=url, secret=tmp_path / "one/secret")
    assert identity(tmp_path / "two")[1] == identity(tmp_path / "one")[1]
    assert (tmp_path / "two/secret").read_text() == (tmp_path / "one/secret").read_text()
    assert again["agent"] == first["agent"], "who has that uid is known to the desk"


@pytest.mark.parametrize("brings", ["nothing", "another"])
def test_a_further_node_without_the_secret_is_refused_and_leaves_nothing(tmp_path: Path, brings: str) -> None:
    url = postgres.fresh_database()
    founded(tmp_path / "one", store=url)
    before = identity(tmp_path / "one")[1]
    other = tmp_path / "other"
    other.write_text(secrets.token_hex(32))
    other.chmod(0o600)
    with pytest.raises(Misconfigured, match=r"copy its secret here .* name that: spocd init … --secret FILE"):
        founded(tmp_path / "two", store=url, secret=other if brings == "another" else None)
    assert not (tmp_path / "two").exists()
    assert identity(tmp_path / "one")[1] == before


def test_what_is_wrong_with_an_option_is_said_of_the_option(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured) as wrong:
        founded(tmp_path / "one", store="mysql://localhost/desk", relay="ftp://x:1")
    assert wrong.value.faults == [
        "--store is no database; write sqlite:FILE, such as sqlite:desk.db, or postgresql://USER@HOST/DATABASE",
        "--relay is no relay; write smtp://HOST:PORT or smtps://HOST:PORT",
    ]
    assert not (tmp_path / "one").exists()


def test_who_joins_is_told_which_file_of_which_node_to_copy(tmp_path: Path) -> None:
    url = postgres.fresh_database()
    founded(tmp_path / "one", store=url.replace("postgresql:", "postgres:"))
    node = "'r', 'db1', 'db1:/srv/desk', '{}', 1, 0, 0"
    postgres.sql(url, f"insert into node (run, host, place, shared, pid, started_at, seen_at) values ({node})")
    with pytest.raises(Misconfigured, match=r"copy its secret here .db1:/srv/desk/secret. into a file of mode 0600"):
        founded(tmp_path / "two", store=url)


def test_a_node_whose_secret_was_exchanged_does_not_start(tmp_path: Path) -> None:
    founded(tmp_path / "one", store=postgres.fresh_database())
    config, row = identity(tmp_path / "one")
    (tmp_path / "one/secret").write_text(secrets.token_hex(32))
    with pytest.raises(Misconfigured, match="this secret is not the one of the desk in the database"):
        settings_of(config, row, "run", lambda kind, language: "1")


def test_two_who_found_one_desk_at_the_same_moment_make_one(tmp_path: Path) -> None:
    url = postgres.fresh_database()
    secret = tmp_path / "secret"
    secret.write_text(secrets.token_hex(32))
    secret.chmod(0o600)

    async def both() -> None:
        names = ("one", "two", "three")
        await asyncio.gather(*(asyncio.to_thread(founded, tmp_path / n, store=url, secret=secret) for n in names))

    asyncio.run(both())
    assert postgres.sql(url, "select count(*) from desk", "select count(*) from signing_key") == "1\n1\n"
    assert identity(tmp_path / "two")[1] == identity(tmp_path / "one")[1]


def test_f8_a_server_that_is_not_there_leaves_the_folder_as_it_was(tmp_path: Path) -> None:
    with pytest.raises(TryLater, match="cannot be reached"):
        founded(tmp_path / "one", store=f"postgresql://ann@/desk?host={tmp_path}")
    assert not (tmp_path / "one").exists()


def test_the_password_of_the_store_goes_into_a_file_of_its_own(tmp_path: Path) -> None:
    url = postgres.fresh_database().replace("postgres@/", "postgres:pw@/")
    founded(tmp_path / "one", store=url)
    text = (tmp_path / "one/spocd.toml").read_text()
    assert "pw@" not in text
    assert 'password_file = "store-password"' in text
    file = tmp_path / "one/store-password"
    assert (file.read_text(), file.stat().st_mode & 0o777) == ("pw\n", 0o600)
