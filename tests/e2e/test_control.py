"""The control socket of the real daemon: twenty agents at once, and a client that somebody else wrote."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import varlink

from tests.running import ADDRESS, RunningDesk, written

AGENTS = 20


def test_twenty_who_claim_at_once_get_a_ticket_each(desk: RunningDesk) -> None:
    for number in range(AGENTS):
        desk.deliver(written(f"{number}", sender=f"p{number}@client.example").as_bytes(), to=[ADDRESS])
    desk.placed()
    for number in range(AGENTS):
        desk.call("agent.new", login=f"agent{number}", uid=5000 + number)

    def claim(number: int) -> int:
        answer = desk.call("ticket.next", claim=True, acting_as=f"agent{number}")
        return int(answer["tickets"][0]["number"])

    with ThreadPoolExecutor(AGENTS) as pool:
        claimed = list(pool.map(claim, range(AGENTS)))
    assert sorted(claimed) == list(range(1, AGENTS + 1))
    assert desk.call("ticket.next", claim=True) == {"tickets": [], "cursor": None}
    for number, ticket in enumerate(claimed):
        assert desk.call("ticket.view", ticket=ticket)["assignee"] == f"agent{number}"


def test_an_independent_varlink_client_drives_the_desk(desk: RunningDesk) -> None:
    desk.send("It says PC LOAD LETTER.", subject="Printer")
    desk.settled()
    remote = varlink.Client.new_with_address(f"unix:{desk.folder / 'run' / 'control'}")
    with remote.open("org.varlink.service") as service:
        info = service.GetInfo()
    assert info["product"] == "spocd"
    assert {"org.spocd.ticket", "org.spocd.mail", "org.spocd.desk"} <= set(info["interfaces"])
    with remote.open("org.spocd.ticket") as tickets:
        [ticket] = tickets.List(state=["all"])["tickets"]
        assert (ticket["number"], ticket["subject"]) == (1, "Printer")
        assert tickets.View(ticket=1)["messages"][0]["text"].strip() == "It says PC LOAD LETTER."


def test_every_interface_of_the_desk_is_readable(desk: RunningDesk) -> None:
    remote = varlink.Client.new_with_address(f"unix:{desk.folder / 'run' / 'control'}")
    with remote.open("org.varlink.service") as service:
        for name in service.GetInfo()["interfaces"]:
            description = service.GetInterfaceDescription(name)["description"]
            assert varlink.scanner.Interface(description).name == name
