"""What stands in braces in a canned answer is filled in, or refused."""

from __future__ import annotations

import pytest

from spocd.domain.canned import PLACEHOLDERS, check_placeholders, filled

KNOWN = {each: each.upper() for each in PLACEHOLDERS}


def test_every_placeholder_is_filled_once() -> None:
    assert filled("{requester} {agent} {number} {subject}", KNOWN) == "REQUESTER AGENT NUMBER SUBJECT"
    assert filled("{requester}", KNOWN | {"requester": "{agent}"}) == "{agent}"


@pytest.mark.parametrize(
    "text", ["${HOME}", "{}", "{ }", "{a b}", "{3F25-04E0}", "[0-9]{4}", "if (x) { y; }", "{{", "}"]
)
def test_other_braces_stay_as_they_are(text: str) -> None:
    check_placeholders(text)
    assert filled(text, KNOWN) == text


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{requestr}", "has {requestr}, which stands for nothing; did you mean {requester}?"),
        ("{Requester}", "did you mean {requester}?"),
        ("{ agent }", "has { agent }, which stands for nothing; did you mean {agent}?"),
        ("{{agent}}", "has {{agent}}, which stands for nothing; did you mean {agent}?"),
        ("{name}", "there are: {requester}, {agent}, {number}, {subject}"),
    ],
)
def test_a_word_in_braces_that_stands_for_nothing_is_refused_with_the_nearest(text: str, said: str) -> None:
    with pytest.raises(ValueError, match="stands for nothing") as refused:
        check_placeholders(f"Hello {{requester}}, {text}.")
    assert said in str(refused.value)
    with pytest.raises(ValueError, match="stands for nothing"):
        filled(text, KNOWN)
