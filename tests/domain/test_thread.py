"""The ladder of evidence, rung by rung."""

from __future__ import annotations

import pytest

from spocd.domain.intake import Envelope
from spocd.domain.thread import (
    MOST_IDS,
    PARTICIPANT,
    THIRD_PARTY,
    Author,
    Claim,
    NewTicket,
    Place,
    Rung,
    Standing,
    ToTicket,
    evidence,
    explain,
    place,
)
from spocd.domain.token import OwnAddresses, Purpose, message_id, ring
from tests.domain.readings import a_reading

ANN, BO, STRANGER = 1, 2, 9
# Ann is on 10 and 11, Bo on 10 alone; Cid stood in Cc of a mail on 10.
STANDINGS = {
    10: Standing({ANN, BO}, {"cid@client.example"}),
    11: Standing({ANN}, set()),
    12: Standing({BO}, set()),
}
BY_ANN = Author("ann@client.example", ANN)
BY_CID = Author("cid@client.example", None)
BY_STRANGER = Author("eve@evil.example", STRANGER)
BY_NOBODY = Author("", None)
NOT_ON_IT = "the sender is not on that ticket"


def token(ticket: int, person: int = ANN) -> Claim:
    return Claim(Rung.TOKEN, ticket, person)


def own_id(ticket: int) -> Claim:
    return Claim(Rung.OWN_ID, ticket)


def seen_id(ticket: int) -> Claim:
    return Claim(Rung.SEEN_ID, ticket)


def tag(ticket: int) -> Claim:
    return Claim(Rung.TAG, ticket)


def refused(claim: Claim, why: str = NOT_ON_IT) -> Claim:
    return Claim(claim.rung, claim.ticket, claim.person, why)


NO_EVIDENCE = "no evidence of an earlier ticket"


@pytest.mark.parametrize(
    ("author", "claims", "expected"),
    [
        pytest.param(BY_ANN, [], NewTicket(NO_EVIDENCE), id="nothing at all"),
        pytest.param(BY_ANN, [token(10)], ToTicket(10, Rung.TOKEN, PARTICIPANT, by_own_token=True), id="own token"),
        pytest.param(BY_ANN, [token(10, BO)], ToTicket(10, Rung.TOKEN, PARTICIPANT), id="another participant's token"),
        pytest.param(BY_CID, [token(10)], ToTicket(10, Rung.TOKEN, THIRD_PARTY), id="Cc with a token"),
        pytest.param(BY_STRANGER, [token(10)], ToTicket(10, Rung.TOKEN, THIRD_PARTY), id="SEC-25 leaked token"),
        pytest.param(BY_NOBODY, [token(10)], ToTicket(10, Rung.TOKEN, THIRD_PARTY), id="SEC-30 no identity, token"),
        pytest.param(BY_ANN, [own_id(10)], ToTicket(10, Rung.OWN_ID, PARTICIPANT), id="our Message-ID, participant"),
        pytest.param(BY_STRANGER, [own_id(10)], ToTicket(10, Rung.OWN_ID, THIRD_PARTY), id="our Message-ID, stranger"),
        pytest.param(BY_ANN, [seen_id(10)], ToTicket(10, Rung.SEEN_ID, PARTICIPANT), id="seen id, participant"),
        pytest.param(BY_CID, [seen_id(10)], ToTicket(10, Rung.SEEN_ID, THIRD_PARTY), id="seen id, stood in Cc"),
        pytest.param(
            BY_STRANGER,
            [seen_id(10)],
            NewTicket(NO_EVIDENCE, (), (refused(seen_id(10)),)),
            id="SEC-21 seen id, stranger",
        ),
        pytest.param(
            BY_NOBODY, [seen_id(10)], NewTicket(NO_EVIDENCE, (), (refused(seen_id(10)),)), id="seen id, no identity"
        ),
        pytest.param(BY_ANN, [tag(10)], ToTicket(10, Rung.TAG, PARTICIPANT), id="tag, participant"),
        pytest.param(BY_CID, [tag(10)], NewTicket(NO_EVIDENCE, (), (refused(tag(10)),)), id="tag, only stood in Cc"),
        pytest.param(
            BY_STRANGER, [tag(10)], NewTicket(NO_EVIDENCE, (), (refused(tag(10)),)), id="SEC-20 tag, stranger"
        ),
        pytest.param(
            BY_ANN,
            [tag(11), seen_id(11), own_id(11), token(10)],
            ToTicket(10, Rung.TOKEN, PARTICIPANT, by_own_token=True),
            id="the token wins over all others",
        ),
        pytest.param(
            BY_ANN,
            [tag(10), seen_id(10), own_id(11)],
            ToTicket(11, Rung.OWN_ID, PARTICIPANT),
            id="our id over seen ids",
        ),
        pytest.param(
            BY_ANN, [tag(10), seen_id(11)], ToTicket(11, Rung.SEEN_ID, PARTICIPANT), id="a seen id over the tag"
        ),
        pytest.param(
            BY_ANN,
            [seen_id(12), tag(10)],
            ToTicket(10, Rung.TAG, PARTICIPANT, (refused(seen_id(12)),)),
            id="a rung that does not hold lets the next one speak",
        ),
        pytest.param(
            BY_ANN, [seen_id(10), seen_id(10)], ToTicket(10, Rung.SEEN_ID, PARTICIPANT), id="the same ticket twice"
        ),
        pytest.param(
            BY_ANN,
            [seen_id(10), seen_id(12)],
            ToTicket(10, Rung.SEEN_ID, PARTICIPANT, (refused(seen_id(12)),)),
            id="a ticket that the sender is not on is no second candidate",
        ),
        *(
            pytest.param(
                BY_ANN,
                [claim(11), claim(10)],
                NewTicket(f"{name} speaks for more than one ticket", (10, 11)),
                id=f"two candidates by {name}",
            )
            for claim, name in (
                (token, "reply token"),
                (own_id, "our Message-ID"),
                (seen_id, "a Message-ID seen before"),
            )
        ),
        pytest.param(
            BY_ANN,
            [token(10), token(11), tag(10)],
            NewTicket("reply token speaks for more than one ticket", (10, 11)),
            id="a weaker rung does not decide between two of a stronger one",
        ),
        pytest.param(
            BY_ANN,
            [Claim(Rung.TOKEN, None, refused="the token is not valid"), tag(10)],
            ToTicket(10, Rung.TAG, PARTICIPANT, (Claim(Rung.TOKEN, None, refused="the token is not valid"),)),
            id="SEC-22 a forged token is kept as refused and the ladder goes on",
        ),
        pytest.param(
            BY_STRANGER,
            [Claim(Rung.TOKEN, None, refused="the token is not valid"), tag(10)],
            NewTicket(NO_EVIDENCE, (), (Claim(Rung.TOKEN, None, refused="the token is not valid"), refused(tag(10)))),
            id="every refusal is kept",
        ),
    ],
)
def test_where_a_mail_belongs(author: Author, claims: list[Claim], expected: Place) -> None:
    assert place(author, claims, STANDINGS, forward=False) == expected


@pytest.mark.parametrize(
    ("claim", "expected"),
    [
        pytest.param(token(10), ToTicket(10, Rung.TOKEN, PARTICIPANT, by_own_token=True), id="token: meant for it"),
        pytest.param(own_id(10), NewTicket("a forwarded mail", (10,)), id="our Message-ID"),
        pytest.param(seen_id(10), NewTicket("a forwarded mail", (10,)), id="a seen Message-ID"),
        pytest.param(tag(10), NewTicket("a forwarded mail", (10,)), id="the tag"),
    ],
)
def test_a_forward_opens_a_new_ticket_with_a_link_unless_a_token_was_written_to(claim: Claim, expected: Place) -> None:
    assert place(BY_ANN, [claim], STANDINGS, forward=True) == expected


def test_a_token_that_does_not_count_makes_nobody_known() -> None:
    claims = [Claim(Rung.TOKEN, None, ANN, "the token is not valid"), own_id(10)]
    where = place(BY_ANN, claims, STANDINGS, forward=False)
    assert isinstance(where, ToTicket)
    assert not where.by_own_token


OWN = OwnAddresses({"desk@example.org": "", "bounces@example.org": ""}, "+")
RING = ring(bytes(32), "desk-a", ["1"])


def mailed_to(*recipients: str) -> Envelope:
    return Envelope("ann@client.example", recipients, "smtp", "127.0.0.1")


def test_only_tokens_of_the_envelope_are_evidence() -> None:
    reply = RING.sign(Purpose.REPLY, 10, 1)
    reading = a_reading(subject="Re: [desk#77] Printer", in_reply_to=("a@x",), references=("b@x", "c@x", "a@x"))
    found = evidence(reading, mailed_to(f"DESK+{reply}@example.org", "desk@example.org", "else@x.example"), OWN, "desk")
    assert [(each.first, each.second) for each in found.tokens] == [(10, 1)]
    assert found.ids == ("a@x", "c@x", "b@x"), "In-Reply-To first, then the newest of References"
    assert found.own_ids == ()
    assert found.tag == 77


def test_message_ids_in_the_form_of_ours_are_told_apart_from_others() -> None:
    ours = message_id(RING.sign(Purpose.MESSAGE_ID, 5), "example.org")
    reply = f"{RING.sign(Purpose.REPLY, 10, 1)}@example.org"
    found = evidence(a_reading(references=(ours, reply, "m@x")), mailed_to("desk@example.org"), OWN, "desk")
    assert [each.first for each in found.own_ids] == [5]
    assert found.ids == ("m@x", reply, ours)


def test_a_very_long_chain_is_looked_up_from_its_newest_end() -> None:
    chain = tuple(f"{count}@x" for count in range(5000))
    found = evidence(a_reading(references=chain), mailed_to("desk@example.org"), OWN, "desk")
    assert len(found.ids) == MOST_IDS
    assert found.ids[0] == "4999@x"


@pytest.mark.parametrize(
    ("subject", "number"),
    [
        ("Re: [desk#12] Printer", 12),
        ("SV: VS: [DESK#12] Printer", 12),
        ("[desk#12] again [desk#12]", 12),
        ("[desk#12] and [desk#13]", None),
        ("[other#12] Printer", None),
        ("desk#12", None),
        ("[desk#]", None),
        ("[desk#1234567890123]", None),
        ("[desk#-1]", None),
    ],
)
def test_the_tag_of_a_subject(subject: str, number: int | None) -> None:
    assert evidence(a_reading(subject=subject), mailed_to("desk@example.org"), OWN, "desk").tag == number


def test_what_is_stored_says_by_which_rung_and_what_was_refused() -> None:
    where = place(BY_ANN, [own_id(10), tag(12)], STANDINGS, forward=False)
    assert explain(where) == {
        "rung": 2,
        "by": "our Message-ID",
        "role": "participant",
        "refused": [{"rung": 4, "by": "subject tag", "ticket": 12, "why": NOT_ON_IT}],
    }
    opened = explain(place(BY_ANN, [seen_id(10), seen_id(11)], STANDINGS, forward=False))
    assert (opened["rung"], opened["links"], opened["refused"]) == (5, [10, 11], [])


def test_the_ticket_that_goes_on_from_another_wins_over_it() -> None:
    standings = {1: Standing({7}, ()), 2: Standing({7}, (), continues={1}), 3: Standing({7}, ())}
    claims = [Claim(Rung.OWN_ID, 1), Claim(Rung.OWN_ID, 2)]
    found = place(Author("ann@client.example", 7), claims, standings, forward=False)
    assert isinstance(found, ToTicket)
    assert found.ticket == 2
    both = place(Author("ann@client.example", 7), [*claims, Claim(Rung.OWN_ID, 3)], standings, forward=False)
    assert isinstance(both, NewTicket)
    assert both.links == (2, 3)
