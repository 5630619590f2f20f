"""Messages of a ticket: mails in and out, notes. Their names (1234.5) never change."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypedDict

from spocd.desk.access import Actor, Role
from spocd.desk.documents import read_json, split_message_id, write_json
from spocd.desk.operation import Desk, operation
from spocd.domain.address import find
from spocd.domain.reading import Reading
from spocd.domain.thread import Rung
from spocd.domain.ticket import Ticket
from spocd.errors import Exit, Refused
from spocd.store import Row

MOST_IDS = 100  # Message-IDs of one mail that are remembered


class RawMail(TypedDict):
    sha256: str
    size: int


async def add_incoming(
    desk: Desk,
    ticket: Ticket,
    raw: str,
    content_key: str,
    reading: Reading,
    *,
    kind: str,
    person: int | None,
    evidence: Mapping[str, Any],
    sender: str,
    at: int,
    agent: int | None = None,
    inside: bool = False,
) -> tuple[str, int]:
    """File a mail on a ticket, with its files and every Message-ID that it names; (its name, its id).

    `at` is when it was accepted, in UTC seconds.
    The files' contents are in the store already (blob.keep). Of what came from `inside` no Message-ID is remembered:
    an answer to it is not the ticket's people's.
    """
    warnings = [*evidence.get("warnings", []), *reading.warnings]
    name, message = await _insert(
        desk,
        ticket.number,
        at=at,
        kind=kind,
        direction="in",
        person=person,
        agent=agent,
        author_name=reading.sender.name,
        author_address=reading.identity or reading.sender.address or sender,
        recipients=[{"name": m.name, "address": _untold(desk, m.address)} for m in (*reading.to, *reading.cc)],
        reply_to=_reply_to(desk, reading, evidence),
        subject=reading.subject,
        text=reading.text,
        visible_text=reading.visible_text,
        message_id=reading.message_id,
        reference_ids=list(reading.references or reading.in_reply_to),
        raw=raw,
        content_key=content_key,
        evidence=dict(evidence) | ({"warnings": warnings} if warnings else {}),
    )
    await desk.tx.batch(
        "add_attachments",
        [
            {
                "message": message,
                "position": at,
                "filename": part.filename or f"part-{at}",
                "content_type": part.content_type,
                "size": part.size,
                "sha256": part.sha256,
            }
            for at, part in enumerate(reading.attachments, 1)
        ],
    )
    ids = {} if inside else dict.fromkeys([reading.message_id, *reading.in_reply_to, *reading.references])
    await desk.tx.batch(
        "add_seen_ids", [{"message_id": each, "ticket": ticket.number} for each in ids if each][:MOST_IDS]
    )
    return name, message


def _untold(desk: Desk, address: str) -> str:
    """An address of ours without its token, which would let whoever sees the ticket write as its person."""
    split = desk.settings.own.split(address)
    return split[0] if split else address


def _reply_to(desk: Desk, reading: Reading, evidence: Mapping[str, Any]) -> str | None:
    """Where the writer asks to be answered, by a mail that opened the ticket or was let in by what nobody can guess.

    A forged From with a guessed subject tag is on the ticket too: its Reply-To would send the answer to the forger.
    """
    if evidence.get("rung") not in (Rung.TOKEN, Rung.OWN_ID, Rung.NONE):
        return None
    wanted = (each.address for each in reading.reply_to)
    return next((each for each in wanted if find(each) and not desk.settings.own.own(each)), None)


async def add_own(
    desk: Desk, actor: Actor, ticket: Ticket, *, kind: str, body: str, recipients: list[dict[str, str]], by: str = ""
) -> tuple[str, int]:
    """File what an agent writes: an answer (mail) or a note. `by` says what wrote it in their place."""
    return await _insert(
        desk,
        ticket.number,
        at=desk.now,
        kind=kind,
        direction="out" if kind == "mail" else "in",
        person=None,
        agent=actor.agent,
        author_name=actor.name,
        author_address=ticket.address if kind == "mail" else "",
        recipients=recipients,
        reply_to=None,
        subject=ticket.subject,
        text=body,
        visible_text=body,
        message_id=None,
        reference_ids=[],
        raw=None,
        content_key=None,
        evidence={"by": by} if by else {},
    )


async def _insert(desk: Desk, ticket: int, *, at: int, **columns: Any) -> tuple[str, int]:
    for each in ("recipients", "reference_ids", "evidence"):
        columns[each] = write_json(columns[each])
    row = await desk.tx.one("add_message", ticket=ticket, now=at, **columns)
    assert row is not None
    return f"{ticket}.{row['position']}", int(row["id"])


async def find_message(desk: Desk, name: str) -> Row:
    """The message of a name such as 1234.5; Refused where there is none."""
    origin, position = split_message_id(name)
    row = await desk.tx.one("message", origin=origin, position=position)
    if row is None:
        raise Refused("no-such-message", f"There is no message {name}.", Exit.NOT_FOUND)
    return row


@operation("message.raw", role=Role.ROBOT)
async def raw(desk: Desk, actor: Actor, *, message: str) -> RawMail:
    """Name the raw mail behind a message, to be fetched with blob.Get and the name of the message."""
    row = await find_message(desk, message)
    if read_json(row["evidence"]).get("redacted"):
        raise Refused("redacted", f"The mail behind {message} was removed when it was redacted.", Exit.NOT_FOUND)
    if row["raw"] is None:
        raise Refused("no-mail", f"{message} did not come by mail: it was written here.", Exit.NOT_FOUND)
    return {"sha256": row["raw"], "size": row["size"]}
