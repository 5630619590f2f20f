"""The example in every command's help, run as it stands on a real desk with nobody at the terminal."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.test_cli_commands import COMMANDS
from tests.running import ADDRESS, SPOCD, Answer, RunningDesk, running_desk, written

ROOT = Path(__file__).parents[2]
# What would go on for ever, or is a place of this machine, as the test has it.
INSTEAD = {
    "/etc/bash_completion.d/": "./",
    "--config /etc/spocd/spocd.toml ": "",
    "ldapsearch -LLL -x mail=*": "cat people.ldif",
    "ticket watch --limit 5": "ticket watch --after 0 --limit 5",
}
SERVES = {"spocd serve"}  # it is what answers all the others
# Of two examples about one thing, one finds it done already; a mail has failed, so that the desk is not well; and a
# database is not migrated under a daemon.
ENDS = {"spocd agent new": 5, "spocd person alias": 5, "spocd team new": 5, "spocd health": 9, "spocd db migrate": 78}
# What must be so before, done for real, and undone afterwards.
BEFORE = {
    "spocd ticket reopen": ("ticket spam 12", "ticket reopen 12 --reason back"),
    "spocd agent back": ("agent away bob --until 2030-08-24 --reason leave", "agent back bob"),
    "spocd ticket unmerge": ("ticket merge 12 15", "ticket unmerge 12"),
    "spocd person unmerge": (
        "person merge ann.ek@home.example ann@example.org",
        "person unmerge ann.ek@home.example",
    ),
    "spocd team member add": ("team member remove network ida", "team member add network ida"),
    "spocd ticket cc add": ("ticket cc remove 12 carl@example.org", "ticket cc add 12 carl@example.org"),
    "spocd ticket reply": ("ticket take 12 --reason mine", "ticket release 12 --reason over"),
    "spocd ticket release": ("ticket take 12 --reason mine", "ticket release 12 --reason over"),
}
MORE = """
[organisations.acme]
name = "Acme"

[agents.bob]
name = "Bob Berg"
role = "agent"
tier = 2
"""


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningDesk]:
    """Sixteen tickets, of which #12 has four messages and a file; the example desk; mail 7 has failed."""
    folder = tmp_path_factory.mktemp("examples")
    with running_desk(folder / "desk", unknown_an_hour=100000) as running:
        text = (ROOT / "etc" / "desk.toml").read_text() + MORE
        done(running, "apply", "-", stdin=text)
        for number in range(1, 17):
            subject = "Printer on the third floor" if number == 12 else f"VPN or casino {number}"
            mail = written(f"{number}: 4929 1234 5678", sender="Ann Ek <ann@example.org>", subject=subject)
            mail.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename="report.pdf")
            running.deliver(mail.as_bytes(), to=[ADDRESS])
            assert running.placed()["ticket"] == number
        running.sql("update inbox set state = 'failed' where id = 7")
        for words in (
            ("ticket", "edit", "3", "--tag", "vpn"),
            ("ticket", "list", "--tag", "vpn", "--save-as", "late-vpn"),
            *(("ticket", "note", "12", "-b", f"{each}: 4929 1234 5678") for each in ("Second", "Third", "Fourth")),
            ("ticket", "new", "--requester", "ann.ek@home.example", "--subject", "From home", "-b", "x"),
            ("ticket", "cc", "add", "12", "carl@example.org"),
            ("ticket", "new", "--requester", "bo@example.org", "--subject", "Chair", "-b", "x"),
            ("person", "group", "add", "second-floor", "bo@example.org"),
        ):
            done(running, *words)
        yield running


def done(desk: RunningDesk, *words: str, stdin: str = "") -> None:
    answer = desk.run(*words, stdin=stdin)
    assert answer.code == 0, (words, answer)


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """A folder with the files that examples name."""
    shutil.copy(ROOT / "etc" / "desk.toml", tmp_path / "desk.toml")
    (tmp_path / "paper.txt").write_text("Please fill tray 2.")
    (tmp_path / "findings.txt").write_text("The fuse.")
    (tmp_path / "trace.log").write_text("x")
    (tmp_path / "mail.eml").write_bytes(b"From: ann@example.org\r\nSubject: Hi\r\n\r\nHello.\r\n")
    (tmp_path / "people.ldif").write_text("dn: cn=Ida\ncn: Ida Holm\nmail: ida.holm@example.org\n\n")
    return tmp_path


def line_of(path: str) -> str:
    """The example as the shell gets it: with --dry-run where it writes, and nothing asked."""
    command, _ = COMMANDS[path]
    line: str = command.example  # type: ignore[attr-defined]
    for was, now in INSTEAD.items():
        line = line.replace(was, now)
    if any(option.name == "dry_run" for option in command.params) and "--dry-run" not in line:
        line = line.replace(path, f"{path} --dry-run --yes", 1)
    return line


def run(desk: RunningDesk, line: str, here: Path) -> Answer:
    environment = os.environ | {
        "SPOCD_CONFIG": str(desk.config),
        "PATH": f"{Path(SPOCD).parent}:{os.environ['PATH']}",
        "EDITOR": "false",
    }
    ended = subprocess.run(
        ["/bin/bash", "-o", "pipefail", "-c", line],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        cwd=here,
        env=environment,
        timeout=60,
        start_new_session=True,
    )
    return Answer(ended.returncode, ended.stdout.decode(), ended.stderr.decode())


@pytest.mark.parametrize("path", sorted(set(COMMANDS) - SERVES))
def test_the_example_of_a_command_works_as_it_stands(desk: RunningDesk, here: Path, path: str) -> None:
    before, after = BEFORE.get(path, ("", ""))
    if before:
        done(desk, *before.split())
    ended = run(desk, line_of(path), here)
    if after:
        done(desk, *after.split())
    assert ended.code == ENDS.get(path, 0), (line_of(path), ended)
