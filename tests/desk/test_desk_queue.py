"""The queue at work: whom it offers what, what it takes to go before others, and that each is handed out once."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path
from typing import Any

import pytest

from spocd.desk import clock, fairness
from spocd.desk.documents import find_ticket, moment
from spocd.desk.duty import card_of, receivers, wants_of
from spocd.domain.fairness import hindrances, is_queued, rank
from spocd.errors import Exit, Refused
from tests import postgres
from tests.desk.by_hand import a_team_with_two_services, by_hand, rows
from tests.desk.running_desk import (
    ADMIN,
    AGENT,
    DAY,
    HOUR,
    LEAD,
    OTHER,
    START,
    RunningDesk,
    answered,
    founded,
    opened,
)


async def some_mails(desk: RunningDesk, count: int = 3) -> None:
    """#1, #2 … of Ann, each ten seconds after the one before."""
    for number in range(1, count + 1):
        await desk.mail(f"Number {number}", Subject=f"Number {number}")
        desk.now += 10


async def next_for(desk: RunningDesk, uid: int) -> int | None:
    tickets = (await desk.ask("ticket.next", by=uid))["tickets"]
    return tickets[0]["number"] if tickets else None


async def line(desk: RunningDesk, ticket: int, event: str) -> dict[str, Any]:
    """The newest line of a ticket's journal that says this."""
    found: list[dict[str, Any]] = [each for each in (await desk.view(ticket))["journal"] if each["event"] == event]
    return found[-1]


async def refusal(desk: RunningDesk, operation: str, **parameters: Any) -> Refused:
    with pytest.raises(Refused) as refused:
        await desk.ask(operation, **parameters)
    return refused.value


async def test_a_case_is_given_to_no_team_of_which_nobody_may_have_it(desk: RunningDesk) -> None:
    await a_team_with_two_services(desk)
    await by_hand(desk, "insert into service_skill (service, skill) values ('printing', 'toner')")
    await desk.ask("ticket.new", requester="bo@client.example", subject="Ink", service="printing", body="x")
    await by_hand(desk, "update ticket set team = null where number = 1")
    with pytest.raises(Refused, match="Nobody of the team floor may have #1") as refused:
        await desk.ask("ticket.assign", by=LEAD, ticket=1, to="floor")
    assert refused.value.code == "nobody-there"
    await by_hand(desk, f"insert into agent_skill (agent, skill) select id, 'toner' from agent where uid = {AGENT}")
    assert (await desk.ask("ticket.assign", by=LEAD, ticket=1, to="floor"))["team"] == "floor"


async def test_an_agent_is_offered_what_team_skill_and_tier_allow(desk: RunningDesk) -> None:
    await a_team_with_two_services(desk)
    await some_mails(desk, 4)
    await by_hand(
        desk,
        "update ticket set team = 'floor', service = 'printing' where number = 1",
        "update ticket set tier = 2 where number = 2",
        "update ticket set service = 'printing' where number = 3",
        "insert into service_skill (service, skill) values ('printing', 'toner')",
    )
    assert await next_for(desk, AGENT) == 4, "the team without the skill"
    await by_hand(desk, f"insert into agent_skill (agent, skill) select id, 'toner' from agent where uid = {AGENT}")
    assert await next_for(desk, AGENT) == 1
    assert await next_for(desk, OTHER) == 4
    await by_hand(desk, f"update agent set tier = 2 where uid = {OTHER}")
    assert await next_for(desk, OTHER) == 2
    assert await next_for(desk, 0) == 1, "who has no card sees the head of the queue"


async def test_what_is_confidential_is_offered_in_its_team_alone_leads_included(desk: RunningDesk) -> None:
    await a_team_with_two_services(desk)
    await some_mails(desk, 1)
    await by_hand(desk, "update ticket set service = 'payroll' where number = 1")
    assert await next_for(desk, AGENT) == 1
    assert await next_for(desk, OTHER) is None
    assert await next_for(desk, LEAD) is None
    refused = await refusal(desk, "ticket.assign", by=LEAD, ticket=1, to="other", reason="busy")
    assert (refused.code, "is not in the team floor" in str(refused)) == ("confidential", True)
    taken = await desk.ask("ticket.take", by=LEAD, ticket=1, reason="nobody of the team is here")
    assert taken["assignee"] == "lead", "a lead who sees it may take it, with a reason that is kept"


async def test_whoever_is_away_is_offered_nothing_and_told_so(desk: RunningDesk) -> None:
    await some_mails(desk, 1)
    await desk.ask("agent.away", agent="agent", until=desk.now + DAY)
    for ask in (
        ("ticket.next", {}),
        ("ticket.next", {"claim": True}),
        ("ticket.take", {"ticket": 1}),
        ("ticket.reply", {"ticket": 1, "body": "Hello"}),
    ):
        refused = await refusal(desk, ask[0], **ask[1])
        assert (refused.code, refused.exit) == ("away", Exit.CONFLICT)
        assert "spocd agent back agent" in str(refused)
    refused = await refusal(desk, "ticket.assign", by=LEAD, ticket=1, to="agent")
    assert str(refused).startswith("agent is away until ")
    await desk.ask("agent.back", agent="agent")
    assert (await desk.ask("ticket.next", claim=True))["tickets"][0]["assignee"] == "agent"


async def test_taking_another_than_the_next_needs_a_reason_and_is_on_record(desk: RunningDesk) -> None:
    await some_mails(desk)
    refused = await refusal(desk, "ticket.take", ticket=3)
    assert (refused.code, refused.exit) == ("out-of-turn", Exit.CONFLICT)
    assert "#3 is not next for you: that is #1, waiting since 2026-02-02T02:40:00Z" in str(refused)
    assert (await desk.view(3))["assignee"] is None
    await desk.ask("ticket.take", ticket=3, reason="the fire is in that room")
    kept = await line(desk, 3, "out of turn")
    assert {name: kept[name] for name in ("to", "why", "place", "passed", "next")} == {
        "to": "agent", "why": "the fire is in that room", "place": 3, "passed": 2, "next": 1,
    }  # fmt: skip
    await desk.ask("ticket.take", ticket=1)
    events = [each["event"] for each in (await desk.view(1))["journal"]]
    assert ("taken" in events, "out of turn" in events) == (True, False), "a last word is an answer"
    assert (await desk.view(1))["assignee"] == "agent"


async def test_of_two_who_take_one_at_once_with_a_reason_one_has_it_and_the_other_hears_who(desk: RunningDesk) -> None:
    await some_mails(desk)
    ended = await asyncio.gather(
        desk.ask("ticket.take", by=AGENT, ticket=3, reason="the fire is in that room"),
        desk.ask("ticket.take", by=OTHER, ticket=3, reason="I was there"),
        return_exceptions=True,
    )
    [taken] = [each for each in ended if isinstance(each, dict)]
    [refused] = [each for each in ended if isinstance(each, Refused)]
    holder = taken["assignee"]
    assert (refused.code, refused.exit) == ("taken", Exit.CONFLICT)
    assert str(refused) == (
        f"#3 is with {holder} since {moment(desk.now)}. To take it over, say from whom and why:"
        f" spocd ticket take 3 --from {holder} --reason TEXT"
    )
    assert (await desk.view(3))["assignee"] == holder
    assert [each["event"] for each in (await desk.view(3))["journal"]].count("handed over") == 0


async def test_of_two_who_take_it_over_from_a_colleague_at_once_one_gets_it(desk: RunningDesk) -> None:
    await some_mails(desk, 1)
    await desk.ask("ticket.take", by=ADMIN, ticket=1)
    desk.now += 60
    ended = await asyncio.gather(
        *(desk.ask("ticket.take", by=uid, ticket=1, holder="admin", reason="mine") for uid in (AGENT, OTHER)),
        return_exceptions=True,
    )
    [taken] = [each for each in ended if isinstance(each, dict)]
    [refused] = [each for each in ended if isinstance(each, Refused)]
    assert str(refused).startswith(f"#1 is with {taken['assignee']} since {moment(desk.now)}, not with admin. To take")


async def test_a_reason_alone_takes_nothing_from_a_colleague(desk: RunningDesk) -> None:
    await some_mails(desk, 1)
    await desk.ask("ticket.take", by=OTHER, ticket=1)
    for name, how in (("ticket.take", {}), ("ticket.assign", {"to": "agent"})):
        refused = await refusal(desk, name, ticket=1, reason="out of turn", **how)
        assert (refused.code, "--from other --reason TEXT" in str(refused)) == ("taken", True)
    assert "Say why" in str(await refusal(desk, "ticket.take", ticket=1, holder="other"))
    assert (await desk.view(1))["assignee"] == "other"
    assert (await desk.ask("ticket.take", ticket=1, holder="other", reason="as we said"))["assignee"] == "agent"
    assert (await line(desk, 1, "handed over"))["from"] == "other"


async def test_what_nobody_has_is_taken_from_nobody(desk: RunningDesk) -> None:
    await some_mails(desk, 1)
    refused = await refusal(desk, "ticket.take", ticket=1, holder="other", reason="mine")
    assert (refused.code, refused.exit) == ("not-theirs", Exit.CONFLICT)
    assert "nobody has it" in str(refused)


async def test_what_is_passed_over_is_counted_among_what_the_agent_is_offered(desk: RunningDesk) -> None:
    await a_team_with_two_services(desk)
    await some_mails(desk, 4)
    await by_hand(desk, "update ticket set team = 'floor' where number < 3")
    await desk.ask("ticket.take", by=OTHER, ticket=4, reason="I was there")
    assert ((await line(desk, 4, "out of turn"))["passed"], (await line(desk, 4, "out of turn"))["place"]) == (1, 4)


async def test_giving_somebody_what_is_not_their_next_is_a_jump_that_says_who_gave_it(desk: RunningDesk) -> None:
    await some_mails(desk)
    await desk.ask("ticket.assign", by=LEAD, ticket=2, to="other")
    kept = await line(desk, 2, "out of turn")
    assert (kept["actor"], kept["to"], kept["why"], kept["passed"]) == ("lead", "other", "given by lead", 1)
    await desk.ask("ticket.assign", by=LEAD, ticket=3, to="other", reason="knows it")
    assert (await line(desk, 3, "out of turn"))["why"] == "knows it"


async def test_giving_oneself_what_is_not_next_is_taking_it(desk: RunningDesk) -> None:
    await some_mails(desk)
    assert (await refusal(desk, "ticket.assign", ticket=2, to="agent")).code == "out-of-turn"


async def test_taking_what_is_not_offered_says_why_it_is_not(desk: RunningDesk) -> None:
    await a_team_with_two_services(desk)
    await some_mails(desk, 1)
    await by_hand(desk, "update ticket set team = 'floor', tier = 2 where number = 1")
    refused = await refusal(desk, "ticket.take", by=OTHER, ticket=1)
    assert str(refused).startswith("#1 is not offered to you: it is for the team floor and was escalated to tier 2.")
    await desk.ask("ticket.take", by=OTHER, ticket=1, reason="nobody else is here")
    kept = await line(desk, 1, "out of turn")
    assert (kept["passed"], kept["not_offered"]) == (0, ["is for the team floor", "was escalated to tier 2"])


async def test_answering_what_nobody_has_takes_it_and_out_of_turn_is_written_down(desk: RunningDesk) -> None:
    await some_mails(desk)
    await desk.ask("ticket.reply", ticket=2, body="Hello")
    assert (await line(desk, 2, "out of turn"))["why"] == "answered it"
    assert (await desk.view(2))["assignee"] == "agent"
    await desk.ask("ticket.reply", ticket=3, body="Hello", reason="the same fault as #9")
    assert (await line(desk, 3, "out of turn"))["why"] == "the same fault as #9"
    await desk.ask("ticket.close", ticket=1, body="It is mended.")
    assert "out of turn" not in [each["event"] for each in (await desk.view(1))["journal"]]


async def test_what_is_not_in_the_queue_may_be_answered_by_anybody(desk: RunningDesk) -> None:
    await some_mails(desk, 2)
    await desk.ask("ticket.take", ticket=1)
    await desk.ask("ticket.reply", by=OTHER, ticket=1, body="I can help.")
    assert (await desk.view(1))["assignee"] == "agent"
    await desk.ask("ticket.close", ticket=2)
    await desk.mail("Third")
    await desk.ask("ticket.reply", by=OTHER, ticket=2, body="One more thing.")


async def test_whoever_is_on_the_phone_is_answered_at_once_and_counted(desk: RunningDesk) -> None:
    await some_mails(desk, 1)
    phone = {"requester": "bo@client.example", "subject": "No sound", "body": "He called.", "channel": "phone"}
    await desk.ask("ticket.new", **phone)
    await desk.ask("ticket.reply", ticket=2, body="As I said, the switch.")
    kept = await line(desk, 2, "out of turn")
    assert (kept["why"], kept["passed"]) == ("answered on the phone", 1)
    await desk.ask("ticket.new", **phone)
    assert (await refusal(desk, "ticket.take", by=OTHER, ticket=3)).code == "out-of-turn"
    desk.now += HOUR + 1
    assert (await refusal(desk, "ticket.take", ticket=3)).code == "out-of-turn"


async def test_what_a_promise_puts_before_older_ones_is_on_record(desk: RunningDesk) -> None:
    await some_mails(desk, 4)
    await by_hand(
        desk,
        f"update ticket set due_at = {START + HOUR} where number = 3",
        f"update ticket set due_at = {START + DAY} where number = 2",
    )
    assert await next_for(desk, AGENT) == 3
    await desk.ask("ticket.next", claim=True)
    assert (await line(desk, 3, "before its time"))["passed"] == 2
    await desk.ask("ticket.next", claim=True)
    assert (await line(desk, 2, "before its time"))["passed"] == 1
    await desk.ask("ticket.next", claim=True)
    assert "before its time" not in [each["event"] for each in (await desk.view(1))["journal"]]


async def test_it_is_explained_to_whom_a_ticket_is_offered(desk: RunningDesk) -> None:
    await a_team_with_two_services(desk)
    await some_mails(desk, 2)
    await by_hand(desk, "update ticket set team = 'floor' where number = 2")
    await desk.ask("agent.away", by=LEAD, agent="agent")
    told = await desk.ask("ticket.explain", ticket=2)
    assert told["position"] == 2
    offers = {each["login"]: (each["offered"], each["why"]) for each in told["offered"]}
    assert offers["agent"] == (False, "agent is away")
    assert offers["other"] == (False, "it is for the team floor")
    assert {each["login"] for each in (await desk.ask("ticket.explain", ticket=1))["offered"] if each["offered"]} == {
        "admin", "lead", "other",
    }  # fmt: skip
    await desk.ask("ticket.take", by=OTHER, ticket=1)
    told = await desk.ask("ticket.explain", ticket=1)
    assert (told["position"], told["why"], told["offered"]) == (None, ["It is not in the queue: other has it."], [])


async def test_of_a_long_queue_no_more_than_a_thousand_are_counted(desk: RunningDesk) -> None:
    await some_mails(desk, 1)
    most = fairness.MOST_COUNTED
    columns = "subject, state, kind, priority, requester, channel, address, opened_at, updated_at, waiting_since, rev"
    await by_hand(
        desk,
        f"insert into ticket (number, {columns}) with recursive n (i) as"
        f" (select 2 union all select i + 1 from n where i < {most + 2})"
        f" select i, {columns} from n join ticket on number = 1",
    )
    for number, place, more in ((most + 1, most + 1, False), (most + 2, most + 1, True), (1, 1, False)):
        told = await desk.ask("ticket.explain", ticket=number)
        assert (told["position"], told["more_before"]) == (place, more)
        status = await desk.ask("ticket.status", ticket=number)
        assert (status["place_in_queue"], status["more_before"]) == (place, more)
    assert (await desk.ask("ticket.explain", ticket=most + 2))["why"][0] == (
        f"#{most + 2} is in the queue, with more than 1,000 before it."
    )
    await desk.ask("ticket.take", ticket=most + 2, reason="it burns")
    jump = await line(desk, most + 2, "out of turn")
    assert (jump["place"], jump["passed"], jump["more_before"]) == (most + 1, most, True)
    await by_hand(
        desk, f"update ticket set due_at = {START + DAY}, waiting_since = {START + HOUR} where number = {most}"
    )
    await desk.ask("ticket.next", claim=True)
    assert (await line(desk, most, "before its time"))["passed"] == most


async def test_the_order_in_sql_is_the_one_that_is_stated(desk: RunningDesk) -> None:
    await a_team_with_two_services(desk)
    chance = random.Random(5)
    await some_mails(desk, 40)
    changes = [
        "insert into service_skill (service, skill) values ('printing', 'toner')",
        f"insert into agent_skill (agent, skill) select id, 'toner' from agent where uid in ({OTHER}, {LEAD})",
        f"insert into team_member (team, agent) select 'floor', id from agent where uid = {LEAD}",
        f"update agent set tier = 3 where uid = {ADMIN}",
    ]
    for number in range(1, 41):
        due = chance.choice(["null", "null", f"{START + chance.randrange(5)}"])
        service = chance.choice(["null", "'printing'", "'payroll'"])
        state = chance.choice(["new", "open", "open", "pending"])
        changes.append(
            f"update ticket set due_at = {due}, waiting_since = {START + chance.randrange(9)}, service = {service},"
            f" team = {chance.choice(['null', service and chr(39) + 'floor' + chr(39)])},"
            f" tier = {chance.choice([1, 1, 2, 3])}, state = '{state}' where number = {number}"
        )
    await by_hand(desk, *changes)

    async def stated(at: Any) -> dict[int, int | None]:
        tickets = [each for number in range(1, 41) if is_queued(each := await find_ticket(at, number))]
        tickets.sort(key=rank)
        wants = {each.number: await wants_of(at, each) for each in tickets}
        first: dict[int, int | None] = {}
        for uid in (ADMIN, LEAD, AGENT, OTHER):
            row = await at.tx.one("agent_of_uid", uid=uid)
            card = await card_of(at, await at.tx.one("card", agent=row["id"]))
            first[uid] = next((t.number for t in tickets if not hindrances(wants[t.number], card)), None)
        return first

    for _ in range(10):
        wanted = await desk.read(stated)
        for uid, number in wanted.items():
            assert await next_for(desk, uid) == number
        if (taken := wanted[LEAD]) is not None:
            await desk.ask("ticket.next", by=LEAD, claim=True)
            assert (await desk.view(taken))["assignee"] == "lead"


async def test_the_load_that_is_counted_is_of_open_cases(desk: RunningDesk) -> None:
    await some_mails(desk, 3)
    for _ in range(3):
        await desk.ask("ticket.next", claim=True)
    await desk.ask("ticket.close", ticket=1)
    await desk.ask("ticket.reply", ticket=2, body="Hello")
    loads = {each.card.login: each.load for each in await desk.read(receivers)}
    assert loads == {"admin": 0, "agent": 2, "lead": 0, "other": 0}


AGENTS, TICKETS = 50, 200


async def crowd(desk: RunningDesk) -> list[int]:
    """Fifty agents, by uid, and two hundred tickets that wait, the higher numbers longer."""
    await by_hand(
        desk,
        *(
            "insert into agent (login, name, address, role, uid, created_at)"
            f" values ('a{number}', 'A', '', 'agent', {1000 + number}, {START})"
            for number in range(AGENTS)
        ),
    )
    for number in range(TICKETS):
        await desk.ask("ticket.new", by=ADMIN, requester="ann@client.example", subject=f"{number}", notify=False)
    await by_hand(desk, f"update ticket set waiting_since = {START + TICKETS} - number")
    return [1000 + number for number in range(AGENTS)]


async def claim_all(desks: list[RunningDesk], uids: list[int]) -> dict[int, list[int]]:
    """What each agent got, in its order, where all of them claim until nothing is left."""
    got: dict[int, list[int]] = {uid: [] for uid in uids}

    async def claim(uid: int, desk: RunningDesk) -> None:
        while tickets := (await desk.ask("ticket.next", by=uid, claim=True))["tickets"]:
            got[uid].append(tickets[0]["number"])

    await asyncio.gather(*(claim(uid, desks[at % len(desks)]) for at, uid in enumerate(uids)))
    return got


async def check_each_was_handed_out_once_and_in_order(desk: RunningDesk, got: dict[int, list[int]]) -> None:
    everything = [number for numbers in got.values() for number in numbers]
    assert sorted(everything) == list(range(1, TICKETS + 1)), "each once, and none left"
    assert all(numbers == sorted(numbers, reverse=True) for numbers in got.values()), "who waited longer came first"
    taken = [number for (number,) in await rows(desk, "select ticket from journal where event = 'taken' order by id")]
    assert taken == sorted(taken, reverse=True), "in the order of the queue, over all agents"
    assert len([each for each in got.values() if each]) > AGENTS // 2, "they did claim at once"


async def test_fifty_agents_who_claim_at_once_get_each_ticket_once_and_in_order(desk: RunningDesk) -> None:
    uids = await crowd(desk)
    await check_each_was_handed_out_once_and_in_order(desk, await claim_all([desk], uids))


async def test_two_nodes_hand_each_ticket_out_once_and_in_order(tmp_path: Path) -> None:
    url = postgres.fresh_database()
    await founded(url)
    first, second = RunningDesk(await opened(url)), RunningDesk(await opened(url))
    try:
        uids = await crowd(first)
        await check_each_was_handed_out_once_and_in_order(first, await claim_all([first, second], uids))
    finally:
        await first.store.close()
        await second.store.close()


async def test_whoever_wrote_waits_since_their_mail_was_accepted_however_late_it_is_read(desk: RunningDesk) -> None:
    await desk.accept(desk.written("Accepted first.", From="Ann <ann@client.example>"))
    [late] = await desk.lease()
    desk.now += HOUR
    await desk.accept(desk.written("Accepted later.", From="Bo <bo@client.example>"), sender="bo@client.example")
    [soon] = await desk.lease()
    await desk.decide(soon)
    desk.now += HOUR
    await desk.decide(late)
    seen = await desk.view(2)
    assert seen["waiting_since"] == seen["opened_at"] == seen["messages"][0]["created_at"] == moment(START)
    assert seen["updated_at"] == seen["journal"][0]["at"] == moment(START + 2 * HOUR), "when it was done"
    assert [each["number"] for each in (await desk.ask("ticket.next"))["tickets"]] == [2]
    found = await desk.ask("ticket.list", since=START + HOUR)
    assert [each["number"] for each in found["tickets"]] == [1]


async def test_a_reply_that_was_read_late_waits_since_it_was_accepted_and_reopens_what_it_then_could(
    desk: RunningDesk,
) -> None:
    token, _, _ = await answered(desk)
    await desk.ask("ticket.close", ticket=1, notify=False)
    desk.now += 10 * DAY
    await desk.write(clock.look)
    assert (await desk.view(1))["state"] == "closed"
    desk.now += 29 * DAY
    await desk.accept(desk.written("It burns again."), token)
    accepted, desk.now = desk.now, desk.now + 5 * DAY
    [mail] = await desk.lease()
    assert (await desk.decide(mail)).ticket == 1
    seen = await desk.view(1)
    assert (seen["state"], seen["waiting_since"]) == ("open", moment(accepted))


async def test_nobody_waits_since_a_time_to_come_where_the_clock_was_put_back(desk: RunningDesk) -> None:
    desk.now += DAY
    await desk.accept(desk.written("Sent tomorrow."))
    [mail] = await desk.lease()
    desk.now -= DAY
    await desk.decide(mail)
    seen = await desk.view(1)
    assert seen["waiting_since"] == seen["opened_at"] == seen["messages"][0]["created_at"] == moment(START)
