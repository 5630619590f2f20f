"""What goes over the control socket: frames, names and errors, as both ends have them.

A frame is one JSON object in UTF-8 and a NUL octet (varlink.org, "Method Call"). A call is `{method, parameters}`, an
answer `{parameters}` or `{error, parameters}`. How each error is written and how it is read back stand together here.
The client is started for every command, so nothing here imports what costs milliseconds.
"""

from __future__ import annotations

import json
import os

from spocd.errors import Exit, Refused, SpocdError, TryLater

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

ROOT = "org.spocd"
SERVICE = "org.varlink.service"
MOST_FRAME = 1 << 20  # octets of a call, without its NUL
MOST_PATH = 107  # octets of a socket's path: sun_path has 108 with its NUL


class InvalidParameter(Refused):
    """A parameter that is missing, unknown, or not of its type."""

    def __init__(self, parameter: str) -> None:
        sentence = f"The parameter “{parameter}” is missing, unknown or of the wrong type."
        super().__init__("invalid-parameter", sentence, Exit.USAGE)
        self.parameter = parameter


class InterfaceNotFound(Refused):
    """An interface that this desk does not have."""

    def __init__(self, interface: str) -> None:
        super().__init__("no-such-interface", f"The running desk has no interface “{interface}”. {_OLDER}")
        self.interface = interface


class MethodNotFound(Refused):
    """A method that its interface does not have."""

    def __init__(self, method: str) -> None:
        super().__init__("no-such-method", f"The running desk has no method “{method}”. {_OLDER}")
        self.method = method


class MethodNotImplemented(Refused):
    """A method called in a way that it cannot be, such as to hand its connection over to another protocol."""

    def __init__(self, method: str) -> None:
        super().__init__("not-implemented", f"“{method}” cannot be called in this way.")
        self.method = method


class ExpectedMore(Refused):
    """A method that answers again and again, called without `more`."""

    def __init__(self) -> None:
        super().__init__("expected-more", "This answers again and again: call it with “more”.", Exit.USAGE)


_OLDER = "It may be older than this command: restart it."


def too_large() -> Refused:
    """The refusal of a call that is longer than a frame may be."""
    return Refused("too-large", "This is larger than 1 MiB. Send long text and files as attachments.")


def method_name(operation: str) -> str:
    """The Varlink method of an operation: ticket.cc_add is org.spocd.ticket.CcAdd."""
    noun, _, verb = operation.partition(".")
    return f"{ROOT}.{noun}.{''.join(word.capitalize() for word in verb.split('_'))}"


def encode(document: Mapping[str, Any]) -> bytes:
    """The frame of a document, with its NUL. ValueError and TypeError where a value is none of JSON's."""
    text = json.dumps(document, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    # A lone surrogate (an argument that is no UTF-8) becomes \udcxx, which is also how JSON writes one: encoding
    # never fails, and whoever is called refuses the parameter by its name.
    return text.encode("utf-8", "backslashreplace") + b"\0"


def decode(frame: bytes) -> dict[str, Any]:
    """The object that a frame (without its NUL) holds; ValueError where it holds none."""
    try:
        document = json.loads(frame.decode("utf-8"), parse_constant=_not_json)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if not isinstance(document, dict):
        raise ValueError("not an object")
    return document


def _not_json(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")


def failure(error: Refused | TryLater) -> dict[str, Any]:
    """The answer that tells of an error; `result` raises it again."""
    match error:
        case InvalidParameter():
            return _failure("org.varlink.service.InvalidParameter", parameter=error.parameter)
        case InterfaceNotFound():
            return _failure("org.varlink.service.InterfaceNotFound", interface=error.interface)
        case MethodNotFound():
            return _failure("org.varlink.service.MethodNotFound", method=error.method)
        case MethodNotImplemented():
            return _failure("org.varlink.service.MethodNotImplemented", method=error.method)
        case ExpectedMore():
            return _failure("org.varlink.service.ExpectedMore")
        case Refused():
            return _failure("org.spocd.Refused", code=error.code, sentence=error.sentence, exit=int(error.exit))
        case TryLater():
            sentence = str(error) or "The desk cannot do this now. Try again later."
            return _failure("org.spocd.TryLater", sentence=sentence)


def _failure(name: str, **parameters: str | int) -> dict[str, Any]:
    return {"error": name, "parameters": parameters}


def result(answer: dict[str, Any]) -> dict[str, Any]:
    """The document of an answer, or the error that it tells of, raised. ValueError where it is neither."""
    parameters = answer.get("parameters") or {}
    if not isinstance(parameters, dict):
        raise ValueError("parameters that are no object")
    if answer.get("error") is None:
        return parameters
    raise _error(str(answer["error"]), parameters)


def _error(name: str, parameters: dict[str, Any]) -> SpocdError:
    try:
        match name:
            case "org.spocd.Refused":
                return Refused(str(parameters["code"]), str(parameters["sentence"]), Exit(parameters["exit"]))
            case "org.spocd.TryLater":
                return TryLater(str(parameters["sentence"]))
            case "org.varlink.service.InvalidParameter":
                return InvalidParameter(str(parameters["parameter"]))
            case "org.varlink.service.InterfaceNotFound":
                return InterfaceNotFound(str(parameters["interface"]))
            case "org.varlink.service.MethodNotFound":
                return MethodNotFound(str(parameters["method"]))
            case "org.varlink.service.MethodNotImplemented":
                return MethodNotImplemented(str(parameters["method"]))
            case "org.varlink.service.ExpectedMore":
                return ExpectedMore()
    except KeyError as missing:
        raise ValueError(f"{name} without {missing}") from None
    return Refused("unknown-error", f"The running desk answered {name}, which this command does not know. {_OLDER}")


def at(path: str | os.PathLike[str], act: Callable[[str], None]) -> None:
    """Bind or connect (`act`) a socket at a path of any length."""
    if len(os.fsencode(path)) <= MOST_PATH:
        act(os.fspath(path))
        return
    folder, name = os.path.split(path)
    opened = os.open(folder, os.O_PATH | os.O_DIRECTORY)
    try:
        act(f"/proc/self/fd/{opened}/{name}")
    finally:
        os.close(opened)
