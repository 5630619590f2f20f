"""People known from tickets of a restricted service alone: for whoever does not see these, they are not there."""

from __future__ import annotations

from typing import Any

import pytest

from spocd.errors import Exit, Refused
from tests.desk.by_hand import a_team_with_two_services, by_hand
from tests.desk.indexed import indexed
from tests.desk.running_desk import AGENT, DAY, LEAD, OTHER, START, RunningDesk, journal

ZED, ANN, BO, HOME = "zed@client.example", "ann@client.example", "bo@client.example", "zed@home.example"
NOBODY_THERE = f"Nobody with the address {ZED} is known to the desk."


@pytest.fixture
async def desk(desk: RunningDesk) -> RunningDesk:
    """“agent” is in the team of the restricted “payroll”, “other” is not. #1 there is of Zed, with Bo in copy."""
    await a_team_with_two_services(desk)
    await desk.ask("ticket.new", requester=ZED, name="Zed Secret", subject="Wages", service="payroll")
    await desk.ask("ticket.cc_add", ticket=1, address=BO)
    await desk.ask("person.edit", address=ZED, language="sv")
    desk.now += DAY
    return desk


async def people(desk: RunningDesk, by: int, **asked: Any) -> list[str]:
    return [each["address"] for each in (await desk.ask("person.list", by=by, **asked))["people"]]


async def shown(desk: RunningDesk, by: int, address: str = ZED) -> dict[str, Any]:
    return await desk.ask("person.view", by=by, address=address)


async def knows(desk: RunningDesk, by: int, address: str = ZED) -> bool:
    """Whether somebody knows a person, by every way to ask; they all say the same."""
    listed = address in await people(desk, by)
    if listed:
        await shown(desk, by, address)
    else:
        with pytest.raises(Refused, match="Nobody with the address"):
            await shown(desk, by, address)
    return listed


ASKED = [
    ("person.view", {"address": ZED}),
    ("person.edit", {"address": ZED, "name": "X"}),
    ("person.group_add", {"group": "staff", "addresses": [ZED]}),
    ("person.group_remove", {"group": "staff", "addresses": [ZED]}),
]


@pytest.mark.parametrize(("name", "parameters"), ASKED, ids=[name for name, _ in ASKED])
async def test_sec_whoever_does_not_see_their_tickets_finds_nobody(
    desk: RunningDesk, name: str, parameters: dict[str, Any]
) -> None:
    with pytest.raises(Refused) as refused:
        await desk.ask(name, by=OTHER, **parameters)
    assert (refused.value.exit, str(refused.value)) == (Exit.NOT_FOUND, NOBODY_THERE)
    await desk.ask(name, by=AGENT, **parameters)


async def test_sec_the_list_and_the_search_have_none_of_them(desk: RunningDesk) -> None:
    await desk.ask("ticket.new", by=OTHER, requester=ANN, subject="Printer")
    assert await people(desk, OTHER) == [ANN]
    assert await people(desk, AGENT) == await people(desk, LEAD) == [ANN, BO, ZED]
    await indexed(desk)
    assert await people(desk, OTHER, search="Secret") == []
    assert await people(desk, AGENT, search="Secret") == [ZED]


async def test_sec_a_group_shows_everybody_those_whom_they_know(desk: RunningDesk) -> None:
    await desk.ask("ticket.new", by=OTHER, requester=ANN, subject="Printer")
    await desk.ask("person.group_add", group="staff", addresses=[ZED])
    group = await desk.ask("person.group_add", by=OTHER, group="staff", addresses=[ANN])
    assert [each["address"] for each in group["members"]] == [ANN]
    assert await people(desk, OTHER, group="staff") == [ANN]
    assert await people(desk, AGENT, group="staff") == [ANN, ZED]


async def test_sec_hints_and_tokens_know_nobody_of_that_name(desk: RunningDesk) -> None:
    await by_hand(
        desk,
        f"insert into organisation (key, name, briefing, created_at) values ('acme', 'Acme', '', {START})",
        "insert into organisation_domain (domain, organisation) values ('client.example', 'acme')",
    )
    assert (await desk.ask("ticket.hints", by=OTHER, requester=ZED))["organisation"] is None
    assert (await desk.ask("ticket.hints", by=AGENT, requester=ZED))["organisation"]["key"] == "acme"
    await desk.ask("ticket.new", by=OTHER, requester=ANN, subject="Printer")
    for address in (ZED, "nobody@client.example"):
        with pytest.raises(Refused) as refused:
            await desk.ask("token.revoke", by=OTHER, ticket=2, address=address)
        assert str(refused.value) == f"Nobody with the address {address} is known."


NAMED = [
    ("ticket.new", {"requester": ZED, "subject": "Printer", "notify": False}),
    ("ticket.cc_add", {"ticket": 2, "address": ZED}),
    ("ticket.consult", {"ticket": 2, "to": ZED, "body": "Is it the fuse?"}),
    ("ticket.edit", {"ticket": 2, "requester": ZED}),
]


@pytest.mark.parametrize(("name", "parameters"), NAMED, ids=[name for name, _ in NAMED])
async def test_sec_whoever_names_them_finds_what_they_would_find_of_somebody_new(
    desk: RunningDesk, name: str, parameters: dict[str, Any]
) -> None:
    """A dry run would tell an outsider, and nobody else, that somebody wrote to the restricted service."""
    await desk.ask("ticket.new", by=OTHER, requester=ANN, subject="Door", notify=False)
    before = await desk.ask(name, by=OTHER, **parameters, dry_run=True)
    of_new = {
        key: value.replace("zed@", "new@") if isinstance(value, str) else value for key, value in parameters.items()
    }
    assert str(before).replace("zed@", "new@") == str(await desk.ask(name, by=OTHER, **of_new, dry_run=True))
    done = await desk.ask(name, by=OTHER, **parameters)
    seen = await shown(desk, OTHER)
    assert (seen["name"], seen["language"], seen["known"], seen["merged"]) == ("", None, False, [])
    assert seen["since"] == "2026-02-03T02:40:00Z", "a day after their hidden ticket"
    await indexed(desk)
    assert await people(desk, OTHER, search="Secret") == []
    assert "Secret" not in str(await desk.ask("ticket.view", by=OTHER, ticket=done["number"]))


async def test_the_team_keeps_what_it_knows_of_them(desk: RunningDesk) -> None:
    await desk.ask("ticket.new", by=OTHER, requester=ZED, subject="Printer")
    wages = await desk.view(1)
    assert wages["requester"] == {"name": "Zed Secret", "address": ZED}
    assert wages["participants"][0]["name"] == "Zed Secret"
    assert (await journal(desk, 1))[-1] == "person merged"
    seen = await shown(desk, AGENT)
    assert [each["number"] for each in seen["tickets"]] == [2, 1]
    assert [each["name"] for each in seen["merged"]] == ["Zed Secret"]
    await desk.ask("ticket.reply", ticket=1, body="They are paid.")
    [answer] = [each for each in await desk.letters() if each.kind == "answer" and each.to_address == ZED]
    assert (answer.to_address, answer.to_name, answer.language) == (ZED, "Zed Secret", "sv")


async def test_a_mail_of_theirs_lands_on_their_hidden_ticket_as_before(desk: RunningDesk) -> None:
    await desk.ask("ticket.reply", ticket=1, body="They are paid.")
    [answer] = [each for each in await desk.letters() if each.kind == "answer" and each.to_address == ZED]
    await desk.ask("ticket.new", by=OTHER, requester=ZED, subject="Printer")
    fate = await desk.mail("Thank you, but no.", to=answer.reply_to, From=f"Zed <{ZED}>", Subject="Re: Wages")
    assert (fate.name, fate.ticket) == ("appended", 1)
    assert fate.evidence["role"] == "participant"


async def test_who_has_two_addresses_is_answered_where_they_were(desk: RunningDesk) -> None:
    await desk.ask("person.alias", by=LEAD, address=ZED, alias=HOME)
    await desk.ask("ticket.new", by=OTHER, requester=HOME, subject="Printer")
    await desk.ask("ticket.reply", ticket=1, body="They are paid.")
    assert ZED in {each.to_address for each in await desk.letters() if each.ticket == 1 and each.kind == "answer"}


async def test_sec_since_when_they_are_known_is_told_by_what_one_sees(desk: RunningDesk) -> None:
    await desk.mail("Hello.", From=f"Zed <{ZED}>", Subject="Door")
    of_other, of_agent = await shown(desk, OTHER), await shown(desk, AGENT)
    assert of_other["since"] > of_agent["since"]
    assert of_other["journal"] == []
    assert [each["event"] for each in of_agent["journal"]] == ["person changed"]


async def test_an_address_that_is_nobodys_any_more_stays_in_the_log(desk: RunningDesk) -> None:
    await desk.ask("ticket.new", by=OTHER, requester=ANN, subject="Printer")
    for remove in (False, True):
        await desk.ask("person.alias", by=LEAD, address=ANN, alias=HOME, remove=remove)
    events = [each["event"] for each in (await shown(desk, OTHER, ANN))["journal"]]
    assert events == ["address removed", "address added"]


async def test_what_becomes_open_shows_its_people_and_what_becomes_hidden_takes_them_away(desk: RunningDesk) -> None:
    assert not await knows(desk, OTHER)
    await desk.ask("ticket.edit", ticket=1, service="printing")
    assert await knows(desk, OTHER)
    assert await knows(desk, OTHER, BO)
    await desk.ask("ticket.edit", ticket=1, service="payroll")
    assert not await knows(desk, OTHER)
    await by_hand(desk, "update service set restricted = 0 where key = 'payroll'")
    assert await knows(desk, OTHER)


async def test_who_was_on_an_open_ticket_or_was_asked_about_one_is_known(desk: RunningDesk) -> None:
    await desk.ask("ticket.new", by=OTHER, requester=ANN, subject="Printer")
    await desk.ask("ticket.cc_add", by=OTHER, ticket=2, address=ZED)
    await desk.ask("ticket.cc_remove", by=OTHER, ticket=2, address=ZED)
    assert await knows(desk, OTHER), "the ticket's journal names them"
    await desk.ask("ticket.consult", by=OTHER, ticket=2, to=BO, body="Is it the fuse?")
    assert await knows(desk, OTHER, BO)


async def test_a_new_requester_does_not_make_the_old_one_known(desk: RunningDesk) -> None:
    await desk.ask("ticket.edit", ticket=1, requester=ANN)
    for each in (ZED, ANN, BO):
        assert not await knows(desk, OTHER, each)
        assert await knows(desk, AGENT, each)


async def test_an_import_takes_in_who_is_known_in_secret_and_then_all_know_them(desk: RunningDesk) -> None:
    rows = [{"line": 2, "address": ZED}, {"line": 3, "address": ANN, "name": "Ann Ek"}]
    done = await desk.ask("person.import", by=LEAD, people=rows)
    assert (done["added"], done["changed"], done["refused"]) == (1, 1, [])
    assert await knows(desk, OTHER)
    assert await knows(desk, OTHER, ANN)
    seen = await shown(desk, OTHER)
    assert [each["event"] for each in seen["journal"]] == ["person imported"]
    assert (await desk.ask("person.import", by=LEAD, people=rows))["unchanged"] == 2


async def test_sec_of_two_who_were_merged_one_learns_no_address_that_one_would_not_know(desk: RunningDesk) -> None:
    await desk.ask("ticket.new", by=OTHER, requester=ANN, subject="Printer", name="Ann Ek")
    await desk.ask("person.group_add", group="payroll", addresses=[ZED])
    await desk.ask("person.merge", by=LEAD, address=ZED, to=ANN)
    seen = await shown(desk, OTHER, ANN)
    assert (seen["addresses"], seen["merged"], seen["groups"], seen["journal"]) == ([ANN], [], [], [])
    assert not await knows(desk, OTHER)
    assert (await shown(desk, AGENT))["addresses"] == [ANN, ZED]
    await desk.ask("person.unmerge", by=LEAD, address=ZED)
    assert not await knows(desk, OTHER)
    assert "zed" not in str(await shown(desk, OTHER, ANN))


async def test_sec_no_operation_finds_one_by_an_address_of_the_other_that_is_unknown(desk: RunningDesk) -> None:
    await desk.ask("ticket.new", by=OTHER, requester=BO, subject="Door", notify=False)
    await desk.ask("ticket.cc_add", by=OTHER, ticket=2, address=ANN)
    await desk.ask("ticket.new", by=OTHER, requester=ANN, subject="Printer", notify=False)
    await desk.ask("ticket.consult", by=OTHER, ticket=3, to="expert@client.example", body="Is it the fuse?")
    await desk.ask("person.merge", by=LEAD, address=ZED, to=ANN)
    listed = {by: await desk.ask("ticket.list", by=by, requester=ZED) for by in (OTHER, AGENT)}
    assert [each["number"] for each in listed[OTHER]["tickets"]] == []
    assert [each["number"] for each in listed[AGENT]["tickets"]] == [3, 1]
    with pytest.raises(Refused, match="is not in copy on #2"):
        await desk.ask("ticket.cc_remove", by=OTHER, ticket=2, address=ZED)
    await desk.ask("person.merge", by=LEAD, address=ANN, to="expert@client.example")
    with pytest.raises(Refused, match=f"No answer of {ZED} is waited for"):
        await desk.ask("ticket.consult_cancel", by=OTHER, ticket=3, to=ZED)
    await desk.ask("ticket.consult_cancel", by=OTHER, ticket=3, to="expert@client.example")


async def test_sec_an_outsider_renames_nobody_on_a_hidden_ticket_nor_sets_the_language_of_their_mail(
    desk: RunningDesk,
) -> None:
    await by_hand(desk, f"update person set known_at = {START} where name = 'Zed Secret'")
    await desk.ask("ticket.new", by=OTHER, requester=ZED, name="Mickey Mouse", subject="Keyboard", notify=False)
    await desk.ask("person.edit", by=OTHER, address=ZED, name="Minnie Mouse", language="ru")
    wages = await desk.view(1)
    assert (wages["requester"]["name"], wages["participants"][0]["name"]) == ("Zed Secret", "Zed Secret")
    [listed] = (await desk.ask("ticket.list", service="payroll"))["tickets"]
    assert listed["requester"] == {"name": "Zed Secret", "address": ZED}
    assert (await desk.view(2))["requester"]["name"] == "Minnie Mouse"
    of_team, of_other = await shown(desk, AGENT), await shown(desk, OTHER)
    assert (of_team["name"], of_team["language"], of_team["known"]) == ("Zed Secret", "sv", True)
    assert (of_other["name"], of_other["language"], of_other["known"]) == ("Minnie Mouse", "ru", False)
    await desk.ask("ticket.reply", ticket=1, body="They are paid.")
    [answer] = [each for each in await desk.letters() if each.kind == "answer" and each.to_address == ZED]
    assert (answer.to_name, answer.language) == ("Zed Secret", "sv")
    await indexed(desk)
    for words, numbers in (("Secret", [1]), ("Minnie", [2, 1])):
        assert [each["number"] for each in (await desk.ask("ticket.search", words=words))["tickets"]] == numbers


async def test_the_team_corrects_its_own_name_of_them_and_tells_it_nobody(desk: RunningDesk) -> None:
    await desk.ask("ticket.new", by=OTHER, requester=ZED, name="Zed", subject="Keyboard", notify=False)
    await desk.ask("person.edit", by=AGENT, address=ZED, name="Zed Quiet")
    assert (await desk.view(1))["requester"]["name"] == "Zed Quiet"
    assert ((await desk.view(2))["requester"]["name"], (await shown(desk, OTHER))["name"]) == ("Zed", "Zed")


async def test_what_they_write_next_is_answered_as_they_were_before(desk: RunningDesk) -> None:
    await by_hand(desk, f"update person set known_at = {START} where name = 'Zed Secret'")
    await desk.ask("ticket.new", by=OTHER, requester=ZED, name="Mickey Mouse", subject="Keyboard", notify=False)
    fate = await desk.mail("Hej", From=f"Zed <{ZED}>", Subject="Ny")
    [letter] = [each for each in await desk.letters() if each.ticket == fate.ticket]
    assert (letter.kind, letter.language, letter.to_name) == ("acknowledgement", "sv", "Zed Secret")
    assert (await shown(desk, OTHER))["name"] == "Zed Secret", "they wrote themselves, at an open address"


async def test_a_lead_undoes_what_an_outsider_made_of_them(desk: RunningDesk) -> None:
    await desk.ask("ticket.new", by=OTHER, requester=ZED, name="Mickey Mouse", subject="Keyboard", notify=False)
    with pytest.raises(Refused, match="Ask a lead"):
        await desk.ask("person.unmerge", by=OTHER, address=ZED)
    await desk.ask("person.unmerge", by=LEAD, address=ZED)
    for by, numbers in ((AGENT, [2, 1]), (OTHER, [2])):
        seen = await shown(desk, by)
        assert (seen["name"], seen["address"], seen["language"]) == ("Zed Secret", ZED, "sv")
        assert [each["number"] for each in seen["tickets"]] == numbers
    assert ZED in await people(desk, OTHER)
    assert [each["name"] for each in (await desk.view(2))["participants"]] == ["Zed Secret"]


async def test_sec_of_somebody_with_several_addresses_a_dry_run_tells_nothing(desk: RunningDesk) -> None:
    await desk.ask("person.alias", by=LEAD, address=ZED, alias=HOME)
    for address in (ZED, HOME):
        asked = {"requester": address, "subject": "Printer", "notify": False}
        found = await desk.ask("ticket.new", by=OTHER, **asked, dry_run=True)
        assert found["requester"] == {"name": "", "address": address}
    await desk.ask("ticket.new", by=OTHER, requester=HOME, subject="Printer", notify=False)
    assert ((await shown(desk, OTHER, HOME))["addresses"], await knows(desk, OTHER)) == ([HOME], False)
    assert (await desk.view(1))["requester"] == {"name": "Zed Secret", "address": ZED}


async def test_sec_nobody_whom_all_know_is_merged_into_one_who_is_known_in_secret(desk: RunningDesk) -> None:
    await desk.ask("ticket.new", by=OTHER, requester=ANN, subject="Printer", name="Ann Ek")
    with pytest.raises(Refused, match=f"the other way round: spocd person merge {ZED} {ANN}"):
        await desk.ask("person.merge", by=LEAD, address=ANN, to=ZED)
    await desk.ask("person.merge", by=LEAD, address=BO, to=ZED)


async def test_sec_who_became_secret_after_a_merge_is_shown_by_what_one_knows(desk: RunningDesk) -> None:
    await desk.ask("ticket.new", by=OTHER, requester=ANN, subject="Printer", name="Ann Ek")
    await desk.ask("ticket.edit", by=LEAD, ticket=2, service="payroll")
    await desk.ask("person.merge", by=LEAD, address=ANN, to=ZED)
    await desk.ask("ticket.edit", by=LEAD, ticket=2, service="none")
    seen = await shown(desk, OTHER, ANN)
    assert (seen["name"], seen["addresses"], seen["merged"], seen["language"]) == ("Ann Ek", [ANN], [], None)
