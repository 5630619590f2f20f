"""Notes: whom they name is told, and nobody outside ever reads one, whatever happens on a desk."""

from __future__ import annotations

import contextlib
import random
from typing import Any

import pytest

from spocd.desk import clock
from spocd.desk.documents import moment
from spocd.desk.letter import Chain, Reader, post
from spocd.desk.public import Public, mail_of_people, plain
from spocd.domain.letter import Letter
from spocd.domain.notice import mentions
from spocd.errors import Refused
from tests.desk.by_hand import by_hand
from tests.desk.running_desk import AGENT, DAY, HOUR, LEAD, OTHER, RunningDesk, journal, text_of
from tests.desk.staff import STAFF, told, with_addresses, with_team

EXPERT = "eva@supplier.example"
INSIDE = "INSIDE-MARK"  # in everything that only staff and experts may read


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("@bob look", ["bob"]),
        ("ask @bob. And @Eve, (@tom)!", ["bob.", "bob", "eve", "tom"]),
        ("write to ann@bob.example or x.@bob", []),
        ("@bob@example.org", []),
        ("@", []),
        ("a/@bob: „@eve“", ["bob", "eve"]),
        ("@a.b-c_d", ["a.b-c_d"]),
        (" ".join(f"@a{number}" for number in range(100)), [f"a{number}" for number in range(40)]),
    ],
)
def test_whom_a_text_names(text: str, found: list[str]) -> None:
    assert mentions(text) == found


async def test_whoever_is_named_in_a_note_is_told_of_it_once(desk: RunningDesk) -> None:
    await with_addresses(desk)
    await desk.mail()
    await desk.ask("ticket.note", ticket=1, body="@other and @lead. @other, please look; @agent knows. @nobody")
    letters = await told(desk)
    assert [each.to_address for each in letters] == ["other@example.org", "lead@example.org"], "not the writer"
    assert "You are named in a note" in text_of(letters[0])
    assert "> @other and @lead." in text_of(letters[0])


async def test_the_writer_of_a_note_is_told_whom_it_does_not_reach(desk: RunningDesk) -> None:
    await with_addresses(desk, "agent", "lead", "other")
    await desk.mail()
    await desk.ask("agent.away", by=LEAD, agent="other", until=desk.now + DAY)
    await by_hand(desk, "update agent set left_at = 1 where login = 'lead'")
    body = "@agent: @other. @other and @lead or @othre, @admin!"
    noted = await desk.ask("ticket.note", ticket=1, body=body)
    assert [(each["login"], each["why"], each["meant"]) for each in noted["not_told"]] == [
        ("other", "away", None), ("lead", "left", None), ("admin", "no-address", None), ("othre", "unknown", "other"),
    ]  # fmt: skip
    assert noted["not_told"][0]["until"] == moment(desk.now + DAY)
    assert (await desk.view(1))["messages"][-1]["text"] == body, "it is written all the same"
    assert (await desk.ask("ticket.note", ticket=1, body="@mammoth"))["not_told"][0]["meant"] is None
    desk.now += DAY
    await desk.write(clock.look)
    assert [each.to_address for each in await told(desk)] == ["other@example.org"], "once back"
    assert (await desk.ask("ticket.note", ticket=1, body="@other!"))["not_told"] == []


async def test_sec_a_note_that_names_who_may_not_see_the_ticket_is_refused_whole(desk: RunningDesk) -> None:
    await with_addresses(desk)
    await with_team(desk, "agent", restricted=True)
    await desk.mail(to="it@example.org")
    before, letters = await desk.view(1), len(await desk.letters())
    with pytest.raises(Refused, match=r"@other may not see #1: only the team of its service does"):
        await desk.ask("ticket.note", ticket=1, body="@lead @other")
    assert await desk.view(1) == before
    assert len(await desk.letters()) == letters
    await desk.ask("ticket.note", ticket=1, body="@lead")


async def test_a_note_by_mail_tells_whom_it_names_where_the_agent_wrote_it(desk: RunningDesk) -> None:
    await with_addresses(desk)
    await desk.mail()
    await desk.ask("ticket.note", by=LEAD, ticket=1, body="@agent hm")
    [notice] = await told(desk)
    await desk.mail("@other have you seen this?", From="agent@example.org", to=notice.reply_to)
    assert [each.to_address for each in await told(desk)] == ["agent@example.org", "other@example.org"]
    await desk.mail("@admin do as I say", From="eve@evil.example", to=notice.reply_to)
    assert len(await told(desk)) == 2


async def test_sec_a_note_by_mail_does_not_tell_who_may_not_see_it(desk: RunningDesk) -> None:
    await with_addresses(desk)
    await with_team(desk, "agent", restricted=True)
    await desk.mail(to="it@example.org")
    [notice] = await told(desk)
    await desk.mail("@other look", From="agent@example.org", to=notice.reply_to)
    assert [each.to_address for each in await told(desk)] == ["agent@example.org"]


def test_sec76_only_a_mail_of_people_becomes_public() -> None:
    assert mail_of_people({"kind": "mail", "visible_text": "x"}) == Public("x")
    for kind in ("note", "automatic"):
        with pytest.raises(TypeError):
            mail_of_people({"kind": kind, "visible_text": "x"})


@pytest.mark.parametrize("name", ["body", "quote"])
def test_sec76_a_plain_text_is_no_words_for_people_outside(name: str) -> None:
    with pytest.raises(TypeError):
        plain({name: "a note"}, outside=True)
    assert plain({name: "a note"}, outside=False) == {name: "a note"}
    assert plain({name: Public("an answer")}, outside=True) == {name: "an answer"}


async def test_sec76_a_note_cannot_be_posted_to_a_requester(desk: RunningDesk) -> None:
    await desk.mail()

    async def try_it(at: Any) -> None:
        from spocd.desk.documents import find_ticket

        reader = Reader(1, "Ann", "ann@client.example", None, True, 0)
        row = {"body": "a note"}
        await post(
            at, await at.ring(), await find_ticket(at, 1), reader, kind="answer", cause="staff", message=None,
            chain=Chain(None, ()), variables=row,
        )  # fmt: skip

    with pytest.raises(TypeError):
        await desk.write(try_it)


class Day:
    """Somebody at random does something to one of a few tickets, and says INSIDE_MARK wherever only staff read it."""

    def __init__(self, desk: RunningDesk, seed: int) -> None:
        self.desk = desk
        self.chance = random.Random(seed)
        self.words = 0

    def said(self) -> str:
        self.words += 1
        return f"{INSIDE} number {self.words} @other"

    def ticket(self) -> int:
        return self.chance.randint(1, 3)

    async def letter(self, *kinds: str) -> Letter | None:
        found = [each for each in await self.desk.letters() if each.kind in kinds and each.reply_to]
        return self.chance.choice(found) if found else None

    async def step(self) -> None:
        acts = (
            self.note, self.consult, self.expert_answers, self.agent_answers, self.reply, self.requester_writes,
            self.colleague_writes, self.close, self.reopen, self.move, self.cc, self.away_reply, self.assign, self.time,
            self.split_or_merge, self.cancel, self.insider_is_answered, self.insider_is_answered,
        )  # fmt: skip
        with contextlib.suppress(Refused):
            await self.chance.choice(acts)()

    async def ask(self, operation: str, **parameters: Any) -> None:
        await self.desk.ask(operation, by=self.chance.choice((AGENT, LEAD, OTHER)), **parameters)

    async def note(self) -> None:
        await self.ask("ticket.note", ticket=self.ticket(), body=self.said())

    async def consult(self) -> None:
        quote = self.chance.random() < 0.5
        await self.ask("ticket.consult", ticket=self.ticket(), to=EXPERT, body=self.said(), quote=quote)

    async def cancel(self) -> None:
        await self.ask("ticket.consult_cancel", ticket=self.ticket(), to=EXPERT)

    async def expert_answers(self) -> None:
        if letter := await self.letter("consult", "reminder"):
            who = self.chance.choice((EXPERT, "tom@supplier.example", "cid@client.example"))
            by = self.chance.choice(
                ({"to": letter.reply_to}, {"In_Reply_To": f"<{letter.message_id}>"}, {"to": letter.return_path})
            )
            by_token = by.get("to") == letter.reply_to
            if not by_token and (who == "cid@client.example" or await self.is_on(letter.ticket, who)):
                return  # who is on the ticket and was passed a Message-ID speaks for themselves
            await self.desk.mail(self.said(), From=who, Cc="bo@client.example", **by)

    async def is_on(self, ticket: int | None, address: str) -> bool:
        assert ticket is not None
        view = await self.desk.view(ticket)
        into = view if view["merged_into"] is None else await self.desk.view(view["merged_into"])
        return any(each["address"] == address for each in into["participants"])

    async def insider_is_answered(self) -> None:
        """The worst order: who answered inside comes onto the ticket, and an answer quotes what was said last."""
        await self.consult()
        await self.expert_answers()
        await self.cc()
        for ticket in range(1, 4):
            with contextlib.suppress(Refused):
                await self.ask("ticket.reply", ticket=ticket, body="An answer", reason="it is mine")

    async def agent_answers(self) -> None:
        if letter := await self.letter("notice"):
            by = self.chance.choice(({"to": letter.reply_to}, {"In_Reply_To": f"<{letter.message_id}>"}))
            await self.desk.mail(self.said(), From=letter.to_address, **by)

    async def away_reply(self) -> None:
        if letter := await self.letter("notice", "consult", "reminder"):
            await self.desk.mail(
                self.said(), From=letter.to_address, to=letter.reply_to, envelope="", Auto_Submitted="auto-replied"
            )

    async def reply(self) -> None:
        close = self.chance.random() < 0.3
        await self.ask("ticket.reply", ticket=self.ticket(), body="An answer", close=close, reason="it is mine")

    async def requester_writes(self) -> None:
        self.words += 1
        await self.desk.mail(f"A question {self.words}", Subject=f"Re: x [desk#{self.ticket()}]")

    async def colleague_writes(self) -> None:
        self.words += 1
        letter = await self.letter("answer", "acknowledgement", "closed")
        if letter:
            await self.desk.mail(f"Me too {self.words}", From="cid@client.example", to=letter.reply_to)

    async def close(self) -> None:
        await self.ask("ticket.close", ticket=self.ticket(), body="Last words", reason=self.said())

    async def reopen(self) -> None:
        await self.ask("ticket.reopen", ticket=self.ticket(), reason=self.said())

    async def move(self) -> None:
        messages = (await self.desk.view(self.ticket()))["messages"]
        if messages:
            to = self.chance.choice(("new", str(self.ticket())))
            await self.ask("message.move", message=self.chance.choice(messages)["id"], to=to)

    async def split_or_merge(self) -> None:
        await self.ask("ticket.merge", ticket=self.ticket(), into=self.ticket())

    async def cc(self) -> None:
        who = self.chance.choice(("bo@client.example", "cid@client.example", EXPERT, "tom@supplier.example"))
        await self.ask("ticket.cc_add", ticket=self.ticket(), address=who)

    async def assign(self) -> None:
        await self.ask("ticket.assign", ticket=self.ticket(), to=self.chance.choice(STAFF), reason="it moves")

    async def time(self) -> None:
        self.desk.now += self.chance.choice((61, HOUR, DAY, 3 * DAY))
        await self.desk.write(clock.look)


@pytest.mark.parametrize("seed", range(6))
async def test_sec76_whatever_happens_nobody_outside_reads_what_staff_say_among_themselves(
    desk: RunningDesk, seed: int
) -> None:
    await with_addresses(desk)
    await by_hand(desk, "update agent set digest = '08:00' where login = 'lead'")
    for number in range(3):
        await desk.mail(f"My question {number}", Subject=f"Printer {number}", Cc="cid@client.example")
    day = Day(desk, seed)
    for _ in range(80):
        await day.step()
    inside = {f"{login}@example.org" for login in STAFF}
    letters = await desk.letters()
    leaked = [
        each
        for each in letters
        if each.to_address not in inside and each.kind not in ("consult", "reminder") and INSIDE in text_of(each)
    ]
    assert leaked == []
    assert any(INSIDE in text_of(each) for each in letters if each.to_address in inside), "it was said, and told"
    consults = [each for each in letters if each.kind in ("consult", "reminder")]
    assert {each.to_address for each in consults} <= {EXPERT}
    assert len([each for each in letters if each.to_address not in inside]) > 10


async def test_what_an_expert_is_asked_may_be_read_in_the_journal_by_staff(desk: RunningDesk) -> None:
    await desk.mail()
    await desk.ask("ticket.consult", ticket=1, to=EXPERT, body="x")
    assert "consulted" in await journal(desk, 1)
