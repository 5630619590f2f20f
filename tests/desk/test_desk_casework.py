"""Case work: what is said about a ticket, who sees it then, and the lists that find it."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from spocd.errors import Exit, Refused
from tests import postgres
from tests.desk.by_hand import a_team_with_two_services, by_hand
from tests.desk.indexed import found, indexed
from tests.desk.running_desk import ADMIN, AGENT, HOUR, LEAD, OTHER, START, RunningDesk, copy_of, opened


async def numbers(desk: RunningDesk, **filters: Any) -> list[int]:
    return [each["number"] for each in (await desk.ask("ticket.list", **filters))["tickets"]]


async def test_an_edit_is_in_the_journal_with_what_was_and_what_is(desk: RunningDesk) -> None:
    await a_team_with_two_services(desk)
    await desk.mail()
    edited = await desk.ask(
        "ticket.edit", ticket=1, subject=" VPN  is\nslow ", kind="incident", priority="high", service="printing",
        tag=["VPN", "floor-3"],
    )  # fmt: skip
    told = ("VPN is slow", "incident", "high", "printing", "floor", ["floor-3", "vpn"])
    assert tuple(edited[name] for name in ("subject", "kind", "priority", "service", "team", "tags")) == told
    line = (await desk.view(1))["journal"][-1]
    assert (line["event"], line["actor"]) == ("changed", "agent")
    assert line["subject"] == {"was": "Printer", "now": "VPN is slow"}
    assert line["team"] == {"was": None, "now": "floor"}
    assert line["tags"] == {"was": [], "now": ["floor-3", "vpn"]}
    assert not [each for each in await desk.letters() if each.kind != "acknowledgement"], "nobody is mailed"


async def test_a_service_brings_its_kind_and_priority_to_what_nobody_chose_otherwise(desk: RunningDesk) -> None:
    await a_team_with_two_services(desk)
    await by_hand(desk, "update service set priority = 'urgent' where key = 'printing'")

    async def after(ticket: int, **said: Any) -> tuple[str, str]:
        edited = await desk.ask("ticket.edit", ticket=ticket, **said)
        return edited["kind"], edited["priority"]

    await desk.mail()
    assert await after(1, service="printing") == ("incident", "urgent")
    assert await after(1, service="payroll") == ("request", "normal")
    assert await after(1, service="printing", priority="low") == ("incident", "low")
    assert await after(1, service="none") == ("request", "low"), "that was chosen"
    await desk.mail(From="bo@client.example")
    assert await after(2, kind="question") == ("question", "normal")
    assert await after(2, service="printing") == ("question", "urgent")
    assert await after(2, priority="high") == ("question", "high")
    assert await after(2, service="printing", tag=["same"]) == ("question", "high")
    line = (await desk.view(1))["journal"]
    changed = [each["priority"] for each in line if each["event"] == "changed" and "priority" in each]
    assert changed[0] == {"was": "normal", "now": "urgent"}


async def test_tags_go_on_and_off_and_lists_find_them(desk: RunningDesk) -> None:
    for _ in range(3):
        await desk.mail()
    await desk.ask("ticket.edit", ticket=1, tag=["vpn"])
    await desk.ask("ticket.edit", ticket=3, tag=["vpn", "late"])
    assert await numbers(desk, tag="vpn") == [3, 1]
    assert await numbers(desk, tag="late") == [3]
    assert (await desk.ask("ticket.edit", ticket=3, untag=["VPN"]))["tags"] == ["late"]
    assert await numbers(desk, tag="vpn") == [1]
    with pytest.raises(Refused) as refused:
        await desk.ask("ticket.edit", ticket=3, untag=["vpn"])
    assert refused.value.code == "nothing"


@pytest.mark.parametrize("tag", ["", "two words", "-x", "a" * 41, "a\nb", "x,y"])
async def test_what_is_no_tag_is_refused(desk: RunningDesk, tag: str) -> None:
    await desk.mail()
    with pytest.raises(Refused) as refused:
        await desk.ask("ticket.edit", ticket=1, tag=[tag])
    assert (refused.value.code, refused.value.exit) == ("bad-tag", Exit.USAGE)


async def test_another_requester_gets_the_answers_and_the_one_before_stays_in_copy(desk: RunningDesk) -> None:
    await desk.mail()
    edited = await desk.ask("ticket.edit", ticket=1, requester="bo@client.example")
    assert edited["requester"]["address"] == "bo@client.example"
    roles = {each["address"]: each["role"] for each in (await desk.view(1))["participants"]}
    assert roles == {"ann@client.example": "cc", "bo@client.example": "requester"}
    await desk.ask("ticket.cc_remove", ticket=1, address="ann@client.example")
    await desk.ask("ticket.reply", ticket=1, body="Hello")
    assert [each.to_address for each in await desk.letters() if each.kind == "answer"] == ["bo@client.example"]
    await desk.ask("ticket.edit", ticket=1, requester="ann@client.example")
    roles = {each["address"]: each["role"] for each in (await desk.view(1))["participants"]}
    assert roles == {"ann@client.example": "requester", "bo@client.example": "cc"}, "back, though once taken off"


async def test_sec_whoever_files_into_a_restricted_service_is_told_that_it_is_out_of_sight(desk: RunningDesk) -> None:
    await a_team_with_two_services(desk)
    await desk.mail()
    await desk.ask("ticket.take", by=OTHER, ticket=1)
    edited = await desk.ask("ticket.edit", by=OTHER, ticket=1, service="payroll")
    assert edited["out_of_sight"]
    assert edited["assignee"] is None, "who does not see it cannot have it"
    with pytest.raises(Refused) as refused:
        await desk.ask("ticket.view", by=OTHER, ticket=1)
    assert (refused.value.code, refused.value.exit) == ("no-such-ticket", Exit.NOT_FOUND)
    assert await numbers(desk, by=OTHER) == []
    for uid in (AGENT, LEAD):
        assert await numbers(desk, by=uid, service="payroll") == [1]
    events = [each["event"] for each in (await desk.view(1))["journal"]]
    assert events[-2:] == ["changed", "returned"]


async def test_a_service_that_is_not_there_is_exit_3(desk: RunningDesk) -> None:
    await desk.mail()
    with pytest.raises(Refused) as refused:
        await desk.ask("ticket.edit", ticket=1, service="flying")
    assert refused.value.exit is Exit.NOT_FOUND
    assert (await desk.ask("ticket.edit", ticket=1, service="it"))["service"] == "it"
    assert (await desk.ask("ticket.edit", ticket=1, service="none"))["service"] is None


async def test_lists_by_what_is_promised(desk: RunningDesk) -> None:
    for _ in range(4):
        await desk.mail()
    for number, due in ((1, 3), (2, 1), (4, -1)):
        await by_hand(desk, f"update ticket set due_at = {START + due * HOUR} where number = {number}")
    assert await numbers(desk, sort="due") == [4, 2, 1, 3]
    assert await numbers(desk, sort="due", due_before=START + 2 * HOUR) == [4, 2]
    assert await numbers(desk, breached=True) == [4]
    desk.now += 2 * HOUR
    assert await numbers(desk, breached=True, sort="due") == [4, 2]
    assert await numbers(desk, breached=True, due_before=START) == [4]


async def test_a_changed_subject_takes_its_words_out_of_the_search(desk: RunningDesk) -> None:
    await desk.ask("ticket.new", requester="ann@client.example", subject="Zebra is loose")
    await indexed(desk)
    assert await found(desk, "zebra") == [1]
    await desk.ask("ticket.edit", ticket=1, subject="Animal matter")
    await indexed(desk)
    assert await found(desk, "animal") == [1]
    assert await found(desk, "zebra") == []


async def test_of_twenty_who_answer_what_they_read_one_is_heard(tmp_path: Path, new_desk: str) -> None:
    url = copy_of(new_desk, tmp_path)
    desk = RunningDesk(await opened(url))
    # On PostgreSQL by two nodes, each with connections of its own; a SQLite file is one process's.
    others = RunningDesk(await opened(url)) if postgres.is_wanted() else desk
    await desk.mail()
    await desk.ask("ticket.take", ticket=1)
    rev = (await desk.view(1))["rev"]
    answers = [
        each.ask("ticket.reply", by=(AGENT, LEAD)[n % 2], ticket=1, body=f"Answer {n}", if_rev=rev)
        for n in range(10)
        for each in (desk, others)
    ]
    ended = await asyncio.gather(*answers, return_exceptions=True)
    refused = [each for each in ended if isinstance(each, Refused)]
    assert len(refused) == 19
    assert {(each.code, each.exit) for each in refused} == {("changed", Exit.CONFLICT)}
    assert len([each for each in (await desk.view(1))["messages"] if each["direction"] == "out"]) == 1
    assert len([each for each in await desk.letters() if each.kind == "answer"]) == 1
    for store in {desk.store, others.store}:
        await store.close()


async def test_a_canned_answer_is_in_the_words_of_its_reader(desk: RunningDesk) -> None:
    await desk.mail(From='"{number} Ek" <ann@client.example>', Subject="{agent} is gone")
    body = '{"en": "Hello {requester}, #{number} ({subject}) ${HOME}. {agent}\\n", "da": "Hej {requester}"}'
    row = f"('paper', null, 'Paper', '{body}', {START})"
    await by_hand(desk, f"insert into canned (key, service, title, body, created_at) values {row}")
    said = await desk.ask("ticket.canned", ticket=1, answer="paper")
    assert said["text"] == "Hello {number} Ek, #1 ({agent} is gone) ${HOME}. Agent"
    await by_hand(desk, "update person set language = 'da'")
    assert (await desk.ask("ticket.canned", ticket=1, answer="paper"))["text"] == "Hej {number} Ek"


async def test_a_canned_answer_with_an_unknown_word_in_braces_is_never_sent(desk: RunningDesk) -> None:
    await desk.mail()
    row = f"('paper', null, 'Paper', '{{\"en\": \"Hello {{requestr}}\"}}', {START})"
    await by_hand(desk, f"insert into canned (key, service, title, body, created_at) values {row}")
    with pytest.raises(Refused, match=r"spocd canned edit paper.*“paper” has {requestr}.* did you mean {requester}\?"):
        await desk.ask("ticket.canned", ticket=1, answer="paper")
    with pytest.raises(
        Refused, match=r"body\.en has {requestr}, which stands for nothing; did you mean {requester}\?$"
    ):
        await desk.ask("canned.edit", by=ADMIN, answer="paper", body="Hello {requestr}")


async def test_lists_are_saved_under_a_name_for_oneself_or_for_all(desk: RunningDesk) -> None:
    await desk.ask("view.save", by=LEAD, name="late", words=["--breached"], for_all=True)
    await desk.ask("view.save", name="mine", words=["--assignee", "@me", "--due-within", "4h"])
    await desk.ask("view.save", name="mine", words=["--assignee", "@me"])
    views = (await desk.ask("view.list"))["views"]
    assert [(each["name"], each["owner"], each["words"]) for each in views] == [
        ("mine", "agent", ["--assignee", "@me"]),
        ("late", None, ["--breached"]),
    ]
    assert [each["name"] for each in (await desk.ask("view.list", by=OTHER))["views"]] == ["late"]
    await desk.ask("view.save", name="late", words=["--tag", "late"])
    assert [each["owner"] for each in (await desk.ask("view.list"))["views"]] == ["agent", "agent"], "one's own first"
    for parameters in ({"name": "late", "for_all": True}, {"name": "x", "words": ["a"], "for_all": True}):
        with pytest.raises(Refused) as refused:
            await desk.ask("view.save" if "words" in parameters else "view.forget", **parameters)
        assert refused.value.exit is Exit.NOT_PERMITTED
    await desk.ask("view.forget", by=LEAD, name="late", for_all=True)
    assert (await desk.ask("view.list", by=OTHER))["views"] == []
    with pytest.raises(Refused) as refused:
        await desk.ask("view.forget", by=OTHER, name="mine")
    assert refused.value.exit is Exit.NOT_FOUND


@pytest.mark.parametrize(("name", "words"), [("two words", ["a"]), ("-x", ["a"]), ("x", []), ("x", ["a"] * 61)])
async def test_what_is_no_view_is_a_usage_error(desk: RunningDesk, name: str, words: list[str]) -> None:
    with pytest.raises(Refused) as refused:
        await desk.ask("view.save", name=name, words=words)
    assert refused.value.exit is Exit.USAGE


async def test_sec_an_empty_service_takes_none_off(desk: RunningDesk) -> None:
    await a_team_with_two_services(desk)
    await desk.ask("ticket.new", requester="bo@client.example", subject="Pay", service="payroll", body="x")
    with pytest.raises(Refused, match="There is no service “”"):
        await desk.ask("ticket.edit", by=ADMIN, ticket=1, service="")
    assert (await desk.view(1))["service"] == "payroll"
