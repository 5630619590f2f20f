"""Several nodes on one PostgreSQL: each does what any does, nothing is done twice, and the others live on."""

from __future__ import annotations

import signal
import smtplib
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from spocd.daemon.sending import AT_ONCE
from spocd.errors import TryLater
from tests import postgres
from tests.e2e.nodes import made_nodes, running
from tests.e2e.sink import Sink, listening
from tests.running import ADDRESS, RunningDesk, eventually, free_port, written

Nodes = tuple[RunningDesk, RunningDesk]
EVERYBODY = 100_000  # acknowledgements an hour to people the desk does not know: nobody is limited here
AGENTS = 20
MAILS = 20  # at once
TIME_TO_ANSWER = 22.0  # seconds: it takes 14, and 24 where a server that says nothing is waited for twice
PATIENCE = 120.0  # seconds for what takes the nodes a minute


@pytest.fixture(scope="module")
def nodes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nodes]:
    """Two nodes that the tests of this module share, each with people of its own."""
    pair = made_nodes(tmp_path_factory.mktemp("nodes"), postgres.fresh_database(), unknown_an_hour=EVERYBODY)
    with running(*pair):
        yield pair


def mail_from(address: str) -> bytes:
    return written(f"For {address}.", sender=address, subject=address).as_bytes()


def tickets_of(desk: RunningDesk, *requesters: str) -> list[int]:
    """The numbers of the tickets of these people."""
    found = [desk.call("ticket.list", requester=each, state=["all"])["tickets"] for each in requesters]
    return sorted(ticket["number"] for tickets in found for ticket in tickets)


def letters_to(nodes: Nodes, address: str) -> int:
    return sum(len(node.letters(address)) for node in nodes)


def test_both_accept_both_decide_and_nobody_is_answered_twice(nodes: Nodes) -> None:
    people = [f"p{number}@both.example" for number in range(40)]
    for number, address in enumerate(people):
        nodes[number % 2].deliver(mail_from(address), to=[ADDRESS])
    nodes[0].settled()
    assert len(set(tickets_of(nodes[1], *people))) == len(people)
    assert {letters_to(nodes, address) for address in people} == {1}
    for node in nodes:
        assert "fate='opened'" in node.log, "this one decided nothing"
        assert any(letter["Delivered-To"] in people for letter in node.letters()), "this one sent nothing"


def test_the_same_mail_at_both_at_once_opens_one_ticket(nodes: Nodes) -> None:
    people = [f"p{number}@same.example" for number in range(20)]

    def deliver(address: str) -> None:
        raw = mail_from(address)
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(lambda node: node.deliver(raw, to=[ADDRESS]), nodes))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(deliver, people))
    nodes[0].settled()
    assert len(tickets_of(nodes[0], *people)) == len(people)
    assert {letters_to(nodes, address) for address in people} == {1}


def test_a_reply_through_one_node_finds_the_ticket_that_the_other_opened(nodes: Nodes) -> None:
    first, second = nodes
    first.deliver(mail_from("eva@reply.example"), to=[ADDRESS])
    first.settled()
    [acknowledgement] = [letter for node in nodes for letter in node.letters("eva@reply.example")]
    reply = written("And smoke.", sender="eva@reply.example", to=str(acknowledgement["Reply-To"]), subject="Re: it")
    second.deliver(reply.as_bytes(), to=[str(acknowledgement["Reply-To"])])
    second.settled()
    [number] = tickets_of(second, "eva@reply.example")
    assert [each["kind"] for each in first.call("ticket.view", ticket=number)["messages"]] == ["mail", "mail"]


def test_twenty_who_claim_at_once_over_two_nodes_get_a_ticket_each(nodes: Nodes) -> None:
    first = nodes[0]
    people = [f"p{number}@claim.example" for number in range(AGENTS)]
    for address in people:
        first.deliver(mail_from(address), to=[ADDRESS])
    first.settled()
    for number in range(AGENTS):
        first.call("agent.new", login=f"agent{number}", uid=5000 + number)

    def claim(number: int) -> int:
        answer = nodes[number % 2].call("ticket.next", claim=True, acting_as=f"agent{number}")
        return int(answer["tickets"][0]["number"])

    with ThreadPoolExecutor(AGENTS) as pool:
        claimed = list(pool.map(claim, range(AGENTS)))
    assert len(set(claimed)) == AGENTS
    for number, ticket in enumerate(claimed):
        assert nodes[0].call("ticket.view", ticket=ticket)["assignee"] == f"agent{number}"


def test_health_names_the_nodes(nodes: Nodes) -> None:
    named = nodes[0].json("health")["nodes"]
    # Those that began within the same second stand in any order.
    found = {(each["pid"], each["place"].partition(":")[2]) for each in named}
    assert found == {(node.process.pid, str(node.folder)) for node in nodes if node.process}
    assert all(each["seen_at"] >= each["started_at"] and each["lost_at"] is None for each in named)


def test_work_that_one_node_has_no_room_for_is_taken_by_the_other_at_once(tmp_path: Path) -> None:
    ports = free_port(), free_port()
    relays = [("--relay", f"smtp://127.0.0.1:{port}") for port in ports]
    pair = made_nodes(tmp_path, postgres.fresh_database(), *relays[0], further=relays[1], unknown_an_hour=EVERYBODY)
    stuck = Sink(seconds=25.0)
    with listening(stuck, ports[0]), listening(Sink(), ports[1]) as quick, running(*pair):
        for number in range(60):
            pair[0].deliver(mail_from(f"p{number}@many.example"), to=[ADDRESS])
        # All but those that the first has in hand, also what came when it had no room already.
        eventually(lambda: len(quick.letters) >= 60 - AT_ONCE, "the second node, before its half minute is over")


def test_f8_a_postgresql_that_is_away_puts_everybody_off_and_is_found_again(tmp_path: Path) -> None:
    with postgres.own_server() as server:
        pair = made_nodes(tmp_path, server.fresh_database(), unknown_an_hour=EVERYBODY)
        with running(*pair):
            server.stop()
            for node in pair:
                with pytest.raises(smtplib.SMTPDataError) as refused:
                    node.deliver(mail_from("ann@away.example"), to=[ADDRESS])
                assert refused.value.smtp_code == 451
                assert "postgres" not in str(refused.value).lower()
                with pytest.raises(TryLater):
                    node.call("ticket.list")
                assert node.run("health").code == 75
                assert node.run("pipe", "--sender", "ann@away.example", stdin=mail_from("ann@away.example")).code == 75
            server.start()
            for node in pair:
                eventually(lambda node=node: node.run("health").code == 0, "the node to find its database")  # type: ignore[misc]
                node.deliver(mail_from("ann@away.example"), to=[ADDRESS])
            eventually(lambda: letters_to(pair, "ann@away.example") == 1, "the acknowledgement")
            eventually(lambda: len(tickets_of(pair[0], "ann@away.example")) == 2, "a ticket for what each node took")
        assert all("Traceback" not in node.log for node in pair)


def test_f8_a_postgresql_that_says_nothing_puts_everybody_off_in_time_and_stops_no_node_from_ending(
    tmp_path: Path,
) -> None:
    def code(number: int) -> int:
        try:
            desk.deliver(mail_from(f"p{number}@silent.example"), to=[ADDRESS])
        except smtplib.SMTPDataError as refused:
            return refused.smtp_code
        return 250

    with postgres.own_server() as server, ThreadPoolExecutor(MAILS) as pool:
        desk = RunningDesk.made(tmp_path / "desk", "--store", server.fresh_database())
        with running(desk.change(unknown_an_hour=EVERYBODY)):
            assert code(0) == 250
            with server.silent():
                begun = time.monotonic()
                # More at once than there are connections.
                assert set(pool.map(code, range(1, 1 + MAILS))) == {451}
                assert time.monotonic() - begun < TIME_TO_ANSWER
                assert desk.run("health").code == 75
            eventually(lambda: code(0) == 250, "mail to be taken again", within=PATIENCE)
            eventually(lambda: desk.run("health").code == 0, "the node to live again")
            with server.silent():
                assert desk.stop() == 0
            desk.start()
            desk.settled()
            assert tickets_of(desk, *(f"p{number}@silent.example" for number in range(1 + MAILS))) == [1, 2]
            assert "Traceback" not in desk.log


def age(desk: RunningDesk, node: RunningDesk) -> None:
    """Let a minute pass for a node that says nothing any more."""
    assert node.process is not None
    desk.sql(f"update node set seen_at = seen_at - 100 where pid = {node.process.pid}")


def test_a_node_that_sleeps_is_given_up_and_begins_anew_when_it_wakes(tmp_path: Path) -> None:
    """It sleeps with a letter at a relay that took it and says nothing: another node sends that once more."""
    ports = free_port(), free_port()
    relays = [("--relay", f"smtp://127.0.0.1:{port}") for port in ports]
    awake, asleep = made_nodes(tmp_path, postgres.fresh_database(), *relays[0], further=relays[1])
    with (
        listening(Sink(), ports[0]) as well,
        listening(Sink(silent_answers=1), ports[1]) as silent,
        running(asleep),
    ):
        asleep.send(sender="ann@client.example")
        eventually(lambda: len(silent.letters) == 1, "the letter at the silent relay")
        assert asleep.process is not None
        asleep.process.send_signal(signal.SIGSTOP)
        with running(awake):
            age(awake, asleep)
            eventually(lambda: well.letters, "the other node to take over", within=PATIENCE)
            [copy], [first] = well.letters, silent.letters
            assert copy["Message-ID"] == first["Message-ID"]
            health = awake.run("health", "--json")
            assert health.code == 9
            assert [fault for fault in health.json["faults"] if str(asleep.folder) in fault]
            asleep.process.send_signal(signal.SIGCONT)
            eventually(lambda: awake.run("health").code == 0, "the node to begin anew")
            assert "it begins anew" in asleep.log
            asleep.send(sender="bo@client.example")
            awake.settled()
            assert {row["state"] for row in awake.call("mail.outbox")["letters"]} == {"sent"}
            assert (len(well.letters) + len(silent.letters), len(awake.call("ticket.list")["tickets"])) == (3, 2)
            assert "Traceback" not in asleep.log + awake.log


def test_what_time_brings_about_happens_once(tmp_path: Path) -> None:
    pair = made_nodes(tmp_path, postgres.fresh_database())
    with running(*pair):
        for number in range(10):
            pair[0].deliver(mail_from(f"p{number}@rest.example"), to=[ADDRESS])
        pair[0].settled()
        for number in range(1, 11):
            pair[0].call("ticket.pend", ticket=number, until=4_000_000_000)
    pair[0].sql("update ticket set pend_until = 1")
    for node in pair:
        node.start(ready=False)
    with running():
        try:
            eventually(lambda: woken(pair[0]) and woken(pair[1]), "both nodes to run, and all tickets to be awake")
            counts = Counter(each for (each,) in pair[0].sql("select ticket from journal where event = 'woken'"))
            assert set(counts.values()) == {1}
            assert len(counts) == 10
        finally:
            for node in pair:
                node.kill()


def woken(desk: RunningDesk) -> bool:
    return "ready address=" in desk.log and desk.sql("select count(*) from ticket where state = 'pending'") == [["0"]]


def test_a_node_that_stops_in_good_order_leaves_nothing_behind(tmp_path: Path) -> None:
    first, second = made_nodes(tmp_path, postgres.fresh_database())
    with running(first, second):
        assert second.stop() == 0
        health = first.json("health")
        assert (health["status"], len(health["nodes"])) == ("ok", 1)
