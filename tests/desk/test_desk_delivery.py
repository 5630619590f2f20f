"""The same mail again, what comes back undelivered, what is spam and what cannot be read."""

from __future__ import annotations

import asyncio

import pytest

from spocd.desk import blob, intake
from spocd.domain.delivery import Sent
from spocd.errors import TryLater
from spocd.gateway.reading.unreadable import unreadable
from tests.desk.running_desk import DAY, RunningDesk, answered, journal


def report(status: str, action: str, message_id: str = "", envelope_to: str = "ann@client.example") -> bytes:
    """A delivery report as RFC 3464 has it."""
    original = f"Message-ID: <{message_id}>\r\n" if message_id else "Subject: x\r\n"
    return (
        "From: MAILER-DAEMON@client.example\r\nTo: bounces@example.org\r\nSubject: Undelivered\r\n"
        'MIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
        "--b\r\nContent-Type: text/plain\r\n\r\nIt could not be delivered.\r\n"
        "--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; client.example\r\n\r\n"
        f"Final-Recipient: rfc822; {envelope_to}\r\nAction: {action}\r\nStatus: {status}\r\n"
        f"\r\n--b\r\nContent-Type: text/rfc822-headers\r\n\r\n{original}\r\n--b--\r\n"
    ).encode()


async def test_f25_a_bounce_of_our_letter_goes_to_its_ticket_and_opens_none(desk: RunningDesk) -> None:
    _, _, return_path = await answered(desk)
    await desk.send(Sent("250 ok"))
    fate = await desk.receive(report("5.1.1", "failed"), return_path, sender="")
    assert (fate.name, fate.ticket) == ("bounce recorded", 1)
    assert (await journal(desk, 1))[-1] == "bounced"
    [bounced] = (await desk.ask("mail.outbox", state="bounced"))["letters"]
    assert (bounced["kind"], bounced["reply"]) == ("answer", "bounced: 5.1.1")
    assert len((await desk.ask("ticket.list", state=["all"]))["tickets"]) == 1
    assert await desk.letters() == []


async def test_a_delay_is_told_and_leaves_the_letter_as_it_is(desk: RunningDesk) -> None:
    _, _, return_path = await answered(desk)
    await desk.send(Sent("250 ok"))
    await desk.receive(report("4.4.1", "delayed"), return_path, sender="")
    assert (await journal(desk, 1))[-1] == "delayed"
    assert (await desk.ask("mail.outbox", state="bounced"))["letters"] == []


async def test_sec72_a_report_that_only_quotes_our_message_id_marks_no_letter(desk: RunningDesk) -> None:
    _, message_id, _ = await answered(desk)
    await desk.send(Sent("250 ok"))
    fate = await desk.receive(report("5.1.1", "failed", message_id), "desk@example.org", sender="")
    assert (fate.name, fate.ticket) == ("bounce recorded", None)
    assert (await desk.ask("mail.outbox", state="bounced"))["letters"] == []


async def test_a_person_who_writes_about_delivery_problems_is_heard(desk: RunningDesk) -> None:
    raw = desk.written("Your server refuses us.", From="Jane <postmaster@cust.example>", Subject="Delivery problems")
    fate = await desk.receive(raw, sender="postmaster@cust.example")
    assert (fate.name, fate.ticket) == ("opened", 1)
    assert "Your server refuses us." in (await desk.view(1))["messages"][0]["text"]


async def test_an_agent_of_another_desk_is_a_person_and_its_notices_are_not(desk: RunningDesk) -> None:
    reply_to, _, _ = await answered(desk)
    await desk.ask("ticket.close", ticket=1)
    await desk.mail("We have noted it.", to=reply_to, X_Spocd_Instance="theirs", Auto_Submitted="auto-replied")
    assert (await desk.view(1))["state"] == "resolved"
    await desk.mail("It is still broken.", to=reply_to, X_Spocd_Instance="theirs")
    assert (await desk.view(1))["state"] == "open"


@pytest.mark.parametrize("to", ["bounces@example.org", "desk@example.org", "bounces+b11-0000000000000000@example.org"])
async def test_sec72_a_bounce_of_nothing_of_ours_is_recorded_and_opens_nothing(desk: RunningDesk, to: str) -> None:
    await answered(desk)
    await desk.send(Sent("250 ok"))
    fate = await desk.receive(report("5.1.1", "failed", "m11-0000000000000000@example.org"), to, sender="")
    assert (fate.name, fate.ticket) == ("bounce recorded", None)
    assert (await desk.ask("mail.outbox", state="bounced"))["letters"] == []


async def test_a_machine_that_says_the_same_every_month_is_heard_each_time(desk: RunningDesk) -> None:
    raw = b"From: copier@client.example\r\nSubject: Toner low\r\n\r\nPlease.\r\n"
    assert (await desk.receive(raw)).ticket == 1
    await desk.accept(raw)
    assert await desk.lease() == []
    desk.now += 30 * DAY
    assert (await desk.receive(raw)).ticket == 2


async def test_f21_the_same_delivery_a_hundred_times_is_one_row_and_one_message(desk: RunningDesk) -> None:
    raw = desk.written("Once")
    for _ in range(10):
        await desk.accept(raw)
    await asyncio.gather(*(desk.accept(b"Received: from somewhere\r\n" + raw) for _ in range(90)))
    leased = await desk.lease()
    assert len(leased) == 1
    assert (await desk.decide(leased[0])).name == "opened"
    await desk.accept(raw)
    assert await desk.lease() == []


async def test_f21_a_copy_to_another_address_joins_the_ticket_as_a_further_recipient(desk: RunningDesk) -> None:
    raw = desk.written("To both", to="desk@example.org, it@example.org")
    await desk.accept(raw, "desk@example.org")
    await desk.accept(b"Received: by another way\r\n" + raw, "it@example.org")
    first, second = await desk.lease()
    assert (await desk.decide(first)).name == "opened"
    fate = await desk.decide(second)
    assert (fate.name, fate.ticket, fate.message) == ("further recipient", 1, 1)
    assert len((await desk.view(1))["messages"]) == 1
    assert len(await desk.letters()) == 1


async def test_the_same_words_a_week_later_are_a_mail_of_their_own(desk: RunningDesk) -> None:
    raw = desk.written("The backup has failed.")
    await desk.receive(raw)
    desk.now += 7 * DAY - 1
    assert (await desk.receive(raw, "it@example.org")).name == "further recipient"
    desk.now += 1
    assert (await desk.receive(raw, "IT@example.org", sender="other@client.example")).name == "opened"


async def test_a_mail_marked_as_spam_is_filed_without_an_answer_and_out_of_the_queue(desk: RunningDesk) -> None:
    fate = await desk.mail(X_Spam_Flag="YES")
    assert fate.name == "spam"
    assert (await desk.view(1))["state"] == "spam"
    assert await desk.letters() == []
    assert (await desk.ask("ticket.next"))["tickets"] == []
    assert [t["number"] for t in (await desk.ask("ticket.list", state=["spam"]))["tickets"]] == [1]


async def test_f29_a_mail_that_cannot_be_read_becomes_a_ticket_with_its_octets_as_a_file(desk: RunningDesk) -> None:
    raw = b"Subject: poison\r\n\r\n\xff\xfe"
    await desk.accept(raw)
    [mail] = await desk.lease()
    fate = await quarantined(desk, mail, raw)
    assert (fate.name, fate.ticket) == ("quarantined", 1)
    seen = await desk.view(1)
    [file] = seen["messages"][0]["attachments"]
    assert file["size"] == len(raw)
    assert await desk.letters() == []
    assert (await desk.ask("mail.explain", id=str(mail.id)))["fate"] == "quarantined"


async def quarantined(desk: RunningDesk, mail: intake.Leased, raw: bytes) -> intake.Fate:
    reading = unreadable(raw, "the reader died")
    await desk.store.write(lambda tx: blob.keep(tx, [blob.pack(part.content) for part in reading.attachments]))
    fate: intake.Fate = await desk.write(lambda d: intake.quarantine(d, mail, reading, "the reader died"))
    return fate


async def test_a_mail_whose_lease_was_lost_is_not_decided_a_second_time(desk: RunningDesk) -> None:
    await desk.accept(desk.written("Once"))
    [mail] = await desk.lease()
    await desk.decide(mail)
    before = await desk.view(1)
    with pytest.raises(TryLater):
        await desk.decide(mail)
    assert await desk.view(1) == before
    assert len((await desk.ask("ticket.list"))["tickets"]) == 1


async def test_a_lease_is_free_again_after_a_restart(desk: RunningDesk) -> None:
    await desk.accept(desk.written("Once"))
    assert len(await desk.lease()) == 1
    assert await desk.lease() == []
    await desk.restart()
    assert len(await desk.lease()) == 1
