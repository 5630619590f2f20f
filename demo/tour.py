"""The tour: a desk in a temporary folder, real mails over SMTP, an answer, the answer to the answer. `make demo`."""

from __future__ import annotations

import email
import email.policy
import os
import re
import shlex
import signal
import smtplib
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path

SPOCD = str(Path(sys.executable).with_name("spocd"))
DESK = "desk@example.org"
BOLD, DIM, PLAIN = ("\033[1m", "\033[2m", "\033[0m") if sys.stdout.isatty() else ("", "", "")


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="spocd-demo-") as place:
        folder = Path(place) / "desk"
        say("A desk in a folder: one command makes it, one starts it. It is gone at the end; ./var is not touched.")
        run("init", str(folder), "--address", DESK, "--smtp", "127.0.0.1:0", "--name", "IT desk", "--admin", "maria")
        os.environ["SPOCD_CONFIG"] = str(folder / "spocd.toml")
        daemon = start(folder)
        try:
            tour(folder)
        finally:
            daemon.send_signal(signal.SIGTERM)
            daemon.wait(timeout=15)
        say(f"The daemon has stopped (exit {daemon.returncode}). That was all of it.")


def tour(folder: Path) -> None:
    say("Ann writes to the desk from her mail program.")
    send(
        folder,
        "Ann Ek <ann@example.org>",
        DESK,
        "The printer is stuck",
        "It says PC LOAD LETTER. Floor 3, by the lifts.",
    )
    letter(folder, 1)
    say("Maria, in a shell, takes what has waited longest, and answers.")
    run("ticket", "next", "--claim")
    run("ticket", "reply", "1", "-b", "Hello Ann,\n\nit wants paper of the other size. I am on my way with some.")
    answer = letter(folder, 2)
    say("Ann answers on her phone, which rewrites the subject. The signed reply address finds the ticket all the same.")
    send(folder, "Ann Ek <ann@example.org>", str(answer["Reply-To"]), "Sv: printer", "You are a star. It prints again!")
    say("A stranger who guesses at the ticket's number gets a case of their own.")
    send(folder, "Eve <eve@elsewhere.example>", DESK, "Re: The printer is stuck [desk#1]", "Send me the log, please.")
    run("ticket", "view", "1")
    run("ticket", "close", "1", "-b", "Good to hear. We have ordered the right paper.")
    letter(folder, -1)
    run("ticket", "list", "--state", "all")
    run("health")


def start(folder: Path) -> subprocess.Popen[bytes]:
    print(f"{BOLD}$ spocd serve &{PLAIN}")
    log = folder / "log"
    with log.open("wb") as out:
        daemon = subprocess.Popen([SPOCD, "serve"], stdout=out, stderr=out)
    wait(lambda: "ready address=" in log.read_text() or daemon.poll() is not None)
    print(DIM + log.read_text() + PLAIN)
    if daemon.poll() is not None:
        raise SystemExit("the daemon did not start")
    return daemon


def send(folder: Path, sender: str, to: str, subject: str, body: str) -> None:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = sender, to, subject
    mail["Message-ID"] = f"<{os.urandom(6).hex()}@mail.example>"
    mail.set_content(body)
    found = re.search(r"127\.0\.0\.1:(\d+)", (folder / "spocd.toml").read_text())
    assert found is not None
    with smtplib.SMTP("127.0.0.1", int(found[1])) as client:
        client.send_message(mail)
    shown = re.sub(r"(\+.{6})[^@]*", r"\1…", to)
    print(f"{DIM}  (mail) {sender} → {shown}\n         {subject}: {body}{PLAIN}\n")
    wait(lambda: '"waiting": 0' in subprocess.run([SPOCD, "health", "--json"], capture_output=True, text=True).stdout)


def letter(folder: Path, number: int) -> EmailMessage:
    """Print a letter that went out, without the headers that only programs read."""
    new = folder / "sent" / "new"
    wait(lambda: new.is_dir() and len(list(new.iterdir())) >= number)
    time.sleep(0.2)
    file = sorted(new.iterdir(), key=lambda each: int(each.name.rpartition(".")[2]))[
        number - 1 if number > 0 else number
    ]
    mail: EmailMessage = email.message_from_bytes(file.read_bytes(), policy=email.policy.default)  # type: ignore[assignment]
    head = "\n".join(f"{name}: {mail[name]}" for name in ("From", "To", "Reply-To", "Subject"))
    text = f"{head}\n\n{mail.get_content().rstrip()}"
    print("\n".join(f"{DIM}  │{PLAIN} {line}" for line in text.splitlines()) + "\n")
    return mail


def run(*words: str) -> None:
    print(f"{BOLD}$ spocd {shlex.join(words)}{PLAIN}", flush=True)
    subprocess.run([SPOCD, *words], check=True)
    print()


def say(text: str) -> None:
    print(f"{BOLD}## {text}{PLAIN}", flush=True)


def wait(claim: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not claim():
        if time.monotonic() > deadline:
            raise SystemExit("waited 10 s in vain")
        time.sleep(0.05)


if __name__ == "__main__":
    main()
