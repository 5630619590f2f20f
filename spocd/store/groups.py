"""Operations that are asked for at the same time and run as one group, so that they share what a commit costs."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from spocd.store import Operation

T = TypeVar("T")
log = logging.getLogger("spocd.store")


@dataclass(frozen=True, slots=True)
class Failed:
    """In place of an operation's result: what it raised, or why it could not be run."""

    error: BaseException


@dataclass(slots=True)
class _Waiting:
    operation: Operation[Any]
    answer: asyncio.Future[Any]


class Groups:
    """One group after another, each of up to `most` of those that wait.

    `run` gives a result or a Failed for each operation of a group, `theirs` what the asker is told of an error.
    """

    def __init__(
        self,
        run: Callable[[list[Operation[Any]]], Awaitable[list[Any]]],
        theirs: Callable[[BaseException], BaseException],
        *,
        most: int,
    ) -> None:
        self._run = run
        self._theirs = theirs
        self._most = most
        self._waiting: list[_Waiting] = []
        self._flusher: asyncio.Task[None] | None = None

    async def ask(self, operation: Operation[T]) -> T:
        """The operation's result once its group is durable. Who asked may go: the work is done all the same."""
        answer: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Waiting(operation, answer))
        if self._flusher is None or self._flusher.done():
            self._flusher = asyncio.create_task(self._flush())
        return await answer

    async def finish(self) -> None:
        """Return once nothing waits any more."""
        while self._flusher is not None and not self._flusher.done():
            await asyncio.wait([self._flusher])

    async def _flush(self) -> None:
        while self._waiting:
            group, self._waiting = self._waiting[: self._most], self._waiting[self._most :]
            try:
                results = await self._run([each.operation for each in group])
            except Exception as error:
                log.exception("a group of operations was lost")
                results = [Failed(error)] * len(group)
            for each, result in zip(group, results, strict=True):
                self._answer(each.answer, result)

    def _answer(self, answer: asyncio.Future[Any], result: Any) -> None:
        if answer.done():  # who asked has gone
            return
        if isinstance(result, Failed):
            answer.set_exception(told(self._theirs(result.error)))
        else:
            answer.set_result(result)


def told(error: BaseException) -> Exception:
    """The error as it may be raised where somebody waits for an answer.

    SystemExit would end the daemon, CancelledError the loop that asked: one operation may do neither.
    """
    if isinstance(error, Exception):
        return error
    ended = RuntimeError(f"an operation ended with {type(error).__name__}")
    ended.__cause__ = error
    return ended
