"""Signed addresses: what verifies, and the great many things that do not."""

from __future__ import annotations

import os
import random
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spocd.domain.token import (
    ALPHABET,
    OwnAddresses,
    Purpose,
    Ring,
    Token,
    decode,
    derive,
    encode,
    extended,
    fingerprint,
    message_id,
    next_key_id,
    read,
    read_message_id,
    ring,
)

MASTER = bytes(range(32))
RING = ring(MASTER, "desk-a", ["1", "2"])
LARGEST = 2**63 - 1
# SPOCD_MUTATIONS=300000 asks for more of them, and more time.
MUTATIONS = int(os.environ.get("SPOCD_MUTATIONS", "100000"))
OWN = OwnAddresses({"desk@example.org": "", "it@example.org": "it", "bounces@example.org": ""}, "+")


def read_surely(text: str) -> Token:
    token = read(text)
    assert token is not None, text
    return token


def accepted(text: str, *, by: Ring = RING, generation: int = 0) -> bool:
    """Whether a text is a token that verifies."""
    token = read(text)
    return token is not None and by.verifies(token, generation=generation)


@pytest.mark.parametrize("purpose", list(Purpose))
@pytest.mark.parametrize(("first", "second"), [(1, None), (1, 1), (1234, 56), (LARGEST, None), (LARGEST, LARGEST)])
def test_what_was_signed_is_read_back_and_verifies(purpose: Purpose, first: int, second: int | None) -> None:
    token = read_surely(RING.sign(purpose, first, second, generation=3))
    assert (token.purpose, token.first, token.second, token.key_id, token.action) == (purpose, first, second, "2", None)
    assert RING.verifies(token, generation=3)


@pytest.mark.parametrize("action", ["status", "close", "rate5"])
def test_an_action_stands_behind_the_token_and_is_not_part_of_it(action: str) -> None:
    token = read_surely(RING.sign(Purpose.REPLY, 1, 2) + f".{action}")
    assert token.action == action
    assert RING.verifies(token)


@pytest.mark.parametrize(
    "other",
    [
        *(pytest.param({"purpose": each}, id=f"purpose {each}") for each in Purpose if each is not Purpose.REPLY),
        pytest.param({"first": 1235}, id="another ticket"),
        pytest.param({"first": 56, "second": 1234}, id="ticket and person the other way round"),
        pytest.param({"second": 57}, id="another person"),
        pytest.param({"second": None}, id="nobody"),
        pytest.param({"first": 12345, "second": 6}, id="the border moved"),
        pytest.param({"key_id": "1"}, id="another key"),
        pytest.param({"key_id": "3"}, id="a key that is not in the ring"),
        pytest.param({"mac": "0" * 16}, id="no signature"),
    ],
)
def test_sec22_a_signature_is_good_for_nothing_else(other: dict[str, object]) -> None:
    token = read_surely(RING.sign(Purpose.REPLY, 1234, 56))
    assert RING.verifies(token)
    assert not RING.verifies(replace(token, **other))  # type: ignore[arg-type]


@pytest.mark.parametrize("generation", [1, 2, -1, 10**9])
def test_a_raised_generation_revokes(generation: int) -> None:
    assert not accepted(RING.sign(Purpose.REPLY, 1234, 56), generation=generation)


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(ring(MASTER, "desk-b", ["1", "2"]), id="another instance"),
        pytest.param(ring(MASTER[::-1], "desk-a", ["1", "2"]), id="another secret"),
        pytest.param(ring(MASTER, "desk-a", ["1"]), id="before the key was made"),
        pytest.param(ring(MASTER, "desk-a", ["3"]), id="after the key was dropped"),
    ],
)
def test_another_desk_does_not_verify_it(other: Ring) -> None:
    assert not accepted(RING.sign(Purpose.REPLY, 1234, 56), by=other)


def test_the_instance_cannot_lend_characters_to_what_follows_it() -> None:
    assert not accepted(ring(MASTER, "a|r", ["1"]).sign(Purpose.REPLY, 1, 2), by=ring(MASTER, "a", ["1"]))


def test_after_a_rotation_the_newest_key_signs_and_the_older_one_still_verifies() -> None:
    old = ring(MASTER, "desk-a", ["1"]).sign(Purpose.REPLY, 1, 2)
    assert read_surely(RING.sign(Purpose.REPLY, 1, 2)).key_id == "2"
    assert accepted(old)


def test_a_retry_signs_with_the_key_of_the_first_time() -> None:
    first = ring(MASTER, "desk-a", ["1"]).sign(Purpose.MESSAGE_ID, 9)
    assert RING.sign(Purpose.MESSAGE_ID, 9, key_id="1") == first


def disguises(text: str) -> list[str]:
    """The same token as MTAs and people write it: upper case, o for 0, i and l for 1."""
    tail = text[1:]
    return [
        text.upper(),
        text[0] + tail.replace("0", "o"),
        text[0] + tail.replace("0", "O"),
        text[0] + tail.replace("1", "l"),
        text[0] + tail.replace("1", "L"),
        text[0] + tail.replace("1", "i"),
        text[0] + tail.replace("1", "I"),
        text[0].upper() + tail.title(),
    ]


@pytest.mark.parametrize("number", range(0, 3000, 97))
def test_sec23_case_and_look_alikes_do_not_matter(number: int) -> None:
    text = RING.sign(Purpose.REPLY, number, number * 31)
    for each in disguises(text):
        assert read(each) == read(text), each


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda t: t[:-1], id="one character short"),
        pytest.param(lambda t: t[:-8], id="half a signature"),
        pytest.param(lambda t: t.rpartition("-")[0], id="no signature"),
        pytest.param(lambda t: t + "0", id="one character more"),
        pytest.param(lambda t: t + "-0", id="one part more"),
        pytest.param(lambda t: t + ".", id="a dot without an action"),
        pytest.param(lambda t: t + ".close.close", id="two actions"),
        pytest.param(lambda t: t[1:], id="no purpose"),
        pytest.param(lambda t: "x" + t[1:], id="an unknown purpose"),
        pytest.param(lambda t: t[:2] + "0" + t[2:], id="a leading zero on the ticket"),
        pytest.param(lambda t: t[:2] + "o" + t[2:], id="a leading zero in disguise"),
        pytest.param(lambda t: t.replace("-", "-0", 1), id="a leading zero on the person"),
        pytest.param(lambda t: t + "\n", id="a line's end"),
        pytest.param(lambda t: " " + t, id="a blank"),
        pytest.param(lambda t: t.replace("-", "--", 1), id="two hyphens"),
        pytest.param(lambda t: t[:-1] + "u", id="a letter that base32 has not"),
        pytest.param(lambda t: t[:-1] + "é", id="a letter beyond ASCII"),
        pytest.param(lambda t: t[:-1] + "\u0661", id="a figure beyond ASCII"),
        pytest.param(lambda t: t[:-1] + "\u212a", id="the Kelvin sign, which is k in lower case"),
        pytest.param(lambda t: "r2" + "z" * 13 + "-1-" + t[-16:], id="a ticket beyond what a database holds"),
        pytest.param(lambda t: "r21-" + "z" * 13 + "-" + t[-16:], id="a person beyond what a database holds"),
        pytest.param(lambda t: "r2" + "1" * 5000 + "-1-" + t[-16:], id="a very long number"),
    ],
)
def test_sec22_what_is_not_exactly_the_form_is_not_accepted(spoil: object) -> None:
    assert callable(spoil)
    assert not accepted(spoil(RING.sign(Purpose.REPLY, 1234, 56)))


def mutated(text: str, chance: random.Random) -> str:
    """The token with one to three characters changed, added, taken away or swapped."""
    characters = list(text)
    for _ in range(chance.randint(1, 3)):
        at = chance.randrange(len(characters))
        match chance.randrange(4):
            case 0:
                characters[at] = chance.choice(ALPHABET + "-.iou")
            case 1:
                characters.insert(at, chance.choice(ALPHABET + "-."))
            case 2 if len(characters) > 1:
                del characters[at]
            case _:
                other = chance.randrange(len(characters))
                characters[at], characters[other] = characters[other], characters[at]
    return "".join(characters)


def test_sec22_no_mutation_of_a_token_is_accepted() -> None:
    chance = random.Random(7)
    wrong, text = 0, ""
    for count in range(MUTATIONS):
        if count % 50 == 0:
            text = RING.sign(Purpose.REPLY, count // 50 + 1, 56)
        changed = mutated(text, chance)
        token = read(changed)
        if token is None or token == read(text) or replace(token, action=None) == read(text):
            continue  # no token at all, the same one in disguise, or with an action behind it
        wrong += 1
        assert not RING.verifies(token), changed
    assert wrong > MUTATIONS // 3, "the mutations hardly test anything"


@given(st.text(alphabet=ALPHABET + "-.iouRUX\u0130", max_size=60))
def test_reading_never_fails_and_what_it_reads_has_one_spelling(text: str) -> None:
    token = read(text)
    if token is not None:
        assert 0 <= token.first <= LARGEST
        again = f"{token.purpose}{token.key_id}{encode(token.first)}"
        again += f"-{encode(token.second)}" if token.second is not None else ""
        again += f"-{token.mac}" + (f".{token.action}" if token.action else "")
        assert read(again) == token


@pytest.mark.parametrize("action", ["", ".status", ".reopen"])
def test_the_longest_address_has_a_local_part_of_at_most_64_octets(action: str) -> None:
    million_million = 2**40 - 1
    for purpose in Purpose:
        token = RING.sign(purpose, million_million, million_million) + action
        address = extended("a-desk-of-20-letters@example.org", "+", token)
        assert len(address.partition("@")[0]) <= 64, purpose
        assert OWN.split(address.replace("a-desk-of-20-letters", "it")) == ("it@example.org", token)


@given(st.integers(0, 2**80))
def test_base32_gives_a_number_back(number: int) -> None:
    assert decode(encode(number)) == number
    assert encode(number) == "0" * (number == 0) + encode(number).lstrip("0")


def test_all_32_key_ids_are_given_out_and_then_none() -> None:
    used: list[str] = []
    while (key_id := next_key_id(used)) is not None:
        assert len(key_id) == 1
        used.append(key_id)
    assert sorted(used) == sorted(ALPHABET)


def test_every_key_id_signs_and_verifies() -> None:
    everything = ring(MASTER, "desk-a", list(ALPHABET))
    for key_id in ALPHABET:
        assert accepted(everything.sign(Purpose.REPLY, 1, 2, key_id=key_id), by=everything), key_id


def test_keys_differ_by_purpose_and_the_fingerprint_gives_none_of_them_away() -> None:
    keys = {derive(MASTER, each) for each in ("ring 1", "ring 2", "fingerprint")}
    assert len(keys) == 3
    assert fingerprint(MASTER) not in {each.hex()[:32] for each in keys}
    assert fingerprint(MASTER) != fingerprint(MASTER[::-1])


def test_hkdf_is_the_one_of_rfc_5869() -> None:
    """Its test case 3 (no salt, no info) cut to the one block that we use."""
    assert derive(b"\x0b" * 22, "").hex() == "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d"


@pytest.mark.parametrize(
    ("recipient", "split"),
    [
        ("desk@example.org", ("desk@example.org", "")),
        ("DESK@EXAMPLE.ORG", ("desk@example.org", "")),
        ("desk+R21-2-abc@example.org", ("desk@example.org", "R21-2-abc")),
        ("Desk+a+b@example.org", ("desk@example.org", "a+b")),
        ("desk+@example.org", ("desk@example.org", "")),
        ("it+x@example.org", ("it@example.org", "x")),
        ("bounces+b21-x@example.org", ("bounces@example.org", "b21-x")),
        ("desk@example.net", None),
        ("desk@sub.example.org", None),
        ("desktop@example.org", None),
        ("desk-x@example.org", None),
        ("+desk@example.org", None),
        ("desk", None),
        ("", None),
        ("desk@example.org, x@y.example", None),
    ],
)
def test_which_addresses_are_the_desks_own(recipient: str, split: tuple[str, str] | None) -> None:
    assert OWN.split(recipient) == split
    assert OWN.own(recipient) is (split is not None)


def test_a_message_id_is_ours_only_when_it_verifies_as_one() -> None:
    ours = message_id(RING.sign(Purpose.MESSAGE_ID, 9), "example.org")
    token = read_message_id(f"<{ours}>")
    assert token is not None
    assert (token.first, RING.verifies(token)) == (9, True)
    forged = read_message_id(message_id(f"m29-{'0' * 16}", "example.org"))
    assert forged is not None
    assert not RING.verifies(forged)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(message_id(RING.sign(Purpose.REPLY, 1, 2), "example.org"), id="a reply token"),
        pytest.param(message_id(RING.sign(Purpose.BOUNCE, 1), "example.org"), id="a return path's"),
        pytest.param(message_id(RING.sign(Purpose.MESSAGE_ID, 1, 2), "example.org"), id="two numbers"),
        pytest.param("CAF=abc@mail.example", id="somebody else's"),
        pytest.param("", id="nothing"),
    ],
)
def test_nothing_but_a_message_ids_token_reads_as_one(text: str) -> None:
    assert read_message_id(text) is None


def test_a_key_id_comes_again_as_late_as_can_be() -> None:
    assert next_key_id(["3", "4"]) == "5", "and not 1 or 2, which were in use before"
    assert next_key_id(["y", "z"]) == "0"
