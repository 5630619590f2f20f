"""The verbs of `spocd ticket` that find and read, and change nothing (but for `next --claim`)."""

from __future__ import annotations

from typing import Any

import click

from spocd.cli import show
from spocd.cli.asked import asked, tell
from spocd.cli.call import call, pages, write
from spocd.cli.each import each, each_text
from spocd.cli.grammar import Command
from spocd.cli.ids import Chosen, some_tickets
from spocd.cli.show import Document
from spocd.cli.ticket_filters import Filtered, asked_for, written
from spocd.cli.ticket_shape import ORDERS_OF_FOUND, TICKET, no_notify, told
from spocd.errors import TryLater

_ORDERED_BY = {"promise due": "what was promised", "waiting since": "how long they wait"}


@click.command(
    "list", cls=Filtered, lists=True, example="spocd ticket list --state new,open --assignee none --since 7d"
)
@click.option("--save-as", metavar="NAME", help="Save these filters under a name, for --view.")
@click.option("--for-all", is_flag=True, help="With --save-as: for everybody (leads).")
@click.option("--watch", is_flag=True, help="Draw it again whenever something happens; -o jsonl: the rows that change.")
def list_tickets(watch: bool, save_as: str | None, for_all: bool, **filters: Any) -> None:
    """List tickets: those that are new, open or pending, unless --state says otherwise."""
    if save_as is not None:
        write("view.save", name=save_as, words=written(), for_all=for_all or None)
        tell(f"saved: spocd ticket list --view {save_as}")
    wanted = asked_for(filters)
    if watch:
        from spocd.cli.watch import watch_list

        return watch_list(lambda most: call("ticket.list", limit=most, **wanted)["tickets"], TICKET)
    return show.listing(pages("ticket.list", "tickets", **wanted), TICKET)


@click.command(cls=Command, lists=True, example="spocd ticket search printer third floor")
@click.argument("words", nargs=-1, required=True)
@click.option("--sort", type=ORDERS_OF_FOUND, help="The order; newest first unless said.")
def search(words: tuple[str, ...], sort: str | None) -> None:
    """Find tickets that hold all these words, newest first.

    Words are looked for in the number, the subject, messages and notes, the names of attachments, the names and
    addresses of people, in any form that the desk's languages give them, and as beginnings of longer words. Chinese,
    Japanese, Korean and Thai are found anywhere in a sentence. A new mail is found a second after it came.

    By rank, of the newest thousand that were found those come first that have the words in the subject or in the first
    lines, as they were typed, and near the beginning; a word that few of them have there counts more.
    """
    show.listing(pages("ticket.search", "tickets", words=" ".join(words), sort=sort), TICKET)


@click.command(cls=Command, example="spocd ticket view 12 --log")
@some_tickets
@click.option("--log", is_flag=True, help="With all that happened to it.")
@click.option("--raw", is_flag=True, help="The mails as they came, as an mbox.")
@click.option("--internal", is_flag=True, help="Of its messages only the internal notes.")
@click.option("--full", is_flag=True, help="With the quoted text and the signatures.")
def view(tickets: Chosen, log: bool, raw: bool, internal: bool, full: bool) -> None:
    """Show a ticket with its people and its messages."""
    if raw:
        return _view_raw(tickets)

    def whole(number: int) -> Document:
        found = call("ticket.view", ticket=number)
        if internal:
            found["messages"] = [message for message in found["messages"] if message["kind"] == "note"]
        return found

    if asked().form != "table" or asked().fields:
        return each(tickets, whole, TICKET)
    return each_text(tickets, whole, lambda found: _show_whole(found, log=log, full=full))


def _view_raw(tickets: Chosen) -> None:
    if asked().form != "table":
        raise click.UsageError("--raw has one form, the mails themselves.")
    from spocd.cli.raw import show_mbox

    each_text(tickets, lambda number: call("ticket.view", ticket=number), show_mbox)


def _show_whole(ticket: Document, *, log: bool = False, full: bool = False) -> None:
    from spocd.cli.ticket_view import View, ticket_text

    show.page(ticket_text(ticket, View(log, full, room=show.terminal_width())))


@click.command("next", cls=Command, writes=True, may_find_nothing=True, example="spocd ticket next --claim")
@click.option("--claim", is_flag=True, help="Take it: nobody else gets it.")
@no_notify
def next_ticket(claim: bool, no_notify: bool) -> None:
    """Show the ticket whose turn it is, with all its history.

    What is promised for a time comes first, then who has waited longest. You are offered what your teams, skills and
    tier allow, and nothing while you are away.

    --json prints that ticket, or null where nothing waits.
    """
    found = (write("ticket.next", claim=True, notify=told(no_notify)) if claim else call("ticket.next"))["tickets"]
    if not found:
        tell("nothing waits")
        return show.nothing()
    if asked().form != "table" or asked().fields:
        return show.document(found[0], TICKET)
    try:
        whole = call("ticket.view", ticket=found[0]["number"])
    except TryLater:
        # It is claimed already; an error here would make somebody claim a second one.
        return show.document(found[0], TICKET)
    return _show_whole(whole)


@click.command(cls=Command, example="spocd ticket status 12")
@some_tickets
def status(tickets: Chosen) -> None:
    """Say how a ticket stands: its state, who has it, what was done last."""
    each_text(tickets, lambda number: call("ticket.status", ticket=number), _show_status)


def _show_status(status: Document) -> None:
    if asked().form == "table" and not asked().fields:
        if status.get("due_at") is None:
            status.pop("due_at", None)
        if "place_in_queue" in status:
            status["place_in_queue"] = _readable_position(status, "place_in_queue")
        status.pop("more_before", None)
    show.facts(status)


def _readable_position(said: Document, field: str) -> str | int | None:
    """A place in the queue, or that it is so far behind that nobody counted."""
    position: int | None = said.get(field)
    return f"more than {position - 1:,} before it" if position and said.get("more_before") else position


@click.command(cls=Command, example="spocd ticket explain 12")
@some_tickets
def explain(tickets: Chosen) -> None:
    """Say where a ticket stands in the fair order, and why; and whom it is offered to when its turn comes."""
    each_text(
        tickets, lambda number: call("ticket.explain", ticket=number), lambda place: show.facts(place, _readable_place)
    )


def _readable_place(place: Document) -> Document:
    order = [_ORDERED_BY.get(name, name) for name in place.get("order", [])]
    why = [show.local_times(reason) for reason in place.get("why", [])]
    told = {
        "number": place["number"],
        "position": _readable_position(place, "position"),
        "ordered by": ", then by ".join(order),
    }
    offers = place.get("offered", [])
    told["offered to"] = ", ".join(each["login"] for each in offers if each["offered"])
    told["not offered to"] = [f"{each['login']}: {each['why']}" for each in offers if not each["offered"]]
    return {name: content for name, content in told.items() if content} | {"why": why}
