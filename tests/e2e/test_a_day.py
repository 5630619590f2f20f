"""A day at a desk: two hundred mails and forty calls of sixty people, five agents in two tiers, three experts.

One falls ill at noon and one leaves. Everything goes over real SMTP and the installed command; at the end the books are
read: each journal is whole, everybody knows who has their case, no note has left the desk, and each ticket that was
taken is in the report on fairness.
"""

from __future__ import annotations

import json
import random
import re
import smtplib
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import pytest

from tests.running import ADDRESS, Answer, RunningDesk, running_desk, written

PEOPLE = [f"person{number}@client.example" for number in range(60)]
EXPERTS = ["lifts@supplier.example", "cables@supplier.example", "paper@supplier.example"]
FIRST, SECOND = ("maria", "bo", "cid"), ("dora", "erik")
MARKER = "no-requester-may-read-this"
DESK = """
[teams.it]
name = "IT"
members = ["maria", "bo", "cid", "dora", "erik"]

[services.vpn]
name = "VPN"
team = "it"
skills = ["vpn"]
""" + "".join(
    f"""
[agents.{login}]
name = "{login.title()} Berg"
address = "{login}@example.org"
role = "agent"
tier = {1 if login in FIRST else 2}
skills = {json.dumps(["vpn"] if login in ("maria", "dora") else [])}
"""
    for login in (*FIRST, *SECOND)
)


@dataclass
class Day:
    """The desk, and what the people of this day did at it."""

    desk: RunningDesk
    chance: random.Random
    taken: Counter[str] = field(default_factory=Counter)
    notes: Iterator[int] = field(default_factory=count)
    consults: list[tuple[int, str]] = field(default_factory=list)

    def by(self, login: str, *words: str, stdin: str = "") -> Answer:
        """What an agent's command printed; it must not fail otherwise than by a conflict with a colleague."""
        answer = self.desk.run("--as", login, *words, "--json", stdin=stdin)
        assert answer.code in (0, 5), f"{login}: {words}: {answer}"
        return answer

    def contacts(self, mails: int, calls: int) -> None:
        """People write, all over few connections, and call; each call is written down by an agent."""
        with smtplib.SMTP(*self.desk.smtp, timeout=30) as client:
            for number in range(mails):
                sender = self.chance.choice(PEOPLE)
                mail = written(f"It does not work. I tried {number} times.", sender=f"P <{sender}>", subject="Help")
                client.sendmail(sender, [ADDRESS], mail.as_bytes())
        for _ in range(calls):
            words = ["--requester", self.chance.choice(PEOPLE), "--subject", "Called", "-b", f"{MARKER} on the phone"]
            service = ["--service", "vpn"] if self.chance.random() < 0.3 else []
            self.by(self.chance.choice(FIRST), "ticket", "new", "--channel", "phone", *words, *service)
        self.desk.placed()

    def work(self, logins: tuple[str, ...], cases: int) -> None:
        """Agents take what is next and do something about it, all at the same time."""
        with ThreadPoolExecutor(len(logins)) as together:
            for each in [together.submit(self._work, login, random.Random(login), cases) for login in logins]:
                each.result()

    def _work(self, login: str, chance: random.Random, cases: int) -> None:
        for _ in range(cases):
            found = self.by(login, "ticket", "next", "--claim").json
            if found is None:
                return
            self.taken[login] += 1
            chance.choice(self._acts())(login, str(found["number"]))

    def _acts(self) -> list[Callable[[str, str], None]]:
        return [self._answer, self._answer, self._answer_and_close, self._note, self._escalate, self._let_rest]

    def _answer(self, login: str, number: str) -> None:
        self.by(login, "ticket", "reply", number, "-b", "Please switch it off and on.")

    def _answer_and_close(self, login: str, number: str) -> None:
        self._note(login, number)
        self.by(login, "ticket", "reply", number, "-b", "It is mended.", "--close")

    def _note(self, login: str, number: str) -> None:
        self.by(login, "ticket", "note", number, "-b", f"{MARKER} {next(self.notes)}: the cable is old. @erik")

    def _escalate(self, login: str, number: str) -> None:
        if login in FIRST:
            self.by(login, "ticket", "escalate", number, "--reason", "it needs somebody who knows the network")

    def _let_rest(self, login: str, number: str) -> None:
        self.by(login, "ticket", "pend", number, "--until", "+3d")

    def consult(self, login: str, expert: str) -> None:
        """The agent asks an expert about a case of theirs."""
        mine = self.by(login, "ticket", "list", "--assignee", "@me", "--state", "open").json
        number = mine[0]["number"]
        self.by(login, "ticket", "consult", str(number), "--to", expert, "-b", f"{MARKER}: what is this?")
        self.consults.append((number, expert))

    def experts_answer(self) -> None:
        self.desk.settled()
        for number, expert in self.consults:
            question = self.desk.letters(expert)[-1]
            self.desk.send(f"{MARKER}: it is the fuse.", sender=expert, to=question["Reply-To"], subject="Sv: fuse")
            assert self.desk.placed()["ticket"] == number

    def people_answer(self, most: int) -> None:
        """Some of those who got an answer write back to it."""
        answers = [each for each in self.desk.letters() if each["X-Spocd-Kind"] == "answer"]
        for letter in self.chance.sample(answers, min(most, len(answers))):
            reader = letter["Delivered-To"]
            self.desk.send("That did not help.", sender=f"P <{reader}>", to=letter["Reply-To"], subject="Re: x")
        self.desk.placed()


@pytest.fixture(scope="module")
def day(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Day]:
    """The day when it is over, and everything that was to go out went."""
    folder = tmp_path_factory.mktemp("day")
    limits = {"unknown_an_hour": 100000, "address_an_hour": 100000, "address_a_day": 100000, "unknown_a_day": 100000}
    with running_desk(folder / "desk", moves_within=1, **limits) as desk:
        (folder / "desk.toml").write_text(DESK)
        assert desk.run("apply", str(folder / "desk.toml"), "-y").code == 0
        day = Day(desk, random.Random(4))
        live(day)
        desk.settled(within=120)
        yield day


def live(day: Day) -> None:
    day.contacts(120, 24)
    day.work((*FIRST, *SECOND), 10)
    for login, expert in zip(("maria", "bo", "dora"), EXPERTS, strict=True):
        day.consult(login, expert)
    day.experts_answer()
    ill = day.desk.run("agent", "away", "bo", "--from", "+0m", "--until", "+3d", "--reason", "ill", "-y")
    assert ill.code == 0, ill
    day.contacts(80, 16)
    day.people_answer(30)
    day.work(("maria", "cid", *SECOND), 10)
    left = day.desk.run("agent", "leave", "cid", "--to", "it", "-y")
    assert left.code == 0, left
    day.work(("maria", *SECOND), 60)


def tickets(day: Day) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = day.desk.json("ticket", "list", "--state", "all", "--all")
    return found


def test_every_contact_is_a_ticket(day: Day) -> None:
    found = tickets(day)
    assert len(found) == 240
    assert Counter(each["channel"] for each in found) == {"mail": 200, "phone": 40}


def test_every_journal_is_whole(day: Day) -> None:
    assert day.desk.run("audit", "verify").code == 0
    for each in tickets(day):
        journal = day.desk.call("ticket.view", ticket=each["number"])["journal"]
        assert journal[0]["event"] == "opened"
        assert [line["at"] for line in journal] == sorted(line["at"] for line in journal)


def test_nobody_who_is_ill_or_gone_has_a_case(day: Day) -> None:
    having = Counter(each["assignee"] for each in tickets(day) if each["state"] in ("new", "open", "pending"))
    assert not {"bo", "cid"} & set(having)
    assert sum(having.values()) > 20, "the day was too short to show anything"


def test_every_requester_knows_who_has_their_case(day: Day) -> None:
    """The last letter that names somebody names the one who has it."""
    names = dict(day.desk.sql("select name, login from agent"))
    for each in tickets(day):
        if each["assignee"] is None or each["state"] not in ("open", "pending"):
            continue
        named = [names[name] for letter in letters_about(day, each) if (name := whom_it_names(letter))]
        assert named, f"#{each['number']}: nobody was named"
        assert named[-1] == each["assignee"], each["number"]


def whom_it_names(letter: Any) -> str | None:
    """Who has the case by this letter: the author of an answer, or whom a notice says that it is with."""
    if letter["X-Spocd-Kind"] == "answer":
        return str(letter["From"].addresses[0].display_name)
    found = re.search(r"(?m)^(.+) now has your case", letter.get_body(("plain",)).get_content())
    return found[1] if found else None


def letters_about(day: Day, ticket: dict[str, Any]) -> list[Any]:
    number = f"#{ticket['number']}]"
    letters = day.desk.letters(ticket["requester"]["address"])
    return [each for each in letters if number in each["Subject"] and each["X-Spocd-Kind"] != "closed"]


def text_of(letter: Any) -> str:
    return f"{letter['From']}\n{letter.get_body(('plain',)).get_content()}"


def test_no_note_has_left_the_desk(day: Day) -> None:
    inside = {f"{login}@example.org" for login in (*FIRST, *SECOND)} | set(EXPERTS)
    letters = day.desk.letters()
    assert any(MARKER in each.as_string() for each in letters if each["Delivered-To"] in inside), "nobody was told"
    leaked = [each["Subject"] for each in letters if each["Delivered-To"] not in inside and MARKER in text_of(each)]
    assert leaked == []
    for address in PEOPLE:
        assert day.desk.letters(address) or not day.desk.call("ticket.list", requester=address)["tickets"]


def test_what_an_expert_says_is_a_note(day: Day) -> None:
    for number, expert in day.consults:
        messages = day.desk.call("ticket.view", ticket=number)["messages"]
        assert [each["kind"] for each in messages if each["from"]["address"] == expert] == ["note"]


def test_the_report_on_fairness_accounts_for_each_ticket_that_was_taken(day: Day) -> None:
    report = day.desk.json("report", "fairness")
    assert report["taken"] == sum(day.taken.values())
    assert report["jumps"] == [], "all was taken from the head of the queue"
