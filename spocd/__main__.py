"""The entry point of `spocd`. The MTA's pipe is taken before anything heavy is imported."""

from __future__ import annotations

import gc
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

# What may stand before the command and takes a value of its own: `spocd --config FILE pipe …`.
_TAKE_A_VALUE = {"--config", "--as", "-o", "--output", "--fields"}


def pipe_arguments(arguments: list[str]) -> list[str] | None:
    """The arguments that are meant for `pipe`, its --config among them; None where another command is asked for.

    An MTA bounces a mail on nearly every exit code but 75. So whatever stands before the word `pipe`, right or wrong,
    is judged by the pipe, which answers bad usage with 75, and never by the parser of the other commands.
    """
    at = 0
    while at < len(arguments) and arguments[at].startswith("-"):
        at += 2 if arguments[at] in _TAKE_A_VALUE else 1
    if at >= len(arguments) or arguments[at] != "pipe":
        return None
    return arguments[:at] + arguments[at + 1 :]


def run(arguments: list[str]) -> int:
    """Runs a command line and gives its exit code."""
    for_pipe = pipe_arguments(arguments)
    if for_pipe is not None:
        from spocd.pipe import main as pipe

        return pipe(for_pipe)
    # What is imported stays: looking through it for garbage, again and again, would be a tenth of what a command costs.
    gc.disable()
    from spocd.cli.ending import run as command

    gc.freeze()
    gc.enable()
    return command(arguments)


def _interrupted(arguments: list[str]) -> int:
    """Ends what was interrupted while it was still being loaded; once it runs it says so itself."""
    code = 75 if pipe_arguments(arguments) is not None else 130
    try:
        os.write(2, b"\nspocd: interrupted\n")
    except OSError:  # Nobody can be told; the code says it too.
        return code
    return code


def main() -> NoReturn:
    """Runs the command line of this process and ends it with its exit code."""
    try:
        code = run(sys.argv[1:])
    except KeyboardInterrupt:
        code = _interrupted(sys.argv[1:])
    if "asyncio" in sys.modules:  # The daemon, or a desk without one: its threads and files end in order.
        sys.exit(code)
    # Everything has been written. Taking the interpreter apart would be another tenth.
    os._exit(code)


if __name__ == "__main__":
    main()
