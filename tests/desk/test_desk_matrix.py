"""Who may do what, for every role and every operation; and a restricted ticket, which is not there for an outsider."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import inspect
import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from spocd.desk.access import GRANTS, MESSAGES, TICKETS, Role
from spocd.errors import Exit, Refused
from tests.desk.by_hand import by_hand
from tests.desk.indexed import indexed
from tests.desk.running_desk import (
    ADMIN,
    AGENT,
    DAY,
    HOUR,
    LEAD,
    NOBODY,
    OPERATIONS,
    OTHER,
    START,
    RunningDesk,
    copy_of,
    new_url,
    opened,
    text_of,
)
from tests.desk.staff import told, with_addresses
from tests.desk.test_desk_operations import EXAMPLES, OTHER_ROLES, fill

ROBOT, EDITOR, ANNOUNCER = 11, 12, 13
WHO = {
    Role.ANYONE: NOBODY,
    Role.ROBOT: ROBOT,
    Role.AGENT: AGENT,
    Role.EDITOR: EDITOR,
    Role.ANNOUNCER: ANNOUNCER,
    Role.LEAD: LEAD,
    Role.ADMIN: ADMIN,
}
FILLER = 7_770_000  # a number before it, so that the hidden ticket's own is like nothing else
HIDDEN = FILLER + 1
OPEN, MERGED = HIDDEN + 2, HIDDEN + 3  # what everybody sees: was taken before the hidden one, was merged into it
SUBJECT, TEXT, REQUESTER, EXPERT = "zebra", "quagga", "whistle@client.example", "okapi@supplier.example"
NAME, IN_COPY, TAG, FILE_NAME, VIEW = "wombat", "numbat@client.example", "ibex", "gecko.txt", "tapir"
FILE = b"kakapo"
SHA = hashlib.sha256(FILE).hexdigest()
CONTENT = base64.b64encode(FILE).decode()
MARKERS = (str(HIDDEN), SUBJECT, TEXT, REQUESTER, EXPERT, NAME, IN_COPY, TAG, FILE_NAME, VIEW, SHA, CONTENT.lower())


async def add_people(desk: RunningDesk) -> None:
    columns = "(login, name, address, role, uid, created_at)"
    for uid, role in ((ROBOT, "robot"), (EDITOR, "editor"), (ANNOUNCER, "announcer")):
        await by_hand(desk, f"insert into agent {columns} values ('a-{role}', '{role}', '', '{role}', {uid}, {START})")


async def hide(desk: RunningDesk) -> None:
    """A ticket of the restricted service “it”, whose team has nobody but “agent”, with all that may give it away."""
    service = "insert into service (key, name, description, team, kind, priority, restricted, facts, created_at) values"
    ticket = "number, subject, state, kind, priority, requester, channel, address, opened_at, updated_at, rev"
    await by_hand(
        desk,
        f"insert into team (key, name, address, created_at) values ('eyes', 'Eyes', '', {START})",
        f"insert into team_member (team, agent) select 'eyes', id from agent where uid = {AGENT}",
        f"{service} ('it', '{{}}', '{{}}', 'eyes', 'incident', 'normal', 1, '[]', {START})",
        f"insert into ticket ({ticket}) select {FILLER}, 'Filler', 'closed', kind, priority, requester, channel,"
        f" address, opened_at, updated_at, 1 from ticket where number = 1",
    )
    fate = await desk.mail(
        TEXT,
        to="it@example.org",
        From=f"{NAME.title()} <{REQUESTER}>",
        Subject=SUBJECT,
        Message_ID="<zebra@client.example>",
    )
    assert fate.ticket == HIDDEN
    await desk.ask("ticket.take", by=AGENT, ticket=HIDDEN, reason="mine")
    await desk.ask("ticket.reply", by=AGENT, ticket=HIDDEN, body=TEXT)
    await desk.ask("ticket.note", by=AGENT, ticket=HIDDEN, body=TEXT)
    await desk.ask("ticket.consult", by=AGENT, ticket=HIDDEN, to=EXPERT, body=TEXT)
    await desk.ask("ticket.link", by=LEAD, ticket=1, relation="blocks", other=HIDDEN)
    await desk.mail("A second matter.", Subject="Printer")
    await desk.ask("message.move", by=LEAD, message=f"{HIDDEN + 1}.1", to=str(HIDDEN))
    await desk.accept(desk.written(TEXT, to="it@example.org", From=REQUESTER, Subject=SUBJECT), "it@example.org",
                      sender=REQUESTER)  # fmt: skip
    [mail] = await desk.lease()
    lease = {"id": mail.id, "run": desk.settings.run, "lease": mail.lease, "error": "poison"}
    await desk.write(lambda d: d.tx.run("mail_failed", **lease))
    await with_addresses(desk, "other")
    await work_on_it(desk)
    await name_it_elsewhere(desk)
    await indexed(desk)


async def work_on_it(desk: RunningDesk) -> None:
    """All that is done with the hidden ticket."""
    await desk.ask("blob.put", by=AGENT, sha256=SHA, offset=0, total=len(FILE), content=CONTENT)
    attached = [{"filename": FILE_NAME, "sha256": SHA}]
    await desk.ask("ticket.note", by=AGENT, ticket=HIDDEN, body=f"{TEXT} @lead", attachments=attached)
    await desk.ask("ticket.edit", by=AGENT, ticket=HIDDEN, tag=[TAG])
    await desk.ask("ticket.cc_add", by=AGENT, ticket=HIDDEN, address=IN_COPY)
    await desk.ask("person.group_add", by=AGENT, group="watched", addresses=[REQUESTER, IN_COPY, EXPERT])
    await desk.ask("ticket.reply", by=AGENT, ticket=HIDDEN, body=TEXT, promise=START + DAY)
    await desk.ask("ticket.release", by=AGENT, ticket=HIDDEN, reason=TEXT)
    await desk.ask("view.save", by=AGENT, name=VIEW, words=["--tag", TAG])
    await by_hand(desk, f"update ticket set waiting_since = {START - HOUR}, due_at = null where number = {HIDDEN}")


async def name_it_elsewhere(desk: RunningDesk) -> None:
    """What names it on tickets that everybody sees: a jump, a hand-over, links, a merge."""
    for number in (OPEN, MERGED):
        new = await desk.ask("ticket.new", requester="ann@client.example", subject="Door", notify=False)
        assert new["number"] == number
    why = f"it goes with #{HIDDEN}"
    await desk.ask("ticket.take", by=AGENT, ticket=OPEN, reason=why)
    await desk.ask("ticket.note", by=AGENT, ticket=OPEN, body="Looked at it.")
    desk.now += HOUR
    await desk.ask("ticket.assign", by=AGENT, ticket=OPEN, to="other", reason=why)
    await desk.ask("ticket.link", by=AGENT, ticket=OPEN, relation="duplicate", other=HIDDEN)
    await desk.ask("ticket.cc_add", by=AGENT, ticket=HIDDEN, address="ann@client.example")
    await desk.ask("ticket.merge", by=AGENT, ticket=MERGED, into=HIDDEN, notify=False)


async def make(url: str) -> None:
    await fill(url)
    store = await opened(url)
    desk = RunningDesk(store)
    await add_people(desk)
    await hide(desk)
    await store.close()


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> str:
    url = new_url(tmp_path_factory.mktemp("matrix"))
    asyncio.run(make(url))
    return url


@pytest.fixture
async def desk(tmp_path: Path, made: str) -> AsyncIterator[RunningDesk]:
    store = await opened(copy_of(made, tmp_path))
    yield RunningDesk(store)
    await store.close()


async def tried(desk: RunningDesk, name: str, by: int, /, **changes: Any) -> tuple[Exit, str]:
    """How an operation ends for somebody, and all that it says; nothing of it is kept."""
    dry = {"dry_run": True} if OPERATIONS[name].writes else {}
    try:
        answer = await desk.ask(name, by=by, **EXAMPLES[name] | changes | dry)
    except Refused as refused:
        return refused.exit, str(refused)
    return Exit.DONE, json.dumps(answer, ensure_ascii=False)


@pytest.mark.parametrize("name", sorted(EXAMPLES))
async def test_sec61_every_role_may_do_what_it_may_and_nothing_else(desk: RunningDesk, name: str) -> None:
    needed = OTHER_ROLES.get(name, Role.AGENT)
    for role, uid in WHO.items():
        code, said = await tried(desk, name, uid)
        by_role = code is Exit.NOT_PERMITTED and ("needs the role" in said or "has no role" in said)
        assert by_role == (needed not in GRANTS[role]), (role, said)


def parameters(name: str) -> list[str]:
    return list(inspect.signature(OPERATIONS[name].function).parameters)[2:]


@pytest.mark.parametrize("parameter", TICKETS)
async def test_a_hidden_ticket_that_is_named_is_not_there(desk: RunningDesk, parameter: str) -> None:
    for name in sorted(EXAMPLES):
        if parameter in parameters(name) and OTHER_ROLES.get(name, Role.AGENT) in GRANTS[Role.AGENT]:
            code, said = await tried(desk, name, OTHER, **{parameter: HIDDEN})
            assert (name, code, said) == (name, Exit.NOT_FOUND, f"There is no ticket #{HIDDEN}.")


@pytest.mark.parametrize("parameter", MESSAGES)
async def test_a_message_of_a_hidden_ticket_that_is_named_is_not_there(desk: RunningDesk, parameter: str) -> None:
    hidden = f"{HIDDEN}.1"
    for name in sorted(EXAMPLES):
        if parameter in parameters(name) and OTHER_ROLES.get(name, Role.AGENT) in GRANTS[Role.AGENT]:
            code, said = await tried(desk, name, OTHER, **{parameter: [hidden] if parameter == "messages" else hidden})
            assert (name, code, said) == (name, Exit.NOT_FOUND, f"There is no message {hidden}.")


ELSEWHERE: list[tuple[str, dict[str, Any]]] = [
    ("mail.explain", {"id": f"{HIDDEN}.1"}),
    ("mail.explain", {"id": "3"}),
    ("mail.failed_view", {"id": 5}),
    ("mail.inbox", {"state": "failed"}),
    ("mail.inbox", {"limit": 2}),
    ("mail.outbox", {"ticket": HIDDEN}),
    ("mail.outbox", {"limit": 2}),
    ("message.move", {"to": str(HIDDEN)}),
    ("person.view", {"address": REQUESTER}),
    ("ticket.list", {"state": ["all"]}),
    ("ticket.list", {"state": ["all"], "requester": REQUESTER}),
    ("ticket.list", {"state": ["all"], "service": "it"}),
    ("ticket.list", {"state": ["all"], "assignee": "agent"}),
    ("ticket.list", {"search": TEXT}),
    ("ticket.search", {"words": TEXT}),
    ("ticket.search", {"words": REQUESTER}),
    ("ticket.search", {"words": TEXT, "sort": "rank"}),
    ("ticket.watch", {"after": 0}),
    ("ticket.view", {"ticket": 1}),
]


@pytest.mark.parametrize(
    ("name", "changes"), [*((name, {}) for name in sorted(EXAMPLES)), *ELSEWHERE], ids=lambda each: str(each)
)
async def test_no_operation_tells_an_outsider_anything_of_a_hidden_ticket(
    desk: RunningDesk, name: str, changes: dict[str, Any]
) -> None:
    _, said = await tried(desk, name, OTHER, **changes)
    assert given_away(said, changes) == set(), said


def given_away(said: str, asked: dict[str, Any]) -> set[str]:
    """What an answer gives away that the question did not name."""
    named = str(list(asked.values())).lower()
    told = {word for word in MARKERS if word in said.lower() and word not in named}
    return told - {str(HIDDEN)} if said.startswith("There is no ") else told


# What to ask an operation for by the name of a parameter: whatever has such a parameter is asked for each of them.
PEOPLE = [REQUESTER, IN_COPY, EXPERT]
PROBES: dict[str, list[Any]] = {
    "address": [*PEOPLE, "ann@client.example"],
    "addresses": [[each] for each in PEOPLE],
    "requester": PEOPLE,
    "to": [*PEOPLE, str(HIDDEN), "agent", "eyes"],
    "search": [*MARKERS, "client.example"],
    "words": [*MARKERS, "client.example"],
    "subject": [SUBJECT],
    "service": ["it"],
    "tag": [TAG, [TAG]],
    "group": ["watched"],
    "organisation": ["acme"],
    "team": ["eyes"],
    "assignee": ["agent", "lead", "none"],
    "login": ["agent"],
    "agent": ["agent"],
    "name": [VIEW],
    "sha256": [SHA],
    "id": [f"{HIDDEN}.1", "3", 3, 5],
    "ticket": [1, OPEN, MERGED],
    "into": [OPEN, MERGED],
    "other": [1, OPEN, MERGED],
    "message": [f"{HIDDEN + 1}.1", f"{OPEN}.1", f"{OPEN}.2"],
    "state": [["all"], "failed", "done", "waiting"],
    "per": ["person", "organisation", "group", "team", "all"],
    "after": [0],
    "limit": [1000],
    "alias": PEOPLE,
    "deputy": ["agent"],
    "holder": ["agent"],
    "letters": [[number] for number in range(1, 20)],
    "untag": [[TAG]],
    "target": [f"#{HIDDEN}"],
    "children": ["close", "leave"],
    **{each: [True] for each in ("remove", "left", "on_behalf", "claim", "breached", "quote", "though_blocked")},
}


def questions(name: str) -> Iterator[dict[str, Any]]:
    """What to ask an operation: as in its example, then with each of the words, of tickets in every state."""
    yield {}
    named = parameters(name)
    every_state = {"state": ["all"]} if {"state", "sort"} <= set(named) else {}
    for each in named:
        yield from (every_state | {each: probe} for probe in PROBES.get(each, ()))


@pytest.mark.parametrize("name", sorted(OPERATIONS))
async def test_sec_whatever_an_outsider_asks_gives_nothing_of_it_away(desk: RunningDesk, name: str) -> None:
    """Every operation that there is, with every word that could lead to it."""
    for changes in questions(name):
        _, said = await tried(desk, name, OTHER, **changes)
        assert given_away(said, changes) == set(), (changes, said)


async def test_the_questions_above_lead_to_it_for_who_may_see_it(desk: RunningDesk) -> None:
    """A marker that nobody is ever told would guard nothing."""
    found: dict[str, str] = {}
    for name in sorted(OPERATIONS):
        its_own = [{"ticket": HIDDEN}] if "ticket" in parameters(name) else []
        for changes in (*questions(name), *its_own):
            _, said = await tried(desk, name, AGENT, **changes)
            found |= dict.fromkeys(given_away(said, changes), name)
    assert set(MARKERS) - set(found) == set()


async def test_sec_no_mail_to_an_outsider_names_it(desk: RunningDesk) -> None:
    letters = await told(desk, "other@example.org")
    assert letters, "they were given a ticket whose brief speaks of it"
    for letter in letters:
        assert given_away(text_of(letter), {}) == set()


async def test_the_file_of_the_desk_has_nothing_of_any_ticket(desk: RunningDesk) -> None:
    _, said = await tried(desk, "desk.export", ADMIN)
    assert given_away(said, {}) == set()


async def test_whoever_belongs_to_its_team_sees_it(desk: RunningDesk) -> None:
    """What an outsider is not told would be told otherwise: the tests above look for words that are there."""
    for by in (AGENT, LEAD):
        for name, changes, word in (
            ("ticket.list", {"state": ["all"]}, SUBJECT),
            ("ticket.watch", {"after": 0}, str(HIDDEN)),
            ("mail.inbox", {}, REQUESTER),
            ("mail.outbox", {}, REQUESTER),
            ("mail.failed_list", {}, REQUESTER),
            ("mail.explain", {"id": f"{HIDDEN}.1"}, str(HIDDEN)),
            ("ticket.view", {"ticket": 1}, str(HIDDEN)),
            ("ticket.view", {"ticket": HIDDEN}, TEXT),
        ):
            code, said = await tried(desk, name, by, **changes)
            assert (code, word in said.lower()) == (Exit.DONE, True), name


async def test_a_person_has_as_many_tickets_as_one_sees(desk: RunningDesk) -> None:
    async def tickets(by: int) -> list[int]:
        rows = (await desk.ask("person.list", by=by))["people"]
        return [row["tickets"] for row in rows if row["address"] == REQUESTER]

    assert (await tickets(OTHER), await tickets(AGENT), await tickets(LEAD)) == ([], [1], [1])
    await desk.ask("ticket.new", by=OTHER, requester=REQUESTER, subject="Printer")
    assert (await tickets(OTHER), await tickets(AGENT), await tickets(LEAD)) == ([1], [2], [2])
