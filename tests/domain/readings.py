"""A plain reading for the tables, to be changed where a row needs it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from spocd.domain.reading import Mailbox, Reading

PLAIN = Reading(
    kind="message",
    subject="Printer",
    sender=Mailbox("Ann", "ann@client.example"),
    identity="ann@client.example",
    to=(),
    cc=(),
    reply_to=(),
    message_id="1@client.example",
    in_reply_to=(),
    references=(),
    date=None,
    language=None,
    text="It is on fire.",
    visible_text="It is on fire.",
    attachments=(),
    bounces=(),
    automatic=False,
    answerable=True,
    unanswerable_because=None,
    list_id=None,
    commands=(),
    warnings=(),
    forward=False,
    headers={},
)


def a_reading(**changes: Any) -> Reading:
    return replace(PLAIN, **changes)
