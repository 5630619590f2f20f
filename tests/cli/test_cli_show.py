"""The forms of the output, and what no value can do in any of them."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest

from spocd.cli import visible
from spocd.cli.table import Place, cut, lay_out, width, with_room
from tests.cli.conftest import Cli
from tests.cli.fake_desk import FakeDesk, on_a_terminal, process, ticket, whole

EVIL = "\x1b]0;owned\x07 \x9b31m \u202etxt.exe\u2028 \ud800 \r\t\n end"
SHOWN = "\\x1b]0;owned\\x07 \\x9b31m \\u202etxt.exe\\u2028 \\ud800 \\r\\t\\n end"


def listed(desk: FakeDesk, *tickets: dict[str, Any]) -> None:
    desk.answers["ticket.list"] = lambda _: {"tickets": list(tickets)}


def test_a_piped_table_has_no_heading_no_colour_and_is_never_cut(desk: FakeDesk, cli: Cli) -> None:
    listed(desk, ticket(), ticket(113, subject="x" * 300, assignee=None, state="new"))
    first, second = cli("ticket", "list").out.splitlines()
    assert first.split() == ["12", "open", "bob", "ann@example.org", *first.split()[4:6], "Printer", "on", "fire"]
    assert second.endswith("x" * 300)
    assert "\x1b" not in first
    assert second.split()[2] == "-"


def test_a_list_with_json_is_an_array(desk: FakeDesk, cli: Cli) -> None:
    listed(desk, ticket(12), ticket(13))
    assert json.loads(cli("ticket", "list", "--json").out) == [ticket(12), ticket(13)]
    listed(desk)
    assert cli("ticket", "list", "--json").out == "[]\n"


def test_jsonl_is_a_document_a_line(desk: FakeDesk, cli: Cli) -> None:
    listed(desk, ticket(12), ticket(13))
    lines = cli("ticket", "list", "-o", "jsonl").out.splitlines()
    assert [json.loads(line)["number"] for line in lines] == [12, 13]


def test_ids_are_alone_on_their_lines(desk: FakeDesk, cli: Cli) -> None:
    listed(desk, ticket(12), ticket(13))
    assert cli("ticket", "list", "-o", "ids").out == "12\n13\n"


def test_csv_has_a_heading_and_tsv_has_none(desk: FakeDesk, cli: Cli) -> None:
    listed(desk, ticket(subject='a "b", c'))
    heading, row = csv.reader(io.StringIO(cli("ticket", "list", "-o", "csv").out))
    assert dict(zip(heading, row, strict=True))["subject"] == 'a "b", c'
    assert dict(zip(heading, row, strict=True))["opened_at"] == "2026-08-03T11:00:00Z"
    assert cli("ticket", "list", "-o", "tsv", "--fields", "number,subject").out == '12\ta "b", c\n'


@pytest.mark.parametrize("start", ["=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)", " =1", "＝1"])
@pytest.mark.parametrize("form", ["csv", "tsv"])
def test_sec_48_no_cell_is_a_formula(desk: FakeDesk, cli: Cli, start: str, form: str) -> None:
    listed(desk, ticket(subject=start))
    out = cli("ticket", "list", "-o", form, "--fields", "subject").out
    rows = list(csv.reader(io.StringIO(out))) if form == "csv" else [[out.rstrip("\n")]]
    assert rows[-1] == [f"'{start}"]


@pytest.mark.parametrize("form", ["table", "csv", "tsv", "json", "jsonl"])
def test_sec_47_nothing_in_a_list_acts_on_a_terminal(desk: FakeDesk, cli: Cli, form: str) -> None:
    listed(desk, ticket(subject=EVIL, assignee="bob\x1b[2J", requester={"name": EVIL, "address": EVIL}))
    out = cli("ticket", "list", "-o", form).out
    assert not any(character in out for character in "\x1b\x07\x9b\u202e\u2028\ud800\r")
    if form in ("json", "jsonl"):
        document = json.loads(out)
        assert (document[0] if form == "json" else document)["subject"] == EVIL
    else:
        assert SHOWN in out


def test_sec_47_nothing_in_a_view_acts_on_a_terminal(desk: FakeDesk, cli: Cli) -> None:
    def poisoned(value: Any) -> Any:
        match value:
            case dict():
                return {
                    name: part if name in ("number", "kind", "direction") else poisoned(part)
                    for name, part in value.items()
                }
            case list():
                return [poisoned(part) for part in value]
            case str():
                return EVIL + value
            case _:
                return value

    attachment = {"filename": "a.txt", "content_type": "text/plain", "size": 3, "sha256": "0" * 64}
    full = whole(
        links=[{"relation": "same subject", "ticket": 3}], proposed=[{"name": None, "address": "x@example.org"}]
    )
    full["messages"][0]["attachments"] = [attachment]
    desk.answers["ticket.view"] = lambda _: poisoned(full)
    for form in ("table", "json"):
        out = cli("ticket", "view", "12", "--log", "-o", form).out
        assert not any(character in out for character in "\x1b\x07\x9b\u202e\u2028\ud800\r")


def test_every_control_character_is_made_visible() -> None:
    controls = [chr(code) for code in (*range(0x20), *range(0x7F, 0xA0))]
    assert all(visible.line(one).isprintable() for one in controls)
    assert visible.text("a\r\nb\tc\rd") == "a\nb\tc\\rd"


@pytest.mark.parametrize("text", ["Grüße, Фёдор, 字", "a\xa0b", "שלום", "👩‍🔧"])
def test_what_people_write_is_left_alone(text: str) -> None:
    assert visible.line(text) == visible.text(text) == text


def test_fields_choose_and_order(desk: FakeDesk, cli: Cli) -> None:
    listed(desk, ticket())
    assert cli("ticket", "list", "--fields", "subject,number").out == "Printer on fire  12\n"
    chosen = json.loads(cli("ticket", "list", "--json", "--fields", "requester.address,rev").out)
    assert chosen == [{"requester.address": "ann@example.org", "rev": 7}]


@pytest.mark.parametrize("form", ["table", "csv", "tsv", "json", "jsonl"])
def test_an_unknown_field_is_bad_usage_and_names_those_there_are(desk: FakeDesk, cli: Cli, form: str) -> None:
    listed(desk, ticket())
    ended = cli("ticket", "list", "--fields", "number,color", "-o", form)
    assert ended.code == 2
    assert "There is no field “color”. There are: assignee," in ended.err


def test_an_empty_list_is_done_unless_it_must_not_be(desk: FakeDesk, cli: Cli) -> None:
    listed(desk)
    assert cli("ticket", "list") == (0, "", "")
    assert cli("ticket", "list", "--fail-empty") == (6, "", "spocd: nothing was found\n")
    assert cli("ticket", "list", "--fail-empty", "--json") == (6, "[]\n", "spocd: nothing was found\n")
    assert cli("ticket", "list", "--fail-empty", "--quiet") == (6, "", "")


def paged(desk: FakeDesk, total: int) -> None:
    def page(parameters: dict[str, Any]) -> dict[str, Any]:
        start = int(parameters.get("cursor", "0"))
        end = min(start + parameters["limit"], total)
        rows = [ticket(number + 1) for number in range(start, end)]
        return {"tickets": rows} | ({"cursor": str(end)} if end < total else {})

    desk.answers["ticket.list"] = page


@pytest.mark.parametrize(
    ("line", "shown", "calls"),
    [
        ((), range(1, 51), 1),
        (("-L", "3"), range(1, 4), 1),
        (("-L", "450"), range(1, 451), 3),
        (("--all",), range(1, 501), 3),
        (("-L", "2", "--cursor", "7"), range(8, 10), 1),
        (("--cursor", "498"), range(499, 501), 1),
    ],
)
def test_pages(desk: FakeDesk, cli: Cli, line: tuple[str, ...], shown: range, calls: int) -> None:
    paged(desk, 500)
    ended = cli("ticket", "list", "-o", "ids", *line)
    assert ended.out.split() == [str(number) for number in shown]
    assert len(desk.calls) == calls
    assert ("--cursor" in ended.err) == (shown.stop <= 500)


def test_quiet_leaves_errors_alone(desk: FakeDesk, cli: Cli) -> None:
    paged(desk, 500)
    assert cli("ticket", "list", "-o", "ids", "--quiet").err == ""


def test_times_are_local_for_people_and_utc_for_machines(desk: FakeDesk) -> None:
    listed(desk, ticket())
    out = process("ticket", "list", "--fields", "opened_at", config=desk.config, TZ="Europe/Helsinki").out
    assert out == "2026-08-03 14:00\n"
    out = process("ticket", "list", "--fields", "opened_at", "-o", "tsv", config=desk.config, TZ="Asia/Tokyo").out
    assert out == "2026-08-03T11:00:00Z\n"


@pytest.mark.parametrize("columns", [44, 60, 80, 132])
def test_a_table_fits_the_terminal(desk: FakeDesk, columns: int) -> None:
    listed(desk, ticket(subject="A very long subject " * 5 + "字" * 20), ticket(113, state="new"))
    lines = on_a_terminal(desk, "ticket", "list", columns=columns, NO_COLOR="1").splitlines()
    assert lines[0].split()[:2] == ["#", "STATE"]
    assert len(lines) == 3
    assert all(width(line) <= columns for line in lines)
    assert "…" in lines[1]


WIDE = "字🎉👩‍👩‍👧e\u0301❤\ufe0f" * 20
AGENT = {
    "login": "maria",
    "name": f"Maria {WIDE}",
    "address": "maria.holm@example.org",
    "role": "lead",
    "uid": None,
    "since": "2026-08-03T11:00:00Z",
    "title": WIDE,
    "hours": "",
    "picture": "",
    "signature": WIDE,
    "language": "da",
    "tier": 1,
    "skills": ["vpn", "dns"],
    "teams": ["first-line", "network"],
    "digest": "",
    "quiet": "",
    "presence": "away",
    "away_until": "2026-08-05T11:00:00Z",
}
PERSON = {"name": WIDE, "address": "a" * 60 + "@example.org", "language": "da", "organisation": "acme", "tickets": 3}
LISTS: dict[tuple[str, ...], tuple[str, dict[str, Any]]] = {
    ("ticket", "list"): ("ticket.list", {"tickets": [ticket(subject=WIDE)]}),
    ("agent", "list"): ("agent.list", {"agents": [AGENT]}),
    ("agent", "view", "maria"): ("agent.view", AGENT),
    ("person", "list"): ("person.list", {"people": [PERSON]}),
    ("ticket", "views"): ("view.list", {"views": [{"name": "late", "owner": None, "words": ["--search", WIDE]}]}),
    ("mail", "outbox"): (
        "mail.outbox",
        {
            "letters": [
                {"id": 1, "ticket": 12, "kind": "acknowledgement", "to": "ann@example.org", "state": "waiting"}
                | {"tries": 3, "next_try_at": "2026-08-03T11:00:00Z", "created_at": "", "sent_at": None, "reply": WIDE}
            ]
        },
    ),
}


@pytest.mark.parametrize("columns", [10, 24, 40, 60, 80, 200])
@pytest.mark.parametrize("line", LISTS, ids=" ".join)
def test_no_line_is_wider_than_the_terminal(desk: FakeDesk, line: tuple[str, ...], columns: int) -> None:
    operation, answer = LISTS[line]
    desk.answers[operation] = lambda _: answer
    shown = on_a_terminal(desk, *line, columns=columns, NO_COLOR="1").splitlines()
    assert shown
    assert [each for each in shown if width(each) > columns] == []


def test_on_a_narrow_terminal_what_matters_least_is_left_out(desk: FakeDesk) -> None:
    desk.answers["agent.list"] = lambda _: {"agents": [AGENT]}

    def headings(columns: int, *more: str) -> list[str]:
        return on_a_terminal(desk, "agent", "list", *more, columns=columns, NO_COLOR="1").splitlines()[0].split()

    assert headings(40) == ["LOGIN", "NAME", "TEAMS", "PRESENCE"]
    assert headings(200) == ["LOGIN", "NAME", "ADDRESS", "ROLE", "TIER", "TEAMS", "PRESENCE", "UNTIL", "PLANNED"]
    assert headings(40, "--fields", "login,role,tier,since") == ["LOGIN", "ROLE", "TIER", "SINCE"]
    listed(desk, ticket(assignee=None))
    first = on_a_terminal(desk, "ticket", "list", columns=32, NO_COLOR="1").splitlines()[0].split()
    assert first == ["#", "STATE", "REQUESTER", "SUBJECT"], "nobody has any of them"


def test_a_terminal_has_colours_unless_nobody_wants_them(desk: FakeDesk) -> None:
    listed(desk, ticket())
    assert "\x1b[" in on_a_terminal(desk, "ticket", "list")
    assert "\x1b[" not in on_a_terminal(desk, "ticket", "list", "--no-color")
    assert "\x1b[" not in on_a_terminal(desk, "ticket", "list", NO_COLOR="1")
    for without in ("dumb", ""):
        assert "\x1b[" not in on_a_terminal(desk, "ticket", "list", TERM=without)


def test_a_long_ticket_is_shown_in_the_pager_of_whoever_reads_it(desk: FakeDesk) -> None:
    long = whole()
    long["messages"][0]["visible_text"] = "line\n" * 200
    desk.answers["ticket.view"] = lambda _: long
    pager = "sed s/line/paged/"
    assert "paged" in on_a_terminal(desk, "ticket", "view", "12", PAGER=pager)
    assert "paged" not in on_a_terminal(desk, "ticket", "view", "12", "--no-input", PAGER=pager)


@pytest.mark.parametrize(
    ("text", "cells", "shown"),
    [
        ("abcdef", 6, "abcdef"),
        ("abcdef", 5, "abcd…"),
        ("字字字", 6, "字字字"),
        ("字字字", 5, "字字…"),
        ("字字字", 4, "字…"),
        ("👩‍👩‍👧👩‍👩‍👧", 7, "👩‍👩‍👧…"),
        ("❤\ufe0f❤\ufe0f", 3, "❤\ufe0f…"),
        ("e\u0301e\u0301", 2, "e\u0301e\u0301"),
        ("a\u00adb", 3, "a\u00adb"),
    ],
)
def test_text_is_cut_by_its_cells(text: str, cells: int, shown: str) -> None:
    assert cut(text, cells) == shown


def test_a_column_is_left_out_by_its_place_and_comes_back_where_there_is_room() -> None:
    row = ["1", "s" * 20, "w" * 9, "x" * 30, "v" * 4]
    places = [Place.WHOLE, Place.SPARE, Place.WHOLE, Place.CUT, Place.WHOLE]
    assert with_room([row], places, None) == with_room([row], places, 60) == [0, 1, 2, 3, 4]
    assert with_room([row], places, 30) == [0, 2, 3, 4]
    assert with_room([row], places, 22) == [0, 2, 3]
    assert with_room([row], places, 18) == [0, 3, 4]
    assert with_room([row], places, 5) == with_room([row], places, 1) == [0]
    assert with_room([], places, 5) == [0, 1, 2, 3, 4]


def test_columns_that_give_way_are_cut_first() -> None:
    laid = lay_out([["12345678901", "x" * 30, "y" * 10]], [False, True, False], 45)
    assert [len(cell) for cell in laid[0]] == [11, 20, 10]
