"""The PostgreSQL server: not there, not letting us in, stopped and started in the middle of the work."""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from spocd.config import Config, DeskSection, StoreSection, load
from spocd.errors import Misconfigured, TryLater
from spocd.founding import found
from spocd.store import check, migrate_url, open_store
from spocd.store.migrate import newest_version
from spocd.store.postgres import PostgresStore
from tests import postgres
from tests.postgres import Server
from tests.running import eventually, free_port
from tests.store.persons import adding, database_of, there


@pytest.fixture(scope="module")
def own() -> Iterator[Server]:
    with postgres.own_server() as server:
        yield server


def config(folder: Path, url: str, password: str | None = None) -> Config:
    """What spocd.toml would say."""
    if password is not None:
        (folder / "password").write_text(password + "\n")
    store = StoreSection(url=url, password_file="password" if password is not None else "")
    return Config(path=folder / "spocd.toml", desk=DeskSection(address="desk@example.org"), store=store)


def founded(folder: Path, url: str) -> Config:
    """What the spocd.toml of a new desk says."""
    found(folder, address="desk@example.org", smtp="127.0.0.1:0", store=url)
    return load(folder / "spocd.toml")


# Stopped and started


@pytest.fixture
async def store(own: Server) -> AsyncIterator[PostgresStore]:
    opened = await PostgresStore.open(own.fresh_database(), create=True)
    yield opened
    await opened.close()


async def write_on(store: PostgresStore, name: str, told: list[str], enough: asyncio.Event) -> int:
    """Write one person after another until it is enough; how often that was put off. `told` takes who is there."""
    put_off = number = 0
    while not enough.is_set():
        number += 1
        write = store.write if number % 2 else store.write_beside
        try:
            await write(adding(f"{name}-{number:05}"))
        except TryLater:
            put_off += 1
            await asyncio.sleep(0.01)
        else:
            told.append(f"{name}-{number:05}")
    return put_off


async def test_f8_nothing_that_was_told_is_lost_when_the_server_stops_at_once(
    own: Server, store: PostgresStore
) -> None:
    told: list[str] = []
    enough = asyncio.Event()
    writers = [asyncio.create_task(write_on(store, f"w{number}", told, enough)) for number in range(6)]
    for immediate in (True, False, True, True):
        before = len(told)
        await asyncio.to_thread(eventually, lambda n=before: len(told) > n + 20, "some to be written")
        own.stop(immediate=immediate)
        with pytest.raises(TryLater):
            await store.read(lambda tx: tx.one("desk"))
        own.start()
    before = len(told)
    await asyncio.to_thread(eventually, lambda: len(told) > before + 20, "it to go on by itself")
    enough.set()
    put_off = sum(await asyncio.gather(*writers))
    names = await there(store)
    assert put_off > 0
    assert len(names) == len(set(names))
    missing = set(told) - set(names)
    assert not missing
    assert len(names) - len(told) <= put_off, "what is there and was not told was put off"


async def test_f8_what_waits_when_the_server_goes_is_put_off_and_the_next_is_done(
    own: Server, store: PostgresStore
) -> None:
    held, go_on = asyncio.Event(), asyncio.Event()

    async def hold(tx: object) -> None:
        held.set()
        await go_on.wait()

    first = asyncio.create_task(store.write(hold))
    await held.wait()
    rest = [asyncio.create_task(store.write(adding("p"))) for _ in range(5)]
    own.stop()
    go_on.set()
    results = await asyncio.gather(first, *rest, return_exceptions=True)
    assert {type(each) for each in results} == {TryLater}
    told = [str(each) for each in results]
    assert "nobody knows whether this was done. Look before you ask again" in told[0], "it was at its commit"
    assert all(re.match(r"PostgreSQL at /.*, port 5432 cannot be reached: .+\. Start it", each) for each in told[1:])
    own.start()
    await store.write(adding("after"))
    assert await there(store) == ["after"]


async def test_f8_words_between_nodes_come_through_again_after_a_stop(own: Server) -> None:
    url = own.fresh_database()
    one, other = await PostgresStore.open(url, create=True), await PostgresStore.open(url, create=False)
    heard: dict[str, list[str]] = {"one": [], "other": []}
    one.listen(heard["one"].append)
    other.listen(heard["other"].append)
    await until_told(one, "mail", heard["other"])
    heard["other"].clear()
    own.stop()
    own.start()
    await asyncio.to_thread(eventually, lambda: "" in heard["other"], "to be told that words may have been missed")
    heard["other"].clear()
    await until_told(one, "letters", heard["other"])
    assert not {"mail", "letters"} & set(heard["one"]), "nobody hears themselves"
    await one.close()
    await other.close()


async def until_told(store: PostgresStore, word: str, heard: list[str]) -> None:
    """Tell a word until it is heard: one that is told before the other listens is lost."""

    async def again() -> None:
        while word not in heard:
            store.tell(word)
            await asyncio.sleep(0.05)

    await asyncio.wait_for(again(), 60)


async def test_many_words_in_a_moment_are_told_as_few(own: Server) -> None:
    url = own.fresh_database()
    one, other = await PostgresStore.open(url, create=True), await PostgresStore.open(url, create=False)
    heard: list[str] = []
    one.listen(lambda _: None)
    other.listen(heard.append)
    await until_told(one, "begin", heard)
    begun = asyncio.get_running_loop().time()
    for _ in range(200):
        one.tell("mail")
        await asyncio.sleep(0.002)
    one.tell("end")
    await asyncio.to_thread(eventually, lambda: "end" in heard, "the words")
    seconds = asyncio.get_running_loop().time() - begun
    assert 1 <= heard.count("mail") <= 2 + 10 * seconds
    await one.close()
    await other.close()


# Not there, not letting us in


async def test_f8_a_server_that_is_not_there_is_said_with_its_place_and_tried_later(tmp_path: Path) -> None:
    port = free_port()
    for url, where in (
        (f"postgresql://ann@127.0.0.1:{port}/desk", f"127.0.0.1, port {port}"),
        (f"postgresql://ann@/desk?host={tmp_path}&port=99", f"{tmp_path}, port 99"),
    ):
        for create in (False, True):
            with pytest.raises(TryLater) as later:
                await open_store(config(tmp_path, url), create=create)
            assert f"PostgreSQL at {where} cannot be reached" in str(later.value)
            assert "Start it, or mend store.url" in str(later.value)


@pytest.mark.parametrize(
    ("user", "database", "sentence"),
    [
        pytest.param("postgres", "none_such", "there is no database none_such at .* Make it: createdb", id="database"),
        pytest.param("nobody_known", "postgres", "does not let us in: role .* does not exist", id="user"),
    ],
)
async def test_who_is_not_let_in_is_told_what_to_mend(
    own: Server, tmp_path: Path, user: str, database: str, sentence: str
) -> None:
    with pytest.raises(Misconfigured, match=sentence):
        await open_store(config(tmp_path, f"postgresql://{user}@/{database}?host={own.folder}"))


@pytest.fixture(scope="module")
def guarded() -> Iterator[str]:
    """The URL of a database that asks ann for her password."""
    with postgres.own_server() as server:
        name = database_of(server.fresh_database())
        server.sql("create role ann login password 'tr@ue-1'", f"alter database {name} owner to ann")
        server.sql("create role bo login password 'bo'")
        rules = server.folder / "data/pg_hba.conf"
        rules.write_text("local all ann,bo scram-sha-256\n" + rules.read_text())
        server.sql("select pg_reload_conf()")
        yield f"postgresql://ann@/{name}?host={server.folder}"


async def test_a_password_comes_from_its_file(guarded: str, tmp_path: Path) -> None:
    await asyncio.to_thread(eventually_asked_for, guarded)
    store = await open_store(config(tmp_path, guarded, "tr@ue-1"), create=True)
    await store.write(adding("p"))
    await store.close()


def eventually_asked_for(url: str) -> None:
    """Wait until the server has read its rules anew."""

    def is_asked() -> bool:
        try:
            asyncio.run(PostgresStore.open(url, create=False, password="wrong"))
        except Misconfigured as wrong:
            return "password authentication failed" in str(wrong)
        return False

    eventually(is_asked, "the server to ask for a password")


async def test_a_password_comes_from_a_passfile(guarded: str, tmp_path: Path) -> None:
    await asyncio.to_thread(eventually_asked_for, guarded)
    passfile = tmp_path / "pgpass"
    passfile.write_text("*:*:*:ann:tr@ue-1\n")
    passfile.chmod(0o600)
    store = await open_store(config(tmp_path, f"{guarded}&passfile={passfile}"), create=True)
    await store.close()


@pytest.mark.parametrize("password", ["hunter2", None])
async def test_sec60_a_wrong_password_is_said_and_not_shown(guarded: str, tmp_path: Path, password: str | None) -> None:
    await asyncio.to_thread(eventually_asked_for, guarded)
    with pytest.raises(Misconfigured, match="does not let us in") as wrong:
        await open_store(config(tmp_path, guarded, password))
    assert "store.password_file" in str(wrong.value)
    assert "hunter2" not in str(wrong.value)


async def test_who_may_make_no_table_is_told_whose_the_database_must_be(guarded: str, tmp_path: Path) -> None:
    await asyncio.to_thread(eventually_asked_for, guarded)
    url = guarded.replace("ann@/", "bo@/")
    with pytest.raises(Misconfigured, match="owner of the database"):
        await asyncio.to_thread(migrate_url, config(tmp_path, url, "bo"))
    with pytest.raises(Misconfigured, match="owner of the database"):
        await open_store(config(tmp_path, url, "bo"), create=True)


def test_a_missing_driver_is_said_with_the_way_to_install_it(tmp_path: Path) -> None:
    program = """
import asyncio, sys
sys.modules["asyncpg"] = None
from pathlib import Path
from spocd.config import Config, DeskSection, StoreSection
from spocd.store import check, open_store
config = Config(path=Path("x"), desk=DeskSection(address="a@b.example"), store=StoreSection(url="postgresql://x/y"))
for act in (lambda: asyncio.run(open_store(config)), lambda: check(config)):
    try:
        act()
    except Exception as error:
        print(type(error).__name__, error)
"""
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    line = "Misconfigured store.url: PostgreSQL needs the package asyncpg. Run: pip install 'spocd[postgres]'\n"
    assert said == line * 2


# Care


def test_f30_a_newer_schema_and_an_older_one_say_what_to_do(url: str, tmp_path: Path) -> None:
    found = config(tmp_path, url)
    postgres.sql(url, "insert into schema_migration values (99, 'later', 0)")
    for act in (lambda: asyncio.run(open_store(found)), lambda: check(found)):
        with pytest.raises(Misconfigured, match=r"made by a newer spocd \(schema 99, .* Upgrade spocd\."):
            act()
    with pytest.raises(Misconfigured, match=r"made by a newer spocd \(schema 99, .* Upgrade spocd\."):
        migrate_url(found)
    postgres.sql(url, "update schema_migration set version = -version")
    with pytest.raises(Misconfigured, match="Run: spocd db migrate"):
        asyncio.run(open_store(found))


async def test_f30_nodes_that_migrate_at_the_same_moment_make_each_step_once(own: Server) -> None:
    url = own.fresh_database()
    stores = await asyncio.gather(*(PostgresStore.open(url, create=True) for _ in range(5)))
    await asyncio.gather(*(store.write(adding("p")) for store in stores))
    assert len(await there(stores[0])) == 5
    for store in stores:
        await store.close()


def test_a_database_without_a_desk_is_left_as_it_is(own: Server, tmp_path: Path) -> None:
    url = own.fresh_database()
    found = config(tmp_path, url)
    for act in (lambda: check(found), lambda: migrate_url(found), lambda: asyncio.run(open_store(found))):
        with pytest.raises(Misconfigured, match=r"there is no desk in this database \(is store.url right\?\)"):
            act()
    assert postgres.sql(url, "select count(*) from pg_class where relnamespace = 'public'::regnamespace") == "0\n"


def test_a_database_is_migrated_and_checked_by_command(own: Server, tmp_path: Path) -> None:
    url = own.fresh_database()
    found = founded(tmp_path / "desk", url)
    made = migrate_url(found)
    assert made == {"database": url, "applied": [], "version": newest_version("postgres")}
    looked = check(found)
    assert (looked["version"], looked["integrity"]) == (made["version"], "ok")
    assert looked["indexes"].startswith("not checked (create extension amcheck)")


def test_the_check_names_a_server_that_could_lose_mail(own: Server, tmp_path: Path) -> None:
    url = own.fresh_database()
    found = founded(tmp_path / "desk", url)
    own.sql("alter system set full_page_writes = off", "select pg_reload_conf()")

    def said() -> str:
        try:
            return str(check(found))
        except Misconfigured as wrong:
            return str(wrong)

    eventually(lambda: "full_page_writes is off; a crash of the server's machine would lose mail" in said(), said())
    own.sql("alter system reset full_page_writes", "select pg_reload_conf()")
    eventually(lambda: "'integrity': 'ok'" in said(), said())
