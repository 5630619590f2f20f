"""Start a desk in ./var, making it first where it is not there, and say what to try. `make run` calls this."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tomllib
from pathlib import Path

SPOCD = str(Path(sys.executable).with_name("spocd"))
FOLDER = Path("var")
CONFIG = FOLDER / "spocd.toml"

HINTS = """
A desk is starting in ./{folder}. Ctrl-C ends it; `make run` starts it again, with everything still there.

  address   {address}
  SMTP      {smtp}
  LMTP      {lmtp}
  letters   ./{folder}/sent/new (until you set a relay in {config})

Three things to try in another terminal:

  1  Write to the desk, as anybody would:
       swaks --server {smtp} --from ann@example.org --to {address} \\
             --header 'Subject: The printer is stuck' --body 'It says PC LOAD LETTER.'
  2  See it and take it:
       .venv/bin/spocd ticket next --claim
  3  Answer it, then read the mail that went out, and answer that one's Reply-To:
       .venv/bin/spocd ticket reply 1 -b 'Paper is on its way.'
       tail -n +1 {folder}/sent/new/*
"""


def main() -> None:
    if not CONFIG.exists():
        made = [SPOCD, "--quiet", "init", str(FOLDER), "--address", "desk@example.org", "--smtp", free_endpoint()]
        subprocess.run(made, check=True, stdout=subprocess.DEVNULL)
    with CONFIG.open("rb") as file:
        config = tomllib.load(file)
    print(
        HINTS.format(
            folder=FOLDER,
            config=CONFIG,
            address=config["desk"]["address"],
            smtp=", ".join(config["listen"]["smtp"]),
            lmtp=CONFIG.parent / config["listen"]["lmtp"],
        ),
        flush=True,
    )
    os.execv(SPOCD, [SPOCD, "--config", str(CONFIG), "serve"])  # noqa: S606


def free_endpoint() -> str:
    """127.0.0.1:2525, or another port where that one is taken."""
    with socket.socket() as trial:
        return "127.0.0.1:0" if trial.connect_ex(("127.0.0.1", 2525)) == 0 else "127.0.0.1:2525"


if __name__ == "__main__":
    main()
