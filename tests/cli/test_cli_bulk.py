"""One verb for all that a list finds, and lists under a name."""

from __future__ import annotations

import json
from typing import Any

import pytest

from spocd.errors import Refused
from tests.cli.conftest import Cli
from tests.cli.fake_desk import FakeDesk, on_a_terminal, process, ticket


def finds(desk: FakeDesk, *numbers: int) -> None:
    desk.answers["ticket.list"] = lambda _: {"tickets": [ticket(number) for number in numbers], "cursor": None}


def test_one_verb_for_all_that_a_list_finds(desk: FakeDesk) -> None:
    finds(desk, 12, 13)
    desk.answers["ticket.close"] = lambda asked: ticket(asked["ticket"])
    line = ["ticket", "bulk", "--tag", "vpn", "--state", "open", "-o", "ids", "--key", "k", "--", "close", "-b", "Hi"]
    ended = process(*line, config=desk.config)
    assert (ended.code, ended.out) == (0, "12\n13\n")
    assert "2 tickets found" in ended.err
    [listed] = desk.asked("ticket.list")
    assert (listed["tag"], listed["state"]) == ("vpn", ["open"])
    asked = desk.asked("ticket.close")
    assert [(each["ticket"], each["body"], each["key"]) for each in asked] == [
        (12, "Hi", "k.12"),
        (13, "Hi", "k.13"),
    ]


def test_what_is_refused_for_one_is_told_and_the_others_are_done(desk: FakeDesk) -> None:
    finds(desk, 12, 13)

    def refused(asked: dict[str, Any]) -> dict[str, Any]:
        if asked["ticket"] == 12:
            raise Refused("closed", "#12 is closed already.")
        return ticket(13)

    desk.answers["ticket.edit"] = refused
    ended = process("ticket", "bulk", "--tag", "vpn", "--", "edit", "--priority", "high", config=desk.config)
    assert ended.code == 7
    assert "#12 is closed already." in ended.err
    assert [each["priority"] for each in desk.asked("ticket.edit")] == ["high", "high"]


def test_a_verb_that_takes_one_ticket_and_more_words(desk: FakeDesk) -> None:
    finds(desk, 12)
    desk.answers["ticket.assign"] = lambda asked: ticket(asked["ticket"])
    assert (
        process("ticket", "bulk", "--all", "--", "assign", "bob", "--reason", "on leave", config=desk.config).code == 0
    )
    assert [(each["ticket"], each["to"]) for each in desk.asked("ticket.assign")] == [(12, "bob")]


def test_nothing_found_is_nothing_done(desk: FakeDesk) -> None:
    finds(desk)
    assert process("ticket", "bulk", "--tag", "x", "--", "close", config=desk.config).code == 0
    assert process("ticket", "bulk", "--tag", "x", "--fail-empty", "--", "close", config=desk.config).code == 6


@pytest.mark.parametrize("verb", ["list", "view", "new", "fly", "cc"])
def test_what_cannot_be_done_to_many_is_a_usage_error(desk: FakeDesk, verb: str) -> None:
    finds(desk, 12)
    ended = process("ticket", "bulk", "--tag", "x", "--", verb, config=desk.config)
    assert ended.code == 2
    assert desk.asked("ticket.list") == []


def test_at_a_terminal_it_is_asked_first(desk: FakeDesk) -> None:
    finds(desk, 12, 13)
    shown = on_a_terminal(desk, "ticket", "bulk", "--tag", "x", "--", "close", typed=b"n\n")
    assert "close 2 tickets?" in shown
    assert desk.asked("ticket.close") == []


def test_filters_are_saved_as_they_were_written(desk: FakeDesk, cli: Cli) -> None:
    finds(desk, 12)
    desk.answers["view.save"] = lambda asked: {"name": asked["name"], "owner": "bob", "words": asked["words"]}
    cli(
        "ticket",
        "list",
        "--due-within",
        "4h",
        "--state",
        "new",
        "--state",
        "open",
        "--breached",
        "--save-as",
        "late",
        "--json",
    )
    words = ["--state", "new", "--state", "open", "--due-within", "4h", "--breached"]
    assert desk.asked("view.save") == [{"name": "late", "words": words}]


def test_a_saved_list_is_shown_and_what_the_line_says_goes_before(desk: FakeDesk, cli: Cli) -> None:
    finds(desk, 12)
    saved = {"name": "late", "owner": None, "words": ["--state", "new,open", "--tag", "vpn", "--breached"]}
    desk.answers["view.list"] = lambda _: {"views": [saved]}
    ended = cli("ticket", "list", "--view", "late", "--tag", "mail", "--json")
    assert json.loads(ended.out)[0]["number"] == 12
    [asked] = desk.asked("ticket.list")
    assert (asked["state"], asked["tag"], asked["breached"]) == (["new", "open"], "mail", True)
    ended = process("ticket", "list", "--view", "x", config=desk.config)
    assert (ended.code, "There is no view “x”" in ended.err) == (3, True)


def test_saved_lists_are_shown_and_forgotten(desk: FakeDesk, cli: Cli) -> None:
    saved = {"name": "late", "owner": None, "words": ["--breached"]}
    desk.answers["view.list"] = lambda _: {"views": [saved]}
    desk.answers["view.forget"] = lambda _: saved
    assert cli("ticket", "views").out.split() == ["late", "everybody", "--breached"]
    cli("ticket", "views", "--forget", "late", "--for-all")
    assert desk.asked("view.forget") == [{"name": "late", "for_all": True}]


@pytest.mark.parametrize("filters", [[], ["--sort", "oldest"]])
def test_sec_without_a_filter_it_is_done_to_all_only_where_the_line_says_so(desk: FakeDesk, filters: list[str]) -> None:
    finds(desk, 12)
    desk.answers["ticket.close"] = lambda asked: ticket(asked["ticket"])
    ended = process("ticket", "bulk", *filters, "-y", "--", "close", config=desk.config)
    assert (ended.code, desk.calls) == (2, [])
    assert "Nothing narrows the list: say which tickets, such as --tag vpn, or all of them: --all." in ended.err
    assert process("ticket", "bulk", *filters, "--all", "--", "close", config=desk.config).code == 0
    assert len(desk.asked("ticket.close")) == 1


def test_sec_a_saved_list_that_narrows_nothing_is_no_filter(desk: FakeDesk) -> None:
    finds(desk, 12)
    desk.answers["view.list"] = lambda _: {"views": [{"name": "every", "owner": None, "words": ["--sort", "due"]}]}
    assert process("ticket", "bulk", "--view", "every", "--", "close", config=desk.config).code == 2
    assert desk.asked("ticket.list") == []


@pytest.mark.parametrize(
    "line",
    [
        *(["ticket", "bulk", option, "", "--", "close"] for option in ("--search", "--tag", "--view", "--requester")),
        *(["ticket", "list", option, " "] for option in ("--search", "--assignee", "--service", "--team", "--save-as")),
        *(["person", "list", option, ""] for option in ("--search", "--group", "--organisation")),
        ["mail", "outbox", "--ticket", ""],
        ["audit", "list", "--actor", ""],
        ["canned", "list", "--service", ""],
        ["ticket", "hints", "--subject", "", "--service", "vpn"],
        ["ticket", "list", "--cursor", ""],
        ["ticket", "close", "12", "--key", ""],
    ],
    ids=lambda line: " ".join(line[:3]),
)
def test_sec_a_filter_that_is_empty_is_not_one_of_everything(desk: FakeDesk, cli: Cli, line: list[str]) -> None:
    ended = cli(*line)
    assert (ended.code, desk.calls) == (2, [])
    option = next(word for word in line if word.startswith("--"))
    assert f"{option} is empty. Give it a value, or leave it out." in ended.err
