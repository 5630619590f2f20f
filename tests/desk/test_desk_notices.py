"""What agents are told by mail, when, and what becomes of their answers."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from spocd.desk import clock
from spocd.desk.notice import notify, release
from spocd.domain.delivery import Sent
from spocd.domain.notice import What, hours
from spocd.errors import Refused
from tests.desk.by_hand import a_team_with_two_services, by_hand
from tests.desk.running_desk import AGENT, DAY, HOUR, LEAD, OTHER, START, RunningDesk, journal, text_of
from tests.desk.staff import away, taken, told, with_addresses, with_team


async def test_whoever_has_a_ticket_is_told_that_its_requester_wrote(desk: RunningDesk) -> None:
    await with_addresses(desk)
    notice = await taken(desk)
    assert (notice.kind, notice.to_address, notice.to_name) == ("notice", "agent@example.org", "Agent")
    assert notice.reply_to.startswith("desk+a")
    text = text_of(notice)
    assert text.startswith("[desk#1] The requester wrote: Printer\n")
    assert "> It burns still." in text
    assert "spocd ticket view 1" in text


async def test_a_third_partys_mail_is_told_as_one(desk: RunningDesk) -> None:
    await with_addresses(desk)
    await desk.mail(Cc="cid@client.example")
    await desk.ask("ticket.take", ticket=1)
    await desk.mail("I saw it too.", From="cid@client.example", In_Reply_To="<1@client.example>")
    [notice] = await told(desk)
    assert "Somebody who is not on the case wrote" in text_of(notice)


@pytest.mark.parametrize("body", ["Thanks!", "Thank you very much"])
async def test_a_word_of_thanks_and_an_automatic_mail_tell_nobody(desk: RunningDesk, body: str) -> None:
    await with_addresses(desk)
    await desk.mail()
    await desk.ask("ticket.take", ticket=1)
    await desk.mail(body, Subject="Re: Printer [desk#1]")
    await desk.mail("I am away.", Subject="Re: Printer [desk#1]", Auto_Submitted="auto-replied")
    assert await told(desk) == []


async def test_a_new_ticket_is_told_to_each_of_its_team_who_is_there(desk: RunningDesk) -> None:
    await with_addresses(desk, "agent", "other", "lead")
    await with_team(desk, "agent", "other", "admin")
    await desk.mail("The mouse is gone.", to="it@example.org")
    assert [each.to_address for each in await told(desk)] == ["agent@example.org", "other@example.org"]
    assert "A new case for your team" in text_of((await told(desk))[0])
    await desk.ask("ticket.new", by=AGENT, requester="bo@client.example", subject="By phone", service="it")
    assert [each.to_address for each in await told(desk)][2:] == ["other@example.org"], "not who opened it"


async def test_a_team_with_an_address_is_told_there_and_its_answer_is_a_note(desk: RunningDesk) -> None:
    await with_addresses(desk, "agent")
    await with_team(desk, "agent", "other", address="floor@example.org")
    await desk.mail("The mouse is gone.", to="it@example.org")
    [notice] = await told(desk)
    assert (notice.to_address, notice.to_name) == ("floor@example.org", "")
    await desk.mail("I have seen that mouse.", From="agent@example.org", to=notice.reply_to)
    note = (await desk.view(1))["messages"][-1]
    assert (note["kind"], note["from"]["address"]) == ("note", "agent@example.org")
    assert "warnings" not in note["evidence"]


async def test_without_a_team_a_new_ticket_is_told_to_nobody(desk: RunningDesk) -> None:
    await with_addresses(desk)
    await desk.mail()
    await desk.mail(to="it@example.org", Subject="Two")
    assert await told(desk) == []


async def test_spam_is_told_to_nobody(desk: RunningDesk) -> None:
    await with_addresses(desk)
    await with_team(desk, "agent")
    await desk.mail(to="it@example.org", X_Spam_Flag="YES")
    assert await told(desk) == []


async def test_sec_a_ticket_that_an_agent_may_not_see_is_not_told_to_them(desk: RunningDesk) -> None:
    await with_addresses(desk)
    await with_team(desk, "agent", restricted=True)
    await desk.mail("My salary", to="it@example.org")
    await by_hand(desk, "update ticket set assignee = (select id from agent where login = 'other')")
    await desk.mail("My salary again", Subject="Re: Printer [desk#1]")
    assert [each.to_address for each in await told(desk)] == ["agent@example.org"]


@pytest.mark.parametrize(
    "how",
    [
        pytest.param("update agent set left_at = 1 where login = 'other'", id="left"),
        pytest.param("update agent set role = 'robot' where login = 'other'", id="a robot"),
        pytest.param("update agent set address = '' where login = 'other'", id="without an address"),
    ],
)
async def test_who_cannot_read_it_is_told_nothing(desk: RunningDesk, how: str) -> None:
    await with_addresses(desk)
    await desk.mail()
    await desk.ask("ticket.take", by=OTHER, ticket=1)
    await by_hand(desk, how)
    await desk.mail("More", Subject="Re: Printer [desk#1]")
    assert await told(desk) == []


async def test_who_is_away_is_told_nothing_and_nothing_is_held(desk: RunningDesk) -> None:
    await with_addresses(desk)
    await desk.mail()
    await desk.ask("ticket.take", ticket=1)
    await by_hand(desk, "update agent set digest = '08:00' where login = 'agent'")
    await away(desk, "agent")
    await desk.mail("More", Subject="Re: Printer [desk#1]")
    await by_hand(desk, "update absence set ended_at = 1")
    desk.now += 2 * DAY
    await desk.write(clock.look)
    assert await told(desk) == []


async def test_what_happens_within_a_minute_is_one_letter(desk: RunningDesk) -> None:
    await with_addresses(desk)
    await taken(desk)
    await desk.mail("And smoke.", Subject="Re: Printer [desk#1]")
    await desk.ask("ticket.note", by=OTHER, ticket=1, body="@agent look at this")
    [notice] = await told(desk)
    text = text_of(notice)
    assert text.startswith("[desk#1] The requester wrote; You are named in a note: Printer\n")
    assert all(each in text for each in ("It burns still.", "And smoke.", "look at this"))


async def test_what_comes_after_the_letter_went_waits_for_the_end_of_the_minute(desk: RunningDesk) -> None:
    await with_addresses(desk)
    await taken(desk)
    await desk.send(Sent("250 ok"))
    desk.now += 20
    await desk.mail("And smoke.", Subject="Re: Printer [desk#1]")
    await desk.mail("And flames.", Subject="Re: Printer [desk#1]")
    await desk.write(clock.look)
    assert await told(desk) == []
    desk.now += 40
    await desk.write(clock.look)
    await desk.write(clock.look)
    [notice] = await told(desk)
    assert "And smoke." in text_of(notice)
    assert "And flames." in text_of(notice)
    desk.now += 61
    await desk.mail("Out.", Subject="Re: Printer [desk#1]")
    assert len(await told(desk)) == 2


async def test_a_digest_comes_once_a_day_with_all_that_happened(desk: RunningDesk) -> None:
    await with_addresses(desk)
    await by_hand(desk, "update agent set digest = '08:00' where login = 'agent'")
    for subject in ("Printer", "Mouse"):
        await desk.mail(Subject=subject)
    for number in (1, 2):
        await desk.ask("ticket.take", ticket=number)
        await desk.mail("More", Subject=f"Re: x [desk#{number}]")
    assert await told(desk) == []
    desk.now = START - START % DAY + 8 * HOUR - 1  # it happened at 02:40
    await desk.write(clock.look)
    assert await told(desk) == []
    desk.now += 1
    await desk.write(clock.look)
    await desk.write(clock.look)
    [digest] = await told(desk)
    assert (digest.kind, digest.reply_to) == ("digest", "")
    text = text_of(digest)
    assert text.startswith("IT desk: 2 things happened on your cases\n")
    assert "2026-02-02 02:40 UTC  #1 Printer" in text
    assert "2026-02-02 02:40 UTC  #2 Mouse" in text


async def test_in_the_quiet_hours_nothing_comes_and_about_one_ticket_it_can_be_answered(desk: RunningDesk) -> None:
    await with_addresses(desk)
    await by_hand(desk, "update agent set quiet = '18:00-07:00' where login = 'agent'")
    await desk.mail()  # at 02:40
    await desk.ask("ticket.take", ticket=1)
    await desk.mail("More", Subject="Re: Printer [desk#1]")
    await desk.ask("ticket.note", by=OTHER, ticket=1, body="@agent hm")
    desk.now = START - START % DAY + 7 * HOUR - 1
    await desk.write(clock.look)
    assert await told(desk) == []
    desk.now += 1
    await desk.write(clock.look)
    [notice] = await told(desk)
    assert notice.reply_to.startswith("desk+a")
    await desk.send(Sent("250 ok"))
    desk.now += HOUR
    await desk.mail("Yet more", Subject="Re: Printer [desk#1]")
    assert len(await told(desk)) == 1, "by day at once"


@pytest.mark.parametrize(
    ("now", "digest", "quiet", "expected"),
    [
        ("2026-03-28 09:00", "08:00", "", "2026-03-29 08:00"),
        ("2026-03-28 07:59", "08:00", "", "2026-03-28 08:00"),
        ("2026-03-29 00:30", "02:30", "", "2026-03-29 03:30"),  # 02:30 is left out that night
        ("2026-10-24 23:00", "", "18:00-07:00", "2026-10-25 07:00"),
        ("2026-10-25 06:59", "", "18:00-07:00", "2026-10-25 07:00"),
        ("2026-10-25 07:00", "", "18:00-07:00", None),
        ("2026-10-25 17:00", "20:00", "18:00-07:00", "2026-10-26 07:00"),
        ("2026-10-25 12:30", "", "12:00-13:00", "2026-10-25 13:00"),
        ("2026-10-25 12:30", "", "", None),
        ("2026-10-25 12:30", "", "09:00-09:00", None),
    ],
)
def test_when_somebody_is_told_by_the_clocks_of_the_desk(
    now: str, digest: str, quiet: str, expected: str | None
) -> None:
    zone = ZoneInfo("Europe/Copenhagen")
    at = int(datetime.fromisoformat(now).replace(tzinfo=zone).timestamp())
    found = release(at, zone, hours(digest, quiet))
    assert (found and datetime.fromtimestamp(found, zone).strftime("%Y-%m-%d %H:%M")) == expected


def test_in_autumn_a_digest_in_the_hour_that_is_there_twice_comes_the_first_time() -> None:
    zone = ZoneInfo("Europe/Copenhagen")
    at = int(datetime(2026, 10, 25, 1, 0, tzinfo=zone).timestamp())
    first = release(at, zone, hours("02:30", ""))
    assert first is not None
    assert first - at == 5400
    second = release(first + 60, zone, hours("02:40", ""))
    assert second is not None
    assert second - first == 600


async def test_an_agents_answer_to_a_notice_is_a_note_and_goes_to_nobody(desk: RunningDesk) -> None:
    await with_addresses(desk)
    notice = await taken(desk)
    before, letters = await desk.view(1), len(await desk.letters())
    fate = await desk.mail("She has no clue.", From="Agent <agent@example.org>", to=notice.reply_to)
    assert fate.name == "appended"
    after = await desk.view(1)
    note = after["messages"][-1]
    assert (note["kind"], note["from"]["address"], note["visible_text"].strip()) == (
        "note",
        "agent@example.org",
        "She has no clue.",
    )
    assert len(await desk.letters()) == letters
    unchanged = ("state", "assignee", "waiting_since", "participants", "proposed")
    assert [after[name] for name in unchanged] == [before[name] for name in unchanged]
    assert after["journal"][-1] | {"at": ""} == {
        "at": "",
        "actor": "agent",
        "event": "note",
        "message": note["id"],
        "by": "reply to a notice",
    }
    explained = await desk.ask("mail.explain", id=note["id"])
    assert explained["evidence"]["by"] == "reply to a notice"


async def test_an_answer_by_our_message_id_alone_is_a_note_too(desk: RunningDesk) -> None:
    await with_addresses(desk)
    notice = await taken(desk)
    await desk.mail("Hm.", From="agent@example.org", In_Reply_To=f"<{notice.message_id}>")
    await desk.mail("Hm, hm.", From="boss@example.org", In_Reply_To=f"<{notice.message_id}>")
    first, second = (await desk.view(1))["messages"][-2:]
    assert (first["kind"], second["kind"]) == ("note", "note")
    assert "warnings" not in first["evidence"]
    [warning] = second["evidence"]["warnings"]
    assert warning.startswith("boss@example.org wrote this, which is not the agent's address")


async def test_the_requester_who_was_sent_a_notice_still_writes_a_mail(desk: RunningDesk) -> None:
    await with_addresses(desk)
    notice = await taken(desk)
    await desk.mail("What is this?", In_Reply_To=f"<{notice.message_id}>")
    assert (await desk.view(1))["messages"][-1]["kind"] == "mail"


async def test_sec_somebody_elses_answer_to_a_notice_is_a_note_that_says_so(desk: RunningDesk) -> None:
    await with_addresses(desk)
    notice = await taken(desk)
    await desk.mail("Close it!", From="eve@evil.example", to=notice.reply_to)
    note = (await desk.view(1))["messages"][-1]
    assert note["kind"] == "note"
    assert "not the agent's address" in note["evidence"]["warnings"][0]
    assert (await desk.view(1))["journal"][-1]["actor"] == "eve@evil.example"


async def test_a_vacation_reply_to_a_notice_is_filed_and_tells_nobody(desk: RunningDesk) -> None:
    await with_addresses(desk)
    notice = await taken(desk)
    letters = len(await desk.letters())
    fate = await desk.mail(
        "Away.", From="agent@example.org", to=notice.reply_to, envelope="", Auto_Submitted="auto-replied"
    )
    assert fate.name == "automatic filed"
    assert len(await desk.letters()) == letters
    assert (await desk.view(1))["messages"][-1]["kind"] == "automatic"


@pytest.mark.parametrize("how", ["left", "forged"])
async def test_sec_a_notices_address_that_is_not_good_opens_a_new_ticket(desk: RunningDesk, how: str) -> None:
    await with_addresses(desk)
    notice = await taken(desk)
    to = notice.reply_to
    if how == "left":
        await by_hand(desk, "update agent set left_at = 1 where login = 'agent'")
    else:
        to = to.replace("@", "x@") if to.count("-") > 1 else to
        to = f"{notice.reply_to.partition('@')[0][:-1]}{'0' if notice.reply_to.partition('@')[0][-1] != '0' else '1'}"
        to += "@example.org"
    fate = await desk.mail("Hello", From="agent@example.org", to=to, Subject="Hm")
    assert (fate.name, fate.ticket) == ("opened", 2)


async def test_sec_an_answer_to_the_return_path_of_a_notice_stays_inside(desk: RunningDesk) -> None:
    await with_addresses(desk)
    notice = await taken(desk)
    await desk.mail("Hello", From="agent@example.org", to=notice.return_path, Subject="Hm")
    assert (await desk.view(1))["messages"][-1]["kind"] == "note"


async def test_an_answer_to_a_digest_is_about_no_single_ticket(desk: RunningDesk) -> None:
    await with_addresses(desk)
    await by_hand(desk, "update agent set digest = '08:00' where login = 'agent'")
    for number in (1, 2):
        await desk.mail(Subject=f"{number}")
        await desk.ask("ticket.take", ticket=number)
        await desk.mail("More", Subject=f"Re: x [desk#{number}]")
    desk.now += DAY
    await desk.write(clock.look)
    [digest] = await told(desk)
    fate = await desk.mail("Hello", From="agent@example.org", In_Reply_To=f"<{digest.message_id}>", Subject="Hm")
    assert (fate.name, fate.ticket) == ("opened", 3)
    fate = await desk.mail("Hello again", From="agent@example.org", to=digest.return_path, Subject="Hm")
    assert (fate.name, fate.ticket) == ("opened", 4)
    rows = (await desk.ask("mail.outbox"))["letters"]
    assert [(row["ticket"], row["to"]) for row in rows if row["kind"] == "digest"] == [(None, "agent@example.org")]


async def test_a_notice_that_bounces_is_on_the_ticket_and_changes_nothing_else(desk: RunningDesk) -> None:
    await with_addresses(desk)
    notice = await taken(desk)
    report = (
        "Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\nFrom: mailer-daemon@x.example\r\n"
        "Subject: Undelivered\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nNo.\r\n--b\r\n"
        "Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; x\r\n\r\n"
        "Final-Recipient: rfc822; agent@example.org\r\nAction: failed\r\nStatus: 5.1.1\r\n--b--\r\n"
    )
    fate = await desk.receive(report.encode(), notice.return_path, sender="")
    assert fate.name == "bounce recorded"
    assert "bounced" in await journal(desk, 1)


async def test_an_agent_who_writes_as_a_requester_is_not_told_of_it(desk: RunningDesk) -> None:
    await with_addresses(desk)
    await desk.mail(From="agent@example.org")
    await desk.ask("ticket.take", ticket=1)
    await desk.mail("More", From="agent@example.org", Subject="Re: Printer [desk#1]")
    assert await told(desk) == []


async def test_a_full_letter_is_not_amended(desk: RunningDesk) -> None:
    await with_addresses(desk)
    await taken(desk)
    for number in range(25):
        await desk.mail(f"Number {number}", Subject="Re: Printer [desk#1]")
    [notice] = await told(desk)
    assert len(notice.variables["events"]) == 20
    desk.now += 60
    await desk.write(clock.look)
    assert [len(each.variables["events"]) for each in await told(desk)] == [20, 6]


@pytest.mark.parametrize("text", ["25:00", "8", "08:00-"])
def test_hours_that_are_none_are_refused_with_an_example(text: str) -> None:
    with pytest.raises(Refused, match=r"A digest is like 08:00, quiet hours are like 18:00-07:00\."):
        hours("" if "-" in text else text, text if "-" in text else "")


async def test_words_that_are_no_event_stand_for_themselves(desk: RunningDesk) -> None:
    await with_addresses(desk)
    await desk.mail()
    ticket = (await desk.ask("ticket.take", ticket=1))["number"]

    async def tell(at: object) -> None:
        from spocd.desk.documents import find_ticket

        found = await find_ticket(at, ticket)  # type: ignore[arg-type]
        await notify(at, "spocd", found, found.assignee or 0, "A word of ours", why="Because")  # type: ignore[arg-type]
        await notify(at, "spocd", found, found.assignee or 0, What.GIVEN)  # type: ignore[arg-type]

    await desk.write(tell)
    [notice] = await told(desk)
    assert "A word of ours; This case is yours now" in text_of(notice)


async def test_whose_ticket_somebody_else_puts_back_is_told(desk: RunningDesk) -> None:
    await with_addresses(desk)
    await desk.mail()
    await desk.ask("ticket.take", ticket=1)
    await desk.ask("ticket.release", by=LEAD, ticket=1, reason="he is needed elsewhere")
    [notice] = await told(desk)
    assert notice.to_address == "agent@example.org"
    assert "This case went back into the queue.\r\nPut back by Lead." in text_of(notice)
    assert "he is needed elsewhere" in text_of(notice)
    await desk.ask("ticket.take", by=OTHER, ticket=1)
    await desk.ask("ticket.release", by=OTHER, ticket=1)
    assert len(await told(desk)) == 1, "nobody is told what they did themselves"


@pytest.mark.parametrize(
    ("by", "asked", "said"),
    [
        pytest.param(LEAD, ("assign", {"to": "other"}), "It is with Other now; it was moved by Lead.", id="given"),
        pytest.param(OTHER, ("take", {"holder": "agent"}), "Other has taken it over.", id="taken"),
    ],
)
async def test_whoever_had_a_case_that_somebody_else_has_now_is_told(
    desk: RunningDesk, by: int, asked: tuple[str, dict[str, str]], said: str
) -> None:
    await with_addresses(desk)
    await desk.mail()
    await desk.ask("ticket.take", ticket=1)
    operation, how = asked
    await desk.ask(f"ticket.{operation}", by=by, ticket=1, reason="she knows lifts", **how)
    [notice] = await told(desk, "agent@example.org")
    assert f"Somebody else has this case now.\r\n{said}\r\nReason: she knows lifts" in text_of(notice)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        pytest.param(("assign", {"to": "floor"}), "To the team Floor, by Lead.", id="to a team"),
        pytest.param(("escalate", {}), "To tier 2, by Lead.", id="to the next tier"),
    ],
)
async def test_whoever_had_a_case_that_was_passed_on_is_told_where_it_went(
    desk: RunningDesk, asked: tuple[str, dict[str, str]], said: str
) -> None:
    await with_addresses(desk)
    await with_team(desk, "other")
    await by_hand(desk, "update agent set tier = 2 where login = 'other'")
    await desk.mail()
    await desk.ask("ticket.take", ticket=1)
    operation, how = asked
    await desk.ask(f"ticket.{operation}", by=LEAD, ticket=1, reason="she knows lifts", **how)
    [notice] = await told(desk, "agent@example.org")
    assert f"This case was passed on.\r\n{said}\r\nReason: she knows lifts" in text_of(notice)


@pytest.mark.parametrize(
    ("operation", "how", "said"),
    [
        pytest.param("reply", {"body": "Try again."}, "Other answered.\r\n\r\n> Try again.", id="answered"),
        pytest.param("close", {"reason": "gone"}, "Other closed it.\r\nReason: gone", id="closed"),
        pytest.param("close", {"body": "It is out."}, "Other closed it.\r\n\r\n> It is out.", id="closed, with a word"),
        pytest.param("reply", {"body": "Out.", "close": True}, "Other closed it.\r\n\r\n> Out.", id="an answer closes"),
        pytest.param(
            "pend", {"until": START + DAY}, "Other put it aside until 20", id="put aside",
        ),
        pytest.param("spam", {"reason": "an advert"}, "Other filed it as spam.\r\nReason: an advert", id="spam"),
        pytest.param("merge", {"into": 2}, "Other put it together with another case: #2", id="merged"),
    ],
)  # fmt: skip
async def test_whoever_has_a_case_is_told_what_a_colleague_does_about_it(
    desk: RunningDesk, operation: str, how: dict[str, object], said: str
) -> None:
    await with_addresses(desk)
    await desk.mail("It burns.")
    await desk.mail("It burns.", Subject="Again")
    await desk.ask("ticket.take", ticket=1)
    await desk.ask(f"ticket.{operation}", by=OTHER, ticket=1, **how)
    [notice] = await told(desk)
    assert notice.to_address == "agent@example.org"
    assert f"A colleague worked on your case.\r\n{said}" in text_of(notice)


async def test_whoever_has_the_ticket_that_another_is_merged_into_is_told_once(desk: RunningDesk) -> None:
    await with_addresses(desk)
    for subject in ("One", "Two"):
        await desk.mail(Subject=subject)
    await desk.ask("ticket.take", ticket=2, reason="it is mine")
    await desk.ask("ticket.merge", by=LEAD, ticket=1, into=2)
    [notice] = await told(desk)
    assert notice.to_address == "agent@example.org"
    assert "Lead put it together with another case: #1" in text_of(notice)


async def test_the_undoing_of_a_merge_is_told_to_whoever_has_either_ticket(desk: RunningDesk) -> None:
    await with_addresses(desk)
    for subject in ("One", "Two"):
        await desk.mail(Subject=subject)
    await desk.ask("ticket.take", by=OTHER, ticket=1)
    await desk.ask("ticket.take", ticket=2)
    await desk.ask("ticket.merge", by=LEAD, ticket=1, into=2)
    desk.now += HOUR
    await desk.send(Sent("250 ok"))
    await desk.ask("ticket.unmerge", by=LEAD, ticket=1)
    waiting = {each.to_address: text_of(each) for each in await told(desk)}
    assert "Lead took it apart from the other case again: #2" in waiting["other@example.org"]
    assert "Lead took it apart from the other case again: #1" in waiting["agent@example.org"]


@pytest.mark.parametrize("undone", [True, False])
async def test_a_merge_that_was_undone_before_it_was_told_is_not_told(desk: RunningDesk, undone: bool) -> None:
    await with_addresses(desk, "agent")
    await by_hand(desk, f"update agent set digest = '08:00' where uid = {AGENT}")
    for subject in ("One", "Two"):
        await desk.mail(Subject=subject)
    await desk.ask("ticket.take", ticket=1)
    await desk.ask("ticket.merge", by=LEAD, ticket=1, into=2)
    if undone:
        await desk.ask("ticket.unmerge", by=LEAD, ticket=1)
    desk.now += 2 * DAY
    await desk.write(clock.look)
    digests = [text_of(each) for each in await told(desk)]
    assert [("with another case: #2" in each, "apart" in each) for each in digests] == [(True, False)] * (not undone)


async def test_whoever_a_promise_comes_back_to_is_warned_of_it(desk: RunningDesk) -> None:
    await with_addresses(desk, "agent", "other")
    for subject in ("One", "Two"):
        await desk.mail(Subject=subject)
    await desk.ask("ticket.take", ticket=1)
    await desk.ask("ticket.take", by=OTHER, ticket=2)
    await desk.ask("ticket.reply", ticket=1, body="You hear again.", promise=desk.now + 2 * HOUR)
    await desk.ask("ticket.merge", by=LEAD, ticket=1, into=2)
    desk.now += HOUR + HOUR // 2
    await desk.write(clock.look)
    assert "A promise is soon due" in text_of((await told(desk, "other@example.org"))[-1])
    await desk.ask("ticket.unmerge", by=LEAD, ticket=1)
    desk.now += 120
    await desk.write(clock.look)
    assert any("A promise is soon due" in text_of(each) for each in await told(desk, "agent@example.org"))


async def test_that_a_promise_is_soon_due_is_not_told_once_it_is_kept_nor_that_a_case_woke_that_rests_again(
    desk: RunningDesk,
) -> None:
    await with_addresses(desk, "agent")
    for subject in ("One", "Two", "Three"):
        await desk.mail(Subject=subject)
        await desk.ask("ticket.take", ticket=len((await desk.ask("ticket.list"))["tickets"]))
    await by_hand(desk, f"update agent set quiet = '00:00-23:59' where uid = {AGENT}")
    for number in (1, 3):
        await desk.ask("ticket.reply", ticket=number, body="You hear again.", promise=desk.now + 2 * HOUR)
    await desk.ask("ticket.pend", ticket=2, until=desk.now + HOUR)
    desk.now += HOUR + HOUR // 2
    await desk.write(clock.look)
    await desk.ask("ticket.reply", ticket=1, body="It is out.")
    await desk.ask("ticket.pend", ticket=2, until=desk.now + DAY)
    await by_hand(
        desk, f"update agent set quiet = '' where uid = {AGENT}", f"update notice set not_before = {desk.now}"
    )
    await desk.write(clock.look)
    [notice] = await told(desk)
    assert "Case 3: Three" in text_of(notice)
    assert "A promise is soon due" in text_of(notice)


async def test_what_a_colleague_closed_and_opens_again_is_told_to_whoever_has_it_and_not_to_the_colleague(
    desk: RunningDesk,
) -> None:
    await with_addresses(desk)
    await desk.mail("It burns.")
    await desk.ask("ticket.take", ticket=1)
    await desk.ask("ticket.close", ticket=1)
    await desk.ask("ticket.reopen", by=OTHER, ticket=1, reason="it burns still")
    [notice] = await told(desk)
    assert "Other opened it again.\r\nReason: it burns still" in text_of(notice)


async def test_what_a_colleague_has_is_put_back_only_with_a_reason(desk: RunningDesk) -> None:
    await desk.mail()
    await desk.ask("ticket.take", ticket=1)
    with pytest.raises(Refused, match=r"#1 is with agent\. Say why it moves: --reason TEXT"):
        await desk.ask("ticket.release", by=OTHER, ticket=1)
    await desk.ask("ticket.release", by=OTHER, ticket=1, reason="they went home")


async def test_that_somebody_else_has_a_case_is_not_said_once_they_have_it_again(desk: RunningDesk) -> None:
    await with_addresses(desk)
    await by_hand(desk, f"update agent set digest = '08:00' where uid = {AGENT}")
    await desk.mail()
    await desk.ask("ticket.take", ticket=1)
    await desk.ask("ticket.assign", by=LEAD, ticket=1, to="other", reason="she knows lifts")
    await desk.ask("ticket.assign", by=LEAD, ticket=1, to="agent", reason="she is on a lift")
    desk.now += DAY
    await desk.write(clock.look)
    [digest] = await told(desk, "agent@example.org")
    assert "This case is yours now" in text_of(digest)
    assert "Somebody else has this case now" not in text_of(digest)


@pytest.mark.parametrize(
    ("by", "operation", "how", "said"),
    [
        pytest.param(AGENT, "close", {}, None, id="they closed it themselves"),
        pytest.param(AGENT, "take", {}, None, id="they took it again"),
        pytest.param(LEAD, "spam", {}, None, id="it is spam"),
        pytest.param(OTHER, "take", {}, "Somebody else has this case now.\r\nIt is with Other", id="another"),
        pytest.param(LEAD, "note", {"body": "Hm."}, "went back into the queue.\r\nPut back by Lead.", id="so still"),
    ],
)  # fmt: skip
async def test_that_a_case_went_back_into_the_queue_is_told_as_it_stands_when_it_is_told(
    desk: RunningDesk, by: int, operation: str, how: dict[str, str], said: str | None
) -> None:
    await with_addresses(desk, "agent")
    await desk.mail()
    await desk.ask("ticket.take", ticket=1)
    await by_hand(desk, f"update agent set quiet = '00:00-23:59' where uid = {AGENT}")
    await desk.ask("ticket.release", by=LEAD, ticket=1, reason="he is needed elsewhere")
    await desk.ask(f"ticket.{operation}", by=by, ticket=1, **how)
    desk.now += DAY
    await by_hand(desk, f"update agent set quiet = '' where uid = {AGENT}")
    await desk.write(clock.look)
    texts = [text_of(each) for each in await told(desk, "agent@example.org")]
    assert len(texts) == (said is not None)
    assert said is None or said in texts[0]


async def test_who_lost_a_case_twice_hears_once_who_has_it_now(desk: RunningDesk) -> None:
    await with_addresses(desk, "agent")
    await desk.mail()
    await desk.ask("ticket.take", ticket=1)
    await by_hand(desk, f"update agent set digest = '08:00' where uid = {AGENT}")
    await desk.ask("ticket.release", by=LEAD, ticket=1, reason="he is needed elsewhere")
    await desk.ask("ticket.assign", by=LEAD, ticket=1, to="agent", reason="he is not")
    await desk.ask("ticket.assign", by=LEAD, ticket=1, to="other", reason="he is ill")
    desk.now += 2 * DAY
    await desk.write(clock.look)
    [digest] = await told(desk, "agent@example.org")
    assert text_of(digest).count("Somebody else has this case now.") == 1
    assert "went back into the queue" not in text_of(digest)


async def test_a_case_that_is_passed_on_to_a_team_or_a_tier_is_told_to_whoever_may_have_it(desk: RunningDesk) -> None:
    await with_addresses(desk)
    await with_team(desk, "agent", "other", "lead")
    await by_hand(desk, "update agent set tier = 2 where login = 'other'")
    await desk.mail("It burns.")
    await desk.ask("ticket.assign", by=LEAD, ticket=1, to="floor")
    assert [each.to_address for each in await told(desk)] == ["agent@example.org", "other@example.org"]
    assert "A case was passed on to your team" in text_of((await told(desk))[0])
    await desk.send(Sent("250 ok"))
    desk.now += HOUR
    await desk.ask("ticket.escalate", by=LEAD, ticket=1, reason="it needs a network engineer")
    [notice] = await told(desk)
    assert notice.to_address == "other@example.org", "only those of the next tier"
    assert "it needs a network engineer" in text_of(notice)


async def test_a_case_that_gets_its_service_by_an_edit_is_told_to_its_team(desk: RunningDesk) -> None:
    await a_team_with_two_services(desk)
    await by_hand(desk, "update agent set address = login || '@example.org'")
    await desk.mail()
    await desk.ask("ticket.edit", by=LEAD, ticket=1, service="printing")
    [letter] = await told(desk)
    assert letter.to_address == "agent@example.org"
    assert "A case was passed on to your team" in text_of(letter)
    desk.now += HOUR
    await desk.ask("ticket.edit", by=LEAD, ticket=1, service="payroll")
    assert len(await told(desk)) == 1, "it is the same team's"
    await desk.ask("ticket.take", ticket=1)
    await desk.ask("ticket.edit", by=LEAD, ticket=1, service="none")
    await desk.ask("ticket.edit", by=LEAD, ticket=1, service="printing")
    await desk.ask("ticket.close", ticket=1, notify=False)
    await desk.ask("ticket.edit", by=LEAD, ticket=1, service="none")
    await desk.ask("ticket.edit", by=LEAD, ticket=1, service="printing")
    assert len(await told(desk)) == 1, "somebody has it, or nothing is to be done"


async def test_what_the_requester_writes_on_a_case_that_nobody_has_is_told_to_its_team(desk: RunningDesk) -> None:
    await with_addresses(desk)
    await with_team(desk, "agent", "other")
    await desk.mail("It burns.")
    await desk.ask("ticket.assign", by=LEAD, ticket=1, to="floor")
    await desk.send(Sent("250 ok"))
    desk.now += HOUR
    await desk.mail("It burns still.", Subject="Re: Printer [desk#1]")
    assert [each.to_address for each in await told(desk)] == ["agent@example.org", "other@example.org"]
    assert "> It burns still." in text_of((await told(desk))[0])


async def test_whoever_has_a_case_that_rested_is_told_when_it_wakes(desk: RunningDesk) -> None:
    await with_addresses(desk)
    await desk.mail("It burns.")
    await desk.ask("ticket.take", ticket=1)
    await desk.ask("ticket.pend", ticket=1, until=desk.now + DAY)
    desk.now += DAY + 1
    await desk.write(clock.look)
    [notice] = await told(desk)
    assert "This case has rested long enough" in text_of(notice)


@pytest.mark.parametrize("rested", [False, True], ids=["they wrote again", "it woke"])
async def test_what_its_agent_answered_once_and_then_lets_lie_goes_back_into_the_queue(
    desk: RunningDesk, rested: bool
) -> None:
    await desk.mail("It burns.")
    await desk.ask("ticket.take", ticket=1)
    desk.now += HOUR
    await desk.ask("ticket.reply", ticket=1, body="Where?")
    desk.now += HOUR
    if rested:
        await desk.ask("ticket.pend", ticket=1, until=desk.now + HOUR)
        desk.now += HOUR + 1
        await desk.write(clock.look)
    else:
        await desk.mail("Here.", Subject="Re: Printer [desk#1]")
    desk.now += desk.settings.untouched * HOUR - 10
    await desk.write(clock.look)
    assert (await desk.view(1))["assignee"] == "agent"
    desk.now += 20
    await desk.write(clock.look)
    assert (await desk.view(1))["assignee"] is None


async def test_who_names_somebody_who_is_away_is_told_of_once_they_are_back(desk: RunningDesk) -> None:
    await with_addresses(desk)
    await desk.mail("It burns.")
    await away(desk, "other")
    await desk.ask("ticket.note", ticket=1, body="@other, do you know this one?")
    await desk.write(clock.look)
    assert await told(desk) == []
    await by_hand(desk, "update absence set ended_at = 1")
    desk.now += HOUR
    await desk.write(clock.look)
    [notice] = await told(desk)
    assert notice.to_address == "other@example.org"
    assert "> @other, do you know this one?" in text_of(notice)
    await desk.write(clock.look)
    assert len(await told(desk)) == 1, "once"


@pytest.mark.parametrize("hours", ["quiet = '18:00-08:00'", "digest = '08:00'"])
@pytest.mark.parametrize("named", ["while away", "before"])
async def test_what_fell_due_while_they_were_away_waits_for_their_hour_once_they_are_back(
    desk: RunningDesk, named: str, hours: str
) -> None:
    await with_addresses(desk)
    await by_hand(desk, f"update agent set {hours} where login = 'other'")
    await desk.mail("It burns.")
    desk.now = midnight = (desk.now // DAY + 1) * DAY
    if named == "while away":
        await away(desk, "other")
    await desk.ask("ticket.note", ticket=1, body="@other, do you know this one?")
    if named == "before":
        await away(desk, "other")
    desk.now = midnight + DAY + 23 * HOUR
    await by_hand(desk, f"update absence set ended_at = {desk.now}")
    for hour in (23, 31):
        desk.now = midnight + DAY + hour * HOUR
        await desk.write(clock.look)
        assert await told(desk) == [], "in the night"
    desk.now = midnight + 2 * DAY + 8 * HOUR
    await desk.write(clock.look)
    assert [each.to_address for each in await told(desk)] == ["other@example.org"]
    await desk.write(clock.look)
    assert len(await told(desk)) == 1, "once"


async def test_what_was_held_for_a_digest_waits_while_they_are_away(desk: RunningDesk) -> None:
    await with_addresses(desk)
    await by_hand(desk, "update agent set digest = '08:00' where login = 'other'")
    await desk.mail("It burns.")
    await desk.ask("ticket.note", ticket=1, body="@other, do you know this one?")
    await away(desk, "other")
    desk.now += 2 * DAY
    await desk.write(clock.look)
    assert await told(desk) == []
    await by_hand(desk, "update absence set ended_at = 1")
    await desk.write(clock.look)
    assert [each.to_address for each in await told(desk)] == ["other@example.org"]


async def test_a_team_is_told_of_what_one_of_it_gives_to_all_of_them(desk: RunningDesk) -> None:
    await with_addresses(desk)
    await with_team(desk, "agent", "other")
    await desk.mail("It burns.", to="it@example.org")
    await desk.ask("ticket.take", ticket=1)
    await desk.send(Sent("250 ok"))
    desk.now += HOUR
    await desk.ask("ticket.assign", ticket=1, to="floor", reason="I have too much")
    assert [each.to_address for each in await told(desk)] == ["other@example.org"]


async def test_what_staff_open_again_and_let_lie_goes_back_into_the_queue(desk: RunningDesk) -> None:
    await desk.mail("It burns.")
    await desk.ask("ticket.take", ticket=1)
    await desk.ask("ticket.reply", ticket=1, body="It is out.", close=True)
    desk.now += HOUR
    await desk.ask("ticket.reopen", by=LEAD, ticket=1, reason="it is not out")
    desk.now += desk.settings.untouched * HOUR + 10
    await desk.write(clock.look)
    assert (await desk.view(1))["assignee"] is None


async def test_who_has_it_no_more_when_their_digest_goes_is_not_told_that_it_is_theirs(desk: RunningDesk) -> None:
    await with_addresses(desk)
    await by_hand(desk, "update agent set digest = '08:00' where login = 'other'")
    await desk.mail("It burns.")
    await desk.ask("ticket.assign", by=LEAD, ticket=1, to="other", reason="you know these")
    await desk.ask("ticket.assign", by=LEAD, ticket=1, to="agent", reason="no, you do")
    desk.now += 2 * DAY
    await desk.write(clock.look)
    assert "other@example.org" not in [each.to_address for each in await told(desk)]
