"""The dialogs in dialogs/*.smtp, each played against a desk that knows desk, it, hr and postmaster @example.org.

#                  a comment
lmtp               the dialog is held on the LMTP socket
limit NAME NUMBER  a limit of the configuration for this dialog
-> TEXT            the client says TEXT; \\x00 and the like are single octets, {x*N} is N times x
=> TEXT            the same without CRLF behind it
<- PATTERN         the next line of the server matches PATTERN from its start to its end
closed             the server closes the connection
stored N           the desk has stored N mails
body TEXT          the last mail stored ends with TEXT
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.gateway.listening import Client, Desk, client, config, serving

DIALOGS = sorted((Path(__file__).parent / "dialogs").glob("*.smtp"))
_REPEATED = re.compile(rb"\{(.+?)\*(\d+)\}", re.DOTALL)


def octets(text: str) -> bytes:
    plain = text.encode().decode("unicode_escape").encode("latin-1")
    return _REPEATED.sub(lambda found: found[1] * int(found[2]), plain)


async def step(one: Client, desk: Desk, word: str, rest: str) -> None:
    match word:
        case "->":
            one.writer.write(octets(rest) + b"\r\n")
        case "=>":
            one.writer.write(octets(rest))
        case "<-":
            line = (await one.reader.readline()).decode().rstrip("\r\n")
            assert re.fullmatch(rest, line), f"the server said {line!r}, the dialog expects {rest!r}"
        case "closed":
            assert await one.is_closed()
        case "stored":
            assert len(desk.mails) == int(rest)
        case "body":
            assert desk.mails[-1][1].endswith(octets(rest))
        case _:
            raise AssertionError(f"{word} is no word of a dialog")


@pytest.mark.parametrize("dialog", DIALOGS, ids=[each.stem for each in DIALOGS])
async def test_the_dialog_goes_as_written(dialog: Path, tmp_path: Path) -> None:
    lines = [line.partition(" ") for line in dialog.read_text().splitlines() if line and not line.startswith("#")]
    limits = {name: int(number) for word, _, rest in lines if word == "limit" for name, number in [rest.split()]}
    kind = "lmtp" if ("lmtp", "", "") in lines else "smtp"
    desk = Desk()
    async with serving(config(tmp_path, **limits), desk) as listeners, client(listeners, kind) as one:
        for word, _, rest in lines:
            if word not in ("limit", "lmtp"):
                await step(one, desk, word, rest)


def test_there_are_dialogs() -> None:
    assert len(DIALOGS) >= 10
