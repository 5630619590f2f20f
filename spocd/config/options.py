"""What spocd.toml and desk.toml have in common: text as tables, options with types and checks, faults with lines."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from spocd.config import values
from spocd.errors import Misconfigured

_NUMBER = ((int,), "a whole number, without quotes")
# By the annotation of an option: the types that tomllib gives, and what to write.
_KINDS: Mapping[str, tuple[tuple[type[Any], ...], str]] = {
    "str": ((str,), "text in quotes"),
    "int": _NUMBER,
    "int | None": _NUMBER,
    "bool": ((bool,), "true or false, without quotes"),
    "tuple[str, ...]": ((list,), 'a list of texts, such as ["one", "two"]'),
    "Mapping[str, str]": ((dict,), 'a section of texts, such as "it@example.org" = "it"'),
    "str | Mapping[str, str]": ((str, dict), 'text in quotes, or a text a language, such as { en = "Yes", da = "Ja" }'),
}
_NAMES: Mapping[type[Any], str] = {
    str: "text",
    int: "a number",
    float: "a number with a fraction",
    bool: "true or false",
    list: "a list",
    dict: "a section",
}

# Behind what tomllib says of the mistakes that everybody makes.
_TOML_HINTS: Mapping[str, str] = {
    "Invalid value": '; text stands in quotes, as in name = "Desk"',
    "Cannot overwrite a value": "; the key stands there twice",
    "Cannot declare": "; all that belongs to it stands below one header",
}


@dataclasses.dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a key, worded to stand behind its name."""

    key: str
    sentence: str
    noun: str = "key"


class NotText(ValueError):
    """What is said of a file that is no text, and the line where it is none."""

    def __init__(self, line: int, octet: int) -> None:
        super().__init__(f"line {line} is not text in UTF-8 (octet 0x{octet:02x}); save it as UTF-8")
        self.line = line


def text_of(content: bytes) -> str:
    """The text of a file, in UTF-8 or in UTF-16 with its mark; NotText where it is none."""
    mark = content[:2]
    try:
        # utf-8-sig is a file of Python's library, which another account may not be let read; utf-8 is built in.
        return content.decode("utf-16" if mark in (b"\xff\xfe", b"\xfe\xff") else "utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        raise NotText(content.count(b"\n", 0, error.start) + 1, content[error.start]) from None


def decoded(content: bytes, path: Path | str) -> str:
    """The text of a file; Misconfigured where it is none."""
    try:
        return text_of(content)
    except NotText as where:
        raise Misconfigured([f"{path}:{where.line}: is not UTF-8 text; save the file as UTF-8"]) from None


def toml(text: str, path: Path | str, name: str = "spocd.toml") -> dict[str, Any]:
    """The tables of a text that should be the file `name`; Misconfigured, with the line, where it is not TOML."""
    import re
    import tomllib

    try:
        return tomllib.loads(text)
    except RecursionError:
        raise Misconfigured([f"{path}: is nested too deeply; this is no {name}"]) from None
    except ValueError as error:
        what, line = str(error), text.count("\n") + 1
        if told := re.fullmatch(r"(.*) \(at (?:line (\d+), column \d+|end of document)\)", what, re.DOTALL):
            what, line = told[1], int(told[2] or line)
        hint = next((hint for mistake, hint in _TOML_HINTS.items() if what.startswith(mistake)), "")
        raise Misconfigured([f"{path}:{line}: is not TOML: {what}{hint}"]) from None


def described(kind: Any) -> list[dataclasses.Field[Any]]:
    """The options of a section: its fields that have a check."""
    return [option for option in dataclasses.fields(kind) if "check" in option.metadata]


def nearest(name: str, known: list[str]) -> str | None:
    """The known name that was probably meant."""
    import difflib

    return next(iter(difflib.get_close_matches(name, known, 1)), None)


def kept(value: Any) -> Any:
    """A value as it is kept: what nobody can change in place of a list."""
    return tuple(value) if isinstance(value, list) else value


def wrong(option: dataclasses.Field[Any], value: Any, key: str) -> Iterator[Fault]:
    """What is wrong with one value: its type, or what its check says of it, of each item or of each entry."""
    kinds, wanted = _KINDS[str(option.type)]
    wanted = option.metadata.get("write", wanted)
    inside = value if isinstance(value, list) else list(value.values()) if isinstance(value, dict) else []
    # Exactly one of these types: to Python true is a number.
    if type(value) not in kinds:
        yield Fault(key, f"is {_NAMES.get(type(value), 'a date or time')}; write {wanted}")
        return
    if not all(isinstance(each, str) for each in inside):
        yield Fault(key, f"holds something that is no text; write {wanted}")
        return
    for name, each in _checked_one_by_one(value, key):
        try:
            option.metadata["check"](each)
        except ValueError as error:
            yield Fault(name, str(error))


def _checked_one_by_one(value: Any, key: str) -> Iterator[tuple[str, Any]]:
    match value:
        case list():
            yield from ((key, each) for each in value)
        case dict():
            yield from ((f"{key}.{name}", (name, each)) for name, each in value.items())
        case _:
            yield key, value


def worded(faults: list[Fault], text: str, path: Path | str) -> list[str]:
    """The faults as lines, in the order of the file, those of what is not there last."""
    from spocd.config.places import places

    lines = places(text)
    last = text.count("\n") + 2
    found = [(_line(fault.key, lines), fault) for fault in faults]
    return [
        f"{path}{f':{line}' if line else ''}: {each.noun} {values.shown(each.key)} {each.sentence}"
        for line, each in sorted(found, key=lambda pair: pair[0] or last)
    ]


def _line(key: str, lines: Mapping[str, int]) -> int | None:
    """Where a key stands, or the first that stands below it: [teams.network] is the only line of "teams"."""
    return lines.get(key) or next((line for name, line in lines.items() if name.startswith(f"{key}.")), None)
