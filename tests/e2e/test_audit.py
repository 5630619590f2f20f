"""The journal of a real desk: sealed within seconds, verified, exported, and a line that was changed is found."""

from __future__ import annotations

import json

from tests.running import RunningDesk, eventually


def test_a_desk_seals_its_journal_and_finds_what_was_changed_in_it(desk: RunningDesk) -> None:
    desk.send("It burns.")
    desk.placed()
    newest = desk.call("audit.list", limit=1)["lines"][0]["id"]

    def sealed() -> dict[str, str]:
        told = dict(
            line.split(maxsplit=1) for line in desk.run("audit", "verify").out.replace("last ", "last_").splitlines()
        )
        return told if int(told["last_line"]) >= newest else {}

    told = eventually(sealed, "the journal to be sealed")
    assert (told["status"], told["erased"]) == ("ok", "0")
    lines = [json.loads(line) for line in desk.run("audit", "export").out.splitlines()]
    assert [line["event"] for line in lines][:2] == ["desk founded", "received"] or lines[0]["seal"]
    assert desk.run("audit", "verify", "--head", lines[0]["seal"]).code == 0
    missed = desk.run("audit", "verify", "--head", "f" * 64)
    assert (missed.code, "rewritten" in missed.err) == (1, True)
    opened = next(line for line in lines if line["ticket"] == 1)
    desk.sql(f"update journal set actor = 'eve@x.example' where id = {opened['id']}")
    found = desk.run("audit", "verify")
    assert (found.code, found.out) == (1, "")
    assert f"Line {opened['id']} of the journal is broken: who did it" in found.err


def test_a_daemon_that_stops_in_good_order_leaves_no_line_unsealed(desk: RunningDesk) -> None:
    for number in range(3):
        desk.call("ticket.new", requester="ann@client.example", subject=f"{number}")
    assert desk.stop() == 0
    told = desk.json("audit", "verify")
    newest = desk.json("audit", "list", "--limit", "1")[0]["id"]
    assert (told["unsealed"], told["last_line"]) == (0, newest)


def test_the_journal_is_listed_by_who_did_what(desk: RunningDesk) -> None:
    desk.call("ticket.new", requester="ann@client.example", subject="One")
    rows = desk.json("audit", "list", "--actor", "root", "--ticket", "1", "--since", "1h")
    assert [(row["event"], row["actor"], row["detail"]["uid"]) for row in rows] == [("opened", "root", 0)]
