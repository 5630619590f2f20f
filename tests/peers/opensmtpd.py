"""An OpenSMTPD of our own, made of what etc/opensmtpd says; only the desk's folder is another."""

from __future__ import annotations

import os
import pwd
from dataclasses import dataclass
from pathlib import Path

from tests.peers.mail_server import MAILBOX, ROOT
from tests.peers.private_root import ACCOUNT, PrivateRoot, given_away
from tests.peers.tap import Tap
from tests.running import RunningDesk, free_port

RECIPES = ROOT / "etc" / "opensmtpd"
PACKAGE = "opensmtpd"
PROGRAM = "usr/sbin/smtpd"
_DESK = "/var/lib/spocd"

_CONFIGURATION = """\
listen on 127.0.0.1 port {port} hostname mx.spocd.test
{recipe}
action "mailbox" maildir "{folder}/mailboxes/ann" virtual <spocd_account> user spocd
match from any for rcpt-to "{mailbox}" action "mailbox"
"""


@dataclass
class OpenSmtpd:
    """One instance, and the desk behind it."""

    folder: Path
    desk: RunningDesk
    port: int
    root: PrivateRoot
    tap: Tap | None = None

    @classmethod
    def made(cls, folder: Path, desk: RunningDesk) -> OpenSmtpd:
        port = free_port()
        given_away(folder / "mailboxes" / "ann")
        recipe = (RECIPES / "smtpd.conf").read_text()
        assert _DESK in recipe, "etc/opensmtpd/smtpd.conf no longer names the desk's folder"
        recipe = recipe.replace(_DESK, str(desk.folder))
        files = {
            "/etc/smtpd.conf": _CONFIGURATION.format(port=port, recipe=recipe, folder=folder, mailbox=MAILBOX),
            "/etc/spocd-addresses": (RECIPES / "spocd").read_text(),
            "/etc/mailname": "mx.spocd.test\n",
        }
        root = PrivateRoot(
            folder / "opensmtpd", folder, PACKAGE, "/var/spool/smtpd", ("opensmtpd", "opensmtpq"), files,
            setgid=("usr/sbin/smtpctl",),
        )  # fmt: skip
        return cls(folder, desk, port, root)

    def start_desk(self) -> None:
        """Start the desk, and give its LMTP socket to the account that delivers."""
        self.desk.start()
        os.chown(self.desk.folder / "run" / "lmtp", pwd.getpwnam(ACCOUNT).pw_uid, -1)

    def start(self) -> None:
        self.root.start("smtpd", "-d")

    def stop(self) -> None:
        self.root.stop()

    def flush(self) -> None:
        """Try everything in the queue now."""
        self.root.run("smtpctl", "schedule", "all")

    def queue(self) -> list[str]:
        """The envelopes in the queue, as smtpctl shows them."""
        return self.root.run("smtpctl", "show", "queue").splitlines()

    def deferred(self) -> list[str]:
        """Those of them that were tried and put off; the last field says why."""
        return [each for each in self.queue() if "|pending|" in each and each.split("|")[-1].strip()]

    @property
    def log(self) -> str:
        return self.root.log
