"""What time alone brings about at a desk. Every node looks again and again; the second finds nothing left to do."""

from __future__ import annotations

from spocd.desk.absence import presence, return_untouched
from spocd.desk.answer import wake_and_close
from spocd.desk.consult import remind
from spocd.desk.notice import send_held
from spocd.desk.operation import Desk
from spocd.desk.promise import watch
from spocd.desk.spam import delete_old


async def look(desk: Desk) -> int:
    """Do what is due by the desk's clock; how many things that were."""
    return (
        await wake_and_close(desk)
        + await presence(desk)
        + await return_untouched(desk)
        + await remind(desk)
        + await watch(desk)
        + await send_held(desk)
        + await delete_old(desk)
    )
