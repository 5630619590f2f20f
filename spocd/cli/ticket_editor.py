"""Writing about a ticket in an editor: what is shown there, and what came in between."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from spocd.cli import visible
from spocd.cli.asked import asked
from spocd.cli.call import call, write
from spocd.cli.ids import Chosen
from spocd.cli.show import Document
from spocd.cli.ticket_view import author, quoted
from spocd.errors import Exit, Refused


class Seen:
    """What somebody has seen of tickets while they wrote: their text is sent only while that is all there is."""

    def __init__(self, tickets: Chosen, rehearse: Callable[[int], None] | None = None) -> None:
        """`rehearse` is refused where nothing can be sent to a ticket, before somebody writes it."""
        self._tickets = tickets
        self._rehearse = rehearse
        self._shown: dict[int, _Shown] = {}

    def about(self) -> str:
        """What the editor shows below the text; from now on nothing is sent to a ticket that has changed since."""
        if not self._tickets.several:
            [number] = self._tickets.numbers
            if self._rehearse is not None:
                self._rehearse(number)
            return quoted(self._see(number))
        return "".join(f"{self._line(number)}\n" for number in self._tickets.numbers)

    def _line(self, number: int) -> str:
        try:
            return f"#{number} {visible.line(str(self._see(number)['subject']))}"
        except Refused as why:  # which is told again when it is this one's turn, and holds up no other
            return f"#{number} {visible.line(str(why))}"

    def _see(self, number: int) -> Document:
        found = call("ticket.view", ticket=number)
        if asked().if_rev is None:
            self._shown[number] = _Shown(int(found["rev"]), frozenset(each["id"] for each in found["messages"]))
        return found

    def write(self, operation: str, number: int, **parameters: object) -> Document:
        """Do it; a ticket that has changed meanwhile is a conflict that says by what."""
        shown = self._shown.get(number)
        if shown is None:
            return write(operation, ticket=number, **parameters)
        try:
            return write(operation, ticket=number, if_rev=shown.rev, **parameters)
        except Refused as error:
            if error.code != "changed":
                raise
            raise Refused("changed", _since(shown, call("ticket.view", ticket=number)), Exit.CONFLICT) from None


class _Shown(NamedTuple):
    """What a ticket was when it was shown: its revision, and which messages it had."""

    rev: int
    messages: frozenset[str]


def _since(shown: _Shown, now: Document) -> str:
    number = now["number"]
    new = [f"{author(each)} wrote {each['id']}" for each in now["messages"] if each["id"] not in shown.messages]
    if not new and now["journal"]:
        last = now["journal"][-1]
        new = [f"{last['event']} by {visible.line(str(last['actor']))}"]
    what = f": {', '.join(new)}" if new else ""
    return (
        f"#{number} has changed while you wrote{what}. Read it (spocd ticket view {number}) and send your text again."
    )
