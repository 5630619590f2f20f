"""The same mail or another, what a mail is to the desk, and how many automatic answers are enough."""

from __future__ import annotations

import hashlib
import time
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from spocd.domain.intake import (
    MOST_HEADERS,
    Envelope,
    Limits,
    Rules,
    Sent,
    content_key,
    judge,
    over_limit,
    transport_key,
)
from spocd.domain.token import OwnAddresses
from tests.domain.readings import a_reading

MAIL = b"From: ann@client.example\r\nTo: desk@example.org\r\nSubject: Printer\r\n\r\nIt is on fire.\r\n\r\nAnn\r\n"


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(b"Received: from a by b; Mon\r\n" + MAIL, id="a Received line"),
        pytest.param(b"Received: from a\r\n\tby b;\r\n Mon\r\n" + MAIL, id="a folded Received line"),
        pytest.param(b"RECEIVED: a\r\nreceived: b\r\n" + MAIL, id="several, in any case"),
        pytest.param(b"Return-Path: <ann@client.example>\r\n" + MAIL, id="Return-Path"),
        pytest.param(b"Delivered-To: desk@example.org\r\nX-Original-To: it@example.org\r\n" + MAIL, id="Delivered-To"),
        pytest.param(b"Authentication-Results: mx.example; dmarc=pass\r\n" + MAIL, id="Authentication-Results"),
        pytest.param(b"ARC-Seal: i=1\r\nARC-Message-Signature: i=1;\r\n b=abc\r\n" + MAIL, id="ARC"),
        pytest.param(b"DKIM-Signature: v=1;\r\n\tb=abc\r\n" + MAIL, id="DKIM"),
        pytest.param(MAIL.replace(b"Subject", b"Received: late\r\nSubject"), id="in the middle of the headers"),
        pytest.param(MAIL.replace(b"\r\n", b"\n"), id="bare LF, as a pipe gives it"),
        pytest.param(MAIL + b"\r\n\r\n", id="blank lines at the end"),
        pytest.param(MAIL.rstrip(), id="no line's end at the end"),
    ],
)
def test_f21_the_same_mail_another_way_has_the_same_content_key(other: bytes) -> None:
    assert content_key([other]) == content_key([MAIL])


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(MAIL.replace(b"fire", b"ice"), id="another word"),
        pytest.param(MAIL.replace(b"Printer", b"Scanner"), id="another subject"),
        pytest.param(MAIL.replace(b"ann@client.example\r\nTo", b"bo@client.example\r\nTo"), id="another sender"),
        pytest.param(b"X-Mood: good\r\n" + MAIL, id="one header more"),
        pytest.param(b"Received-SPF: pass\r\n" + MAIL, id="a header whose name only begins like one of the way's"),
        pytest.param(MAIL.replace(b"\r\n\r\nIt", b"\r\n It"), id="a body that became a header"),
        pytest.param(MAIL.replace(b"on fire.\r\n", b"on fire.\r\nReceived: x\r\n"), id="Received in the body"),
        pytest.param(b"", id="nothing"),
    ],
)
def test_sec34_other_content_has_another_key(other: bytes) -> None:
    assert content_key([other]) != content_key([MAIL])


def sent_to(*recipients: str, sender: str = "ann@client.example", channel: str = "smtp", peer: str = "a") -> Envelope:
    return Envelope(sender, recipients, channel, peer)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        pytest.param(sent_to("a@x", "b@x"), sent_to("b@x", "a@x"), True, id="the order of recipients"),
        pytest.param(sent_to("A@X"), sent_to("a@x"), True, id="their case"),
        pytest.param(sent_to("a@x"), sent_to("a@x", "A@x"), True, id="one named twice"),
        pytest.param(sent_to("a@x"), sent_to("a@x", channel="pipe", peer="b"), True, id="the way that it took"),
        pytest.param(sent_to("a@x"), sent_to("b@x"), False, id="another recipient"),
        pytest.param(sent_to("a@x"), sent_to("a@x", "b@x"), False, id="one recipient more"),
        pytest.param(sent_to("a@x"), sent_to("a@x", sender=""), False, id="another sender"),
        pytest.param(sent_to("a@x\udcff"), sent_to("a@x\udcff"), True, id="octets that are no text"),
    ],
)
def test_f21_a_repeated_delivery_is_told_by_envelope_and_content(one: Envelope, other: Envelope, same: bool) -> None:
    key = content_key([MAIL])
    assert (transport_key(one, key) == transport_key(other, key)) is same
    assert transport_key(one, key) != transport_key(one, content_key([MAIL + b"more"]))


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(b"X: y\r\n" * 2_000_000, id="all header"),
        pytest.param(b"\r\n" * 5_000_000, id="all blank"),
        pytest.param(b"\n\n" + b"\r\n" * 5_000_000, id="blank with bare LF first"),
        pytest.param(b"Received: x\r\n" + b" y\r\n" * 2_000_000, id="one header, folded for ever"),
        pytest.param(b"a" * 10_000_000, id="no line at all"),
    ],
)
def test_sec04_the_key_of_a_hostile_mail_costs_little(raw: bytes) -> None:
    started = time.perf_counter()
    content_key([raw])
    assert time.perf_counter() - started < 1.0


PIECES = st.lists(st.sampled_from([b"\r", b"\n", b"\r\n", b" ", b"x", b"\x0b", b"y z"]), max_size=8).map(b"".join)


@example([b"x\r", b"\nx"], False)
@example([b" ", b"\r\n", b"x \n", b"\r\n"], True)
@given(st.lists(PIECES, max_size=5), st.booleans())
def test_a_mail_in_pieces_has_the_key_of_the_whole(pieces: list[bytes], begins_with_space: bool) -> None:
    begin = (b" " if begins_with_space else b"w") * MOST_HEADERS
    text = b"".join([begin, *pieces]).replace(b"\r\n", b"\n").strip()
    whole = hashlib.sha256(b"Subject: a\n" + text).hexdigest()
    assert content_key([b"Subject: a\r\n\r\n" + begin, *pieces]) == whole


def test_words_beyond_the_headers_that_are_read_line_by_line_still_count() -> None:
    long = b"X: y\r\n" * (MOST_HEADERS // 6 + 10)
    assert content_key([long + b"Subject: a\r\n"]) != content_key([long + b"Subject: b\r\n"])


RULES = Rules(
    OwnAddresses({"desk@example.org": "", "bounces@example.org": ""}, "+"), "abc123", "mx.example.org", "X-Spam-Flag"
)
MAIL_FROM_ANN = sent_to("desk@example.org")


def headers(**values: str | tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    return {name.replace("_", "-"): (value,) if isinstance(value, str) else value for name, value in values.items()}


def test_an_ordinary_mail_is_a_contact_that_may_be_answered() -> None:
    judgement = judge(a_reading(), MAIL_FROM_ANN, RULES)
    assert (judgement.fate, judgement.spam, judgement.unanswerable) == ("contact", False, "")


@pytest.mark.parametrize(
    ("changes", "fate"),
    [
        pytest.param({"kind": "bounce", "automatic": True}, "bounce", id="a bounce"),
        pytest.param({"kind": "auto-reply", "automatic": True}, "automatic", id="a vacation reply"),
        pytest.param({"kind": "report", "automatic": True}, "automatic", id="another report"),
        pytest.param({"answerable": False}, "contact", id="list mail of a person"),
        pytest.param({"headers": headers(x_spocd_instance="abc123")}, "loop", id="our own mark"),
        pytest.param({"headers": headers(x_spocd_instance="other")}, "contact", id="another desk's mark"),
        pytest.param(
            {"headers": headers(x_spocd_instance=("other", "abc123")), "kind": "bounce"}, "loop", id="F24 both marks"
        ),
    ],
)
def test_what_a_mail_is(changes: dict[str, Any], fate: str) -> None:
    assert judge(a_reading(**changes), MAIL_FROM_ANN, RULES).fate == fate


OURS_FAIL = "mx.example.org; spf=pass; dmarc=fail header.from=client.example"


@pytest.mark.parametrize(
    ("changes", "envelope", "why"),
    [
        pytest.param({}, sent_to("desk@example.org", sender=""), "the envelope sender is empty", id="F25 null sender"),
        pytest.param(
            {"answerable": False, "unanswerable_because": "Precedence: bulk"},
            MAIL_FROM_ANN,
            "Precedence: bulk",
            id="bulk",
        ),
        pytest.param({"answerable": False}, MAIL_FROM_ANN, "it is not to be answered", id="no reason given"),
        pytest.param(
            {"identity": "desk@example.org"},
            MAIL_FROM_ANN,
            "it comes from an address of this desk",
            id="SEC-31 From is ours",
        ),
        pytest.param(
            {"identity": "desk+r21-x@example.org"},
            MAIL_FROM_ANN,
            "it comes from an address of this desk",
            id="SEC-31 From is a token address of ours",
        ),
        pytest.param(
            {"identity": None},
            sent_to("desk@example.org", sender="desk@example.org"),
            "it comes from an address of this desk",
            id="no From and our envelope sender",
        ),
        pytest.param(
            {},
            sent_to("desk@example.org", sender="bounces+b21-x@example.org"),
            "it comes from an address of this desk",
            id="our return path",
        ),
        pytest.param({"headers": headers(authentication_results=OURS_FAIL)}, MAIL_FROM_ANN, "DMARC failed", id="DMARC"),
        pytest.param(
            {"headers": headers(authentication_results=("mx.example.org; spf=pass", OURS_FAIL))},
            MAIL_FROM_ANN,
            "DMARC failed",
            id="our second header",
        ),
        pytest.param(
            {"headers": headers(authentication_results="mx.example.org 1; DMARC = fail")},
            MAIL_FROM_ANN,
            "DMARC failed",
            id="a version, upper case and blanks",
        ),
        pytest.param(
            {"headers": headers(authentication_results=("other.example; x=y", OURS_FAIL))},
            MAIL_FROM_ANN,
            "",
            id="SEC-29 below somebody else's header it is anybody's text",
        ),
        pytest.param(
            {"headers": headers(authentication_results="mx.example.org.evil.example; dmarc=fail")},
            MAIL_FROM_ANN,
            "",
            id="SEC-29 a name that begins like ours",
        ),
        pytest.param(
            {"headers": headers(authentication_results="mx.example.org; dmarc=pass")}, MAIL_FROM_ANN, "", id="a pass"
        ),
        pytest.param({"headers": headers(x_spam_flag="YES")}, MAIL_FROM_ANN, "marked as spam", id="spam"),
    ],
)
def test_why_a_mail_gets_no_automatic_answer(changes: dict[str, Any], envelope: Envelope, why: str) -> None:
    assert judge(a_reading(**changes), envelope, RULES).unanswerable == why


def test_without_a_configured_name_authentication_results_mean_nothing() -> None:
    rules = Rules(RULES.own, RULES.instance, "", "")
    reading = a_reading(headers=headers(authentication_results=("; dmarc=fail", OURS_FAIL), x_spam_flag="YES"))
    judgement = judge(reading, MAIL_FROM_ANN, rules)
    assert (judgement.spam, judgement.unanswerable) == (False, "")


@pytest.mark.parametrize(
    ("value", "spam"),
    [
        ("YES", True),
        ("yes", True),
        (" Yes, score=15", True),
        ("true", True),
        ("NO", False),
        ("", False),
        ("no yes", False),
    ],
)
def test_the_verdict_of_our_own_mta(value: str, spam: bool) -> None:
    assert judge(a_reading(headers=headers(x_spam_flag=value)), MAIL_FROM_ANN, RULES).spam is spam


LIMITS = Limits(unknown_a_day=1, unknown_an_hour=60, address_an_hour=3, address_a_day=10)


@pytest.mark.parametrize(
    ("sent", "known", "held_back_by"),
    [
        pytest.param(Sent(0, 0, 0), False, "", id="the first of an unknown sender"),
        pytest.param(Sent(0, 1, 1), False, "this unknown address had", id="SEC-33 the second within a day"),
        pytest.param(Sent(1, 1, 1), True, "", id="the second of a known one"),
        pytest.param(Sent(0, 0, 59), False, "", id="the sixtieth to unknown senders"),
        pytest.param(Sent(0, 0, 60), False, "too many acknowledgements", id="SEC-33 the sixty-first"),
        pytest.param(Sent(0, 0, 999), True, "", id="unknown senders do not hold back known ones"),
        pytest.param(Sent(2, 2, 0), True, "", id="the third within an hour"),
        pytest.param(
            Sent(3, 3, 0), True, "3 automatic mails went to this address within the hour", id="F23 the fourth"
        ),
        pytest.param(Sent(0, 9, 0), True, "", id="the tenth within a day"),
        pytest.param(
            Sent(0, 10, 0), True, "10 automatic mails went to this address within a day", id="F23 the eleventh"
        ),
        pytest.param(Sent(3, 3, 60), False, "3 automatic mails", id="both"),
    ],
)
def test_how_many_automatic_answers_are_enough(sent: Sent, known: bool, held_back_by: str) -> None:
    why = over_limit(sent, LIMITS, known=known)
    assert why.startswith(held_back_by)
    assert bool(why) is bool(held_back_by)


@pytest.mark.parametrize("sender", ["owner-news@lists.example", "no-reply@shop.example", "news-bounces@lists.example"])
def test_nobody_answers_an_envelope_that_nobody_reads(sender: str) -> None:
    envelope = replace(MAIL_FROM_ANN, sender=sender)
    assert judge(a_reading(), envelope, RULES).unanswerable == "nobody reads what is sent to its envelope sender"
