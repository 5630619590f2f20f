"""Writing in an editor: what is sent of it, and that nothing that somebody wrote is lost."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from spocd.errors import Exit, Refused
from tests.cli.fake_desk import FakeDesk, message, process, ticket, whole


def editor(tmp_path: Path, script: str) -> str:
    """An editor that does what the script says to the file $1."""
    program = tmp_path / "editor"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    return str(program)


def drafts(tmp_path: Path) -> list[Path]:
    return sorted((tmp_path / "state" / "spocd" / "drafts").glob("*"))


@pytest.fixture
def reply_with(desk: FakeDesk, tmp_path: Path) -> Callable[..., Any]:
    """Answers ticket 12 in an editor that does what a script says."""
    desk.answers["ticket.view"] = lambda _: whole()
    desk.answers["ticket.reply"] = lambda _: ticket()

    def reply(script: str, *options: str) -> Any:
        return process(
            *("ticket", "reply", "12", "-e", *options),
            config=desk.config,
            VISUAL=editor(tmp_path, script),
            XDG_STATE_HOME=str(tmp_path / "state"),
        )

    return reply


PREPEND = 'printf "Try again.\\n# 1\\n" > "$1.new"; cat "$1" >> "$1.new"; mv "$1.new" "$1"'


def test_a_text_is_written_in_an_editor_above_what_it_answers(
    desk: FakeDesk, tmp_path: Path, reply_with: Callable[..., Any]
) -> None:
    seen = tmp_path / "seen"
    assert reply_with(f'cp "$1" {seen}; {PREPEND}').code == 0
    assert [asked["body"] for asked in desk.asked("ticket.reply")] == ["Try again.\n# 1"]
    assert "#12 Printer on fire" in seen.read_text()
    assert "> It burns." in seen.read_text()
    assert drafts(tmp_path) == []


def test_a_draft_is_kept_when_it_cannot_be_sent(desk: FakeDesk, tmp_path: Path, reply_with: Callable[..., Any]) -> None:
    def refused(_: dict[str, Any]) -> dict[str, Any]:
        raise Refused("changed", "Somebody changed it.", Exit.CONFLICT)

    desk.answers["ticket.reply"] = refused
    ended = reply_with(PREPEND)
    assert ended.code == 5
    (draft,) = drafts(tmp_path)
    assert f"send it with -F {draft}" in ended.err
    assert draft.read_text() == "Try again.\n# 1\n"
    assert draft.stat().st_mode & 0o777 == 0o600


def test_what_came_while_somebody_wrote_is_a_conflict_that_says_what(
    desk: FakeDesk, tmp_path: Path, reply_with: Callable[..., Any]
) -> None:
    came = message("12.2", **{"from": {"name": "Ann Example", "address": "ann@example.org"}})
    views = [whole(rev=7), whole(rev=8, messages=[message("12.1"), came])]
    desk.answers["ticket.view"] = lambda _: views.pop(0)

    def changed(_: dict[str, Any]) -> dict[str, Any]:
        raise Refused("changed", "#12 has changed since you read it.", Exit.CONFLICT)

    desk.answers["ticket.reply"] = changed
    ended = reply_with(PREPEND)
    assert [asked["if_rev"] for asked in desk.asked("ticket.reply")] == [7]
    assert ended.code == 5
    assert "#12 has changed while you wrote: Ann Example <ann@example.org> wrote 12.2." in ended.err
    assert len(drafts(tmp_path)) == 1


def test_a_revision_that_was_asked_for_is_the_one_that_counts(desk: FakeDesk, reply_with: Callable[..., Any]) -> None:
    assert reply_with(PREPEND, "--if-rev", "3").code == 0
    assert [asked["if_rev"] for asked in desk.asked("ticket.reply")] == [3]


def test_a_canned_answer_stands_first(desk: FakeDesk, tmp_path: Path, reply_with: Callable[..., Any]) -> None:
    desk.answers["ticket.canned"] = lambda asked: {"key": "paper", "text": f"Dear {asked['ticket']},"}
    assert reply_with(PREPEND, "--canned", "paper").code == 0
    for more in (("-b", "Bye."), ()):
        process("ticket", "reply", "12", "--canned", "paper", *more, config=desk.config)
    bodies = [asked["body"] for asked in desk.asked("ticket.reply")]
    assert bodies == ["Try again.\n# 1\nDear 12,", "Dear 12,\n\nBye.", "Dear 12,"]


def test_a_draft_is_kept_when_only_some_tickets_got_it(desk: FakeDesk, tmp_path: Path) -> None:
    def refused(parameters: dict[str, Any]) -> dict[str, Any]:
        if parameters["ticket"] == 13:
            raise Refused("closed", "It is closed.")
        return ticket(parameters["ticket"])

    desk.answers["ticket.close"] = refused
    desk.answers["ticket.view"] = lambda asked: whole(asked["ticket"])
    ended = process(
        *("ticket", "close", "12", "13", "-e"),
        config=desk.config,
        VISUAL=editor(tmp_path, PREPEND),
        XDG_STATE_HOME=str(tmp_path / "state"),
    )
    assert ended.code == 7
    assert len(drafts(tmp_path)) == 1


@pytest.mark.parametrize(
    "words", [("reply", "12", "--close"), ("consult", "12", "--to", "eva@example.net"), ("note", "12")]
)
def test_what_cannot_be_sent_is_refused_before_the_editor_opens(
    desk: FakeDesk, tmp_path: Path, words: tuple[str, ...]
) -> None:
    def merged(_: dict[str, Any]) -> dict[str, Any]:
        raise Refused("merged", "#12 was merged into #15.", Exit.CONFLICT)

    desk.rehearsal = merged
    ended = process(
        *("ticket", *words, "-e"),
        config=desk.config,
        VISUAL=editor(tmp_path, f"touch {tmp_path}/opened"),
        XDG_STATE_HOME=str(tmp_path / "state"),
    )
    assert (ended.code, ended.err) == (5, "spocd: #12 was merged into #15.\n")
    assert not (tmp_path / "opened").exists()
    assert [asked["ticket"] for asked in desk.rehearsed] == [12]


def test_a_dry_run_keeps_the_draft(tmp_path: Path, reply_with: Callable[..., Any]) -> None:
    assert reply_with(PREPEND, "--dry-run").code == 0
    assert len(drafts(tmp_path)) == 1


@pytest.mark.parametrize("script", ["true", ': > "$1"', "exit 1"])
def test_nothing_is_sent_where_nothing_was_written(
    desk: FakeDesk, tmp_path: Path, reply_with: Callable[..., Any], script: str
) -> None:
    ended = reply_with(script)
    assert ended.code == 1
    assert desk.asked("ticket.reply") == []
    assert drafts(tmp_path) == []


BELOW = 'printf "Mine.\\n" > "$1.new"; cat "$1" >> "$1.new"; printf "I answer here.\\n" >> "$1.new"; mv "$1.new" "$1"'


def test_what_stands_below_the_line_is_neither_sent_nor_lost(
    desk: FakeDesk, tmp_path: Path, reply_with: Callable[..., Any]
) -> None:
    ended = reply_with(BELOW)
    assert (ended.code, desk.asked("ticket.reply")) == (1, [])
    assert "Something was written or changed below the line" in ended.err
    (draft,) = drafts(tmp_path)
    assert "I answer here." in draft.read_text()
    sent = send(desk, tmp_path, draft)
    assert (sent.code, desk.asked("ticket.reply")) == (1, []), "nor is it lost with -F"
    draft.write_text("Mine.\nI answer here.\n" + draft.read_text().removesuffix("I answer here.\n").partition("\n")[2])
    assert send(desk, tmp_path, draft).code == 0
    assert [asked["body"] for asked in desk.asked("ticket.reply")] == ["Mine.\nI answer here."]
    assert drafts(tmp_path) == [], "a draft that was sent is gone"


def send(desk: FakeDesk, tmp_path: Path, draft: Path) -> Any:
    state = str(tmp_path / "state")
    return process("ticket", "reply", "12", "-F", str(draft), config=desk.config, XDG_STATE_HOME=state)


@pytest.mark.parametrize(
    "script",
    [
        pytest.param('sed -i -e "/^> /d" -e "1s/^/Mine./" "$1"', id="some of what stands below is deleted"),
        pytest.param('sed -i -e "1s/^/Mine./" -e "/--- >8/,\\$d" "$1"', id="the line is deleted with all below it"),
        pytest.param('sed -i -e "1s/^/Mine./" -e "s/\\$/\\r/" "$1"', id="the editor ends lines as DOS does"),
        pytest.param('sed -i -e "1s/^/Mine./" "$1"; printf "\\n\\n" >> "$1"', id="empty lines are added at the end"),
    ],
)
def test_what_takes_away_from_below_the_line_loses_nothing(
    desk: FakeDesk, tmp_path: Path, reply_with: Callable[..., Any], script: str
) -> None:
    assert reply_with(script).code == 0
    assert [asked["body"] for asked in desk.asked("ticket.reply")] == ["Mine."]
    assert drafts(tmp_path) == []


@pytest.mark.parametrize("script", ['sed -i "/--- >8/d" "$1"', 'sed -i "s/^--- >8 ---/x --- >8 ---/" "$1"'])
def test_sec_what_stood_below_a_line_that_is_gone_is_not_sent(
    desk: FakeDesk, tmp_path: Path, reply_with: Callable[..., Any], script: str
) -> None:
    ended = reply_with(f'sed -i "1s/^/Mine./" "$1"; {script}')
    assert (ended.code, desk.asked("ticket.reply")) == (1, [])
    assert "is gone and not all that stood below it, which was not to be sent" in ended.err
    (draft,) = drafts(tmp_path)
    assert "Mine." in draft.read_text()


def test_a_canned_answer_goes_as_it_is_where_it_was_saved_and_not_where_it_was_not(
    desk: FakeDesk, tmp_path: Path, reply_with: Callable[..., Any]
) -> None:
    desk.answers["ticket.canned"] = lambda _: {"key": "paper", "text": "Dear Ann,"}
    ended = reply_with("true", "--canned", "paper")
    assert (ended.code, desk.asked("ticket.reply"), drafts(tmp_path)) == (1, [], [])
    assert "Nothing was saved, so nothing was done. To take a text as it stands there, save it." in ended.err
    assert reply_with('touch "$1"', "--canned", "paper").code == 0
    assert [asked["body"] for asked in desk.asked("ticket.reply")] == ["Dear Ann,"]


def test_each_of_several_tickets_is_guarded_against_what_came_meanwhile(desk: FakeDesk, tmp_path: Path) -> None:
    desk.answers["ticket.view"] = lambda asked: whole(asked["ticket"], rev=asked["ticket"])
    desk.answers["ticket.close"] = lambda asked: ticket(asked["ticket"])
    process(
        *("ticket", "close", "13", "12", "-e"),
        config=desk.config,
        VISUAL=editor(tmp_path, f'cp "$1" {tmp_path}/seen; {PREPEND}'),
        XDG_STATE_HOME=str(tmp_path / "state"),
    )
    assert [(each["ticket"], each["if_rev"]) for each in desk.asked("ticket.close")] == [(13, 13), (12, 12)]
    assert "#13 Printer on fire\n#12 Printer on fire\n" in (tmp_path / "seen").read_text()


def writing(desk: FakeDesk, tmp_path: Path) -> subprocess.Popen[bytes]:
    """A reply in an editor that has saved and is still open; it ends when the file `go` is there."""
    desk.answers["ticket.view"] = lambda _: whole()
    desk.answers["ticket.reply"] = lambda _: ticket()
    script = f'sed -i "1s/^/Mine./" "$1"; touch {tmp_path}/saved; while ! test -e {tmp_path}/go; do sleep 0.05; done'
    named = {"VISUAL": editor(tmp_path, script), "XDG_STATE_HOME": str(tmp_path / "state"), "PATH": os.environ["PATH"]}
    command = [sys.executable, "-m", "spocd", "--config", str(desk.config), "ticket", "reply", "12", "-e"]
    running = subprocess.Popen(command, env=named, stderr=subprocess.PIPE)
    while not (tmp_path / "saved").exists():
        assert running.poll() is None
        time.sleep(0.02)
    return running


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGTERM, signal.SIGINT], ids=lambda each: each.name)
def test_a_hang_up_waits_for_the_editor_and_keeps_the_draft(
    desk: FakeDesk, tmp_path: Path, number: signal.Signals
) -> None:
    running = writing(desk, tmp_path)
    running.send_signal(number)
    time.sleep(0.2)
    assert running.poll() is None
    (tmp_path / "go").touch()
    _, err = running.communicate()
    (draft,) = drafts(tmp_path)
    assert running.returncode == 130
    assert f"your text is kept; send it with -F {draft}" in err.decode()
    assert desk.asked("ticket.reply") == []
    assert send(desk, tmp_path, draft).code == 0
    assert [asked["body"] for asked in desk.asked("ticket.reply")] == ["Mine."]


def test_a_draft_that_nobody_was_told_of_is_told_of_at_the_next(
    desk: FakeDesk, tmp_path: Path, reply_with: Callable[..., Any]
) -> None:
    running = writing(desk, tmp_path)
    running.kill()
    (tmp_path / "go").touch()
    running.communicate()
    (draft,) = drafts(tmp_path)
    assert draft.name.startswith("reply-12.")
    told = f", in {draft}\n"
    ended = reply_with(PREPEND)
    assert ended.err.startswith("spocd: there is a draft of reply 12 from 20")
    assert told in ended.err
    note = ("ticket", "note", "13", "-e")
    state = str(tmp_path / "state")
    assert told not in process(*note, config=desk.config, VISUAL="true", XDG_STATE_HOME=state).err
    assert drafts(tmp_path) == [draft]


@pytest.mark.parametrize("squatted", [False, True], ids=["the folder is ours", "the folder is somebody's link"])
def test_sec_a_draft_without_a_home_is_written_where_nobody_else_leads_it(
    desk: FakeDesk, tmp_path: Path, squatted: bool
) -> None:
    theirs, temporary, kept = tmp_path / "theirs", tmp_path / "tmp", tmp_path / "kept"
    for each in (theirs, temporary):
        each.mkdir()
    if squatted:
        (temporary / f"spocd-{os.getuid()}").symlink_to(theirs)
    kept.write_text("Precious.")

    def refused(_: dict[str, Any]) -> dict[str, Any]:
        raise Refused("changed", "Somebody changed it.", Exit.CONFLICT)

    desk.answers["ticket.view"] = lambda _: whole()
    desk.answers["ticket.reply"] = refused
    ended = process(
        *("ticket", "reply", "12", "-e"),
        config=desk.config,
        VISUAL=editor(tmp_path, f'sed -i "1s/^/Mine./" "$1"; ln -s {kept} "$1.new"'),
        XDG_STATE_HOME="/proc/none",
        TMPDIR=str(temporary),
    )
    (draft,) = temporary.glob("spocd-*/reply-12.*.txt")
    assert f"send it with -F {draft}" in ended.err
    assert (draft.read_text(), kept.read_text(), list(theirs.iterdir())) == ("Mine.\n", "Precious.", [])
    assert draft.parent.stat().st_mode & 0o777 == 0o700


def save_in(coding: str) -> str:
    return f'iconv -t {coding} "$1" > "$1.new"; mv "$1.new" "$1"'


@pytest.mark.parametrize("coding", ["UTF-16", "UTF-8"])
def test_the_marks_that_editors_put_before_a_text_are_none_of_it(
    desk: FakeDesk, reply_with: Callable[..., Any], coding: str
) -> None:
    write = 'printf "Gr\\303\\274\\303\\237e\\n" | cat - "$1" > "$1.new"; mv "$1.new" "$1"'
    mark = "" if coding == "UTF-16" else '; printf "\\357\\273\\277" | cat - "$1" > "$1.new"; mv "$1.new" "$1"'
    assert reply_with(f"{write}; {save_in(coding)}{mark}").code == 0
    assert [asked["body"] for asked in desk.asked("ticket.reply")] == ["Grüße"]


def test_a_text_in_another_encoding_is_kept_and_said_to_be(
    desk: FakeDesk, tmp_path: Path, reply_with: Callable[..., Any]
) -> None:
    ended = reply_with('printf "one\\nGr\\374\\337e\\n" | cat - "$1" > "$1.new"; mv "$1.new" "$1"')
    (draft,) = drafts(tmp_path)
    assert (ended.code, desk.asked("ticket.reply")) == (1, [])
    assert f"{draft}: line 2 is not text in UTF-8 (octet 0xfc); save it as UTF-8" in ended.err


def test_a_text_of_the_line_that_is_not_utf_8_is_said_to_be(desk: FakeDesk) -> None:
    ended = process("ticket", "note", "12", "-b", os.fsdecode(b"Gr\xf8n"), config=desk.config)
    assert (ended.code, desk.calls) == (2, [])
    assert "-b is not text in UTF-8: the octet 0xf8 is none." in ended.err
