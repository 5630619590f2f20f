"""Runs one command line, and turns however it ends into a sentence on standard error and an exit code."""

from __future__ import annotations

import contextlib
import os
import sys
from typing import TextIO

import click

from spocd.cli import visible
from spocd.cli.each import exit_of
from spocd.cli.root import root
from spocd.cli.show import ReaderGone, flush, local_times
from spocd.errors import Exit, Misconfigured, Refused, SpocdError

NAME = "spocd"
COMPLETION = "_SPOCD_COMPLETE"  # what click's completion scripts set


def run(arguments: list[str]) -> int:
    """Runs the command that `arguments` name and gives its exit code."""
    if sys.stdout is None:
        # Before anything is done: the next file that is opened would take the place of standard output.
        return _said("Standard output is closed. Where nobody shall read it, add: >/dev/null", code=Exit.REFUSED)
    if sys.stderr is None:
        sys.stderr = _nowhere()
    code = _ended(arguments)
    try:
        flush()
    except ReaderGone:
        _forget(sys.stdout)
    except OSError as error:
        _forget(sys.stdout)
        code = code or _unexpected(error)
    try:
        sys.stderr.flush()
    except OSError:
        _forget(sys.stderr)
    return code


def _ended(arguments: list[str]) -> int:
    try:
        return _invoke(arguments)
    except (BrokenPipeError, ReaderGone):
        return Exit.DONE
    except click.exceptions.Exit as ended:
        return ended.exit_code
    except click.UsageError as error:
        return _misused(error)
    except Misconfigured as error:
        return _said(*error.faults, code=Exit.CONFIGURATION)
    except SpocdError as error:
        return _said(*_sentences(error), code=exit_of(error))
    except click.ClickException as error:
        return _said(error.format_message(), code=Exit.REFUSED)
    except (KeyboardInterrupt, EOFError, click.Abort):
        with contextlib.suppress(OSError):  # a terminal that has hung up
            click.echo(err=True)
        return _said("interrupted", code=Exit.INTERRUPTED)
    except Exception as error:
        return _unexpected(error)


def _invoke(arguments: list[str]) -> int:
    if COMPLETION in os.environ:
        from click.shell_completion import shell_complete

        return shell_complete(root, {}, NAME, COMPLETION, os.environ[COMPLETION])
    try:
        with root.make_context(NAME, arguments) as context:
            code = root.invoke(context)
    except click.exceptions.Exit as ended:
        code = ended.exit_code
    return code if isinstance(code, int) else Exit.DONE


def _sentences(error: SpocdError) -> list[str]:
    """What an error says. A list of faults has a line for each; else a line break came with what somebody wrote."""
    listed = isinstance(error, Refused) and (error.exit == Exit.CONFIGURATION or error.code == "in-use")
    said = local_times(str(error))
    return said.split("\n") if listed else [said]


def _misused(error: click.UsageError) -> int:
    """As click shows it, but for what a terminal would obey: its message repeats what was written on the line."""
    with contextlib.suppress(OSError):
        if error.ctx is not None:
            hint = f"Try '{error.ctx.command_path} --help' for help.\n"
            click.echo(f"{error.ctx.get_usage()}\n{hint}", err=True)
        # A list of choices, which has a line each, is all that click says of what is missing.
        shown = visible.text if isinstance(error, click.MissingParameter) else visible.line
        click.echo(f"Error: {shown(error.format_message())}", err=True)
    return error.exit_code


def _said(*sentences: str, code: int) -> int:
    with contextlib.suppress(OSError):  # Nobody can be told; the code says it too.
        for sentence in sentences:
            click.echo(f"spocd: {visible.line(sentence)}", err=True)
    return code


def _unexpected(error: Exception) -> int:
    if os.environ.get("SPOCD_DEBUG") == "1":
        import traceback

        traceback.print_exception(error)
    if isinstance(error, OSError) and error.strerror:
        named = f"{error.filename}: " if error.filename else ""
        return _said(f"{named}{error.strerror}", code=Exit.REFUSED)
    said = f"{type(error).__name__}: {error}".splitlines()[0]
    return _said(f"A fault in spocd itself: {said}. SPOCD_DEBUG=1 shows where.", code=Exit.REFUSED)


def _nowhere() -> TextIO:
    """What takes the place of standard error where it is closed: what is printed to none goes to standard output."""
    opened = os.open(os.devnull, os.O_WRONLY)
    if opened != 2:
        os.dup2(opened, 2)
        os.close(opened)
    return open(2, "w", encoding="utf-8", errors="backslashreplace", closefd=False)


def _forget(stream: TextIO) -> None:
    # Python flushes what is left in a stream once more as it ends; it would complain, and end with 120.
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)
