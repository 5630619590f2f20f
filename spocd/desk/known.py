"""Services and teams by the names that people give: whether the desk has them, and which were probably meant."""

from __future__ import annotations

from collections.abc import Iterable

from spocd.config.options import nearest
from spocd.desk.operation import Desk
from spocd.errors import Exit, Refused


def no_such(noun: str, key: str, known: Iterable[str]) -> Refused:
    """The refusal of a name that nothing has: it names the nearest, and says where they are listed."""
    near = nearest(key, sorted(known))
    meant = f" Did you mean “{near}”?" if near else ""
    return Refused(
        f"no-such-{noun.replace(' ', '-')}",
        f"There is no {noun} “{key}”.{meant} See: spocd {noun.partition(' ')[0]} list",
        Exit.NOT_FOUND,
    )


async def check_service(desk: Desk, service: str | None) -> None:
    """Refuse a service that neither the catalogue nor an address of the desk's has."""
    by_address = {each for each in desk.settings.addresses.values() if each}
    if service is None or service in by_address:
        return
    if await desk.tx.one("service", key=service) is None:
        known = [row["key"] for row in await desk.tx.all("services")]
        raise no_such("service", service, {*known, *by_address})


async def check_team(desk: Desk, team: str | None) -> None:
    """Refuse a team that there is not."""
    if team is not None and await desk.tx.one("team_named", key=team) is None:
        raise no_such("team", team, [row["key"] for row in await desk.tx.all("teams")])
