"""A last word: whoever closes a case with one has answered it, and the case keeps what was said."""

from __future__ import annotations

from typing import Any

import pytest

from spocd.errors import Refused
from tests.desk.indexed import found, indexed
from tests.desk.running_desk import DAY, HOUR, LEAD, RunningDesk, text_of

ANN = "ann@client.example"
BY_CLOSE, BY_REPLY = ("ticket.close", {}), ("ticket.reply", {"close": True})
# What differs between two tickets by which they are, and by when they were opened.
_ITS_OWN = {"number", "subject", "opened_at", "rev", "id", "evidence", "message", "letters", "at", "seal"}


def common(document: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in document.items() if name not in _ITS_OWN}


def last_line(view: dict[str, Any], event: str) -> dict[str, Any]:
    line: dict[str, Any] = [each for each in view["journal"] if each["event"] == event][-1]
    return line


async def test_a_last_word_leaves_on_a_case_what_an_answer_that_closes_it_leaves(desk: RunningDesk) -> None:
    for number, (operation, more) in enumerate((BY_CLOSE, BY_REPLY), 1):
        await desk.mail(Subject=f"{number}")
        await desk.ask("ticket.reply", ticket=number, body="You hear again.", promise=desk.now + DAY)
        desk.now += HOUR
        await desk.ask(operation, ticket=number, body="It is mended.\n", resolution="fixed", **more)
        desk.now -= HOUR
    by_close, by_reply = await desk.view(1), await desk.view(2)
    journals = [[common(each) for each in view["journal"][2:]] for view in (by_close, by_reply)]
    assert [common(each) for each in by_close["messages"]] == [common(each) for each in by_reply["messages"]]
    assert journals[0] == journals[1]
    assert [each["event"] for each in journals[0]][-3:] == ["answered", "promise kept", "resolved"]
    of_case = ("state", "resolution", "assignee", "waiting_since", "due_at", "updated_at", "participants")
    assert [by_close[name] for name in of_case] == [by_reply[name] for name in of_case]
    last = by_close["messages"][-1]
    assert (last["kind"], last["direction"], last["from"]["name"]) == ("mail", "out", "Agent")
    assert (last["text"], [each["address"] for each in last["to"]]) == ("It is mended.\n", [ANN])
    assert last_line(by_close, "answered")["message"] == last["id"]
    await indexed(desk)
    assert sorted(await found(desk, "mended")) == [1, 2]


@pytest.mark.parametrize(
    ("operation", "more"), [("ticket.close", {}), ("ticket.reply", {"close": True})], ids=["close", "reply"]
)
async def test_a_last_word_is_an_answer_that_says_that_the_case_is_closed(
    desk: RunningDesk, operation: str, more: dict[str, bool]
) -> None:
    await desk.mail("It burns.")
    await desk.ask(operation, ticket=1, body="It is out.", **more)
    letter = (await desk.letters())[-1]
    assert (letter.kind, letter.from_name, letter.to_address) == ("answer", "Agent", ANN)
    assert (letter.in_reply_to, letter.references) == ("1@client.example", ("1@client.example",))
    assert "It is out.\r\n\r\nWe have closed your case, number 1." in text_of(letter)
    assert "> It burns." in text_of(letter)
    assert last_line(await desk.view(1), "answered")["letters"] == [letter.id]


async def test_a_last_word_goes_where_its_reader_asked_to_be_answered_and_a_word_of_the_desk_does_not(
    desk: RunningDesk,
) -> None:
    for body, address in (("Done.", "ann@elsewhere.example"), (None, "ann@client.example")):
        ticket = (await desk.mail(Reply_To="ann@elsewhere.example", Subject=f"It burns {body}")).ticket
        await desk.ask("ticket.close", ticket=ticket, body=body, reason="x")
        assert [each.to_address for each in await desk.letters() if each.kind != "acknowledgement"][-1] == address


async def test_whoever_has_the_last_word_on_what_nobody_had_took_it_and_answered_it(desk: RunningDesk) -> None:
    for number in range(3):
        await desk.mail(Subject=f"{number}", From=f"a{number}@client.example")
        desk.now += 10
    await desk.ask("ticket.close", ticket=3, body="It is mended.", reason="the same fault as #9")
    await desk.ask("ticket.close", ticket=1, body="It is mended.")
    report = await desk.ask("report.fairness")
    assert [report[name] for name in ("taken", "in_turn", "out_of_turn")] == [2, 1, 1]
    assert (report["overall"]["taken"], report["overall"]["answered"]) == (2, 2)
    assert [(each["ticket"], each["reason"]) for each in report["jumps"]] == [(3, "the same fault as #9")]
    events = [each["event"] for each in (await desk.view(3))["journal"]]
    assert events[-4:] == ["out of turn", "answered", "taken", "resolved"]


async def test_a_last_word_that_nobody_is_mailed_stands_on_the_case_all_the_same(desk: RunningDesk) -> None:
    await desk.mail()
    letters = len(await desk.letters())
    await desk.ask("ticket.close", ticket=1, body="As I said on the phone.", notify=False)
    view = await desk.view(1)
    assert len(await desk.letters()) == letters
    assert (view["messages"][-1]["text"], view["messages"][-1]["to"]) == ("As I said on the phone.", [])
    assert "letters" not in last_line(view, "answered")
    assert (await desk.ask("report.fairness"))["overall"]["answered"] == 1


async def test_a_last_word_stands_on_the_case_that_was_named_and_on_none_of_its_parts(desk: RunningDesk) -> None:
    for number in range(2):
        await desk.mail(Subject=f"{number}", From=f"a{number}@client.example")
    await desk.ask("ticket.link", ticket=2, relation="parent", other=1)
    await desk.ask("ticket.close", ticket=1, body="The VPN is back.", children="close")
    said = [[each["text"] for each in (await desk.view(number))["messages"][1:]] for number in (1, 2)]
    assert said == [["The VPN is back."], []]
    assert "answered" not in [each["event"] for each in (await desk.view(2))["journal"]]


@pytest.mark.parametrize("body", [None, "", " \n"])
async def test_without_a_word_nothing_is_said(desk: RunningDesk, body: str | None) -> None:
    await desk.mail()
    await desk.ask("ticket.close", ticket=1, body=body)
    view = await desk.view(1)
    assert (len(view["messages"]), view["assignee"]) == (1, "agent")
    assert [each["event"] for each in view["journal"]][-2:] == ["taken", "resolved"]


async def test_whoever_closes_what_nobody_had_without_a_word_took_it_and_went_before_others(desk: RunningDesk) -> None:
    for number in range(3):
        await desk.mail(Subject=f"{number}", From=f"a{number}@client.example")
        desk.now += 10
    await desk.ask("ticket.close", ticket=3, resolution="duplicate")
    await desk.ask("ticket.close", ticket=2, reason="the same fault as #9")
    await desk.ask("ticket.close", ticket=1)
    report = await desk.ask("report.fairness")
    assert [report[name] for name in ("taken", "in_turn", "out_of_turn")] == [3, 1, 2]
    assert {each["ticket"]: each["reason"] for each in report["jumps"]} == {3: "closed it", 2: "the same fault as #9"}
    assert (report["overall"]["taken"], report["overall"]["untaken"]) == (3, 0)


@pytest.mark.parametrize("state", ["resolved", "spam", "changed", "blocked"])
async def test_a_last_word_that_is_refused_leaves_nothing(desk: RunningDesk, state: str) -> None:
    await desk.mail()
    await desk.mail("Two", Subject="Two")
    match state:
        case "resolved":
            await desk.ask("ticket.close", ticket=1)
        case "spam":
            await desk.ask("ticket.spam", ticket=1)
        case "changed":
            await desk.ask("ticket.note", ticket=1, body="Look")
        case "blocked":
            await desk.ask("ticket.link", ticket=2, relation="blocks", other=1)
    before, letters = await desk.view(1), len(await desk.letters())
    with pytest.raises(Refused):
        await desk.ask("ticket.close", ticket=1, body="Bye", if_rev=1 if state == "changed" else None)
    assert (await desk.view(1), len(await desk.letters())) == (before, letters)


async def test_a_last_word_to_nobody_is_refused_unless_nobody_is_to_be_mailed(desk: RunningDesk) -> None:
    raw = desk.written("Hello").replace(b"Ann Ek <ann@client.example>", b"nobody")
    await desk.receive(raw, sender="")
    with pytest.raises(Refused, match="Nobody on #1 has an address to answer to"):
        await desk.ask("ticket.close", ticket=1, body="Bye")
    await desk.ask("ticket.close", ticket=1, body="Bye", notify=False)


async def test_sec_a_last_word_that_is_redacted_is_gone_from_its_letter_too(desk: RunningDesk) -> None:
    await desk.mail()
    await desk.ask("ticket.close", ticket=1, body="Your password is HUNTER2.")
    answer = (await desk.view(1))["messages"][-1]["id"]
    await desk.ask("ticket.redact", by=LEAD, message=answer, reason="a password", text=["HUNTER2"])
    assert "HUNTER2" not in str(await desk.view(1))
    assert not [each for each in await desk.letters() if "HUNTER2" in text_of(each)]
