"""The entry point of `spocd`. The MTA's pipe is taken before anything heavy is imported."""

from __future__ import annotations

import sys

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


def main() -> int:
    """Runs the command line of this process and gives its exit code."""
    arguments = sys.argv[1:]
    for_pipe = pipe_arguments(arguments)
    if for_pipe is not None:
        from spocd.pipe import main as pipe

        return pipe(for_pipe)
    from spocd.cli.ending import run

    return run(arguments)


if __name__ == "__main__":
    sys.exit(main())
