"""A desk on a disk of its own, as small as one likes: a tmpfs that only its own mount namespace sees."""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.running import SPOCD, Answer, RunningDesk, eventually


@dataclass
class DeskOnSmallDisk(RunningDesk):
    """`folder` is what the desk's folder is called from outside; inside its namespace it is `inside`."""

    inside: Path = Path()
    enter: list[str] = field(default_factory=list)

    def start(self, *, ready: bool = True) -> RunningDesk:
        with open(self.inside.with_name("log"), "ab") as log:
            self.process = subprocess.Popen(
                [*self.enter, SPOCD, "--config", str(self.inside / "spocd.toml"), "serve"],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        if ready:
            eventually(lambda: "ready address=" in self.log or self.process.poll() is not None, "the daemon", within=60)  # type: ignore[union-attr]
            assert self.process.poll() is None, self.log
        return self

    @property
    def log(self) -> str:
        # On the large disk: a log has its own.
        return self.inside.with_name("log").read_text(errors="replace")

    def run(self, *words: str, stdin: str | bytes = "", **environment: str) -> Answer:
        done = subprocess.run(
            [*self.enter, SPOCD, *words],
            input=stdin.encode() if isinstance(stdin, str) else stdin,
            capture_output=True,
            env=os.environ | {"SPOCD_CONFIG": str(self.inside / "spocd.toml")} | environment,
            timeout=60,
        )
        return Answer(done.returncode, done.stdout.decode(), done.stderr.decode())

    def fill(self) -> None:
        """Leave no room at all."""
        with contextlib.suppress(OSError), open(self.folder / "filling", "ab", buffering=0) as filling:
            while True:
                filling.write(bytes(4096))

    def make_room(self) -> None:
        (self.folder / "filling").unlink()


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[DeskOnSmallDisk]:
    """A desk that is not running, on a disk of that size; OSError where there are no namespaces."""
    inside = folder / "desk"
    inside.mkdir(parents=True)
    # The user's name is kept where root makes the namespace; others become root in one of their own.
    unshare = ["unshare", "-m"] if os.geteuid() == 0 else ["unshare", "-rm"]
    mount = f"mount -t tmpfs -o size={size},mode=0711 spocd-test {inside} && echo ready && read -r _"
    holder = subprocess.Popen(
        [*unshare, "--propagation", "private", "sh", "-c", mount],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    desk = None
    try:
        assert holder.stdout is not None
        if holder.stdout.readline() != "ready\n":
            raise OSError(holder.communicate()[1].strip())
        desk = _made(holder.pid, inside)
        yield desk
    finally:
        if desk is not None and desk.process is not None and desk.process.poll() is None:
            desk.kill()
        holder.communicate("\n", timeout=30)


def _made(holder: int, inside: Path) -> DeskOnSmallDisk:
    enter = ["nsenter", "-t", str(holder), "-m"] if os.geteuid() == 0 else ["nsenter", "-t", str(holder), "-U", "-m"]
    desk = DeskOnSmallDisk(Path(f"/proc/{holder}/root{inside}"), inside=inside, enter=enter)
    done = desk.run("init", str(inside), "--address", "desk@example.org", "--smtp", "127.0.0.1:0")
    assert done.code == 0, done.err
    return desk
