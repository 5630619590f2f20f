"""Letters on their way: leased once, settled by what came of them, held and let go."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from spocd.daemon.sending import Sending
from spocd.desk import delivery, letter
from spocd.domain.delivery import GIVE_UP_AFTER, Deferred, Rejected, Sent, Unknown
from spocd.errors import Exit, Refused
from spocd.gateway.maildir import Maildir
from spocd.gateway.writing import Writer
from tests.desk.running_desk import DAY, LEAD, START, RunningDesk, answered, journal


async def outbox(desk: RunningDesk) -> list[tuple[str, str]]:
    rows = (await desk.ask("mail.outbox"))["letters"]
    return [(row["kind"], row["state"]) for row in reversed(rows)]


async def test_a_letter_that_went_is_not_sent_again(desk: RunningDesk) -> None:
    await desk.mail()
    assert await desk.send(Sent("250 ok")) == [1]
    assert await desk.send(Sent("250 ok")) == []
    assert await outbox(desk) == [("acknowledgement", "sent")]


async def test_two_who_lease_at_once_get_different_letters(desk: RunningDesk) -> None:
    for number in range(20):
        await desk.mail(From=f"a{number}@client.example")
    first, second = await asyncio.gather(
        desk.write(lambda d: letter.lease(d, 12)), desk.write(lambda d: letter.lease(d, 12))
    )
    assert sorted(each.id for each in (*first, *second)) == list(range(1, 21))


async def test_f9_a_letter_that_did_not_go_waits_is_told_of_once_and_given_up_after_five_days(
    desk: RunningDesk,
) -> None:
    await answered(desk)
    await desk.send(Deferred("450 wait"))
    assert await desk.send(Sent("250 ok")) == [], "its time has not come"
    tries = 0
    while (row := (await desk.ask("mail.outbox", limit=1))["letters"][0])["state"] == "waiting":
        desk.now += 4 * 3600
        tries += len(await desk.send(Deferred("450 wait"))) // 2
    assert row["state"] == "failed"
    assert desk.now >= START + GIVE_UP_AFTER
    notes = [m["text"] for m in (await desk.view(1))["messages"] if m["kind"] == "note"]
    answers = [each for each in notes if each.startswith("The answer to ann@client.example")]
    assert len(answers) == 2
    assert "has waited for an hour" in answers[0]
    assert "was given up: 450 wait" in answers[1]


async def test_f12_a_rejected_letter_is_given_up_with_a_note(desk: RunningDesk) -> None:
    await answered(desk)
    await desk.send(Rejected("550 5.1.1 no such user"))
    assert await outbox(desk) == [("acknowledgement", "failed"), ("answer", "failed")]
    assert (await journal(desk, 1))[-1] == "letter not delivered"
    health = await desk.ask("desk.health")
    assert (health["status"], health["outbox"]["failed"]) == ("warning", 2)


async def test_f13_a_letter_lost_at_the_dot_goes_once_more_with_the_same_message_id_and_then_stays(
    desk: RunningDesk,
) -> None:
    await desk.mail()
    [before] = await desk.letters()
    await desk.send(Unknown("connection lost"))
    assert await desk.letters() == [before]
    desk.now += 60
    await desk.send(Unknown("connection lost"))
    assert await outbox(desk) == [("acknowledgement", "unknown")]
    assert (await desk.ask("desk.health"))["outbox"]["unknown"] == 1


@pytest.mark.parametrize(
    ("dot", "states"),
    [(False, ["waiting", "sending"]), (True, ["waiting", "unknown"])],
    ids=["before the dot", "after"],
)
async def test_f13_a_kill_while_sending_is_taken_up_at_the_next_start(
    desk: RunningDesk, dot: bool, states: list[str]
) -> None:
    await desk.mail()
    for state in states:
        [leased] = await desk.lease_letters()
        if dot:
            await desk.write(lambda d, leased=leased: letter.dot_goes(d, leased))
        await desk.restart()
        if state == "waiting":
            assert await outbox(desk) == [("acknowledgement", "waiting")]
    assert await outbox(desk) == [("acknowledgement", "unknown" if dot else "waiting")]


async def test_an_outcome_for_a_letter_whose_lease_is_lost_changes_nothing(desk: RunningDesk) -> None:
    await desk.mail()
    [leased] = await desk.lease_letters()
    await desk.restart()
    with pytest.raises(Refused, match="not this node's any more"):
        await desk.write(lambda d: delivery.settle(d, leased, Sent("250 ok"), jitter=0.0))
    assert await outbox(desk) == [("acknowledgement", "waiting")]


async def test_nothing_goes_while_the_outbox_is_held_and_everything_afterwards(desk: RunningDesk) -> None:
    await desk.mail()
    assert (await desk.ask("mail.hold", by=LEAD))["letters"] == 1
    await desk.mail("Two", From="bo@example.org")
    assert await desk.send(Sent("250 ok")) == []
    assert "sending is held" in (await desk.ask("desk.health"))["faults"][0]
    await desk.ask("mail.flush", by=LEAD)
    assert await desk.send(Sent("250 ok")) == [1, 2]


async def test_a_letter_can_be_held_and_let_go_by_itself(desk: RunningDesk) -> None:
    await desk.mail()
    await desk.mail("Two", From="bo@example.org")
    assert (await desk.ask("mail.hold", by=LEAD, letters=[1]))["letters"] == 1
    for nothing in ([], [99]):
        with pytest.raises(Refused, match="None of these letters waits"):
            await desk.ask("mail.hold", by=LEAD, letters=nothing)
    assert await desk.send(Rejected("550 no")) == [2]
    assert (await desk.ask("mail.flush", by=LEAD, letters=[1, 2, 99]))["letters"] == 2
    assert await desk.send(Sent("250 ok")) == [1, 2]


async def test_a_letter_that_waits_for_its_time_is_flushed_at_once(desk: RunningDesk) -> None:
    await desk.mail()
    await desk.send(Deferred("450 wait"))
    assert await desk.send(Sent("250 ok")) == []
    assert (await desk.ask("mail.flush", by=LEAD))["letters"] == 1
    assert await desk.send(Sent("250 ok")) == [1]


async def test_flushing_makes_no_letter_wait_longer_for_its_next_try(desk: RunningDesk) -> None:
    async def next_try_in() -> float:
        [row] = (await desk.ask("mail.outbox", state="waiting"))["letters"]
        return datetime.fromisoformat(row["next_try_at"]).timestamp() - desk.now

    await desk.mail()
    for _ in range(3):
        desk.now += DAY
        await desk.send(Deferred("450 wait"))
    before = await next_try_in()
    for _ in range(5):
        await desk.ask("mail.flush", by=LEAD)
        assert await desk.send(Deferred("450 wait")) == [1]
        assert await next_try_in() == before


async def test_a_letter_that_is_not_there_cannot_be_composed(desk: RunningDesk) -> None:
    with pytest.raises(Refused, match="There is no letter 9"):
        await desk.read(lambda d: letter.compose(d, 9))


async def test_a_letter_that_was_held_for_long_has_its_five_days_from_the_first_try(desk: RunningDesk) -> None:
    await desk.mail()
    desk.now += GIVE_UP_AFTER + 1
    await desk.send(Deferred("450 wait"))
    assert await outbox(desk) == [("acknowledgement", "waiting")]


async def test_a_letter_sent_anew_by_hand_has_its_five_days_again(desk: RunningDesk) -> None:
    await desk.mail()
    await desk.send(Rejected("550 no"))
    desk.now += GIVE_UP_AFTER + 1
    assert (await desk.ask("mail.flush", by=LEAD, letters=[1]))["letters"] == 1
    await desk.send(Deferred("450 wait"))
    assert await outbox(desk) == [("acknowledgement", "waiting")]


async def test_sec32_an_answer_goes_to_reply_to_and_what_the_desk_writes_by_itself_does_not(desk: RunningDesk) -> None:
    await desk.mail(Reply_To="elsewhere@third.example")
    await desk.ask("ticket.reply", ticket=1, body="Have you tried water?")
    await desk.ask("ticket.close", ticket=1)
    to = [(each.kind, each.to_address) for each in await desk.letters()]
    assert to == [
        ("acknowledgement", "ann@client.example"),
        ("answer", "elsewhere@third.example"),
        ("closed", "ann@client.example"),
    ]


async def test_a_message_moved_here_is_not_shown_to_the_others(desk: RunningDesk) -> None:
    await desk.mail("Mine is on fire.")
    await desk.mail("My secret.", From="Bo <bo@other.example>", Subject="Secret")
    await desk.ask("message.move", message="2.1", to="1")
    await desk.ask("ticket.reply", ticket=1, body="Both are noted.")
    answer = (await desk.letters())[-1]
    assert answer.to_address == "ann@client.example"
    assert answer.variables["quote"] == "Mine is on fire."
    assert answer.in_reply_to == "1@client.example"
    assert (await desk.view(1))["proposed"] == [{"name": "Bo", "address": "bo@other.example"}]


async def test_the_quote_has_the_time_of_the_desk(desk: RunningDesk) -> None:
    desk.settings = replace(desk.settings, zone="Asia/Tokyo")
    await desk.mail()
    await desk.ask("ticket.reply", ticket=1, body="Have you tried water?")
    assert (await desk.letters())[-1].variables["quote_date"].endswith("JST")


async def test_health_reports_a_letter_that_failed_while_that_is_news(desk: RunningDesk) -> None:
    given_up = "letters given up: 1 (spocd mail outbox --state failed)"
    await desk.mail()
    await desk.send(Rejected("550 no"))
    assert given_up in (await desk.ask("desk.health"))["faults"]
    desk.now += 8 * DAY
    assert given_up not in (await desk.ask("desk.health"))["faults"]


async def test_what_a_guess_let_in_does_not_say_where_the_answer_goes(desk: RunningDesk) -> None:
    await desk.mail()
    await desk.mail("New address.", Subject="Re: Printer [desk#1]", Reply_To="thief@third.example")
    await desk.ask("ticket.reply", ticket=1, body="The code is 1234.")
    assert (await desk.letters())[-1].to_address == "ann@client.example"


async def test_a_broken_template_puts_a_letter_off_and_loses_none(desk: RunningDesk, tmp_path: Path) -> None:
    (tmp_path / "en").mkdir()
    (tmp_path / "en" / "acknowledgement.txt").write_text("Subject\n\n{{ nothing_like_it }}\n")
    await desk.mail()
    maildir = Maildir(tmp_path / "sent")
    told = asyncio.Event()
    sending = Sending(desk.store, Writer(tmp_path), maildir, lambda: desk.settings, lambda: float(desk.now), told.set)
    sending.loop.start()
    try:
        async with asyncio.timeout(10):
            while not (row := (await desk.ask("mail.outbox"))["letters"][0])["reply"]:
                await asyncio.sleep(0.02)
    finally:
        await sending.stop(1.0)
    assert (row["state"], row["tries"]) == ("waiting", 1)
    assert "acknowledgement.txt" in row["reply"]


async def test_the_letters_of_a_ticket_that_is_not_there_are_not_found(desk: RunningDesk) -> None:
    with pytest.raises(Refused, match="There is no ticket #9") as refused:
        await desk.ask("mail.outbox", ticket=9)
    assert refused.value.exit is Exit.NOT_FOUND
