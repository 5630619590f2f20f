"""The store: the only SQL. Two databases behind one interface, chosen by the URL in spocd.toml."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any, Protocol, TypeVar

from spocd.config import Config
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

    async def write(self, operation: Operation[T]) -> T: ...

    async def read(self, operation: Operation[T]) -> T: ...

    async def close(self) -> None: ...


class Rollback(Exception):
    """Raised by an operation that wants its result, and its work undone: a dry run."""

    def __init__(self, result: Any) -> None:
        super().__init__("rolled back on purpose")
        self.result = result


def sqlite_file(url: str, folder: Path) -> Path:
    """The file of a `sqlite:FILE` URL, relative to the folder of spocd.toml."""
    scheme, _, rest = url.partition(":")
    if scheme != "sqlite" or not rest:
        raise Misconfigured(
            [f'store.url: "{url}" cannot be used: this version keeps its desk in SQLite. Use sqlite:desk.db.']
        )
    return folder / rest.removeprefix("//")


async def open_store(url: str, folder: Path, *, create: bool = False) -> Store:
    """The store that a URL names, its schema checked; `create` makes it where it is not there, and migrates it."""
    from spocd.store.sqlite import SqliteStore

    return await SqliteStore.open(sqlite_file(url, folder), create=create)


def migrate_url(config: Config) -> dict[str, Any]:
    """Bring the database to this version's schema, under the desk's lock; which steps were made."""
    from spocd.store.care import migrate_file

    return migrate_file(sqlite_file(config.store.url, config.folder), config.folder)


def check(config: Config) -> dict[str, Any]:
    """Look whether the database is whole: its pages, its references, its schema. Misconfigured where it is not."""
    from spocd.store.care import check_file

    return check_file(sqlite_file(config.store.url, config.folder))
