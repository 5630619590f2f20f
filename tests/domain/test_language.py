"""Which language somebody is answered in, mail after mail."""

from __future__ import annotations

import pytest

from spocd.domain.language import Tongue, heard

LONG, SHORT = 20, 19


@pytest.mark.parametrize(
    ("mails", "language"),
    [
        pytest.param([("sv", LONG)], "sv", id="the first long mail decides"),
        pytest.param([("sv", SHORT)], None, id="a short one does not"),
        pytest.param([("sv", SHORT), ("fi", LONG)], "fi", id="the first that is long, whatever came before"),
        pytest.param([(None, LONG)], None, id="what cannot be told decides nothing"),
        pytest.param([("sv", LONG), ("en", LONG)], "sv", id="one mail in another language changes nothing"),
        pytest.param([("sv", LONG), ("en", SHORT), ("en", SHORT)], "en", id="two in a row do, short ones too"),
        pytest.param(
            [("sv", LONG), ("en", LONG), ("sv", LONG), ("en", LONG)], "sv", id="two that are not in a row do not"
        ),
        pytest.param([("sv", LONG), ("en", LONG), ("da", LONG)], "sv", id="nor two in different ones"),
        pytest.param(
            [("sv", LONG), ("en", LONG), (None, LONG), ("en", LONG)], "en", id="an unclear one between is no mail"
        ),
    ],
)
def test_the_language_of_a_person(mails: list[tuple[str | None, int]], language: str | None) -> None:
    known = Tongue(None, None)
    for spoken, words in mails:
        known = heard(known, spoken, words)
    assert known.language == language
