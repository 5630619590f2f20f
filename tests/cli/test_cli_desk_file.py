"""`spocd apply` and `export`, and the commands that show what the file made."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from spocd.errors import Exit, Refused
from tests.cli.conftest import Cli
from tests.cli.fake_desk import FakeDesk, on_a_terminal, process

Change = dict[str, Any]


def change(what: str, kind: str, key: str, field: str | None = None, was: Any = None, now: Any = None) -> Change:
    return {"what": what, "kind": kind, "key": key, "field": field, "was": was, "now": now}


CHANGES = [
    change("added", "team", "network"),
    change("added", "team", "network", "name", None, "Network"),
    change("added", "team", "network", "members", None, '["ida"]'),
    change("changed", "agent", "maria", "role", "agent", "lead"),
    change("changed", "agent", "maria", "title", "Engineer", None),
    change("changed", "canned", "paper", "body.en", "Hello,\n\nfill tray 2.\n", "Hello,\n\nfill tray 3.\n"),
    change("removed", "service", "fax"),
]
DIFF = """\
+ team network
  name: Network
  members: ["ida"]
~ agent maria role: agent → lead
~ agent maria title: Engineer → -
~ canned paper body.en:
    \x20
    -fill tray 2.
    +fill tray 3.
- service fax
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "desk.toml"
    path.write_text('[teams.network]\nname = "Netværk"\n', encoding="utf-8")
    return path


def test_apply_sends_the_text_and_how_messages_shall_name_it(desk: FakeDesk, cli: Cli, file: Path) -> None:
    desk.answers["desk.apply"] = lambda _: {"changes": CHANGES}
    ended = cli("apply", str(file))
    assert desk.asked("desk.apply") == [{"text": file.read_text(encoding="utf-8"), "name": str(file), "remove": False}]
    assert (ended.code, ended.out) == (0, DIFF)


def test_apply_reads_standard_input(desk: FakeDesk) -> None:
    desk.answers["desk.apply"] = lambda _: {"changes": []}
    ended = process("--config", str(desk.config), "apply", "-", "--remove", stdin=b"[teams]\n")
    assert desk.asked("desk.apply") == [{"text": "[teams]\n", "name": "standard input", "remove": True}]
    assert (ended.code, ended.out) == (0, "")
    assert "nothing to do" in ended.err


@pytest.mark.parametrize("form", ["json", "jsonl", "csv", "tsv", "ids"])
def test_the_changes_have_every_form(desk: FakeDesk, cli: Cli, file: Path, form: str) -> None:
    desk.answers["desk.apply"] = lambda _: {"changes": CHANGES}
    out = cli("apply", str(file), "--dry-run", "-o", form).out
    assert desk.asked("desk.apply")[0]["dry_run"] is True
    if form == "json":
        assert json.loads(out) == {"changes": CHANGES}
    else:
        assert len(out.splitlines()) == len(CHANGES) + (form == "csv")


def test_every_fault_of_a_broken_file_is_a_line_and_the_exit_78(desk: FakeDesk, cli: Cli, file: Path) -> None:
    def refuse(_: dict[str, Any]) -> dict[str, Any]:
        raise Refused("bad-desk-file", "desk.toml:1: one\ndesk.toml:2: two", Exit.CONFIGURATION)

    desk.answers["desk.apply"] = refuse
    ended = cli("apply", str(file))
    assert (ended.code, ended.out) == (78, "")
    assert ended.err == "spocd: desk.toml:1: one\nspocd: desk.toml:2: two\n"


@pytest.mark.parametrize("coding", ["utf-8-sig", "utf-16"])
def test_the_mark_that_an_editor_puts_before_the_text_is_none_of_it(
    desk: FakeDesk, cli: Cli, file: Path, coding: str
) -> None:
    text = file.read_text(encoding="utf-8")
    file.write_text(text, encoding=coding)
    desk.answers["desk.apply"] = lambda _: {"changes": CHANGES}
    assert cli("apply", str(file)).code == 0
    assert [each["text"] for each in desk.asked("desk.apply")] == [text]


def test_a_file_that_is_no_text_is_refused_before_anything_is_asked(desk: FakeDesk, cli: Cli, file: Path) -> None:
    file.write_bytes(b'[agents.soren]\nname = "S\xf8ren"\n')
    ended = cli("apply", str(file))
    assert (ended.code, ended.err) == (78, f"spocd: {file}:2: is not UTF-8 text; save the file as UTF-8\n")
    assert desk.calls == []


def test_a_file_that_is_too_large_or_missing_is_refused_before_anything_is_asked(
    desk: FakeDesk, cli: Cli, file: Path, tmp_path: Path
) -> None:
    file.write_text("#" * (512 * 1024 + 1))
    assert cli("apply", str(file)).code == 2
    missing = cli("apply", str(tmp_path / "nowhere.toml"))
    assert missing == (78, "", f"spocd: {tmp_path / 'nowhere.toml'}: No such file or directory\n")
    assert desk.calls == []


@pytest.mark.parametrize(("typed", "asked"), [(b"n\n", 1), (b"y\n", 2)])
def test_on_a_terminal_the_changes_are_shown_and_asked_about_first(
    desk: FakeDesk, file: Path, typed: bytes, asked: int
) -> None:
    desk.answers["desk.apply"] = lambda _: {"changes": CHANGES}
    shown = on_a_terminal(desk, "apply", str(file), typed=typed, columns=100)
    assert "team network" in shown
    assert "Make the desk so?" in shown
    assert [each.get("dry_run") for each in desk.asked("desk.apply")] == [True, None][:asked]


def test_on_a_terminal_nothing_is_asked_where_nothing_changes(desk: FakeDesk, file: Path) -> None:
    desk.answers["desk.apply"] = lambda _: {"changes": []}
    shown = on_a_terminal(desk, "apply", str(file), columns=100)
    assert "nothing to do" in shown
    assert "Make the desk so?" not in shown


def test_export_prints_the_file_as_it_is(desk: FakeDesk, cli: Cli) -> None:
    desk.answers["desk.export"] = lambda _: {"text": '[teams.network]\nname = "Netværk"\n'}
    assert cli("export").out == '[teams.network]\nname = "Netværk"\n'
    assert json.loads(cli("export", "--json").out) == {"text": '[teams.network]\nname = "Netværk"\n'}


AWAY = {"since": "2026-08-03T10:00:00Z", "until": "2026-08-09T10:00:00Z", "deputy": "ida", "begun": False}
CARD = {
    "login": "bob", "name": "Bob", "signature": "Bob\nIT", "teams": [], "presence": "away", "away_until": None,
    "absences": [AWAY],
}  # fmt: skip
SERVICE = {"key": "vpn", "name": "VPN", "names": {}, "descriptions": {}, "description": "In.\nOut.", "facts": ["What?"]}
CANNED = {"key": "paper", "title": "Paper", "service": None, "body": "Fill it.", "bodies": {"en": "Fill it."}}
TEAM = {"key": "net", "name": "Net", "address": "", "members": ["ida"]}
ACME = {"key": "acme", "name": "Acme", "domains": [], "briefing": "Two\nsites.", "manager": None}
OFFICE = {"key": "office", "zone": "UTC", "hours": {"mon": "08:00-16:00"}, "holidays": {"2026-12-25": "Christmas Day"}}


@pytest.mark.parametrize(
    ("line", "operation", "parameters", "answer", "shown"),
    [
        ("agent view bob", "agent.view", {"login": "bob"}, CARD, "presence    away"),
        (
            "agent view bob",
            "agent.view",
            {"login": "bob"},
            CARD,
            "absences    away from 2026-08-03 10:00 until 2026-08-09 10:00, deputy ida",
        ),
        (
            "agent edit bob --tier 2 --skill vpn --skill dns --quiet-hours 18:00-07:00",
            "agent.edit",
            {"login": "bob", "card": {"tier": 2, "skills": ["vpn", "dns"], "quiet": "18:00-07:00"}},
            CARD,
            "bob",
        ),
        (
            "agent new bob --uid 7 --role editor --title Writer",
            "agent.new",
            {"login": "bob", "uid": 7, "role": "editor", "card": {"title": "Writer"}},
            CARD,
            "bob",
        ),
        ("agent edit --digest 08:00", "agent.edit_own", {"card": {"digest": "08:00"}}, CARD, "bob"),
        ("service view vpn --lang da", "service.view", {"service": "vpn", "language": "da"}, SERVICE, "In.\nOut.\n"),
        ("calendar view office", "calendar.view", {"calendar": "office"}, OFFICE, "hours mon            08:00-16:00"),
        ("organisation view acme", "organisation.view", {"organisation": "acme"}, ACME, "\nTwo\nsites.\n"),
        ("canned view paper", "canned.view", {"answer": "paper"}, CANNED, "\nFill it.\n"),
        (
            "canned edit paper -b Now. --lang da",
            "canned.edit",
            {"answer": "paper", "body": "Now.", "language": "da"},
            CANNED,
            "paper",
        ),
        ("canned edit paper --title T", "canned.edit", {"answer": "paper", "title": "T"}, CANNED, "paper"),
        (
            "team new net --name Net --member ida",
            "team.new",
            {"team": "net", "name": "Net", "members": ["ida"]},
            TEAM,
            "ida",
        ),
        ("team edit net --name Net", "team.edit", {"team": "net", "name": "Net"}, TEAM, "ida"),
        ("team member add net ida", "team.member_add", {"team": "net", "login": "ida"}, TEAM, "ida"),
        ("team member remove net ida", "team.member_remove", {"team": "net", "login": "ida"}, TEAM, "ida"),
    ],
)
def test_a_command_asks_for_its_operation_and_shows_what_came_of_it(
    desk: FakeDesk, cli: Cli, line: str, operation: str, parameters: dict[str, Any], answer: dict[str, Any], shown: str
) -> None:
    desk.answers[operation] = lambda _: answer
    ended = cli(*line.split())
    assert desk.asked(operation) == [parameters]
    assert ended.code == 0
    assert shown in ended.out


@pytest.mark.parametrize("form", ["table", "json", "csv", "ids"])
@pytest.mark.parametrize(
    ("line", "operation", "field", "row"),
    [
        ("team list", "team.list", "teams", TEAM),
        ("service list", "service.list", "services", SERVICE),
        ("calendar list", "calendar.list", "calendars", OFFICE),
        ("organisation list", "organisation.list", "organisations", ACME),
        ("canned list", "canned.list", "canned", CANNED),
        ("agent list --left", "agent.list", "agents", CARD),
    ],
)
def test_a_list_has_every_form(
    desk: FakeDesk, cli: Cli, line: str, operation: str, field: str, row: dict[str, Any], form: str
) -> None:
    desk.answers[operation] = lambda _: {field: [row]}
    out = cli(*line.split(), "-o", form).out
    assert (row.get("key") or row["login"]) in out


def test_a_canned_answer_is_changed_in_an_editor(desk: FakeDesk, tmp_path: Path) -> None:
    desk.answers["canned.view"] = lambda _: CANNED
    desk.answers["canned.edit"] = lambda _: CANNED
    editor = tmp_path / "editor"
    editor.write_text("#!/bin/sh\nsed -i 's/Fill it/Fill tray 2/' \"$1\"\n")
    editor.chmod(0o700)
    on_a_terminal(desk, "canned", "edit", "paper", EDITOR=str(editor), HOME=str(tmp_path))
    assert desk.asked("canned.edit") == [{"answer": "paper", "body": "Fill tray 2."}]


def test_what_only_administrators_change_is_refused_before_anything_is_asked(desk: FakeDesk, cli: Cli) -> None:
    ended = cli("agent", "edit", "--role", "admin")
    assert ended.code == 2
    assert "Only administrators change the role of a card." in ended.err
    assert desk.calls == []


def test_without_a_terminal_a_canned_answer_needs_its_text_on_the_line(desk: FakeDesk, cli: Cli) -> None:
    assert cli("canned", "edit", "paper").code == 2
    assert desk.calls == []


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("service view v", ["vpn"]),
        ("ticket list --service f", ["files"]),
        ("ticket list --team n", ["net"]),
        ("ticket new --service ", ["vpn", "files"]),
        ("ticket edit 12 --service v", ["vpn"]),
        ("team member add n", ["net"]),
        ("person list --organisation a", ["acme"]),
        ("canned view p", ["paper"]),
        ("ticket assign 12 ", ["nils", "net"]),
    ],
)
def test_the_shell_offers_what_the_file_made_by_its_short_names(desk: FakeDesk, line: str, words: list[str]) -> None:
    desk.answers["service.list"] = lambda _: {"services": [SERVICE, SERVICE | {"key": "files"}]}
    desk.answers["team.list"] = lambda _: {"teams": [TEAM]}
    desk.answers["organisation.list"] = lambda _: {"organisations": [ACME]}
    desk.answers["canned.list"] = lambda _: {"canned": [CANNED]}
    desk.answers["agent.list"] = lambda _: {"agents": [CARD | {"login": "nils"}]}
    typed = f"spocd --config {desk.config} {line}"
    ended = process(_SPOCD_COMPLETE="bash_complete", COMP_WORDS=typed, COMP_CWORD=str(len(typed.split(" ")) - 1))
    assert ended.out.splitlines() == [f"plain,{word}" for word in words]
