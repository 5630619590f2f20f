"""What must not be kept is taken out: of a message, of all that quotes it, of its files and of the search."""

from __future__ import annotations

from dataclasses import replace
from typing import TypedDict

from spocd.desk import search, traces
from spocd.desk.access import Actor, Role
from spocd.desk.blob import erase
from spocd.desk.brief import BRIEF
from spocd.desk.documents import find_ticket, read_json, save, write_json
from spocd.desk.journal import record
from spocd.desk.message import find_message
from spocd.desk.operation import Desk, operation
from spocd.domain.redaction import (
    REMOVED,
    Remover,
    bare,
    both,
    in_what_was_said,
    subject_left,
    without_passages,
    without_subject,
    without_texts,
)
from spocd.domain.ticket import Ticket, check_rev, filed
from spocd.errors import Exit, Refused
from spocd.store import Row

_TEXTS = ("subject", "text", "visible_text")


class Redacted(TypedDict):
    message: str
    attachments: int
    letters: int  # that said it too, sent ones included
    lines: int  # of the journal that were sealed, and are empty now
    sent_to: list[str]  # the addresses that some of them, or a file, went to, which nothing takes back
    also_in: list[str]  # the other messages that still say it
    subjects: list[int]  # the tickets whose subject said it, and that can be given another
    rev: int  # of the message's ticket


@operation("ticket.redact", role=Role.LEAD, writes=True)
async def redact(
    desk: Desk,
    actor: Actor,
    *,
    message: str,
    reason: str,
    text: list[str] | None = None,
    whole: bool = False,
    attachments: list[str] | None = None,
    if_rev: int | None = None,
) -> Redacted:
    """Remove passages of a message, or all of it, and its raw mail; nothing of it stays but that it was removed."""
    row = await find_message(desk, message)
    ticket = await find_ticket(desk, row["ticket"])
    check_rev(ticket, if_rev)
    if not reason.strip():
        raise Refused("no-reason", "Say why it is removed: --reason TEXT. That stays in the journal.", Exit.USAGE)
    if not (text or whole or attachments):
        raise Refused("nothing", "Say what is to be removed: --text WORDS, --attachment NAME or --all.", Exit.USAGE)
    case = await traces.case_of(desk, ticket.number)
    remove = await _all_of(desk, row, case) if whole else without_passages(text) if text else str
    if remove(reason) != reason:
        raise Refused("says-it", "The reason says what is to be removed, and stays in the journal.", Exit.USAGE)
    if text and all(remove(row[each]) == row[each] for each in _TEXTS):
        raise Refused("not-there", f"These words do not stand in {message}.", Exit.NOT_FOUND)
    files = await _drop_files(desk, row, message, None if whole else attachments or [])
    with_files = await desk.tx.all("letters_of_ticket", ticket=row["origin"]) if files else []
    letters, before = await traces.clean_letters(desk, case, remove)
    await traces.clean_notices(desk, case, remove)
    lines = await traces.clean_journal(desk, case, remove)
    await traces.clean_answers(desk, case, remove)
    said_it = [*letters, *(each for each in with_files if each["message"] == row["id"])]
    # A letter may come back after it was emptied: then it says nothing here any more, and its mail says all.
    await traces.erase_raw_mails(desk, row, case, letters=before.union(each["id"] for each in said_it))
    await _rewrite(desk, row, remove, whole=whole)
    also_in, reworded = await _in_other_messages(desk, row, case, remove)
    subjects = await _clean_subjects(desk, ticket, case, remove)
    others = {*reworded, *subjects} - {ticket.number}
    await search.forget_for_good(desk, [ticket.number, *sorted(others)])
    for number in sorted(others):  # the line has it indexed anew
        await record(desk, number, actor, "redacted", message=message, why=reason)
    await record(
        desk, ticket.number, actor, "redacted", message=message, why=reason, whole=whole or None, attachments=files,
        letters=len(letters),
    )  # fmt: skip
    merged = {each.number for each in case if each.merged_into is not None}
    sent_to = traces.gone_to(said_it)
    return {
        "message": message, "attachments": files, "letters": len(letters), "lines": lines, "sent_to": sent_to,
        "also_in": also_in, "subjects": [each for each in subjects if each not in merged], "rev": ticket.rev + 1,
    }  # fmt: skip


async def _all_of(desk: Desk, row: Row, case: list[Ticket]) -> Remover:
    """What removes all that a message says; its subject too, where it was the first to have that."""
    texts = without_texts([row["text"], row["visible_text"]])
    before = [each for one in case for each in await desk.tx.all("subjects_before", ticket=one.number, id=row["id"])]
    if bare(row["subject"]).casefold() in {bare(each["subject"]).casefold() for each in before}:
        return texts
    return both(texts, without_subject(row["subject"]))


async def _rewrite(desk: Desk, row: Row, remove: Remover, *, whole: bool) -> None:
    texts = {each: REMOVED if whole and row[each] else remove(row[each]) for each in _TEXTS}
    evidence = write_json(in_what_was_said(read_json(row["evidence"]), remove) | {"redacted": True})
    await desk.tx.run("redact_message", id=row["id"], evidence=evidence, **texts)
    for each in await desk.tx.all("attachments_of_message", message=row["id"]):
        if (filename := remove(each["filename"])) != each["filename"]:
            await desk.tx.run("rename_attachment", message=row["id"], position=each["position"], filename=filename)


async def _drop_files(desk: Desk, row: Row, message: str, names: list[str] | None) -> int:
    """Take files off a message, all where no names are given; what no other message has is forgotten."""
    there = await desk.tx.all("attachments_of_message", message=row["id"])
    missing = set(names or []) - {each["filename"] for each in there}
    if missing:
        raise Refused("no-such-file", f"{message} has no attachment “{min(missing)}”.", Exit.NOT_FOUND)
    gone = [each for each in there if names is None or each["filename"] in names]
    for each in gone:
        await desk.tx.run("drop_attachment", message=row["id"], position=each["position"])
        if await desk.tx.one("attachment_with", sha256=each["sha256"]) is None:
            await erase(desk, each["sha256"])
    return len(gone)


async def _in_other_messages(desk: Desk, row: Row, case: list[Ticket], remove: Remover) -> tuple[list[str], set[int]]:
    """The other messages that say it, as an answer that quotes it does; the tickets of those that do no more.

    What the desk wrote down itself (the subject of what was written here, a brief) loses it. What people wrote, and a
    mail that came in, is another message: somebody has to look at it.
    """
    also_in, reworded = [], set()
    for ticket in case:
        for each in await desk.tx.all("texts_of_ticket", ticket=ticket.number):
            if each["id"] == row["id"]:
                continue
            is_brief = read_json(each["evidence"]).get("by") == BRIEF
            own: tuple[str, ...] = _TEXTS if is_brief else ("subject",) if each["raw"] is None else ()
            texts = {name: remove(each[name]) if name in own else each[name] for name in _TEXTS}
            if any(remove(text) != text for text in texts.values()):
                also_in.append(f"{each['origin']}.{each['position']}")
            if any(texts[name] != each[name] for name in own):
                await desk.tx.run("redact_texts", id=each["id"], **texts)
                reworded.add(ticket.number)
    return also_in, reworded


async def _clean_subjects(desk: Desk, ticket: Ticket, case: list[Ticket], remove: Remover) -> list[int]:
    """Take it out of the subjects of the case; the tickets that had it there."""
    said = []
    for each in case:
        without = remove(each.subject)
        if without != each.subject:
            said.append(each.number)
            without = subject_left(without)
        if without != each.subject or each.number == ticket.number:
            await save(desk, each, replace(filed(each, desk.now), subject=without))
    return said
