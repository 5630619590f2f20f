"""A question to an expert, on a case that becomes part of another: what is waited for goes along, and comes back."""

from __future__ import annotations

from dataclasses import dataclass
from email.message import EmailMessage
from typing import Any

import pytest

from tests.e2e.case import Case, stranger
from tests.running import RunningDesk, eventually

MARK = "INSIDE-MARK"


@dataclass(frozen=True)
class Asked:
    """An expert was asked about `case`; `into` is another ticket of the same requester."""

    case: Case
    into: int
    expert: str
    question: EmailMessage

    @classmethod
    def of(cls, desk: RunningDesk) -> Asked:
        case, expert = Case.opened(desk), stranger()
        into = case.send("About something else.")["ticket"]
        assert into != case.number
        desk.json("ticket", "consult", str(case.number), "--to", expert, "-b", f"Is it known? {MARK}")
        desk.settled()
        [question] = desk.letters(expert)
        return cls(case, into, expert, question)

    @property
    def desk(self) -> RunningDesk:
        return self.case.desk

    def merge(self) -> None:
        self.desk.json("ticket", "merge", str(self.case.number), str(self.into))

    def unmerge(self) -> None:
        self.desk.json("ticket", "unmerge", str(self.case.number))

    def cancel(self, ticket: int) -> None:
        self.desk.json("ticket", "consult", str(ticket), "--cancel", self.expert)

    def answers(self, letter: EmailMessage) -> dict[str, Any]:
        """The expert answers a letter; the message that this became, with the ticket that it is on."""
        self.desk.send(f"It is the fuse. {MARK}", sender=self.expert, to=str(letter["Reply-To"]), subject="Sv: fuse")
        ticket = self.desk.placed()["ticket"]
        message: dict[str, Any] = self.desk.call("ticket.view", ticket=ticket)["messages"][-1]
        assert (message["from"]["address"], message["kind"]) == (self.expert, "note")
        return {**message, "ticket": ticket}

    def states(self) -> list[list[str]]:
        """How the questions stand on the case, and on the other ticket."""
        views = [self.desk.call("ticket.view", ticket=number) for number in (self.case.number, self.into)]
        return [[each["state"] for each in view["consults"]] for view in views]

    def time_comes(self) -> list[EmailMessage]:
        """Let it be time for every reminder, and the clock be looked at; the expert's letters."""
        another = Asked.of(self.desk)
        self.desk.stop()
        self.desk.sql("update consult set remind_at = asked_at where remind_at is not null")
        self.desk.start()
        eventually(lambda: len(self.desk.letters(another.expert)) == 2, "the reminder of another expert")
        self.desk.settled()
        return self.desk.letters(self.expert)

    def check_inside(self) -> None:
        assert not [each for each in self.desk.letters(self.case.requester) if MARK in each.as_string()]


@pytest.fixture
def asked(shared_desk: RunningDesk) -> Asked:
    return Asked.of(shared_desk)


def test_the_answer_lands_as_a_note_where_the_case_lives_on_and_unmerge_gives_the_question_back(asked: Asked) -> None:
    asked.merge()
    assert asked.states() == [[], ["waiting"]]
    assert asked.answers(asked.question)["ticket"] == asked.into
    assert asked.states() == [[], ["answered"]]
    asked.unmerge()
    assert asked.states() == [["answered"], []]
    asked.check_inside()


def test_reminders_go_on_under_the_number_that_the_expert_knows_and_are_answered_there(asked: Asked) -> None:
    asked.merge()
    question, reminder = asked.time_comes()
    assert reminder["X-Spocd-Kind"] == "reminder"
    assert reminder["In-Reply-To"] == question["Message-ID"]
    assert (str(question["Subject"])[:3], str(reminder["Subject"])) == ("Pri", f"Re: {question['Subject']}")
    assert f"#{asked.case.number}]" in str(reminder["Subject"])
    assert asked.states() == [[], ["waiting"]]
    assert asked.answers(reminder)["ticket"] == asked.into
    assert len(asked.time_comes()) == 2, "who has answered is reminded no more"
    asked.check_inside()


def test_what_is_unmerged_unanswered_is_waited_for_reminded_of_and_answered_on_its_own(asked: Asked) -> None:
    asked.merge()
    asked.unmerge()
    assert asked.states() == [["waiting"], []]
    [_, reminder] = asked.time_comes()
    assert asked.answers(reminder)["ticket"] == asked.case.number
    assert asked.states() == [["answered"], []]
    asked.check_inside()


@pytest.mark.parametrize("when", ["before", "after"])
def test_what_is_not_waited_for_stays_so_whatever_becomes_of_the_case(asked: Asked, when: str) -> None:
    if when == "before":
        asked.cancel(asked.case.number)
    asked.merge()
    if when == "after":
        asked.cancel(asked.into)
    assert asked.states() == ([["ended"], []] if when == "before" else [[], ["ended"]])
    assert len(asked.time_comes()) == 1, "nobody is reminded"
    asked.unmerge()
    assert asked.states() == [["ended"], []]
    assert len(asked.time_comes()) == 1
    asked.merge()
    assert asked.answers(asked.question)["ticket"] == asked.into, "what they still write is filed all the same"
    asked.unmerge()
    assert asked.states() == [["ended"], []]
    asked.check_inside()
