"""What a shell offers when Tab is pressed: tickets and agents of the desk, quickly, or nothing at all."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from spocd.errors import Exit, Refused
from tests.cli.fake_desk import FakeDesk, HangUp, process, ticket


@pytest.fixture
def answering(desk: FakeDesk) -> FakeDesk:
    rows = [ticket(13, subject="A: first \x1b[31m"), ticket(12, subject=""), ticket(27)]
    agents = [{"login": "bob", "name": "Bob Berg"}, {"login": "eve", "name": ""}]
    desk.answers["ticket.list"] = lambda _: {"tickets": rows}
    desk.answers["agent.list"] = lambda _: {"agents": agents}
    desk.answers["team.list"] = lambda _: {"teams": [{"key": "net", "name": "Network"}]}
    return desk


def offered(line: str, config: Path | None, shell: str = "bash") -> list[str]:
    """What the shell is told when Tab is pressed at the end of a line."""
    words = len(line.split(" ")) - 1
    environment = {"_SPOCD_COMPLETE": f"{shell}_complete", "COMP_WORDS": line, "COMP_CWORD": str(words)}
    ended = process(config=config, **environment)
    assert (ended.code, ended.err) == (0, "")
    return ended.out.split("\n")[:-1] if ended.out.strip() else []


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("spocd ticket take ", ["13", "12", "27"]),
        ("spocd ticket take 1", ["13", "12"]),
        ("spocd ticket take #1", ["#13", "#12"]),
        ("spocd ticket take 12 2", ["27"]),
        ("spocd ticket view 9", []),
        ("spocd ticket reply 2", ["27"]),
        ("spocd ticket cc add 2", ["27"]),
        ("spocd ticket attachment get 2", ["27"]),
        ("spocd token revoke 2", ["27"]),
        ("spocd mail outbox --ticket 2", ["27"]),
        ("spocd ticket assign 12 ", ["bob", "eve", "net"]),
        ("spocd ticket assign 12 b", ["bob"]),
        ("spocd --as ", ["bob", "eve"]),
        ("spocd ticket view 12 --as e", ["eve"]),
        ("spocd ticket list --assignee b", ["bob"]),
    ],
)
def test_tab_offers_what_the_desk_has(answering: FakeDesk, line: str, words: list[str]) -> None:
    assert offered(line, answering.config) == [f"plain,{word}" for word in words]


def test_tab_asks_for_open_tickets_or_for_those_that_can_be_reopened(answering: FakeDesk) -> None:
    offered("spocd ticket take ", answering.config)
    offered("spocd ticket reopen ", answering.config)
    states = [asked["state"] for asked in answering.asked("ticket.list")]
    assert states == [["new", "open", "pending"], ["resolved", "closed"]]


@pytest.mark.parametrize("line", ["spocd --as eve ticket take ", "spocd ticket take --as eve "])
def test_tab_asks_for_whom_the_line_acts_for(answering: FakeDesk, line: str) -> None:
    offered(line, answering.config)
    [asked] = answering.asked("ticket.list")
    assert asked["acting_as"] == "eve"


def test_tab_tells_what_a_number_stands_for(answering: FakeDesk) -> None:
    told = offered("spocd ticket take ", answering.config, "zsh")
    assert told[:6] == ["plain", "13", "A: first \\x1b[31m", "plain", "12", "_"]


def test_tab_asks_the_desk_that_the_line_names(answering: FakeDesk) -> None:
    assert offered(f"spocd --config {answering.config} ticket take 2", None) == ["plain,27"]


def refusing(_: dict[str, Any]) -> dict[str, Any]:
    raise Refused("no", "You have no role here.", Exit.NOT_PERMITTED)


def hanging_up(_: dict[str, Any]) -> dict[str, Any]:
    raise HangUp


def answering_nonsense(_: dict[str, Any]) -> dict[str, Any]:
    return {}


@pytest.mark.parametrize("answer", [refusing, hanging_up, answering_nonsense])
def test_a_desk_that_does_not_say_is_nothing_to_offer(desk: FakeDesk, answer: Any) -> None:
    desk.answers["ticket.list"] = answer
    assert offered("spocd ticket take ", desk.config) == []


@pytest.mark.parametrize("there", [True, False])
def test_a_desk_that_does_not_run_is_nothing_to_offer(tmp_path: Path, there: bool) -> None:
    config = tmp_path / "spocd.toml"
    if there:
        config.write_text('[desk]\naddress = "desk@example.org"\n')
    assert offered("spocd ticket take ", config) == []


def test_a_desk_that_is_slow_is_nothing_to_offer(desk: FakeDesk) -> None:
    def slow(_: dict[str, Any]) -> dict[str, Any]:
        time.sleep(3)
        raise HangUp

    desk.answers["ticket.list"] = slow
    started = time.monotonic()
    assert offered("spocd ticket take ", desk.config) == []
    assert time.monotonic() - started < 2.5  # seconds: one for the desk, the rest for a busy machine
