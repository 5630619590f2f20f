"""The queue and hand-overs with the installed command: fifty who claim at once, and somebody who falls ill."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.e2e.nodes import made_nodes, running
from tests.postgres import fresh_database
from tests.running import RunningDesk, running_desk

AGENTS, TICKETS = 50, 200


def crowd(desk: RunningDesk) -> list[str]:
    """Fifty agents, and two hundred tickets that wait."""
    logins = [f"agent{number}" for number in range(AGENTS)]
    for login in logins:
        desk.call("agent.new", login=login)
    for number in range(TICKETS):
        desk.call("ticket.new", requester="ann@client.example", subject=f"{number}", notify=False)
    return logins


def claim_all(desks: list[RunningDesk], logins: list[str]) -> list[tuple[str, int]]:
    """Who got what, where all claim with the installed command until nothing is left."""

    def claim(at: int) -> list[tuple[str, int]]:
        got, login, desk = [], logins[at], desks[at % len(desks)]
        # One claim of each by the command itself; its start is what takes long.
        words = ("--as", login, "ticket", "next", "--claim", "--no-notify", "--json")
        found = desk.run(*words).json
        while found:
            got.append((login, int(found["number"])))
            tickets = desk.call("ticket.next", claim=True, notify=False, acting_as=login)["tickets"]
            found = tickets[0] if tickets else None
        return got

    with ThreadPoolExecutor(AGENTS) as together:
        return [each for got in together.map(claim, range(len(logins))) for each in got]


def check_each_once_and_in_order(desk: RunningDesk, got: list[tuple[str, int]]) -> None:
    assert Counter(number for _, number in got) == Counter(range(1, TICKETS + 1))
    rows = desk.sql("select ticket from journal where event = 'taken' order by id")
    assert [int(number) for (number,) in rows] == list(range(1, TICKETS + 1))
    by_login = {(each["number"], each["assignee"]) for each in desk.json("ticket", "list", "--all")}
    assert by_login == {(number, login) for login, number in got}
    assert desk.json("report", "fairness")["taken"] == TICKETS


def test_fifty_agents_who_claim_at_once_get_each_ticket_once_and_in_order(tmp_path: Path) -> None:
    with running_desk(tmp_path / "desk") as desk:
        check_each_once_and_in_order(desk, claim_all([desk], crowd(desk)))


def test_fifty_agents_on_two_nodes_get_each_ticket_once_and_in_order(tmp_path: Path) -> None:
    first, second = made_nodes(tmp_path, fresh_database())
    with running(first, second):
        check_each_once_and_in_order(first, claim_all([first, second], crowd(first)))


def test_who_falls_ill_is_stood_in_for_and_the_requester_is_told(tmp_path: Path) -> None:
    with running_desk(tmp_path / "desk", moves_within=1) as desk:
        for login, name in (("bo", "Bo Berg"), ("eve", "Eve Dal")):
            desk.json("agent", "new", login, "--name", name, "--address", f"{login}@example.org")
        desk.send("The printer eats paper.")
        desk.settled()
        desk.json("--as", "bo", "ticket", "next", "--claim")
        desk.json("--as", "bo", "ticket", "reply", "1", "-b", "Have you tried the other tray?")
        desk.json("--as", "bo", "ticket", "note", "1", "-b", "MARK the roller is worn")
        away = desk.json("agent", "away", "bo", "--until", "+3d", "--deputy", "eve", "--reason", "ill", "-y")
        assert away["moved"] == [{"ticket": 1, "to": "eve", "not_to": ""}]
        desk.settled()
        letter = desk.letters("ann@client.example")[-1]
        body = letter.get_body(("plain",)).get_content()
        assert letter["X-Spocd-Kind"] == "handover"
        assert letter["Auto-Submitted"] == "auto-generated"
        assert "Eve Dal now has your case, number 1." in body
        assert "The reason: Bo Berg: ill" in body
        brief = desk.letters("eve@example.org")[-1].get_body(("plain",)).get_content()
        assert "passed on from Bo Berg to Eve Dal: Bo Berg: ill" in " ".join(brief.split())
        assert "MARK the roller is worn" in brief
        assert not [each for each in desk.letters("ann@client.example") if "MARK" in each.as_string()]
        refused = desk.run("--as", "bo", "ticket", "next", "--claim")
        assert (refused.code, "You are away until" in refused.err) == (5, True)
        told = desk.run("agent", "load")
        assert "eve" in told.out
        desk.send("That did not help.", to=letter["Reply-To"], subject="Re: Printer")
        assert desk.placed()["ticket"] == 1
        assert desk.view(1)["assignee"] == "eve"
        assert desk.json("agent", "back", "bo")["ended"] == 1
        assert desk.view(1)["assignee"] == "eve"
