"""All operations of the desk, for the control socket and for the shell without a daemon."""

from __future__ import annotations

from typing import TypedDict

from spocd.desk import (
    absence,
    agent,
    answer,
    audit,
    blob,
    canned,
    casework,
    catalogue,
    closing,
    consult,
    desk_file,
    fairness,
    hints,
    journey,
    links,
    mail,
    merging,
    message,
    moving,
    node,
    person,
    person_import,
    person_view,
    promise,
    redaction,
    report,
    saved_view,
    spam,
    team,
    ticket,
    ticket_list,
    ticket_view,
    token,
    turn,
    watch,
)
from spocd.desk.access import Actor, Role
from spocd.desk.operation import Desk, Operation, declared, operation


class Reloaded(TypedDict):
    config: str
    restart_needed: list[str]


@operation("desk.reload", role=Role.ADMIN)
async def reload(desk: Desk, actor: Actor) -> Reloaded:
    """Read spocd.toml again; a bad file changes nothing. Says what takes effect only at the next start."""
    return {"config": "", "restart_needed": []}  # the node fills it in: only it has a configuration


def all_operations() -> list[Operation]:
    modules = (
        absence,
        agent,
        answer,
        audit,
        blob,
        canned,
        casework,
        catalogue,
        closing,
        consult,
        desk_file,
        fairness,
        hints,
        journey,
        links,
        mail,
        merging,
        message,
        moving,
        node,
        person,
        person_import,
        person_view,
        redaction,
        saved_view,
        spam,
        promise,
        report,
        team,
        ticket,
        ticket_list,
        ticket_view,
        token,
        turn,
        watch,
    )
    return [*declared(*modules), RELOAD]


HEALTH: Operation = node.health.__dict__["operation"]
RELOAD: Operation = reload.__dict__["operation"]
