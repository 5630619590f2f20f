"""Mail programs that people use, talking to our listeners."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.running import ADDRESS, RunningDesk, running_desk

pytestmark = pytest.mark.peer


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningDesk]:
    with running_desk(tmp_path_factory.mktemp("clients") / "desk") as running:
        yield running


def run(*words: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a mail program that knows nothing of whoever runs the tests."""
    environment = {"HOME": str(folder), "PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C.UTF-8"}
    return subprocess.run(
        words, capture_output=True, text=True, timeout=60, input="Words by the program.\n", env=environment
    )


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


def test_s_nail_delivers_a_mail_with_a_file(s_nail: str, desk: RunningDesk, tmp_path: Path) -> None:
    file = tmp_path / "räksmörgås.txt"
    file.write_text("Smörgås\n", encoding="utf-8")
    host, port = desk.smtp
    done = run(
        s_nail, "-:/", "-S", "v15-compat", "-S", f"mta=smtp://{host}:{port}", "-S", "smtp-auth=none",
        "-S", "from=Ann Ek <ann@client.example>", "-S", "hostname=client.example", "-S", "ttycharset=utf-8",
        "-s", "Från s-nail", "-a", str(file), ADDRESS, folder=tmp_path,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    row = desk.placed()
    view = desk.view(row["ticket"])
    assert view["subject"] == "Från s-nail"
    assert view["requester"] == {"name": "Ann Ek", "address": "ann@client.example"}
    [message] = view["messages"]
    assert message["visible_text"].strip() == "Words by the program."
    [attached] = message["attachments"]
    assert attached["filename"] == "räksmörgås.txt"
    fetched = desk.run("ticket", "attachment", "get", str(row["ticket"]), attached["filename"], "--dir", "-")
    assert (fetched.code, fetched.out.strip()) == (0, "Smörgås")
