"""A day at a desk: two hundred mails and forty calls of sixty people, five agents in two tiers, four experts.

One falls ill at noon and one leaves; some go before their turn, tickets are merged and parted, closed with a last word,
and five cases are for the payroll team alone. Mails go over real SMTP; what happens once goes by the installed command,
what happens again and again by the socket that the command uses. At the end the books are read: each journal tells what
its ticket is, everybody knows who has their case, no note has left the desk, nobody outside of payroll sees anything of
theirs, and each ticket that was taken is in the report on fairness.
"""

from __future__ import annotations

import json
import random
import re
import smtplib
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from email.message import EmailMessage
from itertools import count
from typing import Any

import pytest

from spocd.errors import Exit, Refused
from tests.e2e.replay import FIELDS, replayed
from tests.running import ADDRESS, Answer, RunningDesk, eventually, running_desk, written

PEOPLE = [f"person{number}@client.example" for number in range(60)]
EXPERTS = ["lifts@supplier.example", "cables@supplier.example", "paper@supplier.example"]
LATE = "late@supplier.example"
FIRST, SECOND = ("maria", "bo", "cid"), ("dora", "erik")
MARKER = "no-requester-may-read-this"
PAYROLL = "payroll-alone-may-read-this"
LAST_WORD = "It was the fuse, and it will not happen again."
DESK = """
[teams.it]
name = "IT"
members = ["maria", "bo", "cid", "dora", "erik"]

[teams.pay]
name = "Payroll"
members = ["dora", "erik"]

[services.vpn]
name = "VPN"
team = "it"
skills = ["vpn"]

[services.payroll]
name = "Payroll"
team = "pay"
restricted = true
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
    jumps: list[tuple[int, str]] = field(default_factory=list)
    last_words: list[int] = field(default_factory=list)
    payroll: list[int] = field(default_factory=list)
    merged: list[int] = field(default_factory=list)
    letters: dict[str, list[EmailMessage]] = field(default_factory=dict)  # by whom they went to, once the day is over

    def by(self, login: str, *words: str, stdin: str = "") -> Answer:
        """What an agent's command printed; it must not fail otherwise than by a conflict with a colleague."""
        answer = self.desk.run("--as", login, *words, "--json", stdin=stdin)
        assert answer.code in (0, 5), f"{login}: {words}: {answer}"
        return answer

    def does(self, login: str, operation: str, **parameters: Any) -> dict[str, Any]:
        """As `by`, without the time that a command takes to start; {} where a colleague was quicker."""
        try:
            return self.desk.call(operation, acting_as=login, **parameters)
        except Refused as refused:
            if refused.exit != Exit.CONFLICT:
                raise
            return {}

    def contacts(self, mails: int, calls: int) -> None:
        """People write, all over few connections, and call; each call is written down by an agent."""
        with smtplib.SMTP(*self.desk.smtp, timeout=30) as client:
            for number in range(mails):
                sender = self.chance.choice(PEOPLE)
                mail = written(f"It does not work. I tried {number} times.", sender=f"P <{sender}>", subject="Help")
                client.sendmail(sender, [ADDRESS], mail.as_bytes())
        for _ in range(calls):
            call = {"requester": self.chance.choice(PEOPLE), "subject": "Called", "body": f"{MARKER} on the phone"}
            service = {"service": "vpn"} if self.chance.random() < 0.3 else {}
            self.does(self.chance.choice(FIRST), "ticket.new", channel="phone", **call, **service)
        self.desk.placed()

    def payroll_cases(self) -> None:
        """Three call those who may know of it; two write to everybody, and their cases are put right."""
        for number in range(5):
            requester, subject = f"paid{number}@client.example", f"{PAYROLL} {number}"
            if number < 3:
                new = ("ticket", "new", "--requester", requester, "--subject", subject, "--service", "payroll")
                self.payroll.append(self.by("erik", *new, "-b", PAYROLL).json["number"])
                continue
            self.desk.send(PAYROLL, sender=requester, subject=subject)
            self.payroll.append(self.desk.placed()["ticket"])
            assert self.by("erik", "ticket", "edit", str(self.payroll[-1]), "--service", "payroll").code == 0

    def work(self, logins: tuple[str, ...], cases: int) -> None:
        """Agents take what is next and do something about it, all at the same time."""
        with ThreadPoolExecutor(len(logins)) as together:
            for each in [together.submit(self._work, login, random.Random(login), cases) for login in logins]:
                each.result()

    def _work(self, login: str, chance: random.Random, cases: int) -> None:
        for _ in range(cases):
            found = self.does(login, "ticket.next", claim=True)["tickets"]
            if not found:
                return
            self.taken[login] += 1
            chance.choice(self._acts())(login, found[0]["number"])

    def _acts(self) -> list[Callable[[str, int], None]]:
        return [self._answer, self._answer, self._answer_and_close, self._note, self._escalate, self._let_rest]

    def _answer(self, login: str, number: int) -> None:
        self.does(login, "ticket.reply", ticket=number, body="Please switch it off and on.")

    def _answer_and_close(self, login: str, number: int) -> None:
        self._note(login, number)
        self.does(login, "ticket.reply", ticket=number, body="It is mended.", close=True)

    def _note(self, login: str, number: int) -> None:
        # Whom a note names has to see the ticket: not everybody sees payroll's.
        self.does(login, "ticket.note", ticket=number, body=f"{MARKER} {next(self.notes)}: the cable is old. @erik")

    def _escalate(self, login: str, number: int) -> None:
        if login in FIRST:
            self.does(login, "ticket.escalate", ticket=number, reason="it needs somebody who knows the network")

    def _let_rest(self, login: str, number: int) -> None:
        self.does(login, "ticket.pend", ticket=number, until=int(time.time()) + 3 * 86400)

    def mine(self, login: str) -> list[int]:
        """The numbers of the open tickets that an agent has, those that were seldom spoken of first."""
        found = self.does(login, "ticket.list", assignee=login, state=["open"])["tickets"]
        return [each["number"] for each in found if each["number"] not in self.payroll]

    def consult(self, login: str, expert: str) -> int:
        """The agent asks an expert about a case of theirs."""
        number = self.mine(login)[0]
        asked = self.by(login, "ticket", "consult", str(number), "--to", expert, "-b", f"{MARKER}: what is this?")
        assert asked.code == 0, asked
        self.consults.append((number, expert))
        return number

    def expert_answers(self, number: int, expert: str) -> None:
        self.desk.settled()
        question = self.desk.letters(expert)[-1]
        self.desk.send(f"{MARKER}: it is the fuse.", sender=expert, to=question["Reply-To"], subject="Sv: fuse")
        assert self.desk.placed()["ticket"] == number

    def jump(self, login: str, reason: str) -> None:
        """An agent takes the one that has waited shortest, which takes a reason."""
        waiting = self.does(login, "ticket.list", state=["new"], sort="newest", limit=200)["tickets"]
        number = next(each["number"] for each in waiting if each["assignee"] is None and each["service"] is None)
        assert self.by(login, "ticket", "take", str(number)).code == Exit.CONFLICT
        taken = self.by(login, "ticket", "take", str(number), "--reason", reason)
        assert taken.code == 0, taken
        self.taken[login] += 1
        self.jumps.append((number, reason))

    def last_word(self, login: str) -> None:
        """One case is closed with a last word, two whose numbers come from another command, three by what they have."""
        one, *others = self.mine(login)[:6]
        assert len(others) == 5
        assert self.by(login, "ticket", "close", str(one), "-b", LAST_WORD).code == 0
        numbers = "\n".join(map(str, others[:2]))
        assert self.by(login, "ticket", "close", "-", "-b", LAST_WORD, stdin=numbers).code == 0
        assert self.by(login, "ticket", "edit", *map(str, others[2:]), "--tag", "fuse").code == 0
        assert self.by(login, "ticket", "bulk", "--tag", "fuse", "-y", "--", "close", "-b", LAST_WORD).code == 0
        self.last_words += [one, *others]

    def merge(self, login: str) -> None:
        """Two pairs of tickets of one person each become one; the first pair is parted again."""
        found = self.does(login, "ticket.list", state=["new", "open"], limit=1000)["tickets"]
        of: dict[str, list[int]] = {}
        for each in found:
            of.setdefault(each["requester"]["address"], []).append(each["number"])
        pairs = [(address, *numbers[:2]) for address, numbers in sorted(of.items()) if len(numbers) > 1][:2]
        for address, ticket, into in pairs:
            assert self.by(login, "ticket", "merge", str(ticket), str(into)).code == 0
            self.desk.settled()
            letter = next(each for each in self.desk.letters(address) if f"#{ticket}]" in each["Subject"])
            self.desk.send("One more thing.", sender=f"P <{address}>", to=letter["Reply-To"], subject="Re: x")
            assert self.desk.placed()["ticket"] == into
            self.merged.append(ticket)
        assert self.by(login, "ticket", "unmerge", str(self.merged[0])).code == 0

    def release(self, login: str) -> None:
        """An agent puts cases back into the queue whose people know that they have them."""
        for number in self.mine(login)[:3]:
            assert self.by(login, "ticket", "release", str(number), "--reason", "the day is over").code == 0

    def people_answer(self, most: int) -> None:
        """Some of those who got an answer write back to it, but not where a last word was said: that opens it again."""
        ended = tuple(f"#{number}]" for number in self.last_words)
        answers = [
            each
            for each in self.desk.letters()
            if each["X-Spocd-Kind"] == "answer" and not str(each["Subject"]).endswith(ended)
        ]
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
        # A reply may have opened a case of somebody who is ill: the clock moves it.
        absent = "select count(*) from ticket t join agent a on a.id = t.assignee where a.login in ('bo', 'cid')"
        having = f"{absent} and t.state in ('new', 'open', 'pending')"
        eventually(lambda: desk.sql(having) == [["0"]], "the clock to move what an agent who is ill has", within=60)
        desk.settled(within=120)
        for letter in desk.letters():
            day.letters.setdefault(str(letter["Delivered-To"]), []).append(letter)
        yield day


def live(day: Day) -> None:
    day.contacts(120, 24)
    day.payroll_cases()
    day.jump("maria", "the director waits for it")
    day.work((*FIRST, *SECOND), 12)
    for login, expert in zip(("maria", "bo", "dora"), EXPERTS, strict=True):
        day.expert_answers(day.consult(login, expert), expert)
    late = day.consult("cid", LATE)
    assert day.by("cid", "ticket", "close", str(late), "-b", LAST_WORD).code == 0
    day.last_words.append(late)
    day.merge("maria")
    ill = day.desk.run("agent", "away", "bo", "--from", "+0m", "--until", "+3d", "--reason", "ill", "-y")
    assert ill.code == 0, ill
    day.contacts(80, 16)
    day.people_answer(30)
    day.jump("erik", "its people stand at the door")
    day.work(("maria", "cid", *SECOND), 10)
    left = day.desk.run("agent", "leave", "cid", "--to", "it", "-y")
    assert left.code == 0, left
    day.work(("maria", *SECOND), 60)
    day.last_word("maria")
    day.expert_answers(late, LATE)
    day.release("dora")


def tickets(day: Day) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = day.desk.json("ticket", "list", "--state", "all", "--all")
    return found


def test_every_contact_is_a_ticket(day: Day) -> None:
    found = tickets(day)
    assert len(found) == 245
    assert Counter(each["channel"] for each in found) == {"mail": 202, "phone": 43}


def test_every_journal_tells_what_its_ticket_is(day: Day) -> None:
    seen = [day.desk.call("ticket.view", ticket=each["number"]) for each in tickets(day)]
    for view in seen:
        assert view["journal"][0]["event"] == "opened"
        assert [line["at"] for line in view["journal"]] == sorted(line["at"] for line in view["journal"])
        by_journal, is_so = replayed(view["journal"]), {name: view[name] for name in FIELDS}
        assert by_journal == is_so, view["number"]
    happened = {line["event"] for view in seen for line in view["journal"]}
    assert happened >= {"escalated", "released", "handed over", "changed", "merged", "unmerged", "received"}


def test_every_line_is_sealed_and_the_chain_is_whole(day: Day) -> None:
    [[lines, newest]] = day.desk.sql("select count(*), max(id) from journal")

    def verified() -> bool:
        told = day.desk.json("audit", "verify")
        return int(told["lines"]) >= int(lines) and int(told["last_line"]) >= int(newest)

    eventually(verified, "every line to be sealed")
    [[sealed]] = day.desk.sql(f"select count(*) from journal_seal where journal <= {newest}")
    assert sealed == lines


def test_nobody_who_is_ill_or_gone_has_a_case(day: Day) -> None:
    having = Counter(each["assignee"] for each in tickets(day) if each["state"] in ("new", "open", "pending"))
    assert not {"bo", "cid"} & set(having)
    assert sum(having.values()) > 20, "the day was too short to show anything"


def test_every_requester_knows_who_has_their_case(day: Day) -> None:
    """The last letter that says who has it names the one who has it, or nobody where it waits in the queue."""
    logins = dict(day.desk.sql("select name, login from agent"))
    waiting = 0
    for each in tickets(day):
        if each["state"] not in ("new", "open", "pending"):
            continue
        said = [logins.get(name) for letter in letters_about(day, each) if (name := whom_it_names(letter)) is not None]
        assert said or each["assignee"] is None, f"#{each['number']}: nobody was named"
        assert (said or [None])[-1] == each["assignee"], each["number"]
        waiting += bool(said) and each["assignee"] is None
    assert waiting >= 3, "of nobody was it said that their case is in the queue again"


def whom_it_names(letter: Any) -> str | None:
    """Who has the case by this letter: the author of an answer, or whom a notice says that it is with ("": nobody)."""
    if letter["X-Spocd-Kind"] == "answer":
        return str(letter["From"].addresses[0].display_name)
    if letter["X-Spocd-Kind"] != "handover":
        return None
    found = re.search(r"(?m)^(.+) now has your case", letter.get_body(("plain",)).get_content())
    return found[1] if found else ""


def letters_about(day: Day, ticket: dict[str, Any]) -> list[Any]:
    number = f"#{ticket['number']}]"
    letters = day.letters[ticket["requester"]["address"]]
    return [each for each in letters if number in each["Subject"] and each["X-Spocd-Kind"] != "closed"]


def text_of(letter: Any) -> str:
    return f"{letter['From']}\n{letter.get_body(('plain',)).get_content()}"


def test_no_note_has_left_the_desk(day: Day) -> None:
    inside = {f"{login}@example.org" for login in (*FIRST, *SECOND)} | {*EXPERTS, LATE}
    said = {whom for whom, letters in day.letters.items() if any(MARKER in text_of(each) for each in letters)}
    assert said, "nobody was told"
    assert said <= inside
    for address in PEOPLE:
        assert day.letters.get(address) or not day.desk.call("ticket.list", requester=address)["tickets"]


def test_what_an_expert_says_is_a_note(day: Day) -> None:
    for number, expert in day.consults:
        messages = day.desk.call("ticket.view", ticket=number)["messages"]
        assert [each["kind"] for each in messages if each["from"]["address"] == expert] == ["note"]


def test_an_expert_who_answers_late_opens_nothing_again(day: Day) -> None:
    [(number, _)] = [each for each in day.consults if each[1] == LATE]
    view = day.desk.call("ticket.view", ticket=number)
    assert (view["state"], view["messages"][-1]["from"]["address"]) == ("resolved", LATE)
    for expert in (*EXPERTS, LATE):
        [question] = day.letters[expert]
        assert (question["In-Reply-To"], str(question["Subject"])[:3] == "Re:") == (None, False)


def test_a_last_word_stands_on_each_case_and_went_to_its_people(day: Day) -> None:
    assert len(day.last_words) == 7
    for number in day.last_words:
        view = day.desk.call("ticket.view", ticket=number)
        [word] = [each for each in view["messages"] if each["text"].strip() == LAST_WORD]
        assert (word["kind"], word["direction"], view["state"]) == ("mail", "out", "resolved")
        assert [line["message"] for line in view["journal"] if line["event"] == "answered"][-1] == word["id"]
        told = [each for each in day.letters[view["requester"]["address"]] if f"#{number}]" in each["Subject"]]
        [last] = [text_of(each) for each in told if LAST_WORD in text_of(each)]
        assert "We have closed your case" in last


def test_what_was_merged_lives_on_in_the_other_and_what_was_parted_on_its_own(day: Day) -> None:
    parted, gone = [day.desk.call("ticket.view", ticket=number) for number in day.merged]
    assert (parted["merged_into"], parted["messages"][0]["id"]) == (None, f"{parted['number']}.1")
    assert (gone["state"], gone["messages"]) == ("closed", [])
    survivor = day.desk.call("ticket.view", ticket=gone["merged_into"])
    assert f"{gone['number']}.1" in [each["id"] for each in survivor["messages"]]


OUTSIDERS = (
    ("ticket", "list", "--state", "all", "--all"),
    ("ticket", "list", "--service", "payroll", "--state", "all"),
    ("ticket", "list", "--search", PAYROLL, "--state", "all"),
    ("report", "fairness"),
    ("report", "fairness", "--by", "person"),
    ("report", "handovers"),
    ("mail", "inbox"),
    ("mail", "outbox"),
    ("person", "list", "--all"),
    ("person", "view", "paid0@client.example"),
    ("audit", "list"),
)


def test_sec_nobody_outside_of_payroll_sees_anything_of_theirs(day: Day) -> None:
    told = {whom for whom, letters in day.letters.items() if any(PAYROLL in str(each) for each in letters)}
    inside = {f"{login}@example.org" for login in SECOND} | {f"paid{number}@client.example" for number in range(5)}
    assert told <= inside
    assert "dora@example.org" in told, "nobody was told"
    numbers = [str(each) for each in day.payroll]
    for words in (*OUTSIDERS, *(("ticket", "view", each) for each in numbers)):
        answer = day.desk.run("--as", "maria", *words)
        assert PAYROLL not in answer.out + answer.err, words
        assert not re.search(rf"#({'|'.join(numbers)})\b", answer.out), words
    for number in numbers:
        refused = day.desk.run("--as", "maria", "ticket", "view", number)
        assert (refused.code, refused.out) == (Exit.NOT_FOUND, "")
        assert PAYROLL in day.desk.run("--as", "erik", "ticket", "view", number).out


def test_the_report_on_fairness_accounts_for_each_ticket_that_was_taken(day: Day) -> None:
    report = day.desk.json("report", "fairness")
    taken = sum(day.taken.values())
    assert (report["taken"], report["in_turn"], report["out_of_turn"]) == (taken, taken - 2, 2)
    assert sorted((each["ticket"], each["reason"]) for each in report["jumps"]) == sorted(day.jumps)
    assert all(each["passed"] for each in report["jumps"])
