"""The chain of seals: nothing in it can be changed unseen, and what is erased leaves it whole."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spocd.domain.audit import ERASED_ACTOR, ERASED_DETAIL, FIRST, Broken, Line, Seal, Walk, sealed, walk

LINES = [
    Line(1, 100, None, "root", "agent added", '{"login":"bob","uid":0}'),
    Line(2, 110, 1, "ann@client.example", "opened", '{"message":"1.1"}'),
    Line(5, 120, 1, "bob", "answered", '{"uid":1000,"message":"1.2"}'),
    Line(6, 120, 2, "bo@client.example", "opened", "{}"),
]
SALTS = [f"{number:032x}" for number in range(len(LINES))]
SEALS = sealed(LINES, SALTS, FIRST)
Chain = list[tuple[Line | None, Seal]]
CHAIN: Chain = list(zip(LINES, SEALS, strict=True))


def test_a_chain_holds_as_it_was_sealed() -> None:
    assert walk(CHAIN, Walk()) == Walk(SEALS[-1].seal, 4, 0)


def test_a_chain_can_be_walked_in_pieces() -> None:
    half = walk(CHAIN[:2], Walk())
    assert isinstance(half, Walk)
    assert walk(CHAIN[2:], half) == walk(CHAIN, Walk())


def test_the_seals_can_be_made_by_anybody_as_the_manual_says() -> None:
    digest = hashlib.sha256(f'["{SALTS[0]}","root","{{\\"login\\":\\"bob\\",\\"uid\\":0}}"]'.encode()).hexdigest()
    seal = hashlib.sha256(f'["",1,100,null,"root","agent added","{digest}"]'.encode()).hexdigest()
    assert SEALS[0] == Seal(1, SALTS[0], digest, seal)


def changed(value: Any) -> Any:
    """Another value of the same type, one bit of it turned."""
    match value:
        case None:
            return 7
        case int():
            return value ^ 1
    return chr(ord(value[0]) ^ 1) + value[1:] if value else "x"


@pytest.mark.parametrize("at", range(len(CHAIN)))
@pytest.mark.parametrize("column", ["id", "at", "ticket", "actor", "event", "detail"])
def test_sec67_a_line_with_one_bit_turned_in_any_column_is_found(at: int, column: str) -> None:
    line, seal = CHAIN[at]
    assert line is not None
    other = replace(line, **{column: changed(asdict(line)[column])})
    found = walk([*CHAIN[:at], (other, seal), *CHAIN[at + 1 :]], Walk())
    assert isinstance(found, Broken)
    assert found.line == seal.line


@pytest.mark.parametrize("at", range(len(CHAIN)))
@pytest.mark.parametrize("column", ["salt", "digest", "seal"])
def test_sec67_a_seal_with_one_bit_turned_is_found(at: int, column: str) -> None:
    line, seal = CHAIN[at]
    other = replace(seal, **{column: changed(asdict(seal)[column])})
    assert isinstance(walk([*CHAIN[:at], (line, other), *CHAIN[at + 1 :]], Walk()), Broken)


@pytest.mark.parametrize("at", range(len(CHAIN) - 1))
def test_a_line_that_was_taken_out_with_its_seal_is_found(at: int) -> None:
    found = walk([*CHAIN[:at], *CHAIN[at + 1 :]], Walk())
    assert isinstance(found, Broken)
    assert found.line == LINES[at + 1].id


def test_a_line_that_is_gone_is_found() -> None:
    gone: Chain = [*CHAIN[:1], (None, SEALS[1]), *CHAIN[2:]]
    assert walk(gone, Walk()) == Broken(2, "the line itself is gone")


def erased(at: int) -> Chain:
    line, seal = CHAIN[at]
    assert line is not None
    actor = ERASED_ACTOR if "@" in line.actor else line.actor
    return [
        *CHAIN[:at],
        (replace(line, actor=actor, detail=ERASED_DETAIL), replace(seal, salt=None)),
        *CHAIN[at + 1 :],
    ]


@pytest.mark.parametrize("at", range(len(CHAIN)))
def test_a_line_whose_personal_data_are_erased_leaves_the_chain_whole_and_is_counted(at: int) -> None:
    assert walk(erased(at), Walk()) == Walk(SEALS[-1].seal, 4, 1)


@pytest.mark.parametrize("at", range(len(CHAIN)))
@pytest.mark.parametrize("change", [{"actor": "eve"}, {"actor": "eve@x.example"}, {"detail": '{"a":1}'}, {"at": 1}])
def test_what_is_written_into_an_erased_line_is_found(at: int, change: dict[str, Any]) -> None:
    chain = erased(at)
    line, seal = chain[at]
    assert line is not None
    chain[at] = (replace(line, **change), seal)
    assert isinstance(walk(chain, Walk()), Broken)


def test_the_same_detail_has_another_digest_under_every_salt() -> None:
    twice = sealed([LINES[1], replace(LINES[1], id=3)], SALTS[:2], FIRST)
    assert twice[0].digest != twice[1].digest


words = st.text(max_size=8)
lines = st.builds(
    Line, st.integers(1, 9), st.integers(0, 9), st.none() | st.integers(1, 9), words, words, st.just("{}") | words
)


@given(lines, lines)
def test_no_two_lines_share_a_seal(one: Line, other: Line) -> None:
    first, second = (sealed([each], ["salt"], FIRST)[0].seal for each in (one, other))
    assert (first == second) == (one == other)
