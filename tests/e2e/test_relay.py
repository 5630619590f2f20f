"""Letters that go out through a relay: at once, after it was down, and when its answer was lost."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.e2e.sink import Sink, listening
from tests.running import ADDRESS, RunningDesk, eventually, free_port, running_desk, written


def letters_of(desk: RunningDesk, **filters: Any) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = desk.call("mail.outbox", **filters)["letters"]
    return rows


def test_acknowledgement_and_answer_arrive_at_the_relay(tmp_path: Path) -> None:
    port = free_port()
    with (
        listening(Sink(), port) as sink,
        running_desk(tmp_path / "desk", "--relay", f"smtp://127.0.0.1:{port}") as desk,
    ):
        desk.send("It says PC LOAD LETTER.")
        eventually(lambda: len(sink.letters) == 1, "the acknowledgement")
        desk.json("ticket", "reply", "1", "-b", "Switch it off and on.\n.\n..and on.")
        eventually(lambda: len(sink.letters) == 2, "the answer")
        desk.settled()
        acknowledgement, answer = sink.letters
        assert [recipient for _, recipient in sink.envelopes] == ["ann@client.example"] * 2
        assert all(sender.startswith("bounces+b") for sender, _ in sink.envelopes)
        assert sink.envelopes[0][0] != sink.envelopes[1][0]
        assert acknowledgement["Auto-Submitted"] == "auto-replied"
        assert "Switch it off and on.\n.\n..and on." in answer.get_content().replace("\r\n", "\n")
        assert {each["state"] for each in letters_of(desk)} == {"sent"}


def test_a_relay_that_is_down_is_waited_for_and_flush_does_not_wait(tmp_path: Path) -> None:
    port = free_port()
    with running_desk(tmp_path / "desk", "--relay", f"smtp://127.0.0.1:{port}") as desk:
        desk.send()
        deferred = eventually(lambda: [each for each in letters_of(desk) if each["reply"]], "a first try")
        assert (deferred[0]["state"], deferred[0]["tries"]) == ("waiting", 1)
        [shown] = desk.json("mail", "outbox", "--state", "waiting")
        assert shown["next_try_at"] > shown["created_at"]
        assert desk.json("health")["outbox"]["waiting"] == 1
        with listening(Sink(), port) as sink:
            assert desk.json("mail", "flush") == {"letters": 1}
            desk.settled()
            assert len(sink.letters) == 1
        assert letters_of(desk)[0]["state"] == "sent"


def test_what_is_held_goes_when_it_is_flushed(tmp_path: Path) -> None:
    port = free_port()
    with (
        listening(Sink(), port) as sink,
        running_desk(tmp_path / "desk", "--relay", f"smtp://127.0.0.1:{port}") as desk,
    ):
        desk.json("mail", "hold", "-y")
        desk.send()
        desk.placed()
        health = desk.run("health", "--json")
        assert (health.code, health.json["status"]) == (9, "warning")
        assert "mail flush" in health.json["faults"][0]
        assert sink.letters == []
        desk.json("mail", "flush")
        desk.settled()
        assert len(sink.letters) == 1


def test_a_lost_answer_after_the_dot_brings_one_copy_with_the_same_message_id(tmp_path: Path) -> None:
    port = free_port()
    with (
        listening(Sink(lost_answers=1), port) as sink,
        running_desk(tmp_path / "desk", "--relay", f"smtp://127.0.0.1:{port}") as desk,
    ):
        desk.send()
        eventually(lambda: letters_of(desk) and letters_of(desk)[0]["reply"], "the first try")
        assert letters_of(desk)[0]["state"] == "waiting"
        desk.json("mail", "flush")
        desk.settled()
        first, second = sink.letters
        assert first["Message-ID"] == second["Message-ID"]
        assert first.as_bytes() == second.as_bytes()
        assert letters_of(desk)[0]["state"] == "sent"


def test_an_answer_lost_twice_leaves_the_letter_unknown_and_the_agent_a_note(tmp_path: Path) -> None:
    port = free_port()
    with (
        listening(Sink(lost_answers=2), port) as sink,
        running_desk(tmp_path / "desk", "--relay", f"smtp://127.0.0.1:{port}") as desk,
    ):
        desk.send()
        eventually(lambda: letters_of(desk) and letters_of(desk)[0]["reply"], "the first try")
        desk.json("mail", "flush")
        eventually(lambda: letters_of(desk)[0]["state"] == "unknown", "the second try")
        assert len({letter["Message-ID"] for letter in sink.letters}) == 1
        assert len(sink.letters) == 2
        health = desk.run("health", "--json")
        assert (health.code, health.json["outbox"]["unknown"]) == (9, 1)
        assert desk.view(1)["messages"][-1]["kind"] == "note"
        desk.json("mail", "flush")
        assert letters_of(desk)[0]["state"] == "unknown", "nothing sends it a third time by itself"


def test_a_desk_that_dies_while_the_relay_thinks_sends_once_more_and_then_asks(tmp_path: Path) -> None:
    port = free_port()
    with (
        listening(Sink(silent_answers=2), port) as sink,
        running_desk(tmp_path / "desk", "--relay", f"smtp://127.0.0.1:{port}") as desk,
    ):
        desk.send()
        for copies in (1, 2):
            eventually(lambda copies=copies: len(sink.letters) == copies, "the letter at the relay")  # type: ignore[misc]
            desk.kill()
            desk.start()
        [letter] = letters_of(desk)
        assert letter["state"] == "unknown"
        assert len({str(each["Message-ID"]) for each in sink.letters}) == 1
        note = desk.view(1)["messages"][-1]
        assert note["kind"] == "note"
        assert "may or may not have arrived" in note["text"]
        desk.json("mail", "flush", str(letter["id"]))
        desk.settled()
        assert len(sink.letters) == 3, "who names the letter wants it sent"


def test_two_desks_that_write_to_each_other_stop(tmp_path: Path) -> None:
    """One mail that claims to come from the other desk is all that it takes to begin."""
    port = free_port()
    theirs = RunningDesk.made(tmp_path / "theirs", "--relay", f"smtp://127.0.0.1:{port}")
    theirs.change(address="desk@other.example")
    host, at = theirs.smtp
    with running_desk(tmp_path / "ours", "--relay", f"smtp://{host}:{at}") as ours:
        theirs.config.write_text(theirs.config.read_text().replace(f":{port}", f":{ours.smtp[1]}"))
        theirs.start()
        try:
            mail = written("Hello, desk.", sender="desk@other.example", to=ADDRESS)
            ours.deliver(mail.as_bytes(), to=[ADDRESS])
            ours.settled()
            eventually(lambda: theirs.call("mail.inbox")["mails"], "the acknowledgement to arrive there")
            theirs.settled()
            ours.settled()
            assert len(letters_of(ours)) == 1
            assert letters_of(theirs) == []
            assert len(ours.call("mail.inbox")["mails"]) == 1
        finally:
            theirs.kill()


def test_an_orderly_stop_waits_for_the_relay_and_sends_nothing_twice(tmp_path: Path) -> None:
    port = free_port()
    with (
        listening(Sink(seconds=3.0), port) as sink,
        running_desk(tmp_path / "desk", "--relay", f"smtp://127.0.0.1:{port}") as desk,
    ):
        desk.send()
        eventually(lambda: len(sink.letters) == 1, "the letter at the relay, which has not answered yet")
        assert desk.stop() == 0
        desk.start()
        [letter] = letters_of(desk)
        assert (letter["state"], letter["tries"]) == ("sent", 1)
        assert len(sink.letters) == 1
