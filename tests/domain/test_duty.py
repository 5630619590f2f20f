"""Who gets the open cases of somebody who is away."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spocd.domain.duty import Move, Receiver, deputy_of, distribute, makes_a_circle
from spocd.domain.fairness import Card, Wants, hindrances

ANY = Wants(1)


def agent(
    number: int, *, load: int = 0, given_at: int | None = None, away: bool = False, deputy: int | None = None,
    tier: int = 1, teams: str = "", skills: str = "",
) -> Receiver:  # fmt: skip
    card = Card(f"a{number}", tier, frozenset(teams.split()), frozenset(skills.split()))
    return Receiver(number, card, load, given_at, away, deputy)


def whom(moves: list[Move]) -> list[int | None]:
    return [each.to for each in moves]


def cases(count: int, wants: Wants = ANY) -> list[tuple[int, Wants]]:
    return [(number, wants) for number in range(1, count + 1)]


LEAVER = agent(1, away=True)


def test_the_one_with_the_least_to_do_gets_the_next_one() -> None:
    assert whom(distribute(1, cases(4), [LEAVER, agent(2, load=3), agent(3, load=1)])) == [3, 3, 2, 3]


def test_of_equals_the_one_who_has_gone_longest_without_a_new_one_gets_it() -> None:
    there = [LEAVER, agent(2, given_at=500), agent(3, given_at=100), agent(4)]
    assert whom(distribute(1, cases(5), there)) == [4, 3, 2, 4, 3]


@pytest.mark.parametrize(
    ("wants", "to"),
    [
        pytest.param(Wants(1, "floor"), 2, id="the team"),
        pytest.param(Wants(1, None, frozenset({"sap"})), 3, id="the skill"),
        pytest.param(Wants(2), 4, id="the tier"),
        pytest.param(Wants(1, None, only="payroll"), 3, id="what is confidential"),
        pytest.param(Wants(1, "floor", frozenset({"sap"})), None, id="nobody has both: the queue"),
        pytest.param(Wants(3), None, id="nobody is of that tier: the queue"),
    ],
)
def test_a_case_goes_only_to_whom_it_is_offered(wants: Wants, to: int | None) -> None:
    there = [
        LEAVER,
        agent(2, load=9, teams="floor"),
        agent(3, load=9, teams="payroll", skills="sap"),
        agent(4, load=9, tier=2),
    ]
    assert whom(distribute(1, [(1, wants)], there)) == [to]


@pytest.mark.parametrize(
    ("wants", "first", "to"),
    [
        pytest.param(Wants(1), [agent(2, load=9)], 2, id="the first tier, however much it has to do"),
        pytest.param(Wants(1), [agent(2, away=True)], 3, id="nobody of the first is there: the second, not the third"),
        pytest.param(Wants(1, None, frozenset({"sap"})), [agent(2)], 3, id="nobody of the first has the skill"),
        pytest.param(Wants(1, "floor"), [agent(2)], 3, id="nobody of the first is in the team"),
        pytest.param(Wants(2), [agent(2)], 3, id="what was escalated stays in the second"),
        pytest.param(Wants(3), [agent(2)], 4, id="and what was escalated twice in the third"),
    ],
)
def test_a_case_stays_in_its_tier_while_anybody_of_it_can_have_it(wants: Wants, first: list[Receiver], to: int) -> None:
    second, third = (agent(number, tier=number - 1, teams="floor", skills="sap") for number in (3, 4))
    assert whom(distribute(1, [(1, wants)], [LEAVER, third, second, *first])) == [to]


def test_within_a_team_a_case_stays_in_its_tier_as_well() -> None:
    there = [LEAVER, agent(2, tier=2, teams="floor"), agent(3, load=9, teams="floor"), agent(4)]
    assert whom(distribute(1, cases(1), there, within="floor")) == [3]


def test_where_everybody_is_away_all_goes_into_the_queue() -> None:
    assert whom(distribute(1, cases(2), [LEAVER, agent(2, away=True)])) == [None, None]


def test_the_deputy_comes_first_whatever_they_have_to_do() -> None:
    there = [agent(1, away=True, deputy=2), agent(2, load=99), agent(3)]
    assert distribute(1, cases(2), there) == [Move(1, 2, as_deputy=True), Move(2, 2, as_deputy=True)]


def test_a_deputy_outside_the_team_gets_nothing_confidential() -> None:
    there = [agent(1, away=True, deputy=2), agent(2), agent(3, teams="payroll", load=9)]
    confidential = (2, Wants(1, "payroll", only="payroll"))
    moves = distribute(1, [(1, ANY), confidential], there)
    assert whom(moves) == [2, 3]
    why = f"{there[1].card.login}: it is confidential to the team payroll"
    assert [each.passed_over for each in moves] == ["", why]


def test_a_deputy_who_is_away_without_anybody_in_their_place_is_said_to_be() -> None:
    there = [agent(1, away=True, deputy=2), agent(2, away=True), agent(3)]
    [move] = distribute(1, cases(1), there)
    assert (move.to, move.passed_over) == (
        3,
        f"{there[1].card.login}: they are away, and so is whoever stands in for them",
    )
    [move] = distribute(1, cases(1), [agent(1, away=True), agent(3)])
    assert move.passed_over == "", "nobody was named"


@pytest.mark.parametrize(
    ("chain", "end"),
    [
        pytest.param([agent(1, away=True, deputy=2), agent(2)], 2, id="a deputy who is there"),
        pytest.param([agent(1, away=True, deputy=2), agent(2, away=True, deputy=3), agent(3)], 3, id="their deputy"),
        pytest.param([agent(1, away=True, deputy=2), agent(2, away=True)], None, id="who has none"),
        pytest.param([agent(1, away=True, deputy=9)], None, id="who has left"),
        pytest.param([agent(1, away=True, deputy=2), agent(2, away=True, deputy=1)], None, id="a circle of two"),
        pytest.param(
            [agent(1, away=True, deputy=2), agent(2, away=True, deputy=3), agent(3, away=True, deputy=2)],
            None,
            id="a circle further on",
        ),
        pytest.param([agent(1, away=True)], None, id="none at all"),
    ],
)
def test_a_chain_of_deputies_is_followed_to_its_end(chain: list[Receiver], end: int | None) -> None:
    found = deputy_of(1, {each.agent: each for each in chain})
    assert (found.agent if found else None) == end


@pytest.mark.parametrize(
    ("deputies", "circle"),
    [({}, False), ({2: 3}, False), ({2: 1}, True), ({2: 3, 3: 1}, True), ({2: 3, 3: 2}, True), ({5: 1}, False)],
)
def test_a_circle_is_seen_when_it_is_set(deputies: dict[int, int], circle: bool) -> None:
    assert makes_a_circle(1, 2, deputies) is circle


def test_nobody_is_their_own_deputy() -> None:
    assert makes_a_circle(1, 1, {})


def test_within_a_team_the_deputy_outside_it_is_not_asked() -> None:
    there = [agent(1, away=True, deputy=2), agent(2), agent(3, teams="floor")]
    assert whom(distribute(1, cases(1), there, within="floor")) == [3]


TEAMS, SKILLS = ("floor", "payroll"), ("sap", "vpn")
receivers = st.lists(
    st.builds(
        Receiver,
        st.just(0),
        st.builds(
            Card,
            st.just("x"),
            st.integers(1, 3),
            st.frozensets(st.sampled_from(TEAMS)),
            st.frozensets(st.sampled_from(SKILLS)),
        ),
        st.integers(0, 9),
        st.none() | st.integers(1, 99),
        st.booleans(),
        st.none() | st.integers(1, 8),
    ),
    max_size=8,
).map(lambda found: [Receiver(at, r.card, r.load, r.given_at, r.away, r.deputy) for at, r in enumerate(found, 1)])
wanted = st.lists(
    st.builds(
        Wants,
        st.integers(1, 3),
        st.none() | st.sampled_from(TEAMS),
        st.frozensets(st.sampled_from(SKILLS)),
        st.none() | st.sampled_from(TEAMS),
    ),
    max_size=30,
)


@given(receivers, wanted)
def test_nobody_away_receives_and_nobody_gets_what_is_not_offered_to_them(
    there: list[Receiver], wants: list[Wants]
) -> None:
    given_out = list(enumerate(wants, 1))
    moves = distribute(1, given_out, there)
    assert [each.ticket for each in moves] == [number for number, _ in given_out]
    assert moves == distribute(1, given_out, list(reversed(there))), "the order of the rows decides nothing"
    by_number = {each.agent: each for each in there}
    for each in moves:
        if each.to is None:
            fit = [r for r in there if not r.away and r.agent != 1 and not hindrances(wants[each.ticket - 1], r.card)]
            assert not fit, "somebody could have had it"
            continue
        assert each.to != 1
        assert not by_number[each.to].away
        assert each.as_deputy or not hindrances(wants[each.ticket - 1], by_number[each.to].card)


@given(st.integers(1, 8), st.integers(0, 60), st.integers(0, 5))
def test_where_all_may_take_all_their_loads_differ_by_at_most_one(people: int, count: int, load: int) -> None:
    there = [LEAVER, *(agent(number + 2, load=load) for number in range(people))]
    got = Counter(whom(distribute(1, cases(count), there)))
    shares = [got[number + 2] for number in range(people)]
    assert sum(shares) == count
    assert max(shares) - min(shares) <= 1
