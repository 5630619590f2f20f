"""Commands in a mail: known words that stand alone, and nothing that merely holds one."""

from __future__ import annotations

import pytest

from spocd.domain.command import recognise


@pytest.mark.parametrize(
    ("subject", "text", "commands"),
    [
        pytest.param("status", "", ("status",), id="on the subject"),
        pytest.param("Re: [desk#12] Status", "", ("status",), id="on an answered subject with a tag"),
        pytest.param("Re: printer", "close\n\nthank you", ("close",), id="on the first line"),
        pytest.param("Re: printer", "\n\n  Solved.  \n", ("solved",), id="with a full stop and blank lines"),
        pytest.param("Re: printer", "cc Bob@Example.org\nstop\nHello", ("cc Bob@example.org", "stop"), id="two lines"),
        pytest.param("Re: printer", "rate 5 very quick", ("rate 5 very quick",), id="with a word of praise"),
        pytest.param("Re: printer", "urgent: the board meets at ten", ("urgent: the board meets at ten",), id="urgent"),
        pytest.param("guide vpn on a phone", "", ("guide vpn on a phone",), id="a search for a guide"),
        pytest.param("language SV", "", ("language sv",), id="a language"),
        pytest.param("status", "status", ("status",), id="twice is once"),
        pytest.param("x", "luk", ("close",), id="Danish"),
        pytest.param("x", "hjälp", ("help",), id="Swedish"),
        pytest.param("x", "ratkaistu", ("solved",), id="Finnish"),
        pytest.param("x", "СТАТУС", ("status",), id="Russian"),
        pytest.param("x", "schließen", ("close",), id="German"),
        pytest.param("x", "omat tiedot", ("my data",), id="two words"),
        pytest.param("x", "срочно: суд завтра", ("urgent: суд завтра",), id="urgent in Russian"),
        pytest.param("printer", "please close the window", (), id="a sentence that holds a word"),
        pytest.param("help me with the printer", "", (), id="a subject that begins with a word"),
        pytest.param("x", "It is broken.\nclose", (), id="below other text"),
        pytest.param("x", "rate 6", (), id="out of range"),
        pytest.param("x", "urgent", (), id="urgent without a reason"),
        pytest.param("x", "cc Bob", (), id="cc without an address"),
        pytest.param("x", "cc a@b.example)c@d.example", (), id="cc with an address that is two"),
        pytest.param("x", "Guide the new colleagues through the system on Monday", (), id="a sentence about guiding"),
        pytest.param("x", "language Swedish", (), id="a language that is no code"),
        pytest.param("", "", (), id="nothing"),
    ],
)
def test_commands_are_recognised(subject: str, text: str, commands: tuple[str, ...]) -> None:
    assert recognise(subject, text) == commands


def test_only_the_first_lines_are_looked_at() -> None:
    assert recognise("", "status\n" * 100_000) == ("status",)
    assert recognise("", "close\n" + "x" * 1_000_000) == ("close",)
