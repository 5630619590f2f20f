"""From the configuration and the database's identity to what operations decide with."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Mapping

from spocd.config import Config, check_secret
from spocd.desk.letter import BOUNCES
from spocd.desk.operation import Settings
from spocd.domain.address import parse
from spocd.domain.intake import Limits, Rules
from spocd.domain.node import written
from spocd.domain.token import OwnAddresses
from spocd.errors import Misconfigured
from spocd.gateway.writing import Writer
from spocd.store import Row, Store, Transaction, check_mark

# RFC 5321 section 4.5.1 and RFC 2142: these must reach a human.
_ROLE_ADDRESSES = ("postmaster", "abuse", BOUNCES)


async def read_identity(store: Store) -> Row:
    """The row of `desk`; Misconfigured where the database holds none."""

    async def read(tx: Transaction) -> Row | None:
        return await tx.one("desk")

    row = await store.read(read)
    if row is None:
        raise Misconfigured(["The database holds no desk. Make one: spocd init DIR --address desk@example.org"])
    return row


def shared_by_nodes(config: Config) -> dict[str, str]:
    """What must be alike on all nodes, by its key, as a sentence says it.

    Each may read what another accepted and send what another wrote: with another address or delimiter its letters
    would be refused where they come back, and with a folder in place of a relay they would end there.
    """
    desk = {f"desk.{each.name}": _said(getattr(config.desk, each.name)) for each in dataclasses.fields(config.desk)}
    return desk | {"relay.url": "set" if config.relay.url else "not set"}


def _said(value: object) -> str:
    """A value of spocd.toml, in one order."""
    match value:
        case Mapping():
            return json.dumps(dict(value), ensure_ascii=False, sort_keys=True)
        case tuple():
            return json.dumps(sorted(value), ensure_ascii=False)
        case _:
            return json.dumps(value, ensure_ascii=False)


def settings_of(config: Config, identity: Row, run: str, template_version: Callable[[str, str], str]) -> Settings:
    """What operations decide with; Misconfigured where the secret is not the one that this desk was made with."""
    check_mark(config, identity["secret_fingerprint"])
    desk = config.desk
    domain = desk.address.rpartition("@")[2].lower()
    addresses = {parse(desk.address).key: ""} | {parse(each).key: service for each, service in desk.addresses.items()}
    roles = {f"{each}@{domain}": "" for each in _ROLE_ADDRESSES}
    return Settings(
        name=desk.name,
        address=desk.address,
        language=desk.language,
        zone=desk.zone,
        delimiter=desk.delimiter,
        addresses=addresses,
        domains=frozenset(each.lower() for each in desk.domains) or frozenset({domain}),
        rules=Rules(
            OwnAddresses(roles | addresses, desk.delimiter),
            identity["instance"],
            config.trust.authserv_id,
            config.trust.spam_header,
        ),
        limits=Limits(
            unknown_a_day=config.automatic.unknown_a_day,
            unknown_an_hour=config.automatic.unknown_an_hour,
            address_an_hour=config.automatic.address_an_hour,
            address_a_day=config.automatic.address_a_day,
        ),
        close_after=config.ticket.close_after,
        reopen_within=config.ticket.reopen_within,
        untouched=config.ticket.untouched,
        moves_within=config.ticket.moves_within,
        master=check_secret(config.file(config.secret)),
        run=run,
        shared=written(shared_by_nodes(config)),
        template_version=template_version,
        brief=Writer().brief,
    )
