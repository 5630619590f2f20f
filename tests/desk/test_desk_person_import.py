"""People taken in from a directory: known, found, the same again changes nothing, and bad rows are told."""

from __future__ import annotations

from typing import Any

import pytest

from spocd.errors import Exit, Refused
from tests.desk.by_hand import by_hand
from tests.desk.indexed import indexed
from tests.desk.running_desk import LEAD, START, RunningDesk

ANN, HOME, BO = "ann@client.example", "ann@home.example", "bo@client.example"
ACME = f"insert into organisation (key, name, briefing, created_at) values ('acme', 'Acme Ltd', '', {START})"


async def take_in(desk: RunningDesk, *rows: dict[str, Any]) -> dict[str, Any]:
    people = [{"line": at, **row} for at, row in enumerate(rows, 2)]
    return await desk.ask("person.import", by=LEAD, people=people)


async def test_people_come_in_and_the_same_again_changes_nothing(desk: RunningDesk) -> None:
    await by_hand(desk, ACME)
    ann = {"address": "Ann@client.example", "aliases": [HOME], "name": "Ann  Ek", "language": "sv-SE"}
    rows = [ann | {"organisation": "acme ltd", "groups": ["Second Floor", "staff"]}, {"address": BO}]
    assert await take_in(desk, *rows) == {"added": 2, "changed": 0, "unchanged": 0, "refused": [], "unspoken": []}
    seen = await desk.ask("person.view", address=HOME)
    assert (seen["name"], seen["language"], seen["known"]) == ("Ann Ek", "sv", True)
    assert seen["addresses"] == ["Ann@client.example", HOME]
    assert (seen["organisation"]["key"], seen["groups"]) == ("acme", ["second-floor", "staff"])
    assert [each["event"] for each in seen["journal"]] == ["person imported"]
    desk.now += 100
    assert await take_in(desk, *rows) == {"added": 0, "changed": 0, "unchanged": 2, "refused": [], "unspoken": []}
    assert (await desk.ask("person.view", address=HOME)) == seen


async def test_the_directory_says_names_and_a_person_their_language(desk: RunningDesk) -> None:
    await desk.ask("ticket.new", requester=ANN, subject="Printer", name="ann")
    await desk.ask("person.edit", address=ANN, language="fi")
    done = await take_in(desk, {"address": ANN, "name": "Ann Ek", "language": "sv", "aliases": [HOME]})
    assert (done["added"], done["changed"]) == (0, 1)
    seen = await desk.ask("person.view", address=ANN)
    assert (seen["name"], seen["language"], seen["known"]) == ("Ann Ek", "fi", True)
    assert seen["addresses"] == [ANN, HOME]
    assert (await take_in(desk, {"address": ANN}))["unchanged"] == 1, "what a file does not say stays"
    assert (await desk.ask("person.view", address=ANN))["name"] == "Ann Ek"


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ({"address": "alice@example.org)bob@evil.com"}, "is not one plain mail address"),
        ({"address": "a@b.c,d@e.f"}, "is not one plain mail address"),
        ({"address": '"a b"@x.example'}, "is not one plain mail address"),
        ({"address": "<ann@x.example>"}, "is not one plain mail address"),
        ({"address": "ann@x.example\n"}, "is not one plain mail address"),
        ({"address": "x@x.example", "aliases": ["b"]}, "is not one plain mail address"),
        ({"address": "desk@example.org"}, "is an address of this desk"),
        ({"address": "desk+r11@example.org"}, "is an address of this desk"),
        ({"address": "x@x.example", "name": "\x1b[2J"}, "The name holds the control character"),
        ({"address": "x@x.example", "groups": ["a,b"]}, "is no name of a group"),
        ({"address": "x@x.example", "organisation": "nowhere"}, "There is no organisation “nowhere”"),
        ({"address": BO}, "stands in line 2 already"),
    ],
)
async def test_a_bad_row_is_told_with_its_line_and_the_others_are_taken(
    desk: RunningDesk, row: dict[str, Any], why: str
) -> None:
    done = await take_in(desk, {"address": BO}, row, {"address": ANN})
    assert done["added"] == 2
    [bad] = done["refused"]
    assert bad["line"] == 3
    assert why in bad["why"]
    assert len((await desk.ask("person.list"))["people"]) == 2


async def test_who_speaks_what_the_desk_does_not_write_is_taken_in_and_the_language_told(desk: RunningDesk) -> None:
    done = await take_in(
        desk,
        {"address": BO, "language": "fr-CA"},
        {"address": ANN, "language": "fr, sv;q=0.8"},
        {"address": HOME, "language": "klingon"},
    )
    assert (done["added"], done["refused"], done["unspoken"]) == (3, [], ["fr-CA", "klingon"])
    seen = [(await desk.ask("person.view", address=each))["language"] for each in (BO, ANN, HOME)]
    assert seen == [None, "sv", None]


async def test_a_row_that_would_make_two_people_one_is_told_how(desk: RunningDesk) -> None:
    await take_in(desk, {"address": ANN}, {"address": HOME})
    done = await take_in(desk, {"address": ANN, "aliases": [HOME]})
    assert f"spocd person merge {HOME} {ANN}" in done["refused"][0]["why"]
    await desk.ask("person.merge", address=HOME, to=ANN)
    assert (await take_in(desk, {"address": ANN, "aliases": [HOME]}))["unchanged"] == 1
    done = await take_in(desk, {"address": ANN}, {"address": HOME})
    assert "the person of line 2" in done["refused"][0]["why"]


async def test_whoever_came_in_is_found_and_writes_as_themselves(desk: RunningDesk) -> None:
    await take_in(desk, {"address": ANN, "name": "Annika Zetterberg", "aliases": [HOME]})
    await indexed(desk)
    for words in ("zetterberg", "home.example"):
        assert [each["address"] for each in (await desk.ask("person.list", search=words))["people"]] == [ANN]
    await desk.mail(From=f"Somebody <{HOME}>")
    assert (await desk.view(1))["requester"] == {"name": "Annika Zetterberg", "address": ANN}
    await desk.ask("ticket.new", requester="new@client.example", subject="After the import")
    assert len((await desk.ask("person.list"))["people"]) == 2


async def test_a_thousand_come_in_at_once_and_no_more(desk: RunningDesk) -> None:
    rows = [{"address": f"p{n}@client.example", "name": f"Person {n}", "groups": ["all"]} for n in range(1000)]
    assert (await take_in(desk, *rows))["added"] == 1000
    assert (await take_in(desk, *rows))["unchanged"] == 1000
    with pytest.raises(Refused, match="At most 1000") as refused:
        await take_in(desk, *rows, {"address": ANN})
    assert refused.value.exit is Exit.USAGE
