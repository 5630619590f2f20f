"""Subjects: what clients put before them, and the tag of a ticket."""

from __future__ import annotations

import time

import pytest

from spocd.domain.subject import is_forward, strip_prefixes, tag_number


@pytest.mark.parametrize(
    ("subject", "bare"),
    [
        pytest.param("Printer on fire", "Printer on fire", id="none"),
        pytest.param("Re: Printer", "Printer", id="an English answer"),
        pytest.param("RE:Printer", "Printer", id="without a space"),
        pytest.param("AW: WG: Drucker", "Drucker", id="German, answered and passed on"),
        pytest.param("SV: VB: Skrivaren", "Skrivaren", id="Swedish"),
        pytest.param("VS: VL: Tulostin", "Tulostin", id="Finnish"),
        pytest.param("Ответ: Пересл: Принтер", "Принтер", id="Russian"),
        pytest.param("回复：打印机", "打印机", id="a wide colon"),
        pytest.param("Re[2]: Printer", "Printer", id="counted in brackets"),
        pytest.param("Re(4): Re^3: Printer", "Printer", id="counted in other ways"),
        pytest.param("  re :  Printer ", "Printer", id="white space everywhere"),
        pytest.param("[Fwd: Re: Printer]", "Printer", id="in brackets"),
        pytest.param("Re: [desk#12] Printer", "[desk#12] Printer", id="the tag stays"),
        pytest.param("Regarding: Printer", "Regarding: Printer", id="a word that only begins like a prefix"),
        pytest.param("Printer: Re: paper", "Printer: Re: paper", id="a prefix in the middle stays"),
        pytest.param("I: have a question", "I: have a question", id="one letter is no prefix"),
        pytest.param("Re:", "", id="nothing but a prefix"),
        pytest.param("", "", id="nothing"),
    ],
)
def test_prefixes_are_stripped(subject: str, bare: str) -> None:
    assert strip_prefixes(subject) == bare


@pytest.mark.parametrize(
    ("subject", "language", "forward"),
    [
        pytest.param("Fwd: Printer", None, True, id="Fwd"),
        pytest.param("FW: Re: Printer", None, True, id="the outermost counts"),
        pytest.param("Re: Fwd: Printer", None, False, id="an answer to a forward is an answer"),
        pytest.param("WG: Drucker", None, True, id="German"),
        pytest.param("AW: Drucker", None, False, id="German answer"),
        pytest.param("VB: Skrivaren", None, True, id="Swedish"),
        pytest.param("SV: Skrivaren", None, False, id="Swedish answer"),
        pytest.param("VL: Tulostin", None, True, id="Finnish"),
        pytest.param("VS: Tulostin", "fi", False, id="VS is an answer in Finnish"),
        pytest.param("VS: Printeren", "da", True, id="VS is a forward in Danish"),
        pytest.param("VS: Hello", None, False, id="VS without evidence is an answer"),
        pytest.param("TR: Imprimante", None, True, id="French"),
        pytest.param("RV: Impresora", None, True, id="Spanish"),
        pytest.param("[Fwd: Printer]", None, True, id="in brackets"),
        pytest.param("Printer Fwd:", None, False, id="at the end it is a word"),
        pytest.param("Printer", None, False, id="no prefix"),
    ],
)
def test_forwards_are_told_from_answers(subject: str, language: str | None, forward: bool) -> None:
    assert is_forward(subject, language=language) is forward


@pytest.mark.parametrize(
    ("subject", "number"),
    [
        ("[desk#1234] Printer", 1234),
        ("Re: Printer [DESK#7]", 7),
        ("[desk#7] and once more [desk#7]", 7),
        ("[desk#7] and another [desk#8]", None),
        ("[other#7] Printer", None),
        ("[desk#] Printer", None),
        ("[desk#-7]", None),
        ("[desk#1234567890123]", None),
        ("[desk#١٢]", None),
        ("desk#7", None),
        ("", None),
    ],
)
def test_a_tag_names_one_ticket_of_this_desk(subject: str, number: int | None) -> None:
    assert tag_number(subject, "desk") == number


def test_the_word_of_a_tag_is_no_pattern() -> None:
    assert tag_number("[axb#1]", "a.b") is None
    assert tag_number("[a.b#1]", "a.b") == 1


@pytest.mark.parametrize("piece", ["re: ", "[fwd: ", "[desk#1", "re ", " ", "[["])
def test_sec_40_a_long_subject_takes_no_time(piece: str) -> None:
    subject = piece * (200_000 // len(piece)) + "x"
    began = time.process_time()
    strip_prefixes(subject)
    is_forward(subject)
    tag_number(subject, "desk")
    assert time.process_time() - began < 0.5
