"""Two tickets become one and two again; messages are split off. Reply addresses and names of messages follow."""

from __future__ import annotations

from typing import Any

import pytest

from spocd.desk import clock
from spocd.errors import Exit, Refused
from tests.desk.by_hand import a_team_with_two_services
from tests.desk.indexed import found, indexed
from tests.desk.running_desk import AGENT, DAY, HOUR, OTHER, START, RunningDesk, journal, links_of, text_of

BO = "bo@client.example"


async def two_of_ann(desk: RunningDesk) -> tuple[str, str]:
    """#1 (answered) and #2, both Ann's, Bo in copy of #1; the address that Ann, and Bo, answer #1 to."""
    await desk.mail("It smokes.", Subject="Printer")
    await desk.ask("ticket.cc_add", ticket=1, address=BO)
    await desk.ask("ticket.reply", ticket=1, body="Since when?")
    await desk.mail("It really smokes.", Subject="Smoke")
    by_address = {each.to_address: each.reply_to for each in await desk.letters() if each.kind == "answer"}
    return by_address["ann@client.example"], by_address[BO]


def ids(view: dict[str, Any]) -> list[str]:
    return [each["id"] for each in view["messages"]]


async def refusal(desk: RunningDesk, operation: str, **parameters: object) -> Refused:
    with pytest.raises(Refused) as refused:
        await desk.ask(operation, **parameters)
    return refused.value


async def test_a_merged_ticket_lives_on_with_its_messages_people_and_wait(desk: RunningDesk) -> None:
    await two_of_ann(desk)
    desk.now += HOUR
    merged = await desk.ask("ticket.merge", ticket=1, into=2)
    assert (merged["number"], merged["state"], merged["joined"]) == (1, "closed", [BO])
    survivor = await desk.view(2)
    assert ids(survivor) == ["1.1", "1.2", "2.1"]
    assert {each["address"] for each in survivor["participants"]} == {"ann@client.example", BO}
    assert (survivor["merged"], survivor["waiting_since"]) == ([1], "2026-02-02T02:40:00Z")
    gone = await desk.view(1)
    assert (ids(gone), gone["merged_into"]) == ([], 2)
    letter = (await desk.letters())[-1]
    assert (letter.kind, letter.ticket, letter.to_address) == ("merged", 2, "ann@client.example")
    assert "Number 1 (Printer) is now part of number 2." in " ".join(text_of(letter).split())
    refused = await refusal(desk, "ticket.reply", ticket=1, body="Hello")
    assert (refused.exit, str(refused)) == (Exit.CONFLICT, "#1 was merged into #2.")
    await indexed(desk)
    assert await found(desk, "smokes") == [2]


@pytest.mark.parametrize("notify", [True, False])
async def test_the_undoing_of_a_merge_is_told_to_who_was_told_of_the_merge(desk: RunningDesk, notify: bool) -> None:
    await two_of_ann(desk)
    await desk.ask("ticket.merge", ticket=1, into=2, notify=notify)
    before = len(await desk.letters())
    await desk.ask("ticket.unmerge", ticket=1)
    letters = (await desk.letters())[before:]
    assert [(each.kind, each.ticket, each.to_address) for each in letters] == [
        ("unmerged", 1, "ann@client.example")
    ] * notify
    if notify:
        assert "Number 1 (Printer) is no longer part of number 2." in " ".join(text_of(letters[0]).split())
        answer = await desk.mail("About the printer.", to=letters[0].reply_to, Subject="x")
        assert answer.ticket == 1


async def test_the_undoing_of_a_merge_is_told_to_nobody_where_that_is_asked_for(desk: RunningDesk) -> None:
    await two_of_ann(desk)
    await desk.ask("ticket.merge", ticket=1, into=2)
    before = len(await desk.letters())
    await desk.ask("ticket.unmerge", ticket=1, notify=False)
    assert len(await desk.letters()) == before


async def test_who_never_heard_of_a_ticket_does_not_hear_that_it_was_merged(desk: RunningDesk) -> None:
    await desk.mail()
    await desk.mail("And the scanner.", In_Reply_To="<1@client.example>")
    await desk.ask("ticket.split", messages=["1.2"])
    before = len(await desk.letters())
    await desk.ask("ticket.merge", ticket=2, into=1)
    await desk.ask("ticket.unmerge", ticket=2)
    assert len(await desk.letters()) == before


async def test_whoever_answers_the_merged_ticket_is_on_the_survivor_and_after_unmerge_on_their_own(
    desk: RunningDesk,
) -> None:
    to_ann, to_bo = await two_of_ann(desk)
    await desk.ask("ticket.merge", ticket=1, into=2)
    assert (await desk.mail("Since noon.", to=to_ann, Subject="Re: no tag")).ticket == 2
    fate = await desk.mail("I saw it too.", to=to_bo, From=f"Bo <{BO}>", Subject="Re: no tag")
    assert (fate.ticket, fate.evidence["role"]) == (2, "participant")
    assert (await desk.mail("By tag.", Subject="Re: [desk#1]")).ticket == 2
    assert (await desk.mail("By id.", Subject="x", In_Reply_To="<1@client.example>")).ticket == 2
    await desk.ask("ticket.reply", ticket=2, body="Take cover.")
    last = {each.to_address for each in (await desk.letters())[-2:]}
    assert last == {"ann@client.example", BO}
    await desk.ask("ticket.unmerge", ticket=1)
    assert (await desk.mail("Back.", to=to_ann, Subject="Re: no tag")).ticket == 1
    fate = await desk.mail("Back too.", to=to_bo, From=f"Bo <{BO}>", Subject="Re: no tag")
    assert (fate.ticket, fate.evidence["role"]) == (1, "participant")


STATE = ("state", "resolution", "assignee", "waiting_since", "pend_until", "due_at", "tags", "merged_into", "merged")


def shape(view: dict[str, Any]) -> dict[str, Any]:
    """What of a ticket is to be as before: all but its journal, its revision and when it changed."""
    kept = (*STATE, "participants", "proposed", "messages", "links", "outside")
    return {name: view[name] for name in kept}


@pytest.mark.parametrize("rests", [False, True])
async def test_unmerge_puts_everything_back(desk: RunningDesk, rests: bool) -> None:
    await two_of_ann(desk)
    await desk.mail("See below", Subject="Fwd: x", Cc="Cid <cid@client.example>")
    await desk.ask("ticket.reply", ticket=3, body="You hear again.", promise=START + 3 * DAY)
    if rests:
        await desk.ask("ticket.pend", ticket=2, until=START + 9 * DAY)
        await desk.ask("ticket.close", ticket=1)
    before = [shape(await desk.view(number)) for number in (1, 2, 3)]
    for number in (1, 3):
        await desk.ask("ticket.merge", ticket=number, into=2)
    assert ids(await desk.view(2)) == ["1.1", "1.2", "2.1", "3.1", "3.2"]
    assert (await desk.view(2))["due_at"] == "2026-02-05T02:40:00Z"
    desk.now += 2 * DAY
    await desk.write(clock.look)
    for number in (3, 1):
        await desk.ask("ticket.unmerge", ticket=number)
    assert [shape(await desk.view(number)) for number in (1, 2, 3)] == before
    assert [each for each in await journal(desk, 2) if "acknowledged" not in each] == [
        *(["opened", "pending"] if rests else ["opened"]),
        *("merged here", "merged here", "unmerged", "unmerged"),
    ]  # fmt: skip


@pytest.mark.parametrize("order", [(1, 2), (2, 1)])
async def test_whoever_is_on_two_tickets_that_live_on_in_a_third_leaves_it_with_the_last(
    desk: RunningDesk, order: tuple[int, int]
) -> None:
    for number in (1, 2, 3):
        await desk.mail("See below", Subject=f"{number}", Cc="Cid <cid@client.example>" if number < 3 else "")
        desk.now += 10
    for number in (1, 2):
        await desk.ask("ticket.cc_add", ticket=number, address=BO)
    before = [shape(await desk.view(number)) for number in (1, 2, 3)]
    joined = []
    for number in (1, 2):
        desk.now += 10
        joined.append((await desk.ask("ticket.merge", ticket=number, into=3))["joined"])
    assert joined == [[BO], []]
    desk.now += 10
    await desk.ask("ticket.unmerge", ticket=order[0])
    survivor = await desk.view(3)
    assert BO in [each["address"] for each in survivor["participants"]], "the other still lives on in it"
    assert [each["address"] for each in survivor["proposed"]] == ["cid@client.example"]
    await desk.ask("ticket.unmerge", ticket=order[1])
    assert [shape(await desk.view(number)) for number in (1, 2, 3)] == before


@pytest.mark.parametrize("kept", [True, False])
async def test_unmerge_brings_back_no_promise_that_was_kept(desk: RunningDesk, kept: bool) -> None:
    await two_of_ann(desk)
    for ticket, days in ((1, 3), (2, 5)):
        await desk.ask("ticket.reply", ticket=ticket, body="You hear again.", promise=START + days * DAY)
    promised = [(await desk.view(number))["due_at"] for number in (1, 2)]
    await desk.ask("ticket.merge", ticket=1, into=2)
    assert (await desk.view(2))["due_at"] == promised[0]
    if kept:
        await desk.ask("ticket.reply", ticket=2, body="Here it is.")
    await desk.ask("ticket.unmerge", ticket=1)
    due = [(await desk.view(number))["due_at"] for number in (1, 2)]
    assert due == ([None, None] if kept else promised)


@pytest.mark.parametrize("again", [True, False])
async def test_unmerge_leaves_who_was_added_by_hand_since(desk: RunningDesk, again: bool) -> None:
    await two_of_ann(desk)
    await desk.ask("ticket.merge", ticket=1, into=2)
    desk.now += HOUR
    if again:
        await desk.ask("ticket.cc_remove", ticket=2, address=BO)
        await desk.ask("ticket.cc_add", ticket=2, address=BO)
    await desk.ask("ticket.unmerge", ticket=1)
    there = [[each["address"] for each in (await desk.view(number))["participants"]] for number in (1, 2)]
    assert there == [["ann@client.example", BO], ["ann@client.example", *([BO] if again else [])]]


async def test_what_came_after_the_merge_stays_and_what_was_moved_on_too(desk: RunningDesk) -> None:
    to_ann, _ = await two_of_ann(desk)
    await desk.ask("ticket.merge", ticket=1, into=2)
    await desk.mail("Since noon.", to=to_ann)
    await desk.ask("message.move", message="1.2", to="new")
    await desk.ask("ticket.reply", ticket=2, body="We come.")
    await desk.ask("ticket.unmerge", ticket=1)
    assert ids(await desk.view(1)) == ["1.1"]
    assert ids(await desk.view(2)) == ["2.1", "2.2", "2.3"]
    assert ids(await desk.view(3)) == ["1.2"]
    assert (await desk.view(2))["waiting_since"] is None, "answered since, so it does not wait again"


async def test_who_was_asked_answers_to_the_survivor_and_is_still_waited_for(desk: RunningDesk) -> None:
    await two_of_ann(desk)
    await desk.ask("ticket.consult", ticket=1, to="expert@supplier.example", body="Is it the fuse?")
    asked = next(each for each in await desk.letters() if each.kind == "consult")
    await desk.ask("ticket.merge", ticket=1, into=2)
    assert [each["answered_at"] for each in (await desk.view(2))["consults"]] == [None]
    desk.now += 9 * DAY
    await desk.write(clock.look)
    assert [each.ticket for each in await desk.letters() if each.kind == "reminder"] == [1], "the number that they know"
    fate = await desk.mail("It is the fuse.", to=asked.reply_to, From="expert@supplier.example")
    assert (fate.ticket, (await desk.view(2))["messages"][-1]["kind"]) == (2, "note")
    await desk.ask("ticket.unmerge", ticket=1)
    assert len((await desk.view(1))["consults"]) == 1


@pytest.mark.parametrize("by", ["token", "In-Reply-To"])
@pytest.mark.parametrize("reminded", [True, False])
@pytest.mark.parametrize("parted", ["before the answer", "after the answer", "by two merges"])
async def test_an_expert_answers_to_the_ticket_on_which_they_were_asked(
    desk: RunningDesk, by: str, reminded: bool, parted: str
) -> None:
    await two_of_ann(desk)
    await desk.mail("Third")
    await desk.ask("ticket.consult", ticket=1, to="expert@supplier.example", body="Is it the fuse?")
    await desk.ask("ticket.merge", ticket=1, into=2)
    if parted == "by two merges":
        await desk.ask("ticket.merge", ticket=2, into=3)
    desk.now += 9 * DAY
    if reminded:
        await desk.write(clock.look)
    kind = "reminder" if reminded else "consult"
    letter = next(each for each in await desk.letters() if each.kind == kind)
    if parted == "by two merges":
        await desk.ask("ticket.unmerge", ticket=2)
    if parted != "after the answer":
        await desk.ask("ticket.unmerge", ticket=1)
    letters = len(await desk.letters())
    headers = {"to": letter.reply_to} if by == "token" else {"In_Reply_To": f"<{letter.message_id}>"}
    fate = await desk.mail("It is the fuse.", From="expert@supplier.example", Subject="Fuse", **headers)
    place = 2 if parted == "after the answer" else 1
    assert (fate.name, fate.ticket) == ("appended", place)
    seen = await desk.view(place)
    assert (seen["messages"][-1]["kind"], seen["consults"][0]["state"]) == ("note", "answered")
    assert len(await desk.letters()) == letters, "nothing is acknowledged to an expert"
    if parted == "after the answer":
        await desk.ask("ticket.unmerge", ticket=1)
    assert [len((await desk.view(number))["consults"]) for number in (1, 2, 3)] == [1, 0, 0]


async def test_a_merge_into_what_is_merged_then_is_followed_and_undone_in_turn(desk: RunningDesk) -> None:
    to_ann, _ = await two_of_ann(desk)
    await desk.mail("Third")
    await desk.ask("ticket.merge", ticket=1, into=2)
    await desk.ask("ticket.merge", ticket=2, into=3)
    assert ids(await desk.view(3)) == ["1.1", "1.2", "2.1", "3.1"]
    assert (await desk.mail("Since noon.", to=to_ann)).ticket == 3
    refused = await refusal(desk, "ticket.unmerge", ticket=1)
    assert (refused.exit, "spocd ticket unmerge 2" in str(refused)) == (Exit.CONFLICT, True)
    await desk.ask("ticket.unmerge", ticket=2)
    assert ids(await desk.view(2)) == ["1.1", "1.2", "2.1"]
    await desk.ask("ticket.unmerge", ticket=1)
    assert ids(await desk.view(1)) == ["1.1", "1.2"]
    assert (await refusal(desk, "ticket.unmerge", ticket=1)).code == "not-merged"


async def test_what_cannot_be_put_together_is_a_conflict(desk: RunningDesk) -> None:
    await two_of_ann(desk)
    await desk.mail("Third")
    await desk.mail("Fourth", X_Spam_Flag="YES")
    await desk.ask("ticket.close", ticket=3)
    assert (await refusal(desk, "ticket.merge", ticket=1, into=1)).code == "itself"
    for ticket, into, code in ((1, 3, "closed"), (4, 1, "spam")):
        refused = await refusal(desk, "ticket.merge", ticket=ticket, into=into)
        assert (refused.code, refused.exit) == (code, Exit.CONFLICT)
    await desk.ask("ticket.merge", ticket=1, into=2)
    for ticket, into in ((1, 2), (2, 1), (3, 1)):
        refused = await refusal(desk, "ticket.merge", ticket=ticket, into=into)
        assert (refused.code, refused.exit) == ("merged", Exit.CONFLICT)


async def test_sec_tickets_of_people_who_do_not_know_of_each_other_are_not_merged(desk: RunningDesk) -> None:
    await desk.mail("My salary is wrong.")
    await desk.mail("My salary is wrong too.", From=f"Bo <{BO}>")
    refused = await refusal(desk, "ticket.merge", ticket=1, into=2)
    assert (refused.code, refused.exit) == ("somebody-else", Exit.CONFLICT)
    assert "spocd ticket link 1 duplicate 2" in str(refused)
    await desk.ask("ticket.cc_add", ticket=2, address="ann@client.example")
    await desk.ask("ticket.merge", ticket=1, into=2)


async def test_sec_what_only_a_team_sees_goes_into_no_ticket_that_others_see(desk: RunningDesk) -> None:
    await a_team_with_two_services(desk)
    await two_of_ann(desk)
    await desk.ask("ticket.edit", ticket=1, service="payroll")
    assert (await refusal(desk, "ticket.merge", by=AGENT, ticket=1, into=2)).code == "restricted"
    for ticket, into in ((1, 2), (2, 1)):
        refused = await refusal(desk, "ticket.merge", by=OTHER, ticket=ticket, into=into)
        assert str(refused) == "There is no ticket #1."
    await desk.ask("ticket.merge", by=AGENT, ticket=2, into=1)
    refused = await refusal(desk, "message.raw", by=OTHER, message="2.1")
    assert refused.exit is Exit.NOT_FOUND, "what was merged is the team's now"


async def test_sec_no_message_is_moved_to_a_ticket_that_is_hidden(desk: RunningDesk) -> None:
    await a_team_with_two_services(desk)
    await two_of_ann(desk)
    await desk.ask("ticket.edit", ticket=1, service="payroll")
    refused = await refusal(desk, "message.move", by=OTHER, message="2.1", to="1")
    assert str(refused) == "There is no ticket #1."


async def test_revoked_on_the_survivor_is_revoked_for_what_lives_on_in_it(desk: RunningDesk) -> None:
    to_ann, _ = await two_of_ann(desk)
    await desk.ask("ticket.merge", ticket=1, into=2)
    await desk.ask("token.revoke", ticket=2)
    fate = await desk.mail("Is it valid?", to=to_ann, Subject="Other")
    assert fate.ticket == 3


async def test_a_bounce_and_a_letter_given_up_are_noted_on_the_survivor(desk: RunningDesk) -> None:
    await two_of_ann(desk)
    path = next(each.return_path for each in await desk.letters() if each.kind == "answer")
    await desk.ask("ticket.merge", ticket=1, into=2)
    assert (await desk.mail("Gone.", to=path, From="MAILER-DAEMON@mx.example", envelope="")).ticket == 2


async def test_messages_are_split_off_with_their_names(desk: RunningDesk) -> None:
    to_ann, to_bo = await two_of_ann(desk)
    await desk.mail("And the lift is stuck.", to=to_bo, From=f"Bo <{BO}>", Subject="Re: Printer")
    await desk.mail("Since Monday.", to=to_bo, From=f"Bo <{BO}>", Subject="Re: Printer")
    before = len(await desk.letters())
    new = await desk.ask("ticket.split", messages=["1.4", "1.3"], subject=" The lift ", notify=True)
    assert (new["number"], new["subject"], new["requester"]["address"]) == (3, "The lift", BO)
    assert ids(await desk.view(3)) == ["1.3", "1.4"]
    assert ids(await desk.view(1)) == ["1.1", "1.2"]
    assert links_of(await desk.view(3)) == [("continues", 1)]
    [letter] = (await desk.letters())[before:]
    assert (letter.kind, letter.to_address, letter.ticket) == ("acknowledgement", BO, 3)
    answer = await desk.mail(
        "Any news?", From=f"Bo <{BO}>", Subject="Lift", In_Reply_To=f"<{desk.mails}@client.example>"
    )
    assert answer.ticket == 3
    assert (await desk.mail("About the smoke", to=to_ann)).ticket == 1


async def test_an_experts_mail_becomes_a_ticket_by_mail_and_a_note_one_of_its_tickets_channel(
    desk: RunningDesk,
) -> None:
    await desk.ask("ticket.new", requester="ann@client.example", subject="Fuse", body="It is dark.", channel="phone")
    await desk.ask("ticket.consult", ticket=1, to="expert@supplier.example", body="Is it the fuse?")
    asked = (await desk.letters())[-1]
    await desk.mail("It is the fuse.", to=asked.reply_to, From="expert@supplier.example")
    names = ids(await desk.view(1))
    channels = [(await desk.ask("ticket.split", messages=[each]))["channel"] for each in (names[-1], names[0])]
    assert channels == ["mail", "phone"]


@pytest.mark.parametrize(
    ("operation", "parameters"),
    [
        ("message.move", {"message": "1.2", "to": "new"}),
        ("message.move", {"message": "1.2", "to": "2"}),
        ("ticket.split", {"messages": ["1.2"]}),
    ],
)
async def test_messages_leave_a_ticket_only_at_the_revision_that_was_read(
    desk: RunningDesk, operation: str, parameters: dict[str, Any]
) -> None:
    await two_of_ann(desk)
    rev = (await desk.view(1))["rev"]
    refused = await refusal(desk, operation, **parameters, if_rev=rev - 1)
    assert (refused.code, refused.exit) == ("changed", Exit.CONFLICT)
    assert ids(await desk.view(1)) == ["1.1", "1.2"]
    await desk.ask(operation, **parameters, if_rev=rev)
    assert ids(await desk.view(1)) == ["1.1"]


async def test_messages_of_a_merged_ticket_are_split_off_the_survivor(desk: RunningDesk) -> None:
    await two_of_ann(desk)
    await desk.ask("ticket.merge", ticket=1, into=2)
    assert (await desk.ask("ticket.split", messages=["1.1"]))["number"] == 3
    answer = await desk.mail("Any news?", Subject="x", In_Reply_To="<1@client.example>")
    assert answer.ticket == 3, "an answer to it finds one ticket"


@pytest.mark.parametrize(
    ("messages", "code"),
    [
        ([], "bad-messages"),
        (["1.1", "2.1"], "several-tickets"),
        (["1.9"], "no-such-message"),
        (["x"], "bad-message"),
    ],
)
async def test_what_cannot_be_split_off_is_refused(desk: RunningDesk, messages: list[str], code: str) -> None:
    await two_of_ann(desk)
    assert (await refusal(desk, "ticket.split", messages=messages)).code == code


async def test_sec_what_stays_inside_gives_a_new_ticket_neither_its_subject_nor_its_writer(desk: RunningDesk) -> None:
    await desk.mail("It smokes.", Subject="Printer")
    await desk.ask("ticket.consult", ticket=1, to="eva@supplier.example", body="What is it?")
    [letter] = [each for each in await desk.letters() if each.kind == "consult"]
    await desk.mail("The fuse.", From="eva@supplier.example", to=letter.reply_to, Subject="FUSE-OF-ANN")
    answer = (await desk.view(1))["messages"][-1]
    assert (answer["kind"], answer["subject"]) == ("note", "FUSE-OF-ANN")
    new = await desk.ask("ticket.split", messages=[answer["id"]])
    assert (new["subject"], new["requester"]["address"]) == ("Printer", "ann@client.example")
    await desk.ask("ticket.reply", ticket=new["number"], body="We look.")
    to_ann = [text_of(each) for each in await desk.letters() if each.to_address == "ann@client.example"]
    assert not [each for each in to_ann if "FUSE-OF-ANN" in each]


async def test_sec_what_is_for_one_team_alone_is_not_moved_to_where_others_see_it(desk: RunningDesk) -> None:
    await a_team_with_two_services(desk)
    await desk.ask("ticket.new", requester=BO, subject="Pay", service="payroll", body="MARK")
    await desk.mail("It smokes.", Subject="Printer")
    refused = await refusal(desk, "message.move", message="1.1", to="2")
    assert (refused.code, refused.exit) == ("restricted", Exit.CONFLICT)
    assert "spocd ticket edit 2 --service payroll" in str(refused)
    assert "MARK" not in str(await desk.view(2))
