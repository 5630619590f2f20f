"""How a command reaches the desk, and how it ends when it does not."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from spocd.errors import Exit, Refused, TryLater
from tests.cli.conftest import Cli
from tests.cli.fake_desk import FakeDesk, HangUp, process, ticket, whole


def refusing(code: Exit) -> Any:
    def answer(_: dict[str, Any]) -> dict[str, Any]:
        raise Refused("no", "It cannot be. Do something else.", code)

    return answer


@pytest.mark.parametrize("code", [Exit.REFUSED, Exit.NOT_FOUND, Exit.NOT_PERMITTED, Exit.CONFLICT])
def test_a_refusal_is_its_sentence_and_its_exit_code(desk: FakeDesk, cli: Cli, code: Exit) -> None:
    desk.answers["ticket.take"] = refusing(code)
    ended = cli("ticket", "take", "12")
    assert ended == (code, "", "spocd: It cannot be. Do something else.\n")


def test_a_sentence_of_the_desk_cannot_act_on_the_terminal(desk: FakeDesk, cli: Cli) -> None:
    def answer(_: dict[str, Any]) -> dict[str, Any]:
        raise Refused("no", "No \x1b]0;owned\x07 way")

    desk.answers["ticket.take"] = answer
    assert cli("ticket", "take", "12").err == "spocd: No \\x1b]0;owned\\x07 way\n"


@pytest.mark.parametrize("error", [Refused("no", "“a\nspocd: done” is none."), TryLater("“a\nspocd: done” is none.")])
def test_sec_a_line_break_in_an_error_makes_no_second_message(
    desk: FakeDesk, cli: Cli, error: Refused | TryLater
) -> None:
    def answer(_: dict[str, Any]) -> dict[str, Any]:
        raise error

    desk.answers["ticket.take"] = answer
    assert cli("ticket", "take", "12").err == "spocd: “a\\nspocd: done” is none.\n"
    last = "spocd: not tried: 13" if isinstance(error, TryLater) else "spocd: #13: “a\\nspocd: done” is none."
    assert cli("ticket", "take", "12", "13").err.splitlines()[1:] == [last]


def test_what_stays_in_use_has_a_line_each(desk: FakeDesk, cli: Cli, tmp_path: Path) -> None:
    def answer(_: dict[str, Any]) -> dict[str, Any]:
        raise Refused("in-use", "The team “a” stays.\nThe team “b” stays.")

    desk.answers["desk.apply"] = answer
    (tmp_path / "desk.toml").write_text("")
    ended = cli("apply", str(tmp_path / "desk.toml"))
    assert ended.err == "spocd: The team “a” stays.\nspocd: The team “b” stays.\n"


@pytest.mark.parametrize(
    "line",
    [
        ("ticket", "view", "1\nspocd: done"),
        ("ticket", "list", "--since", "\x1b[2J\nspocd: done"),
        ("ticket", "list", "--stat\ne\x1b[2J"),
        ("ticket", "li\nst\x1b[2J"),
        ("ticket", "list", "--priority", "a\nb\x1b[2J"),
        ("--as", "a\nb\x1b[2J", "ticket", "note", "12", "-b", "x", "-F", "y"),
        ("ticket", "note", "12", "-F", "no\nsuch\x1b[2J"),
    ],
)
def test_sec_what_stands_on_the_line_cannot_act_on_the_terminal(cli: Cli, line: tuple[str, ...]) -> None:
    ended = cli(*line)
    assert ended.code in (1, 2)
    assert "\x1b" not in ended.err
    assert [each for each in ended.err.splitlines() if each.startswith("spocd: done")] == []
    assert len([each for each in ended.err.splitlines() if each and not each.startswith(("Usage", "Try"))]) == 1


def test_a_desk_that_cannot_now_is_75(desk: FakeDesk, cli: Cli) -> None:
    def answer(_: dict[str, Any]) -> dict[str, Any]:
        raise TryLater("The disk is full.")

    desk.answers["ticket.list"] = answer
    assert cli("ticket", "list") == (75, "", "spocd: The disk is full.\n")


def test_what_is_not_given_is_not_sent(desk: FakeDesk, cli: Cli) -> None:
    desk.answers["ticket.take"] = lambda _: ticket()
    cli("ticket", "take", "#12")
    assert desk.asked("ticket.take") == [{"ticket": 12}]


def test_the_options_of_a_write_are_sent(desk: FakeDesk, cli: Cli) -> None:
    desk.answers["ticket.take"] = lambda _: ticket()
    ended = cli("ticket", "take", "12", "--key", "cron-7", "--if-rev", "7", "--dry-run", "--as", "bob", "-y")
    assert desk.asked("ticket.take") == [
        {"ticket": 12, "key": "cron-7", "if_rev": 7, "dry_run": True, "acting_as": "bob"}
    ]
    assert "nothing was changed" in ended.err


@pytest.mark.parametrize(
    "line",
    [
        ("--as", "bob", "ticket", "view", "12", "--json"),
        ("ticket", "--json", "--as", "bob", "view", "12"),
        ("ticket", "view", "--as=bob", "12", "-o", "json"),
    ],
)
def test_the_options_that_stand_everywhere_may_stand_anywhere(desk: FakeDesk, cli: Cli, line: tuple[str, ...]) -> None:
    desk.answers["ticket.view"] = lambda _: ticket()
    ended = cli(*line)
    assert desk.asked("ticket.view") == [{"ticket": 12, "acting_as": "bob"}]
    assert ended.out.startswith("{")


def test_a_name_to_act_under_that_is_empty_is_not_who_runs_it(desk: FakeDesk, cli: Cli) -> None:
    ended = cli("ticket", "take", "12", "--as", "")
    assert ended.code == 2
    assert "--as is empty." in ended.err
    assert desk.calls == []


def test_a_write_whose_answer_is_lost_is_repeated_once_under_the_same_key(desk: FakeDesk, cli: Cli) -> None:
    def lost_the_first_time(_: dict[str, Any]) -> dict[str, Any]:
        if len(desk.calls) == 1:
            raise HangUp
        return ticket()

    desk.answers["ticket.take"] = lost_the_first_time
    assert cli("ticket", "take", "12").code == 0
    first, second = [parameters["key"] for _, parameters in desk.calls]
    assert first == second
    assert len(first) == 32


def test_a_write_whose_answer_is_lost_twice_is_75_and_names_the_key(desk: FakeDesk, cli: Cli) -> None:
    def always_lost(_: dict[str, Any]) -> dict[str, Any]:
        raise HangUp

    desk.answers["ticket.take"] = always_lost
    ended = cli("ticket", "take", "12")
    assert (ended.code, len(desk.calls)) == (75, 2)
    assert f"--key {desk.calls[0][1]['key']}" in ended.err


def test_two_runs_have_two_keys(desk: FakeDesk, cli: Cli) -> None:
    desk.answers["ticket.take"] = lambda _: ticket()
    cli("ticket", "take", "12")
    cli("ticket", "take", "12")
    assert desk.calls[0][1]["key"] != desk.calls[1][1]["key"]


def test_a_read_whose_answer_is_lost_is_75(desk: FakeDesk, cli: Cli) -> None:
    def lost(_: dict[str, Any]) -> dict[str, Any]:
        raise HangUp

    desk.answers["ticket.list"] = lost
    assert cli("ticket", "list").code == 75
    assert len(desk.calls) == 1


def test_ctrl_c_is_130(desk: FakeDesk) -> None:
    taken, over = threading.Event(), threading.Event()

    def slow(_: dict[str, Any]) -> dict[str, Any]:
        taken.set()
        over.wait(10)
        raise HangUp

    desk.answers["ticket.list"] = slow
    line = [sys.executable, "-m", "spocd", "--config", str(desk.config), "ticket", "list"]
    with subprocess.Popen(line, stderr=subprocess.PIPE, text=True) as running:
        assert taken.wait(10)
        running.send_signal(signal.SIGINT)
        _, said = running.communicate(timeout=10)
        over.set()
    assert (running.returncode, said) == (130, "\nspocd: interrupted\n")


def stopped_desk(folder: Path) -> Path:
    (folder / "run").mkdir()
    config = folder / "spocd.toml"
    config.write_text('[desk]\naddress = "desk@example.org"\n')
    return config


@pytest.mark.parametrize("line", [("health",), ("reload",), ("mail", "flush")])
def test_what_only_a_daemon_can_do_is_69_without_one(tmp_path: Path, line: tuple[str, ...]) -> None:
    config = stopped_desk(tmp_path)
    ended = process(*line, config=config)
    assert (ended.code, ended.out) == (69, "")
    assert f"spocd --config {config} serve" in ended.err


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_who_does_not_own_the_desk_cannot_work_without_the_daemon(tmp_path: Path) -> None:
    config = stopped_desk(tmp_path)
    for folder in (tmp_path, tmp_path.parent, tmp_path.parent.parent):
        folder.chmod(0o711)
    (tmp_path / "run").chmod(0o755)
    # All is imported before: another user may not be able to read the interpreter's own files.
    program = (
        "import os, sys, tomllib; from spocd.cli.ending import run; import spocd.cli.ticket_find; "
        f"os.setuid(65534); sys.exit(run(['--config', {str(config)!r}, 'ticket', 'list']))"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert ended.returncode == 69
    assert "is not running" in ended.stderr


def test_a_configuration_that_is_nowhere_is_78(tmp_path: Path) -> None:
    ended = process("--config", str(tmp_path / "none.toml"), "ticket", "list")
    assert ended.code == 78
    assert "none.toml" in ended.err


def test_a_configuration_that_cannot_be_read_is_78_with_a_line_a_fault(tmp_path: Path) -> None:
    config = tmp_path / "spocd.toml"
    config.write_text("[desk\n")
    ended = process("ticket", "list", config=config)
    assert ended.code == 78
    assert all(line.startswith("spocd: ") for line in ended.err.splitlines())


def test_a_bug_is_one_line_and_a_traceback_only_when_asked_for(desk: FakeDesk) -> None:
    desk.answers["ticket.list"] = lambda _: {"unexpected": True}
    plain = process("ticket", "list", config=desk.config)
    assert plain.code == 1
    assert plain.err.count("\n") == 1
    told = process("ticket", "list", config=desk.config, SPOCD_DEBUG="1")
    assert "Traceback" in told.err


def test_a_reader_that_goes_away_is_no_error(desk: FakeDesk) -> None:
    desk.answers["ticket.list"] = lambda _: {"tickets": [ticket(n, subject="x" * 500) for n in range(1, 200)]}
    line = f"{sys.executable} -m spocd --config {desk.config} ticket list; echo $? >&2"
    ended = subprocess.run(["sh", "-c", f"({line}) | head -n 1"], capture_output=True, text=True, check=False)
    assert ended.stderr == "0\n"
    assert ended.stdout.count("\n") == 1


def in_a_shell(redirected: str, *line: str, config: Path) -> subprocess.CompletedProcess[str]:
    """Runs a command with its streams as a shell redirects them; its standard output is a buffer, as users have it."""
    command = shlex.join([sys.executable, "-m", "spocd", "--config", str(config), *line])
    return subprocess.run(
        ["sh", "-c", f"{command} {redirected}"],
        capture_output=True,
        text=True,
        env={"PATH": os.environ["PATH"], "LANG": "C.UTF-8"},
        check=False,
    )


ENDINGS = [("version",), ("ticket", "list", "-L1"), ("--help",), ("completion", "fish"), ("ticket", "view", "12")]


@pytest.mark.parametrize("line", ENDINGS, ids=" ".join)
@pytest.mark.parametrize("redirected", [">/dev/full", ">&-"])
def test_what_cannot_be_written_is_an_error_in_one_line(desk: FakeDesk, line: tuple[str, ...], redirected: str) -> None:
    desk.answers["ticket.list"] = lambda _: {"tickets": [ticket()]}
    desk.answers["ticket.view"] = lambda _: whole(subject="x" * 100_000)
    ended = in_a_shell(redirected, *line, config=desk.config)
    assert (ended.returncode, ended.stdout) == (1, "")
    said = {">/dev/full": "No space left on device", ">&-": "Standard output is closed."}
    assert said[redirected] in ended.stderr
    assert ended.stderr.startswith("spocd: ")
    assert ended.stderr.count("\n") == 1


def test_nothing_is_done_where_the_answer_cannot_be_shown(desk: FakeDesk) -> None:
    in_a_shell(">&-", "ticket", "take", "12", config=desk.config)
    assert desk.calls == []


@pytest.mark.parametrize("redirected", ["2>&-", "2>/dev/full"])
def test_the_exit_code_is_right_where_nobody_hears_the_sentence(desk: FakeDesk, redirected: str) -> None:
    desk.answers["ticket.take"] = refusing(Exit.CONFLICT)
    assert in_a_shell(redirected, "ticket", "take", "12", config=desk.config).returncode == Exit.CONFLICT


@pytest.mark.parametrize("line", [("ticket", "note", "12", "-F", "-"), ("ticket", "take", "-"), ("message", "inspect")])
def test_standard_input_that_is_closed_is_said_to_be(desk: FakeDesk, line: tuple[str, ...]) -> None:
    ended = in_a_shell("<&-", *line, config=desk.config)
    assert ended.returncode == 2
    assert "Standard input is closed" in ended.stderr


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (("ticket", "veiw", "12"), "Did you mean “view”?"),
        (("tickets",), "Did you mean “ticket”?"),
        (("ticket", "view"), "TICKET"),
        (("ticket", "view", "12a"), "“12a” is not the number of a ticket"),
        (("ticket", "view", "0"), "“0” is not the number of a ticket"),
        (("ticket", "view", "9999999999999999999"), "is not the number of a ticket"),
        (("ticket", "take", "12", "13", "--if-rev", "7"), "--if-rev is the revision of one ticket"),
        (("ticket", "list", "--state", "asleep"), "“asleep” is not a state"),
        (("ticket", "list", "-L", "0"), "0 is too small; 1 is the smallest."),
        (("ticket", "list", "-L", "abc"), "“abc” is no whole number, such as 1."),
        (("ticket", "list", "-L", "9" * 5000), "is too large"),
        (("ticket", "take", "12", "--if-rev", "1.5"), "“1.5” is no whole number, such as 1."),
        (("mail", "hold", "²"), "“²” is no whole number, such as 1."),
        (("mail", "failed", "view", "0"), "0 is too small; 1 is the smallest."),
        (("agent", "new", "eve", "--uid", "99999999999"), "99999999999 is too large; 4294967294 is the largest."),
        (("agent", "new", "eve", "--uid", "4294967295"), "is too large"),
        (("ticket", "reply", "12"), "Say it with -b TEXT"),
        (("ticket", "reply", "12", "-b", " "), "The text is empty."),
        (("ticket", "reply", "12", "-b", "x", "-F", "y"), "Say it once"),
        (("ticket", "reply", "12", "-b", "x", "--close", "--pend-until", "+2h"), "closed or put aside"),
        (("ticket", "reply", "12", "-b", "x", "-a", "/nowhere"), "/nowhere"),
        (("ticket", "pend", "12", "--until", "soon"), "“soon” is not a time"),
        (("ticket", "view", "12", "--raw", "--json"), "--raw has one form"),
        (("message", "raw", "12"), "“12” is not a message"),
        (("mail", "explain", "x"), "“x” is neither"),
        (("--output", "yaml", "ticket", "list"), "yaml"),
    ],
)
def test_bad_usage_is_2_and_says_what_is_wrong(cli: Cli, line: tuple[str, ...], said: str) -> None:
    ended = cli(*line)
    assert (ended.code, ended.out) == (2, "")
    assert said in ended.err


@pytest.mark.parametrize(("line", "part", "code"), [("version", "spocd.cli.ending", 130), ("pipe", "spocd.pipe", 75)])
def test_ctrl_c_while_a_command_is_being_loaded_is_quiet(line: str, part: str, code: int) -> None:
    program = f"""
import sys
from spocd.__main__ import main

class Pressed:
    def find_spec(self, name, *_):
        if name == {part!r}:
            raise KeyboardInterrupt

sys.meta_path.insert(0, Pressed())
sys.argv = ["spocd", {line!r}]
main()
"""
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout, ended.stderr) == (code, "", "\nspocd: interrupted\n")


def test_bad_usage_is_never_told_on_standard_output(desk: FakeDesk) -> None:
    ended = in_a_shell("2>&-", "ticket", "fly", config=desk.config)
    assert (ended.returncode, ended.stdout) == (2, "")


@pytest.mark.parametrize("line", [("ticket", "take", "-h"), ("help", "ticket", "take"), ("ticket", "take", "--help")])
def test_help_is_had_in_every_way_that_people_ask_for_it(cli: Cli, line: tuple[str, ...]) -> None:
    ended = cli(*line)
    assert (ended.code, ended.out.split("\n")[2]) == (0, "  Take tickets: they are yours from now on.")
    assert cli("-h").out == cli("help").out == cli("--help").out
    assert cli("help", "ticket", "fly").code == cli("help", "version", "fly").code == 2
