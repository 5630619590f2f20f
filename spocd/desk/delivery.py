"""What came of sending a letter: sent, tried again later, given up; and what of it stands on the ticket."""

from __future__ import annotations

from typing import Any

from spocd.desk import consult
from spocd.desk.access import SPOCD
from spocd.desk.documents import find_ticket, save
from spocd.desk.evidence import survivor
from spocd.desk.journal import record
from spocd.desk.letter import Leased
from spocd.desk.message import add_own
from spocd.desk.operation import Desk
from spocd.domain.delivery import Done, GiveUp, Outcome, Stays, Unknown, Wait, verdict
from spocd.domain.ticket import filed
from spocd.domain.token import Purpose
from spocd.errors import Refused
from spocd.store import Row


async def settle(desk: Desk, letter: Leased, outcome: Outcome, *, jitter: float) -> None:
    """Record what came of sending a letter; where an agent should know, a note on its ticket says so.

    Refused where the lease is no longer ours: another node had taken this one for lost, or it is recorded already.
    """
    row = await desk.tx.one("leased_letter", id=letter.id)
    assert row is not None
    decided = verdict(
        outcome,
        first_at=row["first_tried_at"],
        now=desk.now,
        tries=row["tries"],
        jitter=jitter,
        unknown_before=row["unknowns"] > 0,
    )
    unknowns = row["unknowns"] + isinstance(outcome, Unknown)
    columns: dict[str, Any] = {"not_before": desk.now, "sent_at": None, "warned": row["warned"]}
    match decided:
        case Done(reply):
            columns |= {"state": "sent", "sent_at": desk.now}
        case Wait(until, late, reply):
            columns |= {"state": "waiting", "not_before": until, "warned": int(row["warned"] or late)}
            if late and not row["warned"]:
                await _note(desk, row, f"has waited for an hour and is tried again. The answer so far: {reply}")
        case GiveUp(reply):
            columns |= {"state": "failed"}
            earlier = "; an earlier copy may have arrived" if row["unknowns"] else ""
            await _note(desk, row, f"could not be delivered and was given up: {reply}{earlier}")
            if row["purpose"] == Purpose.EXPERT:
                await consult.lost(desk, row, reply)
        case Stays(reply):
            columns |= {"state": "unknown"}
            await _note(desk, row, f"may or may not have arrived: the connection was lost twice ({reply})")
    changed = await desk.tx.run(
        "settle_letter",
        id=letter.id,
        run=desk.settings.run,
        lease=letter.lease,
        unknowns=unknowns,
        reply=reply,
        **columns,
    )
    if changed != 1:
        why = "what came of it is recorded already, or another node has it"
        raise Refused("not-ours", f"Letter {letter.id} is not this node's any more: {why}.")


async def _note(desk: Desk, row: Row, what: str) -> None:
    """Tell whoever looks at the ticket, by a note of spocd's own."""
    if row["ticket"] is None:
        await record(desk, None, SPOCD, "letter not delivered", letter=row["id"], to=row["recipient"], why=what)
        return
    ticket = await find_ticket(desk, await survivor(desk, row["ticket"]))
    text = f"The {row['kind']} to {row['recipient']} {what}"
    position, _ = await add_own(desk, SPOCD, ticket, kind="note", body=text, recipients=[])
    await save(desk, ticket, filed(ticket, desk.now))
    await record(
        desk, ticket.number, SPOCD, "letter not delivered", letter=row["id"], to=row["recipient"], message=position
    )


async def recover(desk: Desk) -> None:
    """Take up what runs held that live no more, mails and letters: whoever leases next has them.

    Those whose dot has not gone come first: such a run may only be slow, and let a dot go between the two looks.
    """
    await desk.tx.run("free_letters")
    for row in await desk.tx.all("interrupted_letters"):
        # The dot was about to go: nobody knows whether the letter did. Once more, with the same Message-ID.
        state = "waiting" if row["unknowns"] == 0 else "unknown"
        await desk.tx.run("free_interrupted_letter", id=row["id"], state=state, reply="interrupted at the final dot")
        if state == "unknown" and (letter := await desk.tx.one("leased_letter", id=row["id"])):
            await _note(desk, letter, "may or may not have arrived: the desk was interrupted twice while it was sent")
    await desk.tx.run("free_mails")
