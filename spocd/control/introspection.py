"""From operations to Varlink: how each interface describes itself, and whether a call fits its operation.

Both are read from the operation's signature: `async def f(desk, actor, *, …) -> SomeTypedDict`. In it may stand int,
str, bool, float, `X | None`, `list[X]`, `dict[str, X]`, `dict[str, Any]` (any JSON object), `Literal` of strings and
TypedDict. Anything else is a TypeError when the interfaces are described, which is when the daemon starts.
The language is that of varlink.org, "Interface Definition".
"""

from __future__ import annotations

import inspect
import math
import re
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType, NoneType, UnionType
from typing import (
    Any,
    Literal,
    NotRequired,
    Protocol,
    Required,
    Union,
    get_args,
    get_origin,
    get_type_hints,
    is_typeddict,
)

from spocd.control import wire
from spocd.control.wire import InvalidParameter
from spocd.errors import Exit, Refused

_MEMBER = re.compile(r"[A-Z][A-Za-z0-9]*")
_FIELD = re.compile(r"[A-Za-z](_?[A-Za-z0-9])*")
_OPERATION = re.compile(r"[a-z]+\.[a-z]+(_[a-z0-9]+)*")
_INTEGERS = range(-(2**63), 2**63)  # what a database's integer holds
_SURROGATE = re.compile("[\ud800-\udfff]")
_UNIONS = (Union, UnionType)
_WORDS = MappingProxyType({str: "string", int: "int", float: "float", bool: "bool"})
_DEEPEST = 32  # levels of an object that is handed on as it came

_SERVICE = """\
# What every Varlink service tells about itself.
interface org.varlink.service

# Tell what answers here, and which interfaces it has.
method GetInfo() -> (vendor: string, product: string, version: string, url: string, interfaces: []string)

# Tell how an interface is called.
method GetInterfaceDescription(interface: string) -> (description: string)

# There is no such interface here.
error InterfaceNotFound (interface: string)

# The interface has no such method.
error MethodNotFound (method: string)

# The method cannot be called in this way.
error MethodNotImplemented (method: string)

# The method answers again and again: call it with more.
error ExpectedMore ()

# A parameter is missing, unknown, or not of its type.
error InvalidParameter (parameter: string)
"""

_ERRORS = """\
# The errors of all the interfaces of a spocd desk.
interface org.spocd

# The caller's to mend. The code is for programs, the sentence for people, exit is what a command ends with.
error Refused (code: string, sentence: string, exit: int)

# It did not work now; the same call may work later.
error TryLater (sentence: string)
"""


class Operation(Protocol):
    """What is known of an operation here."""

    @property
    def name(self) -> str:
        """The noun and the verb: ticket.cc_add."""

    @property
    def doc(self) -> str:
        """One sentence on what it does."""

    @property
    def writes(self) -> bool:
        """Whether it changes anything."""

    @property
    def streams(self) -> bool:
        """Whether it answers again and again, and so only who asks for `more`."""

    @property
    def function(self) -> Callable[..., Awaitable[Any]]:
        """What performs it; its keyword-only parameters are those of the method."""


@dataclass(frozen=True, slots=True)
class Field:
    """A parameter of a method, or a member of a TypedDict."""

    kind: Any  # its annotation
    optional: bool = False  # whether it may be left out


def parameters_of(operation: Operation) -> dict[str, Field]:
    """What a call may bring: the function's own parameters, then those that every operation has."""
    signature = inspect.signature(operation.function)
    hints = get_type_hints(operation.function)
    own = list(signature.parameters.values())[2:]  # without the desk and the actor
    if any(each.kind is not inspect.Parameter.KEYWORD_ONLY for each in own):
        raise TypeError(f"{operation.name}: everything after desk and actor must be keyword-only")
    found = {each.name: Field(hints[each.name], each.default is not inspect.Parameter.empty) for each in own}
    common = {"acting_as": Field(str, optional=True)}
    if operation.writes:
        common |= {"key": Field(str, optional=True), "dry_run": Field(bool, optional=True)}
    if taken := found.keys() & common.keys():
        raise TypeError(f"{operation.name}: {', '.join(sorted(taken))} is a parameter of every operation")
    return found | common


def bind(operation: Operation, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters of a call as the operation takes them; InvalidParameter names the first one that does not fit.

    What was left out, or is null where null is no value, is not in the result: the function's default holds.
    """
    return bound(parameters_of(operation), parameters)


def bound(fields: Mapping[str, Field], values: Mapping[str, Any], *, inside: str = "") -> dict[str, Any]:
    """The values that fit the fields. `inside` is the path of the object that they stand in."""
    for name in values:
        if name not in fields:
            raise InvalidParameter(inside + name)
    found = {}
    for name, field in fields.items():
        value = values.get(name)
        # Varlink does not tell null from left out.
        if value is not None:
            found[name] = _fitting(field.kind, value, inside + name)
        elif not field.optional:
            found[name] = _fitting(field.kind, None, inside + name)
    return found


def _fitting(kind: Any, value: Any, path: str) -> Any:
    """The value as an operation of this kind of parameter takes it."""
    origin, inner = get_origin(kind), get_args(kind)
    if origin in _UNIONS:
        return None if value is None else _fitting(_present(kind), value, path)
    if origin is list and isinstance(value, list):
        return [_fitting(inner[0], each, f"{path}[{index}]") for index, each in enumerate(value)]
    if is_typeddict(kind) and isinstance(value, dict):
        return bound(fields_of(kind), value, inside=f"{path}.")
    if inner == (str, Any):
        if isinstance(value, dict) and _is_json(value, _DEEPEST):
            return value
    elif origin is dict and isinstance(value, dict):
        return {_fitting(str, key, path): _fitting(inner[1], each, f"{path}.{key}") for key, each in value.items()}
    if kind is str and isinstance(value, str):
        return _text(value, path)
    if (origin is Literal and value in inner) or _is_scalar(kind, value):
        return value
    raise InvalidParameter(path)


def _is_scalar(kind: Any, value: Any) -> bool:
    """Whether a value is of a plain type, and one that every database can hold."""
    match value:
        case bool():
            return kind is bool
        case str():
            return kind is str and _is_text(value)
        case int():
            return kind in (int, float) and value in _INTEGERS
        case float():
            return kind is float and math.isfinite(value)
    return False


def _text(value: str, path: str) -> str:
    if "\0" in value:
        raise _no_text(f"“{path}” holds a NUL, which no text has")
    if _SURROGATE.search(value):
        raise _no_text(f"“{path}” is not text in UTF-8")
    return value


def _no_text(why: str) -> Refused:
    return Refused("bad-text", f"{why}. Write it anew; what is no text goes as an attachment (-a).", Exit.USAGE)


def _is_text(value: str) -> bool:
    """Whether a string is without NUL (which PostgreSQL refuses) and without lone surrogates (which are no UTF-8)."""
    return "\0" not in value and not _SURROGATE.search(value)


def _is_json(value: Any, levels: int) -> bool:
    """Whether an object holds nothing that could not be stored, and is not nested to exhaust whoever reads it."""
    match value:
        case None:
            return True
        case dict():
            return levels > 0 and all(_is_text(key) and _is_json(each, levels - 1) for key, each in value.items())
        case list():
            return levels > 0 and all(_is_json(each, levels - 1) for each in value)
    return _is_scalar(type(value), value)


def fields_of(record: Any) -> dict[str, Field]:
    """The members of a TypedDict."""
    found = {}
    for name, hint in get_type_hints(record, include_extras=True).items():
        said = get_origin(hint)
        # Python itself does not see NotRequired in a module with postponed annotations; the hint has it.
        optional = said is NotRequired or (said is not Required and name in record.__optional_keys__)
        found[name] = Field(get_args(hint)[0] if said in (NotRequired, Required) else hint, optional)
    return found


def describe(operations: Sequence[Operation]) -> dict[str, str]:
    """The description of every interface, by its name. TypeError where Varlink has no words for an operation."""
    by_interface: dict[str, list[Operation]] = {}
    for each in operations:
        if not _OPERATION.fullmatch(each.name):
            raise TypeError(f"{each.name} is no name of an operation, such as ticket.cc_add")
        by_interface.setdefault(wire.method_name(each.name).rpartition(".")[0], []).append(each)
    own = {name: _interface(name, members) for name, members in by_interface.items()}
    return {wire.SERVICE: _SERVICE, wire.ROOT: _ERRORS} | own


def _interface(name: str, operations: Sequence[Operation]) -> str:
    fields = [field for each in operations for field in (*parameters_of(each).values(), *_reply(each).values())]
    members = {name: f"type {name} {_struct(fields_of(kind))}" for name, kind in _records(fields).items()}
    for each in operations:
        method = wire.method_name(each.name).rpartition(".")[2]
        if method in members or not _MEMBER.fullmatch(method):
            raise TypeError(f"{name} cannot have a method {method} (for {each.name}): it has such a type or method")
        members[method] = _method(method, each)
    title = f"# The operations named {name.rpartition('.')[2]} of a spocd desk.\ninterface {name}"
    return "\n\n".join([title, *members.values()]) + "\n"


def _method(name: str, operation: Operation) -> str:
    again = ["Answers again and again: call it with more."] if operation.streams else []
    said = [*operation.doc.splitlines(), *again]
    comment = "".join(f"# {line}\n" for line in said)
    return f"{comment}method {name}{_struct(parameters_of(operation))} -> {_struct(_reply(operation))}"


def _reply(operation: Operation) -> dict[str, Field]:
    document = get_type_hints(operation.function).get("return")
    if not is_typeddict(document):
        raise TypeError(f"{operation.name} must answer with a TypedDict")
    return fields_of(document)


def _records(fields: Iterable[Field]) -> dict[str, Any]:
    """The TypedDicts that stand anywhere in these fields, by name, in the order of their names."""
    found: dict[str, Any] = {}
    kinds = [field.kind for field in fields]
    while kinds:
        kind = kinds.pop()
        kinds += get_args(kind)
        if not is_typeddict(kind) or found.get(kind.__name__) is kind:
            continue
        if kind.__name__ in found or not _MEMBER.fullmatch(kind.__name__):
            raise TypeError(f"{kind.__name__} cannot be the name of a type: it is taken, or no capitalised word")
        found[kind.__name__] = kind
        kinds += [field.kind for field in fields_of(kind).values()]
    return dict(sorted(found.items()))


def _struct(fields: Mapping[str, Field]) -> str:
    lines = []
    for name, field in fields.items():
        if not _FIELD.fullmatch(name):
            raise TypeError(f"“{name}” cannot be the name of a field")
        mark = "?" if field.optional and get_origin(field.kind) not in _UNIONS else ""
        lines.append(f"\n  {name}: {mark}{_word(field.kind)}")
    return f"({','.join(lines)}\n)" if lines else "()"


def _word(kind: Any) -> str:
    """How Varlink writes a type."""
    origin, inner = get_origin(kind), get_args(kind)
    if origin in _UNIONS:
        return f"?{_word(_present(kind))}"
    if origin is list:
        return f"[]{_word(inner[0])}"
    if inner == (str, Any):
        return "object"
    if origin is dict and inner[0] is str:
        return f"[string]{_word(inner[1])}"
    if origin is Literal:
        return _choice(inner)
    if is_typeddict(kind):
        return str(kind.__name__)
    if kind in _WORDS:
        return _WORDS[kind]
    raise TypeError(f"Varlink has no word for the type {kind}")


def _choice(values: tuple[Any, ...]) -> str:
    if not all(isinstance(each, str) for each in values):
        raise TypeError(f"Varlink has no word for a choice of {values}")
    # A value with a hyphen is no word of the language, and clients read an enumeration of one as a broken struct.
    if len(values) < 2 or not all(_FIELD.fullmatch(each) for each in values):
        return "string"
    return f"({', '.join(values)})"


def _present(kind: Any) -> Any:
    """What `X | None` is when it is there."""
    present = [each for each in get_args(kind) if each is not NoneType]
    if len(present) != 1:
        raise TypeError(f"Varlink has no word for the type {kind}")
    return present[0]
