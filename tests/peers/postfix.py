"""A Postfix instance of our own under one folder: configuration, queue, data, log, mailboxes; nothing but loopback.

It is made of what etc/postfix says; only paths and the account are those of this machine.
"""

from __future__ import annotations

import contextlib
import json
import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.peers.mail_server import MAILBOX, ROOT
from tests.peers.private_root import ACCOUNT
from tests.peers.tap import Tap
from tests.running import RunningDesk, free_port

RECIPES = ROOT / "etc" / "postfix"

_MAIN = """\
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
maillog_file_prefixes = {folder}
maillog_file = {folder}/mail.log
mail_owner = postfix
setgid_group = postdrop
myhostname = mx.spocd.test
mydestination =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
alias_maps =
smtp_dns_support_level = disabled
smtp_host_lookup = native
queue_run_delay = 2s
minimal_backoff_time = 2s
maximal_backoff_time = 4s
virtual_mailbox_domains = client.example
virtual_mailbox_base = {folder}/mailboxes
virtual_mailbox_maps = inline:{{ {{ {mailbox} = ann/ }} }}
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{uid}
"""

_MASTER = """\
127.0.0.1:{port} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
proxymap unix - - n - - proxymap
anvil unix - - n - 1 anvil
smtp unix - - n - - smtp
relay unix - - n - - smtp
error unix - - n - - error
retry unix - - n - - error
virtual unix - n n - - virtual
lmtp unix - - n - - lmtp
postlog unix-dgram n - n - 1 postlogd
"""

# The program as an account can start it that may not enter our home, where Python itself may be.
_PROGRAM = """\
#!/bin/sh
exec {python} -I -S -c 'import sys
sys.path.insert(0, "{folder}")
from spocd.__main__ import main
sys.exit(main())' "$@"
"""


@dataclass
class Postfix:
    """One instance, and the desk behind it."""

    folder: Path
    desk: RunningDesk
    port: int
    tap: Tap | None = None

    @classmethod
    def made(cls, folder: Path, desk: RunningDesk) -> Postfix:
        mta = cls(folder, desk, free_port())
        account = pwd.getpwnam(ACCOUNT)
        for name in ("conf", "queue", "data", "mailboxes", "program"):
            (folder / name).mkdir()
        shutil.chown(folder / "data", "postfix")
        os.chown(folder / "mailboxes", account.pw_uid, account.pw_gid)
        words = {"folder": folder, "uid": account.pw_uid, "mailbox": MAILBOX, "port": mta.port}
        recipe = (RECIPES / "main.cf").read_text().replace("/etc/postfix/spocd", f"{folder}/conf/spocd")
        (folder / "conf" / "main.cf").write_text(_MAIN.format(**words) + recipe)
        (folder / "conf" / "master.cf").write_text(_MASTER.format(**words) + mta._own_master())
        mta.route("spocd:unix:/var/lib/spocd/run/lmtp")
        return mta

    def _own_master(self) -> str:
        recipe = (RECIPES / "master.cf").read_text()
        ours = {
            "user=spocd": f"user={ACCOUNT}",
            "/usr/local/bin/spocd": str(self._program()),
            "/var/lib/spocd/spocd.toml": str(self.desk.config),
        }
        for theirs, mine in ours.items():
            assert theirs in recipe, f"etc/postfix/master.cf no longer says {theirs}"
            recipe = recipe.replace(theirs, mine)
        return recipe

    def _program(self) -> Path:
        folder = self.folder / "program"
        folder.chmod(0o755)
        shutil.copytree(ROOT / "spocd", folder / "spocd", ignore=shutil.ignore_patterns("__pycache__"))
        program = folder / "run"
        program.write_text(_PROGRAM.format(python=python_for(ACCOUNT), folder=folder))
        program.chmod(0o755)
        return program

    def route(self, way: str, **others: str) -> None:
        """Write the table: the recipe's addresses, all going one way, and `others` as LOCAL=WAY."""
        here = str(self.desk.folder / "run" / "lmtp")
        table = (RECIPES / "spocd").read_text().replace("spocd:unix:/var/lib/spocd/run/lmtp", way)
        table += "".join(f"\n{local}@example.org {each}\n" for local, each in others.items())
        (self.folder / "conf" / "spocd").write_text(table.replace("/var/lib/spocd/run/lmtp", here))

    def start_desk(self) -> None:
        """Start the desk, and open its LMTP socket to Postfix by its group and to the pipe's account by its owner."""
        self.desk.start()
        path = self.desk.folder / "run" / "lmtp"
        os.chown(path, pwd.getpwnam(ACCOUNT).pw_uid, pwd.getpwnam("postfix").pw_gid)

    def start(self) -> None:
        self._run("postfix", "start")

    def reload(self) -> None:
        self._run("postfix", "reload")

    def stop(self) -> None:
        """Stop it, if it runs; the master has ended when this returns."""
        with contextlib.suppress(subprocess.CalledProcessError):
            self._run("postfix", "stop")

    def _run(self, program: str, *words: str) -> str:
        environment = os.environ | {"MAIL_CONFIG": str(self.folder / "conf")}
        done = subprocess.run(
            [program, "-c", str(self.folder / "conf"), *words],
            check=True, capture_output=True, text=True, env=environment, timeout=60,
        )  # fmt: skip
        return done.stdout

    def flush(self) -> None:
        """Try everything in the queue now."""
        self._run("postqueue", "-f")

    def queue(self) -> list[dict[str, object]]:
        """The mails in the queue, each as postqueue describes it."""
        return [json.loads(line) for line in self._run("postqueue", "-j").splitlines()]

    def deferred(self) -> list[dict[str, object]]:
        """Those of them that were tried and put off."""
        return [each for each in self.queue() if each["queue_name"] == "deferred"]

    @property
    def log(self) -> str:
        return (self.folder / "mail.log").read_text(errors="replace")


def python_for(account: str) -> str:
    """A Python that an account may run; ours may stand in a home that is closed to it."""
    candidates = [os.path.realpath(shutil.which("python3") or ""), "/usr/bin/python3", "/usr/local/bin/python3"]
    for python in candidates:
        with contextlib.suppress(OSError, subprocess.CalledProcessError):
            subprocess.run(
                [python, "-I", "-c", "import tomllib"], check=True, user=account, capture_output=True, cwd="/"
            )
            return python
    raise AssertionError(f"no Python on this machine that {account} may run; install python3")
