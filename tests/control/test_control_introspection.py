"""What an operation's signature says to Varlink, and which calls fit it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, NotRequired, Optional, Required, TypedDict

import pytest

from spocd.control.introspection import Field, bind, bound, describe
from spocd.control.wire import InvalidParameter
from spocd.errors import Exit, Refused


class Mailbox(TypedDict):
    name: str
    address: str


Message = TypedDict("Message", {"id": str, "from": Mailbox, "to": list[Mailbox]})


class Thread(TypedDict):
    messages: list[Message]
    answers: list[Thread]


class Upload(TypedDict, total=False):
    filename: Required[str]
    size: int


class Rule(TypedDict):
    pattern: str
    note: NotRequired[str]
    until: int | None


class Done(TypedDict):
    done: bool


class Nothing(TypedDict):
    pass


@dataclass(frozen=True)
class Sample:
    function: Callable[..., Any]
    name: str = "ticket.try_out"
    writes: bool = False
    doc: str = "Try something out."
    streams: bool = False


async def assign(
    desk: object, actor: object, *, ticket: int, to: str, reason: str | None = None, limit: int = 3
) -> Done:
    raise NotImplementedError


async def view(desk: object, actor: object) -> Thread:
    raise NotImplementedError


async def nothing(desk: object, actor: object) -> Nothing:
    raise NotImplementedError


def test_a_method_that_answers_again_and_again_says_so() -> None:
    described = describe([Sample(nothing, "ticket.watch", streams=True)])["org.spocd.ticket"]
    said = "# Try something out.\n# Answers again and again: call it with more.\nmethod Watch("
    assert said in described


def test_an_interface_describes_its_types_and_methods() -> None:
    operations = [Sample(assign, "ticket.assign", True, "Give a ticket to an agent."), Sample(view, "ticket.view_all")]
    assert (
        describe(operations)["org.spocd.ticket"]
        == """\
# The operations named ticket of a spocd desk.
interface org.spocd.ticket

type Mailbox (
  name: string,
  address: string
)

type Message (
  id: string,
  from: Mailbox,
  to: []Mailbox
)

type Thread (
  messages: []Message,
  answers: []Thread
)

# Give a ticket to an agent.
method Assign(
  ticket: int,
  to: string,
  reason: ?string,
  limit: ?int,
  acting_as: ?string,
  key: ?string,
  dry_run: ?bool
) -> (
  done: bool
)

# Try something out.
method ViewAll(
  acting_as: ?string
) -> (
  messages: []Message,
  answers: []Thread
)
"""
    )


def test_each_noun_is_an_interface_beside_varlinks_own_and_that_of_the_errors() -> None:
    described = describe([Sample(view, "desk.view"), Sample(nothing, "ticket.nothing"), Sample(view, "ticket.view")])
    assert set(described) == {"org.varlink.service", "org.spocd", "org.spocd.desk", "org.spocd.ticket"}
    assert "error Refused (code: string, sentence: string, exit: int)" in described["org.spocd"]
    assert "method Nothing(\n  acting_as: ?string\n) -> ()" in described["org.spocd.ticket"]


KINDS = [
    (str, "string"),
    (int, "int"),
    (float, "float"),
    (bool, "bool"),
    (int | None, "?int"),
    (Optional[str], "?string"),  # noqa: UP045 (both ways of writing it are different objects to Python)
    (list[str], "[]string"),
    (list[list[int]], "[][]int"),
    (list[str] | None, "?[]string"),
    (list[str | None], "[]?string"),
    (dict[str, int], "[string]int"),
    (dict[str, list[Mailbox]], "[string][]Mailbox"),
    (dict[str, Any], "object"),
    (list[dict[str, Any]], "[]object"),
    (Literal["in", "out"], "(in, out)"),
    (Literal["in", "out"] | None, "?(in, out)"),
    (Literal["not-sent", "sent"], "string"),
    (Literal["mail"], "string"),
    (Mailbox, "Mailbox"),
]


def taking(kind: Any, *, default: Any = ...) -> Sample:
    """An operation with one parameter, `value`, of this kind."""

    async def take(desk: object, actor: object, *, value: Any) -> Done:
        raise NotImplementedError

    if default is not ...:
        take.__kwdefaults__ = {"value": default}
    take.__annotations__["value"] = kind
    return Sample(take)


@pytest.mark.parametrize(("kind", "word"), KINDS)
def test_a_type_has_a_word(kind: Any, word: str) -> None:
    assert f"\n  value: {word},\n" in describe([taking(kind)])["org.spocd.ticket"]


@pytest.mark.parametrize(("kind", "word"), [(int, "?int"), (int | None, "?int"), (Literal["a", "b"], "?(a, b)")])
def test_what_has_a_default_may_be_null(kind: Any, word: str) -> None:
    assert f"\n  value: {word},\n" in describe([taking(kind, default=None)])["org.spocd.ticket"]


def test_a_member_that_may_be_missing_is_nullable() -> None:
    text = describe([taking(Upload), Sample(view, "desk.view"), taking_rule()])["org.spocd.ticket"]
    assert "type Upload (\n  filename: string,\n  size: ?int\n)" in text
    assert "type Rule (\n  pattern: string,\n  note: ?string,\n  until: ?int\n)" in text


def taking_rule() -> Sample:
    return Sample(taking(Rule).function, "ticket.add_rule")


async def loose(desk: object, actor: object, ticket: int) -> Done:
    raise NotImplementedError


async def greedy(desk: object, actor: object, **rest: str) -> Done:
    raise NotImplementedError


async def keyed(desk: object, actor: object, *, key: str) -> Done:
    raise NotImplementedError


async def untold(desk: object, actor: object) -> dict[str, Any]:
    raise NotImplementedError


async def low_line(desk: object, actor: object, *, _ticket: int) -> Done:
    raise NotImplementedError


class TryOut(TypedDict):
    done: bool


class small(TypedDict):  # noqa: N801 (that is what is wrong with it)
    done: bool


def another_mailbox() -> Any:
    class Mailbox(TypedDict):
        street: str

    return Mailbox


@pytest.mark.parametrize(
    "operations",
    [
        pytest.param([taking(bytes)], id="bytes"),
        pytest.param([taking(Any)], id="anything"),
        pytest.param([taking(list)], id="a list of what?"),
        pytest.param([taking(dict[int, str])], id="a map by numbers"),
        pytest.param([taking(int | str)], id="one of two types"),
        pytest.param([taking(int | str | None)], id="one of two types or null"),
        pytest.param([taking(Literal[1, 2])], id="a choice of numbers"),
        pytest.param([Sample(loose)], id="a parameter by its place"),
        pytest.param([Sample(greedy)], id="any parameters"),
        pytest.param([Sample(keyed, writes=True)], id="a parameter that every writing operation has"),
        pytest.param([Sample(untold)], id="an answer without a type"),
        pytest.param([Sample(low_line)], id="a field that Varlink cannot name"),
        pytest.param(
            [taking(dict[str, Mailbox]), Sample(taking(another_mailbox()).function, "ticket.b")],
            id="two types of a name",
        ),
        pytest.param([taking(TryOut)], id="a type and a method of a name"),
        pytest.param([taking(small)], id="a type with a small letter"),
        pytest.param([Sample(view, "view")], id="an operation without a noun"),
        pytest.param([Sample(view, "ticket.View")], id="an operation with a capital letter"),
        pytest.param([Sample(view), Sample(nothing)], id="two operations of a name"),
    ],
)
def test_what_varlink_cannot_say_is_found_when_the_desk_starts(operations: list[Sample]) -> None:
    with pytest.raises(TypeError):
        describe(operations)


def test_a_parameter_named_key_is_free_where_nothing_is_written() -> None:
    assert bind(Sample(keyed), {"key": "vpn"}) == {"key": "vpn"}


DEEP: dict[str, Any] = {}
for _ in range(40):
    DEEP = {"deeper": DEEP}


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (int, 7),
        (int, -(2**63)),
        (str, ""),
        (str, "å — \U0001f5a8"),
        (bool, False),
        (float, 1.5),
        (float, 2),
        (int | None, 7),
        (list[str], []),
        (list[str], ["a", "b"]),
        (dict[str, int], {"a": 1}),
        (dict[str, Any], {"a": [1, None, {"b": "c"}]}),
        (Literal["not-sent", "sent"], "not-sent"),
        (Upload, {"filename": "a.txt", "size": 3}),
        (Upload, {"filename": "a.txt"}),
        (list[Rule], [{"pattern": "*", "note": "all", "until": 7}]),
    ],
)
def test_what_fits_is_handed_on_as_it_came(kind: Any, value: Any) -> None:
    assert bind(taking(kind), {"value": value}) == {"value": value}


@pytest.mark.parametrize(
    ("kind", "value", "named"),
    [
        pytest.param(int, "7", "value", id="text for a number"),
        pytest.param(int, 7.0, "value", id="a fraction for a number"),
        pytest.param(int, True, "value", id="a claim for a number"),
        pytest.param(int, 2**63, "value", id="a number that no database holds"),
        pytest.param(int, None, "value", id="null where something must be"),
        pytest.param(float, float("inf"), "value", id="infinity"),
        pytest.param(float, 10**400, "value", id="a number beyond any fraction"),
        pytest.param(float, False, "value", id="a claim for a fraction"),
        pytest.param(bool, 1, "value", id="a number for a claim"),
        pytest.param(bool, "true", "value", id="text for a claim"),
        pytest.param(str, 7, "value", id="a number for text"),
        pytest.param(str | None, 7, "value", id="neither text nor null"),
        pytest.param(list[str], "ab", "value", id="text for a list"),
        pytest.param(list[str], ["a", 1], "value[1]", id="a number in a list of text"),
        pytest.param(dict[str, int], [["a", 1]], "value", id="a list for a map"),
        pytest.param(dict[str, int], {"a": 1, "b": "2"}, "value.b", id="text in a map of numbers"),
        pytest.param(dict[str, Any], "{}", "value", id="text for an object"),
        pytest.param(dict[str, Any], {"a": ["b\0"]}, "value", id="a NUL deep in an object"),
        pytest.param(dict[str, Any], {"a\udce9": 1}, "value", id="a key of an object that is no UTF-8"),
        pytest.param(dict[str, Any], {"a": 2**63}, "value", id="a number in an object that no database holds"),
        pytest.param(dict[str, Any], DEEP, "value", id="an object that is nested deeply"),
        pytest.param(Literal["in", "out"], "inside", "value", id="no such choice"),
        pytest.param(Literal["in", "out"], ["in"], "value", id="a list for a choice"),
        pytest.param(Mailbox, "ann", "value", id="text for a record"),
        pytest.param(Mailbox, {"name": "Ann"}, "value.address", id="half a record"),
        pytest.param(list[Rule], [{"pattern": "*", "mode": "x"}], "value[0].mode", id="a record with more than it has"),
        pytest.param(Upload, {"filename": "a", "size": "3"}, "value.size", id="a record with a wrong member"),
    ],
)
def test_what_does_not_fit_is_named(kind: Any, value: Any, named: str) -> None:
    with pytest.raises(InvalidParameter) as raised:
        bind(taking(kind), {"value": value})
    assert raised.value.parameter == named


@pytest.mark.parametrize(
    ("kind", "value", "said"),
    [
        pytest.param(str, "a\0b", "“value” holds a NUL", id="a NUL"),
        pytest.param(str | None, "caf\udce9", "“value” is not text in UTF-8", id="what is no UTF-8"),
        pytest.param(list[str], ["a", "\0"], r"“value\[1\]” holds a NUL", id="a NUL in a list"),
        pytest.param(dict[str, int], {"a\0": 1}, "“value” holds a NUL", id="a NUL in a map's key"),
        pytest.param(Mailbox, {"name": "\0", "address": ""}, "“value.name” holds a NUL", id="a NUL in a record"),
    ],
)
def test_what_is_no_text_is_named_with_what_is_wrong_and_what_to_do(kind: Any, value: Any, said: str) -> None:
    with pytest.raises(Refused, match=rf"{said}.* goes as an attachment") as refused:
        bind(taking(kind), {"value": value})
    assert (refused.value.code, refused.value.exit) == ("bad-text", Exit.USAGE)


@pytest.mark.parametrize(
    ("given", "taken"),
    [
        pytest.param({}, {}, id="left out"),
        pytest.param({"reason": None, "limit": None}, {}, id="null, which Varlink does not tell from left out"),
        pytest.param({"reason": "ill", "limit": 1}, {"reason": "ill", "limit": 1}, id="given"),
        pytest.param(
            {"acting_as": "bo", "key": "k1", "dry_run": True},
            {"acting_as": "bo", "key": "k1", "dry_run": True},
            id="what every writing operation has",
        ),
    ],
)
def test_a_default_holds_for_what_was_left_out(given: dict[str, Any], taken: dict[str, Any]) -> None:
    least = {"ticket": 7, "to": "ann"}
    assert bind(Sample(assign, writes=True), least | given) == least | taken


def test_a_nullable_parameter_without_a_default_is_null_when_left_out() -> None:
    assert bind(taking(int | None), {}) == {"value": None}


def test_a_null_member_that_may_be_missing_is_missing() -> None:
    assert bind(taking(Rule), {"value": {"pattern": "*", "note": None}}) == {"value": {"pattern": "*", "until": None}}


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"ticket": 7}, "to"),
        ({"to": "ann"}, "ticket"),
        ({"ticket": 7, "to": "ann", "colour": "red"}, "colour"),
        ({"ticket": 7, "to": "ann", "desk": {}}, "desk"),
        ({"ticket": 7, "to": "ann", "actor": 0}, "actor"),
        ({"ticket": 7, "to": "ann", "key": "k1"}, "key"),
        ({"ticket": 7, "to": "ann", "acting_as": 0}, "acting_as"),
    ],
)
def test_what_is_missing_or_unknown_is_named(given: dict[str, Any], named: str) -> None:
    with pytest.raises(InvalidParameter) as raised:
        bind(Sample(assign), given)
    assert raised.value.parameter == named


def test_a_function_without_parameters_takes_none() -> None:
    with pytest.raises(InvalidParameter, match="“a”"):
        bound({}, {"a": 1})
    assert bound({"a": Field(int, optional=True)}, {}) == {}
