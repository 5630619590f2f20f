"""The store: the only SQL. Two databases behind one interface, chosen by the URL in spocd.toml."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol, TypeVar

from spocd.config import Config, check_secret
from spocd.domain.token import fingerprint
from spocd.errors import Misconfigured

Row = dict[str, Any]
T = TypeVar("T")


class Transaction(Protocol):
    """What an operation may await: statements by their name in `sql/`, parameters by theirs, and nothing else.

    On SQLite each of these completes at once, inside the database's thread; on PostgreSQL they go over the network.
    """

    async def one(self, statement: str, **parameters: Any) -> Row | None:
        """The first row, or None."""
        ...

    async def all(self, statement: str, **parameters: Any) -> list[Row]:
        """All rows."""
        ...

    async def run(self, statement: str, **parameters: Any) -> int:
        """How many rows it changed."""
        ...

    async def batch(self, statement: str, rows: Sequence[Row]) -> None:
        """The same statement for many rows, as one."""
        ...

    async def listing(
        self, name: str, filters: dict[str, Any], *, sort: str, limit: int, after: str | None
    ) -> list[Row]:
        """Rows of a listing (store/listings.py), each filter and the sort taken from what it allows."""
        ...


Operation = Callable[[Transaction], Awaitable[T]]


class Store(Protocol):
    """One database. `write` returns after COMMIT; what it raises was rolled back."""

    async def write(self, operation: Operation[T]) -> T:
        """Run an operation that has the desk to itself: nothing that it read changes before its commit."""
        ...

    async def write_beside(self, operation: Operation[T]) -> T:
        """Run an operation beside others: for what is right statement by statement, whatever others commit meanwhile.

        Accepting, leasing and heartbeats are such: they must not wait for who decides.
        """
        ...

    async def read(self, operation: Operation[T]) -> T: ...

    def listen(self, heard: Callable[[str], None]) -> None:
        """Call `heard` with each word that another node tells, and with "" where some may have been missed."""
        ...

    def tell(self, word: str) -> None:
        """Tell the other nodes that listen; nobody waits for it, and a word may be lost."""
        ...

    async def sweep(self) -> None:
        """Let what was deleted leave the database's files too, as far as that takes little time and nobody reads it."""
        ...

    async def close(self) -> None: ...


class Rollback(Exception):
    """Raised by an operation that wants its result, and its work undone: a dry run."""

    def __init__(self, result: Any) -> None:
        super().__init__("rolled back on purpose")
        self.result = result


def sqlite_file(url: str, folder: Path) -> Path:
    """The file of a `sqlite:FILE` URL, relative to the folder of spocd.toml."""
    return folder / url.removeprefix("sqlite:")


async def open_store(config: Config, *, create: bool = False) -> Store:
    """The store that spocd.toml names, its schema checked; `create` makes it where it is not there, and migrates it."""
    section = config.store
    if _is_postgres(section.url):
        with _driver():
            from spocd.store.postgres import PostgresStore
        return await PostgresStore.open(section.url, create=create, password=_password(config))
    from spocd.store.sqlite import SqliteStore

    return await SqliteStore.open(sqlite_file(section.url, config.folder), create=create)


def migrate_url(config: Config) -> dict[str, Any]:
    """Bring the database to this version's schema, under the desk's lock; which steps were made."""
    if _is_postgres(config.store.url):
        with _driver():
            from spocd.store.care_postgres import migrate_database
        return migrate_database(config.store.url, _password(config), config.folder)
    from spocd.store.care import migrate_file

    return migrate_file(sqlite_file(config.store.url, config.folder), config.folder)


def check(config: Config) -> dict[str, Any]:
    """Look whether the database is whole: its pages, its references, its schema, and whether the secret is its own.

    Misconfigured where something of that is not.
    """
    if _is_postgres(config.store.url):
        with _driver():
            from spocd.store.care_postgres import check_database
        found = check_database(config.store.url, _password(config))
    else:
        from spocd.store.care import check_file

        found = check_file(sqlite_file(config.store.url, config.folder))
    check_mark(config, found.pop("secret_fingerprint"))
    return found


def check_mark(config: Config, mark: str | None) -> None:
    """Refuse where the secret in the folder is not the one whose fingerprint the desk in the database has."""
    if mark is None:
        raise Misconfigured(["The database holds no desk. Make one: spocd init DIR --address desk@example.org"])
    path = config.file(config.secret)
    if fingerprint(check_secret(path)) != mark:
        raise Misconfigured(
            [
                f"{path}: this secret is not the one of the desk in the database (is store.url right?). "
                f"Put that desk's in its place: the file {path.name} of another of its nodes, or of a backup."
            ]
        )


def _is_postgres(url: str) -> bool:
    return url.startswith(("postgresql:", "postgres:"))


@contextmanager
def _driver() -> Iterator[None]:
    """Say what is to be installed where PostgreSQL's driver is not."""
    try:
        yield
    except ModuleNotFoundError as missing:
        if missing.name != "asyncpg":
            raise
        sentence = "store.url: PostgreSQL needs the package asyncpg. Run: pip install 'spocd[postgres]'"
        raise Misconfigured([sentence]) from None


def _password(config: Config) -> str | None:
    """What stands in the file of store.password_file; None leaves it to ~/.pgpass and to the server."""
    if not config.store.password_file:
        return None
    path = config.file(config.store.password_file)
    try:
        return path.read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise Misconfigured([f"store.password_file: {path} cannot be read: {error}"]) from None
