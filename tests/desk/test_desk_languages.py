"""Who is written to in which language: people, agents and experts in their own, whoever has none in the desk's."""

from __future__ import annotations

from dataclasses import replace

import pytest

from spocd.desk import clock
from spocd.domain.delivery import Sent
from tests.desk.by_hand import by_hand
from tests.desk.running_desk import DAY, HOUR, LEAD, OTHER, RunningDesk, text_of
from tests.desk.staff import told, with_addresses, with_team

NORWEGIAN = (
    "Hei, jeg får ikke logget inn på datamaskinen lenger, og jeg vet ikke hva som er galt."
    " Kan dere hjelpe meg i dag? Vi trenger den for å skrive ut fakturaer til kundene våre. Vennlig hilsen Kari"
)
UNCLEAR = "Xyzzy 4711."


async def test_who_has_no_language_is_answered_in_the_desks(desk: RunningDesk) -> None:
    desk.settings = replace(desk.settings, language="fi")
    await desk.mail(UNCLEAR)
    [letter] = await desk.letters()
    assert letter.language == "fi"
    assert "Kiitos viestistäsi." in text_of(letter)


async def test_norwegians_are_answered_in_danish(desk: RunningDesk) -> None:
    await desk.mail(NORWEGIAN, Subject="Pålogging")
    [letter] = await desk.letters()
    assert letter.language == "da"
    assert "Tak for din besked." in text_of(letter)


@pytest.mark.parametrize(
    ("language", "taken_over", "closed"),
    [
        ("da", "ligger nu hos Other.", "Vi har lukket din sag med nummer 1."),
        ("sv", "ligger nu hos Other.", "Vi har avslutat ditt ärende med nummer 1."),
        ("fi", "hoitaa nyt Other.", "Olemme merkinneet asiasi (numero 1) valmiiksi."),
        ("ru", "теперь занимается Other.", "Мы закрыли Ваше обращение № 1."),
        ("de", "kümmert sich jetzt\nOther.", "Wir haben Ihr Anliegen mit der Nummer 1 abgeschlossen."),
    ],
)
async def test_all_that_a_requester_gets_is_in_their_language(
    desk: RunningDesk, language: str, taken_over: str, closed: str
) -> None:
    await desk.mail(UNCLEAR)
    await by_hand(desk, f"update person set language = '{language}'")
    await desk.ask("ticket.take", ticket=1)
    await desk.ask("ticket.assign", ticket=1, to="other", reason="Xyzzy", by=LEAD)
    handover = (await desk.letters())[-1]
    assert (handover.kind, handover.language) == ("handover", language)
    assert taken_over in text_of(handover).replace("\r\n", "\n")
    await desk.ask("ticket.close", ticket=1, by=OTHER)
    last = (await desk.letters())[-1]
    assert (last.kind, last.language) == ("closed", language)
    assert closed in text_of(last)


@pytest.mark.parametrize(
    ("language", "reason", "told_as"),
    [
        ("sv", None, "Anledning: Agent är inte på plats."),
        ("de", None, "Der Grund: Agent ist zurzeit nicht da."),
        ("fi", None, "Syy: Agent on poissa."),
        ("ru", None, "Причина: Agent сейчас отсутствует."),
        ("da", "er på kursus", "Årsag: Agent: er på kursus"),
        ("ru", "Xyzzy", "Причина: Agent: Xyzzy"),
    ],
)
async def test_why_a_case_changes_hands_is_said_in_the_requesters_language_or_as_it_was_typed(
    desk: RunningDesk, language: str, reason: str | None, told_as: str
) -> None:
    await desk.mail(UNCLEAR)
    await by_hand(desk, f"update person set language = '{language}'")
    await desk.ask("ticket.take", ticket=1)
    desk.now += HOUR
    await desk.send(Sent("250 OK"))
    given = {} if reason is None else {"reason": reason}
    await desk.ask("agent.away", agent="agent", until=desk.now + DAY, **given)
    handover = (await desk.letters())[-1]
    assert handover.kind == "handover"
    assert told_as in text_of(handover)


async def test_agents_are_told_each_in_their_own_language_and_in_the_desks(desk: RunningDesk) -> None:
    desk.settings = replace(desk.settings, language="sv")
    await with_addresses(desk, "agent", "other")
    await with_team(desk, "agent", "other")
    await by_hand(desk, "update agent set language = 'ru' where login = 'other'")
    await desk.mail("The mouse is gone.", to="it@example.org")
    subjects = {each.to_address: text_of(each).split("\n")[0] for each in await told(desk)}
    assert subjects == {
        "agent@example.org": "[desk#1] Ett nytt ärende till ditt team: Printer",
        "other@example.org": "[desk#1] Новое обращение для Вашей группы: Printer",
    }


async def test_a_digest_is_in_its_agents_language_whatever_was_held(desk: RunningDesk) -> None:
    await with_addresses(desk, "agent", "other")
    await with_team(desk, "agent", "other")
    await by_hand(desk, "update agent set language = 'de', digest = '08:00' where login = 'other'")
    for subject in ("Mouse", "Keys"):
        await desk.mail("It is gone.", to="it@example.org", Subject=subject)
    desk.now += DAY
    await desk.write(clock.look)
    [digest] = await told(desk, "other@example.org")
    assert (digest.kind, digest.language) == ("digest", "de")
    text = text_of(digest)
    assert text.startswith("IT desk: 2 Neuigkeiten zu Ihren Anliegen\n")
    assert text.count("Ein neues Anliegen für Ihr Team.") == 2


async def test_an_expert_is_asked_and_reminded_in_their_language(desk: RunningDesk) -> None:
    await desk.mail()
    await desk.ask("ticket.consult", ticket=1, to="eva@example.net", body="Xyzzy?", name="Eva Holm", remind=DAY)
    await by_hand(desk, "update person set language = 'fi' where name = 'Eva Holm'")
    desk.now += DAY + 1
    await desk.write(clock.look)
    reminder = (await desk.letters())[-1]
    assert (reminder.kind, reminder.language) == ("reminder", "fi")
    assert "alla olevan kysymyksen" in text_of(reminder)
