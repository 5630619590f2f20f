"""Experts who are asked by mail: their letters, their answers, and that the requester never sees any of it."""

from __future__ import annotations

import pytest

from spocd.desk import clock
from spocd.domain.consult import next_look
from spocd.domain.delivery import Rejected
from spocd.domain.letter import Letter
from spocd.errors import Exit, Refused
from tests.desk.by_hand import a_team_with_two_services, by_hand
from tests.desk.running_desk import AGENT, DAY, HOUR, LEAD, OTHER, START, RunningDesk, journal, text_of
from tests.desk.staff import told, with_addresses

EXPERT = "Eva Expert <eva@supplier.example>"
BOUNCES = ("it came back", "the relay refused it")


async def asked(desk: RunningDesk, **more: object) -> Letter:
    """#1 of Ann's, with “agent”, about which Eva is asked; the letter to her."""
    await with_addresses(desk)
    await desk.mail("My router: WORDS-OF-ANN.")
    await desk.ask("ticket.take", ticket=1)
    await desk.ask("ticket.consult", ticket=1, to="eva@supplier.example", body="Is it known? QUESTION", **more)
    [letter] = [each for each in await desk.letters() if each.kind == "consult"]
    return letter


async def test_an_expert_is_asked_under_the_desks_address_and_sees_only_what_the_agent_wrote(desk: RunningDesk) -> None:
    letter = await asked(desk)
    assert (letter.from_name, letter.from_address) == ("Agent", "desk@example.org")
    assert letter.to_address == "eva@supplier.example"
    assert letter.reply_to.startswith("desk+e")
    assert letter.return_path.startswith("bounces+b")
    assert (letter.in_reply_to, letter.references) == (None, ())
    text = text_of(letter)
    assert "QUESTION" in text
    assert "WORDS-OF-ANN" not in text
    seen = await desk.view(1)
    question = seen["messages"][-1]
    assert (question["kind"], [each["address"] for each in question["to"]]) == ("note", ["eva@supplier.example"])
    assert [each["address"] for each in seen["participants"]] == ["ann@client.example"]
    [consult] = seen["consults"]
    assert (consult["state"], consult["asked_by"], consult["message"]) == ("waiting", "agent", question["id"])
    line = seen["journal"][-1]
    assert (line["event"], line["person"]) == ("consulted", "eva@supplier.example")


async def test_the_requesters_last_message_is_quoted_where_that_is_asked_for(desk: RunningDesk) -> None:
    assert "> My router: WORDS-OF-ANN." in text_of(await asked(desk, quote=True))


async def test_a_file_goes_along(desk: RunningDesk) -> None:
    from tests.desk.test_desk_operations import EXAMPLES, SHA

    await desk.ask("blob.put", **EXAMPLES["blob.put"])
    letter = await asked(desk, attachments=[{"filename": "log.txt", "sha256": SHA}])
    assert [each.filename for each in letter.enclosures] == ["log.txt"]


async def test_the_answer_is_a_note_and_the_agent_is_told(desk: RunningDesk) -> None:
    letter = await asked(desk)
    desk.now += 3 * HOUR
    fate = await desk.mail("Yes: ANSWER.", From=EXPERT, to=letter.reply_to, Cc="boss@supplier.example")
    assert fate.name == "appended"
    seen = await desk.view(1)
    answer = seen["messages"][-1]
    assert (answer["kind"], answer["from"]["address"]) == ("note", "eva@supplier.example")
    assert answer["evidence"]["by"] == "answer of an expert"
    assert [each["address"] for each in seen["participants"]] == ["ann@client.example"]
    assert seen["proposed"] == [], "who stood in the expert's copy is nobody of the ticket's"
    [consult] = seen["consults"]
    assert (consult["state"], consult["waited"]) == ("answered", 3 * HOUR)
    assert (await journal(desk, 1))[-1] == "consult answered"
    [notice] = await told(desk)
    assert notice.to_address == "agent@example.org"
    assert "The expert answered" in text_of(notice)
    assert "ANSWER" in text_of(notice)
    await desk.ask("ticket.reply", ticket=1, body="It is known.")
    [to_ann] = [each for each in await desk.letters() if each.kind == "answer"]
    assert "ANSWER" not in text_of(to_ann)
    assert "> My router" in text_of(to_ann)


@pytest.mark.parametrize("by", ["the token", "our Message-ID"])
async def test_a_colleague_of_the_expert_is_shown_as_one(desk: RunningDesk, by: str) -> None:
    letter = await asked(desk)
    headers = {"to": letter.reply_to} if by == "the token" else {"In_Reply_To": f"<{letter.message_id}>"}
    await desk.mail("I look after it.", From="tom@supplier.example", **headers)
    seen = await desk.view(1)
    answer = seen["messages"][-1]
    assert answer["kind"] == "note"
    assert answer["evidence"]["warnings"] == [
        "tom@supplier.example answered this, and not eva@supplier.example, who was asked."
    ]
    assert seen["consults"][0]["state"] == "answered"
    assert seen["journal"][-1]["other"] == "tom@supplier.example"


async def test_sec_an_expert_cannot_get_onto_the_ticket_by_what_they_know(desk: RunningDesk) -> None:
    letter = await asked(desk)
    await desk.mail("Yes.", From=EXPERT, to=letter.reply_to, Message_ID="<yes@supplier.example>")
    for number, headers in enumerate(({"Subject": "[desk#1] hello"}, {"In_Reply_To": "<yes@supplier.example>"}), 2):
        fate = await desk.mail(f"Hello {number}", From=EXPERT, **headers)
        assert (fate.name, fate.ticket) == ("opened", number), "an ordinary contact"


async def test_an_experts_vacation_reply_answers_nothing(desk: RunningDesk) -> None:
    letter = await asked(desk)
    await desk.mail("Away.", From=EXPERT, to=letter.reply_to, envelope="", Auto_Submitted="auto-replied")
    seen = await desk.view(1)
    assert (seen["messages"][-1]["kind"], seen["consults"][0]["state"]) == ("automatic", "waiting")
    assert await told(desk) == []


async def test_a_silent_expert_is_reminded_three_times_each_time_later_and_then_the_agent_is_told(
    desk: RunningDesk,
) -> None:
    letter = await asked(desk, remind=DAY)
    days = []
    for day in range(1, 20):
        desk.now = START + day * DAY
        for _ in range(2):
            await desk.write(clock.look)
        reminders = [each for each in await desk.letters() if each.kind == "reminder"]
        days += [day] if len(reminders) > len(days) else []
        if day < 15:
            assert await told(desk) == []
    assert days == [1, 3, 7]
    [notice] = await told(desk)
    assert "The expert has not answered" in text_of(notice)
    assert "eva@supplier.example was reminded 3 times" in text_of(notice)
    reminder = reminders[0]
    assert reminder.reply_to == letter.reply_to
    assert reminder.in_reply_to == letter.message_id
    assert "> Is it known? QUESTION" in text_of(reminder)
    await desk.mail("Sorry, yes.", From=EXPERT, to=reminder.reply_to)
    assert (await desk.view(1))["consults"][0]["state"] == "answered"


@pytest.mark.parametrize("how", ["answered", "cancelled", "closed", "never"])
async def test_nobody_is_reminded_who_has_answered_or_is_not_waited_for(desk: RunningDesk, how: str) -> None:
    letter = await asked(desk, **({"remind": 0} if how == "never" else {}))
    match how:
        case "answered":
            await desk.mail("Yes.", From=EXPERT, to=letter.reply_to)
        case "cancelled":
            await desk.ask("ticket.consult_cancel", ticket=1, to="EVA@supplier.example")
        case "closed":
            await desk.ask("ticket.close", ticket=1)
    desk.now += 30 * DAY
    await desk.write(clock.look)
    assert [each for each in await desk.letters() if each.kind == "reminder"] == []
    [consult] = (await desk.view(1))["consults"]
    assert consult["state"] == {"answered": "answered", "never": "waiting"}.get(how, "ended")


async def test_what_an_expert_writes_about_a_case_that_is_done_is_filed_and_reopens_nothing(desk: RunningDesk) -> None:
    letter = await asked(desk)
    await desk.ask("ticket.close", ticket=1)
    desk.now += 60 * DAY
    await desk.write(clock.look)
    fate = await desk.mail("Yes.", From=EXPERT, to=letter.reply_to)
    assert (fate.ticket, (await desk.view(1))["state"]) == (1, "closed")


def test_a_desk_that_was_away_does_not_remind_three_times_at_once() -> None:
    late = next_look(0, DAY, 1, 30 * DAY)
    assert late == 32 * DAY


async def not_arrived(desk: RunningDesk, letter: Letter, how: str) -> None:
    """Have a letter to Eva not reach her."""
    if how == "it came back":
        report = (
            "Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n"
            "From: mailer-daemon@x.example\r\n"
            "Subject: Undelivered\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nNo.\r\n--b\r\n"
            "Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; x\r\n\r\n"
            "Final-Recipient: rfc822; eva@supplier.example\r\nAction: failed\r\nStatus: 5.1.1\r\n--b--\r\n"
        )
        await desk.receive(report.encode(), letter.return_path, sender="")
    else:
        await desk.send(Rejected("550 5.1.1 no such person"))


@pytest.mark.parametrize("how", BOUNCES)
async def test_a_question_that_does_not_arrive_ends_and_the_agent_is_told(desk: RunningDesk, how: str) -> None:
    await not_arrived(desk, await asked(desk), how)
    seen = await desk.view(1)
    assert seen["consults"][0]["state"] == "ended"
    [notice] = await told(desk)
    assert "The question did not reach the expert" in text_of(notice)
    assert "eva@supplier.example" in text_of(notice)
    assert seen["messages"][-1]["kind"] in ("automatic", "note")


async def test_sec_a_forged_experts_address_opens_a_new_ticket(desk: RunningDesk) -> None:
    letter = await asked(desk)
    local = letter.reply_to.partition("@")[0]
    forged = f"{local[:-1]}{'1' if local[-1] == '0' else '0'}@example.org"
    fate = await desk.mail("Hello", From=EXPERT, to=forged)
    assert (fate.name, fate.ticket) == ("opened", 2)
    for purpose in "ar":
        swapped = letter.reply_to.replace("desk+e", f"desk+{purpose}")
        fate = await desk.mail(f"Hello {purpose}", From=EXPERT, to=swapped)
        assert fate.name == "opened"


async def test_an_expert_who_is_asked_again_continues_their_thread(desk: RunningDesk) -> None:
    letter = await asked(desk)
    await desk.mail("Yes.", From=EXPERT, to=letter.reply_to)
    await desk.ask("ticket.consult", by=OTHER, ticket=1, to="eva@supplier.example", body="And since when?")
    second = [each for each in await desk.letters() if each.kind == "consult"][-1]
    assert second.in_reply_to == letter.message_id
    assert [each["state"] for each in (await desk.view(1))["consults"]] == ["answered", "waiting"]


async def test_a_question_to_somebody_who_was_never_written_to_answers_nothing(desk: RunningDesk) -> None:
    """Re: to a stranger is what spam does; what is asked of the next expert names no mail of the first."""
    await asked(desk)
    await desk.ask("ticket.consult", ticket=1, to="other@supplier.example", body="And you?")
    await desk.ask("ticket.consult", ticket=1, to="eva@supplier.example", body="And since when?")
    desk.now += 9 * DAY
    await desk.write(clock.look)
    letters = [each for each in await desk.letters() if each.kind in ("consult", "reminder")]
    for address in ("eva@supplier.example", "other@supplier.example"):
        first, *others = [each for each in letters if each.to_address == address]
        assert text_of(first).splitlines()[0] == "Printer [desk#1]"
        assert (first.in_reply_to, first.references) == (None, ())
        got = [first.message_id]
        for each in others:
            assert text_of(each).splitlines()[0] == "Re: Printer [desk#1]"
            assert (each.in_reply_to, each.references) == (got[-1], tuple(got))
            got.append(each.message_id)
        assert len(got) > 1


@pytest.mark.parametrize("how", BOUNCES)
async def test_a_question_names_none_that_never_arrived(desk: RunningDesk, how: str) -> None:
    await not_arrived(desk, await asked(desk), how)
    await desk.ask("ticket.consult", ticket=1, to="eva@supplier.example", body="Is it there now?")
    letter = [each for each in await desk.letters() if each.kind == "consult"][-1]
    assert (letter.in_reply_to, letter.references) == (None, ())
    assert text_of(letter).splitlines()[0] == "Printer [desk#1]"


async def test_sec_an_expert_who_comes_onto_the_ticket_later_still_answers_inside(desk: RunningDesk) -> None:
    letter = await asked(desk)
    await desk.ask("ticket.cc_add", ticket=1, address="eva@supplier.example")
    await desk.mail("Inside: one.", From=EXPERT, to=letter.reply_to)
    await desk.mail("Inside: two.", From=EXPERT, In_Reply_To=f"<{letter.message_id}>")
    assert [each["kind"] for each in (await desk.view(1))["messages"][-2:]] == ["note", "note"]
    await desk.ask("ticket.reply", ticket=1, body="Hello")
    answers = [text_of(each) for each in await desk.letters() if each.kind == "answer"]
    assert len(answers) == 2
    assert not [each for each in answers if "Inside" in each]


async def test_a_consult_needs_a_ticket_that_is_worked_on(desk: RunningDesk) -> None:
    await desk.mail()
    await desk.ask("ticket.close", ticket=1)
    await by_hand(desk, "update ticket set state = 'closed'")
    with pytest.raises(Refused) as refused:
        await desk.ask("ticket.consult", by=AGENT, ticket=1, to="eva@supplier.example", body="x")
    assert refused.value.exit is Exit.REFUSED


async def test_a_reminder_goes_to_the_address_that_was_asked(desk: RunningDesk) -> None:
    await desk.mail("Hello", From="Eva <eva@home.example>", Subject="Other")
    await desk.ask("person.alias", by=LEAD, address="eva@home.example", alias="eva@supplier.example")
    await with_addresses(desk)
    await desk.mail("My router")
    await desk.ask("ticket.consult", ticket=2, to="eva@supplier.example", body="Is it known?")
    desk.now += 9 * DAY
    await desk.write(clock.look)
    letters = [each for each in await desk.letters() if each.kind in ("consult", "reminder")]
    assert [each.to_address for each in letters] == ["eva@supplier.example"] * 2
    seen = await desk.view(2)
    assert seen["consults"][0]["expert"]["address"] == "eva@supplier.example"
    assert [each["person"] for each in seen["journal"] if each["event"].startswith("consult")] == [
        "eva@supplier.example"
    ] * 2
    await desk.mail("Yes.", From=EXPERT, to=letters[1].reply_to)
    seen = await desk.view(2)
    assert "warnings" not in seen["messages"][-1]["evidence"]
    assert seen["consults"][0]["state"] == "answered"


@pytest.mark.parametrize("again", [False, True])
async def test_an_expert_who_is_merged_into_another_person_is_that_person(desk: RunningDesk, again: bool) -> None:
    letter = await asked(desk)
    await desk.mail("Hello", From="Eva Survivor <eva@home.example>", Subject="Other")
    await desk.ask("person.merge", by=LEAD, address="eva@supplier.example", to="eva@home.example")
    if again:
        await desk.ask("ticket.consult", ticket=1, to="eva@supplier.example", body="And since when?")
        letter = [each for each in await desk.letters() if each.kind == "consult"][-1]
    experts = [each["expert"] for each in (await desk.view(1))["consults"]]
    assert experts == [{"name": "Eva Survivor", "address": "eva@supplier.example"}] * len(experts)
    await desk.mail("Yes.", From=EXPERT, to=letter.reply_to)
    states = [each["state"] for each in (await desk.view(1))["consults"]]
    assert states == ["answered"] * (1 + again)


async def test_sec_an_expert_does_not_learn_what_a_case_of_a_restricted_service_is_about(desk: RunningDesk) -> None:
    await a_team_with_two_services(desk)
    await desk.ask("ticket.new", requester="bo@client.example", subject="SALARY-OF-BO", service="payroll", body="x")
    await desk.ask("ticket.consult", ticket=1, to="eva@supplier.example", body="Which form is it?")
    [letter] = [each for each in await desk.letters() if each.kind == "consult"]
    assert "SALARY-OF-BO" not in text_of(letter)
    assert "[desk#1]" in text_of(letter)


async def test_a_colleague_is_no_expert_to_be_written_to_and_it_is_said_how_they_are_asked(desk: RunningDesk) -> None:
    await with_addresses(desk, "other")
    await desk.mail("It burns.")
    with pytest.raises(Refused, match=r"other, who works here.* '@other …'; .* assign 1 other") as refused:
        await desk.ask("ticket.consult", ticket=1, to="Other@Example.org", body="Is it known?")
    assert refused.value.code == "colleague"
