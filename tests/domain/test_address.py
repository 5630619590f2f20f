"""What is a mail address, and what only looks like one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spocd.domain.address import Address, find, is_unread, parse
from spocd.errors import Refused


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("ann@example.org", id="plain"),
        pytest.param("ann.ek+spam@mail.example.org", id="dots and a subaddress"),
        pytest.param("o'neil@example.org", id="an apostrophe"),
        pytest.param("x_y-z{1}@example.org", id="odd but allowed"),
        pytest.param("ann@localhost", id="a domain of one label"),
        pytest.param("åsa@blåbær.example", id="letters beyond ASCII"),
        pytest.param("почта@пример.example", id="Cyrillic"),
        pytest.param("a" * 64 + "@example.org", id="64 octets before the at sign"),
    ],
)
def test_a_plain_address_is_found_as_it_was_written(text: str) -> None:
    assert str(find(text)) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ann",
        "@example.org",
        "ann@",
        "ann@example.org)bob@evil.example",
        "ann@example.org,bob@evil.example",
        "ann@example.org bob@evil.example",
        "ann@example.org@evil.example",
        "ann@example.org\n",
        "ann@example.org\r\nRCPT TO:<bob@evil.example>",
        "ann@example.org\x00",
        "ann@example.org SIZE=1",
        "<ann@example.org>",
        "Ann <ann@example.org>",
        '"ann"@example.org',
        '"ann@example.org"@evil.example',
        "ann@[127.0.0.1]",
        "@relay.example:ann@example.org",
        "ann(comment)@example.org",
        ".ann@example.org",
        "ann.@example.org",
        "an..n@example.org",
        "ann@.example.org",
        "ann@example..org",
        "ann@-example.org",
        "ann@example-.org",
        "ann@example.org.",
        "ann@exam_ple.org",
        "ann\u200b@example.org",
        "ann\u202e@example.org",
        "ann\u00a0@example.org",
        "ann\ud800@example.org",
        "ann\ufeff@example.org",
        "ann\u00ad@example.org",
        "ann\u3000ek@example.org",
        "ann\U000e0041@example.org",
        "a" * 65 + "@example.org",
        "ø" * 33 + "@example.org",
        "a@" + "b" * 63 + ".example" * 30,
    ],
)
def test_sec38_what_two_programs_could_read_as_two_people_is_no_address(text: str) -> None:
    assert find(text) is None


def test_the_refusal_names_what_was_given_and_what_would_do() -> None:
    with pytest.raises(Refused, match=r"“ann” is not one plain mail address such as ann@example\.org\.") as refused:
        parse("ann")
    assert refused.value.code == "bad-address"


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        pytest.param("ann@example.org", "Ann@Example.ORG", True, id="case never tells mailboxes apart"),
        pytest.param("åsa@example.org", "ÅSA@example.org", True, id="nor does it beyond ASCII"),
        pytest.param("ann@example.org", "ann@example.net", False, id="another domain"),
        pytest.param("ann@strasse.example", "ann@straße.example", False, id="ß is not ss: they are two domains"),
        pytest.param("boss@example.org", "boſs@example.org", False, id="the long s is not an s"),
        pytest.param("ann@example.org", "аnn@example.org", False, id="a Cyrillic a is not a Latin one"),
    ],
)
def test_two_spellings_are_one_mailbox_only_where_nothing_but_case_differs(one: str, other: str, same: bool) -> None:
    assert (parse(one).key == parse(other).key) is same


def test_the_domain_is_kept_in_lower_case_and_the_local_part_as_written() -> None:
    assert parse("Ann@Example.ORG") == Address("Ann", "example.org")


@given(st.text(max_size=80))
def test_whatever_is_found_is_the_whole_text_with_one_at_sign_and_nothing_that_ends_a_command(text: str) -> None:
    found = find(text)
    if found is not None:
        assert str(found).lower() == text.lower()
        assert text.count("@") == 1
        assert not any(each.isspace() or ord(each) < 33 or each in '<>()[],;:"\\' for each in text)


@pytest.mark.parametrize(
    ("local", "unread"),
    [
        *((each, True) for each in ("mailer-daemon", "MAILER-DAEMON", "no-reply", "do_not_reply+17", "sales-noreply")),
        *((each, True) for each in ("owner-staff", "staff-request", "bounces+ann=x", "ikke-svar", "ei-vastata")),
        *((each, True) for each in ("keine-antwort", "Ne_pas_repondre", "älä-vastaa")),
        *((each, False) for each in ("ann", "reply", "noreen", "owner", "svar", "vastaa", "antwort", "service")),
    ],
)
def test_nobody_reads_what_is_sent_to_an_address_that_says_so_in_any_language(local: str, unread: bool) -> None:
    assert is_unread(f"{local}@example.org") is unread
