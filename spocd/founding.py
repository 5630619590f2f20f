"""A new desk in a folder: configuration, secret, database, first agent."""

from __future__ import annotations

import asyncio
import os
import pwd
import secrets
import socket
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from spocd.config import (
    Config,
    DeskSection,
    ListenSection,
    check_secret,
    lay_out,
    relay_from,
    store_from,
    take_back,
)
from spocd.domain.token import fingerprint, next_key_id
from spocd.errors import Misconfigured
from spocd.store import Row, Store, Transaction, open_store
from spocd.store.lock import owned


def found(
    folder: Path,
    *,
    address: str,
    name: str | None = None,
    language: str | None = None,
    smtp: str | None = None,
    lmtp: str | None = None,
    store: str | None = None,
    relay: str | None = None,
    admin: str | None = None,
    secret: Path | str | None = None,
) -> dict[str, Any]:
    """Make a working desk in `folder`; what it says of itself. Misconfigured leaves the folder as it was."""
    folder = folder.absolute()
    store_section, store_password = store_from(store or "sqlite:desk.db")
    relay_section, relay_password = relay_from(relay or "")
    config = Config(
        path=folder / "spocd.toml",
        desk=DeskSection(address=address, name=name or "Service desk", language=language or "en"),
        store=store_section,
        listen=ListenSection(smtp=(_with_port(smtp or "127.0.0.1:2525"),), lmtp=lmtp or "run/lmtp"),
        relay=relay_section,
    )
    passwords = {
        file: password
        for file, password in (
            (store_section.password_file, store_password),
            (relay_section.password_file, relay_password),
        )
        if password is not None
    }
    login, uid = _first_agent(admin)
    made = lay_out(folder, config, secret=Path(secret) if secret else None, passwords=passwords)
    try:
        with owned(folder):
            agent = asyncio.run(_fill(config, login, uid))
    except BaseException:
        for left in ("lock", *_database_files(config)):
            (folder / left).unlink(missing_ok=True)
        take_back(made)
        raise
    return {
        "config": str(config.path),
        "address": address,
        "smtp": list(config.listen.smtp),
        "lmtp": str(config.file(config.listen.lmtp)),
        "control": str(config.file(config.listen.control)),
        "sent": str(config.file(config.relay.sent)) if not config.relay.url else config.relay.url,
        "agent": agent,
        "uid": uid,
    }


def _database_files(config: Config) -> list[str]:
    """What SQLite makes in the folder; a PostgreSQL keeps nothing there."""
    scheme, _, file = config.store.url.partition(":")
    return [f"{file}{end}" for end in ("", "-wal", "-shm", "-lock")] if scheme == "sqlite" else []


def _with_port(endpoint: str) -> str:
    """HOST:PORT, where 0 becomes a port that is free now: it must be the same from one start to the next."""
    host, _, port = endpoint.rpartition(":")
    if port != "0" or not host:
        return endpoint
    bare = host.strip("[]")
    try:
        with socket.create_server((bare, 0), family=socket.AF_INET6 if ":" in bare else socket.AF_INET) as taken:
            return f"{host}:{taken.getsockname()[1]}"
    except OSError as error:
        raise Misconfigured([f"--smtp {endpoint}: cannot be listened on: {error.strerror or error}"]) from error


def _first_agent(admin: str | None) -> tuple[str, int | None]:
    """Who starts as administrator: the caller, or the one that was named (whose uid the system may know)."""
    if admin is None:
        uid = os.getuid()
        try:
            return pwd.getpwuid(uid).pw_name, uid
        except KeyError:
            return f"uid{uid}", uid
    from spocd.desk.agent import check_login

    check_login(admin)
    try:
        return admin, pwd.getpwnam(admin).pw_uid
    except KeyError:
        # A login that this system does not have is the caller's own under another name.
        return admin, os.getuid()


async def _fill(config: Config, login: str, uid: int | None) -> str:
    store = await open_store(config, create=True)
    try:
        return await _write_first_rows(store, config, login, uid)
    finally:
        await store.close()


async def _write_first_rows(store: Store, config: Config, login: str, uid: int | None) -> str:
    now = int(time.time())
    mark = fingerprint(check_secret(config.file(config.secret)))

    async def fill(tx: Transaction) -> str:
        there: Row | None = await tx.one("desk")
        if there is not None:
            if there["secret_fingerprint"] != mark:
                raise Misconfigured([_bring_the_secret(await tx.all("nodes", now=now))])
            known = None if uid is None else await tx.one("agent_of_uid", uid=uid)
            return known["login"] if known else "nobody new: this desk has its agents"
        await tx.run("found_desk", instance=secrets.token_hex(8), secret_fingerprint=mark, now=now)
        await tx.run("add_signing_key", id=next_key_id([]), now=now)
        name = _full_name(login, config.desk.name)
        await tx.run("add_agent", login=login, name=name, address="", role="admin", uid=uid, now=now)
        return login

    return await store.write(fill)


def _bring_the_secret(nodes: Sequence[Row]) -> str:
    """What to do to join a desk: which file is wanted here."""
    known = next((f"{row['place']}/secret" for row in nodes), "the file secret in the folder of any of its nodes")
    return (
        "The database holds a desk already, with another secret. To make this folder a node of that desk, copy its "
        f"secret here ({known}) into a file of mode 0600, and name that: spocd init … --secret FILE. "
        "For a desk of its own give it a database of its own."
    )


def _full_name(login: str, desk: str) -> str:
    """What answers are signed with at first: the system's name for the login. Nobody wants an answer from “root”."""
    try:
        name = pwd.getpwnam(login).pw_gecos.partition(",")[0]
    except KeyError:
        name = ""
    return name if name not in ("", "root") else desk if login == "root" else login.capitalize()
