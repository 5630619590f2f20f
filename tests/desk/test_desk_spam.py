"""What is taken out for good: passages, files and whole messages; spam, after its time."""

from __future__ import annotations

import base64
import hashlib

import pytest

from spocd.desk import clock
from spocd.errors import Exit, Refused
from tests.desk.indexed import found, indexed
from tests.desk.kept import everything_kept
from tests.desk.running_desk import AGENT, DAY, LEAD, RunningDesk, journal, text_of

SECRET = "MARK-4929"


async def refusal(desk: RunningDesk, operation: str, **parameters: object) -> Refused:
    with pytest.raises(Refused) as refused:
        await desk.ask(operation, **parameters)
    return refused.value


async def test_a_passage_is_nowhere_any_more(desk: RunningDesk) -> None:
    await desk.mail(f"My card is {SECRET}\n5678 and it burns.", Subject=f"Card {SECRET} 5678")
    await desk.ask("ticket.reply", ticket=1, body=f"Do not send {SECRET} 5678 by mail.")
    await indexed(desk)
    assert SECRET in await everything_kept(desk)
    done = await desk.ask("ticket.redact", by=LEAD, message="1.1", text=[f"{SECRET.lower()} 5678"], reason="a card")
    assert (done["also_in"], done["letters"]) == (["1.2"], 1)
    await desk.ask("ticket.redact", by=LEAD, message="1.2", text=[SECRET], reason="a card")
    await indexed(desk)
    assert SECRET not in await everything_kept(desk)
    assert await found(desk, SECRET) == []
    assert await found(desk, "burns") == [1]
    view = await desk.view(1)
    assert view["messages"][0]["text"].split() == ["My", "card", "is", "[removed]", "and", "it", "burns."]
    assert view["subject"] == "Card [removed]"
    assert "[removed]" in text_of((await desk.letters())[-1])
    line = view["journal"][-1]
    assert (line["event"], line["message"], line["why"]) == ("redacted", "1.2", "a card")
    assert (await refusal(desk, "message.raw", message="1.1")).code == "redacted"


async def test_all_of_a_message_and_a_file_of_another(desk: RunningDesk) -> None:
    content = "bm90ZXM="  # notes
    sha256 = hashlib.sha256(base64.b64decode(content)).hexdigest()
    await desk.ask("blob.put", sha256=sha256, offset=0, total=5, content=content)
    file = {"filename": "card.txt", "sha256": sha256}
    await desk.mail(f"All {SECRET}")
    for _ in range(2):
        await desk.ask("ticket.note", ticket=1, body="See", attachments=[file])
    await desk.ask("ticket.redact", by=LEAD, message="1.1", whole=True, reason="private")
    assert (await desk.view(1))["messages"][0]["text"] == "[removed]"
    await desk.ask("ticket.redact", by=LEAD, message="1.2", attachments=["card.txt"], reason="private")
    assert (await desk.ask("blob.get", sha256=sha256))["total"] == 5, "another message has it"
    await desk.ask("ticket.redact", by=LEAD, message="1.3", attachments=["card.txt"], reason="private")
    assert (await refusal(desk, "blob.get", sha256=sha256)).code == "no-such-file"
    assert [each["attachments"] for each in (await desk.view(1))["messages"]] == [[], [], []]
    await desk.ask("blob.put", sha256=sha256, offset=0, total=5, content=content)
    assert (await desk.ask("blob.get", sha256=sha256))["content"] == content, "sent again it is there again"


@pytest.mark.parametrize(
    ("parameters", "code"),
    [
        ({"text": ["elephant"]}, "not-there"),
        ({"text": [" "]}, "no-words"),
        ({"attachments": ["x"]}, "no-such-file"),
        ({}, "nothing"),
        ({"whole": True, "reason": " "}, "no-reason"),
    ],
)
async def test_what_cannot_be_redacted_is_refused(desk: RunningDesk, parameters: dict[str, object], code: str) -> None:
    await desk.mail()
    given = {"message": "1.1", "reason": "private"} | parameters
    assert (await refusal(desk, "ticket.redact", by=LEAD, **given)).code == code
    assert (await refusal(desk, "ticket.redact", by=AGENT, **given)).exit is Exit.NOT_PERMITTED


async def test_spam_is_filed_without_a_letter_and_comes_back_when_it_is_reopened(desk: RunningDesk) -> None:
    await desk.mail()
    await desk.ask("ticket.take", ticket=1)
    before = [each.kind for each in await desk.letters()]
    filed = await desk.ask("ticket.spam", ticket=1, reason="casino")
    assert (filed["state"], filed["assignee"], filed["waiting_since"]) == ("spam", None, None)
    # Who has it is no news any more; what waited to be told goes with it.
    assert [each.kind for each in await desk.letters()] == [kind for kind in before if kind != "handover"]
    assert (await desk.ask("ticket.next"))["tickets"] == []
    assert (await refusal(desk, "ticket.spam", ticket=1)).code == "spam"
    back = await desk.ask("ticket.reopen", ticket=1)
    assert (back["state"], back["waiting_since"] is not None) == ("open", True)
    desk.now += 31 * DAY
    await desk.write(clock.look)
    assert (await desk.view(1))["messages"][0]["text"]


async def test_spam_is_deleted_after_thirty_days_with_all_that_it_held(desk: RunningDesk) -> None:
    await desk.mail("Other matter")
    raw = desk.written(f"Win {SECRET}", Subject=f"Casino {SECRET}", X_Spam_Flag="YES", Cc="x@y.example")
    await desk.receive(raw)
    again = b"Received: by other.example; Tue, 1 Dec 2026 04:00:00 +0000\r\n" + raw
    assert (await desk.receive(again, "it@example.org")).name == "further recipient"
    await indexed(desk)
    desk.now += 29 * DAY
    await desk.write(clock.look)
    assert len((await desk.view(2))["messages"]) == 1
    desk.now += 2 * DAY
    assert await desk.write(clock.look) > 0
    gone = await desk.view(2)
    assert (gone["subject"], gone["state"], gone["resolution"]) == ("(deleted)", "closed", "deleted")
    assert [each["text"] for each in gone["messages"]] == [""]
    assert gone["proposed"] == []
    assert SECRET not in await everything_kept(desk)
    assert (await journal(desk, 2))[-1] == "deleted"
    assert await desk.write(clock.look) == 0
    assert (await refusal(desk, "ticket.reopen", ticket=2)).code == "deleted"
    assert (await desk.mail("New")).ticket == 3, "its number is not given again"
    assert (await desk.view(1))["messages"][0]["text"].strip() == "Other matter"
