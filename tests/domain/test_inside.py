"""What is made for agents and experts stays inside, on each rung; and the words that a note names people with."""

from __future__ import annotations

import pytest

from spocd.domain.consult import next_look
from spocd.domain.notice import Hours, Later, held_until
from spocd.domain.thread import (
    AGENT,
    EXPERT,
    PARTICIPANT,
    THIRD_PARTY,
    Author,
    Claim,
    Rung,
    Standing,
    ToTicket,
    explain,
    place,
)

ANN, EVA, STRANGER = 1, 2, 9
STANDINGS = {10: Standing({ANN}, set())}
TOKEN, OWN_ID = Rung.TOKEN, Rung.OWN_ID


def expert(rung: Rung) -> Claim:
    return Claim(rung, 10, EVA, inside=EXPERT, address="eva@supplier.example")


def agent(rung: Rung) -> Claim:
    return Claim(rung, 10, 3, inside=AGENT, address="bob@example.org")


def outside(rung: Rung) -> Claim:
    return Claim(rung, 10, ANN if rung is TOKEN else None)


BY_ANN = Author("ann@client.example", ANN)
BY_EVA = Author("eva@supplier.example", EVA)
BY_BOB = Author("bob@example.org", None)
BY_NOBODY = Author("", None)


@pytest.mark.parametrize(
    ("author", "claims", "role"),
    [
        pytest.param(BY_EVA, [expert(TOKEN)], EXPERT, id="an expert by the token"),
        pytest.param(BY_EVA, [expert(OWN_ID)], EXPERT, id="an expert by our Message-ID"),
        pytest.param(BY_NOBODY, [expert(TOKEN)], EXPERT, id="nobody by an expert's token"),
        pytest.param(BY_NOBODY, [agent(OWN_ID)], AGENT, id="nobody by a notice's Message-ID"),
        pytest.param(BY_BOB, [agent(TOKEN)], AGENT, id="an agent by the token"),
        pytest.param(BY_ANN, [agent(TOKEN)], AGENT, id="the requester by an agent's token"),
        pytest.param(BY_ANN, [agent(OWN_ID)], PARTICIPANT, id="the requester who was passed a notice"),
        pytest.param(BY_EVA, [outside(OWN_ID), expert(OWN_ID)], EXPERT, id="both on one rung"),
        pytest.param(BY_EVA, [expert(OWN_ID), outside(OWN_ID)], EXPERT, id="both on one rung, the other way round"),
        pytest.param(BY_EVA, [outside(TOKEN), expert(TOKEN)], EXPERT, id="both tokens"),
        pytest.param(BY_EVA, [outside(TOKEN), expert(OWN_ID)], THIRD_PARTY, id="a requester's token says it stronger"),
    ],
)
def test_whoever_comes_by_what_was_made_for_the_inside_stays_there(
    author: Author, claims: list[Claim], role: str
) -> None:
    found = place(author, claims, STANDINGS, forward=False)
    assert isinstance(found, ToTicket)
    assert found.role == role
    assert (found.inside is not None) == (role in (AGENT, EXPERT))
    assert not found.by_own_token


def test_an_expert_who_is_on_the_ticket_stays_inside_by_their_own_letter() -> None:
    on_it = {10: Standing({ANN, EVA}, set())}
    found = place(BY_EVA, [expert(OWN_ID)], on_it, forward=False)
    assert isinstance(found, ToTicket)
    assert found.role == EXPERT


@pytest.mark.parametrize(
    ("claim", "said"), [(agent(TOKEN), "reply to a notice"), (expert(TOKEN), "answer of an expert")]
)
def test_the_evidence_says_what_it_was_an_answer_to(claim: Claim, said: str) -> None:
    assert explain(place(BY_NOBODY, [claim], STANDINGS, forward=False))["by"] == said


@pytest.mark.parametrize(
    ("now", "wanted", "expected"),
    [
        (0, Hours(None, None), None),
        (479, Hours(480, None), Later(0, 480)),
        (480, Hours(480, None), Later(1, 480)),
        (1080, Hours(None, (1080, 420)), Later(1, 420)),
        (1439, Hours(None, (1080, 420)), Later(1, 420)),
        (0, Hours(None, (1080, 420)), Later(0, 420)),
        (420, Hours(None, (1080, 420)), None),
        (700, Hours(None, (720, 780)), None),
        (720, Hours(None, (720, 780)), Later(0, 780)),
        (600, Hours(1200, (1080, 420)), Later(1, 420)),  # a digest in the quiet hours comes at their end
        (1300, Hours(1200, (1080, 420)), Later(2, 420)),
        (600, Hours(300, (240, 420)), Later(1, 420)),
    ],
)
def test_when_somebody_is_told_in_minutes_of_their_day(now: int, wanted: Hours, expected: Later | None) -> None:
    assert held_until(now, wanted) == expected


def test_reminders_come_twice_as_late_each_time() -> None:
    days, at = [], 1
    for number in range(1, 4):
        days.append(at)
        at = next_look(0, at * 86400, number, at * 86400) // 86400
    assert [*days, at] == [1, 3, 7, 15]
