"""F29: mails that harm whoever reads them, at a desk with its real sockets and a reader that they do harm."""

from __future__ import annotations

import asyncio
import contextlib
import os
import smtplib
import sys
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from spocd.config import load
from spocd.daemon.ending import Ending
from spocd.daemon.node import Node, new_run
from spocd.daemon.settings import read_identity, settings_of
from spocd.gateway.reading.pool import Limits, Pool
from spocd.gateway.writing import Writer
from spocd.store import open_store
from tests.running import ADDRESS, RunningDesk, eventually, written

PATIENCE = 120.0  # seconds
READER = (sys.executable, "-m", "tests.gateway.reading.faulty_child")
LIMITS = Limits(memory=512 * 1024 * 1024, cpu=20, wall=5.0)


@contextlib.asynccontextmanager
async def desk_that_can_be_harmed(folder: Path) -> AsyncIterator[RunningDesk]:
    """A node in this process; what a mail asks its reader to do, the reader does."""
    desk = RunningDesk.made(folder)
    config = load(desk.config)
    async with AsyncExitStack() as stack:
        store = await open_store(config)
        stack.push_async_callback(store.close)
        writer = Writer()
        settings = settings_of(config, await read_identity(store), new_run(), writer.template_version)
        node = Node(config, store, settings, writer, time.time, Pool(children=2, limits=LIMITS, command=READER))
        await node.start(stack, {}, Ending(os._exit))
        yield desk


def deliver(desk: RunningDesk, subjects: dict[str, str]) -> None:
    with smtplib.SMTP(*desk.smtp, timeout=PATIENCE) as client:
        for subject, body in subjects.items():
            mail = written(body, subject=subject).as_bytes()
            assert client.sendmail("ann@client.example", [ADDRESS], mail) == {}


def fates(desk: RunningDesk) -> dict[str, str]:
    """What became of each mail that has become a ticket, by the ticket's subject."""
    mails: list[dict[str, Any]] = desk.call("mail.inbox", limit=100)["mails"]
    subjects = {each["number"]: each["subject"] for each in desk.call("ticket.list")["tickets"]}
    return {subjects[each["ticket"]]: each["fate"] for each in mails if each["ticket"]}


@pytest.mark.parametrize(
    ("what", "why"),
    [
        pytest.param("please abort", "ended in the middle", id="it crashes its reader"),
        pytest.param("please hoard", "needed more than 512 MiB of memory", id="it takes all memory"),
        pytest.param("please hang", "took longer than 5 seconds", id="it never comes to an end"),
    ],
)
async def test_f29_a_poisonous_mail_holds_up_no_other_and_becomes_a_ticket(tmp_path: Path, what: str, why: str) -> None:
    others = {f"Mail {number}": "Words." for number in range(10)}
    async with desk_that_can_be_harmed(tmp_path / "desk") as desk:
        await asyncio.to_thread(deliver, desk, {"Poison": what} | others)
        found = await asyncio.to_thread(_once_all_are_placed, desk, others)
        assert "[could not be read] Poison" not in found, "the others waited until it was given up"
        assert set(found.values()) == {"opened"}
        found = await asyncio.to_thread(_once_all_are_placed, desk, [*others, "[could not be read] Poison"])
        assert found["[could not be read] Poison"] == "quarantined"
        await asyncio.to_thread(_holds_its_mail, desk, why)


def _once_all_are_placed(desk: RunningDesk, subjects: Any) -> dict[str, str]:
    eventually(lambda: set(subjects) <= fates(desk).keys(), "the mails to be placed", within=PATIENCE)
    return fates(desk)


def _holds_its_mail(desk: RunningDesk, why: str) -> None:
    """The ticket says why, and has the mail as it came; health has nothing to report, as nothing is left to do."""
    tickets = desk.call("ticket.list")["tickets"]
    [number] = [each["number"] for each in tickets if "Poison" in each["subject"]]
    [message] = desk.call("ticket.view", ticket=number)["messages"]
    assert [each["filename"] for each in message["attachments"]] == ["message.eml"]
    assert why in message["text"]
    assert desk.call("desk.health")["inbox"] == {"waiting": 0, "oldest": None, "failed": 0}
