"""Search on a running desk: what was just written is found by itself, and what is there from before too."""

from __future__ import annotations

from pathlib import Path

from tests import postgres
from tests.running import RunningDesk, eventually, running_desk


def found(desk: RunningDesk, words: str) -> list[int]:
    return [each["number"] for each in desk.call("ticket.search", words=words)["tickets"]]


def test_a_mail_and_a_note_are_found_soon_after(tmp_path: Path) -> None:
    with running_desk(tmp_path / "desk") as desk:
        desk.send("The giraffe is stuck in the lift.")
        eventually(lambda: found(desk, "giraffes lift") == [1], "the mail to be found")
        desk.call("ticket.note", ticket=1, body="It was an elephant.")
        eventually(lambda: found(desk, "elephant giraffe") == [1], "the note to be found")
        assert desk.call("desk.health")["search"] == {"behind": 0}
        assert [each["address"] for each in desk.call("person.list", search="ann")["people"]] == ["ann@client.example"]
        assert desk.run("ticket", "search", "elephants", "-o", "ids").out == "1\n"


def test_a_desk_whose_index_is_gone_makes_it_anew_and_a_kill_in_the_middle_loses_nothing(tmp_path: Path) -> None:
    with running_desk(tmp_path / "desk") as desk:
        for number in range(1, 61):
            desk.call("ticket.new", requester="ann@client.example", subject=f"Case{number} giraffe", notify=False)
        desk.stop()
        desk.sql("delete from ticket_words")
        desk.sql("update search_cursor set position = 0")
        for _ in range(3):
            desk.start()
            desk.kill()
        desk.start()
        eventually(lambda: desk.call("desk.health")["search"]["behind"] == 0, "the index to be there again")
        page = desk.call("ticket.search", words="giraffe", limit=100)
        assert [each["number"] for each in page["tickets"]] == list(range(60, 0, -1))
        desk.stop()
        if not postgres.is_wanted():
            desk.sql("insert into ticket_search (ticket_search) values ('integrity-check')")
