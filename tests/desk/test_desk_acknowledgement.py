"""The first answer: to whom it goes, what it says, and how many are enough."""

from __future__ import annotations

from dataclasses import replace

import pytest

from spocd.domain.intake import NO_LIMIT, Limits
from tests.desk.running_desk import DAY, HOUR, START, RunningDesk, answered, text_of


async def test_sec32_the_acknowledgement_never_goes_to_reply_to(desk: RunningDesk) -> None:
    await desk.mail(Reply_To="victim@victim.example")
    assert [each.to_address for each in await desk.letters()] == ["ann@client.example"]


async def test_an_agents_answer_goes_to_where_the_requester_asked_for_it(desk: RunningDesk) -> None:
    await desk.mail(Reply_To="ann.private@home.example")
    await desk.ask("ticket.reply", ticket=1, body="Hello")
    assert (await desk.letters())[-1].to_address == "ann.private@home.example"


async def test_sec33_the_acknowledgement_to_an_unknown_sender_repeats_none_of_their_words(desk: RunningDesk) -> None:
    await desk.mail("Buy pills", Subject="Cheap pills", From="Pills Inc <ann@client.example>")
    [sent] = await desk.letters()
    assert (sent.to_name, sent.variables["subject"], sent.variables["requester_name"]) == ("", "", "")
    text = text_of(sent).lower()
    assert "pills" not in text
    assert text.startswith("we have your message [desk#1]")


async def test_the_acknowledgement_to_somebody_known_has_their_subject_and_name(desk: RunningDesk) -> None:
    await desk.mail("It burns", From="Bo By <bo@example.org>")
    [sent] = await desk.letters()
    assert text_of(sent).startswith("Re: Printer")
    assert (sent.to_name, "Hello Bo By" in text_of(sent)) == ("Bo By", True)


async def test_sec33_an_unknown_sender_gets_one_acknowledgement_a_day(desk: RunningDesk) -> None:
    for _ in range(3):
        await desk.mail()
        desk.now += HOUR
    assert len(await desk.letters()) == 1
    desk.now = START + DAY
    await desk.mail()
    assert len(await desk.letters()) == 2
    assert len((await desk.ask("ticket.list"))["tickets"]) == 4, "the ticket is opened all the same"


async def test_sec33_unknown_senders_together_get_sixty_an_hour(desk: RunningDesk) -> None:
    for number in range(62):
        await desk.mail(From=f"a{number}@client.example")
    assert len(await desk.letters()) == 60
    await desk.mail(From="bo@example.org")
    assert len(await desk.letters()) == 61, "somebody known is not held back by them"
    desk.now += HOUR
    await desk.mail(From="later@client.example")
    assert len(await desk.letters()) == 62


async def test_f23_any_address_gets_three_an_hour_and_ten_a_day(desk: RunningDesk) -> None:
    sent = []
    for _ in range(5):
        for _ in range(5):
            await desk.mail(From="bo@example.org")
        sent.append(len(await desk.letters()))
        desk.now += HOUR
    assert sent == [3, 6, 9, 10, 10]


async def test_sec36_after_ten_bad_tokens_within_an_hour_the_next_hear_nothing(desk: RunningDesk) -> None:
    reply_to, _, _ = await answered(desk)
    letters = len(await desk.letters())
    bad = desk.token_address("r11-1-0000000000000000")
    for number in range(12):
        await desk.mail("Open up", to=bad, From=f"eve{number}@evil.example")
    assert len(await desk.letters()) == letters + 10
    assert (await desk.mail("A true one", to=reply_to)).name == "appended"
    await desk.mail("An ordinary stranger", From="zoe@client.example")
    assert len(await desk.letters()) == letters + 11
    desk.now += HOUR + 1
    await desk.mail("Open up", to=bad, From="eve99@evil.example")
    assert len(await desk.letters()) == letters + 12


@pytest.mark.parametrize(
    ("limited", "letters"),
    [
        pytest.param({}, 5, id="no limit"),
        pytest.param({"unknown_a_day": 1}, 1, id="unknown_a_day"),
        pytest.param({"unknown_an_hour": 2}, 2, id="unknown_an_hour"),
        pytest.param({"address_an_hour": 3}, 3, id="address_an_hour"),
        pytest.param({"address_a_day": 4}, 4, id="address_a_day"),
    ],
)
async def test_each_limit_holds_though_all_others_are_lifted(
    desk: RunningDesk, limited: dict[str, int], letters: int
) -> None:
    lifted = Limits(NO_LIMIT, NO_LIMIT, NO_LIMIT, NO_LIMIT)
    desk.settings = replace(desk.settings, limits=replace(lifted, **limited))
    for _ in range(5):
        await desk.mail()
    assert len(await desk.letters()) == letters
