"""A daemon under strace: in which order it writes to its database, syncs it, and answers."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.running import SPOCD, RunningDesk, eventually

# What a desk writes with, and what it syncs with; everything else goes on unwatched.
_CALLS = "trace=pwrite64,write,writev,sendto,sendmsg,fsync,fdatasync"
# 12345 fdatasync(7</srv/desk/desk.db-wal>) = 0, whole or in two halves: `<unfinished ...>`, then `<... resumed>`. A
# shorter number of a thread is padded.
_BEGUN = re.compile(r"^(?P<thread>\d+) +(?P<call>\w+)\((?P<file>\d+<(?:[^>\\]|\\.)*>)?(?P<rest>.*)$")
_RESUMED = re.compile(r"^(?P<thread>\d+) +<\.\.\. (?P<call>\w+) resumed>.*$")
_FAILED = re.compile(r"\)\s+= -1 ")
_UNFINISHED = "<unfinished ...>"


@dataclass(frozen=True, slots=True)
class Call:
    """One system call: the lines of the trace at which it began and returned, both in the order of time."""

    thread: int
    name: str
    file: str
    text: str
    begun: int
    ended: int
    failed: bool


def calls(trace: str) -> list[Call]:
    """The calls of a trace, in the order in which they began; one that never returned ends after everything."""
    lines = trace.splitlines()
    waiting: dict[str, tuple[int, str, str, str]] = {}
    found = []
    for number, line in enumerate(lines):
        if begun := _BEGUN.match(line):
            entry = (number, begun["call"], begun["file"] or "", begun["rest"])
            if line.endswith(_UNFINISHED):
                waiting[begun["thread"]] = entry
            else:
                found.append(_call(begun["thread"], entry, number, line))
        elif resumed := _RESUMED.match(line):
            found.append(_call(resumed["thread"], waiting.pop(resumed["thread"]), number, line))
    found += [_call(thread, entry, len(lines), ") = -1 ") for thread, entry in waiting.items()]
    return sorted(found, key=lambda call: call.begun)


def _call(thread: str, entry: tuple[int, str, str, str], ended: int, last: str) -> Call:
    begun, name, file, text = entry
    return Call(int(thread), name, file, text, begun, ended, bool(_FAILED.search(last)))


def late_answers(trace: str, *, senders: list[str], answer: str) -> list[str]:
    """Of the mails that each of these senders sent, in this order, those answered before they were on disk.

    A mail is written to the write-ahead log under its sender's name. The first sync of that log that the same thread
    begins after this write is the commit's own, and only when that has returned may `answer` go to a socket.
    """
    everything = calls(trace)
    answers = [each for each in everything if answer in each.text and "socket:" in each.file]
    assert len(answers) == len(senders), f"{len(answers)} answers for {len(senders)} mails"
    return [
        f"{sender}: {why}"
        for sender, answered in zip(senders, answers, strict=True)
        if (why := _why_late(everything, sender, answered))
    ]


def _why_late(everything: list[Call], sender: str, answered: Call) -> str:
    in_log = [each for each in everything if each.file.endswith("-wal>")]
    written = next((each for each in in_log if each.name == "pwrite64" and sender in each.text), None)
    if written is None:
        return "it was never written"
    syncs = [each for each in in_log if each.name in ("fsync", "fdatasync") and each.thread == written.thread]
    synced = next((each for each in syncs if each.begun > written.ended), None)
    if synced is None or synced.failed:
        return "what was written was never synced"
    return "" if synced.ended < answered.begun else "the answer left before the sync had returned"


@contextmanager
def traced(desk: RunningDesk, trace: Path) -> Iterator[None]:
    """The desk running under strace; the trace is complete when this has ended."""
    command = ["strace", "-f", "-y", "-q", "-s", "8192", "-e", _CALLS, "-o", str(trace)]
    log = desk.folder / "log"
    with open(log, "wb") as written:
        tracer = subprocess.Popen(
            [*command, SPOCD, "--config", str(desk.config), "serve"], stdout=written, stderr=written
        )
    try:
        eventually(lambda: "ready address=" in desk.log or tracer.poll() is not None, "the daemon", within=60)
        assert tracer.poll() is None, desk.log
        yield
        os.kill(_child_of(tracer.pid), signal.SIGTERM)
        assert tracer.wait(timeout=60) == 0, desk.log
    finally:
        if tracer.poll() is None:
            os.kill(_child_of(tracer.pid), signal.SIGKILL)
            tracer.wait()


@contextmanager
def injected(process: int, fault: str, *, paths: list[Path]) -> Iterator[None]:
    """Every such call of a running daemon on these files fails for as long as this lasts; `fault` as strace has it."""
    on = [word for path in paths for word in ("-P", str(path))]
    tracer = subprocess.Popen(
        ["strace", "-f", "-p", str(process), "-o", os.devnull, "-e", f"inject={fault}", *on],
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert tracer.stderr is not None
        first = tracer.stderr.readline()
        assert "attached" in first, first
        yield
    finally:
        # It lets go of the daemon, which then runs on as if nothing had been.
        tracer.terminate()
        tracer.communicate(timeout=30)


def _child_of(process: int) -> int:
    return int(Path(f"/proc/{process}/task/{process}/children").read_text().split()[0])


def cannot_trace() -> str | None:
    """Why there is no strace here, or None."""
    if shutil.which("strace") is None:
        return "strace is not installed"
    tried = subprocess.run(["strace", "-o", os.devnull, "true"], capture_output=True, text=True)
    return None if tried.returncode == 0 else f"strace may not trace here: {tried.stderr.strip()}"
