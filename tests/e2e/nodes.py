"""Two nodes of one desk: each has its folder, its listeners and its control socket; the database is theirs together."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.running import RunningDesk


def made_nodes(
    folder: Path, url: str, *options: str, further: tuple[str, ...] | None = None, **changes: str | int
) -> tuple[RunningDesk, RunningDesk]:
    """Two nodes on the database at `url`, which do not run yet; `further` are the second one's options, if others."""
    first = RunningDesk.made(folder / "a", "--store", url, *options)
    secret = ("--secret", str(first.folder / "secret"))
    second = RunningDesk.made(folder / "b", "--store", url, *secret, *(options if further is None else further))
    return first.change(**changes), second.change(**changes)


@contextmanager
def running(*desks: RunningDesk) -> Iterator[None]:
    """These run, and do not any more afterwards."""
    with ExitStack() as stack:
        for desk in desks:
            stack.callback(_end, desk)
            desk.start()
        yield


def _end(desk: RunningDesk) -> None:
    if desk.process is not None:
        desk.kill()
