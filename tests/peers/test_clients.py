"""Mail programs that people use, talking to our listeners."""

from __future__ import annotations

import contextlib
import os
import pty
import select
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.running import ADDRESS, RunningDesk, eventually, running_desk

pytestmark = pytest.mark.peer


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningDesk]:
    with running_desk(tmp_path_factory.mktemp("clients") / "desk") as running:
        yield running


def environment(folder: Path) -> dict[str, str]:
    """What a mail program is started with that knows nothing of whoever runs the tests."""
    return {"HOME": str(folder), "PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C.UTF-8", "TERM": "vt100"}


def run(*words: str, folder: Path, said: str = "Words by the program.\n") -> subprocess.CompletedProcess[str]:
    """Run a mail program that is told something on its standard input."""
    return subprocess.run(words, capture_output=True, text=True, timeout=60, input=said, env=environment(folder))


@pytest.mark.parametrize("way", [(), ("--pipeline",), ("--ehlo", "client.example", "--add-header", "X-Odd: .")])
def test_swaks_delivers_by_smtp(swaks: str, desk: RunningDesk, tmp_path: Path, way: tuple[str, ...]) -> None:
    subject = f"By swaks {len(desk.call('mail.inbox')['mails'])}"
    host, port = desk.smtp
    done = run(
        swaks, "--server", f"{host}:{port}", "--from", "ann@client.example", "--to", ADDRESS, "--h-Subject", subject,
        "--body", "One line.\n.\n..dots\n", *way, folder=tmp_path,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    row = desk.placed()
    view = desk.view(row["ticket"])
    assert view["subject"] == subject
    assert view["messages"][0]["text"].splitlines()[:3] == ["One line.", ".", "..dots"]


def test_swaks_delivers_by_lmtp(swaks: str, desk: RunningDesk, tmp_path: Path) -> None:
    done = run(
        swaks, "--protocol", "LMTP", "--socket", str(desk.folder / "run" / "lmtp"), "--from", "ann@client.example",
        "--to", f"{ADDRESS},desk+x@example.org", "--h-Subject", "By LMTP", folder=tmp_path,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    row = desk.placed()
    assert (row["channel"], row["fate"]) == ("lmtp", "opened")
    assert row["to"] == [ADDRESS, "desk+x@example.org"]


@pytest.mark.parametrize("recipient", ["nobody@example.org", "ann@elsewhere.example"])
def test_swaks_is_refused_an_address_that_is_not_ours(
    swaks: str, desk: RunningDesk, tmp_path: Path, recipient: str
) -> None:
    host, port = desk.smtp
    done = run(swaks, "--server", f"{host}:{port}", "--from", "ann@client.example", "--to", recipient, folder=tmp_path)
    assert done.returncode == 24, "swaks says 24 where no recipient was taken"
    assert " 550 5." in done.stdout


def s_nail_words(desk: RunningDesk) -> list[str]:
    host, port = desk.smtp
    settings = [
        "v15-compat", f"mta=smtp://{host}:{port}", "smtp-auth=none", "from=Ann Ek <ann@client.example>",
        "hostname=client.example", "ttycharset=utf-8",
    ]  # fmt: skip
    return ["s-nail", "-:/", *(word for each in settings for word in ("-S", each))]


def mutt_settings(desk: RunningDesk, folder: Path, *more: str) -> list[str]:
    """How mutt is started, with a configuration in a folder."""
    host, port = desk.smtp
    lines = [
        f'set smtp_url="smtp://{host}:{port}" ssl_starttls=no ssl_force_tls=no',
        'set from="ann@client.example" realname="Ann Ek" use_from=yes hostname=client.example',
        "set charset=utf-8 send_charset=utf-8 copy=no folder=~",
    ]
    (folder / "muttrc").write_text("\n".join([*lines, *more, ""]))
    return ["mutt", "-n", "-F", str(folder / "muttrc")]


def swedish_file(folder: Path) -> Path:
    file = folder / "räksmörgås.txt"
    file.write_text("Smörgås\n", encoding="utf-8")
    return file


def opened_with_file(desk: RunningDesk, subject: str) -> None:
    """The newest mail has opened a ticket with Ann's words and her file."""
    row = desk.placed()
    view = desk.view(row["ticket"])
    assert view["subject"] == subject
    assert view["requester"] == {"name": "Ann Ek", "address": "ann@client.example"}
    [message] = [each for each in view["messages"] if each["direction"] == "in"]
    assert message["visible_text"].strip() == "Words by the program."
    [attached] = message["attachments"]
    assert attached["filename"] == "räksmörgås.txt"
    fetched = desk.run("ticket", "attachment", "get", str(row["ticket"]), attached["filename"], "--dir", "-")
    assert (fetched.code, fetched.out.strip()) == (0, "Smörgås")


def test_s_nail_delivers_a_mail_with_a_file(s_nail: str, desk: RunningDesk, tmp_path: Path) -> None:
    file = swedish_file(tmp_path)
    done = run(*s_nail_words(desk), "-s", "Från s-nail", "-a", str(file), ADDRESS, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    opened_with_file(desk, "Från s-nail")


def test_mutt_delivers_a_mail_with_a_file(mutt: str, desk: RunningDesk, tmp_path: Path) -> None:
    file = swedish_file(tmp_path)
    words = mutt_settings(desk, tmp_path)
    done = run(*words, "-s", "Från mutt", "-a", str(file), "--", ADDRESS, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    opened_with_file(desk, "Från mutt")


@pytest.fixture
def answered(desk: RunningDesk) -> tuple[int, Path]:
    """A ticket of Ann's that was answered, and the Maildir that the answer is in, with nothing else."""
    desk.send("Wo ist mein Koffer?", subject="Koffer")
    ticket = desk.placed()["ticket"]
    before = desk.letters_now()
    desk.json("ticket", "reply", str(ticket), "-b", "Welche Farbe hat er?")
    eventually(lambda: desk.letters_now() > before, "the answer to be written")
    desk.settled()
    folder = desk.folder / f"mailbox-{ticket}"
    for name in ("cur", "new", "tmp"):
        (folder / name).mkdir(parents=True)
    [letter] = [each for each in (desk.folder / "sent" / "new").iterdir() if b"Welche Farbe" in each.read_bytes()]
    letter.rename(folder / "new" / letter.name)
    return ticket, folder


def last_words(desk: RunningDesk, ticket: int) -> tuple[int, str]:
    """By which rung of the ladder the ticket's last message came, and what it says."""
    row = desk.placed()
    assert (row["fate"], row["ticket"]) == ("appended", ticket)
    message = desk.view(ticket)["messages"][-1]
    return message["evidence"]["rung"], message["visible_text"]


@pytest.mark.parametrize(
    ("settings", "rung"),
    [
        pytest.param([], 2, id="to From, quoting with a tab"),
        pytest.param(["reply-to-honour", "indentprefix=> "], 1, id="to Reply-To"),
    ],
)
def test_an_answer_written_with_s_nail_finds_its_ticket(
    s_nail: str, desk: RunningDesk, tmp_path: Path, answered: tuple[int, Path], settings: list[str], rung: int
) -> None:
    ticket, folder = answered
    more = [word for each in ["quote", *settings] for word in ("-S", each)]
    said = "reply 1\nEr ist blau, glaube ich.\n~.\nxit\n"
    done = run(*s_nail_words(desk), *more, "-#", "-R", "-f", str(folder), folder=tmp_path, said=said)
    assert done.returncode == 0, done.stderr
    by, text = last_words(desk, ticket)
    assert by == rung
    assert "Er ist blau, glaube ich." in text
    assert rung == 2 or text == "Er ist blau, glaube ich."


def test_an_answer_written_with_mutt_finds_its_ticket(
    mutt: str, desk: RunningDesk, tmp_path: Path, answered: tuple[int, Path]
) -> None:
    ticket, folder = answered
    editor = tmp_path / "editor"
    editor.write_text('#!/bin/sh\necho "Er ist blau, glaube ich." >>"$1"\n')
    editor.chmod(0o755)
    words = mutt_settings(
        desk, tmp_path, f"set editor={editor} autoedit=yes fast_reply=yes reply_to=yes include=yes quit=yes",
        'push "<last-entry><reply><send-message><quit>"',
    )  # fmt: skip
    at_a_terminal(*words, "-f", str(folder), folder=tmp_path)
    assert last_words(desk, ticket) == (1, "Er ist blau, glaube ich.")


def at_a_terminal(*words: str, folder: Path) -> None:
    """Run a program that draws on a terminal, until it ends."""
    ours, theirs = pty.openpty()
    with os.fdopen(ours, "rb", buffering=0) as screen:
        process = subprocess.Popen(
            words, stdin=theirs, stdout=theirs, stderr=theirs, env=environment(folder), start_new_session=True
        )
        os.close(theirs)
        shown = b""
        try:
            deadline = time.monotonic() + 60
            while select.select([screen], [], [], max(deadline - time.monotonic(), 0))[0]:
                with contextlib.suppress(OSError):  # the terminal's end is an error
                    if piece := screen.read(1 << 16):
                        shown += piece
                        continue
                break
            assert process.wait(timeout=10) == 0, shown.decode(errors="replace")
        finally:
            process.kill()
            process.wait()
