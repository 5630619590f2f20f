"""A case changes hands: its requester knows who has it, whoever gets it knows what was, and absence stops nothing."""

from __future__ import annotations

from typing import Any

import pytest

from spocd.desk import clock, letter
from spocd.desk.absence import MOST_IN_ONE
from spocd.domain.delivery import Sent
from spocd.errors import Exit, Refused
from tests.desk.by_hand import a_team_with_two_services, by_hand
from tests.desk.running_desk import (
    ADMIN,
    AGENT,
    DAY,
    HOUR,
    LEAD,
    NOBODY,
    OTHER,
    START,
    RunningDesk,
    journal,
    text_of,
)

ANN = "ann@client.example"


@pytest.fixture(autouse=True)
async def with_addresses(desk: RunningDesk) -> None:
    """Every agent can be written to."""
    await by_hand(desk, "update agent set address = login || '@staff.example', title = 'Printers' where uid <> 1")


async def sent(desk: RunningDesk) -> None:
    """Let the outbox be emptied, with the time that it takes for what waits in it."""
    desk.now += 600
    await desk.send(Sent("250 ok"))


async def told(desk: RunningDesk, address: str = ANN) -> list[str]:
    """The letters about who has a case that wait to go to somebody, as they would be read."""
    letters = [each for each in await desk.letters() if each.kind == "handover" and each.to_address == address]
    return [" ".join(text_of(each).split()) for each in letters]


async def notices(desk: RunningDesk, login: str) -> list[str]:
    letters = [each for each in await desk.letters() if each.to_address == f"{login}@staff.example"]
    return [text_of(each).replace("\r\n", "\n") for each in letters]


async def refusal(desk: RunningDesk, operation: str, **parameters: Any) -> Refused:
    with pytest.raises(Refused) as refused:
        await desk.ask(operation, **parameters)
    return refused.value


async def a_case(desk: RunningDesk) -> None:
    """#1 of Ann with the agent, who has answered; the mails so far have gone out, and Ann has written again."""
    await desk.mail("The printer on the third floor eats paper.")
    await desk.ask("ticket.take", ticket=1)
    await desk.ask("ticket.reply", ticket=1, body="Have you tried the other tray?")
    await desk.ask("ticket.note", ticket=1, body="Tray 2 has a worn roller, says the log.")
    await sent(desk)
    answer = (await desk.ask("mail.outbox", ticket=1))["letters"]
    assert {each["state"] for each in answer} == {"sent"}
    await desk.mail("It eats from that one too.", Subject="Re: Printer [desk#1]")


async def test_the_first_to_have_a_ticket_is_named_to_its_requester_after_some_minutes(desk: RunningDesk) -> None:
    await desk.mail()
    await desk.ask("ticket.take", ticket=1)
    [mail] = await told(desk)
    assert "Agent (Printers) now has your case, number 1." in mail
    assert "The reason" not in mail
    assert len(await desk.lease_letters()) == 1, "the acknowledgement goes, this one waits"
    desk.now += 300
    assert len(await desk.lease_letters()) == 1


async def test_an_answer_before_that_names_them_and_the_letter_is_dropped(desk: RunningDesk) -> None:
    await desk.mail()
    await desk.ask("ticket.next", claim=True)
    assert len(await told(desk)) == 1
    await desk.ask("ticket.reply", ticket=1, body="Have you tried water?")
    assert await told(desk) == []
    assert [each.kind for each in await desk.letters()] == ["acknowledgement", "answer"]


async def test_answering_what_nobody_has_tells_it_by_the_answer_alone(desk: RunningDesk) -> None:
    await desk.mail()
    await desk.ask("ticket.reply", ticket=1, body="Have you tried water?")
    assert await told(desk) == []


async def test_without_notice_nobody_outside_is_told(desk: RunningDesk) -> None:
    await desk.mail()
    await desk.ask("ticket.take", ticket=1, notify=False)
    assert await told(desk) == []


async def test_a_hand_over_tells_who_why_and_that_nothing_is_to_be_repeated(desk: RunningDesk) -> None:
    await a_case(desk)
    await desk.ask("ticket.assign", ticket=1, to="other", reason="Other knows these machines")
    [mail] = await told(desk)
    assert "Other (Printers) now has your case, number 1." in mail
    assert "The reason: Other knows these machines" in mail
    assert "not explain anything again" in mail
    assert "roller" not in mail, "what was noted is nobody's outside"
    view = await desk.view(1)
    [line] = [each for each in view["journal"] if each["event"] == "handed over"]
    assert (line["from"], line["to"], line["why"]) == ("agent", "other", "Other knows these machines")


async def test_whoever_gets_a_case_gets_a_brief_by_mail_and_as_a_note(desk: RunningDesk) -> None:
    await a_case(desk)
    await by_hand(
        desk,
        f"insert into promise (ticket, agent, made_at, due_at) values (1, 2, {START}, {START + DAY})",
        f"insert into consult (ticket, origin, person, address, agent, message, asked_at)"
        f" select 1, 1, 1, 'ann@client.example', 2, max(id), {START} from message",
    )
    await desk.ask("ticket.assign", by=LEAD, ticket=1, to="other", reason="Other knows these machines")
    [notice] = await notices(desk, "other")
    assert "This case is yours now." in notice
    assert "Until now it was with Agent." in notice
    note = [each for each in (await desk.view(1))["messages"] if each["kind"] == "note"][-1]["text"]
    assert note.startswith(
        "Hand-over of #1 from Agent to Other: Other knows these machines\n\nHow it stands: open, a req"
    )
    for words in (
        "What is next: answer Ann Ek. They have waited since 2026-02-02 02:50 UTC.",
        "Ann Ek wrote (1.1):\n    The printer on the third floor eats paper.",
        "Agent answered (1.2):\n    Have you tried the other tray?",
        "Agent noted (1.3):\n    Tray 2 has a worn roller, says the log.",
        "2026-02-02 02:40 UTC  Agent: taken",
        "2026-02-02 02:50 UTC  Lead: passed on from Agent to Other: Other knows",
        "Promised:\n  an answer by 2026-02-03 02:40 UTC",
        "Asked and not answered:\n  2026-02-02 02:40 UTC  Ann Ek",
    ):
        for text in (note, notice):
            assert " ".join(words.split()) in " ".join(text.split()), text
    assert await notices(desk, "lead") == [], "nobody is told what they did themselves"


async def test_a_brief_speaks_the_language_of_whoever_reads_it_and_the_note_that_of_the_shell(
    desk: RunningDesk,
) -> None:
    await by_hand(
        desk,
        "update agent set language = 'da' where login = 'other'",
        "update agent set language = 'fi' where login = 'lead'",
        "update agent set name = 'Bo Berg' where login = 'agent'",
    )
    await a_case(desk)
    await desk.ask("agent.away", agent="agent", deputy="other")
    [notice] = await notices(desk, "other")
    for words in (
        "Status: åben, anmodning, prioritet normal.\nKunde: Ann Ek\nNæste skridt: svar Ann Ek.",
        "Bo Berg noterede (1.3):\n    Tray 2 has a worn roller, says the log.",
        "02:50 UTC  givet videre fra Bo Berg til Other: Bo Berg er\n    fraværende.",
    ):
        assert words in notice, notice
    for english in ("agent", "away", "How it stands", "Hand-over", "taken"):
        assert english not in notice.partition("spocd ticket view")[0], english
    await desk.ask("ticket.assign", by=OTHER, ticket=1, to="lead", reason="jeg skal hjem")
    [notice] = await notices(desk, "lead")
    assert "02:50 UTC  siirretty: Other → Lead: jeg skal hjem\n" in notice
    notes = [each["text"] for each in (await desk.view(1))["messages"] if each["kind"] == "note"]
    assert notes[-2].startswith(
        "Hand-over of #1 from Bo Berg to Other: Bo Berg is away\n\nHow it stands: open, a request"
    )
    assert notes[-1].startswith("Hand-over of #1 from Other to Lead: jeg skal hjem\n")


async def test_a_brief_names_services_as_its_reader_knows_them_and_says_who_is_what(desk: RunningDesk) -> None:
    await a_team_with_two_services(desk)
    await by_hand(
        desk,
        "update agent set language = 'da' where login = 'other'",
        """update service set name = '{"en": "Laptops", "da": "Bærbare"}', restricted = 0 where key = 'payroll'""",
    )
    await a_case(desk)
    await desk.mail("So does that one.", Cc="cid@client.example", Subject="Re: Printer [desk#1]")
    await desk.ask("ticket.edit", ticket=1, service="payroll")
    await desk.ask("ticket.consult", ticket=1, to="kim@supplier.example", name="Kim Dal", body="Is it the fuse?")
    question = (await desk.letters())[-1]
    await desk.mail("Yes.", From="Kim Dal <kim@supplier.example>", to=question.reply_to, Subject="Re: Printer")
    await desk.mail("I saw it.", From="cid@client.example", In_Reply_To="<1@client.example>")
    await desk.ask("ticket.assign", ticket=1, to="other", by=LEAD, reason="knows it")
    notice = " ".join((await notices(desk, "other"))[-1].split())
    for words in (
        "anmodning om Bærbare, prioritet",
        "tjeneste – → Bærbare",
        "Agent spurgte Kim Dal (1.",
        "Kim Dal svarede som ekspert (1.",
        "skrev udefra (1.",
    ):
        assert words in notice, notice
    note = [each["text"] for each in (await desk.view(1))["messages"] if each["kind"] == "note"][-1]
    assert "a request about Laptops, priority" in " ".join(note.split())


async def test_who_is_away_is_named_in_the_reason_that_a_colleague_reads(desk: RunningDesk) -> None:
    await by_hand(desk, "update agent set name = 'Bo Berg' where login = 'agent'")
    await a_case(desk)
    await desk.ask("agent.away", agent="agent", deputy="other", reason="on leave")
    [notice] = await notices(desk, "other")
    assert "Reason: Bo Berg: on leave\n" in notice
    assert "passed on from Bo Berg to Other: Bo Berg: on leave" in " ".join(notice.split())
    assert "agent" not in notice


async def test_what_a_machine_answered_is_no_word_of_the_requesters(desk: RunningDesk) -> None:
    await a_case(desk)
    await desk.mail("I am on holiday until Monday.", Subject="Re: Printer [desk#1]", Auto_Submitted="auto-replied")
    assert [each["kind"] for each in (await desk.view(1))["messages"]].count("automatic") == 1
    await desk.ask("ticket.assign", ticket=1, to="other", reason="knows it")
    [notice] = await notices(desk, "other")
    assert "It eats from that one too." in notice
    assert "on holiday" not in notice
    assert "on holiday" not in (await desk.view(1))["messages"][-1]["text"]


async def test_a_digest_says_of_a_case_that_was_given_how_it_stands(desk: RunningDesk) -> None:
    await by_hand(desk, "update agent set digest = '08:00', language = 'da' where login = 'other'")
    for number in (1, 2):
        await desk.mail("It burns.", Subject=f"Number {number}")
        await desk.ask("ticket.next", claim=True)
        await desk.ask("ticket.note", ticket=number, body="I look into it.")
        await desk.ask("ticket.assign", ticket=number, to="other", reason="kender det")
    desk.now += DAY
    await desk.write(clock.look)
    [digest] = await notices(desk, "other")
    assert digest.count("Status: åben, anmodning, prioritet normal.") == 2
    assert "Skrevet indtil nu" not in digest


async def test_several_moves_within_minutes_are_one_letter_about_the_last(desk: RunningDesk) -> None:
    await a_case(desk)
    await desk.ask("ticket.assign", ticket=1, to="other", reason="first thought")
    desk.now += 120
    await desk.ask("ticket.take", by=LEAD, ticket=1, holder="other", reason="second thought")
    [mail] = await told(desk)
    assert "Lead (Printers) now has your case" in mail
    assert "second thought" in mail
    assert "first thought" not in mail
    desk.now += 301
    assert len(await desk.send(Sent("250 ok"))) >= 1
    await desk.ask("ticket.assign", by=LEAD, ticket=1, to="other", reason="third thought")
    [mail] = await told(desk)
    assert "third thought" in mail


async def test_a_case_that_comes_back_within_minutes_is_not_spoken_of(desk: RunningDesk) -> None:
    await a_case(desk)
    await desk.ask("ticket.assign", ticket=1, to="other", reason="by mistake")
    await desk.ask("ticket.take", ticket=1, holder="other", reason="that was a mistake")
    assert await told(desk) == []


async def test_a_ticket_that_is_put_back_at_once_is_not_spoken_of(desk: RunningDesk) -> None:
    await desk.mail()
    await desk.ask("ticket.take", ticket=1)
    await desk.ask("ticket.release", ticket=1)
    assert await told(desk) == []
    assert "note" not in await journal(desk, 1), "there is nothing to hand over"


async def test_a_letter_that_was_taken_back_is_no_mail_that_a_later_one_answers(desk: RunningDesk) -> None:
    await desk.ask("ticket.new", requester=ANN, subject="By phone", channel="phone")
    await desk.ask("ticket.take", ticket=1)
    await desk.ask("ticket.reply", ticket=1, body="Hello")
    acknowledgement, answer = await desk.letters()
    assert answer.references == (acknowledgement.message_id,)


async def test_released_it_waits_for_all_and_its_requester_is_told_why(desk: RunningDesk) -> None:
    await a_case(desk)
    await desk.ask("ticket.release", ticket=1, reason="I am on leave")
    [mail] = await told(desk)
    assert "our case, number 1, is back with all of us at IT desk." in mail
    assert "The reason: I am on leave" in mail
    assert (await desk.view(1))["messages"][-1]["text"].startswith("Hand-over of #1 from Agent to the queue")


async def test_a_ticket_may_be_given_to_a_team_where_it_waits_for_them(desk: RunningDesk) -> None:
    await a_team_with_two_services(desk)
    await a_case(desk)
    await desk.ask("ticket.reply", ticket=1, body="I pass it on.")
    assert (await refusal(desk, "ticket.assign", ticket=1, to="floor")).code == "taken"
    given = await desk.ask("ticket.assign", ticket=1, to="floor", reason="they repair it")
    assert (given["assignee"], given["team"], given["waiting_since"] is not None) == (None, "floor", True)
    [mail] = await told(desk)
    assert "is now with our team Floor" in mail
    assert (await desk.ask("ticket.next", by=OTHER))["tickets"] == []
    assert (await desk.ask("ticket.next"))["tickets"][0]["number"] == 1
    assert (await refusal(desk, "ticket.assign", ticket=1, to="floor")).code == "there"
    assert (await refusal(desk, "ticket.assign", ticket=1, to="nobody")).exit is Exit.NOT_FOUND


async def test_what_is_confidential_is_given_to_no_other_team(desk: RunningDesk) -> None:
    await a_team_with_two_services(desk)
    await desk.mail()
    await by_hand(
        desk,
        "update ticket set service = 'payroll', team = 'floor'",
        f"insert into team (key, name, address, created_at) values ('network', 'Network', '', {START})",
    )
    assert (await refusal(desk, "ticket.assign", ticket=1, to="network")).code == "confidential"


async def test_escalated_it_waits_for_the_next_tier_alone(desk: RunningDesk) -> None:
    await a_case(desk)
    assert (await refusal(desk, "ticket.escalate", ticket=1, reason="beyond me")).code == "no-such-tier"
    await by_hand(desk, f"update agent set tier = 2 where uid = {OTHER}")
    assert (await refusal(desk, "ticket.escalate", ticket=1, reason=" ")).exit is Exit.USAGE
    after = await desk.ask("ticket.escalate", ticket=1, reason="the roller must be replaced")
    assert (after["tier"], after["assignee"]) == (2, None)
    assert (await desk.ask("ticket.next"))["tickets"] == []
    assert (await desk.ask("ticket.next", by=OTHER))["tickets"][0]["number"] == 1
    [mail] = await told(desk)
    assert "now goes to those of us who know more" in mail
    assert "The reason: the roller must be replaced" in mail
    [line] = [each for each in (await desk.view(1))["journal"] if each["event"] == "escalated"]
    assert (line["from"], line["tier"], line["why"]) == ("agent", 2, "the roller must be replaced")


async def test_what_rested_or_was_answered_is_not_lost_when_it_is_escalated(desk: RunningDesk) -> None:
    await by_hand(desk, f"update agent set tier = 2 where uid = {OTHER}")
    await a_case(desk)
    await desk.ask("ticket.reply", ticket=1, body="We look into it.", pend_until=desk.now + DAY)
    await desk.ask("ticket.escalate", ticket=1, reason="they must look")
    assert (await desk.ask("ticket.next", by=OTHER))["tickets"][0]["number"] == 1


async def test_a_resolved_ticket_moves_without_a_word(desk: RunningDesk) -> None:
    await a_case(desk)
    await desk.ask("ticket.close", ticket=1)
    await sent(desk)
    await desk.ask("ticket.assign", ticket=1, to="other", reason="it is theirs")
    assert await told(desk) == []


@pytest.mark.parametrize("state", ["closed", "spam"])
async def test_what_is_closed_or_spam_never_moves(desk: RunningDesk, state: str) -> None:
    await a_case(desk)
    await by_hand(desk, f"update ticket set state = '{state}'")
    for operation, how in (("ticket.assign", {"to": "other"}), ("ticket.release", {}), ("ticket.escalate", {})):
        await by_hand(desk, f"update agent set tier = 2 where uid = {OTHER}")
        assert (await refusal(desk, operation, ticket=1, reason="why", **how)).code == "closed"
    await desk.ask("agent.away", agent="agent")
    assert (await desk.view(1))["assignee"] == "agent"


async def test_nobody_is_given_what_they_could_not_keep(desk: RunningDesk) -> None:
    await a_case(desk)
    await by_hand(
        desk,
        f"update agent set left_at = {START}, uid = null where login = 'other'",
        "update agent set role = 'robot' where login = 'lead'",
    )
    assert (await refusal(desk, "ticket.assign", ticket=1, to="other", reason="why")).code == "left"
    assert (await refusal(desk, "ticket.assign", ticket=1, to="lead", reason="why")).code == "robot"


async def three_cases(desk: RunningDesk) -> None:
    """#1 to #3 with the agent, told to their requesters."""
    for number in range(1, 4):
        await desk.mail(Subject=f"{number}", From=f"Person {number} <p{number}@client.example>")
        await desk.ask("ticket.next", claim=True)
    await sent(desk)


async def test_absence_moves_open_cases_to_those_with_the_least_to_do(desk: RunningDesk) -> None:
    await three_cases(desk)
    away = await desk.ask("agent.away", agent="agent", until=desk.now + DAY, reason="ill")
    assert away["begun"]
    assert sorted(each["to"] for each in away["moved"]) == ["admin", "lead", "other"]
    assert {each["ticket"] for each in away["moved"]} == {1, 2, 3}
    for number in range(1, 4):
        [mail] = await told(desk, f"p{number}@client.example")
        assert f"now has your case, number {number}." in mail
        assert "The reason: Agent: ill" in mail
        assert "handed over" in await journal(desk, number)
        assert (await desk.view(number))["messages"][-1]["text"].startswith(f"Hand-over of #{number} from Agent to ")
    assert len(await notices(desk, "other")) == 1


async def test_a_deputy_gets_them_and_a_deputys_deputy_where_they_are_away_too(desk: RunningDesk) -> None:
    await three_cases(desk)
    await desk.ask("agent.away", by=LEAD, agent="other", deputy="lead")
    away = await desk.ask("agent.away", agent="agent", deputy="other", reason="on leave")
    assert {each["to"] for each in away["moved"]} == {"lead"}


async def test_a_deputy_who_may_not_have_a_case_is_named_with_the_reason(desk: RunningDesk) -> None:
    await a_team_with_two_services(desk)
    await three_cases(desk)
    await by_hand(desk, "update ticket set service = 'payroll', team = 'floor' where number = 2")
    away = await desk.ask("agent.away", agent="agent", deputy="other")
    why = "other: it is confidential to the team floor"
    assert [(each["to"], each["not_to"]) for each in away["moved"]] == [("other", ""), (None, why), ("other", "")]


async def test_a_team_of_which_nobody_is_there_any_more_is_named_and_health_warns_while_anything_waits(
    desk: RunningDesk,
) -> None:
    async def warnings(by: int = NOBODY) -> list[str]:
        faults = (await desk.ask("desk.health", by=by))["faults"]
        return [each.partition(" (")[0] for each in faults if "there" in each]

    await a_team_with_two_services(desk)
    await by_hand(desk, f"insert into team_member (team, agent) select 'floor', id from agent where uid = {OTHER}")
    assert (await desk.ask("agent.away", agent="agent"))["unattended"] == [], "the other one is there"
    planned = await desk.ask("agent.away", by=LEAD, agent="other", since=desk.now + DAY, until=desk.now + 2 * DAY)
    assert planned["unattended"] == []
    await desk.ask("agent.back", by=LEAD, agent="other")
    away = await desk.ask("agent.away", by=LEAD, agent="other", until=desk.now + DAY)
    assert away["unattended"] == [{"team": "floor", "waiting": 0}]
    assert await warnings() == [], "nothing waits"
    await desk.mail()
    assert await warnings() == [], "what is for no team is for those who are there"
    await desk.ask("ticket.edit", by=LEAD, ticket=1, service="payroll")
    assert await warnings() == ["nobody of a team is there, and tickets wait for it"], "of a secret service"
    for by in (AGENT, LEAD):
        assert await warnings(by) == ["nobody of the team floor is there, and tickets wait for it"]
    await by_hand(desk, f"delete from team_member where agent = (select id from agent where uid = {OTHER})")
    assert await warnings(OTHER) == ["nobody of a team is there, and tickets wait for it"], "they are not of it"
    await by_hand(desk, f"insert into team_member (team, agent) select 'floor', id from agent where uid = {OTHER}")
    await by_hand(desk, "update service set restricted = 0 where key = 'payroll'")
    assert await warnings() == ["nobody of the team floor is there, and tickets wait for it"]
    desk.now += DAY
    assert await warnings() == [], "one of them is back"
    await desk.ask("agent.away", by=LEAD, agent="lead")
    await desk.ask("agent.away", by=LEAD, agent="admin")
    gone = await desk.ask("agent.away", by=LEAD, agent="other")
    assert gone["unattended"] == [{"team": "", "waiting": 0}, {"team": "floor", "waiting": 1}]
    await desk.mail()
    assert (await warnings())[0] == "nobody is there, and tickets wait"


async def test_a_circle_of_deputies_is_refused(desk: RunningDesk) -> None:
    await desk.ask("agent.away", by=LEAD, agent="other", deputy="agent", until=desk.now + 9 * DAY)
    refused = await refusal(desk, "agent.away", agent="agent", deputy="other")
    assert (refused.code, refused.exit) == ("circle", Exit.CONFLICT)
    assert (await refusal(desk, "agent.away", agent="agent", deputy="agent")).code == "circle"
    await desk.ask("agent.away", agent="agent", deputy="other", since=desk.now + 10 * DAY)


async def test_a_circle_that_arises_all_the_same_stops_nothing(desk: RunningDesk) -> None:
    await three_cases(desk)
    await by_hand(
        desk,
        "insert into absence (agent, from_at, deputy, reason, begun_at, created_at)"
        f" select o.id, {START}, g.id, 'is away', {START}, {START} from agent o, agent g"
        " where o.login = 'other' and g.login = 'agent'",
        "insert into absence (agent, from_at, deputy, reason, created_at)"
        f" select g.id, {START}, o.id, 'is away', {START} from agent o, agent g"
        " where o.login = 'other' and g.login = 'agent'",
    )
    await desk.write(clock.look)
    assert {(await desk.view(number))["assignee"] for number in (1, 2, 3)} == {"admin", "lead"}


async def test_where_nobody_is_there_the_cases_wait_in_the_queue(desk: RunningDesk) -> None:
    await three_cases(desk)
    for login in ("admin", "lead", "other"):
        await desk.ask("agent.away", by=ADMIN, agent=login)
    away = await desk.ask("agent.away", agent="agent")
    assert [each["to"] for each in away["moved"]] == [None, None, None]
    assert (await desk.ask("ticket.explain", ticket=1))["position"] == 1
    [mail] = await told(desk, "p1@client.example")
    assert "is back with all of us" in mail


async def test_an_absence_that_is_planned_begins_by_the_clock(desk: RunningDesk) -> None:
    await three_cases(desk)
    begin = desk.now + DAY
    planned = await desk.ask("agent.away", agent="agent", since=begin, until=begin + DAY, deputy="other")
    assert (planned["begun"], planned["moved"]) == (False, [])
    await desk.write(clock.look)
    assert (await desk.view(1))["assignee"] == "agent"
    desk.now = begin
    assert await desk.write(clock.look) > 0
    assert [(await desk.view(number))["assignee"] for number in (1, 2, 3)] == ["other"] * 3
    assert await desk.write(clock.look) == 0, "a second node finds nothing to do"
    desk.now = begin + DAY
    await desk.write(clock.look)
    assert (await desk.view(1))["assignee"] == "other", "nothing moves back by itself"
    await desk.ask("ticket.assign", by=LEAD, ticket=1, to="agent", reason="is back")
    assert not (await desk.ask("agent.load"))["agents"][1]["away"]


async def test_an_absence_that_passed_while_nobody_looked_moves_nothing(desk: RunningDesk) -> None:
    await three_cases(desk)
    begin = desk.now + DAY
    await desk.ask("agent.away", agent="agent", since=begin, until=begin + HOUR)
    desk.now = begin + DAY
    await desk.write(clock.look)
    assert (await desk.view(1))["assignee"] == "agent"


async def test_a_resolved_case_of_somebody_away_moves_when_its_requester_writes_again(desk: RunningDesk) -> None:
    await a_case(desk)
    await desk.ask("ticket.close", ticket=1)
    await desk.ask("agent.away", agent="agent", deputy="other")
    assert (await desk.view(1))["assignee"] == "agent"
    await desk.mail("It is not done.", Subject="Re: Printer [desk#1]")
    await desk.write(clock.look)
    assert (await desk.view(1))["assignee"] == "other"


async def test_two_absences_at_one_time_are_refused_and_back_ends_the_one_that_has_begun(desk: RunningDesk) -> None:
    await desk.ask("agent.away", agent="agent", until=desk.now + DAY)
    await desk.ask("agent.away", agent="agent", since=desk.now + 2 * DAY)
    assert (await refusal(desk, "agent.away", agent="agent")).code == "away"
    assert (await refusal(desk, "agent.away", agent="agent", until=desk.now)).code == "past"
    assert (await desk.ask("agent.back", agent="agent"))["ended"] == 1
    assert (await desk.ask("agent.back", agent="agent"))["ended"] == 1, "then the planned one"
    assert (await refusal(desk, "agent.back", agent="agent")).code == "here"


async def test_only_leads_say_of_others_that_they_are_away(desk: RunningDesk) -> None:
    for operation in ("agent.away", "agent.back"):
        refused = await refusal(desk, operation, agent="other")
        assert refused.exit is Exit.NOT_PERMITTED
    await desk.ask("agent.away", by=LEAD, agent="other")
    await desk.ask("agent.back", by=OTHER, agent="other")


async def test_who_leaves_gives_the_cases_to_a_team_and_what_they_alone_knew_is_listed(desk: RunningDesk) -> None:
    await a_team_with_two_services(desk)
    await three_cases(desk)
    await by_hand(
        desk,
        f"insert into team (key, name, address, created_at) values ('network', 'Network', '', {START})",
        f"insert into team_member (team, agent) select 'network', id from agent where uid = {OTHER}",
        f"insert into agent_skill (agent, skill) select id, 'vpn' from agent where uid in ({AGENT}, {OTHER})",
        f"insert into agent_skill (agent, skill) select id, 'toner' from agent where uid = {AGENT}",
        "update ticket set service = 'payroll', team = 'floor' where number = 3",
    )
    await desk.ask("ticket.note", by=LEAD, ticket=2, body="I have seen it too.")
    await desk.ask("agent.away", agent="agent", since=desk.now + DAY)
    assert (await refusal(desk, "agent.leave", by=LEAD, agent="agent", to="nobody")).exit is Exit.NOT_FOUND
    left = await desk.ask("agent.leave", by=LEAD, agent="agent", to="network")
    assert left["alone"] == {
        "skills": ["toner"], "teams": ["floor"], "services": ["payroll", "printing"], "cases": [1, 3],
    }  # fmt: skip
    assert left["moved"] == [
        {"ticket": number, "to": to, "not_to": ""} for number, to in ((1, "other"), (2, "other"), (3, None))
    ], "what is confidential waits for its own team"
    assert left["unattended"] == [{"team": "floor", "waiting": 1}]
    assert [(await desk.ask("ticket.view", by=LEAD, ticket=n))["team"] for n in (1, 2, 3)] == [
        "network", "network", "floor",
    ]  # fmt: skip
    rows = (await desk.ask("mail.outbox", by=LEAD, ticket=1, state="waiting"))["letters"]
    [number] = [each["id"] for each in rows if each["kind"] == "handover"]
    assert "The reason: Agent no longer works here." in text_of(await desk.read(lambda d: letter.compose(d, number)))
    with pytest.raises(Refused, match="has no role"):
        await desk.ask("ticket.list", by=AGENT)
    assert (await refusal(desk, "agent.leave", by=LEAD, agent="agent", to="network")).code == "left"


async def test_the_last_administrator_stays_and_only_one_parts_with_another(desk: RunningDesk) -> None:
    await a_team_with_two_services(desk)
    assert (await refusal(desk, "agent.leave", by=LEAD, agent="admin", to="floor")).exit is Exit.NOT_PERMITTED
    assert (await refusal(desk, "agent.leave", by=ADMIN, agent="admin", to="floor")).code == "last-admin"


async def test_a_resolved_case_of_somebody_who_left_moves_when_it_is_opened_again(desk: RunningDesk) -> None:
    await a_team_with_two_services(desk)
    await a_case(desk)
    await desk.ask("ticket.close", ticket=1)
    await desk.ask("agent.leave", by=LEAD, agent="agent", to="floor")
    await desk.mail("It is not done.", Subject="Re: Printer [desk#1]")
    await desk.write(clock.look)
    seen = await desk.ask("ticket.view", by=LEAD, ticket=1)
    assert (seen["assignee"], seen["team"]) == (None, "floor"), "it waits for the team that got the other cases"


async def test_the_load_says_who_has_how_much_and_who_is_away_until_when(desk: RunningDesk) -> None:
    await three_cases(desk)
    await desk.ask("ticket.reply", ticket=1, body="Hello")
    await desk.ask("agent.away", by=LEAD, agent="other", until=desk.now + DAY, deputy="agent")
    loads = {each["login"]: each for each in (await desk.ask("agent.load"))["agents"]}
    assert (loads["agent"]["open"], loads["agent"]["waiting"], loads["agent"]["away"]) == (3, 2, False)
    assert loads["agent"]["oldest"] == "2026-02-02T02:40:00Z"
    assert (loads["other"]["away"], loads["other"]["deputy"], loads["other"]["open"]) == (True, "agent", 0)


async def test_what_nobody_touched_for_its_time_returns_to_the_queue(desk: RunningDesk) -> None:
    await three_cases(desk)
    began = desk.now
    await desk.ask("ticket.note", ticket=2, body="I am on it.")
    await desk.ask("ticket.reply", ticket=3, body="Hello")
    desk.now = began + 72 * HOUR - 601
    await desk.write(clock.look)
    assert (await desk.view(1))["assignee"] == "agent"
    desk.now = began + 72 * HOUR + 1
    await desk.write(clock.look)
    assert [(await desk.view(number))["assignee"] for number in (1, 2, 3)] == [None, "agent", "agent"]
    [line] = [each for each in (await desk.view(1))["journal"] if each["event"] == "returned"]
    assert (line["from"], line["why"]) == ("agent", "nothing was done about it for 72 hours")
    [notice] = await notices(desk, "agent")
    assert "This case went back into the queue.\nNothing was done about it for 72 hours." in notice
    [mail] = await told(desk, "p1@client.example")
    assert "is back with all of us" in mail
    desk.now += 10 * DAY
    await desk.write(clock.look)
    assert (await desk.view(2))["assignee"] == "agent", "it was touched"


async def test_a_label_helps_no_requester_so_it_is_no_act(desk: RunningDesk) -> None:
    await three_cases(desk)
    desk.now += HOUR
    await desk.ask("ticket.edit", ticket=1, tag=["printer"], priority="high")
    await desk.ask("ticket.note", ticket=2, body="I am on it.")
    desk.now += 72 * HOUR
    await desk.write(clock.look)
    assert [(await desk.view(number))["assignee"] for number in (1, 2)] == [None, "agent"]
    assert "note" not in await journal(desk, 1), "nor is there anything to hand over"


async def test_what_was_promised_and_is_put_back_at_once_leaves_no_brief(desk: RunningDesk) -> None:
    await a_case(desk)
    await desk.ask("ticket.release", ticket=1)
    await by_hand(desk, f"update ticket set due_at = {desk.now + DAY}, waiting_since = {desk.now} where number = 1")
    await desk.mail("Me too.", Subject="Scanner", From="Bob <bob@client.example>")
    await by_hand(desk, f"update ticket set waiting_since = {desk.now - DAY} where number = 2")
    await desk.ask("ticket.take", by=OTHER, ticket=1)
    assert "before its time" in await journal(desk, 1)
    notes = (await journal(desk, 1)).count("note")
    await desk.ask("ticket.release", by=OTHER, ticket=1)
    assert (await journal(desk, 1)).count("note") == notes


async def test_a_case_of_the_first_tier_stays_there_when_its_agent_is_away(desk: RunningDesk) -> None:
    await three_cases(desk)
    await by_hand(
        desk,
        f"update agent set tier = 2 where uid in ({ADMIN}, {LEAD})",
        "update ticket set tier = 2 where number = 3",
    )
    away = await desk.ask("agent.away", agent="agent")
    assert [each["to"] for each in away["moved"]] == ["other", "other", "admin"]


async def test_what_its_requester_does_not_wait_for_is_nobodys_neglect(desk: RunningDesk) -> None:
    await a_case(desk)
    await desk.ask("ticket.reply", ticket=1, body="Hello")
    await desk.ask("ticket.assign", ticket=1, to="other", reason="from here on theirs")
    desk.now += 30 * DAY
    await desk.mail("Yes?", Subject="Re: Printer [desk#1]")
    await desk.write(clock.look)
    assert (await desk.view(1))["assignee"] == "other", "they have had it in their hands for a moment only"


@pytest.mark.parametrize(
    "change",
    [
        pytest.param("delete from team_member", id="taken out of the team"),
        pytest.param("update agent set role = 'agent' where login = 'lead'", id="no lead any more"),
        pytest.param("update service set restricted = 1 where key = 'printing'", id="restricted from now on"),
    ],
)
async def test_sec_what_its_agent_no_longer_sees_goes_to_the_team_that_does(desk: RunningDesk, change: str) -> None:
    await a_team_with_two_services(desk)
    service, holder = ("printing", OTHER) if "service" in change else ("payroll", LEAD if "role" in change else AGENT)
    await by_hand(desk, "update person set name = 'Ann'")
    await desk.mail("It is about my pay.")
    await desk.ask("ticket.take", by=holder, ticket=1)
    await desk.ask("ticket.edit", by=ADMIN, ticket=1, service=service)
    await desk.ask("ticket.reply", by=holder, ticket=1, body="We look into it.")
    await sent(desk)
    await desk.mail("Please do.", Subject="Re: Printer [desk#1]")
    assert await desk.write(clock.look) == 0
    await by_hand(desk, change)
    assert await desk.write(clock.look) == 1
    assert await desk.write(clock.look) == 0
    seen = await desk.ask("ticket.view", by=ADMIN, ticket=1)
    assert (seen["assignee"], seen["team"]) == (None, "floor")
    [line] = [each for each in seen["journal"] if each["event"] == "returned"]
    assert (line["to"], line["why"]) == ("Floor", f"only the team of {service} sees it")
    rows = (await desk.ask("mail.outbox", by=ADMIN, ticket=1, state="waiting"))["letters"]
    [number] = [each["id"] for each in rows if each["kind"] == "handover"]
    mail = " ".join(text_of(await desk.read(lambda d: letter.compose(d, number))).split())
    assert "is now with our team Floor. The reason: They look after cases of this kind." in mail
    assert "sees" not in mail.partition("The reason")[0]
    await by_hand(
        desk,
        f"insert into team_member (team, agent) select 'floor', id from agent where uid = {AGENT}"
        " on conflict do nothing",
    )
    assert (await desk.ask("ticket.next", by=AGENT))["tickets"][0]["number"] == 1


async def test_sec_a_case_filed_into_a_restricted_service_is_handed_over_like_any_other(desk: RunningDesk) -> None:
    await a_team_with_two_services(desk)
    await desk.mail("It is about my pay.")
    await desk.ask("ticket.take", by=OTHER, ticket=1)
    await desk.ask("ticket.reply", by=OTHER, ticket=1, body="We look into it.")
    await sent(desk)
    await desk.mail("Please do.", Subject="Re: Printer [desk#1]")
    await desk.ask("ticket.edit", by=OTHER, ticket=1, service="payroll")
    [mail] = await told(desk)
    assert "is now with our team Floor." in mail
    notes = [each["text"] for each in (await desk.view(1))["messages"] if each["kind"] == "note"]
    assert notes[-1].startswith("Hand-over of #1 from Other to Floor")


async def two_more_services(desk: RunningDesk) -> None:
    """“lan” of the team “net”, and “secret” of no team at all, beside those of the team “floor”."""
    await a_team_with_two_services(desk)
    service = "insert into service (key, name, description, team, kind, priority, restricted, facts, created_at) values"
    await by_hand(
        desk,
        f"insert into team (key, name, address, created_at) values ('net', 'Network', '', {START})",
        f"{service} ('lan', '{{}}', '{{}}', 'net', 'incident', 'normal', 0, '[]', {START})",
        f"{service} ('secret', '{{}}', '{{}}', null, 'request', 'normal', 1, '[]', {START})",
    )


@pytest.mark.parametrize(
    ("service", "says"),
    [
        pytest.param("payroll", "is now with our team Floor. The reason: They look after", id="the team that sees it"),
        pytest.param("lan", "Other (Printers) now has your case", id="who may keep it still has it"),
        pytest.param("secret", None, id="nobody it can be said of"),
    ],
)
async def test_what_is_relabelled_within_minutes_is_told_as_it_is_when_the_letter_goes(
    desk: RunningDesk, service: str, says: str | None
) -> None:
    await two_more_services(desk)
    await desk.mail("It is about my pay.")
    await desk.ask("ticket.take", by=OTHER, ticket=1)
    desk.now += 120
    await desk.ask("ticket.edit", by=OTHER, ticket=1, service=service)
    desk.now += 200
    await desk.write(clock.look)
    mails = await told(desk)
    assert len(mails) == (says is not None)
    assert all(says in each for each in mails if says)


async def test_a_team_that_a_letter_names_is_the_one_that_has_it_when_it_goes(desk: RunningDesk) -> None:
    await two_more_services(desk)
    await a_case(desk)
    await desk.ask("ticket.assign", ticket=1, to="floor", reason="they repair it")
    await desk.ask("ticket.edit", ticket=1, service="lan")
    [mail] = await told(desk)
    assert "is now with our team Network. The reason: They look after cases of this kind." in mail
    await desk.ask("ticket.edit", ticket=1, service="none", tag=["x"])
    [mail] = await told(desk)
    assert "is back with all of us at IT desk." in mail


async def test_who_has_a_case_is_told_to_whose_it_is_when_the_letter_goes(desk: RunningDesk) -> None:
    await a_team_with_two_services(desk)
    await desk.mail()
    await desk.ask("ticket.take", by=OTHER, ticket=1)
    await desk.ask("ticket.edit", by=OTHER, ticket=1, requester="bob@client.example")
    assert await told(desk) == []
    [mail] = await told(desk, "bob@client.example")
    assert "Other (Printers) now has your case" in mail
    await desk.ask("ticket.edit", by=OTHER, ticket=1, requester=ANN, service="payroll")
    assert await told(desk, "bob@client.example") == []
    [mail] = await told(desk)
    assert "is now with our team Floor." in mail


async def test_what_moves_without_a_word_takes_back_the_word_that_waits(desk: RunningDesk) -> None:
    await desk.mail()
    await desk.ask("ticket.take", ticket=1)
    await desk.ask("ticket.assign", ticket=1, to="other", reason="hers", notify=False)
    assert await told(desk) == []


async def test_a_lead_keeps_what_is_filed_into_a_restricted_service(desk: RunningDesk) -> None:
    await a_team_with_two_services(desk)
    await desk.mail()
    await desk.ask("ticket.take", by=LEAD, ticket=1)
    assert (await desk.ask("ticket.edit", by=LEAD, ticket=1, service="payroll"))["assignee"] == "lead"


@pytest.mark.parametrize("leaves", [False, True], ids=["away", "left"])
async def test_of_very_many_cases_an_operation_moves_some_and_the_clock_the_others(
    desk: RunningDesk, leaves: bool
) -> None:
    await a_team_with_two_services(desk)
    await by_hand(desk, f"insert into team_member (team, agent) select 'floor', id from agent where uid = {OTHER}")
    for number in range(MOST_IN_ONE + 20):
        await desk.ask("ticket.new", by=LEAD, subject=f"{number}", body="x", requester=ANN)
    await by_hand(desk, "update ticket set state = 'open', assignee = (select id from agent where login = 'agent')")
    if leaves:
        answer = await desk.ask("agent.leave", by=LEAD, agent="agent", to="floor")
    else:
        answer = await desk.ask("agent.away", by=LEAD, agent="agent", deputy="other")
    assert (len(answer["moved"]), answer["to_move"]) == (MOST_IN_ONE, 20)
    assert await desk.write(clock.look) == 20
    assert {each["to"] for each in answer["moved"]} == {"other"}
    loads = {each["login"]: each["open"] for each in (await desk.ask("agent.load", by=LEAD))["agents"]}
    assert loads["other"] == MOST_IN_ONE + 20


@pytest.mark.parametrize("end", ["ticket.spam", "ticket.close"])
async def test_nobody_is_told_who_has_what_was_ended_meanwhile(desk: RunningDesk, end: str) -> None:
    await desk.mail("Buy pills.")
    await desk.ask("ticket.take", ticket=1)
    assert len(await told(desk)) == 1
    await desk.ask(end, ticket=1, **({"notify": False} if end == "ticket.close" else {}))
    assert await told(desk) == []
