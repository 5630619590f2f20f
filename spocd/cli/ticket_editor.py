"""Writing about a ticket in an editor: what is shown there, and what came in between."""

from __future__ import annotations

from spocd.cli import visible
from spocd.cli.asked import asked
from spocd.cli.call import call, write
from spocd.cli.ids import Chosen
from spocd.cli.show import Document
from spocd.cli.ticket_view import author, quoted
from spocd.errors import Exit, Refused


class Seen:
    """What somebody has seen of a ticket while they wrote: their text is sent only while that is all there is."""

    def __init__(self, tickets: Chosen) -> None:
        self._tickets = tickets
        self._shown: Document | None = None

    def about(self) -> str:
        """What the editor shows below the text; from now on nothing is sent to a ticket that has changed since."""
        if len(self._tickets.numbers) != 1:
            return " ".join(f"#{number}" for number in self._tickets.numbers) + "\n"
        shown = call("ticket.view", ticket=self._tickets.numbers[0])
        if asked().if_rev is None and not self._tickets.several:
            self._shown = shown
            asked().if_rev = int(shown["rev"])
        return quoted(shown)

    def write(self, operation: str, number: int, **parameters: object) -> Document:
        """Do it; a ticket that has changed meanwhile is a conflict that says by what."""
        try:
            return write(operation, ticket=number, **parameters)
        except Refused as error:
            if error.code != "changed" or self._shown is None:
                raise
            raise Refused("changed", _since(self._shown, call("ticket.view", ticket=number)), Exit.CONFLICT) from None


def _since(shown: Document, now: Document) -> str:
    number = now["number"]
    known = {message["id"] for message in shown["messages"]}
    new = [f"{author(each)} wrote {each['id']}" for each in now["messages"] if each["id"] not in known]
    if not new and now["journal"]:
        last = now["journal"][-1]
        new = [f"{last['event']} by {visible.line(str(last['actor']))}"]
    what = f": {', '.join(new)}" if new else ""
    return (
        f"#{number} has changed while you wrote{what}. Read it (spocd ticket view {number}) and send your text again."
    )
