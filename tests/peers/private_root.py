"""A mail server that is not installed, run as if it were: its package laid over this machine's files, for it alone.

Debian has one mail server at a time, and each has its paths and accounts compiled in. So the package is only unpacked,
and the server gets mounts and processes of its own (unshare(1)): the machine's files with the package over them, and
accounts that exist nowhere else. The kernel ends all of it with the one process that is started here.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

ACCOUNT = "nobody"  # stands for the account `spocd` of an installation
SPOCD_GROUP = 4711  # the group `spocd`, known to the server alone
FIRST_ID = 4720  # of the server's own accounts

# Overlays do not lie on themselves, so what is laid over stands on a file system of its own.
_SCRIPT = """\
set -e
mount --make-rprivate /
mount -t tmpfs -o mode=755 tmpfs {folder}/root
mkdir {folder}/root/over {folder}/root/work {folder}/root/all
cp -a {package}/. {folder}/root/over/
mkdir -p {folder}/root/over/etc {spool_over}
cp {folder}/accounts/* {folder}/root/over/etc/
{extra}
mount -t overlay -o lowerdir=/,upperdir={folder}/root/over,workdir={folder}/root/work overlay {folder}/root/all
cd {folder}/root/all
mount --rbind /dev dev
mount --bind {home} .{home}
mount --bind {folder}/spool .{spool}
mount -t proc proc proc
chroot . {words}
exit 0
"""


def packages() -> Path:
    """Where .ci/run unpacks the mail servers, each in a folder of its name."""
    return Path(os.environ.get("SPOCD_PEERS", "/var/cache/spocd-tests/peers"))


def missing(package: str, program: str) -> str | None:
    """What keeps this machine from running a package's program, in a sentence."""
    if not (packages() / package / program).exists():
        return f"{package} is not unpacked in {packages()} (.ci/run does that)"
    if os.getuid() != 0:
        return f"only root can start {package} in a root of its own"
    tried = subprocess.run(
        ["unshare", "--mount", "--pid", "--fork", "mount", "-t", "tmpfs", "tmpfs", "/mnt"], capture_output=True
    )
    return f"this machine lets nobody mount for {package} alone" if tried.returncode else None


@dataclass
class PrivateRoot:
    """The root of one server: `folder` holds what it needs and its queue, `home` is what it shares with the tests."""

    folder: Path
    home: Path
    package: str
    spool: str
    accounts: tuple[str, ...]
    files: dict[str, str] = field(default_factory=dict)  # further files, by their paths in the root
    setgid: tuple[str, ...] = ()  # programs that run in the group of the last account
    _process: subprocess.Popen[bytes] | None = None

    def __post_init__(self) -> None:
        for name in ("root", "accounts", "spool", "files"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        (self.folder / "spool").chmod(0o711)
        ids = {name: FIRST_ID + number for number, name in enumerate(self.accounts)}
        users = [f"{name}:x:{number}:{number}::/nonexistent:/usr/sbin/nologin" for name, number in ids.items()]
        users.append(f"spocd:x:{pwd.getpwnam(ACCOUNT).pw_uid}:{SPOCD_GROUP}::{self.home}:/bin/sh")
        groups = [f"{name}:x:{number}:" for name, number in ids.items()] + [f"spocd:x:{SPOCD_GROUP}:"]
        for file, lines in (("passwd", users), ("group", groups)):
            text = Path("/etc", file).read_text() + "".join(f"{line}\n" for line in lines)
            (self.folder / "accounts" / file).write_text(text)

    def start(self, *words: str) -> None:
        """Start the server in the foreground; it ends with `stop`, or with us."""
        for number, text in enumerate(self.files.values()):
            (self.folder / "files" / str(number)).write_text(text)
        over = f"{self.folder}/root/over"
        extra = [
            f"install -D -m 644 {self.folder}/files/{number} {over}{path}" for number, path in enumerate(self.files)
        ]
        last = FIRST_ID + len(self.accounts) - 1
        extra += [f"chgrp {last} {over}/{program}; chmod g+s {over}/{program}" for program in self.setgid]
        script = _SCRIPT.format(
            folder=self.folder, package=packages() / self.package, home=self.home, spool=self.spool,
            spool_over=over + self.spool, extra="\n".join(extra), words=" ".join(words),
        )  # fmt: skip
        with open(self.folder / "log", "ab") as log:
            self._process = subprocess.Popen(
                ["unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-c", script],
                stdout=log, stderr=log, stdin=subprocess.DEVNULL,
            )  # fmt: skip

    def run(self, *words: str) -> str:
        """What a program prints that runs beside the server."""
        assert self._process is not None
        children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children").read_text().split()
        done = subprocess.run(
            ["nsenter", "--target", children[0], "--mount", "--pid", "chroot", f"{self.folder}/root/all", *words],
            capture_output=True, text=True, timeout=60,
        )  # fmt: skip
        assert done.returncode == 0, f"{words}: {done.stdout}{done.stderr}"
        return done.stdout

    def stop(self) -> None:
        """End the server and all that it has started, as a power cut would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    @property
    def log(self) -> str:
        """What the server said."""
        with contextlib.suppress(OSError):
            return (self.folder / "log").read_text(errors="replace")
        return ""


def given_away(folder: Path) -> Path:
    """A folder that belongs to the desk's account."""
    folder.mkdir(parents=True)
    shutil.chown(folder, ACCOUNT)
    return folder
