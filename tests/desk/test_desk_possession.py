"""Files of tickets that somebody does not see: to know a SHA-256, or to guess a file, gives nothing away."""

from __future__ import annotations

import base64
import email.message
import email.policy
import hashlib
from typing import Any

import pytest

from spocd.desk import blob
from spocd.errors import Exit, Refused
from tests.desk.by_hand import a_team_with_two_services
from tests.desk.running_desk import AGENT, DAY, LEAD, OTHER, RunningDesk

SECRET = b"wages: 4000"
SHA = hashlib.sha256(SECRET).hexdigest()


def piece(content: bytes = SECRET) -> dict[str, Any]:
    sha256 = hashlib.sha256(content).hexdigest()
    return {"sha256": sha256, "offset": 0, "total": len(content), "content": base64.b64encode(content).decode()}


def mail_with(content: bytes) -> bytes:
    mail = email.message.EmailMessage(policy=email.policy.SMTP)
    mail["From"], mail["To"], mail["Subject"] = "Zed <zed@client.example>", "desk@example.org", "Wages"
    mail["Message-ID"] = "<wages@client.example>"
    mail.set_content("See the file.")
    mail.add_attachment(content, maintype="application", subtype="octet-stream", filename="wages.bin")
    return mail.as_bytes()


@pytest.fixture
async def desk(desk: RunningDesk) -> RunningDesk:
    """#1 came by mail with a file, and is of the restricted “payroll”, whose team “agent” is; #2 is for all to see."""
    await desk.receive(mail_with(SECRET), sender="zed@client.example")
    await a_team_with_two_services(desk)
    await desk.ask("ticket.edit", by=LEAD, ticket=1, service="payroll")
    await desk.ask("ticket.new", by=OTHER, requester="ann@client.example", subject="Printer")
    return desk


async def has(desk: RunningDesk, by: int, **asked: Any) -> bool:
    asked = {"sha256": SHA} | asked
    try:
        return bool(await desk.ask("blob.get", by=by, **asked))
    except Refused as refused:
        return (refused.code, refused.exit) != ("no-such-file", Exit.NOT_FOUND)


async def test_sec_a_file_of_a_hidden_ticket_is_not_there_for_whoever_knows_its_digest(desk: RunningDesk) -> None:
    raw = (await desk.ask("message.raw", message="1.1"))["sha256"]
    for by, sees in ((OTHER, False), (AGENT, True), (LEAD, True)):
        assert await has(desk, by) is sees
        assert await has(desk, by, sha256=raw, **({"message": "1.1"} if sees else {})) is sees
    for message in ("2.1", "9.9"):
        assert not await has(desk, OTHER, sha256=raw, message=message)
    with pytest.raises(Refused, match=r"There is no message 1\.1\."):
        await desk.ask("blob.get", by=OTHER, sha256=raw, message="1.1")
    await desk.ask("ticket.edit", ticket=1, service="printing")
    assert await has(desk, OTHER)
    assert await has(desk, OTHER, sha256=raw, message="1.1")
    assert not await has(desk, OTHER, sha256=raw), "a mail is asked for by its message"


async def test_sec_nobody_gets_it_by_attaching_its_digest_to_a_ticket_of_theirs(desk: RunningDesk) -> None:
    attached = [{"filename": "wages.bin", "sha256": SHA}]
    asked: list[tuple[str, dict[str, Any]]] = [
        ("ticket.note", {"ticket": 2, "body": "x"}),
        ("ticket.reply", {"ticket": 2, "body": "x"}),
        ("ticket.consult", {"ticket": 2, "body": "x", "to": "expert@supplier.example"}),
        ("ticket.new", {"requester": "ann@client.example", "subject": "x"}),
    ]
    for name, parameters in asked:
        with pytest.raises(Refused, match=r"was not sent first") as refused:
            await desk.ask(name, by=OTHER, **parameters, attachments=attached)
        assert refused.value.exit is Exit.NOT_FOUND
    await desk.ask("ticket.note", ticket=2, body="Shown to all now.", attachments=attached)
    assert await has(desk, OTHER), "whoever has it may show it"


async def test_sec_nobody_learns_by_sending_nothing_that_it_is_here(desk: RunningDesk) -> None:
    nothing = piece() | {"content": ""}
    assert (await desk.ask("blob.put", by=OTHER, **nothing))["received"] == 0
    assert (await desk.ask("blob.put", by=AGENT, **nothing))["received"] == len(SECRET)
    assert not await has(desk, OTHER)


async def test_who_sends_it_has_it_and_it_stays_what_it_was(desk: RunningDesk) -> None:
    assert (await desk.ask("blob.put", by=OTHER, **piece()))["received"] == len(SECRET)
    assert await has(desk, OTHER)
    await desk.ask("ticket.note", by=OTHER, ticket=2, body="x", attachments=[{"filename": "a.bin", "sha256": SHA}])
    for by in (OTHER, AGENT):
        assert base64.b64decode((await desk.ask("blob.get", by=by, sha256=SHA))["content"]) == SECRET
    assert await desk.read(lambda d: d.tx.all("blob_piece_starts", file=f"upload-{SHA}-{OTHER}")) == []


async def test_what_is_kept_stays_whole_while_others_send_the_same_again(desk: RunningDesk) -> None:
    """An upload that is begun, and one that is ended: neither touches the pieces of the file that is here."""
    other = piece(b"another")
    for by in (AGENT, OTHER, OTHER):
        await desk.ask("blob.put", by=by, **other)
        desk.now += DAY
        await desk.write(lambda d: blob.drop_unfinished(d.tx, d.now))
        await desk.ask("blob.put", by=OTHER, **other | {"content": ""})
        assert base64.b64decode((await desk.ask("blob.get", by=LEAD, sha256=other["sha256"]))["content"]) == b"another"
    await desk.write(lambda d: blob.erase(d, other["sha256"]))
    for by in (OTHER, AGENT):
        await desk.ask("blob.put", by=by, **other)
        desk.now += DAY
        await desk.write(lambda d: blob.drop_unfinished(d.tx, d.now))
        await desk.ask("blob.put", by=OTHER, **other | {"content": ""})
        assert base64.b64decode((await desk.ask("blob.get", by=LEAD, sha256=other["sha256"]))["content"]) == b"another"


async def test_what_was_sent_and_stands_nowhere_is_its_senders_for_a_day(desk: RunningDesk) -> None:
    other = piece(b"another")
    await desk.ask("blob.put", by=OTHER, **other)
    assert await has(desk, OTHER, sha256=other["sha256"])
    await desk.write(lambda d: blob.drop_unfinished(d.tx, d.now + 1))
    assert not await has(desk, OTHER, sha256=other["sha256"])
    assert await has(desk, LEAD, sha256=other["sha256"])


async def test_a_mail_that_failed_is_had_by_who_may_see_it_in_the_inbox(desk: RunningDesk) -> None:
    for to, sees in (("desk@example.org", True), ("it@example.org", False)):
        await desk.accept(desk.written("Poison", to=to), to)
        [mail] = await desk.lease()
        lease = {"id": mail.id, "run": desk.settings.run, "lease": mail.lease, "error": "poison"}
        await desk.write(lambda d, lease=lease: d.tx.run("mail_failed", **lease))
        if not sees:
            await desk.ask("desk.apply", by=1, text='[services.it]\nname = "IT"\nteam = "floor"\nrestricted = true\n')
        assert await has(desk, OTHER, sha256=mail.raw) is sees
        assert await has(desk, LEAD, sha256=mail.raw)
