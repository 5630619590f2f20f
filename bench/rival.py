"""A Postfix that accepts and throws away: what durable acceptance costs in a program that is known for it."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from tests.running import eventually, free_port

# Debian's defaults for everything that is not named: 100 processes of a kind, fsync before the 250.
_MAIN = """\
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
maillog_file_prefixes = {folder}
maillog_file = {folder}/mail.log
mail_owner = postfix
setgid_group = postdrop
myhostname = rival.spocd.test
mydestination =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
alias_maps =
smtp_dns_support_level = disabled
default_transport = discard:
relay_transport = discard:
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
discard unix - - n - - discard
error unix - - n - - error
retry unix - - n - - error
postlog unix-dgram n - n - 1 postlogd
"""


class Rival:
    """The instance, while it runs."""

    def __init__(self, folder: Path) -> None:
        self.where = ("127.0.0.1", free_port())
        self._queue = folder / "queue"
        self._conf = folder / "conf"
        for each in (self._conf, self._queue, folder / "data"):
            each.mkdir(parents=True)
        shutil.chown(folder / "data", "postfix")
        (self._conf / "main.cf").write_text(_MAIN.format(folder=folder))
        (self._conf / "master.cf").write_text(_MASTER.format(port=self.where[1]))

    def say(self, word: str) -> None:
        environment = os.environ | {"MAIL_CONFIG": str(self._conf)}
        subprocess.run(["postfix", "-c", str(self._conf), word], check=True, capture_output=True, env=environment)

    def settled(self) -> None:
        """Wait until everything that it took has been thrown away."""
        eventually(self._is_empty, "Postfix to throw everything away", within=300)

    def _is_empty(self) -> bool:
        return not any(file.is_file() for name in ("incoming", "active") for file in (self._queue / name).rglob("*"))


@contextlib.contextmanager
def postfix(folder: Path) -> Iterator[Rival]:
    """A Postfix of our own in a new folder, on a free port of loopback. Needs root, as Postfix does."""
    # Its processes run as somebody else, who must get there.
    folder.parent.chmod(0o755)
    rival = Rival(folder)
    rival.say("start")
    try:
        yield rival
    finally:
        rival.say("stop")
