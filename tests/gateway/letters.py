"""A letter of every kind, with all that its template may ask for, and how the tests read what becomes of it."""

from __future__ import annotations

import email
import email.policy
import re
from dataclasses import replace
from email.errors import NonASCIILocalPartDefect
from email.message import EmailMessage
from typing import Any, cast

from spocd.domain.handover import TOLD
from spocd.domain.letter import Letter

EVENT: dict[str, Any] = {
    **dict.fromkeys(("why", "by", "other", "fault", "due", "cause", "team", "act", "until"), ""),
    **dict.fromkeys(("times", "hours", "tier"), 0),
    "what": "answered",
    "body": "It burns.",
    "who": "ann@example.net",
    "brief": None,
}


def done(what: str, **about: Any) -> dict[str, Any]:
    """A line of what was done, as `domain.handover.brief` gives it."""
    line = {"at": "2026-03-02 09:10", "what": what, "by": "Eva Holm", "of": "Bo Berg", "to": "eva@example.net"}
    more = {"who": "kim@example.net", "until": "2026-03-05 12:00", "tier": 2, "changes": [], "why": "", "cause": ""}
    return line | more | about


SERVICE = dict.fromkeys(("en", "da", "sv", "fi", "ru", "de"), "VPN")
NEXT = ("answer", "rest", "experts", "wait")
BRIEF: dict[str, Any] = {
    "state": "open",
    "kind": "incident",
    "priority": "urgent",
    "service": SERVICE,
    "requester": "Ann Karlsson",
    "also": ["Kim Dal", "Bo Berg"],
    "next": "answer",
    "since": "2026-03-03 14:05",
    "until": "2026-03-05 12:00",
    "due": "2026-03-04 12:00",
    "promised": [{"at": "2026-03-04 12:00", "broken": False}, {"at": "2026-03-01 12:00", "broken": True}],
    "asked": [{"who": "Eva Holm", "at": "2026-03-02 10:00"}],
    "said": [
        {"id": f"4711.{at}", "at": "2026-03-02 08:00", "who": "Ann Karlsson", "how": how, "text": "Xyzzy. " * 40}
        | {"to": "Eva Holm" if how == "asked" else ""}
        for at, how in enumerate(("wrote", "answered", "noted", "asked", "advised", "outside"), 1)
    ],
    "said_between": 0,
    "done": [
        *(done(what) for what in TOLD),
        done("returned", to=""),
        done("handed over", by="", why="Xyzzy plugh."),
        done("handed over", cause="away"),
        done("changed", changes=[{"field": "priority", "was": "low", "now": "high"}]),
        done(
            "changed",
            changes=[
                {"field": "kind", "was": "request", "now": "question"},
                {"field": "service", "was": "", "now": SERVICE},
                *({"field": field, "was": "", "now": "X"} for field in ("subject", "team", "tags", "requester")),
            ],
        ),
    ],
    "done_before": 0,
    "files": [{"name": "log.txt", "size": 12_345, "message": "4711.1"}],
    "tags": ["vpn", "x-12"],
}
BARE = (
    BRIEF
    | {"service": "", "also": [], "due": "", "tags": []}
    | {each: [] for each in ("promised", "asked", "said", "done", "files")}
)

VARIABLES: dict[str, Any] = {
    "also_told": "",
    "channel": "mail",
    "number": 1234,
    "subject": "Printer is on fire",
    "tag": "[desk#1234]",
    "desk_name": "IT desk",
    "desk_address": "desk@example.org",
    "requester_name": "Ann Karlsson",
    "agent_name": "Bo Berg",
    "body": "Please unplug it.",
    "quote": "It burns.",
    "quote_author": "Ann Karlsson",
    "quote_date": "3 March 2026 at 14:05",
    "reopen_days": 30,
    "known": True,
    "direction": "in",
    "reporter": "",
    "promised": "",
    "closing": False,
    "agent_title": "",
    "team": "",
    "passed_on": False,
    "reason": "",
    "cause": "",
    "of": "",
    "reader_name": "Eva Holm",
    "asked_on": "2026-03-03",
    "merged_number": 1230,
    "survivor_number": 1230,
    "merged_subject": "Printer",
    "events": [EVENT],
    "notices": [{"number": 1234, "subject": "Printer is on fire", "at": "2026-03-03 14:05", **EVENT}],
}

LETTER = Letter(
    id=1,
    kind="answer",
    language="en",
    ticket=1234,
    from_name="Bo Berg",
    from_address="desk@example.org",
    to_name="Ann Karlsson",
    to_address="ann@example.net",
    reply_to="desk+r1abc-2-0123456789abcdef@example.org",
    return_path="bounces+b1@example.org",
    message_id="m1abc-0123456789abcdef@example.org",
    in_reply_to="third@example.net",
    references=("first@example.net", "second@example.org"),
    date=1_770_000_000,
    instance="4f2a91",
    variables=VARIABLES,
)


def having(letter: Letter = LETTER, **variables: Any) -> Letter:
    return replace(letter, variables={**letter.variables, **variables})


def read(raw: bytes) -> EmailMessage:
    """The mail as the standard library reads it, after the checks that every mail of ours must pass."""
    assert all(len(line) <= 998 for line in raw.split(b"\r\n"))
    assert not re.search(rb"\r(?!\n)|(?<!\r)\n", raw)
    # As text, since the standard library reads raw UTF-8 headers (RFC 6532) only from there; bodies are 7-bit.
    message = email.message_from_string(raw.decode(), policy=email.policy.default)
    assert not message.defects
    # An address beyond ASCII is no fault here, though the standard library calls it one.
    defects = [defect for value in message.values() for defect in value.defects]
    assert all(isinstance(defect, NonASCIILocalPartDefect) for defect in defects)
    return message


def words(message: EmailMessage) -> str:
    part = message.get_body(("plain",))
    assert part is not None
    text = cast(str, part.get_content()).replace("\r\n", "\n")
    assert "\r" not in text
    return text
