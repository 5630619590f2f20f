"""People: who is who, one person of several addresses, merged and parted again, their groups and organisations."""

from __future__ import annotations

from typing import Any

import pytest

from spocd.errors import Exit, Refused
from tests.desk.by_hand import by_hand
from tests.desk.indexed import indexed
from tests.desk.running_desk import ADMIN, AGENT, LEAD, OTHER, START, RunningDesk, journal, text_of

RESTRICTED = (
    "insert into service (key, name, description, kind, priority, restricted, facts, created_at)"
    f" values ('hr', '{{}}', '{{}}', 'request', 'normal', 1, '[]', {START})"
)
ANN, HOME, BO, CID = "ann@client.example", "ann@home.example", "bo@client.example", "cid@client.example"


async def person(desk: RunningDesk, address: str, **asked: Any) -> dict[str, Any]:
    return await desk.ask("person.view", address=address, **asked)


async def opened(desk: RunningDesk, address: str, subject: str = "Printer", **said: Any) -> int:
    return int((await desk.ask("ticket.new", requester=address, subject=subject, **said))["number"])


async def merge(desk: RunningDesk, address: str, to: str) -> dict[str, Any]:
    return await desk.ask("person.merge", address=address, to=to)


async def organisation(desk: RunningDesk, key: str, domain: str, briefing: str = "") -> None:
    await by_hand(
        desk,
        "insert into organisation (key, name, briefing, manager, created_at)"
        f" select '{key}', '{key.title()}', '{briefing}', id, {START} from agent where uid = {OTHER}",
        f"insert into organisation_domain (domain, organisation) values ('{domain}', '{key}')",
    )


# Further addresses


async def test_a_mail_from_a_further_address_is_the_same_persons(desk: RunningDesk) -> None:
    await desk.mail()
    known = await desk.ask("person.alias", address=ANN, alias="Ann@Home.Example")
    assert known["addresses"] == [ANN, "Ann@home.example"]
    await desk.mail(From="Ann <ann@home.example>", Subject="Another")
    assert [each["number"] for each in (await person(desk, ANN))["tickets"]] == [2, 1]
    assert (await desk.view(2))["requester"]["address"] == ANN


async def test_an_address_of_somebody_else_is_refused_with_the_way_to_merge(desk: RunningDesk) -> None:
    await opened(desk, ANN)
    await opened(desk, HOME)
    with pytest.raises(Refused, match=f"spocd person merge {HOME} {ANN}") as refused:
        await desk.ask("person.alias", address=ANN, alias=HOME)
    assert refused.value.exit is Exit.CONFLICT


async def test_an_address_is_taken_away_again_but_never_the_last(desk: RunningDesk) -> None:
    await opened(desk, ANN)
    await desk.ask("person.alias", address=ANN, alias=HOME)
    assert (await desk.ask("person.alias", address=ANN, alias=HOME, remove=True))["addresses"] == [ANN]
    with pytest.raises(Refused, match="the only one"):
        await desk.ask("person.alias", address=ANN, alias=ANN, remove=True)
    await opened(desk, HOME)
    assert (await person(desk, HOME))["asked"] == 1
    events = [line["event"] for line in (await person(desk, ANN))["journal"]]
    assert events == ["address removed", "address added"]


async def test_the_main_address_is_taken_from_nobody_unasked(desk: RunningDesk) -> None:
    await opened(desk, ANN)
    await desk.ask("person.alias", address=ANN, alias=HOME)
    with pytest.raises(Refused, match=f"spocd person alias {ANN} {HOME} --main") as refused:
        await desk.ask("person.alias", address=HOME, alias=ANN, remove=True)
    assert refused.value.exit is Exit.CONFLICT
    await desk.ask("ticket.reply", ticket=1, body="Have you tried water?")
    assert (await desk.letters())[-1].to_address == ANN
    changed = await desk.ask("person.alias", address=ANN, alias=HOME, main=True)
    assert (changed["address"], changed["addresses"]) == (HOME, [HOME, ANN])
    await desk.ask("ticket.reply", ticket=1, body="Or sand?")
    assert (await desk.letters())[-1].to_address == HOME
    assert (await desk.ask("person.alias", address=HOME, alias=ANN, remove=True))["addresses"] == [HOME]
    assert (await desk.ask("person.alias", address=HOME, alias=ANN))["addresses"] == [HOME, ANN]
    events = [line["event"] for line in (await person(desk, HOME))["journal"]]
    assert events[::-1] == ["address added", "main address changed", "address removed", "address added"]


async def test_a_new_address_is_the_main_one_in_one_step_and_one_of_a_merge_never_is(desk: RunningDesk) -> None:
    await opened(desk, ANN)
    assert (await desk.ask("person.alias", address=ANN, alias=HOME, main=True))["addresses"] == [HOME, ANN]
    with pytest.raises(Refused, match="main address already"):
        await desk.ask("person.alias", address=ANN, alias=HOME, main=True)
    with pytest.raises(Refused, match="Take one"):
        await desk.ask("person.alias", address=ANN, alias=HOME, main=True, remove=True)
    await opened(desk, BO)
    await merge(desk, BO, ANN)
    with pytest.raises(Refused, match="came with somebody who was merged") as refused:
        await desk.ask("person.alias", address=ANN, alias=BO, main=True)
    assert refused.value.code == "of-a-merge"


async def test_who_does_not_see_every_ticket_gives_nobody_another_address(desk: RunningDesk) -> None:
    """With an address of their own on somebody, or merged with them, they would get that person's mail."""
    await opened(desk, ANN)
    await opened(desk, HOME)
    await by_hand(desk, RESTRICTED)
    asked: list[tuple[str, dict[str, Any]]] = [
        ("person.alias", {"address": ANN, "alias": BO}),
        ("person.merge", {"address": HOME, "to": ANN}),
        ("person.unmerge", {"address": HOME}),
    ]
    for name, parameters in asked:
        with pytest.raises(Refused, match="Ask a lead") as refused:
            await desk.ask(name, by=AGENT, **parameters)
        assert refused.value.exit is Exit.NOT_PERMITTED
    await desk.ask("person.merge", by=LEAD, address=HOME, to=ANN)


# Merging


async def test_who_was_merged_is_the_other_wherever_they_are_looked_for(desk: RunningDesk) -> None:
    await opened(desk, ANN, "One", name="Ann Ek")
    await opened(desk, HOME, "Two", name="A.")
    merged = await merge(desk, HOME, ANN)
    assert (merged["name"], merged["addresses"]) == ("Ann Ek", [ANN, HOME])
    assert merged["merged"] == [{"name": "A.", "address": HOME}]
    for address in (ANN, HOME):
        assert (await person(desk, address))["asked"] == 2
        listed = await desk.ask("ticket.list", requester=address)
        assert [each["number"] for each in listed["tickets"]] == [2, 1]
        assert {each["requester"]["name"] for each in listed["tickets"]} == {"Ann Ek"}
    people = (await desk.ask("person.list"))["people"]
    assert [(each["address"], each["tickets"]) for each in people] == [(ANN, 2)]
    assert (await desk.view(2))["participants"][0]["address"] == ANN


async def test_a_merge_is_told_on_the_tickets_and_undone_without_a_trace_on_them(desk: RunningDesk) -> None:
    await opened(desk, ANN)
    await opened(desk, HOME)
    before = [await desk.view(number) for number in (1, 2)]
    await merge(desk, HOME, ANN)
    parted = await desk.ask("person.unmerge", address=HOME)
    assert (parted["address"], parted["addresses"], parted["merged"]) == (HOME, [HOME], [])
    after = [await desk.view(number) for number in (1, 2)]
    for was, now in zip(before, after, strict=True):
        assert now | {"journal": []} == was | {"journal": []}
    assert (await journal(desk, 1))[-1] == "acknowledged"
    assert (await journal(desk, 2))[-2:] == ["person merged", "person unmerged"]
    events = [line["event"] for line in (await person(desk, HOME))["journal"]]
    assert events == ["person unmerged", "person merged"]
    with pytest.raises(Refused, match="was not merged"):
        await desk.ask("person.unmerge", address=HOME)


async def test_of_a_chain_of_merges_each_is_undone_by_itself(desk: RunningDesk) -> None:
    for address in (ANN, BO, CID):
        await opened(desk, address)
    await merge(desk, ANN, BO)
    await merge(desk, BO, CID)
    assert {(await person(desk, each))["address"] for each in (ANN, BO, CID)} == {CID}
    await desk.ask("person.unmerge", address=BO)
    assert [(await person(desk, each))["address"] for each in (ANN, BO, CID)] == [BO, BO, CID]
    assert [(await person(desk, each))["asked"] for each in (BO, CID)] == [2, 1]
    await desk.ask("person.unmerge", address=ANN)
    assert [(await person(desk, each))["address"] for each in (ANN, BO, CID)] == [ANN, BO, CID]


async def test_the_middle_of_a_chain_is_parted_without_the_rest(desk: RunningDesk) -> None:
    for address in (ANN, BO, CID):
        await opened(desk, address)
    await merge(desk, BO, CID)
    await merge(desk, ANN, BO)  # into whom Bo is now
    await desk.ask("person.unmerge", address=BO)
    assert [(await person(desk, each))["address"] for each in (ANN, BO, CID)] == [CID, BO, CID]


async def test_a_circle_of_merges_is_refused(desk: RunningDesk) -> None:
    for address in (ANN, BO, CID):
        await opened(desk, address)
    await merge(desk, ANN, BO)
    await merge(desk, BO, CID)
    for address, to in ((CID, ANN), (BO, ANN), (ANN, CID)):
        with pytest.raises(Refused, match="one person already") as refused:
            await merge(desk, address, to)
        assert refused.value.exit is Exit.CONFLICT


async def test_the_reply_address_of_who_was_merged_is_the_others_own(desk: RunningDesk) -> None:
    await desk.mail(From="Ann <ann@home.example>")
    await desk.ask("ticket.reply", ticket=1, body="Have you tried water?")
    reply_to = (await desk.letters())[-1].reply_to
    await opened(desk, ANN, "Another")
    await merge(desk, HOME, ANN)
    fate = await desk.mail("Yes.", to=reply_to, From=f"Ann Ek <{ANN}>", Subject="Something else")
    assert (fate.name, fate.ticket) == ("appended", 1)
    assert (fate.evidence["by"], fate.evidence["role"]) == ("reply token", "participant")
    assert (await person(desk, ANN))["known"], "they answered with a token of their own"


async def test_by_the_subject_tag_too_who_was_merged_is_on_the_ticket(desk: RunningDesk) -> None:
    await opened(desk, HOME)
    await opened(desk, ANN)
    other = await desk.mail("More.", Subject="Re: Printer [desk#1]")
    assert other.name == "opened"
    await merge(desk, HOME, ANN)
    fate = await desk.mail("Even more.", Subject="Re: Printer [desk#1]")
    assert (fate.name, fate.ticket) == ("appended", 1)


async def test_who_is_on_a_ticket_twice_gets_one_letter_and_is_one_participant(desk: RunningDesk) -> None:
    await desk.mail(From=f"Ann <{HOME}>", Cc=f"Ann <{ANN}>, Bo <{BO}>")
    for address in (ANN, BO):
        await desk.ask("ticket.cc_add", ticket=1, address=address)
    await merge(desk, HOME, ANN)
    seen = await desk.view(1)
    assert [(each["address"], each["role"]) for each in seen["participants"]] == [(ANN, "requester"), (BO, "cc")]
    assert seen["proposed"] == []
    before = len(await desk.letters())
    await desk.ask("ticket.reply", ticket=1, body="Done.")
    letters = (await desk.letters())[before:]
    assert [each.to_address for each in letters] == [HOME, BO], "where she wrote from"
    fate = await desk.mail("Thanks, but it is not.", to=letters[0].reply_to, From=f"Ann <{ANN}>")
    assert (fate.name, fate.ticket, fate.evidence["role"]) == ("appended", 1, "participant")
    with pytest.raises(Refused, match="is on #1 already"):
        await desk.ask("ticket.cc_add", ticket=1, address=ANN)
    with pytest.raises(Refused, match="is not in copy"):
        await desk.ask("ticket.cc_remove", ticket=1, address=ANN)


async def test_who_is_taken_off_a_ticket_goes_under_every_name(desk: RunningDesk) -> None:
    await opened(desk, BO)
    for address in (ANN, HOME):
        await desk.ask("ticket.cc_add", ticket=1, address=address)
    await merge(desk, HOME, ANN)
    await desk.ask("ticket.cc_remove", ticket=1, address=ANN)
    await desk.ask("person.unmerge", address=HOME)
    assert [each["address"] for each in (await desk.view(1))["participants"]] == [BO]


async def test_revoked_tokens_are_those_of_the_merged_too(desk: RunningDesk) -> None:
    await desk.mail(From=f"Ann <{HOME}>")
    reply_to = (await desk.letters())[-1].reply_to
    await opened(desk, ANN)
    await merge(desk, HOME, ANN)
    assert await desk.ask("token.revoke", ticket=1, address=ANN) == {"revoked": 1}
    assert not (await desk.ask("token.explain", address=reply_to))["valid"]


async def test_language_and_being_known_are_the_survivors(desk: RunningDesk) -> None:
    await opened(desk, ANN)
    await opened(desk, HOME)
    await desk.ask("person.edit", address=ANN, language="sv")
    await desk.ask("person.edit", address=HOME, language="fi")
    await merge(desk, HOME, ANN)
    found = await person(desk, HOME)
    assert (found["language"], found["known"]) == ("sv", False)
    await desk.ask("ticket.reply", ticket=2, body="Hello")
    assert (await desk.letters())[-1].language == "sv"


async def test_people_are_found_by_every_name_that_they_have_had(desk: RunningDesk) -> None:
    await opened(desk, ANN, name="Ann Ek")
    await opened(desk, HOME, name="Annika Zetterberg")
    await desk.ask("person.alias", address=ANN, alias="quux@home.example")
    await merge(desk, HOME, ANN)
    await indexed(desk)
    for words in ("ann ek", "zetterberg", "quux", HOME):
        people = (await desk.ask("person.list", search=words))["people"]
        assert [each["address"] for each in people] == [ANN], words
    assert [each["number"] for each in (await desk.ask("ticket.search", words="ann ek"))["tickets"]] == [2, 1]
    await desk.ask("person.unmerge", address=HOME)
    await indexed(desk)
    assert [each["address"] for each in (await desk.ask("person.list", search="zetterberg"))["people"]] == [HOME]


# What is known of somebody


async def test_what_is_known_of_a_person_is_changed_and_told(desk: RunningDesk) -> None:
    await opened(desk, ANN, name="ann")
    changed = await desk.ask("person.edit", address=ANN, name="  Ann   Ek ", language="sv-SE")
    assert (changed["name"], changed["language"]) == ("Ann Ek", "sv")
    assert (await desk.ask("person.edit", address=ANN, language=""))["language"] is None
    lines = (await person(desk, ANN))["journal"]
    assert [(line["was"], line["now"]) for line in lines] == [
        ({"language": "sv"}, {"language": ""}),
        ({"name": "ann", "language": None}, {"name": "Ann Ek", "language": "sv"}),
    ]
    await desk.ask("person.edit", address=ANN, name="Ann Ek")
    assert len((await person(desk, ANN))["journal"]) == 2, "what changes nothing leaves no line"


async def test_groups_hold_people_and_are_listed(desk: RunningDesk) -> None:
    for address in (ANN, HOME, BO):
        await opened(desk, address)
    put = await desk.ask("person.group_add", group="Second Floor", addresses=[HOME, BO])
    assert (put["group"], put["changed"]) == ("second-floor", 2)
    assert (await desk.ask("person.group_add", group="second-floor", addresses=[BO]))["changed"] == 0
    await merge(desk, HOME, ANN)
    assert (await person(desk, ANN))["groups"] == ["second-floor"]
    listed = await desk.ask("person.list", group="second floor")
    assert [each["address"] for each in listed["people"]] == [BO, ANN]
    tickets = await desk.ask("ticket.list", group="second-floor")
    assert [each["number"] for each in tickets["tickets"]] == [3, 2, 1]
    left = await desk.ask("person.group_remove", group="second-floor", addresses=[ANN])
    assert [each["address"] for each in left["members"]] == [BO]


# Organisations


async def test_a_person_belongs_where_somebody_said_else_by_the_domain_of_an_address(desk: RunningDesk) -> None:
    await organisation(desk, "acme", "client.example", briefing="Call first.")
    await organisation(desk, "home", "home.example")
    for address in (ANN, HOME, "dan@nowhere.example"):
        await opened(desk, address)

    async def where(address: str) -> str | None:
        found = (await person(desk, address))["organisation"]
        return found and str(found["key"])

    assert [await where(each) for each in (ANN, HOME, "dan@nowhere.example")] == ["acme", "home", None]
    await desk.ask("person.alias", address="dan@nowhere.example", alias="dan@client.example")
    assert await where("dan@nowhere.example") == "acme"
    await desk.ask("person.edit", address=ANN, organisation="Home")
    assert await where(ANN) == "home"
    await merge(desk, ANN, HOME)
    await desk.ask("person.edit", address=HOME, organisation="acme")
    assert await where(ANN) == "acme", "that of the survivor counts"
    listed = await desk.ask("person.list", organisation="acme")
    assert [each["address"] for each in listed["people"]] == ["dan@nowhere.example", HOME]
    assert {each["organisation"] for each in listed["people"]} == {"acme"}
    tickets = await desk.ask("ticket.list", organisation="acme")
    assert [each["number"] for each in tickets["tickets"]] == [3, 2, 1]
    assert (await desk.ask("person.list", organisation="home"))["people"] == []
    await desk.ask("person.edit", address=HOME, organisation="")
    assert await where(HOME) == "home"


async def test_a_ticket_shows_the_briefing_of_its_requesters_organisation(desk: RunningDesk) -> None:
    await organisation(desk, "acme", "client.example", briefing="Call before 9.")
    await opened(desk, ANN)
    await opened(desk, "eve@nowhere.example")
    acme = {"key": "acme", "name": "Acme", "briefing": "Call before 9.", "manager": "other"}
    assert (await desk.view(1))["organisation"] == acme
    assert (await desk.view(2))["organisation"] is None


# The history


async def test_a_person_is_shown_with_their_whole_history(desk: RunningDesk) -> None:
    await desk.mail()
    desk.now += 100
    await desk.ask("ticket.take", ticket=1)
    await desk.ask("ticket.assign", ticket=1, to="other", reason="knows it")
    await desk.ask("ticket.reply", ticket=1, body="Hello.")
    desk.now += 100
    await opened(desk, BO)
    await desk.ask("ticket.cc_add", ticket=2, address=ANN)
    await desk.mail("More.", Subject="Re: [desk#1]")
    seen = await person(desk, ANN)
    assert (seen["asked"], seen["follows"]) == (1, 1)
    assert [each["number"] for each in seen["tickets"]] == [2, 1]
    assert (seen["mails"]["received"], seen["mails"]["sent"]) == (2, 1)
    assert [(each["id"], each["direction"]) for each in seen["mails"]["last"]] == [
        ("1.4", "in"),
        ("1.3", "out"),
        ("1.1", "in"),
    ]
    assert [(each["was"], each["to"], each["why"]) for each in seen["hand_overs"]] == [("agent", "other", "knows it")]
    assert (seen["first_contact"], seen["last_contact"]) == ("2026-02-02T02:40:00Z", "2026-02-02T02:43:20Z")
    assert seen["promises"] == seen["consults"] == []


async def test_what_is_hidden_stays_hidden_in_the_history(desk: RunningDesk) -> None:
    await by_hand(desk, RESTRICTED)
    await opened(desk, ANN, "Visible")
    await opened(desk, ANN, "Secret", service="hr", body="Secret")
    await desk.ask("ticket.take", by=LEAD, ticket=2, reason="a test")
    await desk.ask("ticket.reply", by=LEAD, ticket=2, body="Secret")
    seen, by_lead = await person(desk, ANN), await person(desk, ANN, by=LEAD)
    assert (seen["asked"], by_lead["asked"]) == (1, 2)
    assert (seen["mails"]["sent"], by_lead["mails"]["sent"]) == (0, 1)
    assert "Secret" not in str(seen)
    assert 'ticket": 2' not in str(seen)


# Contacts of other channels


async def test_a_contact_by_phone_is_acknowledged_as_a_mail_is(desk: RunningDesk) -> None:
    number = await opened(desk, ANN, "No sound", name="Ann Ek", channel="phone")
    assert await journal(desk, number) == ["opened", "acknowledged"]
    [letter] = await desk.letters()
    assert (letter.kind, letter.to_address) == ("acknowledgement", ANN)
    assert "Thank you for turning to IT desk about this: No sound" in text_of(letter)
    assert "has written it down for you" not in text_of(letter)


async def test_who_wrote_it_down_on_somebodys_behalf_is_named(desk: RunningDesk) -> None:
    number = await opened(desk, ANN, "No sound", channel="walk-in", on_behalf=True)
    assert (await desk.view(number))["reporter"] == "agent"
    assert "Agent has written it down for you under the number 1." in text_of((await desk.letters())[0])
    with pytest.raises(Refused, match="is no agent") as refused:
        await desk.ask("ticket.new", by=0, requester=ANN, subject="x", on_behalf=True)
    assert refused.value.exit is Exit.NOT_PERMITTED
    acting = await desk.ask("ticket.new", by=ADMIN, acting_as="other", requester=ANN, subject="x", on_behalf=True)
    assert acting["reporter"] == "other"


async def test_a_call_that_the_desk_made_is_shown_as_one(desk: RunningDesk) -> None:
    number = await opened(desk, ANN, "No sound", channel="phone", direction="out")
    assert (await desk.view(number))["direction"] == "out"
    told = text_of((await desk.letters())[0])
    assert "We turned to you about this: No sound" in told
    assert "Thank you for turning" not in told


async def test_a_contact_about_a_service_is_answered_under_the_services_address(desk: RunningDesk) -> None:
    await opened(desk, ANN, service="it")
    [letter] = await desk.letters()
    assert letter.from_address == "it@example.org"


async def test_without_notice_the_journal_says_why_nobody_was_told(desk: RunningDesk) -> None:
    await opened(desk, ANN, notify=False)
    assert await journal(desk, 1) == ["opened", "not acknowledged"]
    assert await desk.letters() == []


async def test_sec_what_came_while_two_were_merged_is_answered_to_its_own_person_once_they_are_parted(
    desk: RunningDesk,
) -> None:
    await opened(desk, BO)
    await opened(desk, HOME)
    await merge(desk, HOME, BO)
    await desk.mail("It burns.", From="Ann <ann@home.example>", Reply_To="ann@elsewhere.example")
    await desk.ask("person.unmerge", address=HOME)
    assert (await desk.view(3))["requester"]["address"] == BO
    await desk.ask("ticket.reply", ticket=3, body="SECRET of Bo")
    letters = [each for each in await desk.letters() if "SECRET of Bo" in text_of(each)]
    assert [each.to_address for each in letters] == [BO]
