"""Several tickets on one line: each is done in turn, and the exit code says how many were."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from typing import Any

import pytest

from spocd.errors import Exit, Refused, TryLater
from tests.cli.conftest import Cli
from tests.cli.fake_desk import FakeDesk, HangUp, process, ticket


def taking_all_but(*refused: int, code: Exit = Exit.CONFLICT) -> Any:
    def answer(parameters: dict[str, Any]) -> dict[str, Any]:
        if parameters["ticket"] in refused:
            raise Refused("taken", "Somebody has it.", code)
        return ticket(parameters["ticket"])

    return answer


def test_ids_come_from_the_line_and_from_standard_input(desk: FakeDesk) -> None:
    desk.answers["ticket.take"] = taking_all_but()
    ended = process("ticket", "take", "7", "-", config=desk.config, stdin=b"12\n#13 7\n\n")
    assert [asked["ticket"] for asked in desk.asked("ticket.take")] == [7, 12, 13]
    assert ended.code == 0


def test_no_ids_on_standard_input_is_nothing_to_do(desk: FakeDesk) -> None:
    ended = process("ticket", "take", "-", "--json", config=desk.config)
    assert ended == (0, "[]\n", "")


def test_some_refused_is_7_and_the_rest_is_done(desk: FakeDesk, cli: Cli) -> None:
    desk.answers["ticket.take"] = taking_all_but(13)
    ended = cli("ticket", "take", "12", "13", "14", "-o", "ids")
    assert ended == (7, "12\n14\n", "spocd: #13: Somebody has it.\n")


@pytest.mark.parametrize(
    ("sentence", "told"),
    [
        ("#13 is resolved already.", "spocd: #13 is resolved already.\n"),
        ("There is no ticket #13.", "spocd: There is no ticket #13.\n"),
        ("#130 has it.", "spocd: #13: #130 has it.\n"),
        ("No \x1b[2J way.", "spocd: #13: No \\x1b[2J way.\n"),
    ],
)
def test_a_refused_ticket_is_named_once(desk: FakeDesk, cli: Cli, sentence: str, told: str) -> None:
    def answer(parameters: dict[str, Any]) -> dict[str, Any]:
        if parameters["ticket"] == 13:
            raise Refused("no", sentence)
        return ticket(parameters["ticket"])

    desk.answers["ticket.take"] = answer
    assert cli("ticket", "take", "12", "13", "-o", "ids").err == told


def test_all_refused_is_the_code_of_the_first(desk: FakeDesk, cli: Cli) -> None:
    desk.answers["ticket.take"] = taking_all_but(12, 13, code=Exit.NOT_PERMITTED)
    assert cli("ticket", "take", "12", "13").code == Exit.NOT_PERMITTED


def test_a_desk_that_stops_answering_ends_the_line(desk: FakeDesk, cli: Cli) -> None:
    def answer(parameters: dict[str, Any]) -> dict[str, Any]:
        if parameters["ticket"] == 13:
            raise TryLater("The disk is full.")
        return ticket(parameters["ticket"])

    desk.answers["ticket.take"] = answer
    ended = cli("ticket", "take", "12", "13", "14", "-o", "ids")
    assert (ended.code, ended.out) == (7, "12\n")
    assert ended.err.splitlines()[-1] == "spocd: not tried: 14"
    assert len(desk.calls) == 2


def test_one_ticket_is_a_document_and_several_are_an_array(desk: FakeDesk, cli: Cli) -> None:
    desk.answers["ticket.take"] = taking_all_but()
    assert json.loads(cli("ticket", "take", "12", "--json").out)["number"] == 12
    assert [one["number"] for one in json.loads(cli("ticket", "take", "12", "13", "--json").out)] == [12, 13]


def test_a_chosen_key_is_told_apart_for_several_tickets(desk: FakeDesk, cli: Cli) -> None:
    desk.answers["ticket.take"] = taking_all_but()
    cli("ticket", "take", "12", "13", "--key", "monday")
    assert [asked["key"] for asked in desk.asked("ticket.take")] == ["monday.12", "monday.13"]


@pytest.mark.parametrize("verb", ["status", "explain", "view"])
def test_reads_of_several_are_an_array_too(desk: FakeDesk, cli: Cli, verb: str) -> None:
    desk.answers[f"ticket.{verb}"] = lambda parameters: {"number": parameters["ticket"]}
    assert json.loads(cli("ticket", verb, "12", "13", "--json").out) == [{"number": 12}, {"number": 13}]


def test_reads_of_several_are_shown_one_after_the_other(desk: FakeDesk, cli: Cli) -> None:
    desk.answers["ticket.status"] = lambda parameters: {"number": parameters["ticket"], "state": "open"}
    assert cli("ticket", "status", "12", "13").out == "number  12\nstate   open\nnumber  13\nstate   open\n"


@pytest.mark.parametrize(
    ("form", "rows"), [("csv", ["number,state", "12,open", "13,open"]), ("tsv", ["12\topen", "13\topen"])]
)
@pytest.mark.parametrize("verb", ["status", "explain"])
def test_facts_of_several_have_one_heading(desk: FakeDesk, verb: str, form: str, rows: list[str]) -> None:
    desk.answers[f"ticket.{verb}"] = lambda asked: {"number": asked["ticket"], "state": "open"}
    ended = process("ticket", verb, "-", "-o", form, config=desk.config, stdin=b"12\n13\n")
    assert (ended.code, ended.out.splitlines()) == (0, rows)


def test_a_watched_list_waits_for_a_desk_that_goes_right_after_it_told_of_something(desk: FakeDesk) -> None:
    answers: list[Any] = [HangUp, TryLater("It ends."), [ticket(12)]]

    def listed(_: dict[str, Any]) -> dict[str, Any]:
        answer = answers.pop(0) if answers else [ticket(12)]
        if not isinstance(answer, list):
            raise answer
        return {"tickets": answer, "cursor": None}

    desk.answers["ticket.list"] = listed
    desk.answers["ticket.watch"] = lambda _: {"events": [], "last": 7}
    line = [sys.executable, "-m", "spocd", "--config", str(desk.config), "ticket", "list", "--watch", "-o", "jsonl"]
    with subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as watching:
        assert watching.stdout is not None
        assert json.loads(watching.stdout.readline())["number"] == 12
        watching.send_signal(signal.SIGINT)
        watching.communicate()
    assert watching.returncode == 130
