"""The way of a mail into the inbox, as the listeners go it."""

from __future__ import annotations

import io
from typing import Any

import pytest

from spocd.daemon.acceptor import DeskAcceptor
from spocd.daemon.membership import Trouble
from spocd.domain.intake import Envelope
from spocd.errors import NoRoom, TryLater
from tests.desk.running_desk import settings


class Store:
    """A store that has room or has none."""

    fault: TryLater | None = None

    async def write_beside(self, work: Any) -> None:
        if self.fault:
            raise self.fault


async def test_a_mail_that_finds_no_room_is_remembered_until_one_does() -> None:
    store, told = Store(), list[int]()
    acceptor = DeskAcceptor(store, settings, lambda: 700.5, lambda: told.append(1))  # type: ignore[arg-type]
    envelope = Envelope("ann@client.example", ("desk@example.org",), "smtp", "127.0.0.1")

    async def accept() -> None:
        await acceptor.accept(envelope, io.BytesIO(b"Subject: x\r\n\r\ny\r\n"))

    for fault, expected in ((TryLater("away"), None), (NoRoom("full"), Trouble(700, "full"))):
        store.fault = fault
        with pytest.raises(TryLater):
            await accept()
        assert acceptor.trouble == expected
    assert told == []
    store.fault = None
    await accept()
    assert (acceptor.trouble, told) == (None, [1])
