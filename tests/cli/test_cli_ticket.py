"""Reading a ticket, answering it, and the words in between."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
from pathlib import Path
from typing import Any

import pytest

from spocd.cli.blob import safe_name
from spocd.errors import Exit, Refused
from tests.cli.conftest import Cli
from tests.cli.fake_desk import FakeDesk, HangUp, message, process, ticket, whole


@pytest.mark.parametrize(
    ("line", "operation", "parameters"),
    [
        ("release 12 --reason ill", "release", {"ticket": 12, "reason": "ill"}),
        ("assign 12 bob", "assign", {"ticket": 12, "to": "bob"}),
        ("reopen 12", "reopen", {"ticket": 12}),
        ("pend 12 --until 2026-08-07T12:00:00Z", "pend", {"ticket": 12, "until": 1786104000}),
        ("close 12", "close", {"ticket": 12}),
        ("close 12 -b bye --no-notify", "close", {"ticket": 12, "body": "bye", "notify": False}),
        ("edit 12 --priority low --tag vpn", "edit", {"ticket": 12, "priority": "low", "tag": ["vpn"]}),
        ("edit 12 --untag vpn --untag x", "edit", {"ticket": 12, "untag": ["vpn", "x"]}),
        ("link 12 blocks 15", "link", {"ticket": 12, "relation": "blocks", "other": 15}),
        ("link 12 parent #15 --remove", "link", {"ticket": 12, "relation": "parent", "other": 15, "remove": True}),
        ("link 12 change CHG-7", "link_outside", {"ticket": 12, "relation": "change", "target": "CHG-7"}),
        ("close 12 --resolution fixed", "close", {"ticket": 12, "resolution": "fixed"}),
        (
            "close 12 --children close --though-blocked",
            "close",
            {"ticket": 12, "children": "close", "though_blocked": True},
        ),
        (
            "reply 12 -b hi --close --resolution fixed",
            "reply",
            {"ticket": 12, "body": "hi", "close": True, "resolution": "fixed"},
        ),
        ("cc add 12 a@example.org", "cc_add", {"ticket": 12, "address": "a@example.org"}),
        ("cc remove 12 a@example.org", "cc_remove", {"ticket": 12, "address": "a@example.org"}),
        ("note 12 -b hm", "note", {"ticket": 12, "body": "hm"}),
        ("reply 12 -b hi", "reply", {"ticket": 12, "body": "hi"}),
        ("reply 12 -b hi --close", "reply", {"ticket": 12, "body": "hi", "close": True}),
        (
            "new --requester a@example.org --subject s -b b",
            "new",
            {"requester": "a@example.org", "subject": "s", "body": "b", "channel": "phone"},
        ),
    ],
)
def test_a_verb_asks_for_its_operation(
    desk: FakeDesk, cli: Cli, line: str, operation: str, parameters: dict[str, Any]
) -> None:
    desk.answers[f"ticket.{operation}"] = lambda _: ticket()
    ended = cli("ticket", *line.split(), "--json")
    assert desk.asked(f"ticket.{operation}") == [parameters]
    assert json.loads(ended.out) == ticket()


def test_whom_a_note_does_not_reach_is_told_to_its_writer(desk: FakeDesk, cli: Cli) -> None:
    def one(login: str, why: str, **more: str) -> dict[str, Any]:
        return {"login": login, "name": login.title(), "why": why, "until": None, "meant": None} | more

    missed = [
        one("other", "away", until="2026-08-03T10:00:00Z"),
        one("eve", "left"),
        one("watch", "robot"),
        one("ida", "no-address"),
        one("bbo", "unknown", meant="bob"),
        one("override", "unknown"),
    ]
    desk.answers["ticket.note"] = lambda _: ticket() | {"not_told": missed}
    ended = cli("ticket", "note", "12", "-b", "hm", "--json")
    assert ended.err.splitlines() == [
        "spocd: Other is away until 3 August 2026; told once back",
        "spocd: Eve has left the desk and is not told",
        "spocd: Watch is a script and is not told",
        "spocd: Ida has no address and is not told; give them one: spocd agent edit ida --address ADDR",
        "spocd: there is no agent “bbo”; did you mean bob?",
        "spocd: there is no agent “override”",
    ]
    assert (ended.code, json.loads(ended.out)["not_told"]) == (0, missed)


def test_what_a_redaction_did_not_reach_is_told(desk: FakeDesk, cli: Cli) -> None:
    done = {"message": "12.3", "attachments": 0, "letters": 2, "lines": 1}
    desk.answers["ticket.redact"] = lambda _: done | {
        "sent_to": ["ann@example.org", "bo@example.org"], "subjects": [12], "also_in": ["12.4"], "rev": 8,
    }  # fmt: skip
    ended = cli("ticket", "redact", "12.3", "--text", "4929", "--reason", "a card", "--if-rev", "7", "--yes")
    assert desk.asked("ticket.redact") == [{"message": "12.3", "text": ["4929"], "reason": "a card", "if_rev": 7}]
    assert "it has gone to ann@example.org, bo@example.org, and cannot be called back" in ended.err
    assert "#12 had it in its subject. Give it another: spocd ticket edit 12 --subject TEXT" in ended.err
    assert "emptied 1 sealed line of the log" in ended.err
    assert "it also stands in 12.4: look at each" in ended.err


def test_a_list_asks_with_its_filters(desk: FakeDesk, cli: Cli) -> None:
    desk.answers["ticket.list"] = lambda _: {"tickets": []}
    cli(
        *("ticket", "list", "--state", "new,open", "--state", "spam", "--assignee", "@me", "--priority", "high"),
        *("--since", "2026-08-01T00:00:00Z", "--search", "on fire", "--sort", "due", "-L", "10"),
        *("--tag", "vpn", "--team", "floor", "--due-within", "2026-08-02T00:00:00Z", "--breached"),
        *("--group", "board", "--organisation", "acme"),
    )
    assert desk.asked("ticket.list") == [
        {
            "state": ["new", "open", "spam"],
            "assignee": "@me",
            "priority": "high",
            "since": 1785542400,
            "search": "on fire",
            "sort": "due",
            "tag": "vpn",
            "team": "floor",
            "due_before": 1785628800,
            "breached": True,
            "group": "board",
            "organisation": "acme",
            "limit": 10,
        }
    ]


def test_a_search_by_rank_says_that_older_tickets_are_left_out(desk: FakeDesk, cli: Cli) -> None:
    desk.answers["ticket.search"] = lambda _: {"tickets": [ticket() | {"rank": 4.5}], "cursor": None, "best_of": 1000}
    ended = cli("ticket", "search", "printer", "toner", "--sort", "rank", "--json")
    assert desk.asked("ticket.search") == [{"words": "printer toner", "sort": "rank", "limit": 50}]
    assert json.loads(ended.out)[0]["rank"] == 4.5
    assert "these are of the newest 1,000" in ended.err
    assert cli("ticket", "search", "printer", "--sort", "oldest").code == Exit.USAGE


def test_a_search_says_which_of_its_words_is_too_short(desk: FakeDesk, cli: Cli) -> None:
    pages = iter(({"tickets": [ticket()], "cursor": "c", "too_short": ["con"]}, {"tickets": [], "cursor": None}))
    desk.answers["ticket.search"] = lambda _: next(pages)
    said = "spocd: more words begin with “con” than are looked for: the commonest were; for others give more letters\n"
    assert cli("ticket", "search", "con", "printer", "--all", "--json").err == said


def test_next_shows_the_ticket_with_its_history(desk: FakeDesk, cli: Cli) -> None:
    desk.answers["ticket.next"] = lambda _: {"tickets": [ticket()]}
    desk.answers["ticket.view"] = lambda _: whole()
    assert "── 12.1" in cli("ticket", "next").out
    assert json.loads(cli("ticket", "next", "--claim", "--json").out) == ticket()
    assert desk.asked("ticket.next") == [{}, {"claim": True}]


def test_a_claimed_ticket_is_shown_even_where_its_history_is_not_to_be_had(desk: FakeDesk, cli: Cli) -> None:
    def lost(_: dict[str, Any]) -> dict[str, Any]:
        raise HangUp

    desk.answers["ticket.next"] = lambda _: {"tickets": [ticket()]}
    desk.answers["ticket.view"] = lost
    ended = cli("ticket", "next", "--claim")
    assert (ended.code, ended.out.split()[0]) == (0, "12")


def test_nothing_waiting_is_done_unless_it_must_not_be(desk: FakeDesk, cli: Cli) -> None:
    desk.answers["ticket.next"] = lambda _: {"tickets": []}
    assert cli("ticket", "next") == (0, "", "spocd: nothing waits\n")
    assert json.loads(cli("ticket", "next", "--json").out) is None
    assert cli("ticket", "next", "--fail-empty").code == 6


def test_a_text_comes_from_a_file_or_from_standard_input(desk: FakeDesk, tmp_path: Path) -> None:
    desk.answers["ticket.reply"] = lambda _: ticket()
    (tmp_path / "text").write_text("from a file: Grüße\n")
    process("ticket", "reply", "12", "-F", str(tmp_path / "text"), config=desk.config)
    process("ticket", "reply", "12", "-F", "-", config=desk.config, stdin="from input: Grüße\n".encode())
    assert [asked["body"] for asked in desk.asked("ticket.reply")] == ["from a file: Grüße\n", "from input: Grüße\n"]


def test_standard_input_is_read_for_one_thing(desk: FakeDesk) -> None:
    ended = process("ticket", "reply", "-", "-F", "-", config=desk.config, stdin=b"12\n")
    assert (ended.code, desk.calls) == (2, [])
    assert "Standard input cannot be both the ids and the text." in ended.err


def test_a_text_that_is_not_utf_8_is_refused(desk: FakeDesk) -> None:
    ended = process("ticket", "reply", "12", "-F", "-", config=desk.config, stdin=b"Gr\xfc\xdfe")
    assert (ended.code, desk.calls) == (2, [])
    assert "is not text in UTF-8" in ended.err


class Shelf:
    """The blobs of a desk, taken and given in pieces."""

    def __init__(self, desk: FakeDesk, piece: int) -> None:
        self.whole: dict[str, bytes] = {}
        self.parts: dict[str, bytes] = {}
        self.piece = piece
        desk.answers["blob.put"] = self.put
        desk.answers["blob.get"] = self.get

    def add(self, content: bytes) -> str:
        sha256 = hashlib.sha256(content).hexdigest()
        self.whole[sha256] = content
        return sha256

    def put(self, parameters: dict[str, Any]) -> dict[str, Any]:
        name = parameters["sha256"]
        if name in self.whole:
            return {"received": parameters["total"]}
        part = self.parts.setdefault(name, b"")
        assert parameters["offset"] == len(part)
        self.parts[name] = part + base64.b64decode(parameters["content"])
        if len(self.parts[name]) == parameters["total"]:
            assert self.add(self.parts[name]) == name
        return {"received": len(self.parts[name])}

    def get(self, parameters: dict[str, Any]) -> dict[str, Any]:
        content = self.whole[parameters["sha256"]]
        piece = content[parameters["offset"] :][: self.piece]
        return {"content": base64.b64encode(piece).decode(), "total": len(content)}


@pytest.mark.parametrize(("size", "pieces"), [(0, 1), (1, 1), (512 * 1024, 1), (512 * 1024 + 1, 2), (1_600_000, 4)])
def test_an_attachment_goes_ahead_in_pieces(desk: FakeDesk, cli: Cli, tmp_path: Path, size: int, pieces: int) -> None:
    content = os.urandom(size)
    (tmp_path / "photo.png").write_bytes(content)
    shelf = Shelf(desk, 1000)
    desk.answers["ticket.note"] = lambda _: ticket()
    assert cli("ticket", "note", "12", "-b", "see", "-a", str(tmp_path / "photo.png")).code == 0
    sha256 = hashlib.sha256(content).hexdigest()
    assert shelf.whole[sha256] == content
    assert len(desk.asked("blob.put")) == pieces
    (asked,) = desk.asked("ticket.note")
    assert asked["attachments"] == [{"filename": "photo.png", "content_type": "image/png", "sha256": sha256}]
    assert [operation for operation, _ in desk.calls][-1] == "ticket.note"


def test_a_file_that_the_desk_has_is_not_sent_again(desk: FakeDesk, cli: Cli, tmp_path: Path) -> None:
    content = os.urandom(1_600_000)
    (tmp_path / "photo.png").write_bytes(content)
    Shelf(desk, 1000).add(content)
    desk.answers["ticket.note"] = lambda _: ticket()
    cli("ticket", "note", "12", "-b", "see", "-a", str(tmp_path / "photo.png"))
    assert len(desk.asked("blob.put")) == 1


def test_a_desk_that_takes_no_more_of_a_file_is_75(desk: FakeDesk, cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "photo.png").write_bytes(os.urandom(1_600_000))
    desk.answers["blob.put"] = lambda _: {"received": 0}
    assert cli("ticket", "note", "12", "-b", "see", "-a", str(tmp_path / "photo.png")).code == 75


def with_attachments(desk: FakeDesk, **files: bytes) -> None:
    shelf = Shelf(desk, 1000)
    rows = [
        {
            "message": "12.1",
            "filename": name.replace("_dot_", "."),
            "content_type": "text/plain",
            "size": len(content),
            "sha256": shelf.add(content),
        }
        for name, content in files.items()
    ]
    desk.answers["ticket.attachment_list"] = lambda _: {"attachments": rows}


def test_attachments_are_fetched_whole_and_overwrite_nothing(desk: FakeDesk, cli: Cli, tmp_path: Path) -> None:
    with_attachments(desk, a_dot_txt=b"a" * 4321, b_dot_txt=b"b")
    (tmp_path / "a.txt").write_text("mine")
    ended = cli("ticket", "attachment", "get", "12", "--dir", str(tmp_path))
    assert ended.out.split() == [str(tmp_path / "a-2.txt"), str(tmp_path / "b.txt")]
    assert (tmp_path / "a.txt").read_text() == "mine"
    assert (tmp_path / "a-2.txt").read_bytes() == b"a" * 4321


def test_an_attachment_is_fetched_by_its_name_or_its_hash(desk: FakeDesk, cli: Cli, tmp_path: Path) -> None:
    with_attachments(desk, a_dot_txt=b"a", b_dot_txt=b"b")
    b = hashlib.sha256(b"b").hexdigest()[:8]
    assert cli("ticket", "attachment", "get", "12", "a.txt", "--dir", "-") == (0, "a", "")
    assert cli("ticket", "attachment", "get", "12", b, "--dir", "-").out == "b"
    missing = cli("ticket", "attachment", "get", "12", "c.txt", "--dir", str(tmp_path))
    assert missing.code == 3
    assert "There are: a.txt, b.txt." in missing.err


def test_a_damaged_attachment_is_not_left_lying_about(desk: FakeDesk, cli: Cli, tmp_path: Path) -> None:
    with_attachments(desk, a_dot_txt=b"a")
    desk.answers["blob.get"] = lambda _: {"content": base64.b64encode(b"x").decode(), "total": 1}
    ended = cli("ticket", "attachment", "get", "12", "--dir", str(tmp_path))
    assert (ended.code, ended.out) == (75, "")
    assert not (tmp_path / "a.txt").exists()


HOSTILE = [
    *("../../etc/cron.d/x", "/etc/passwd", "..", ".", "", "...", "a/b/../..", "..\\..\\boot.ini", "C:\\x", "\\\\h\\s"),
    *(".bashrc", "..ssh", ".htaccess\u200b", "\u202egnp.exe", "a\x00b", "a\nb", "\x1b[31m", "a" * 4096, "字" * 4096),
    *("CON", "con.txt", "NUL", "aux.tar.gz", "COM1", "lpt9.x", "a. ", "a.", " a", "-rf", "--help", "a:b", "a|b", "*"),
    *('"x"', "<x>", "?", "\ud800", "a." + "e" * 300, "~", "$(id)", "`id`", "x;rm", "%00", "\ufeffa", "…"),
]


@pytest.mark.parametrize("name", HOSTILE, ids=range(len(HOSTILE)))
def test_sec_44_no_name_leads_out_of_the_folder(name: str, tmp_path: Path) -> None:
    safe = safe_name(name)
    path = tmp_path / safe
    path.write_text("")
    assert path.resolve().parent == tmp_path.resolve()
    assert not safe.startswith((".", "-"))
    assert safe.isprintable()
    assert len(safe.encode()) <= 120
    assert not re.fullmatch(r"(?i)(con|prn|aux|nul|com\d|lpt\d)(\..*)?", safe)


def test_sec_44_a_link_is_not_followed(desk: FakeDesk, cli: Cli, tmp_path: Path) -> None:
    with_attachments(desk, a_dot_txt=b"new")
    victim = tmp_path / "victim"
    (tmp_path / "a.txt").symlink_to(victim)
    cli("ticket", "attachment", "get", "12", "--dir", str(tmp_path))
    assert not victim.exists()
    assert (tmp_path / "a-2.txt").read_bytes() == b"new"


@pytest.mark.parametrize(("name", "kept"), [("Bericht März.pdf", "Bericht März.pdf"), ("a.tar.gz", "a.tar.gz")])
def test_a_plain_name_is_kept(name: str, kept: str) -> None:
    assert safe_name(name) == kept


def test_a_raw_mail_comes_octet_for_octet(desk: FakeDesk) -> None:
    mail = b"From: a@b\r\nSubject: \x1b[31m\r\n\r\n\xff\x00\r\n" * 100
    sha256 = Shelf(desk, 100).add(mail)
    desk.answers["message.raw"] = lambda _: {"sha256": sha256, "size": len(mail)}
    out = process("message", "raw", "#12.1", config=desk.config).out
    assert out.encode(errors="surrogateescape") == mail
    assert desk.asked("message.raw") == [{"message": "12.1"}]


def test_the_mails_of_a_ticket_are_an_mbox(desk: FakeDesk, tmp_path: Path) -> None:
    import mailbox

    shelf = Shelf(desk, 1000)
    mail = b"From: ann@example.org\r\nSubject: Hi\r\n\r\nFrom here on\r\n>From there\r\n"

    def raw(parameters: dict[str, Any]) -> dict[str, Any]:
        if parameters["message"] == "12.3":
            raise Refused("no-mail", "It did not come by mail.", Exit.NOT_FOUND)
        return {"sha256": shelf.add(mail), "size": len(mail)}

    desk.answers["message.raw"] = raw
    messages = [message("12.1"), message("12.2", kind="note"), message("12.3"), message("12.4")]
    desk.answers["ticket.view"] = lambda _: whole(messages=messages)
    ended = process("ticket", "view", "12", "--raw", config=desk.config)
    assert ended.err == "spocd: 12.3 was not kept as a mail\n"
    (tmp_path / "box").write_text(ended.out)
    box = mailbox.mbox(tmp_path / "box")
    bodies = [one.get_payload() for one in box]
    box.close()
    assert bodies == [">From here on\n>>From there\n"] * 2
