"""Does one thing to each of the tickets that a line names."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Sequence

import click

from spocd.cli import show, visible
from spocd.cli.asked import asked, tell
from spocd.cli.ids import Chosen
from spocd.errors import Exit, Refused, SpocdError, TryLater

Act = Callable[[int], show.Document]
Show = Callable[[show.Document], None]
_MANY = 20  # tickets; fewer are done before anybody asks
_ANY = show.Shape(identity="number", columns=(), fields=())


def each(chosen: Chosen, act: Act, shape: show.Shape) -> None:
    """Does `act` to each ticket in turn and shows what became of it.

    One ticket ends as `act` does. Of several, what is refused is told and the next one follows; where the desk itself
    does not answer, the rest is left. The exit is the first refusal's when none was done, 7 when some were.
    """
    if not chosen.several:
        return show.document(act(chosen.numbers[0]), shape)
    return _gathered(chosen, act, lambda done: show.listing([done], shape))


def _gathered(chosen: Chosen, act: Act, shown: Callable[[list[show.Document]], None]) -> None:
    done: list[show.Document] = []
    try:
        code = _in_turn(chosen, act, done.append)
    finally:
        shown(done)
    if code:
        raise click.exceptions.Exit(Exit.PARTLY if done else code)
    return


def each_text(chosen: Chosen, act: Act, shown: Show) -> None:
    """As `each`, for answers that are texts: `shown` shows every one as soon as it is there."""
    if not chosen.several:
        return shown(act(chosen.numbers[0]))
    if asked().form in ("json", "jsonl", "ids"):
        return each(chosen, act, _ANY)
    if asked().form in ("csv", "tsv"):
        return _gathered(chosen, act, show.facts_of_several)
    done: list[show.Document] = []

    def show_next(answer: show.Document) -> None:
        shown(answer)
        done.append(answer)

    code = _in_turn(chosen, act, show_next)
    if code:
        raise click.exceptions.Exit(Exit.PARTLY if done else code)
    return None


def _in_turn(chosen: Chosen, act: Act, done: Show) -> Exit | None:
    first: Exit | None = None
    for at, number in enumerate(chosen.numbers):
        _show_progress(at, len(chosen.numbers))
        try:
            done(act(number))
        except (Refused, TryLater) as error:
            code = exit_of(error)
            first = first or code
            click.echo(f"spocd: {_named(number, str(error))}", err=True)
            if code in (Exit.UNAVAILABLE, Exit.TRY_LATER):
                _tell_left(chosen.numbers[at + 1 :])
                break
    _show_progress(0, len(chosen.numbers))
    return first


def _tell_left(numbers: Sequence[int]) -> None:
    """Name those that were not tried, so that they can be named again."""
    if numbers:
        tell(f"not tried: {' '.join(map(str, numbers))}")


def _show_progress(done: int, of: int) -> None:
    """How far it is, in a line that the next one replaces, where somebody waits for many at a terminal."""
    if of > _MANY and not asked().quiet and sys.stderr is not None and sys.stderr.isatty():
        sys.stderr.write(f"\r\x1b[K{done} of {of}" if done else "\r\x1b[K")
        sys.stderr.flush()


def _named(number: int, sentence: str) -> str:
    """A sentence about a ticket with the ticket's number, once."""
    says_it = re.search(rf"#{number}(?![0-9])", sentence)
    return visible.line(show.local_times(sentence if says_it else f"#{number}: {sentence}"))


def exit_of(error: SpocdError) -> Exit:
    """The exit code that an error ends a command with."""
    if isinstance(error, Refused):
        return error.exit
    return Exit.TRY_LATER if isinstance(error, TryLater) else Exit.CONFIGURATION
