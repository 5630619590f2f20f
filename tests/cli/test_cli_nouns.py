"""People, agents, mails, tokens and the desk as a whole."""

from __future__ import annotations

import json
import os
import re
import subprocess
import time
from typing import Any

import pytest

import spocd
from spocd.errors import Exit, Refused
from tests.cli.conftest import Cli
from tests.cli.fake_desk import FakeDesk, on_a_terminal, process, ticket

HEALTH = {
    "status": "ok",
    "inbox": {"waiting": 0, "oldest": None, "failed": 0},
    "outbox": {"waiting": 1, "oldest": "2026-03-02T08:00:00Z", "sending": 0, "failed": 0, "unknown": 0},
    "nodes": [
        {
            "run": "r1",
            "host": "h",
            "place": "h:/srv/12",
            "state": "alive",
            "started_at": "2026-03-02T08:00:00Z",
            "seen_at": "2026-03-02T09:00:00Z",
        }
    ],
    "faults": [],
}


@pytest.mark.parametrize(
    ("line", "operation", "parameters", "answer"),
    [
        ("message move 12.3 #13", "message.move", {"message": "12.3", "to": "13"}, ticket()),
        ("message move 12.3 new", "message.move", {"message": "12.3", "to": "new"}, ticket()),
        ("person view a@b.c", "person.view", {"address": "a@b.c"}, {"address": "a@b.c", "tickets": []}),
        ("agent new root --uid 7", "agent.new", {"login": "root", "uid": 7}, {"login": "root"}),
        ("agent new root --role lead", "agent.new", {"login": "root", "role": "lead", "uid": 0}, {"login": "root"}),
        ("agent new no.such.account", "agent.new", {"login": "no.such.account"}, {"login": "x"}),
        ("mail explain 7", "mail.explain", {"id": "7"}, {"rung": 1}),
        ("mail explain #12.1", "mail.explain", {"id": "12.1"}, {"rung": 1}),
        ("mail failed view 7", "mail.failed_view", {"id": 7}, {"sha256": "0"}),
        ("mail failed replay 7", "mail.failed_replay", {"id": 7}, {"id": 7}),
        ("mail hold 1 2", "mail.hold", {"letters": [1, 2]}, {"letters": 2}),
        ("mail hold", "mail.hold", {}, {"letters": 2}),
        ("mail flush", "mail.flush", {}, {"letters": 2}),
        ("token rotate", "token.rotate", {}, {"key_id": "2", "keys": []}),
        ("token revoke #12 --address a@b.c", "token.revoke", {"ticket": 12, "address": "a@b.c"}, {"revoked": 1}),
        ("token explain desk+r@b.c", "token.explain", {"address": "desk+r@b.c"}, {"valid": False}),
        ("health", "desk.health", {}, HEALTH),
        ("reload", "desk.reload", {}, {"config": "x"}),
    ],
)
def test_a_command_asks_for_its_operation_and_prints_its_document(
    desk: FakeDesk, cli: Cli, line: str, operation: str, parameters: dict[str, Any], answer: dict[str, Any]
) -> None:
    desk.answers[operation] = lambda _: answer
    ended = cli(*line.split(), "--json")
    assert desk.asked(operation) == [parameters]
    assert json.loads(ended.out) == answer
    assert ended.code == 0


@pytest.mark.parametrize(
    ("line", "operation", "field", "parameters"),
    [
        ("ticket search on fire", "ticket.search", "tickets", {"words": "on fire", "limit": 50}),
        ("person list --search ann", "person.list", "people", {"search": "ann", "limit": 50}),
        ("agent list", "agent.list", "agents", {}),
        ("mail inbox --state failed", "mail.inbox", "mails", {"state": "failed", "limit": 50}),
        ("mail outbox --ticket #12", "mail.outbox", "letters", {"ticket": 12, "limit": 50}),
        ("mail failed list", "mail.failed_list", "mails", {"limit": 50}),
    ],
)
@pytest.mark.parametrize("form", ["table", "json", "jsonl", "csv", "tsv", "ids"])
def test_a_list_has_every_form(
    desk: FakeDesk, cli: Cli, line: str, operation: str, field: str, parameters: dict[str, Any], form: str
) -> None:
    row = {"id": 12, "number": 12, "address": "12", "login": "12"}
    desk.answers[operation] = lambda _: {field: [row]}
    ended = cli(*line.split(), "-o", form)
    assert desk.asked(operation) == [parameters]
    assert "12" in ended.out
    assert len(ended.out.splitlines()) == {"csv": 2, "json": 3}.get(form, 1)


def test_facts_are_names_and_values(desk: FakeDesk, cli: Cli) -> None:
    desk.answers["desk.health"] = lambda _: HEALTH
    out = cli("health").out
    assert "inbox waiting   0\n" in out
    assert cli("health", "-o", "tsv", "--fields", "status,outbox.waiting").out == "ok\t1\n"


def test_health_speaks_to_people_in_local_times_and_names_a_node_by_its_place(
    desk: FakeDesk, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    faults = ["nothing can be written since 2026-03-02T10:00:00Z: the disk is full"]
    desk.answers["desk.health"] = lambda _: HEALTH | {"faults": faults}
    monkeypatch.setenv("TZ", "Europe/Helsinki")
    time.tzset()
    try:
        out = cli("health").out
    finally:
        monkeypatch.undo()
        time.tzset()
    assert "h:/srv/12  alive, since 2026-03-02 10:00, last seen 2026-03-02 11:00\n" in out
    assert "nothing can be written since 2026-03-02 12:00: the disk is full\n" in out
    assert re.search(r"outbox oldest +2026-03-02 10:00, \d+ d( \d+ h)? ago\n", out)
    assert "r1" not in out


@pytest.mark.parametrize(
    ("line", "count", "told"),
    [
        ("mail hold", 0, "Sending is held until `spocd mail flush`; 0 letters wait"),
        ("mail hold", 1, "Sending is held until `spocd mail flush`; 1 letter waits"),
        ("mail hold", 7, "Sending is held until `spocd mail flush`; 7 letters wait"),
        ("mail hold 3", 1, "1 letter is held until flushed by name"),
        ("mail hold 3 4", 2, "2 letters are held until flushed by name"),
    ],
)
def test_holding_letters_says_what_it_does(desk: FakeDesk, cli: Cli, line: str, count: int, told: str) -> None:
    desk.answers["mail.hold"] = lambda _: {"letters": count}
    assert cli(*line.split()) == (0, f"letters  {count}\n", f"spocd: {told}\n")
    assert told not in cli(*line.split(), "--dry-run").err


def test_holding_letters_that_are_not_there_is_3(desk: FakeDesk, cli: Cli) -> None:
    def refused(_: dict[str, Any]) -> dict[str, Any]:
        raise Refused("no-such-letter", "None of these letters waits.", Exit.NOT_FOUND)

    desk.answers["mail.hold"] = desk.answers["mail.flush"] = refused
    for verb in ("hold", "flush"):
        assert cli("mail", verb, "9999") == (3, "", "spocd: None of these letters waits.\n")


def test_all_sending_is_held_after_a_question(desk: FakeDesk) -> None:
    desk.answers["mail.hold"] = lambda _: {"letters": 0}
    shown = on_a_terminal(desk, "mail", "hold", typed=b"n\n", columns=100)
    assert "Hold all sending until `spocd mail flush`? [y/N]" in shown
    assert desk.calls == []


def test_a_place_in_the_order_is_explained_on_the_readers_clock(desk: FakeDesk) -> None:
    place = {
        "number": 12,
        "position": 3,
        "order": ["waiting since", "number"],
        "why": ["#12 is number 3 in the queue.", "Its requester has waited since 2026-08-03T11:00:00Z."],
    }
    desk.answers["ticket.explain"] = lambda _: place
    assert (
        process("ticket", "explain", "12", config=desk.config, TZ="Europe/Helsinki").out
        == """\
number      12
position    3
ordered by  how long they wait, then by number
why         #12 is number 3 in the queue.
            Its requester has waited since 2026-08-03 14:00.
"""
    )
    assert json.loads(process("ticket", "explain", "12", "--json", config=desk.config).out) == place
    desk.answers["ticket.explain"] = lambda _: place | {"position": None}
    assert "position" not in process("ticket", "explain", "12", config=desk.config).out


def test_of_a_place_far_behind_it_is_said_that_nobody_counted(desk: FakeDesk, cli: Cli) -> None:
    place = {"number": 12, "position": 1001, "more_before": True, "order": [], "why": ["Far behind."]}
    desk.answers["ticket.explain"] = lambda _: dict(place)
    assert "position  more than 1,000 before it\n" in cli("ticket", "explain", "12").out
    assert json.loads(cli("ticket", "explain", "12", "--json").out) == place
    status = {"number": 12, "place_in_queue": 1001, "more_before": True}
    desk.answers["ticket.status"] = lambda _: dict(status)
    assert cli("ticket", "status", "12").out == "number          12\nplace in queue  more than 1,000 before it\n"
    assert json.loads(cli("ticket", "status", "12", "--json").out) == status


def test_a_status_leaves_out_a_promise_that_was_not_given(desk: FakeDesk, cli: Cli) -> None:
    status = {"number": 12, "assignee": None, "due_at": None}
    desk.answers["ticket.status"] = lambda _: dict(status)
    assert cli("ticket", "status", "12").out == "number    12\nassignee  -\n"
    assert json.loads(cli("ticket", "status", "12", "--json").out) == status
    desk.answers["ticket.status"] = lambda _: status | {"due_at": "2026-08-03T11:00:00Z"}
    assert "due at" in cli("ticket", "status", "12").out


def test_a_desk_that_is_not_well_is_9_and_says_so_all_the_same(desk: FakeDesk, cli: Cli) -> None:
    desk.answers["desk.health"] = lambda _: HEALTH | {"status": "warning"}
    ended = cli("health", "--json")
    assert ended.code == 9
    assert json.loads(ended.out)["status"] == "warning"


def test_a_person_is_shown_with_their_whole_history(desk: FakeDesk, cli: Cli) -> None:
    at = "2026-03-01T10:00:00Z"
    mail = {"id": "12.1", "ticket": 12, "direction": "in", "subject": "No sound", "at": at}
    person = {
        "name": "Ann",
        "address": "ann@example.org",
        "addresses": ["ann@example.org", "a@example.org"],
        "language": "sv",
        "groups": ["staff"],
        "merged": [{"name": "A. Ek", "address": "a@example.org"}],
        "known": True,
        "since": at,
        "asked": 2,
        "follows": 1,
        "first_contact": at,
        "last_contact": at,
        "organisation": {
            "key": "acme",
            "name": "Acme",
            "briefing": "Call before 9.\nNot on Fridays.",
            "manager": "bob",
        },
        "mails": {"received": 3, "sent": 1, "first_at": at, "last_at": at, "last": [mail]},
        "hand_overs": [{"ticket": 12, "at": at, "was": "bob", "to": "eva", "why": "ill"}],
        "promises": [{"ticket": 12, "made_at": at, "due_at": at, "state": "kept"}],
        "consults": [{"ticket": 9, "asked_at": at, "answered_at": None}],
        "journal": [{"at": at, "actor": "bob", "event": "person merged"}],
        "tickets": [ticket(), ticket(13)],
    }
    desk.answers["person.view"] = lambda _: person
    told = cli("person", "view", "ann@example.org").out
    lines = told.splitlines()
    assert lines[:3] == ["name       Ann", "addresses  ann@example.org", "           a@example.org"]
    for line in (
        *("tickets    2 asked, 1 in copy", "mails      3 received, 1 sent", "merged     A. Ek <a@example.org>"),
        *("Acme (acme), looked after by bob", "    Call before 9.", "    Not on Fridays."),
    ):
        assert line in lines
    for part in ("#12  bob → eva: ill", "from them  No sound", "#9  ", "no answer yet", "kept", "person merged by bob"):
        assert part in told
    assert [line.split()[0] for line in lines[-2:]] == ["12", "13"]
    assert json.loads(cli("person", "view", "ann@example.org", "--json").out) == person


def test_the_version_is_a_document(cli: Cli) -> None:
    assert json.loads(cli("version", "--json").out) == {"version": spocd.__version__}


def test_the_version(cli: Cli) -> None:
    assert cli("version").out == cli("--version").out
    assert cli("version").out.startswith("spocd ")


def test_a_mail_is_inspected_without_a_desk() -> None:
    mail = b"From: Ann <ann@example.org>\r\nTo: desk@example.org\r\nSubject: \xf0\x9f\x94\xa5\r\n\r\nIt burns.\r\n"
    read = json.loads(process("message", "inspect", "--json", stdin=mail).out)
    assert (read["subject"], read["visible_text"].strip()) == ("🔥", "It burns.")
    shown = process("message", "inspect", stdin=mail).out
    assert "from address  ann@example.org" in shown
    assert shown.endswith("\n    It burns.\n")


@pytest.mark.parametrize("mail", [b"", b"\x00", b"\xff" * 100, b"From: \x1b]0;x\x07\n\n\x9b\x1b[2J"])
def test_any_octets_are_inspected_and_act_on_no_terminal(mail: bytes) -> None:
    for form in ("table", "json"):
        ended = process("message", "inspect", "-o", form, stdin=mail)
        assert ended.code == 0
        assert not any(character in ended.out for character in "\x1b\x07\x9b")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_gets_its_completion_script(cli: Cli, shell: str) -> None:
    out = cli("completion", shell).out
    assert "_SPOCD_COMPLETE" in out
    assert f"{shell}_complete" in out


@pytest.mark.parametrize(
    ("line", "completed"),
    [("spocd tic", ["ticket"]), ("spocd ticket rel", ["release"]), ("spocd ticket list --fa", None)],
)
def test_the_completion_of_bash_works(line: str, completed: list[str] | None) -> None:
    words = line.split()
    ended = process(_SPOCD_COMPLETE="bash_complete", COMP_WORDS=line, COMP_CWORD=str(len(words) - 1))
    found = [row.partition(",")[2] for row in ended.out.split()]
    assert found == (completed or ["--fail-empty"])


def test_bash_takes_the_completion_script(cli: Cli) -> None:
    script = cli("completion", "bash").out
    bash = ["bash", "-n", "-c", script]
    assert subprocess.run(bash, env={"PATH": os.environ["PATH"]}, check=False).returncode == 0


@pytest.mark.parametrize(
    ("line", "operation", "answer", "said"),
    [
        pytest.param(
            "agent leave bob --to net",
            "agent.leave",
            {"agent": "bob", "left_at": "2026-08-03T11:00:00Z", "team": "net", "to_move": 3}
            | {"moved": [{"ticket": 7, "to": "ida"}, {"ticket": 8, "to": None}]}
            | {"alone": {"skills": ["vpn"], "teams": [], "services": ["fax"], "cases": [7]}},
            {
                "moved": "#7 to ida",
                "still to move": "3, in the minutes to come",
                "skills that nobody else has": "vpn",
                "teams without anybody now": "-",
                "services without anybody now": "fax",
                "cases that only they knew": "#7",
            },
            id="agent leave",
        ),
        pytest.param(
            "agent away bob",
            "agent.away",
            {"agent": "bob", "since": "2026-08-03T11:00:00Z", "until": None, "deputy": None, "reason": "ill"}
            | {"begun": False, "moved": [], "to_move": 0},
            {"away from": "2026-08-03 11:00", "until": "they are back", "moved": "nothing yet: it begins later"},
            id="agent away",
        ),
        pytest.param("agent back bob", "agent.back", {"agent": "bob", "ended": 1}, {"ended": "one absence"}, id="back"),
        pytest.param(
            "mail explain 7",
            "mail.explain",
            {"mail": 7, "message": "1.1", "ticket": 1, "fate": "opened"}
            | {"evidence": {"rung": 5, "by": "no evidence of an earlier ticket", "role": "participant", "links": []}},
            {"why": "no evidence of an earlier ticket", "writer is": "participant"},
            id="mail explain",
        ),
        pytest.param(
            "token rotate",
            "token.rotate",
            {"key_id": "2", "keys": [{"id": "2", "created_at": "2026-08-03T11:00:00Z", "signs": True}]},
            {"keys that are good": "2, of 2026-08-03 11:00, which signs from now on"},
            id="token rotate",
        ),
        pytest.param(
            "token revoke 1", "token.revoke", {"revoked": 2}, {"reply addresses revoked of": "2 people"}, id="revoke"
        ),
    ],
)
def test_what_was_done_is_said_in_words_and_whole_in_json(
    desk: FakeDesk, cli: Cli, line: str, operation: str, answer: dict[str, Any], said: dict[str, str]
) -> None:
    desk.answers[operation] = lambda _: answer
    out = process(*line.split(), config=desk.config).out
    told = dict(re.split(r" {2,}", each, maxsplit=1) for each in out.splitlines() if each and each[0] != " ")
    assert {name: told.get(name) for name in said} == said
    assert not re.search(r"[a-z]_[a-z]|[a-z]\.[a-z]", out), "the name of a field"
    assert json.loads(cli(*line.split(), "--json").out) == answer


def test_a_day_alone_ends_an_absence_after_it_and_wakes_a_ticket_in_its_morning(desk: FakeDesk) -> None:
    day, after = 1922565600, 1922652000  # 2030-12-04 and 2030-12-05, at 00:00 in Helsinki
    away = {"agent": "bob", "since": "2030-12-01T11:00:00Z", "until": "2030-12-04T22:00:00Z", "deputy": None}
    desk.answers["agent.away"] = lambda _: away | {"reason": "", "begun": False, "moved": [], "to_move": 0}
    ended = process("agent", "away", "bob", "--until", "2030-12-04", config=desk.config)
    assert [asked["until"] for asked in desk.asked("agent.away")] == [after]
    assert "Thu 2030-12-05 00:00" in ended.err
    assert "2030-12-04 22:00" in ended.out
    desk.answers["ticket.pend"] = lambda _: ticket()
    process("ticket", "pend", "12", "--until", "2030-12-04", config=desk.config)
    assert [asked["until"] for asked in desk.asked("ticket.pend")] == [day]


def test_a_time_in_a_refusal_is_on_the_readers_clock(desk: FakeDesk) -> None:
    def answer(_: dict[str, Any]) -> dict[str, Any]:
        raise Refused("away", "bob is away until 2026-08-03T11:00:00Z already.")

    desk.answers["agent.back"] = answer
    ended = process("agent", "back", "bob", config=desk.config, TZ="Europe/Helsinki")
    assert ended.err == "spocd: bob is away until 2026-08-03 14:00 already.\n"


@pytest.mark.parametrize(("option", "hint"), [("--title", True), ("--tier", False)])
def test_who_may_not_edit_cards_is_told_how_their_own_is(desk: FakeDesk, cli: Cli, option: str, hint: bool) -> None:
    def not_permitted(_: dict[str, Any]) -> dict[str, Any]:
        raise Refused("not-permitted", "agent.edit needs the role admin; yours is agent.", Exit.NOT_PERMITTED)

    desk.answers["agent.edit"] = not_permitted
    ended = cli("agent", "edit", "olga", option, "2")
    assert ended.code == Exit.NOT_PERMITTED
    assert ended.err.endswith("leave out the LOGIN.\n") == hint
