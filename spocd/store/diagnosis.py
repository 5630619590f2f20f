"""What an error of PostgreSQL means: whether waiting helps, and what is said of it to whom."""

from __future__ import annotations

import os
from urllib.parse import parse_qs, urlsplit

import asyncpg

from spocd.errors import Misconfigured, NoRoom, TryLater

# By SQLSTATE's class: connection, resources, operator's doing, the machine, transaction rolled back, read-only, locked.
_NOT_NOW = frozenset(["08", "53", "57", "58", "40", "25", "55", "XX"])
_DISK_FULL = "53100"


class Unsafe(Exception):
    """A connection on which a commit may not be durable."""


class WrongEncoding(Exception):
    """A database that cannot hold every letter of every script."""


def place_of(url: str) -> str:
    """The server that a URL names, as a sentence says it."""
    parts = urlsplit(url)
    query = parse_qs(parts.query)
    host = parts.hostname or query.get("host", [os.environ.get("PGHOST", "the local socket")])[0]
    port = parts.port or query.get("port", [os.environ.get("PGPORT", "5432")])[0]
    return f"{host}, port {port}"


def is_conflict(error: BaseException) -> bool:
    """Whether another transaction was in the way, so that the same operation may simply be run again."""
    return isinstance(error, asyncpg.SerializationError | asyncpg.DeadlockDetectedError)


def is_lost(error: BaseException) -> bool:
    """Whether the connection is gone, or what happened on it is not known."""
    if isinstance(error, asyncpg.PostgresError):
        return (error.sqlstate or "")[:2] in ("08", "57", "58", "XX")
    return isinstance(error, OSError | asyncpg.InterfaceError | asyncpg.InternalClientError)


def later(error: BaseException, url: str) -> TryLater | None:
    """What the asker is told where the database is at fault, which is temporary; None for a bug, as a broken statement.

    Commands show it, and health; a mail server gets a text of its own, whatever the reason.
    """
    state = getattr(error, "sqlstate", None) or ""
    if state == _DISK_FULL:
        return NoRoom(f"The disk of PostgreSQL at {place_of(url)} is full, and nothing was changed. Make room on it.")
    # What the driver cannot bind has a state, too: it is a mistake of ours. What has none is the connection's.
    # A daemon that was let in once is told so too where it is not any more: somebody is at work on the server.
    if (not state and is_lost(error)) or state[:2] in ("08", "28", "3D") or state[:3] == "57P":
        return unreachable(error, url)
    if state[:2] in _NOT_NOW:
        said = _first_line(error)
        return TryLater(f"PostgreSQL at {place_of(url)} cannot do it now, and nothing was changed: {said}.")
    return None


def unreachable(error: BaseException, url: str) -> TryLater:
    """Says where a server was looked for, and why it is not there."""
    match error:
        case TimeoutError():
            why = "no answer in time"
        case OSError():
            why = error.strerror or str(error) or type(error).__name__
        case _:
            why = _first_line(error)
    where = place_of(url)
    return TryLater(f"PostgreSQL at {where} cannot be reached: {why}. Start it, or mend store.url; then try again.")


def reason(error: BaseException) -> str:
    """What the log says of an error: all of it, with its SQLSTATE or, where there is none, its name."""
    return f"{error} ({getattr(error, 'sqlstate', None) or type(error).__name__})"


def unusable(error: BaseException, url: str, password: str | None) -> Misconfigured | None:
    """What the administrator has to mend before a server can be used; None where waiting may help."""
    said, where, database = _first_line(error), place_of(url), _database(url)
    match error:
        case Unsafe():
            fault = f"PostgreSQL at {where} keeps synchronous_commit at {error}; let it be set to on."
        case WrongEncoding():
            fault = (
                f"the database {database} at {where} has the encoding {error}, which cannot hold every mail. "
                f"Make one that can, under this name once that is dropped, or under another: {_making(url)}"
            )
        case asyncpg.InvalidCatalogNameError():
            fault = f"there is no database {database} at {where}. Make it: {_making(url)}"
        case asyncpg.InvalidAuthorizationSpecificationError():
            fault = f"PostgreSQL at {where} does not let us in: {said}. {_remedy(password)}"
        case asyncpg.InsufficientPrivilegeError():
            fault = f"{said} (at {where}). Make the user owner of the database."
        case asyncpg.SyntaxOrAccessError():
            fault = (
                f"the database {database} at {where} holds something else already: {said}. "
                "Give the desk a database of its own."
            )
        case asyncpg.ClientConfigurationError():
            fault = f"{said}."
        case ConnectionError() if "rejected SSL upgrade" in str(error):
            fault = (
                f"what answers at {where} speaks no TLS, or is no PostgreSQL. Mend host and port, or let the server "
                "have TLS; where nobody can listen on the way, sslmode=disable does without."
            )
        case asyncpg.InternalClientError():
            fault = f"what answers at {where} is no PostgreSQL. Mend host and port."
        case _:
            return None
    return Misconfigured([f"store.url: {fault}"])


def _first_line(error: BaseException) -> str:
    return str(error).partition("\n")[0].rstrip(".")  # what follows are the server's hints to its own administrator


def _database(url: str) -> str:
    parts = urlsplit(url)
    return parts.path.strip("/") or parts.username or "of the user's name"


def _making(url: str) -> str:
    """The command that makes the database of a URL."""
    parts = urlsplit(url)
    database = parts.path.strip("/") or parts.username or "DATABASE"
    return f"createdb --owner {parts.username or 'USER'} --encoding UTF8 --template template0 {database}"


def _remedy(password: str | None) -> str:
    """What to do where we are not let in: the password was wrong, or there was none."""
    if password:
        return "Look whether the password in store.password_file is this user's; or mend the user, or pg_hba.conf."
    return (
        "No password was given: put it into a file and name that as store.password_file (spocd init takes it in the "
        "URL, USER:PASSWORD@HOST), or mend the user, ~/.pgpass or pg_hba.conf."
    )
