"""An independent Varlink client reads the interfaces and calls through them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
import varlink
from varlink.scanner import Interface


async def through(desk: Any, interface: str, work: Callable[[Any], Any]) -> Any:
    """What `work` gets out of an interface that the client has read from the socket."""

    def connect() -> Any:
        client = varlink.Client.new_with_address(f"unix:{desk.path}")
        with client.open_connection() as connection:
            return work(client.open(interface, connection=connection))

    return await asyncio.to_thread(connect)


async def test_it_learns_what_answers_and_which_interfaces_there_are(desk: Any) -> None:
    info = await through(desk, "org.varlink.service", lambda service: service.GetInfo())
    assert (info["vendor"], info["product"]) == ("spocd", "spocd")
    assert info["interfaces"] == [
        "org.spocd",
        "org.spocd.desk",
        "org.spocd.message",
        "org.spocd.ticket",
        "org.varlink.service",
    ]


async def test_it_reads_every_interface_that_there_is(desk: Any) -> None:
    def read_all(service: Any) -> dict[str, Interface]:
        names = service.GetInfo()["interfaces"]
        return {name: Interface(service.GetInterfaceDescription(name)["description"]) for name in names}

    interfaces = await through(desk, "org.varlink.service", read_all)
    assert {name: each.name for name, each in interfaces.items()} == {name: name for name in interfaces}
    assert list(interfaces["org.spocd"].members) == ["Refused", "TryLater"]
    assert {"Ticket", "Message", "Mailbox", "List", "Assign"} <= interfaces["org.spocd.ticket"].members.keys()
    assign = interfaces["org.spocd.ticket"].get_method("Assign")
    assert list(assign.in_type.fields) == ["ticket", "to", "reason", "acting_as", "key", "dry_run"]
    assert assign.doc.strip() == "Give a ticket to an agent; the requester is told who has it now."


async def test_it_lists_tickets_with_everything_that_is_in_them(desk: Any) -> None:
    answer = await through(desk, "org.spocd.ticket", lambda ticket: ticket.List(state="open", limit=5))
    # The client leaves out what is null.
    assert answer.keys() == {"tickets"}
    (seven,) = answer["tickets"]
    assert seven["subject"] == "The printer — again"
    assert seven["messages"][0]["from"] == {"name": "Ann Ångström", "address": "ann@example.org"}
    assert (seven["messages"][0]["direction"], seven["waiting"]) == ("in", 1.5)
    assert (seven["fields"], seven["evidence"]) == ({"room": "A1"}, {"rung": 1})
    assert desk.asked[0][:2] == ("ticket.list", {"state": "open", "limit": 5})


async def test_it_asks_for_more_and_gets_one_answer(desk: Any) -> None:
    answers = await through(desk, "org.spocd.ticket", lambda ticket: list(ticket.List(_more=True)))
    assert len(answers) == 1


async def test_it_calls_without_waiting_for_an_answer(desk: Any) -> None:
    def both(ticket: Any) -> Any:
        ticket.Assign(ticket=7, to="ann", _oneway=True)
        return ticket.Assign(ticket=8, to="bo")

    assert await through(desk, "org.spocd.ticket", both) == {"done": 8}
    assert desk.done == [7, 8]


async def test_it_is_told_what_was_refused(desk: Any) -> None:
    with pytest.raises(varlink.VarlinkError) as raised:
        await through(desk, "org.spocd.ticket", lambda ticket: ticket.Fail(how="refused"))
    assert raised.value.error() == "org.spocd.Refused"
    assert raised.value.parameters() == {"code": "closed", "sentence": "#7 is closed. Reopen it first.", "exit": 5}


async def test_it_is_told_which_parameter_is_missing(desk: Any) -> None:
    with pytest.raises(varlink.InvalidParameter) as raised:
        await through(desk, "org.spocd.ticket", lambda ticket: ticket.Assign(ticket=7))
    assert raised.value.parameters() == {"parameter": "to"}


async def test_it_is_told_that_an_interface_is_not_there(desk: Any) -> None:
    with pytest.raises(varlink.InterfaceNotFound):
        await through(desk, "org.spocd.kitchen", lambda _: None)
