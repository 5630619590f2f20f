"""What a desk.toml asks for against what stands: what it will be, and each change on the way."""

from __future__ import annotations

from typing import Any

import pytest

from spocd.domain.desk_file import Change, changes, loses_administrator, merged, touched

DEFAULTS: dict[str, dict[str, Any]] = {
    "agents": {"name": "", "role": "agent", "uid": None},
    "teams": {"name": "", "members": []},
    "services": {"name": {}, "restricted": False},
}


def desk(**entries: Any) -> dict[str, Any]:
    return {kind: entries.get(kind, {}) for kind in DEFAULTS}


@pytest.mark.parametrize(
    ("standing", "given", "left", "removed"),
    [
        pytest.param(
            desk(teams={"a": {"name": "A", "members": ["x"]}}),
            {},
            {"a": {"name": "A", "members": ["x"]}},
            {},
            id="an entry that is not in the file",
        ),
        pytest.param(
            desk(teams={"a": {"name": "A", "members": ["x"]}}),
            {"teams": {"a": {"name": "B"}}},
            {"a": {"name": "B", "members": ["x"]}},
            {"a": {"name": "B", "members": []}},
            id="a key that its entry does not have",
        ),
        pytest.param(
            desk(),
            {"teams": {"a": {"name": "A"}}},
            {"a": {"name": "A", "members": []}},
            {"a": {"name": "A", "members": []}},
            id="a new entry",
        ),
    ],
)
def test_what_is_not_in_the_file_is_left_or_with_remove_goes(
    standing: dict[str, Any], given: dict[str, Any], left: dict[str, Any], removed: dict[str, Any]
) -> None:
    assert merged(standing, given, DEFAULTS, remove=False)["teams"] == left
    assert merged(standing, given, DEFAULTS, remove=True)["teams"] == removed


@pytest.mark.parametrize(
    ("was", "now", "said"),
    [
        pytest.param({"name": "A", "members": []}, {"name": "A", "members": []}, [], id="nothing"),
        pytest.param(
            {"name": "A", "members": ["x"]},
            {"name": "B", "members": []},
            [Change("changed", "teams", "a", "name", "A", "B"), Change("changed", "teams", "a", "members", ["x"], [])],
            id="each field",
        ),
        pytest.param(
            {"name": {"da": "Nej", "en": "No"}},
            {"name": {"en": "Yes", "sv": "Ja"}},
            [
                Change("changed", "teams", "a", "name.da", "Nej", None),
                Change("changed", "teams", "a", "name.en", "No", "Yes"),
                Change("changed", "teams", "a", "name.sv", None, "Ja"),
            ],
            id="each language of a text",
        ),
    ],
)
def test_a_change_says_what_a_field_was_and_is(was: dict[str, Any], now: dict[str, Any], said: list[Change]) -> None:
    assert changes(desk(teams={"a": was}), desk(teams={"a": now})) == said


def test_an_entry_comes_with_its_fields_and_goes_without_them() -> None:
    here = desk(teams={"a": {"name": "A", "members": []}})
    came = [Change("added", "teams", "a"), Change("added", "teams", "a", "name", None, "A")]
    assert changes(desk(), here) == came
    assert changes(here, desk()) == [Change("removed", "teams", "a")]
    assert touched(came, "teams", removed=False) == ["a"]
    assert touched(came, "teams", removed=True) == touched(came, "agents", removed=False) == []


def agents(**roles: tuple[str, int | None]) -> dict[str, Any]:
    return {"agents": {login: {"role": role, "uid": uid} for login, (role, uid) in roles.items()}}


@pytest.mark.parametrize(
    ("was", "now", "loses"),
    [
        pytest.param(agents(a=("admin", 1)), agents(a=("lead", 1)), True, id="the role goes"),
        pytest.param(agents(a=("admin", 1)), agents(), True, id="the agent goes"),
        pytest.param(agents(a=("admin", 1)), agents(a=("admin", None)), True, id="the account goes"),
        pytest.param(agents(a=("admin", None)), agents(), True, id="one without an account goes"),
        pytest.param(agents(a=("admin", 1)), agents(b=("admin", 2)), False, id="another comes"),
        pytest.param(agents(a=("admin", 1), b=("admin", 2)), agents(b=("admin", 2)), False, id="another stays"),
        pytest.param(agents(a=("admin", None)), agents(a=("admin", None)), False, id="nobody ever had an account"),
        pytest.param(agents(a=("lead", 1)), agents(), False, id="there was none"),
    ],
)
def test_the_last_administrator_is_noticed(was: dict[str, Any], now: dict[str, Any], loses: bool) -> None:
    assert loses_administrator(was, now) is loses
