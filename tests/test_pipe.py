"""The MTA's pipe, started as an MTA starts it: as a process of its own, against a real LMTP socket."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import pytest

from spocd import pipe
from spocd.config import Config, DeskSection, LimitsSection, ListenSection
from spocd.domain.intake import Envelope
from spocd.errors import Refused, TryLater
from spocd.gateway.server import listen

PIPE = Path(pipe.__file__)
MAIL = b"From: ann@example.com\nSubject: Printer\n\nIt is on fire.\n.\n..\n.x\nbye\n"
AS_STORED = MAIL.replace(b"\n", b"\r\n")
SECRET = "secret text of /srv/desk/desk.db"


class Desk:
    """A desk that keeps what comes in memory, or raises."""

    def __init__(self, error: BaseException | None = None) -> None:
        self.mails: list[tuple[Envelope, bytes]] = []
        self._error = error

    def refusal(self, recipient: str) -> str | None:
        return None if recipient == "desk@example.org" else "550 5.1.1 Nobody has this address"

    async def accept(self, envelope: Envelope, raw: BinaryIO) -> None:
        if self._error is not None:
            raise self._error
        self.mails.append((envelope, raw.read()))


@dataclass(frozen=True)
class Ended:
    """How a process ended, and what it said."""

    code: int
    out: str
    err: str


async def run_pipe(*flags: str, stdin: bytes = MAIL, cwd: Path, **environ: str) -> Ended:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-I", "-S", str(PIPE), *flags, cwd=cwd, env=environ,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, err = await asyncio.wait_for(process.communicate(stdin), 30)
    assert process.returncode is not None
    return Ended(process.returncode, out.decode(), err.decode())


def node(folder: Path, max_mail: int = 26214400) -> Config:
    return Config(
        path=folder / "spocd.toml",
        desk=DeskSection(address="desk@example.org"),
        listen=ListenSection(smtp=(), lmtp="run/lmtp"),
        limits=LimitsSection(max_mail=max_mail),
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "spocd.toml").write_text('[desk]\naddress = "desk@example.org"\n')
    (tmp_path / "run").mkdir()
    return tmp_path


@contextlib.asynccontextmanager
async def serving(folder: Path, desk: Desk, max_mail: int = 26214400) -> AsyncIterator[None]:
    listeners = await listen(node(folder, max_mail), desk)
    try:
        yield
    finally:
        await listeners.close(grace=1)


# Whom for, and from whom.

POSTFIX = {"ORIGINAL_RECIPIENT": "it+r1@example.org", "RECIPIENT": "alias@example.org", "SENDER": "ann@example.com"}
EXIM = {
    "LOCAL_PART_PREFIX": "it-",
    "LOCAL_PART": "desk",
    "LOCAL_PART_SUFFIX": "+r1",
    "DOMAIN": "example.org",
    "RECIPIENT": "desk@example.org",
    "SENDER": "ann@example.com",
}


@pytest.mark.parametrize(
    ("flags", "environ", "sender", "recipients"),
    [
        pytest.param(["--recipient", "it@x.example", "--sender", "a@b.example"], POSTFIX, "a@b.example",
                     ["it@x.example"], id="flags come before the environment"),
        pytest.param(["--recipient=<it@x.example>", "--sender=<>"], {}, "", ["it@x.example"], id="brackets"),
        pytest.param(["--recipient", "a@x.example", "--recipient", "b@x.example"], {}, "",
                     ["a@x.example", "b@x.example"], id="several recipients"),
        pytest.param(["--sender", "", "--recipient", "a@x.example", "b@x.example"], POSTFIX, "",
                     ["a@x.example", "b@x.example"], id="several recipients as Postfix expands them"),
        pytest.param(["--sender", "MAILER-DAEMON"], {}, "", ["desk@example.org"], id="a bounce"),
        pytest.param([], POSTFIX, "ann@example.com", ["it+r1@example.org"], id="Postfix"),
        pytest.param([], EXIM, "ann@example.com", ["it-desk+r1@example.org"], id="Exim"),
        pytest.param([], {"RECIPIENT": "it@x.example"}, "", ["it@x.example"], id="a recipient alone"),
        pytest.param([], {}, "", ["desk@example.org"], id="nothing said: the desk itself"),
        pytest.param(["--recipient", "jörg@bücher.example"], {}, "", ["jörg@bücher.example"], id="beyond ASCII"),
        pytest.param(["--recipient", '"odd one"@x.example'], {}, "", ['"odd one"@x.example'], id="quoted"),
    ],
)  # fmt: skip
async def test_the_mail_is_for_whom_the_mta_says(
    folder: Path, flags: list[str], environ: dict[str, str], sender: str, recipients: list[str]
) -> None:
    desk = Desk()
    async with serving(folder, desk):
        ended = await run_pipe("--config", str(folder / "spocd.toml"), *flags, cwd=folder, **environ)
    assert ended == Ended(0, "", "")
    assert desk.mails == [(Envelope(sender, tuple(recipients), "pipe", "local"), AS_STORED)]


@pytest.mark.parametrize(
    ("stdin", "stored"),
    [
        pytest.param(b"From ann@x.example Mon Jan  5 2026\nSubject: a\n\nb\n", b"Subject: a\r\n\r\nb\r\n", id="mbox"),
        pytest.param(b"From: ann\n\nFrom here on\n", b"From: ann\r\n\r\nFrom here on\r\n", id="no mbox"),
        pytest.param(b"a: b\r\n\r\nc\r\n", b"a: b\r\n\r\nc\r\n", id="CRLF already"),
        pytest.param(b"a: b\r\n\nmixed", b"a: b\r\n\r\nmixed\r\n", id="mixed and no end"),
        pytest.param(b".\n.\r\n..\n", b".\r\n.\r\n..\r\n", id="dots"),
        pytest.param(bytes(range(256)), bytes(range(10)) + b"\r\n" + bytes(range(11, 256)) + b"\r\n", id="octets"),
        pytest.param(b"\n", b"\r\n", id="one empty line"),
    ],
)  # fmt: skip
async def test_the_mail_arrives_as_it_was_but_for_line_ends(folder: Path, stdin: bytes, stored: bytes) -> None:
    desk = Desk()
    async with serving(folder, desk):
        ended = await run_pipe("--config", "spocd.toml", cwd=folder, stdin=stdin)
    assert ended.code == 0
    assert [raw for _, raw in desk.mails] == [stored]


async def test_an_mbox_line_names_the_sender_where_nobody_else_does(folder: Path) -> None:
    desk = Desk()
    async with serving(folder, desk):
        await run_pipe(cwd=folder, SPOCD_CONFIG="spocd.toml", stdin=b"From ann@x.example Mon Jan\na: b\n")
        await run_pipe(cwd=folder, SPOCD_CONFIG="spocd.toml", stdin=b"From MAILER-DAEMON Mon Jan\na: c\n")
    assert [envelope.sender for envelope, _ in desk.mails] == ["ann@x.example", ""]


async def test_a_mail_of_20_megabytes_goes_through(folder: Path) -> None:
    desk = Desk()
    raw = b"a: b\n\n" + b"x" * 20_000_000 + b"\n"
    async with serving(folder, desk):
        assert (await run_pipe("--config", "spocd.toml", cwd=folder, stdin=raw)).code == 0
    assert len(desk.mails[0][1]) == len(raw) + 3


# Where the daemon is.


async def test_the_configuration_is_looked_for_where_the_other_commands_look(folder: Path, tmp_path: Path) -> None:
    desk = Desk()
    (tmp_path / "above").mkdir()
    (tmp_path / "above" / "var").symlink_to(folder)
    async with serving(folder, desk):
        assert (await run_pipe(cwd=folder, SPOCD_CONFIG="spocd.toml")).code == 0
        assert (await run_pipe(cwd=tmp_path / "above")).code == 0
    assert len(desk.mails) == 2


async def test_a_socket_path_may_be_longer_than_an_address_holds(tmp_path: Path) -> None:
    deep = tmp_path / ("d" * 120)
    (deep / "run").mkdir(parents=True)
    (deep / "spocd.toml").write_text('[desk]\naddress = "desk@example.org"\n')
    desk = Desk()
    async with serving(deep, desk):
        assert (await run_pipe("--config", str(deep / "spocd.toml"), cwd=tmp_path)).code == 0
    assert len(desk.mails) == 1


ADDRESS = '[desk]\naddress = "d@x.example"'
SOCKET = '[listen]\nlmtp = "a/b"\n'


@pytest.mark.parametrize(
    ("text", "is_plain"),
    [
        pytest.param(f"# c\n{ADDRESS} # c\n{SOCKET}", True, id="plain"),
        pytest.param(f'{ADDRESS}\n[desk.addresses]\n"it@x" = "it"\n[listen]\nsmtp = ["a:1", "[::1]:2"]\nlmtp="a/b"',
                     True, id="as spocd init writes it"),
        pytest.param(f'{ADDRESS}\n[listen]\nsmtp = [\n  "a:1",\n  # c\n  "b:2",\n]\nlmtp = "a/b"\n', True,
                     id="a list on several lines"),
        pytest.param(f'{ADDRESS}\nlmtp = "wrong"\n{SOCKET}[x]\nlmtp = "wrong"\n', True, id="the same key elsewhere"),
        pytest.param("[desk]\naddress = 'd@x.example'\n[listen]\nlmtp = 'a/b'\n", False, id="literal strings"),
        pytest.param('desk = { address = "d@x.example" }\nlisten.lmtp = "a/b"\n', False, id="inline and dotted"),
        pytest.param(f'[desk]\naddress = "d\\u0040x.example"\n{SOCKET}', False, id="escapes"),
        pytest.param(f'{ADDRESS}\nname = """\n[listen]\nlmtp = "wrong"\n"""\n{SOCKET}', False,
                     id="a text that looks like settings"),
        pytest.param(f'{ADDRESS}\n[listen]\nsmtp = [\n"[::1]:2" ]\nlmtp = "a/b"\n', False,
                     id="a list of another shape"),
    ],
)  # fmt: skip
def test_the_short_reader_reads_what_tomllib_reads_or_leaves_it_to_tomllib(text: str, is_plain: bool) -> None:
    wanted = {"desk.address": "d@x.example", "listen.lmtp": "a/b"}
    assert pipe._plain_settings(text) == (wanted if is_plain else None)
    assert pipe._toml_settings(text, "spocd.toml") == wanted


async def test_an_unusual_configuration_is_read_too(folder: Path) -> None:
    (folder / "spocd.toml").write_text("desk = { address = 'desk@example.org' }\nlisten = { lmtp = './run/lmtp' }\n")
    desk = Desk()
    async with serving(folder, desk):
        assert (await run_pipe("--config", "spocd.toml", cwd=folder)).code == 0


# The MTA keeps the mail, whatever is wrong.


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        pytest.param(["--nonsense"], "'--nonsense' is not understood; see spocd pipe --help", id="an unknown flag"),
        pytest.param(["ann@x.example"], "'ann@x.example' is not understood", id="a stray word"),
        pytest.param(["--config", "a", "b"], "'b' is not understood", id="a second value"),
        pytest.param(["--recipient"], "--recipient needs a value", id="no value"),
        pytest.param(["--recipient", "a\nb@x.example"], "an address holds a line break", id="a line break"),
        pytest.param(["--config", "missing.toml"], "cannot read missing.toml: No such file", id="no such file"),
        pytest.param(["--config", "/etc"], "cannot read /etc: Is a directory", id="a folder"),
        pytest.param(["--config", "broken.toml"], "broken.toml: ", id="broken TOML"),
        pytest.param(["--config", "binary.toml"], "binary.toml is not UTF-8", id="not UTF-8"),
        pytest.param(["--config", "number.toml"], "[listen] lmtp is not a text", id="not a text"),
        pytest.param(["--config", "nobody.toml"], "has no address under [desk]", id="no recipient at all"),
        pytest.param(["--config", "spocd.toml"], "cannot reach run/lmtp: No such file", id="no socket"),
        pytest.param(["--config", "file.toml"], "cannot reach spocd.toml: ", id="no socket but a file"),
        pytest.param(
            [], "there is no var/spocd.toml and no /etc/spocd/spocd.toml; say --config", id="no configuration"
        ),
    ],
)
async def test_sec_65_bad_usage_and_broken_configuration_are_75(folder: Path, flags: list[str], said: str) -> None:
    (folder / "broken.toml").write_text("[desk\naddress = ")
    (folder / "binary.toml").write_bytes(b"\xff\xfe")
    (folder / "number.toml").write_text("[listen]\nlmtp = 5\n")
    (folder / "nobody.toml").write_text('[listen]\nlmtp = "run/lmtp"\n')
    (folder / "file.toml").write_text('[desk]\naddress = "d@x.example"\n[listen]\nlmtp = "spocd.toml"\n')
    if "--recipient" in flags and len(flags) > 1:
        flags = [*flags, "--config", "spocd.toml"]
        async with serving(folder, Desk()):
            ended = await run_pipe(*flags, cwd=folder)
    else:
        ended = await run_pipe(*flags, cwd=folder)
    assert ended.code == 75
    assert ended.err.startswith("spocd pipe: ")
    assert said in ended.err
    assert ended.err.count("\n") == 1
    assert ended.out == ""


async def test_sec_65_an_empty_mail_is_nothing_to_lose(folder: Path) -> None:
    ended = await run_pipe("--config", "spocd.toml", cwd=folder, stdin=b"")
    assert ended == Ended(0, "", "spocd pipe: standard input is empty: there is no mail to deliver\n")


async def test_help_is_help(folder: Path) -> None:
    ended = await run_pipe("--help", cwd=folder)
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.startswith("Usage: spocd pipe ")


TWENTY_KINDS: list[Callable[[], BaseException]] = [
    lambda: TryLater(SECRET),
    lambda: Refused("closed", SECRET),
    lambda: Exception(SECRET),
    lambda: OSError(28, SECRET),
    lambda: ConnectionResetError(SECRET),
    lambda: BrokenPipeError(SECRET),
    lambda: TimeoutError(SECRET),
    lambda: EOFError(SECRET),
    lambda: ValueError(SECRET),
    lambda: KeyError(SECRET),
    lambda: IndexError(SECRET),
    lambda: TypeError(SECRET),
    lambda: AssertionError(SECRET),
    lambda: RuntimeError(SECRET),
    lambda: RecursionError(SECRET),
    lambda: MemoryError(SECRET),
    lambda: UnicodeDecodeError("utf-8", b"\xff", 0, 1, SECRET),
    lambda: asyncio.CancelledError(SECRET),
    lambda: SystemExit(SECRET),
    lambda: KeyboardInterrupt(SECRET),
]


@pytest.mark.parametrize("kind", TWENTY_KINDS, ids=lambda kind: type(kind()).__name__)
async def test_sec_19_whatever_the_desk_raises_is_75(folder: Path, kind: Callable[[], BaseException]) -> None:
    async with serving(folder, Desk(kind())):
        ended = await run_pipe("--config", "spocd.toml", cwd=folder)
    assert ended.code == 75
    assert ended.err == "spocd pipe: 451 4.3.0 The mail could not be stored just now; please send it again later\n"


async def test_a_mail_that_is_too_large_bounces(folder: Path) -> None:
    async with serving(folder, Desk(), max_mail=2000):
        ended = await run_pipe("--config", "spocd.toml", cwd=folder, stdin=b"x" * 3000)
    assert (ended.code, ended.err[:15]) == (65, "spocd pipe: 552")


async def test_a_mail_in_a_loop_bounces(folder: Path) -> None:
    async with serving(folder, Desk()):
        ended = await run_pipe("--config", "spocd.toml", cwd=folder, stdin=b"Received: x\n" * 51)
    assert (ended.code, ended.err[:15]) == (65, "spocd pipe: 554")


# A daemon that says strange things.


@contextlib.asynccontextmanager
async def saying(folder: Path, *replies: bytes) -> AsyncIterator[None]:
    """A server that gives one of these replies to each line and hangs up; b"" hangs up at once."""

    async def converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for number, each in enumerate(replies):
            if number:
                await reader.readline()
            writer.write(each)
        with contextlib.suppress(ConnectionError):
            await writer.drain()
            writer.close()
            await writer.wait_closed()

    server = await asyncio.start_unix_server(converse, folder / "run" / "lmtp")
    try:
        yield
    finally:
        server.close()
        await server.wait_closed()


HELLO = [b"220 x\r\n", b"250-x\r\n250 y\r\n"]


@pytest.mark.parametrize(
    ("replies", "code"),
    [
        pytest.param([b""], 75, id="nothing"),
        pytest.param([b"421 4.3.2 closing\r\n"], 75, id="421 at once"),
        pytest.param([b"\xff\xfe\r\n"], 75, id="no text"),
        pytest.param([b"220 x"], 75, id="half a line"),
        pytest.param([b"220-" + b"x" * 2_000_000], 75, id="a line without end"),
        pytest.param([b"220 x\r\n", b"500 5.5.1 no LHLO\r\n"], 75, id="no LMTP"),
        pytest.param([*HELLO, b"530 5.7.0 x\r\n"], 75, id="530"),
        pytest.param([*HELLO, b"552 5.3.4 x\r\n"], 65, id="552"),
        pytest.param([*HELLO, b"250 x\r\n", b"550 5.7.1 x\r\n"], 77, id="550 5.7.1"),
        pytest.param([*HELLO, b"250 x\r\n", b"550 5.1.1 x\r\n"], 75, id="550 5.1.1"),
        pytest.param([*HELLO, b"250 x\r\n", b"251 x\r\n"], 75, id="251"),
        pytest.param([*HELLO, b"250 x\r\n", b"250 x\r\n", b"250 x\r\n"], 75, id="250 for 354"),
        pytest.param([*HELLO, b"250 x\r\n", b"250 x\r\n", b"354 x\r\n"], 75, id="hangs up before the dot"),
        pytest.param([*HELLO, b"250 x\r\n", b"250 x\r\n", b"354 x\r\n", b"250"], 75, id="hangs up in its last word"),
        pytest.param([*HELLO, b"250 x\r\n", b"250 x\r\n", b"354 x\r\n", b"250 x\r\n"], 0, id="as it should be"),
    ],
)
async def test_only_a_clear_yes_is_0(folder: Path, replies: list[bytes], code: int) -> None:
    async with saying(folder, *replies):
        ended = await run_pipe("--config", "spocd.toml", cwd=folder)
    assert (ended.code, ended.err == "") == (code, code == 0)


async def test_every_recipient_needs_its_own_yes(folder: Path) -> None:
    last = b"250 x\r\n451 4.3.0 x\r\n"
    async with saying(folder, *HELLO, b"250 x\r\n", b"250 x\r\n", b"250 x\r\n", b"354 x\r\n", last):
        ended = await run_pipe("--config", "spocd.toml", "--recipient", "a@x.example", "b@x.example", cwd=folder)
    assert ended.code == 75


async def test_a_daemon_that_hangs_up_within_a_large_mail_is_75(folder: Path) -> None:
    async with saying(folder, *HELLO, b"250 x\r\n", b"250 x\r\n", b"354 x\r\n", b"452 4.3.1 full\r\n"):
        ended = await run_pipe("--config", "spocd.toml", cwd=folder, stdin=b"x\n" * 5_000_000)
    assert ended.code == 75


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGUSR1])
async def test_a_pipe_that_is_told_to_stop_leaves_the_mail_in_the_queue(folder: Path, number: signal.Signals) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-I", "-S", str(PIPE), "--config", "spocd.toml", cwd=folder,
        stdin=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    await _until_reading(process.pid)
    process.send_signal(number)
    _, err = await asyncio.wait_for(process.communicate(), 10)
    assert (process.returncode, err) == (75, b"spocd pipe: stopped by a signal; the mail is for a later try\n")


async def _until_reading(pid: int) -> None:
    """Wait until the process sleeps in read(0, …): system call 0 on x86-64, 63 on arm64."""
    for _ in range(500):
        words = Path(f"/proc/{pid}/syscall").read_text().split()
        if words[0] in ("0", "63") and words[1] == "0x0":
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it does not read")


def test_nobody_need_listen_to_its_complaints(folder: Path) -> None:
    read, write = os.pipe()
    os.close(read)
    pid = os.posix_spawn(
        sys.executable, [sys.executable, "-I", "-S", str(PIPE), "--nonsense"], {},
        file_actions=[(os.POSIX_SPAWN_DUP2, write, 2)],
    )  # fmt: skip
    os.close(write)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 75


async def test_it_imports_next_to_nothing(folder: Path) -> None:
    text = "import sys; before = set(sys.modules); import pipe; print(sorted(set(sys.modules) - before))"
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-S", "-c", text, cwd=PIPE.parent, stdout=asyncio.subprocess.PIPE
    )
    out, _ = await process.communicate()
    brought = set(eval(out))
    assert brought <= {"_collections_abc", "_socket", "_stat", "genericpath", "os", "os.path", "pipe", "posixpath",
                       "stat", "time"}  # fmt: skip
