"""What is taken out of a message is nowhere any more, whatever way it went through the desk."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from spocd.daemon.sealing import Sealing
from spocd.desk import audit, clock, notice
from spocd.domain.delivery import Sent
from spocd.domain.redaction import REMOVED
from spocd.domain.ticket import NO_SUBJECT
from spocd.errors import Exit, Refused, TryLater
from spocd.gateway.writing import Writer
from tests.desk.by_hand import by_hand, rows
from tests.desk.indexed import found, indexed
from tests.desk.kept import bytes_of, everything_kept
from tests.desk.running_desk import ADMIN, AGENT, DAY, LEAD, OTHER, RunningDesk, text_of
from tests.desk.staff import away, told, with_addresses, with_team

MARK, OTHER_MARK = "QXMARK4929", "ZYMARK5678"  # nothing else begins so: an index keeps both whole
BOTH = f"{MARK} {OTHER_MARK}"


async def redact(desk: RunningDesk, message: str, **asked: Any) -> dict[str, Any]:
    return await desk.ask("ticket.redact", by=LEAD, message=message, reason="a card", **asked)


async def sealed(desk: RunningDesk) -> None:
    await Sealing(desk.store, lambda: desk.settings, lambda: float(desk.now)).seal()


async def refusal(desk: RunningDesk, message: str, **asked: Any) -> Refused:
    with pytest.raises(Refused) as refused:
        await redact(desk, message, **asked)
    return refused.value


async def everywhere(desk: RunningDesk) -> None:
    """A mail with the mark in its subject and its text, and all that can be done with it by mail and by hand."""
    await with_addresses(desk)
    await with_team(desk, "agent", "other")
    await by_hand(desk, "update agent set digest = '08:00' where login in ('agent', 'other')")
    # Its raw mail comes twice, in other bytes.
    raw = desk.written(f"My card is {BOTH}\nand it burns.", to="it@example.org", Subject=f"Card {BOTH}")
    await desk.receive(raw, "it@example.org")
    await desk.receive(b"Received: from elsewhere\r\n" + raw, "desk@example.org")
    await desk.mail("Another matter.", to="it@example.org", Subject="Smoke")
    await desk.ask("ticket.take", ticket=1, reason=f"they wrote {BOTH}", key="taken")
    await desk.ask("ticket.reply", ticket=1, body=f"Never send {BOTH} by mail.", key="answered")
    await desk.ask("ticket.assign", ticket=1, to="other", reason=f"knows cards like {BOTH}", key="given")
    await desk.ask("ticket.consult", by=OTHER, ticket=1, to="expert@supplier.example", body="Is it?", quote=True)
    await desk.ask("ticket.note", by=OTHER, ticket=1, body=f"@agent see {BOTH}", key="noted")
    await desk.mail(f"> {BOTH}\nIt burns still.", Subject=f"Re: Card {BOTH} [desk#1]")
    await desk.ask("message.move", by=OTHER, message="1.1", to="2")
    await desk.ask("ticket.split", by=OTHER, messages=["1.2"], key="split")
    await desk.ask("ticket.edit", by=OTHER, ticket=1, subject="Something else", key="edited")
    await desk.mail("A third.", Subject="Third")
    await desk.ask("ticket.merge", by=OTHER, ticket=4, into=2, key="merged")
    await desk.ask("ticket.merge", by=OTHER, ticket=2, into=1, key="again")
    await desk.ask("ticket.unmerge", by=OTHER, ticket=2, key="undone")
    desk.now += DAY
    await desk.write(notice.send_held)
    # What is held for the next day, too.
    await desk.ask("ticket.note", by=AGENT, ticket=1, body=f"@other once more: {BOTH}")
    await desk.mail(f"Again {BOTH}", Subject="Re: Something else [desk#1]")


async def redact_everywhere(desk: RunningDesk) -> list[dict[str, Any]]:
    """Redact the first mail, then each message that is named, until none is."""
    left, answers, seen = ["1.1"], [], set()
    while left:
        name = left.pop(0)
        if name not in seen:
            seen.add(name)
            answers.append(await redact(desk, name, text=[BOTH]))
            left += answers[-1]["also_in"]
    return answers


@pytest.mark.parametrize("is_sealed", [False, True], ids=["not sealed yet", "sealed"])
async def test_sec_what_is_redacted_is_in_no_table_any_more(desk: RunningDesk, is_sealed: bool) -> None:
    await everywhere(desk)
    await indexed(desk)
    if is_sealed:
        await sealed(desk)
    kinds = {each.kind for each in await desk.letters() if MARK in str(each.variables)}
    assert kinds >= {"answer", "consult", "digest", "handover"}
    before = await everything_kept(desk)
    for table in ("message", "ticket", "outbox", "notice", "journal", "request_key", "blob", "ticket_words"):
        found_there = [line for line in before.splitlines() if line.startswith(f"{table}:") and MARK in line.upper()]
        assert found_there, f"the test puts it into {table}"
    answers = await redact_everywhere(desk)
    assert answers[0]["letters"] > 3
    await indexed(desk)
    after = await everything_kept(desk)
    assert [line for line in after.splitlines() if MARK in line.upper() or OTHER_MARK in line.upper()] == []
    assert await found(desk, MARK) == []
    assert await found(desk, "burns") != []
    await sealed(desk)
    verified = await desk.ask("audit.verify", by=ADMIN)
    assert (verified["broken"], verified["erased"] > 0) == (None, is_sealed)


async def test_whoever_reads_the_journal_copes_with_lines_that_were_erased(desk: RunningDesk) -> None:
    await everywhere(desk)
    await sealed(desk)
    await redact_everywhere(desk)
    for number in (1, 2, 3, 4):
        assert (await desk.view(number))["journal"]
        await desk.ask("report.journey", ticket=number)
    for report in ("report.handovers", "report.fairness", "report.promises"):
        await desk.ask(report, by=LEAD)
    await desk.ask("person.view", address="ann@client.example")
    assert any(line["detail"] == {} for line in (await desk.ask("audit.list", by=LEAD, limit=500))["lines"])
    # And the brief of whoever gets it next.
    await desk.ask("ticket.assign", by=OTHER, ticket=1, to="agent", reason="to end it")


@pytest.mark.sqlite(reason="PostgreSQL's files are its server's")
async def test_sec_what_is_redacted_is_not_in_the_file_once_it_was_swept(desk: RunningDesk, tmp_path: Path) -> None:
    await everywhere(desk)
    await indexed(desk)
    assert MARK.encode() in bytes_of(tmp_path)
    await redact_everywhere(desk)
    await indexed(desk)
    await desk.store.sweep()
    left = bytes_of(tmp_path).upper()
    assert (left.count(MARK.encode()), left.count(OTHER_MARK.encode())) == (0, 0)
    assert (tmp_path / "desk.db-wal").stat().st_size == 0


@pytest.mark.sqlite(reason="PostgreSQL's files are its server's")
@pytest.mark.parametrize("others", [0, 200_000], ids=["a small index", "an index that one step does not go through"])
async def test_sec_a_word_leaves_the_old_pages_of_the_index(desk: RunningDesk, tmp_path: Path, others: int) -> None:
    await desk.mail(f"My card is {MARK}")
    await desk.mail("Another matter")
    await indexed(desk)
    many = " ".join(f"a{n}" for n in range(others))
    await by_hand(desk, f"update ticket_words set words = words || ' {many}' where ticket = 2")
    await redact(desk, "1.1", text=[MARK])
    await indexed(desk)
    await desk.store.sweep()
    assert MARK.lower().encode() not in bytes_of(tmp_path)


async def test_a_line_from_which_words_were_taken_is_not_sealed_with_them(desk: RunningDesk) -> None:
    await desk.mail(f"My card is {BOTH}")
    await desk.ask("ticket.take", ticket=1, reason=f"they wrote {BOTH}")
    batch = await desk.read(audit.unsealed)
    rows = audit.seals_of(batch)
    await redact(desk, "1.1", text=[BOTH])
    assert await desk.write(lambda at: audit.keep_seals(at, batch, rows)) is False
    await sealed(desk)
    verified = await desk.ask("audit.verify", by=ADMIN)
    assert (verified["broken"], verified["erased"]) == (None, 0)
    lines = (await desk.ask("audit.list", by=LEAD))["lines"]
    assert f"they wrote {REMOVED}" in [line["detail"].get("why") for line in lines]


async def test_an_answer_under_a_key_is_the_same_but_for_what_was_removed(desk: RunningDesk) -> None:
    await desk.mail("It burns.", Subject=f"Card {BOTH}")
    first = await desk.ask("ticket.take", ticket=1, key="k")
    await redact(desk, "1.1", text=[BOTH])
    assert await desk.ask("ticket.take", ticket=1, key="k") == first | {"subject": f"Card {REMOVED}"}


async def test_whom_it_went_to_is_said_and_to_nobody_who_was_not_sent_it_yet(desk: RunningDesk) -> None:
    await desk.mail(f"My card is {BOTH}")
    await desk.ask("ticket.reply", ticket=1, body=f"Never send {BOTH}.")
    assert (await redact(desk, "1.2", text=[MARK]))["sent_to"] == []
    await desk.send(Sent("250 ok"))
    await desk.ask("ticket.reply", ticket=1, body=f"And {OTHER_MARK} neither.")
    assert (await redact(desk, "1.3", text=[OTHER_MARK]))["sent_to"] == ["ann@client.example"]


async def test_a_file_that_went_out_is_said_to_have_gone(desk: RunningDesk) -> None:
    sha256 = "4e2e1fd9c1ed0a8cf2f9e1a4c4e9cbb6a0ee2fa7bf9f0a1e9c9c0b1f0a7d1c11"
    await desk.mail()
    await by_hand(desk, f"insert into blob (sha256, size, encoding, body) values ('{sha256}', 1, 'identity', '')")
    file = {"filename": "card.txt", "sha256": sha256}
    await desk.ask("ticket.reply", ticket=1, body="See.", attachments=[file])
    await desk.send(Sent("250 ok"))
    assert (await redact(desk, "1.2", attachments=["card.txt"]))["sent_to"] == ["ann@client.example"]


async def test_with_all_of_a_message_goes_the_subject_that_came_with_it(desk: RunningDesk) -> None:
    await desk.mail("Let me in.", Subject="hunter2")
    await desk.ask("ticket.reply", ticket=1, body="Your printer is ready.")
    await desk.mail("Thank you so much.", Subject="Re: hunter2 [desk#1]")
    done = await redact(desk, "1.1", whole=True)
    assert (done["subjects"], done["also_in"]) == ([1], ["1.3"])
    view = await desk.view(1)
    assert (view["subject"], [each["subject"] for each in view["messages"]][:2]) == (NO_SUBJECT, [REMOVED, REMOVED])
    await redact(desk, "1.3", whole=True)
    assert "hunter2" not in await everything_kept(desk)


async def test_with_all_of_a_later_message_the_subject_of_the_ticket_stays(desk: RunningDesk) -> None:
    await desk.mail("It burns.", Subject="Printer")
    await desk.mail("My card is 4929.", Subject="Re: Printer [desk#1]")
    done = await redact(desk, "1.2", whole=True)
    assert (done["subjects"], (await desk.view(1))["subject"]) == ([], "Printer")


async def test_with_all_of_a_message_goes_what_quotes_it_and_cuts_it_short(desk: RunningDesk) -> None:
    await with_addresses(desk, "agent")
    await desk.mail()
    await desk.ask("ticket.take", ticket=1)
    long = " ".join(f"secret{n}" for n in range(2000))
    await desk.mail(long, Subject="Re: Printer [desk#1]")
    assert "secret5" in text_of((await told(desk, "agent@example.org"))[-1])
    await desk.ask("ticket.assign", ticket=1, to="other", reason="ill")
    await redact(desk, "1.2", whole=True)
    assert "secret" not in await everything_kept(desk)


async def test_the_words_of_other_matters_in_a_digest_stay(desk: RunningDesk) -> None:
    await with_addresses(desk, "agent")
    await by_hand(desk, "update agent set digest = '08:00' where login = 'agent'")
    for _ in range(2):
        await desk.mail("Printer burns.")
    for number in (1, 2):
        await desk.ask("ticket.assign", by=LEAD, ticket=number, to="agent", reason="the Printer burns")
    desk.now += DAY
    await desk.write(notice.send_held)
    await redact(desk, "1.1", text=["burns"])
    [digest] = await told(desk, "agent@example.org")
    assert [each["why"] for each in digest.variables["notices"]] == [f"the Printer {REMOVED}", "the Printer burns"]


async def test_a_word_that_is_also_one_of_the_desks_own_breaks_no_letter(desk: RunningDesk) -> None:
    await with_addresses(desk, "agent")
    await desk.mail("This is new mail to the desk.")
    await desk.ask("ticket.reply", by=OTHER, ticket=1, body="Yes.")
    await desk.ask("ticket.edit", by=OTHER, ticket=1, priority="high")
    await desk.ask("ticket.assign", by=OTHER, ticket=1, to="agent", reason="new")
    own = ["desk", "in", "given", "wrote", "answered", "wait", "rest", "priority", "question", "request", "changed"]
    await redact(desk, "1.1", text=["new", "mail", *own])
    assert all(text_of(each) for each in await desk.letters())


async def test_a_reason_that_says_it_is_refused(desk: RunningDesk) -> None:
    await desk.mail(f"My card is {BOTH}")
    with pytest.raises(Refused) as refused:
        await desk.ask("ticket.redact", by=LEAD, message="1.1", text=[MARK], reason=f"the card {MARK}")
    assert (refused.value.code, refused.value.exit) == ("says-it", Exit.USAGE)
    assert MARK in (await desk.view(1))["messages"][0]["text"]


async def test_a_revision_that_is_no_more_is_refused(desk: RunningDesk) -> None:
    await desk.mail(f"My card is {BOTH}")
    rev = (await desk.view(1))["rev"]
    await desk.ask("ticket.note", ticket=1, body="x")
    assert (await refusal(desk, "1.1", text=[MARK], if_rev=rev)).code == "changed"
    await redact(desk, "1.1", text=[MARK], if_rev=(await desk.view(1))["rev"])


async def test_a_mail_that_is_about_to_be_read_keeps_its_bytes(desk: RunningDesk) -> None:
    raw = desk.written(f"My card is {BOTH}")
    await desk.receive(raw)
    await desk.accept(raw, "it@example.org")
    with pytest.raises(TryLater):
        await redact(desk, "1.1", text=[MARK])
    [again] = await desk.lease()
    assert (await desk.decide(again)).name == "further recipient"
    await redact(desk, "1.1", text=[MARK])
    assert MARK not in await everything_kept(desk)


async def test_a_letter_that_came_back_to_the_desk_is_gone_too(desk: RunningDesk) -> None:
    await desk.mail(f"My card is {BOTH}", Subject=f"Card {MARK}")
    await desk.ask("ticket.reply", ticket=1, body="Never send that.")
    loop = Writer().write((await desk.letters())[-1])
    assert (await desk.receive(loop)).name == "loop"
    await redact(desk, "1.1", text=[MARK])
    assert MARK not in await everything_kept(desk)


async def test_a_letter_that_comes_back_after_its_message_was_removed_goes_when_that_is_done_again(
    desk: RunningDesk,
) -> None:
    await desk.mail(f"My card is {BOTH}", Subject="Card")
    await desk.ask("ticket.reply", ticket=1, body="Never send that.")
    loop = Writer().write((await desk.letters())[-1])
    await redact(desk, "1.1", whole=True)
    assert (await desk.receive(loop)).name == "loop"
    assert MARK in await everything_kept(desk)
    await redact(desk, "1.1", whole=True)
    assert MARK not in await everything_kept(desk)


async def test_what_came_back_of_letters_that_do_not_say_it_stays(desk: RunningDesk) -> None:
    await desk.mail(f"My card is {BOTH}", Subject="Card")
    await desk.mail("Another matter.", sender="bo@example.com")
    await desk.ask("ticket.reply", ticket=2, body="Nothing secret.")
    other = Writer().write((await desk.letters())[-1])
    assert (await desk.receive(other)).name == "loop"
    await redact(desk, "1.1", text=[MARK])
    [(size,)] = await rows(desk, "select b.size from inbox i join blob b on b.sha256 = i.raw where i.fate = 'loop'")
    assert size > 0


async def test_what_is_held_for_somebody_who_is_away_loses_it(desk: RunningDesk) -> None:
    await with_addresses(desk, "other")
    await away(desk, "other")
    await desk.mail(f"My card is {BOTH}")
    await desk.ask("ticket.note", ticket=1, body=f"@other look at {MARK}")
    await redact(desk, "1.1", text=[MARK])
    await redact(desk, "1.2", text=[MARK])
    assert MARK not in await everything_kept(desk)
    await desk.write(clock.look)


async def test_words_of_the_desks_own_sentences_erase_nothing_and_break_no_seal(desk: RunningDesk) -> None:
    await with_addresses(desk)
    await desk.mail("No ticket, no queue, no answer: is the agent away?", Subject="Please answer")
    await desk.ask("ticket.reply", ticket=1, body="Better?")
    await desk.mail("Thanks", Subject="Re: Please answer [desk#1]")
    await desk.mail("Other")
    await desk.ask("ticket.next", claim=True)
    await desk.ask("ticket.merge", ticket=2, into=1)
    await desk.ask("agent.away", by=LEAD, agent="agent")
    await sealed(desk)
    before = await rows(desk, "select actor, event, detail from journal order by id")
    assert {json.loads(detail).get("why") for _, _, detail in before} >= {
        "no evidence of an earlier ticket", "a word of thanks", "answered it", "next in the queue", "agent is away",
    }  # fmt: skip
    done = await redact(desk, "1.1", text=["no", "ticket", "queue", "answer", "agent", "away"])
    assert done["lines"] == 0
    await redact(desk, "1.3", text=["thanks"])
    after = await rows(desk, "select actor, event, detail from journal order by id")
    assert after[: len(before)] == before
    await sealed(desk)
    verified = await desk.ask("audit.verify", by=ADMIN)
    assert (verified["broken"], verified["erased"]) == (None, 0)


async def test_a_sealed_line_that_somebody_typed_is_emptied_and_counted_and_the_seals_hold(desk: RunningDesk) -> None:
    await with_addresses(desk)
    await desk.mail(f"My card is {MARK}")
    await desk.ask("ticket.take", ticket=1)
    await desk.ask("ticket.assign", ticket=1, to="other", reason=f"knows {MARK}")
    await by_hand(
        desk, "insert into journal (ticket, at, actor, event, detail)"
        f""" values (1, 1, 'ann@client.example', 'reopened', '{{"why": "{MARK}"}}')""",
    )  # fmt: skip
    await sealed(desk)
    assert (await redact(desk, "1.1", text=[MARK]))["lines"] == 2
    emptied = await rows(desk, "select actor, event from journal where detail = '{}' order by id")
    assert emptied == [("agent", "handed over"), ("erased", "reopened")]
    await sealed(desk)
    verified = await desk.ask("audit.verify", by=ADMIN)
    assert (verified["broken"], verified["erased"]) == (None, 2)
