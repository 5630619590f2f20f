"""The work on a ticket: the fair order, answers and whom they reach, rest and close, messages that move."""

from __future__ import annotations

import base64
import hashlib
import os
from typing import Any

import pytest

from spocd.desk import clock
from spocd.errors import Exit, Refused
from tests.desk.indexed import indexed
from tests.desk.running_desk import ADMIN, DAY, HOUR, START, RunningDesk, answered, journal, text_of


async def next_one(desk: RunningDesk) -> int | None:
    tickets = (await desk.ask("ticket.next"))["tickets"]
    return tickets[0]["number"] if tickets else None


async def test_who_has_waited_longest_is_next(desk: RunningDesk) -> None:
    for number in range(3):
        await desk.mail(Subject=f"{number}", From=f"a{number}@client.example")
        desk.now += 10
    assert await next_one(desk) == 1
    await desk.ask("ticket.reply", ticket=1, body="Done?")
    assert await next_one(desk) == 2
    await desk.ask("ticket.take", ticket=2)
    assert await next_one(desk) == 3
    assert (await desk.ask("ticket.explain", ticket=3))["position"] == 1
    await desk.ask("ticket.release", ticket=2)
    assert await next_one(desk) == 2, "released, it is back at the place that its waiting gives it"
    assert (await desk.ask("ticket.status", ticket=3))["place_in_queue"] == 2
    assert (await desk.ask("ticket.status", ticket=1))["place_in_queue"] is None


async def test_an_answer_reaches_everybody_on_the_ticket_each_with_a_token_of_their_own(desk: RunningDesk) -> None:
    await desk.mail("It burns.")
    await desk.ask("ticket.cc_add", ticket=1, address="bo@client.example")
    await desk.ask("ticket.reply", ticket=1, body="Water?")
    to_ann, to_bo = (await desk.letters())[-2:]
    assert (to_ann.to_address, to_bo.to_address) == ("ann@client.example", "bo@client.example")
    assert len({to_ann.reply_to, to_bo.reply_to}) == 2
    assert to_ann.from_name == "Agent"
    assert "Water?" in text_of(to_ann)
    assert "> It burns." in text_of(to_ann)
    assert (to_ann.in_reply_to, to_ann.references) == ("1@client.example", ("1@client.example",))
    seen = await desk.view(1)
    assert (seen["state"], seen["assignee"], seen["waiting_since"]) == ("open", "agent", None)


async def test_sec76_a_note_is_in_no_letter(desk: RunningDesk) -> None:
    await desk.mail()
    await desk.ask("ticket.note", ticket=1, body="The requester is a fool: SECRET-MARK")
    await desk.ask("ticket.reply", ticket=1, body="Hello")
    await desk.ask("ticket.close", ticket=1)
    assert not [each for each in await desk.letters() if "SECRET-MARK" in text_of(each)]


async def test_an_answer_may_close_or_let_rest(desk: RunningDesk) -> None:
    await desk.mail()
    await desk.mail("Two", Subject="Two")
    assert (await desk.ask("ticket.reply", ticket=1, body="Done", close=True))["state"] == "resolved"
    rests = await desk.ask("ticket.reply", ticket=2, body="Later", pend_until=START + DAY)
    assert (rests["state"], rests["pend_until"]) == ("pending", "2026-02-03T02:40:00Z")


async def test_an_answer_to_nobody_is_refused_whole(desk: RunningDesk) -> None:
    raw = desk.written("Hello").replace(b"Ann Ek <ann@client.example>", b"nobody")
    await desk.receive(raw, sender="")
    before = await desk.view(1)
    with pytest.raises(Refused, match="Nobody on #1 has an address to answer to"):
        await desk.ask("ticket.reply", ticket=1, body="Hello")
    assert await desk.view(1) == before


@pytest.mark.parametrize(("notify", "letters"), [(True, ["acknowledgement", "answer"]), (False, ["acknowledgement"])])
async def test_closing_tells_its_people_unless_it_is_not_to(
    desk: RunningDesk, notify: bool, letters: list[str]
) -> None:
    await desk.mail()
    await desk.ask("ticket.close", ticket=1, body="Bye", notify=notify)
    assert [each.kind for each in await desk.letters()] == letters


async def test_time_alone_wakes_what_rests_and_closes_what_was_resolved(desk: RunningDesk) -> None:
    await desk.mail()
    await desk.mail("Two", Subject="Two")
    await desk.ask("ticket.pend", ticket=1, until=START + HOUR)
    await desk.ask("ticket.close", ticket=2)
    assert await desk.write(clock.look) == 0
    desk.now = START + HOUR
    assert await desk.write(clock.look) == 1
    assert ((await desk.view(1))["state"], await next_one(desk)) == ("open", 1)
    desk.now = START + 3 * DAY - 1
    assert await desk.write(clock.look) == 0
    desk.now += 1
    assert await desk.write(clock.look) == 1
    assert (await desk.view(2))["state"] == "closed"
    assert await journal(desk, 2) == ["opened", "not acknowledged", "taken", "resolved", "closed"]


async def test_a_ticket_by_telephone_is_acknowledged_like_any_other(desk: RunningDesk) -> None:
    made = await desk.ask(
        "ticket.new", requester="Dan@client.example", subject=" By  phone ", body="He called.", name="Dan"
    )
    assert (made["number"], made["subject"], made["channel"]) == (1, "By phone", "phone")
    assert made["requester"] == {"name": "Dan", "address": "Dan@client.example"}
    [sent] = await desk.letters()
    assert (sent.kind, sent.to_address) == ("acknowledgement", "Dan@client.example")
    await desk.ask("ticket.new", requester="dan@CLIENT.example", subject="Again", notify=False)
    assert len((await desk.ask("person.view", address="DAN@client.example"))["tickets"]) == 2


async def test_a_message_moved_to_a_ticket_of_its_own_takes_its_writer_and_its_thread_along(desk: RunningDesk) -> None:
    await desk.mail(Cc="cid@client.example")
    await desk.mail("Mine is broken too.", From="Cid <cid@client.example>", In_Reply_To="<1@client.example>")
    moved = await desk.ask("message.move", message="1.2", to="new")
    assert (moved["number"], moved["requester"]["address"], moved["state"]) == (2, "cid@client.example", "new")
    assert [m["id"] for m in (await desk.view(2))["messages"]] == ["1.2"]
    assert [m["id"] for m in (await desk.view(1))["messages"]] == ["1.1"]
    fate = await desk.mail("Any news?", From="cid@client.example", In_Reply_To="<2@client.example>")
    assert fate.ticket == 2, "an answer to it goes where it went"
    assert (await desk.ask("message.raw", message="1.2"))["size"] > 0


async def test_a_message_moved_to_another_ticket_keeps_its_name_and_says_so_on_both(desk: RunningDesk) -> None:
    await desk.mail()
    await desk.mail("Two", Subject="Two")
    await desk.ask("ticket.note", ticket=1, body="A note")
    await desk.ask("message.move", message="1.2", to="#2")
    assert [m["id"] for m in (await desk.view(2))["messages"]] == ["2.1", "1.2"]
    assert (await journal(desk, 1))[-1] == "moved"
    assert (await journal(desk, 2))[-1] == "moved here"
    await desk.ask("ticket.note", ticket=1, body="Another")
    assert [m["id"] for m in (await desk.view(1))["messages"]] == ["1.1", "1.3"], "no name is given twice"


async def test_our_own_answer_that_is_moved_makes_nobody_wait(desk: RunningDesk) -> None:
    await answered(desk)
    await desk.ask("ticket.new", requester="dan@client.example", subject="Two")
    await desk.ask("ticket.close", ticket=2)
    assert (await desk.ask("message.move", message="1.2", to="2"))["state"] == "resolved"


@pytest.mark.parametrize(
    ("parameters", "numbers"),
    [
        ({}, [4, 2, 1]),
        ({"state": ["all"]}, [4, 3, 2, 1]),
        ({"state": ["resolved"]}, [3]),
        ({"state": ["active", "resolved"]}, [4, 3, 2, 1]),
        ({"state": ["new"]}, [4, 1]),
        ({"assignee": "@me"}, [2]),
        ({"assignee": "agent"}, [2]),
        ({"assignee": "none"}, [4, 1]),
        ({"requester": "BO@client.example"}, [4]),
        ({"requester": "zoe@client.example"}, []),
        ({"service": "it"}, [4]),
        ({"search": "50%"}, [4]),
        ({"search": "' or 1=1 --"}, []),
        ({"since": START + 100}, [4]),
        ({"until": START + 100}, [2, 1]),
        ({"sort": "oldest"}, [1, 2, 4]),
        ({"sort": "waiting"}, [1, 2, 4]),
    ],
)
async def test_what_a_list_holds(desk: RunningDesk, parameters: dict[str, Any], numbers: list[int]) -> None:
    for subject in ("One", "Two", "Three"):
        await desk.mail(subject, Subject=subject)
    await desk.ask("ticket.take", ticket=2, reason="its smoke is in the room")
    await desk.ask("ticket.close", ticket=3)
    desk.now += 100
    await desk.mail("Only 50% of it", to="it@example.org", From="bo@client.example")
    await indexed(desk)
    assert [each["number"] for each in (await desk.ask("ticket.list", **parameters))["tickets"]] == numbers


async def test_the_word_me_means_an_agent(desk: RunningDesk) -> None:
    with pytest.raises(Refused) as refused:
        await desk.ask("ticket.list", by=0, assignee="@me")
    assert refused.value.exit is Exit.NOT_PERMITTED


async def test_a_file_comes_in_pieces_and_goes_out_in_pieces(desk: RunningDesk) -> None:
    content = os.urandom(1_200_000)
    sha = hashlib.sha256(content).hexdigest()
    for offset in range(0, len(content), 500_000):
        piece = base64.b64encode(content[offset : offset + 500_000]).decode()
        got = await desk.ask("blob.put", sha256=sha, offset=offset, total=len(content), content=piece)
    assert got == {"received": len(content)}
    back = b""
    while len(back) < len(content):
        piece = (await desk.ask("blob.get", sha256=sha, offset=len(back)))["content"]
        back += base64.b64decode(piece)
    assert back == content


async def test_what_a_signed_address_is_can_be_asked(desk: RunningDesk) -> None:
    reply_to, _, return_path = await answered(desk)
    told = await desk.ask("token.explain", address=reply_to)
    assert (told["purpose"], told["valid"], told["ticket"], told["person"]) == ("reply", True, 1, "Ann Ek")
    bounce = await desk.ask("token.explain", address=return_path)
    assert (bounce["purpose"], bounce["valid"], bounce["letter"]) == ("bounce", True, 2)
    await desk.ask("token.revoke", ticket=1, address="ann@client.example")
    assert (await desk.ask("token.explain", address=reply_to))["why"] == "It was revoked."
    forged = reply_to.replace("+r11-1-", "+r11-2-")
    assert (await desk.ask("token.explain", address=forged))["why"] == "Nobody on such a ticket has this number."
    plain = await desk.ask("token.explain", address="desk@example.org")
    assert (plain["purpose"], plain["valid"]) == ("none", False)


async def test_thirty_one_rotations_within_400_days_are_the_most(desk: RunningDesk) -> None:
    for _ in range(31):
        await desk.ask("token.rotate", by=ADMIN)
    with pytest.raises(Refused, match="All 32 key ids are in use"):
        await desk.ask("token.rotate", by=ADMIN)
    desk.now += 401 * DAY
    assert len((await desk.ask("token.rotate", by=ADMIN))["keys"]) == 2


async def test_a_search_finds_all_words_in_any_order_in_mails_and_in_people(desk: RunningDesk) -> None:
    await desk.mail("The printer by the lifts says PC LOAD LETTER.", Subject="Tulostin ei toimi")
    await desk.mail("Something else.", From="Bo <bo@other.example>")
    await indexed(desk)
    for words in ("toimi tulostin", "LETTER printer", "ann@client.example", "ann ek lifts"):
        assert [each["number"] for each in (await desk.ask("ticket.search", words=words))["tickets"]] == [1]
    assert (await desk.ask("ticket.search", words="tulostin missing"))["tickets"] == []


async def test_somebody_on_the_phone_is_told_what_was_noted_and_not_that_they_wrote(desk: RunningDesk) -> None:
    await desk.ask("ticket.new", requester="bo@other.example", subject="VPN fails at home", channel="phone")
    told = text_of((await desk.letters())[-1])
    assert told.startswith("VPN fails at home [desk#1]")
    assert "about this: VPN fails at home" in told
    assert "message" not in told


async def test_a_subject_does_not_collect_tags(desk: RunningDesk) -> None:
    await desk.mail(Subject="Re: please handle [desk#77]")
    assert (await desk.view(1))["subject"] == "Re: please handle"


async def test_an_answer_to_what_was_resolved_opens_it_and_the_log_says_so(desk: RunningDesk) -> None:
    await desk.mail()
    await desk.ask("ticket.close", ticket=1)
    await desk.ask("ticket.reply", ticket=1, body="One more thing.")
    assert (await desk.view(1))["state"] == "open"
    assert "reopened" in await journal(desk, 1)
