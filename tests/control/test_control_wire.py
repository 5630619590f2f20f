"""Frames, names and errors on the control socket."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

import pytest

from spocd.control import wire
from spocd.errors import Exit, Refused, TryLater


@pytest.mark.parametrize(
    ("operation", "method"),
    [
        ("ticket.list", "org.spocd.ticket.List"),
        ("ticket.cc_add", "org.spocd.ticket.CcAdd"),
        ("mail.failed_replay", "org.spocd.mail.FailedReplay"),
        ("desk.health", "org.spocd.desk.Health"),
    ],
)
def test_an_operation_has_a_method(operation: str, method: str) -> None:
    assert wire.method_name(operation) == method


@pytest.mark.parametrize(
    "document",
    [
        pytest.param({}, id="nothing"),
        pytest.param({"text": "Привет, å — “x”", "nul": "a\0b"}, id="text of many scripts, and a NUL"),
        pytest.param({"argument": "caf\udce9"}, id="an argument of the shell that is no UTF-8"),
        pytest.param({"n": [1, -1.5, None, True, {"deep": []}]}, id="every kind of value"),
    ],
)
def test_a_frame_is_read_as_it_was_written(document: dict[str, Any]) -> None:
    frame = wire.encode(document)
    assert frame.index(b"\0") == len(frame) - 1
    frame.decode("utf-8")
    assert wire.decode(frame[:-1]) == document


@pytest.mark.parametrize(
    "frame",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"GET / HTTP/1.1\r\n\r\n", id="another protocol"),
        pytest.param(b'{"method":', id="cut off"),
        pytest.param(b"[]", id="a list"),
        pytest.param(b'"org.spocd.desk.Health"', id="a string"),
        pytest.param(b"{}{}", id="two objects"),
        pytest.param(b'{"method": "\xe5"}', id="no UTF-8"),
        pytest.param('{"method": "x"}'.encode("utf-16"), id="UTF-16, which Python's reader would guess"),
        pytest.param(b'{"n": NaN}', id="NaN"),
        pytest.param(b'{"n": -Infinity}', id="infinity"),
        pytest.param(b'{"n": ' + b"9" * 10_000 + b"}", id="a number without end"),
        pytest.param(b'{"n": ' + b"[" * 100_000, id="nested without end"),
        pytest.param(b'{"n": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", id="nested deeply"),
    ],
)
def test_what_is_no_frame_is_said_to_be_none(frame: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 (each says something else)
        wire.decode(frame)


@pytest.mark.parametrize(
    ("error", "name"),
    [
        (Refused("closed", "#7 is closed.", Exit.CONFLICT), "org.spocd.Refused"),
        (TryLater("The database is busy."), "org.spocd.TryLater"),
        (wire.InvalidParameter("ticket"), "org.varlink.service.InvalidParameter"),
        (wire.MethodNotFound("org.spocd.ticket.Fly"), "org.varlink.service.MethodNotFound"),
        (wire.InterfaceNotFound("org.spocd.kitchen"), "org.varlink.service.InterfaceNotFound"),
        (wire.MethodNotImplemented("org.spocd.ticket.List"), "org.varlink.service.MethodNotImplemented"),
        (wire.ExpectedMore(), "org.varlink.service.ExpectedMore"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_an_error_is_raised_again_as_it_was(error: Refused | TryLater, name: str) -> None:
    answer = wire.decode(wire.encode(wire.failure(error))[:-1])
    assert answer["error"] == name
    with pytest.raises(type(error)) as raised:
        wire.result(answer)
    assert type(raised.value) is type(error)
    assert str(raised.value) == str(error)
    assert vars(raised.value) == vars(error)


def test_an_error_without_words_still_says_what_to_do() -> None:
    assert "Try again later" in wire.failure(TryLater())["parameters"]["sentence"]


def test_an_error_of_a_newer_desk_is_a_refusal_that_says_so() -> None:
    with pytest.raises(Refused, match=r"answered org\.spocd\.Melted.*restart") as raised:
        wire.result({"error": "org.spocd.Melted"})
    assert raised.value.exit is Exit.REFUSED


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param({"parameters": ["no", "object"]}, id="a list"),
        pytest.param(
            {"error": "org.spocd.Refused", "parameters": {"code": "closed"}}, id="an error with half its words"
        ),
    ],
)
def test_what_is_no_answer_is_said_to_be_none(answer: dict[str, Any]) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 (each says something else)
        wire.result(answer)


@pytest.mark.parametrize("length", [20, wire.MOST_PATH, wire.MOST_PATH + 1, 400])
def test_a_socket_can_stand_at_a_path_of_any_length(tmp_path: Path, length: int) -> None:
    folder = tmp_path
    while len(str(folder)) + 80 < length:
        folder /= "d" * 60
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "c".ljust(length - len(str(folder)) - 1, "c")
    with socket.socket(socket.AF_UNIX) as listener, socket.socket(socket.AF_UNIX) as client:
        wire.at(path, listener.bind)
        assert path.is_socket()
        listener.listen()
        wire.at(path, client.connect)
