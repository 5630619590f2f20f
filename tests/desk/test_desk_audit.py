"""The journal as evidence, in a real database: sealed once, verified, and nothing done without a line in it."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from spocd.daemon.sealing import Sealing
from spocd.desk import audit
from spocd.desk.audit import LINES, WALKED
from spocd.errors import Exit, Refused
from spocd.store import Transaction
from tests import postgres
from tests.desk.by_hand import by_hand
from tests.desk.running_desk import ADMIN, LEAD, START, RunningDesk, copy_of, founded, new_url, opened
from tests.desk.test_desk_operations import EXAMPLES, WRITES, fill


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[RunningDesk]:
    """Three lines in the journal, the first of them a person's."""
    url = new_url(tmp_path)
    await founded(url)
    store = await opened(url)
    running = RunningDesk(store)
    await running.mail()
    await running.ask("ticket.note", ticket=1, body="x")
    await running.ask("token.rotate", by=ADMIN)
    yield running
    await store.close()


async def sealed(desk: RunningDesk) -> None:
    await Sealing(desk.store, lambda: desk.settings, lambda: float(desk.now)).seal()


async def verified(desk: RunningDesk, *, head: str | None = None) -> dict[str, Any]:
    """The last page of a walk, or the page where it is broken."""
    after, seal, met = 0, "", False
    while True:
        page = await desk.ask("audit.verify", by=ADMIN, after=after, seal=seal, head=head)
        met = met or page["has_head"]
        if page["broken"] is not None or not page["more"]:
            return page | {"has_head": met}
        after, seal = page["last"], page["seal"]


async def many(desk: RunningDesk, lines: int) -> None:
    row = {"ticket": 1, "at": desk.now, "actor": "a", "event": "note", "detail": "{}"}

    async def work(tx: Transaction) -> None:
        await tx.batch("write_journal", [row] * lines)

    await desk.store.write(work)


async def test_every_line_is_sealed_and_the_chain_holds(desk: RunningDesk) -> None:
    assert (await verified(desk))["lines"] == 0
    await sealed(desk)
    lines = (await desk.ask("audit.list", by=LEAD))["lines"]
    page = await verified(desk)
    assert (page["lines"], page["last"], page["broken"]) == (len(lines), lines[0]["id"], None)
    assert len(lines) >= 4


async def test_lines_that_are_not_sealed_yet_are_counted(desk: RunningDesk) -> None:
    lines = (await desk.ask("audit.list", by=LEAD))["lines"]
    assert ((await verified(desk))["lines"], (await verified(desk))["unsealed"]) == (0, len(lines))
    await sealed(desk)
    assert (await verified(desk))["unsealed"] == 0
    await desk.ask("ticket.note", ticket=1, body="One more.")
    assert ((await verified(desk))["lines"], (await verified(desk))["unsealed"]) == (len(lines), 1)
    await many(desk, WALKED)
    await sealed(desk)
    await many(desk, 2)
    assert (await verified(desk))["unsealed"] == 2, "of a walk of several pages the last one says it"


async def test_a_long_journal_is_sealed_and_verified_in_batches(desk: RunningDesk) -> None:
    await many(desk, WALKED + LINES + 1)
    await sealed(desk)
    page = await verified(desk)
    assert (page["broken"], page["last"]) == (None, (await desk.ask("audit.list", by=LEAD, limit=1))["lines"][0]["id"])


async def test_two_nodes_that_seal_at_once_seal_every_line_once(desk: RunningDesk) -> None:
    await many(desk, 3 * LINES)
    await asyncio.gather(*(sealed(desk) for _ in range(4)))
    await sealed(desk)
    page = await verified(desk)
    assert (page["broken"], page["more"]) == (None, False)


async def test_of_two_who_read_the_same_lines_the_second_keeps_nothing(desk: RunningDesk) -> None:
    batch = await desk.read(audit.unsealed)
    rows = audit.seals_of(batch)
    assert await desk.write(lambda d: audit.keep_seals(d, batch, rows)) is True
    assert await desk.write(lambda d: audit.keep_seals(d, batch, audit.seals_of(batch))) is False
    assert (await verified(desk))["broken"] is None


@pytest.mark.parametrize(
    "change",
    [
        "update journal set at = at + 1 where id = 2",
        "update journal set ticket = null where id = 2",
        "update journal set actor = 'x' || substr(actor, 2) where id = 2",
        "update journal set event = 'x' || substr(event, 2) where id = 2",
        "update journal set detail = '{\"x\":1}' where id = 2",
        "update journal_seal set salt = 'x' || substr(salt, 2) where journal = 2",
        "update journal_seal set salt = null where journal = 2",
        "update journal_seal set digest = 'x' || substr(digest, 2) where journal = 2",
        "update journal_seal set seal = 'x' || substr(seal, 2) where journal = 2",
        "delete from journal_seal where journal = 2",
    ],
)
async def test_sec67_whatever_is_changed_in_a_sealed_line_is_found(desk: RunningDesk, change: str) -> None:
    await sealed(desk)
    await by_hand(desk, change)
    found = await verified(desk)
    assert found["broken"] in (2, 3)
    assert found["what"]


async def test_a_line_that_slips_in_between_is_found(desk: RunningDesk) -> None:
    await sealed(desk)
    override = " overriding system value" if postgres.is_wanted() else ""
    await by_hand(
        desk,
        "delete from journal_seal where journal = 3",
        "delete from journal where id = 3",
        f"insert into journal (id, at, actor, event, detail){override} values (3, {START}, 'eve', 'note', '{{}}')",
    )
    assert (await verified(desk))["broken"] in (3, 4)


async def test_a_tail_that_was_made_anew_is_found_where_an_earlier_head_was_kept(desk: RunningDesk) -> None:
    await sealed(desk)
    head = (await verified(desk))["seal"]
    await desk.ask("ticket.note", ticket=1, body="later")
    await sealed(desk)
    assert (await verified(desk, head=head))["has_head"]
    await by_hand(desk, "delete from journal_seal where journal >= 2", "update journal set actor = 'eve' where id = 3")
    await sealed(desk)
    found = await verified(desk, head=head)
    assert (found["broken"], found["has_head"]) == (None, False)


async def test_erasing_a_persons_data_leaves_the_chain_whole(desk: RunningDesk) -> None:
    await sealed(desk)
    before = await verified(desk)
    of_hers = "(actor = 'ann@client.example' or detail like '%ann@client.example%')"
    await by_hand(
        desk,
        f"update journal_seal set salt = null where journal in (select id from journal where {of_hers})",
        f"update journal set detail = '{{}}' where {of_hers}",
        "update journal set actor = 'erased' where actor = 'ann@client.example'",
    )
    after = await verified(desk)
    assert (after["broken"], after["seal"], after["lines"]) == (None, before["seal"], before["lines"])
    assert after["erased"] >= 1
    exported = (await desk.ask("audit.export", by=ADMIN))["lines"]
    assert "ann@client.example" not in json.dumps(exported)


async def test_an_export_holds_what_anybody_needs_to_verify_it(desk: RunningDesk) -> None:
    await sealed(desk)
    first = await desk.ask("audit.export", by=ADMIN, limit=2)
    rest = await desk.ask("audit.export", by=ADMIN, after=first["last"])
    assert rest["last"] is None
    previous = ""
    for line in [*first["lines"], *rest["lines"]]:
        at = START
        staff = "" if "@" in line["actor"] else line["actor"]
        parts = [previous, line["id"], at, line["ticket"], staff, line["event"], line["digest"]]
        assert line["seal"] == hashlib.sha256(json.dumps(parts, separators=(",", ":")).encode()).hexdigest()
        previous = line["seal"]


async def test_the_list_is_of_a_time_somebody_or_a_ticket(desk: RunningDesk) -> None:
    desk.now += 100
    await desk.ask("ticket.note", ticket=1, body="later", by=LEAD)

    async def events(**filters: Any) -> list[str]:
        return [line["event"] for line in (await desk.ask("audit.list", by=LEAD, **filters))["lines"]]

    assert await events(since=desk.now) == ["note"]
    assert "key rotated" in await events(until=desk.now)
    assert await events(who="lead") == ["note"]
    assert "key rotated" not in await events(ticket=1)
    assert await events(who="other") == []
    first = await desk.ask("audit.list", by=LEAD, limit=2)
    second = await desk.ask("audit.list", by=LEAD, limit=2, cursor=first["cursor"])
    ids = [line["id"] for line in first["lines"] + second["lines"]]
    assert ids == sorted(ids, reverse=True)
    assert len(set(ids)) == 4


# A piece of a file is nothing yet: what names it is in the journal, with its SHA-256.
LEAVES_NO_LINE = {"blob.put"}


@pytest.fixture(scope="module")
def full_desk(tmp_path_factory: pytest.TempPathFactory) -> str:
    url = new_url(tmp_path_factory.mktemp("full"))
    asyncio.run(fill(url))
    return url


@pytest.mark.parametrize("name", [each for each in WRITES if each not in LEAVES_NO_LINE])
async def test_whatever_is_done_stands_in_the_journal_with_the_uid_that_the_kernel_said(
    tmp_path: Path, full_desk: str, name: str
) -> None:
    store = await opened(copy_of(full_desk, tmp_path))
    desk = RunningDesk(store)
    newest = (await desk.ask("audit.list", by=ADMIN, limit=1))["lines"][0]["id"]
    await desk.ask(name, by=ADMIN, **EXAMPLES[name] | ({"claim": True} if name == "ticket.next" else {}))
    lines = [line for line in (await desk.ask("audit.list", by=ADMIN))["lines"] if line["id"] > newest]
    assert [(line["actor"], line["detail"]["uid"]) for line in lines if line["actor"] != "spocd"], name
    assert {line["detail"].get("uid") for line in lines if line["actor"] == "admin"} == {ADMIN}
    await store.close()


async def test_a_name_that_did_nothing_and_is_no_agents_is_refused_with_the_nearest(desk: RunningDesk) -> None:
    await desk.mail()
    assert (await desk.ask("audit.list", by=LEAD, who="other"))["lines"] == [], "an agent who did nothing"
    assert (await desk.ask("audit.list", by=LEAD, who="spocd", since=desk.now + 1))["lines"] == []
    with pytest.raises(Refused, match=r"There is no agent “othr”\. Did you mean “other”") as refused:
        await desk.ask("audit.list", by=LEAD, who="othr")
    assert refused.value.exit is Exit.NOT_FOUND
