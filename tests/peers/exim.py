"""An Exim of our own, made of what etc/exim says; only the desk's folder is another."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from tests.peers.mail_server import MAILBOX, ROOT
from tests.peers.private_root import FIRST_ID, SPOCD_GROUP, PrivateRoot, given_away
from tests.peers.tap import Tap
from tests.running import RunningDesk, free_port

RECIPES = ROOT / "etc" / "exim"
PACKAGE = "exim4-daemon-light"
PROGRAM = "usr/sbin/exim4"
_DESK = "/var/lib/spocd"

_CONFIGURATION = """\
primary_hostname = mx.spocd.test
daemon_smtp_ports = {port}
local_interfaces = 127.0.0.1
domainlist local_domains = example.org : client.example
acl_smtp_rcpt = rcpt
host_lookup =
rfc1413_query_timeout = 0s
log_file_path = /var/spool/exim4/%s.log
keep_environment =

begin acl
rcpt:
{acl}
  accept

begin routers
{router}

mailbox:
  driver = accept
  condition = ${{if eq{{$local_part@$domain}}{{{mailbox}}}}}
  transport = maildir

begin transports
{transport}

maildir:
  driver = appendfile
  maildir_format
  directory = {folder}/mailboxes/ann
  return_path_add
  user = spocd

begin retry
{retry}
* * F,4d,1m
"""


@dataclass
class Exim:
    """One instance, and the desk behind it."""

    folder: Path
    desk: RunningDesk
    port: int
    root: PrivateRoot
    tap: Tap | None = None

    @classmethod
    def made(cls, folder: Path, desk: RunningDesk) -> Exim:
        port = free_port()
        given_away(folder / "mailboxes" / "ann")
        recipe = {name: (RECIPES / name).read_text() for name in ("acl", "router", "transport", "retry", "spocd")}
        assert _DESK in recipe["transport"], "etc/exim/transport no longer names the desk's folder"
        recipe["transport"] = recipe["transport"].replace(_DESK, str(desk.folder))
        configuration = _CONFIGURATION.format(**recipe, port=port, folder=folder, mailbox=MAILBOX)
        root = PrivateRoot(
            folder / "exim", folder, PACKAGE, "/var/spool/exim4", ("Debian-exim",),
            {"/etc/exim4/exim4.conf": configuration, "/etc/exim4/spocd": recipe["spocd"]},
        )  # fmt: skip
        os.chown(root.folder / "spool", FIRST_ID, FIRST_ID)
        return cls(folder, desk, port, root)

    def start_desk(self) -> None:
        """Start the desk, and open its LMTP socket to Exim by its group."""
        self.desk.start()
        os.chown(self.desk.folder / "run" / "lmtp", -1, SPOCD_GROUP)

    def start(self) -> None:
        self.root.start("exim4", "-bdf")

    def stop(self) -> None:
        self.root.stop()

    def flush(self) -> None:
        """Try everything in the queue now."""
        self.root.run("exim4", "-qff")

    def queue(self) -> list[str]:
        """The ids of the mails in the queue."""
        return re.findall(r"(?m)^.{3} +\S+ (\S+-\S+-\S+) <", self.root.run("exim4", "-bp"))

    def deferred(self) -> list[str]:
        """Those of them that were tried and put off."""
        put_off = {line.split()[2] for line in self.log.splitlines() if " == " in line}
        return [each for each in self.queue() if each in put_off]

    @property
    def log(self) -> str:
        return "".join(each.read_text(errors="replace") for each in (self.root.folder / "spool").glob("*.log"))
