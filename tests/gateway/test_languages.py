"""Every letter in every language: the same paragraphs, whole and narrow, in no other language; and replies to it."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from spocd.config.values import LANGUAGES
from spocd.domain.handover import TOLD
from spocd.domain.notice import What
from spocd.domain.ticket import KINDS as KINDS_OF_TICKETS
from spocd.domain.ticket import State
from spocd.gateway.reading import inspect
from spocd.gateway.reading.language import language as told_by
from spocd.gateway.writing import KINDS, Writer
from tests.gateway.letters import BARE, BRIEF, EVENT, NEXT, done, having, read, words

WIDTH = 74  # and two more where it is quoted
OTHERS = [language for language in LANGUAGES if language != "en"]

# What people call themselves and write says nothing about a letter's language, so here it is in none.
PLAIN: dict[str, Any] = {
    "subject": "VPN 4711",
    "merged_subject": "VPN",
    "desk_name": "Akvarion",
    "requester_name": "Ann Karlsson",
    "reader_name": "Eva Holm",
    "agent_name": "Bo Berg",
    "body": "Xyzzy 123.",
    "quote": "Plugh 456.",
    "quote_author": "Ann Karlsson",
    "quote_date": "2026-03-03 14:05 CET",
    "events": [{**EVENT, "body": "Plugh 456."}],
    "notices": [],
}


def event(what: str, **about: Any) -> dict[str, Any]:
    return {**EVENT, "what": what, "body": "", **about}


EVENTS = [
    event("new", body="Plugh 456."),
    event("answered"),
    event("answered", who=""),
    event("given", who="", why="Xyzzy."),
    event("given", who="Eva Holm", brief=BRIEF),
    event("passed on", why="Xyzzy.", brief=BRIEF),
    *(event("passed on", brief=BRIEF | {"next": each, "said_between": 2, "done_before": 3}) for each in NEXT),
    event("given", brief=BARE),
    event("given", who="Eva Holm"),
    event("given", who="Eva Holm", cause="away"),
    event("returned"),
    event("returned", by="Eva Holm", why="Xyzzy."),
    *(
        event("sent on", by=by, why="Xyzzy.", **where)
        for by in ("", "Eva Holm")
        for where in ({"team": "VPN"}, {"tier": 2})
    ),
    *(event("acted", act=act, by="Eva Holm") for act in ("answered", "resolved", "spam", "reopened")),
    event("acted", act="pending", by="Eva Holm", until="2026-03-04 12:00 CET"),
    *(event("acted", act=act, by="Eva Holm", other="#12") for act in ("merged", "unmerged")),
    event("moved on", who="Eva Holm", by="Bo Berg", why="Xyzzy."),
    event("moved on", who="Eva Holm", by="Eva Holm"),
    event("moved on", who="Eva Holm"),
    *(event("returned", hours=hours) for hours in (1, 2, 5, 11, 21, 72)),
    event("mentioned", body="@bo Xyzzy."),
    event("third party"),
    event("consult answered"),
    event("consult answered", who=""),
    event("consult answered", other="eva@example.net"),
    *(event("consult silent", times=times) for times in (1, 2, 5, 11, 21, 22, 25)),
    event("consult lost", fault="550"),
    event("promise near", due="2026-03-04 12:00 CET"),
    event("promise broken", due="2026-03-04 12:00 CET"),
]


def held(number: int) -> dict[str, Any]:
    at = {"number": number, "subject": "VPN 4711", "at": "2026-03-03 14:05"}
    return {**at, **EVENTS[number % len(EVENTS)]}


# The paths through each template that people meet.
CASES: dict[str, list[dict[str, Any]]] = {
    "acknowledgement": [
        {},
        {"known": False, "subject": ""},
        {"subject": "", "requester_name": ""},
        {"channel": "phone"},
        {"channel": "phone", "subject": ""},
        {"channel": "phone", "direction": "out"},
        {"channel": "phone", "subject": "", "direction": "out"},
        {"channel": "phone", "reporter": "Bo Berg"},
    ],
    "answer": [
        {},
        {"promised": "2026-03-04 12:00 CET"},
        *({"closing": True, "reopen_days": days} for days in (0, 1, 2, 5, 11, 21, 22, 25)),
        {"also_told": "Eva Holm"},
        {"quote": ""},
        {"subject": "", "agent_name": ""},
        {"quote_date": ""},
    ],
    "closed": [{}, *({"reopen_days": days} for days in (0, 1, 2, 5, 11, 21, 22, 25))],
    "handover": [
        {},
        {"agent_title": "IT"},
        {"reason": "Xyzzy."},
        {"agent_name": "", "team": "VPN"},
        {"agent_name": "", "passed_on": True},
        {"agent_name": "", "reason": "Xyzzy."},
        {"known": False},
        *({"cause": cause, "of": "Eva Holm"} for cause in ("away", "left", "untouched")),
        {"agent_name": "", "cause": "untouched"},
    ],
    "merged": [{}, {"merged_subject": ""}, {"subject": "", "agent_name": ""}],
    "unmerged": [{}, {"subject": "", "agent_name": ""}],
    "consult": [{}, {"quote": ""}, {"subject": "", "agent_name": ""}],
    "reminder": [{}, {"reader_name": ""}, {"subject": ""}],
    "notice": [{}, {"subject": ""}, {"events": EVENTS}, *({"events": [each]} for each in EVENTS)],
    "digest": [{"notices": [held(number) for number in range(1, n + 1)]} for n in (1, 2, 5, 11, 21, 22, 25)],
}
LETTERS = [
    pytest.param(kind, language, case, id=f"{kind}-{language}-{at}")
    for kind in KINDS
    for language in LANGUAGES
    for at, case in enumerate(CASES[kind])
]


@pytest.fixture(scope="module")
def writer() -> Writer:
    return Writer()


def written(writer: Writer, kind: str, language: str, case: dict[str, Any]) -> tuple[str, str]:
    """Subject and text."""
    message = read(writer.write(replace(having(**{**PLAIN, **case}), kind=kind, language=language)))
    assert message["Content-Language"] == language
    return message["Subject"], words(message)


@pytest.mark.parametrize(("kind", "language", "case"), LETTERS)
def test_a_letter_is_whole_and_narrow_in_every_language(
    writer: Writer, kind: str, language: str, case: dict[str, Any]
) -> None:
    subject, text = written(writer, kind, language, case)
    assert "\n\n\n" not in text
    assert not text.startswith("\n")
    assert [line for line in text.split("\n") if len(line) > WIDTH] == []
    assert [line for line in text.split("\n") if line != line.rstrip() and line != "-- "] == []
    assert not re.search(r"[{}]|  \.|\.\.| [.,!?:]", subject + text)


@pytest.mark.parametrize(("kind", "language", "case"), LETTERS)
def test_a_letter_has_the_same_paragraphs_in_every_language(
    writer: Writer, kind: str, language: str, case: dict[str, Any]
) -> None:
    english = written(writer, kind, "en", case)[1].split("\n\n")
    assert len(written(writer, kind, language, case)[1].split("\n\n")) == len(english)


ENGLISH = re.compile(
    r"\b(?:the|your|you|and|we|us|this|that|these|not|is|has|have|with|from|wrote|case|number|answer|reason|who|why|"
    r"because|now|of|if|hello|thank|somebody|nobody|message)\b",
    re.I,
)


@pytest.mark.parametrize(("kind", "language", "case"), [each for each in LETTERS if each.values[1] != "en"])
def test_no_english_is_left_in_a_letter_of_another_language(
    writer: Writer, kind: str, language: str, case: dict[str, Any]
) -> None:
    subject, text = written(writer, kind, language, case)
    assert ENGLISH.findall(subject + "\n" + text) == []


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in ("answer", "consult", "digest")])
def test_a_letter_is_told_to_be_in_its_language(writer: Writer, kind: str, language: str) -> None:
    assert told_by(written(writer, kind, language, {"body": ""})[1]) == language


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_event_has_words_of_its_own(writer: Writer, language: str) -> None:
    said = {what: written(writer, "notice", language, {"events": [event(what)]})[0] for what in What}
    assert len(set(said.values())) == len(What)
    assert all(f"] {what}: " not in said[what] for what in What)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_cause_has_words_of_its_own(writer: Writer, language: str) -> None:
    causes = ("away", "left", "untouched")
    said = {written(writer, "handover", language, {"cause": cause, "of": "Eva Holm"})[1] for cause in causes}
    assert len(said) == len(causes)
    assert sum("Eva Holm" in text for text in said) == 2


SAME = ("spam", "incident")  # in some languages as in English


@pytest.mark.parametrize("language", OTHERS)
def test_a_brief_has_words_of_its_own_for_every_state_kind_priority_and_event(writer: Writer, language: str) -> None:
    def told(**about: Any) -> str:
        return written(writer, "notice", language, {"events": [event("given", brief=BARE | about)]})[1]

    for field, values in (("state", State), ("kind", KINDS_OF_TICKETS), ("priority", ("low", "high", "urgent"))):
        said = {told(**{field: str(value)}) for value in values}
        assert len(said) == len(values)
        assert not any(re.search(rf"\b{value}\b", text) for value in values for text in said if value not in SAME)
    for what in (*TOLD, "promise kept late"):
        line = done(what, to="X", of="X", who="X", by="")
        [shown] = [each for each in told(done=[line]).split("\n") if "2026-03-02 09:10" in each]
        assert what not in shown, shown


def test_the_brief_that_is_filed_speaks_english_whatever_the_letters_do(tmp_path: Path) -> None:
    (tmp_path / "en").mkdir()
    (tmp_path / "en" / "words.txt").write_text("{% macro brief(it) %}Xyzzy{% endmacro %}")
    text = Writer(tmp_path).brief(BRIEF)
    assert text.startswith(
        "How it stands: open, an incident about VPN, priority urgent.\nRequester: Ann Karlsson; also on it"
    )
    assert "passed on from Bo Berg to eva@example.net: Xyzzy plugh." in " ".join(text.split())
    assert "changed: priority low → high" in text


@pytest.mark.parametrize(
    ("language", "days", "said"),
    [
        *(("ru", days, f"в течение {days} дня,") for days in (1, 21, 31)),
        *(("ru", days, f"в течение {days} дней,") for days in (2, 5, 11, 22, 25, 30, 111)),
        ("da", 1, "inden for 1 dag,"),
        ("da", 30, "inden for 30 dage,"),
        ("sv", 1, "inom 1 dag,"),
        ("sv", 30, "inom 30 dagar,"),
        ("fi", 1, "1 päivän kuluessa,"),
        ("fi", 30, "30 päivän kuluessa,"),
        ("de", 1, "innerhalb von 1 Tag auf"),
        ("de", 30, "innerhalb von 30 Tagen auf"),
        ("en", 1, "within 1 day and"),
        ("en", 30, "within 30 days and"),
    ],
)
def test_days_are_counted_as_the_language_counts(writer: Writer, language: str, days: int, said: str) -> None:
    text = written(writer, "closed", language, {"body": "", "reopen_days": days})[1]
    assert said in " ".join(text.split())


@pytest.mark.parametrize(
    ("said", "counts"),
    [("событие", (1, 21)), ("события", (2, 3, 4, 22, 122)), ("событий", (5, 11, 12, 14, 25, 111, 112))],
)
def test_a_russian_digest_counts_what_happened(writer: Writer, said: str, counts: tuple[int, ...]) -> None:
    for count in counts:
        subject = written(writer, "digest", "ru", {"notices": [held(1)] * count})[0]
        assert subject == f"Akvarion: {count} {said} по Вашим обращениям"


@pytest.mark.parametrize(
    ("times", "said"), [(1, "1 раз."), (3, "3 раза."), (5, "5 раз."), (12, "12 раз."), (23, "23 раза.")]
)
def test_russian_reminders_are_counted(writer: Writer, times: int, said: str) -> None:
    assert f"напомнили {said}" in written(writer, "notice", "ru", {"events": [event("consult silent", times=times)]})[1]


DESK = "Akvarion <desk@example.org>"
# What mail programs write above what they quote, each in its user's language.
ABOVE = {
    "en": (
        f"On Tue, Dec 1, 2026 at 2:00 PM {DESK} wrote:",
        f"On 1 Dec 2026, at 14:00, {DESK} wrote:",
        f"From: {DESK}\nSent: Tuesday, December 1, 2026 2:00 PM\nTo: Ann Karlsson <ann@example.net>\nSubject: Re: VPN",
    ),
    "da": (
        f"Den tir. 1. dec. 2026 kl. 14.00 skrev {DESK}:",
        f"Den 1. dec. 2026 kl. 14.00 skrev {DESK}:",
        f"Fra: {DESK}\nSendt: 1. december 2026 14:00\nTil: Ann Karlsson <ann@example.net>\nEmne: Re: VPN",
    ),
    "sv": (
        f"Den tis 1 dec. 2026 kl 14:00 skrev {DESK}:",
        f"1 dec. 2026 kl. 14:00 skrev {DESK}:",
        f"Från: {DESK}\nSkickat: den 1 december 2026 14:00\nTill: Ann Karlsson <ann@example.net>\nÄmne: Re: VPN",
    ),
    "fi": (
        "ti 1. jouluk. 2026 klo 14.00 Akvarion (desk@example.org) kirjoitti:",
        f"{DESK} kirjoitti 1.12.2026 kello 14.00:",
        f"Lähettäjä: {DESK}\nLähetetty: tiistai 1. joulukuuta 2026 14.00\n"
        "Vastaanottaja: Ann Karlsson <ann@example.net>\nAihe: Re: VPN",
    ),
    "ru": (
        f"вт, 1 дек. 2026 г. в 14:00, {DESK}:",
        f"1 дек. 2026 г., в 14:00, {DESK} написал(а):",
        f"От: {DESK}\nОтправлено: 1 декабря 2026 г. 14:00\nКому: Ann Karlsson <ann@example.net>\nТема: Re: VPN",
    ),
    "de": (
        f"Am Di., 1. Dez. 2026 um 14:00 Uhr schrieb {DESK}:",
        f"Am 01.12.2026 um 14:00 schrieb {DESK}:",
        f"Von: {DESK}\nGesendet: Dienstag, 1. Dezember 2026 14:00\n"
        "An: Ann Karlsson <ann@example.net>\nBetreff: Re: VPN",
    ),
}
NEW = {
    "en": "It works again.\n\nAnn",
    "da": "Det virker igen.\n\nAnn",
    "sv": "Det fungerar igen.\n\nAnn",
    "fi": "Se toimii taas.\n\nAnn",
    "ru": "Снова работает.\n\nAnn",
    "de": "Es geht wieder.\n\nAnn",
}


def visible(text: str) -> str:
    head = (
        "From: Ann Karlsson <ann@example.net>\nTo: desk@example.org\nSubject: Re: VPN\nMIME-Version: 1.0\n"
        "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n"
    )
    return str(inspect((head + text).replace("\n", "\r\n").encode())["visible_text"])


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("program", ["Gmail", "Apple Mail", "Outlook"])
def test_a_reply_to_a_letter_holds_the_new_text_alone(writer: Writer, program: str, kind: str, language: str) -> None:
    letter = written(writer, kind, language, CASES[kind][0])[1].rstrip("\n")
    above = ABOVE[language][["Gmail", "Apple Mail", "Outlook"].index(program)]
    quote = letter if program == "Outlook" else "\n".join(f"> {line}".rstrip() for line in letter.split("\n"))
    assert visible(f"{NEW[language]}\n\n{above}\n\n{quote}\n") == NEW[language]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_reply_below_a_quoted_answer_holds_the_new_text_alone(writer: Writer, language: str) -> None:
    letter = written(writer, "answer", language, {})[1].rstrip("\n")
    quote = "\n".join(f"> {line}".rstrip() for line in letter.split("\n"))
    assert visible(f"{ABOVE[language][0]}\n\n{quote}\n\n{NEW[language]}\n") == NEW[language]


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_a_letter_quotes_is_known_as_a_quote(writer: Writer, language: str) -> None:
    """Programs that quote nothing by marks leave our own line above the quote as the only sign of it."""
    letter = written(writer, "answer", language, {})[1].rstrip("\n")
    quote = letter[letter.index("2026-03-03") :]
    above = letter[: letter.index("2026-03-03")].split("\n")[-1]
    assert visible(f"{NEW[language]}\n\n{above}{quote}\n") == NEW[language]
    assert visible(f"{NEW[language]}\n\n{above}{quote.replace('> ', '')}\n") == NEW[language]
