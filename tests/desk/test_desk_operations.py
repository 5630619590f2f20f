"""Who may do what, once and only once: roles, keys, dry runs, revisions, and the documents that come back."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from spocd.desk.access import GRANTS, Role
from spocd.desk.documents import moment
from spocd.errors import Exit, Refused
from tests.desk.by_hand import by_hand
from tests.desk.kept import everything_kept
from tests.desk.running_desk import (
    ADMIN,
    AGENT,
    DAY,
    LEAD,
    NOBODY,
    OPERATIONS,
    OTHER,
    START,
    RunningDesk,
    alive,
    copy_of,
    founded,
    new_url,
    opened,
)

ROOT = 0
FILE = b"a file"
SHA = hashlib.sha256(FILE).hexdigest()
BASE64 = "YSBmaWxl"

# One call of each operation that works on the desk of `full`.
EXAMPLES: dict[str, dict[str, Any]] = {
    "agent.edit": {"login": "other", "card": {"tier": 2, "skills": ["vpn"]}},
    "agent.edit_own": {"card": {"digest": "08:00"}},
    "agent.away": {"agent": "agent", "until": START + DAY, "reason": "on leave"},
    "agent.back": {"agent": "agent"},
    "agent.leave": {"agent": "other", "to": "floor"},
    "agent.list": {},
    "agent.load": {},
    "agent.new": {"login": "new", "uid": 77, "role": "lead", "address": "new@example.org"},
    "agent.view": {"login": "other"},
    "audit.export": {},
    "audit.list": {},
    "audit.verify": {},
    "blob.get": {"sha256": SHA},
    "blob.put": {"sha256": SHA, "offset": 0, "total": 6, "content": BASE64},
    "calendar.list": {},
    "calendar.view": {"calendar": "office"},
    "canned.edit": {"answer": "paper", "body": "Fyld skuffe 2.", "language": "da"},
    "canned.list": {"service": "vpn"},
    "canned.view": {"answer": "paper", "language": "da"},
    "desk.apply": {"text": '[teams.network]\nname = "Network"\nmembers = ["agent"]\n'},
    "desk.export": {},
    "desk.health": {},
    "desk.reload": {},
    "mail.explain": {"id": "1.1"},
    "mail.failed_list": {},
    "mail.failed_replay": {"id": 2},
    "mail.failed_view": {"id": 2},
    "mail.flush": {},
    "mail.hold": {},
    "mail.inbox": {},
    "mail.outbox": {},
    "message.move": {"message": "1.1", "to": "new"},
    "message.raw": {"message": "1.1"},
    "organisation.list": {},
    "organisation.view": {"organisation": "acme"},
    "person.alias": {"address": "ann@client.example", "alias": "ann@home.example"},
    "person.edit": {"address": "ann@client.example", "name": "Ann Ek-Berg", "language": "sv"},
    "person.group_add": {"group": "staff", "addresses": ["ann@client.example"]},
    "person.group_remove": {"group": "first", "addresses": ["ann@client.example"]},
    "person.import": {"people": [{"line": 2, "address": "fay@client.example", "name": "Fay"}]},
    "person.list": {},
    "person.merge": {"address": "cid@client.example", "to": "ann@client.example"},
    "person.unmerge": {"address": "eve@client.example"},
    "person.view": {"address": "ann@client.example"},
    "report.fairness": {"per": "person"},
    "report.handovers": {},
    "service.list": {},
    "service.view": {"service": "vpn", "language": "da"},
    "team.edit": {"team": "first-line", "name": "First line"},
    "team.list": {},
    "team.member_add": {"team": "first-line", "login": "other"},
    "team.member_remove": {"team": "first-line", "login": "admin"},
    "team.new": {"team": "new", "name": "New", "members": ["agent"]},
    "report.journey": {"ticket": 1},
    "report.promises": {},
    "ticket.assign": {"ticket": 1, "to": "other"},
    "ticket.attachment_list": {"ticket": 1},
    "ticket.canned": {"ticket": 1, "answer": "paper"},
    "ticket.cc_add": {"ticket": 1, "address": "bo@client.example"},
    "ticket.cc_remove": {"ticket": 1, "address": "cid@client.example"},
    "ticket.close": {"ticket": 1},
    "ticket.edit": {"ticket": 1, "priority": "high", "tag": ["vpn"]},
    "ticket.consult": {"ticket": 1, "to": "expert@supplier.example", "body": "Is it the fuse?"},
    "ticket.consult_cancel": {"ticket": 2, "to": "asked@supplier.example"},
    "ticket.escalate": {"ticket": 1, "reason": "beyond us"},
    "ticket.explain": {"ticket": 1},
    "ticket.link": {"ticket": 1, "relation": "blocks", "other": 2},
    "ticket.link_outside": {"ticket": 1, "relation": "change", "target": "CHG-77"},
    "ticket.hints": {"service": "vpn", "requester": "ann@client.example", "subject": "Printer"},
    "ticket.list": {},
    "ticket.merge": {"ticket": 2, "into": 1},
    "ticket.new": {"requester": "dan@client.example", "subject": "By phone", "body": "He called."},
    "ticket.next": {},
    "ticket.note": {"ticket": 1, "body": "Internal"},
    "ticket.pend": {"ticket": 1, "until": START + DAY},
    "ticket.redact": {"message": "1.1", "text": ["fire"], "reason": "private"},
    "ticket.release": {"ticket": 2, "reason": "they went home"},
    "ticket.reopen": {"ticket": 3},
    "ticket.reply": {"ticket": 1, "body": "Hello", "attachments": [{"filename": "a.txt", "sha256": SHA}]},
    "ticket.search": {"words": "fire"},
    "ticket.spam": {"ticket": 1},
    "ticket.split": {"messages": ["1.1"], "subject": "Another matter"},
    "ticket.status": {"ticket": 1},
    "ticket.take": {"ticket": 1},
    "ticket.unmerge": {"ticket": 4},
    "ticket.view": {"ticket": 1},
    "ticket.watch": {"after": 0},
    "token.explain": {"address": "desk+r11-1-0000000000000000@example.org"},
    "token.revoke": {"ticket": 1},
    "token.rotate": {},
    "view.forget": {"name": "mine"},
    "view.list": {},
    "view.save": {"name": "late", "words": ["--breached"]},
}
# Whose role is not AGENT: what a script may do, which has no cases of its own, and what takes more.
OTHER_ROLES = {
    "agent.leave": Role.LEAD,
    "audit.export": Role.ADMIN,
    "audit.list": Role.LEAD,
    "audit.verify": Role.ADMIN,
    "desk.health": Role.ANYONE,
    "agent.list": Role.ROBOT,
    "agent.view": Role.ROBOT,
    "blob.get": Role.ROBOT,
    "blob.put": Role.ROBOT,
    "message.raw": Role.ROBOT,
    "person.import": Role.LEAD,
    "person.list": Role.ROBOT,
    "person.view": Role.ROBOT,
    "ticket.attachment_list": Role.ROBOT,
    "ticket.explain": Role.ROBOT,
    "ticket.hints": Role.ROBOT,
    "ticket.list": Role.ROBOT,
    "ticket.new": Role.ROBOT,
    "ticket.note": Role.ROBOT,
    "ticket.search": Role.ROBOT,
    "ticket.status": Role.ROBOT,
    "ticket.view": Role.ROBOT,
    "mail.hold": Role.LEAD,
    "ticket.redact": Role.LEAD,
    "mail.flush": Role.LEAD,
    "mail.failed_replay": Role.LEAD,
    "agent.edit": Role.ADMIN,
    **dict.fromkeys(("calendar.list", "calendar.view", "canned.list", "canned.view"), Role.ROBOT),
    **dict.fromkeys(("organisation.list", "organisation.view", "service.list", "service.view"), Role.ROBOT),
    "canned.edit": Role.EDITOR,
    "team.list": Role.ROBOT,
    **dict.fromkeys(("team.edit", "team.new"), Role.ADMIN),
    **dict.fromkeys(("team.member_add", "team.member_remove"), Role.LEAD),
    "agent.new": Role.ADMIN,
    "desk.apply": Role.ADMIN,
    "desk.export": Role.ADMIN,
    "desk.reload": Role.ADMIN,
    "token.rotate": Role.ADMIN,
}
ROBOT = 6
ROLES = {
    NOBODY: Role.ANYONE,
    ROBOT: Role.ROBOT,
    AGENT: Role.AGENT,
    LEAD: Role.LEAD,
    ADMIN: Role.ADMIN,
    ROOT: Role.ADMIN,
}
WRITES = sorted(name for name, each in OPERATIONS.items() if each.writes)


CATALOGUE = """
[calendars.office]
zone = "UTC"
hours = { mon-fri = "08:00-16:00" }

[teams.first-line]
name = "Service desk"
members = ["admin"]

[services.vpn]
name = "VPN"

[organisations.acme]
name = "Acme"

[canned.paper]
title = "Out of paper"
body = "Please fill tray 2."
"""


async def fill(url: str) -> None:
    """#1 new, Cid in copy; #2 the agent's; #3 resolved; #4 merged into #2; a file; mail 2 failed; a lead of tier 2."""
    await founded(url)
    store = await opened(url)
    desk = RunningDesk(store)
    await desk.ask("desk.apply", by=ADMIN, text=CATALOGUE)
    robot = {"login": "robot", "name": "Robot", "address": "", "role": "robot", "uid": ROBOT}
    await desk.write(lambda d: d.tx.run("add_agent", **robot, now=START))
    await desk.mail(Cc="Cid <cid@client.example>")
    await desk.ask("ticket.cc_add", ticket=1, address="cid@client.example")
    await desk.accept(desk.written("Poison"))
    [mail] = await desk.lease()
    await desk.write(lambda d: d.tx.run("mail_failed", id=2, run=d.settings.run, lease=mail.lease, error="poison"))
    for subject in ("Two", "Three", "Four"):
        await desk.ask("ticket.new", requester="ann@client.example", subject=subject)
    await desk.ask("ticket.take", ticket=2)
    await desk.ask("ticket.consult", ticket=2, to="asked@supplier.example", body="Is it the fuse?")
    await desk.ask("ticket.close", ticket=3)
    for uid in (AGENT, LEAD, ADMIN):
        await desk.ask("view.save", by=uid, name="mine", words=["--assignee", "@me"])
    await desk.ask("ticket.merge", ticket=4, into=2, notify=False)
    await desk.ask("ticket.new", requester="eve@client.example", subject="Eve's", notify=False)
    await desk.ask("ticket.close", ticket=5, notify=False)
    await desk.ask("person.merge", address="eve@client.example", to="cid@client.example")
    await desk.ask("person.group_add", group="first", addresses=["ann@client.example"])
    await desk.ask("blob.put", **EXAMPLES["blob.put"])
    await by_hand(
        desk,
        "update agent set tier = 2 where login = 'lead'",
        f"insert into team (key, name, address, created_at) values ('floor', 'Floor', '', {START})",
    )
    await desk.ask("agent.away", agent="agent", since=START + 9 * DAY)
    await store.close()


@pytest.fixture(scope="module")
def full_desk(tmp_path_factory: pytest.TempPathFactory) -> str:
    url = new_url(tmp_path_factory.mktemp("full"))
    asyncio.run(fill(url))
    return url


@pytest.fixture
async def full(tmp_path: Path, full_desk: str) -> AsyncIterator[RunningDesk]:
    store = await opened(copy_of(full_desk, tmp_path))
    yield await alive(RunningDesk(store))
    await store.close()


async def everything(desk: RunningDesk) -> list[Any]:
    """What a write would change somewhere."""
    shown = [await desk.view(number) for number in (1, 2, 3)]
    for operation in ("ticket.list", "agent.list", "person.list", "mail.outbox", "mail.inbox", "desk.health"):
        shown.append(await desk.ask(operation))
    shown.append(await desk.read(lambda d: d.tx.all("signing_keys")))
    shown.append(await desk.read(lambda d: d.tx.one("desk")))
    return shown


def test_there_is_an_example_of_every_operation() -> None:
    assert set(EXAMPLES) == set(OPERATIONS)


@pytest.mark.parametrize("name", sorted(EXAMPLES))
async def test_an_operation_answers_with_the_document_that_it_promises(full: RunningDesk, name: str) -> None:
    assert await full.ask(name, by=ADMIN, **EXAMPLES[name])


def test_the_role_of_every_operation_is_the_one_of_the_table() -> None:
    assert {name: each.role for name, each in OPERATIONS.items() if each.role is not Role.AGENT} == OTHER_ROLES


@pytest.mark.parametrize("name", sorted(EXAMPLES))
async def test_sec61_who_lacks_the_role_is_refused_with_4_and_changes_nothing(full: RunningDesk, name: str) -> None:
    needed = OTHER_ROLES.get(name, Role.AGENT)
    before = await everything(full)
    for uid, role in ROLES.items():
        if needed not in GRANTS[role]:
            with pytest.raises(Refused) as refused:
                await full.ask(name, by=uid, **EXAMPLES[name])
            assert (refused.value.code, refused.value.exit) == ("not-permitted", Exit.NOT_PERMITTED)
            words = f"uid {uid} has no role" if role is Role.ANYONE else f"needs the role {needed}"
            assert words in str(refused.value)
    assert await everything(full) == before


@pytest.mark.parametrize("name", sorted(EXAMPLES))
async def test_whoever_has_the_role_may(full: RunningDesk, name: str) -> None:
    needed = OTHER_ROLES.get(name, Role.AGENT)
    once = {"dry_run": True} if name in WRITES else {}
    for uid in (each for each, role in ROLES.items() if needed in GRANTS[role]):
        # Root has no card to change or to put a ticket on, nor lists of its own.
        if uid != ROOT or name not in ("agent.edit_own", "ticket.take", "view.forget", "view.save"):
            await full.ask(name, by=uid, **EXAMPLES[name], **once)


async def test_sec61_only_administrators_act_as_others_and_the_journal_keeps_who_it_was(full: RunningDesk) -> None:
    for uid in (AGENT, LEAD):
        with pytest.raises(Refused) as refused:
            await full.ask("ticket.take", by=uid, ticket=1, acting_as="other")
        assert refused.value.exit is Exit.NOT_PERMITTED
    await full.ask("ticket.take", by=AGENT, ticket=1, acting_as="agent", dry_run=True)  # oneself is no other
    taken = await full.ask("ticket.take", by=ADMIN, ticket=1, acting_as="other")
    assert taken["assignee"] == "other"
    line = (await full.view(1))["journal"][-1]
    assert (line["actor"], line["uid"]) == ("other", ADMIN)
    with pytest.raises(Refused) as refused:
        await full.ask("ticket.take", by=ADMIN, ticket=1, acting_as="nobody")
    assert refused.value.exit is Exit.NOT_FOUND


async def test_whoever_acts_as_another_has_that_ones_role(full: RunningDesk) -> None:
    with pytest.raises(Refused) as refused:
        await full.ask("token.rotate", by=ADMIN, acting_as="agent")
    assert refused.value.code == "not-permitted"


async def test_root_is_administrator_without_being_an_agent(full: RunningDesk) -> None:
    await full.ask("agent.new", by=ROOT, login="by-root")
    with pytest.raises(Refused, match=r"is no agent of this desk\. Use --as LOGIN") as refused:
        await full.ask("ticket.take", by=ROOT, ticket=1)
    assert refused.value.exit is Exit.NOT_PERMITTED
    assert (await full.ask("ticket.take", by=ROOT, ticket=1, acting_as="other"))["assignee"] == "other"


@pytest.mark.parametrize("name", WRITES)
async def test_a_dry_run_shows_the_result_and_changes_nothing(full: RunningDesk, name: str) -> None:
    before = await everything(full)
    tried = await full.ask(name, by=ADMIN, dry_run=True, key="k", **EXAMPLES[name])
    assert await everything(full) == before
    done = await full.ask(name, by=ADMIN, key="k", **EXAMPLES[name])
    assert tried == done, "the key was not used up, and the result was the true one"


@pytest.mark.parametrize("name", WRITES)
async def test_the_same_under_the_same_key_is_done_once_and_answered_twice(full: RunningDesk, name: str) -> None:
    first = await full.ask(name, by=ADMIN, key="k", **EXAMPLES[name])
    after = await everything(full)
    full.now += 100
    assert await full.ask(name, by=ADMIN, key="k", **EXAMPLES[name]) == first
    assert await everything(full) == after


async def test_a_key_that_was_used_for_something_else_is_a_conflict(full: RunningDesk) -> None:
    await full.ask("ticket.note", ticket=1, body="One", key="k")
    with pytest.raises(Refused, match=r"was used for another ticket\.note") as refused:
        await full.ask("ticket.note", ticket=1, body="Two", key="k")
    assert refused.value.exit is Exit.CONFLICT
    await full.ask("ticket.close", ticket=1, key="k")  # a key belongs to its operation


async def test_a_key_that_a_colleague_used_is_a_conflict_and_not_taken_for_ones_own(full: RunningDesk) -> None:
    await full.ask("ticket.note", by=LEAD, ticket=1, body="Hi", key="k")
    with pytest.raises(
        Refused, match=r"was used for another ticket\.note, or by somebody else\. Take a new key"
    ) as refused:
        await full.ask("ticket.note", by=AGENT, ticket=1, body="Hi", key="k")
    assert refused.value.exit is Exit.CONFLICT
    await full.ask("ticket.note", by=AGENT, ticket=1, body="Hi", key="another")
    assert [each["from"]["name"] for each in (await full.view(1))["messages"][-2:]] == ["Lead", "Agent"]


async def test_a_refusal_uses_up_no_key(full: RunningDesk) -> None:
    for _ in range(2):
        with pytest.raises(Refused):
            await full.ask("ticket.reopen", ticket=1, key="k")
    await full.ask("ticket.close", ticket=1)
    assert (await full.ask("ticket.reopen", ticket=1, key="k"))["state"] == "open"


async def test_a_stored_answer_is_for_those_alone_who_may_ask(full: RunningDesk) -> None:
    await full.ask("ticket.note", ticket=1, body="Secret", key="k")
    with pytest.raises(Refused) as refused:
        await full.ask("ticket.note", by=NOBODY, ticket=1, body="Secret", key="k")
    assert refused.value.exit is Exit.NOT_PERMITTED


async def test_what_was_asked_under_a_key_is_not_to_be_guessed_from_what_is_kept(full: RunningDesk) -> None:
    asked = {"body": "4929", "ticket": 1}
    await full.ask("ticket.note", key="k", **asked)
    plain = hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()
    kept = await everything_kept(full)
    assert "ticket.note" in kept
    assert plain not in kept


async def test_twenty_at_once_under_one_key_are_one(full: RunningDesk) -> None:
    asked = [full.ask("ticket.note", ticket=1, body="Once", key="k") for _ in range(20)]
    answers = await asyncio.gather(*asked)
    assert all(each == answers[0] for each in answers)
    assert len((await full.view(1))["messages"]) == 2


WITH_A_REVISION = sorted(name for name, each in OPERATIONS.items() if "if_rev" in each.function.__annotations__)


def test_whatever_changes_a_ticket_takes_a_revision() -> None:
    assert {"ticket.take", "ticket.reply", "ticket.close", "ticket.pend", "ticket.cc_add"} <= set(WITH_A_REVISION)


@pytest.mark.parametrize("name", WITH_A_REVISION)
async def test_a_decision_on_an_older_revision_is_a_conflict(full: RunningDesk, name: str) -> None:
    number = EXAMPLES[name].get("ticket", 1)  # of messages: the ticket that they are on
    rev = (await full.view(number))["rev"]
    before = await everything(full)
    for wrong in (rev - 1, rev + 1):
        with pytest.raises(Refused) as refused:
            await full.ask(name, by=ADMIN, if_rev=wrong, **EXAMPLES[name])
        assert (refused.value.code, refused.value.exit) == ("changed", Exit.CONFLICT)
    assert await everything(full) == before
    answer = await full.ask(name, by=ADMIN, if_rev=rev, **EXAMPLES[name])
    assert (answer if "ticket" in EXAMPLES[name] else await full.view(number))["rev"] == rev + 1


async def test_two_who_claim_at_once_get_two_tickets(full: RunningDesk) -> None:
    await full.ask("ticket.new", requester="dan@client.example", subject="Five")
    first, second = await asyncio.gather(
        full.ask("ticket.next", by=AGENT, claim=True), full.ask("ticket.next", by=OTHER, claim=True)
    )
    numbers = [answer["tickets"][0]["number"] for answer in (first, second)]
    assert sorted(numbers) == [1, 6]
    assert [answer["tickets"][0]["assignee"] for answer in (first, second)] == ["agent", "other"]
    assert (await full.ask("ticket.next", claim=True))["tickets"] == []


NOT_THERE = {
    "blob.get": {"sha256": "0" * 64},
    "mail.explain": {"id": "999"},
    "mail.failed_replay": {"id": 999},
    "mail.failed_view": {"id": 999},
    "message.move": {"message": "9.9", "to": "1"},
    "message.raw": {"message": "9.9"},
    "person.alias": {"address": "zoe@client.example", "alias": "zoe@home.example"},
    "person.edit": {"address": "ann@client.example", "organisation": "nowhere"},
    "person.group_add": {"group": "staff", "addresses": ["zoe@client.example"]},
    "person.merge": {"address": "zoe@client.example", "to": "ann@client.example"},
    "person.unmerge": {"address": "zoe@client.example"},
    "person.view": {"address": "zoe@client.example"},
    "ticket.assign": {"ticket": 1, "to": "nobody"},
    "ticket.cc_remove": {"ticket": 1, "address": "zoe@client.example"},
    "ticket.list": {"assignee": "nobody"},
    "ticket.reply": {"ticket": 1, "body": "x", "attachments": [{"filename": "a", "sha256": "0" * 64}]},
    "token.revoke": {"ticket": 1, "address": "zoe@client.example"},
}
ON_A_TICKET = [name for name, example in EXAMPLES.items() if "ticket" in example]


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        *(pytest.param(name, parameters, id=name) for name, parameters in NOT_THERE.items()),
        *(pytest.param(name, EXAMPLES[name] | {"ticket": 999}, id=f"{name} of #999") for name in ON_A_TICKET),
    ],
)
async def test_what_is_not_there_is_exit_3_with_a_sentence(
    full: RunningDesk, name: str, parameters: dict[str, Any]
) -> None:
    before = await everything(full)
    with pytest.raises(Refused) as refused:
        await full.ask(name, by=ADMIN, **parameters)
    assert refused.value.exit is Exit.NOT_FOUND
    assert str(refused.value).endswith((".", "list", "inbox"))
    assert await everything(full) == before


@pytest.mark.parametrize(
    ("name", "parameters", "code", "exit_code"),
    [
        ("agent.new", {"login": "agent"}, "there", Exit.CONFLICT),
        ("agent.new", {"login": "x", "uid": AGENT}, "uid-taken", Exit.CONFLICT),
        ("agent.new", {"login": "No Login"}, "bad-login", Exit.USAGE),
        ("agent.new", {"login": "none"}, "bad-login", Exit.USAGE),
        ("agent.new", {"login": "spocd"}, "bad-login", Exit.USAGE),
        ("agent.new", {"login": "x", "address": "a@b, c@d"}, "bad-address", Exit.USAGE),
        ("agent.new", {"login": "x", "card": {"digest": "8"}}, "bad-agent", Exit.USAGE),
        ("agent.edit", {"login": "agent", "card": {}}, "nothing", Exit.USAGE),
        ("agent.edit_own", {"card": {}}, "nothing", Exit.USAGE),
        ("agent.edit_own", {"card": {"quiet": "18"}}, "bad-agent", Exit.USAGE),
        ("agent.edit", {"login": "nobody", "card": {"tier": 2}}, "no-such-agent", Exit.NOT_FOUND),
        ("agent.edit", {"login": "agent", "card": {"uid": ADMIN}}, "uid-taken", Exit.CONFLICT),
        ("agent.edit", {"login": "admin", "card": {"role": "lead"}}, "last-administrator", Exit.REFUSED),
        ("calendar.view", {"calendar": "x"}, "no-such-calendar", Exit.NOT_FOUND),
        ("canned.edit", {"answer": "new", "body": "x"}, "no-such-canned-answer", Exit.NOT_FOUND),
        ("canned.edit", {"answer": "Bad name", "title": "x", "body": "x"}, "bad-canned", Exit.USAGE),
        ("canned.edit", {"answer": "paper", "service": "x"}, "bad-canned", Exit.USAGE),
        ("canned.edit", {"answer": "paper"}, "nothing", Exit.USAGE),
        ("canned.list", {"service": "x"}, "no-such-service", Exit.NOT_FOUND),
        ("canned.view", {"answer": "x"}, "no-such-canned-answer", Exit.NOT_FOUND),
        ("organisation.view", {"organisation": "x"}, "no-such-organisation", Exit.NOT_FOUND),
        ("service.view", {"service": "x"}, "no-such-service", Exit.NOT_FOUND),
        ("team.edit", {"team": "x", "name": "X"}, "no-such-team", Exit.NOT_FOUND),
        ("team.edit", {"team": "first-line"}, "nothing", Exit.USAGE),
        ("team.edit", {"team": "first-line", "address": "x"}, "bad-team", Exit.USAGE),
        ("team.member_add", {"team": "first-line", "login": "nobody"}, "bad-team", Exit.USAGE),
        ("team.member_add", {"team": "first-line", "login": "admin"}, "there", Exit.CONFLICT),
        ("team.member_remove", {"team": "first-line", "login": "agent"}, "not-there", Exit.NOT_FOUND),
        ("team.new", {"team": "first-line", "name": "X"}, "there", Exit.CONFLICT),
        ("team.new", {"team": "Bad name", "name": "X"}, "bad-team", Exit.USAGE),
        ("mail.failed_replay", {"id": 1}, "not-failed", Exit.REFUSED),
        ("mail.explain", {"id": "x"}, "bad-mail", Exit.USAGE),
        ("mail.explain", {"id": "9" * 40}, "bad-mail", Exit.USAGE),
        ("mail.inbox", {"state": "x"}, "bad-state", Exit.USAGE),
        ("mail.outbox", {"state": "x"}, "bad-state", Exit.USAGE),
        ("mail.outbox", {"cursor": "x"}, "bad-cursor", Exit.USAGE),
        ("message.move", {"message": "1.1", "to": "1"}, "there", Exit.REFUSED),
        ("message.move", {"message": "1.1", "to": "x"}, "bad-ticket", Exit.USAGE),
        ("message.move", {"message": "1", "to": "new"}, "bad-message", Exit.USAGE),
        ("message.raw", {"message": "1.²"}, "bad-message", Exit.USAGE),
        ("message.raw", {"message": "9" * 20 + ".1"}, "bad-message", Exit.USAGE),
        ("person.alias", {"address": "ann@client.example", "alias": "a@b,c@d"}, "bad-address", Exit.USAGE),
        ("person.alias", {"address": "ann@client.example", "alias": "it@example.org"}, "own-address", Exit.USAGE),
        ("person.edit", {"address": "ann@client.example"}, "no-change", Exit.USAGE),
        ("person.edit", {"address": "ann@client.example", "language": "fr"}, "bad-language", Exit.USAGE),
        ("person.edit", {"address": "ann@client.example", "name": "a\x1b[2J"}, "bad-text", Exit.USAGE),
        ("person.edit", {"address": "ann@client.example", "name": "a" * 201}, "bad-name", Exit.USAGE),
        ("canned.edit", {"answer": "paper", "body": "Hello {requestr}"}, "bad-canned", Exit.USAGE),
        ("ticket.cc_remove", {"ticket": 1, "address": "x"}, "bad-address", Exit.USAGE),
        ("ticket.list", {"requester": "x"}, "bad-address", Exit.USAGE),
        ("ticket.note", {"ticket": 1, "body": "a\0b"}, "bad-text", Exit.USAGE),
        ("ticket.note", {"ticket": 1, "body": "caf\udce9"}, "bad-text", Exit.USAGE),
        ("person.group_add", {"group": "a,b", "addresses": []}, "bad-group", Exit.USAGE),
        ("person.merge", {"address": "ann@client.example", "to": "ann@client.example"}, "there", Exit.CONFLICT),
        ("person.unmerge", {"address": "ann@client.example"}, "not-merged", Exit.REFUSED),
        ("person.view", {"address": "x"}, "bad-address", Exit.USAGE),
        ("ticket.assign", {"ticket": 2, "to": "other"}, "taken", Exit.CONFLICT),
        ("ticket.assign", {"ticket": 2, "to": "agent"}, "there", Exit.REFUSED),
        ("ticket.canned", {"ticket": 1, "answer": "x"}, "no-such-canned-answer", Exit.NOT_FOUND),
        ("ticket.cc_add", {"ticket": 1, "address": "cid@client.example"}, "there", Exit.CONFLICT),
        ("ticket.cc_add", {"ticket": 1, "address": "desk+x@example.org"}, "own-address", Exit.USAGE),
        ("ticket.cc_add", {"ticket": 1, "address": "a@b.c)x@y.z"}, "bad-address", Exit.USAGE),
        ("ticket.cc_remove", {"ticket": 1, "address": "ann@client.example"}, "not-there", Exit.NOT_FOUND),
        ("ticket.close", {"ticket": 3}, "closed", Exit.REFUSED),
        ("ticket.consult", {"ticket": 1, "to": "it+x@example.org", "body": "x"}, "own-address", Exit.USAGE),
        ("ticket.consult", {"ticket": 1, "to": "Ann@client.example", "body": "x"}, "requester", Exit.USAGE),
        ("ticket.consult", {"ticket": 1, "to": "a@b.example", "body": " "}, "empty", Exit.USAGE),
        ("ticket.consult", {"ticket": 1, "to": "a@b.example", "body": "x", "remind": 9}, "too-soon", Exit.USAGE),
        ("ticket.consult_cancel", {"ticket": 1, "to": "a@b.example"}, "not-asked", Exit.NOT_FOUND),
        ("ticket.list", {"state": ["x"]}, "bad-state", Exit.USAGE),
        ("ticket.list", {"search": ""}, "no-words", Exit.USAGE),
        ("person.list", {"search": ""}, "no-words", Exit.USAGE),
        ("ticket.list", {"service": "x"}, "no-such-service", Exit.NOT_FOUND),
        ("ticket.list", {"team": "x"}, "no-such-team", Exit.NOT_FOUND),
        ("ticket.list", {"cursor": "x"}, "bad-cursor", Exit.USAGE),
        ("ticket.new", {"requester": "it@example.org", "subject": "x"}, "own-address", Exit.USAGE),
        ("ticket.new", {"requester": "x@y.example", "subject": " "}, "no-subject", Exit.USAGE),
        ("ticket.note", {"ticket": 1, "body": " \n"}, "empty", Exit.USAGE),
        ("ticket.pend", {"ticket": 1, "until": START}, "past", Exit.REFUSED),
        ("ticket.release", {"ticket": 1}, "nobody", Exit.REFUSED),
        ("ticket.reopen", {"ticket": 1}, "open", Exit.REFUSED),
        ("ticket.reply", {"ticket": 1, "body": ""}, "empty", Exit.USAGE),
        ("ticket.reply", {"ticket": 1, "body": "x", "close": True, "pend_until": START + 9}, "both", Exit.USAGE),
        ("ticket.search", {"words": " "}, "no-words", Exit.USAGE),
        ("ticket.take", {"ticket": 2}, "taken", Exit.CONFLICT),
        ("blob.put", {"sha256": "x", "offset": 0, "total": 9, "content": "?"}, "bad-piece", Exit.USAGE),
        ("blob.put", {"sha256": "x", "offset": 0, "total": 9, "content": "é"}, "bad-piece", Exit.USAGE),
        ("blob.put", {"sha256": "x", "offset": -1, "total": 9, "content": BASE64}, "bad-piece", Exit.USAGE),
        ("blob.put", {"sha256": "x", "offset": 0, "total": 5, "content": BASE64}, "bad-piece", Exit.USAGE),
        ("blob.put", {"sha256": "x", "offset": 0, "total": 6, "content": BASE64}, "damaged", Exit.REFUSED),
        ("blob.put", {"sha256": "x", "offset": 0, "total": 2**40, "content": ""}, "too-large", Exit.REFUSED),
    ],
)
async def test_a_refusal_has_its_code_and_changes_nothing(
    full: RunningDesk, name: str, parameters: dict[str, Any], code: str, exit_code: Exit
) -> None:
    before = await everything(full)
    with pytest.raises(Refused) as refused:
        await full.ask(name, by=ADMIN, **parameters)
    assert (refused.value.code, refused.value.exit) == (code, exit_code)
    assert await everything(full) == before


@pytest.mark.parametrize(
    ("name", "by", "to", "said"),
    [
        ("ticket.take", AGENT, None, "#2 is with you already."),
        ("ticket.assign", AGENT, "agent", "#2 is with you already."),
        ("ticket.assign", ADMIN, "agent", "#2 is with agent already."),
        ("ticket.assign", AGENT, "other", "#2 is with you. Say why it moves: --reason TEXT"),
        (
            "ticket.take",
            ADMIN,
            None,
            f"#2 is with agent since {moment(START)}. To take it over, say from whom and why:"
            " spocd ticket take 2 --from agent --reason TEXT",
        ),
    ],
)
async def test_whoever_moves_a_ticket_is_told_who_has_it(
    full: RunningDesk, name: str, by: int, to: str | None, said: str
) -> None:
    with pytest.raises(Refused) as refused:
        await full.ask(name, by=by, ticket=2, **({"to": to} if to else {}))
    assert str(refused.value) == said


@pytest.mark.parametrize("name", ["ticket.list", "person.list", "mail.inbox", "mail.outbox", "mail.failed_list"])
@pytest.mark.parametrize("limit", [0, -1, -(2**63), 2**63 - 1])
async def test_any_limit_gives_a_page(full: RunningDesk, name: str, limit: int) -> None:
    answer = await full.ask(name, limit=limit)
    [rows] = [value for key, value in answer.items() if key != "cursor"]
    assert len(rows) >= 1
    assert (answer["cursor"] is None) or len(rows) == 1


@pytest.mark.parametrize(
    ("name", "field"),
    [("ticket.list", "number"), ("person.list", "address"), ("mail.inbox", "id"), ("mail.outbox", "id")],
)
async def test_pages_follow_each_other_until_the_last(full: RunningDesk, name: str, field: str) -> None:
    whole = await full.ask(name)
    [key] = [each for each in whole if each != "cursor"]
    met: list[Any] = []
    after = None
    while len(met) <= len(whole[key]):
        page = await full.ask(name, limit=1, **({"cursor": after} if after else {}))
        met += page[key]
        after = page["cursor"]
        if after is None:
            break
    assert [row[field] for row in met] == [row[field] for row in whole[key]]
    assert len(met) >= 2
