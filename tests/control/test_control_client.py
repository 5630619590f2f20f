"""The client: what it gives back, what it raises, and what it costs."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from spocd.control import wire
from spocd.control.client import LostAfterSending, NotRunning, call
from spocd.control.server import serve
from spocd.errors import Exit, Refused, TryLater


async def test_a_call_gives_back_the_document(desk: Any) -> None:
    answer = await desk.ask("ticket.list", limit=1)
    assert answer["cursor"] is None
    assert answer["tickets"][0]["messages"][0]["from"] == {"name": "Ann Ångström", "address": "ann@example.org"}


async def test_an_operation_without_parameters_is_called(desk: Any) -> None:
    assert await desk.ask("desk.health") == {"done": 0}


async def test_a_refusal_comes_through_with_its_code_sentence_and_exit(desk: Any) -> None:
    with pytest.raises(Refused) as raised:
        await desk.ask("ticket.fail", how="refused")
    assert (raised.value.code, raised.value.exit) == ("closed", Exit.CONFLICT)
    assert raised.value.sentence == "#7 is closed. Reopen it first."


async def test_what_may_work_later_comes_through(desk: Any) -> None:
    with pytest.raises(TryLater, match="The database is busy"):
        await desk.ask("ticket.fail", how="later")


async def test_a_wrong_parameter_is_a_usage_error_that_names_it(desk: Any) -> None:
    with pytest.raises(Refused, match="“ticket”") as raised:
        await desk.ask("ticket.assign", ticket="seven", to="ann")
    assert raised.value.exit is Exit.USAGE


async def test_a_command_that_the_desk_does_not_know_is_told_to_restart_it(desk: Any) -> None:
    with pytest.raises(Refused, match="restart"):
        await desk.ask("ticket.fly")


async def test_an_answer_of_many_blocks_comes_whole(desk: Any) -> None:
    answer = await desk.ask("message.raw_text", length=3_000_000)
    assert answer["text"] == "å" * 3_000_000


async def test_a_call_that_is_too_long_is_refused_before_it_is_sent(desk: Any) -> None:
    with pytest.raises(Refused, match="1 MiB"):
        await desk.ask("ticket.assign", ticket=7, to="x" * wire.MOST_FRAME)
    assert desk.asked == []


async def test_the_longest_call_is_taken(desk: Any) -> None:
    frame = wire.encode({"method": "org.spocd.ticket.Assign", "parameters": {"ticket": 7, "to": ""}})
    to = "x" * (wire.MOST_FRAME - len(frame) + 1)
    assert await desk.ask("ticket.assign", ticket=7, to=to) == {"done": 7}


@pytest.mark.parametrize("stands", ["nothing", "no folder", "a file for a folder", "a dead socket", "a plain file"])
def test_where_nobody_listens_nothing_was_sent(tmp_path: Path, stands: str) -> None:
    path = tmp_path / "run" / "control"
    if stands == "a file for a folder":
        path.parent.write_text("")
    elif stands != "no folder":
        path.parent.mkdir()
    if stands == "a dead socket":
        with socket.socket(socket.AF_UNIX) as dead:
            dead.bind(str(path))
    if stands == "a plain file":
        path.write_text("")
    with pytest.raises(NotRunning, match="No desk is running"):
        call(path, "desk.health", {})


async def test_a_folder_that_is_closed_to_the_caller_is_named(desk: Any, as_nobody: Any) -> None:
    desk.path.parent.chmod(0o700)

    def refused() -> list[Any]:
        try:
            return ["answered", call(desk.path, "desk.health", {})]
        except Refused as error:
            return [error.exit, error.sentence]

    code, sentence = await as_nobody(refused)
    assert code == Exit.NOT_PERMITTED
    assert str(desk.path) in sentence


@pytest.fixture
def listener(tmp_path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(tmp_path / "control"))
        made.listen(1)
        yield made


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b'{"parameters": {"number"', id="half an answer"),
        pytest.param(b"HTTP/1.1 400 Bad Request\r\n\r\n\0", id="another protocol's"),
        pytest.param(b"[]\0", id="no object"),
    ],
)
def test_a_connection_lost_after_sending_says_that_it_may_have_been_done(
    listener: socket.socket, tmp_path: Path, answer: bytes
) -> None:
    def hang_up() -> None:
        peer, _ = listener.accept()
        with peer:
            peer.recv(1 << 16)
            peer.sendall(answer)

    thread = threading.Thread(target=hang_up)
    thread.start()
    with pytest.raises(LostAfterSending):
        call(tmp_path / "control", "desk.health", {})
    thread.join()


def test_what_the_desk_says_before_it_hangs_up_on_a_long_call_is_heard(listener: socket.socket, tmp_path: Path) -> None:
    def turn_away() -> None:
        peer, _ = listener.accept()
        with peer:
            peer.recv(1000)
            peer.sendall(wire.encode(wire.failure(TryLater("Too many connections."))))

    thread = threading.Thread(target=turn_away)
    thread.start()
    with pytest.raises(TryLater, match="Too many connections"):
        call(tmp_path / "control", "ticket.note", {"body": "x" * 900_000})
    thread.join()


def test_no_answer_in_time_says_that_it_may_have_been_done(listener: socket.socket, tmp_path: Path) -> None:
    begun = time.monotonic()
    with pytest.raises(LostAfterSending, match="may have done"):
        call(tmp_path / "control", "desk.health", {}, timeout=0.2)
    assert 0.15 < time.monotonic() - begun < 2


def test_a_full_backlog_is_waited_for_and_then_tried_later(listener: socket.socket, tmp_path: Path) -> None:
    waiting = []
    try:
        for _ in range(3):
            waiting.append(socket.socket(socket.AF_UNIX))
            waiting[-1].setblocking(False)
            try:
                waiting[-1].connect(str(tmp_path / "control"))
            except BlockingIOError:
                break
        with pytest.raises(TryLater, match="no further connection") as raised:
            call(tmp_path / "control", "desk.health", {}, timeout=0.2)
    finally:
        for each in waiting:
            each.close()
    assert not isinstance(raised.value, LostAfterSending)


async def test_a_path_longer_than_a_sockets_address_is_reached(folder: Path, operations: Any, desk: Any) -> None:
    deep = folder.joinpath(*["d" * 60] * 3)
    deep.mkdir(parents=True)
    server = await serve(deep / "control", operations, desk.perform)
    desk.path = deep / "control"
    assert await desk.ask("desk.health") == {"done": 0}
    await server.close(grace=0)


def test_the_client_imports_nothing_that_costs() -> None:
    script = "import sys, json, socket; had = {*sys.modules}; import spocd.control.client; print(*{*sys.modules} - had)"
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert set(ran.stdout.split()) == {
        "__future__",
        "spocd",
        "spocd.control",
        "spocd.control.client",
        "spocd.control.wire",
        "spocd.errors",
    }
