"""Tickets made one and two again, from the socket to the ticket: over the installed command and real mail."""

from __future__ import annotations

import pytest

from tests.e2e.case import Case
from tests.running import RunningDesk


@pytest.fixture
def case(shared_desk: RunningDesk) -> Case:
    return Case.opened(shared_desk)


def second_of(case: Case) -> int:
    """Another ticket of the same person."""
    row = case.send("It is worse than I said.")
    assert row["fate"] == "opened"
    return int(row["ticket"])


def ids(case: Case, number: int) -> list[str]:
    return [each["id"] for each in case.desk.call("ticket.view", ticket=number)["messages"]]


def test_a_reply_to_a_merged_ticket_lands_on_the_survivor_and_after_unmerge_on_its_own(case: Case) -> None:
    survivor = second_of(case)
    merged = case.desk.json("ticket", "merge", str(case.number), str(survivor))
    assert (merged["number"], merged["state"]) == (case.number, "closed")
    case.desk.settled()
    told = case.desk.letters(case.requester)[-1]
    assert f"Number {case.number}" in told.get_content()
    assert f"is now part of number {survivor}." in told.get_content()
    for how in ({"to": case.reply_address}, {"to": str(told["Reply-To"])}, {"in_reply_to": told["Message-ID"]}):
        row = case.send(**how)
        assert (row["fate"], row["ticket"]) == ("appended", survivor)
    assert ids(case, survivor)[:2] == [f"{case.number}.1", f"{survivor}.1"]

    case.desk.json("ticket", "unmerge", str(case.number))
    assert ids(case, case.number) == [f"{case.number}.1"]
    row = case.send(to=case.reply_address)
    assert (row["fate"], row["ticket"]) == ("appended", case.number)
    row = case.send(to=str(told["Reply-To"]))
    assert (row["fate"], row["ticket"]) == ("appended", survivor)


def test_an_answer_to_what_was_split_off_lands_where_it_is_now(case: Case) -> None:
    row = case.send("By the way, the lift is stuck.", to=case.reply_address)
    assert row["ticket"] == case.number
    new = case.desk.json("ticket", "split", f"{case.number}.2", "--subject", "The lift", "--notify")
    assert (new["subject"], new["requester"]["address"]) == ("The lift", case.requester)
    case.desk.settled()
    acknowledgement = case.desk.letters(case.requester)[-1]
    row = case.send("Any news of the lift?", to=str(acknowledgement["Reply-To"]))
    assert row["ticket"] == new["number"]
    assert case.send("And the printer?", to=case.reply_address)["ticket"] == case.number


def test_all_that_a_list_finds_is_closed_once(case: Case) -> None:
    numbers = [case.number, second_of(case)]
    tag = f"tag-{case.number}"
    for number in numbers:
        case.desk.json("ticket", "edit", str(number), "--tag", tag)
    line = (
        "ticket",
        "bulk",
        "--tag",
        tag,
        "--json",
        "--key",
        tag,
        "--",
        "close",
        "-b",
        "The VPN is back.",
        "--reason",
        "VPN",
    )
    done = case.desk.run(*line).json
    assert [each["state"] for each in done] == ["resolved", "resolved"]
    case.desk.settled()
    told = [each for each in case.desk.letters(case.requester) if "The VPN is back." in each.get_content()]
    assert len(told) == 2
    again = ("ticket", "bulk", "--tag", tag, "--state", "all", *line[4:])
    assert [each["state"] for each in case.desk.run(*again).json] == ["resolved", "resolved"]
    case.desk.settled()
    assert len([each for each in case.desk.letters(case.requester) if "VPN" in each.get_content()]) == 2
