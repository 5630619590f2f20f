"""Two who are one, over the installed command and real mail: old reply addresses, one letter, and parted again."""

from __future__ import annotations

import json
from pathlib import Path

from tests.running import RunningDesk

HOME, WORK, BO = "ann@home.example", "ann@work.example", "bo@work.example"


def test_the_old_reply_address_of_who_was_merged_leads_to_the_same_ticket(desk: RunningDesk) -> None:
    desk.send(sender=HOME, subject="Printer")
    desk.settled()
    reply_to = str(desk.letters(HOME)[0]["Reply-To"])
    desk.json("ticket", "new", "--requester", WORK, "--subject", "Another", "-b", "x", "--no-notify")
    desk.json("person", "merge", HOME, WORK)
    desk.send("It is mended.", sender=WORK, to=reply_to, subject="Something else")
    desk.settled()
    [first, second] = desk.view(1)["messages"]
    assert (second["from"]["address"], second["evidence"]["by"]) == (WORK, "reply token")
    assert second["evidence"]["role"] == "participant"
    assert desk.view(1)["requester"]["address"] == WORK
    assert [row["number"] for row in desk.json("ticket", "list", "--requester", HOME)] == [2, 1]
    desk.json("person", "unmerge", HOME)
    assert [row["number"] for row in desk.json("ticket", "list", "--requester", HOME)] == [1]
    assert first["from"]["address"] == HOME


def test_who_is_on_a_ticket_under_two_addresses_gets_one_letter(desk: RunningDesk) -> None:
    desk.send(sender=HOME, subject="Printer")
    desk.settled()
    for address in (WORK, BO):
        desk.json("ticket", "cc", "add", "1", address)
    desk.json("person", "merge", WORK, HOME)
    before = desk.letters_now()
    desk.json("ticket", "reply", "1", "-b", "Have you tried water?")
    desk.settled()
    told = [str(letter["To"]) for letter in desk.letters()[before:]]
    assert len(told) == 2
    assert sum(HOME in each for each in told) == sum(BO in each for each in told) == 1
    assert not any(WORK in each for each in told)
    assert [each["address"] for each in desk.view(1)["participants"]] == [HOME, BO]


def test_people_come_in_from_a_file_twice_and_are_known(desk: RunningDesk, tmp_path: Path) -> None:
    rows = "".join(f"p{n}@work.example,Person {n},staff\n" for n in range(1500))
    (tmp_path / "people.csv").write_text(f"mail,cn,memberOf\n{rows}nobody at all,Bad,staff\n")
    first = desk.run("person", "import", str(tmp_path / "people.csv"), "--json")
    assert (first.code, first.json["added"], len(first.json["refused"])) == (7, 1500, 1)
    assert "line 1502" in first.err
    again = desk.run("person", "import", str(tmp_path / "people.csv"), "--json")
    assert (again.json["added"], again.json["changed"], again.json["unchanged"]) == (0, 0, 1500)
    listed = json.loads(desk.run("person", "list", "--group", "staff", "--all", "--json").out)
    assert len(listed) == 1500
    seen = desk.json("person", "view", "p7@work.example")
    assert (seen["name"], seen["known"], seen["groups"]) == ("Person 7", True, ["staff"])
