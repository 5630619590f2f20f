"""Operations without a daemon: for the owner of the folder, in this process, under the daemon's lock."""

from __future__ import annotations

import asyncio
import os
import time
from pathlib import Path
from typing import Any

from spocd.config import Config, check_folder, load
from spocd.control.introspection import bind
from spocd.control.wire import method_name
from spocd.daemon.node import new_run
from spocd.daemon.operations import all_operations
from spocd.daemon.settings import read_identity, settings_of
from spocd.desk.operation import perform
from spocd.errors import Refused
from spocd.gateway.writing import Writer
from spocd.store import open_store
from spocd.store.lock import owned

WAIT_FOR_LOCK = 0.5  # seconds; whoever waits longer asks for a daemon in between, which may be what has it


def in_process(config_path: Path, operation: str, parameters: dict[str, Any]) -> dict[str, Any]:
    """Perform one operation as the daemon would; letters that it writes go out when a daemon runs again."""
    config = load(config_path)
    check_folder(config)
    with owned(config.folder, wait=WAIT_FOR_LOCK, briefly=True):
        return asyncio.run(_perform(config, operation, parameters))


async def _perform(config: Config, name: str, parameters: dict[str, Any]) -> dict[str, Any]:
    asked = next((each for each in all_operations() if each.name == name), None)
    if asked is None:
        raise Refused("no-such-operation", f"There is no operation {method_name(name)}.")
    bound = bind(asked, parameters)
    store = await open_store(config)
    try:
        settings = settings_of(config, await read_identity(store), new_run(), Writer().template_version)
        return await perform(store, settings, asked, bound, uid=os.getuid(), clock=time.time)
    finally:
        await store.close()
