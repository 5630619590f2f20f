"""Agents and experts by real mail: told, asked, answering; and nothing of it in what the requester reads."""

from __future__ import annotations

from pathlib import Path

from tests.running import RunningDesk, eventually, running_desk

MARK = "INSIDE-MARK"
EVA = "Eva Expert <eva@supplier.example>"
BOB = "Bob <bob@example.org>"


def letter_to(desk: RunningDesk, address: str, kind: str) -> dict[str, str]:
    """The newest letter of a kind to somebody: its headers, and its text as `text`."""

    def found() -> dict[str, str] | None:
        letters = [each for each in desk.letters(address) if each["X-Spocd-Kind"] == kind]
        if not letters:
            return None
        body = letters[-1].get_body(("plain",))
        assert body is not None
        return {**{name: str(value) for name, value in letters[-1].items()}, "text": str(body.get_content())}

    return eventually(found, f"a {kind} to {address}")  # type: ignore[return-value]


def test_an_expert_and_an_agent_answer_by_mail_and_the_requester_reads_none_of_it(tmp_path: Path) -> None:
    with running_desk(tmp_path / "desk", "--admin", "root-admin") as desk:
        desk.json("agent", "new", "bob", "--uid", "54321", "--address", "bob@example.org")
        desk.send("It does not start.")
        desk.settled()
        desk.json("--as", "bob", "ticket", "take", "1")
        said = f"Is this a known fault? {MARK} 1"
        desk.json("--as", "bob", "ticket", "consult", "1", "--to", "eva@supplier.example", "-b", said)
        question = letter_to(desk, "eva@supplier.example", "consult")
        assert question["Reply-To"].startswith("desk+e")
        assert "Auto-Submitted" not in question
        assert "It does not start" not in question["text"]

        desk.send(f"Yes, since May. {MARK} 2", sender=EVA, to=question["Reply-To"], in_reply_to=question["Message-ID"])
        notice = letter_to(desk, "bob@example.org", "notice")
        assert notice["Reply-To"].startswith("desk+a")
        assert notice["Auto-Submitted"] == "auto-generated"
        assert f"{MARK} 2" in notice["text"]

        desk.send(f"Eva is right. {MARK} 3", sender=BOB, to=notice["Reply-To"], in_reply_to=notice["Message-ID"])
        desk.placed()
        seen = desk.view(1)
        assert [each["kind"] for each in seen["messages"]] == ["mail", "note", "note", "note"]
        assert [each["state"] for each in seen["consults"]] == ["answered"]
        assert [each["address"] for each in seen["participants"]] == ["ann@client.example"]
        shown = desk.run("ticket", "view", "1").out
        assert "INTERNAL question by bob" in shown
        assert "INTERNAL answer of an expert by Eva Expert" in shown
        assert "INTERNAL note by mail by Bob" in shown
        assert "asked  eva@supplier.example" in shown.replace(
            "Eva Expert <eva@supplier.example>", "eva@supplier.example"
        )

        desk.json("--as", "bob", "ticket", "note", "1", "-b", f"@root-admin closing it, {MARK} 4")
        desk.json("--as", "bob", "ticket", "reply", "1", "-b", "It is a known fault.", "--promise", "+2h")
        answer = letter_to(desk, "ann@client.example", "answer")
        assert "We will write to you again by" in answer["text"]
        desk.json("--as", "bob", "ticket", "reply", "1", "-b", "Mended.", "--close")
        desk.settled()
        to_ann = desk.letters("ann@client.example")
        assert len(to_ann) >= 3
        assert not [each for each in to_ann if MARK in each.as_string()]
        assert {each["Delivered-To"] for each in desk.letters() if MARK in each.as_string()} <= {
            "bob@example.org",
            "eva@supplier.example",
        }
        [count] = desk.json("report", "promises")
        assert (count["agent"], count["made"], count["kept"]) == ("bob", 1, 1)
